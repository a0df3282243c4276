/**
 * Rows of tips that wait. Ids, hashes and commitments stand in them veiled under the generation's key, bodies encrypted.
 *
 * Why a veil: PostgreSQL writes its log in order of arrival, and dead pages stay. With a commitment in the clear there, whoever reads the disk after a sealing
 * could match it with the published batch and tell real tips from decoys and first from last. Once the generation key is destroyed the veiled
 * values are noise.
 *
 * The veil is a permutation, so that rows can still be found and told apart by the database: AES-256-CBC without padding and with a zero IV, under a key of its own
 * (HKDF of the generation key). Deterministic encryption is sound here because all inputs are 16 or 32 octets that are random or hashes: none repeats but by
 * being the same. Rejected: a keyed hash, since sealing needs the values back.
 */
import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv, hkdfSync } from "node:crypto";
import { asBytes, type Bytes, concat, u32 } from "../../protocol/bytes.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { BODY_OVERHEAD, decryptBody, encryptBody } from "./body-cipher.ts";
import type { Connection } from "./database.ts";

/** Octets of an AES block, and what stands before the first. */
const BLOCK = 16;
const FIRST = new Uint8Array(BLOCK);

/** The keys of one generation, ready for use. */
export class Pending {
  readonly generation: number;
  readonly #bodyKey: Bytes;
  // Block by block, and never ended: making a cipher takes ten times as long as what it does to a hash. The chaining of CBC is done below.
  readonly #veiling: Cipheriv;
  readonly #unveiling: Decipheriv;

  /** @param key the generation key, 32 bytes. */
  constructor(generation: number, key: Bytes) {
    this.generation = generation;
    this.#bodyKey = key;
    const veilKey = new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), "firsthand/veil/v1", 32));
    this.#veiling = createCipheriv("aes-256-ecb", veilKey, null).setAutoPadding(false);
    this.#unveiling = createDecipheriv("aes-256-ecb", veilKey, null).setAutoPadding(false);
  }

  /** The stored form of an id or hash of 16 or 32 octets. */
  veil(value: Uint8Array): Bytes {
    const veiled = new Uint8Array(value.length);
    for (let at = 0; at < value.length; at += BLOCK) {
      const before = at === 0 ? FIRST : veiled.subarray(at - BLOCK, at);
      veiled.set(this.#veiling.update(xor(value.subarray(at, at + BLOCK), before)), at);
    }
    return veiled;
  }

  /** The id or hash of a stored form. */
  unveil(stored: Uint8Array): Bytes {
    const value = new Uint8Array(stored.length);
    for (let at = 0; at < stored.length; at += BLOCK) {
      const before = at === 0 ? FIRST : stored.subarray(at - BLOCK, at);
      value.set(xor(this.#unveiling.update(stored.subarray(at, at + BLOCK)), before), at);
    }
    return value;
  }

  /** The stored form of a part, written to `into` if that is given. `tip` is 16 bytes, `part` counts from 1. */
  encryptPart(tip: Uint8Array, part: number, body: Uint8Array, into?: Bytes): Bytes {
    return encryptBody(this.#bodyKey, placeOf(this.generation, tip, part), body, into);
  }

  /** The part of a stored form. @throws {Refusal} `not-authentic` if it was changed or moved. */
  decryptPart(tip: Uint8Array, part: number, stored: Uint8Array): Bytes {
    return decryptBody(this.#bodyKey, placeOf(this.generation, tip, part), stored);
  }
}

/** Two blocks, bit by bit. */
function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((octet, index) => octet ^ (other[index] ?? 0));
}

function placeOf(generation: number, tip: Uint8Array, part: number): Bytes {
  return concat(utf8("firsthand/pending/v1"), Uint8Array.of(0), u32(generation), tip, u32(part));
}

/** What is known of a part without its body. */
export interface PendingFact {
  readonly part: number;
  readonly length: number;
  /** 32 bytes. */
  readonly sha256: Bytes;
  /** Octets of the whole envelope, as part 1 states them; null in other parts. */
  readonly declared: number | null;
}

/** A complete tip that waits. */
export interface SealedTip {
  /** 16 bytes. */
  readonly tip: Bytes;
  readonly commitment: Bytes;
  readonly digest: Bytes;
  readonly parts: number;
  /** Octets of the envelope. */
  readonly length: number;
}

/** A part to be stored. */
export interface NewPart {
  readonly tip: Bytes;
  readonly fact: PendingFact;
  /** Its bytes as they arrived. */
  readonly body: Uint8Array;
}

/** What a statement is asked through: a connection, or the end of a transaction. */
type Asking = Pick<Connection, "query">;

/** Memory of the last group of parts that was stored, for the next: see `KeptMemory` in `intake/room.ts`. */
let spare: Bytes | null = null;
const LARGEST_SPARE = 2_097_152;

/** Stores parts that are not there yet; each takes one of PostgreSQL's transaction numbers. `carried`: they arrived before the last sealing. */
export async function storeParts(connection: Asking, pending: Pending, parts: readonly NewPart[], carried = false): Promise<void> {
  const total = parts.reduce((length, { body }) => length + body.length + BODY_OVERHEAD, 0);
  const memory: Bytes = spare !== null && spare.length >= total ? spare : new Uint8Array(total);
  spare = null;
  const bodies = memory.subarray(0, total);
  let at = 0;
  for (const { tip, fact, body } of parts) {
    const end = at + body.length + BODY_OVERHEAD;
    pending.encryptPart(tip, fact.part, body, bodies.subarray(at, end));
    at = end;
  }
  await connection.query("select store_parts($1, $2, $3, $4, $5, $6, $7, $8, $9)", [
    pending.generation,
    parts.map(({ tip }) => pending.veil(tip)),
    parts.map(({ fact }) => fact.part),
    parts.map(({ body }) => body.length),
    parts.map(({ fact }) => pending.veil(fact.sha256)),
    parts.map(({ fact }) => fact.declared),
    carried,
    BODY_OVERHEAD,
    bodies,
  ]);
  if (memory.length <= LARGEST_SPARE) spare = memory;
}

/** {@link storeParts} of one. */
export async function storePart(
  connection: Connection,
  pending: Pending,
  tip: Bytes,
  fact: PendingFact,
  body: Uint8Array,
  carried = false,
): Promise<void> {
  await storeParts(connection, pending, [{ tip, fact, body }], carried);
}

/**
 * Stores that tips are complete, each unless its commitment was used in a generation of `live`, in a batch or by one before it here. `pending` is one of `live`.
 * Each that is stored takes one of PostgreSQL's transaction numbers.
 * @returns which were stored.
 */
export async function storeCompletions(
  connection: Asking,
  pending: Pending,
  live: readonly Pending[],
  tips: readonly SealedTip[],
): Promise<ReadonlySet<SealedTip>> {
  const [row] = await connection.query<{ added: boolean[] }>("select store_completions($1, $2, $3, $4, $5, $6, $7, $8) as added", [
    pending.generation,
    tips.map(({ tip }) => pending.veil(tip)),
    tips.map(({ commitment }) => commitment),
    tips.flatMap(({ commitment }) => everywhere(live, commitment)[1]),
    live.map(({ generation }) => generation),
    tips.map(({ digest }) => pending.veil(digest)),
    tips.map(({ parts }) => parts),
    tips.map(({ length }) => length),
  ]);
  return new Set(tips.filter((_, index) => row?.added[index] === true));
}

/** {@link storeCompletions} of one. @returns whether it was stored. */
export async function storeCompletion(
  connection: Connection,
  pending: Pending,
  live: readonly Pending[],
  tip: SealedTip,
): Promise<boolean> {
  return (await storeCompletions(connection, pending, live, [tip])).has(tip);
}

/** What is known of a tip's parts in the generations `live`, by their numbers. */
export async function factsOf(connection: Connection, live: readonly Pending[], tip: Uint8Array): Promise<PendingFact[]> {
  const rows = await connection.query<{ generation: number; part: number; length: number; sha256: Buffer; declared: number | null }>(
    `select generation, part, length, sha256, declared from tip_fact
     where (generation, tip) in (select * from unnest($1::int[], $2::bytea[])) order by part`,
    everywhere(live, tip),
  );
  return rows.map(({ generation, sha256, ...fact }) => ({ ...fact, sha256: of(live, generation).unveil(sha256) }));
}

/** All that is known of a tip. */
export interface KnownTip {
  /** Its parts in live generations, in any order. */
  readonly facts: readonly PendingFact[];
  /** What it was completed with, and the number of its batch, whether it waits or was sealed; null if it was not. */
  readonly completed: { readonly batch: number; readonly commitment: Bytes; readonly digest: Bytes } | null;
}

/**
 * {@link factsOf}, {@link completionOf} and what was sealed, of many tips in one statement; in the order of `works`.
 * @param partOf a part's number: then only this one and the first are looked up.
 */
export async function lookUpTips<Work extends { readonly tip: Bytes }>(
  connection: Connection,
  live: readonly Pending[],
  works: readonly Work[],
  partOf: (work: Work) => number | null,
): Promise<(KnownTip & { readonly work: Work })[]> {
  const rows = await connection.query<{
    place: number;
    kind: "part" | "waiting" | "sealed";
    generation: number;
    part: number;
    length: number;
    declared: number | null;
    hash: Buffer;
    commitment: Buffer;
  }>(
    `with wanted as (select * from unnest($1::int[], $2::int[], $3::bytea[], $4::int[]) as w (place, generation, tip, part))
     select place, 'part' as kind, f.generation, f.part, length, declared, sha256 as hash, null as commitment
       from wanted w join tip_fact f on f.generation = w.generation and f.tip = w.tip where w.part is null or f.part = 1 or f.part = w.part
     union all select place, 'waiting', s.generation, 0, 0, null, digest, commitment
       from wanted w join tip_seal s on s.generation = w.generation and s.tip = w.tip
     union all select place, 'sealed', batch, 0, 0, null, digest, commitment
       from unnest($5::bytea[]) with ordinality as w (tip, place) join accepted a on a.tip = w.tip`,
    [
      works.flatMap((_, index) => live.map(() => index + 1)),
      works.flatMap(() => live.map(({ generation }) => generation)),
      works.flatMap(({ tip }) => everywhere(live, tip)[1]),
      works.flatMap((work) => live.map(() => partOf(work))),
      works.map(({ tip }) => tip),
    ],
  );
  const known = works.map((work): { work: Work; facts: PendingFact[]; completed: KnownTip["completed"] } => ({
    work,
    facts: [],
    completed: null,
  }));
  for (const { place, kind, generation, part, length, declared, hash, commitment } of rows) {
    const tip = known[place - 1];
    if (tip === undefined) throw new Error("a row is of a tip that was not asked for");
    if (kind === "part") {
      tip.facts.push({ part, length, declared, sha256: of(live, generation).unveil(hash) });
    } else if (kind === "waiting") {
      const pending = of(live, generation);
      tip.completed = { batch: generation, commitment: pending.unveil(commitment), digest: pending.unveil(hash) };
    } else {
      tip.completed ??= { batch: generation, commitment: asBytes(commitment), digest: asBytes(hash) };
    }
  }
  return known;
}

/** The completion of a tip in the generations `live`, with its generation's number, or null. */
async function completionOf(
  connection: Connection,
  live: readonly Pending[],
  tip: Uint8Array,
): Promise<{ generation: number; commitment: Bytes; digest: Bytes } | null> {
  const [row] = await connection.query<{ generation: number; commitment: Buffer; digest: Buffer }>(
    "select generation, commitment, digest from tip_seal where (generation, tip) in (select * from unnest($1::int[], $2::bytea[]))",
    everywhere(live, tip),
  );
  if (row === undefined) return null;
  const pending = of(live, row.generation);
  return { generation: row.generation, commitment: pending.unveil(row.commitment), digest: pending.unveil(row.digest) };
}

/** Removes the parts of a refused tip from the generations `live`; of a complete tip nothing. */
export async function forgetTip(connection: Connection, live: readonly Pending[], tip: Uint8Array): Promise<void> {
  if ((await completionOf(connection, live, tip)) !== null) return;
  for (const pending of live) await connection.query("select forget_tip($1::int, $2::bytea)", [pending.generation, pending.veil(tip)]);
}

/** Locks one tip until the transaction ends: its parts, its completion and its carrying do not cross. Two tips may share a lock. */
export async function lockTip(connection: Connection, tip: Uint8Array): Promise<void> {
  await connection.query(tipLocks([tip]));
}

/**
 * The statement that takes the locks of tips, at least one, of integers only. In an order, so that two who take several do not wait for each other. After the lock on the
 * generations, never before.
 */
export function tipLocks(tips: readonly Uint8Array[]): string {
  const locks = tips.map((tip) => new DataView(asBytes(tip).slice().buffer).getInt32(0)).sort((a, b) => a - b);
  return `select lock_tip(lock) from (values ${locks.map((lock) => `(${String(lock)})`).join(", ")}) as locks (lock)`;
}

/** Generation numbers, and what `value` is veiled as in each. */
function everywhere(live: readonly Pending[], value: Uint8Array): [number[], Bytes[]] {
  return [live.map(({ generation }) => generation), live.map((pending) => pending.veil(value))];
}

function of(live: readonly Pending[], generation: number): Pending {
  const pending = live.find((one) => one.generation === generation);
  if (pending === undefined) throw new Error("a row is of a generation that was not asked for");
  return pending;
}
