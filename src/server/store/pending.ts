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
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { asBytes, type Bytes, concat, u32 } from "../../protocol/bytes.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { decryptBody, encryptBody } from "./body-cipher.ts";
import type { Connection } from "./database.ts";

/** The keys of one generation, ready for use. */
export class Pending {
  readonly generation: number;
  readonly #bodyKey: Bytes;
  readonly #veilKey: Uint8Array;

  /** @param key the generation key, 32 bytes. */
  constructor(generation: number, key: Bytes) {
    this.generation = generation;
    this.#bodyKey = key;
    this.#veilKey = new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), "firsthand/veil/v1", 32));
  }

  /** The stored form of an id or hash of 16 or 32 octets. */
  veil(value: Uint8Array): Bytes {
    const cipher = createCipheriv("aes-256-cbc", this.#veilKey, new Uint8Array(16)).setAutoPadding(false);
    return concat(cipher.update(value), cipher.final());
  }

  /** The id or hash of a stored form. */
  unveil(stored: Uint8Array): Bytes {
    const decipher = createDecipheriv("aes-256-cbc", this.#veilKey, new Uint8Array(16)).setAutoPadding(false);
    return concat(decipher.update(stored), decipher.final());
  }

  /** The stored form of a part. `tip` is 16 bytes, `part` counts from 1. */
  encryptPart(tip: Uint8Array, part: number, body: Uint8Array): Bytes {
    return encryptBody(this.#bodyKey, placeOf(this.generation, tip, part), body);
  }

  /** The part of a stored form. @throws {Refusal} `not-authentic` if it was changed or moved. */
  decryptPart(tip: Uint8Array, part: number, stored: Uint8Array): Bytes {
    return decryptBody(this.#bodyKey, placeOf(this.generation, tip, part), stored);
  }
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

/** Stores a part that is not there yet. `carried`: it arrived before the last sealing. */
export async function storePart(
  connection: Connection,
  pending: Pending,
  tip: Uint8Array,
  fact: PendingFact,
  body: Uint8Array,
  carried = false,
): Promise<void> {
  await connection.execute(
    "insert into tip_part (generation, tip, part, length, sha256, declared, carried, body) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    [
      pending.generation,
      pending.veil(tip),
      fact.part,
      fact.length,
      pending.veil(fact.sha256),
      fact.declared,
      carried,
      pending.encryptPart(tip, fact.part, body),
    ],
  );
}

/**
 * Stores that a tip is complete, unless its commitment was used in a generation of `live` or in a batch.
 * @returns whether it was stored.
 */
export async function storeCompletion(
  connection: Connection,
  pending: Pending,
  live: readonly Pending[],
  { tip, commitment, digest, parts, length }: SealedTip,
): Promise<boolean> {
  const added = await connection.execute(
    `insert into tip_seal (generation, tip, commitment, digest, parts, length)
     select $1::int, $2::bytea, $3::bytea, $4::bytea, $5::int, $6::bigint
     where not exists (select from tip_seal where (generation, commitment) in (select * from unnest($7::int[], $8::bytea[])))
       and not exists (select from accepted where commitment = $9)
     on conflict do nothing`,
    [
      pending.generation,
      pending.veil(tip),
      pending.veil(commitment),
      pending.veil(digest),
      parts,
      length,
      ...everywhere(live, commitment),
      commitment,
    ],
  );
  return added > 0;
}

/** What is known of a tip's parts in the generations `live`; with `only`, of these numbers. */
export async function factsOf(
  connection: Connection,
  live: readonly Pending[],
  tip: Uint8Array,
  only?: readonly number[],
): Promise<PendingFact[]> {
  const rows = await connection.query<{ generation: number; part: number; length: number; sha256: Buffer; declared: number | null }>(
    `select generation, part, length, sha256, declared from tip_fact
     where (generation, tip) in (select * from unnest($1::int[], $2::bytea[])) and ($3::int[] is null or part = any($3)) order by part`,
    [...everywhere(live, tip), only ?? null],
  );
  return rows.map(({ generation, sha256, ...fact }) => ({ ...fact, sha256: of(live, generation).unveil(sha256) }));
}

/** All that is known of a tip. */
export interface KnownTip {
  /** Its parts in live generations, by their numbers. */
  readonly facts: readonly PendingFact[];
  /** What it was completed with, and the number of its batch, whether it waits or was sealed; null if it was not. */
  readonly completed: { readonly batch: number; readonly commitment: Bytes; readonly digest: Bytes } | null;
}

/** {@link factsOf}, {@link completionOf} and what was sealed, in one statement. */
export async function lookUpTip(connection: Connection, live: readonly Pending[], tip: Bytes, only?: readonly number[]): Promise<KnownTip> {
  const rows = await connection.query<{
    kind: "part" | "waiting" | "sealed";
    generation: number;
    part: number;
    length: number;
    declared: number | null;
    hash: Buffer;
    commitment: Buffer;
  }>(
    `select 'part' as kind, generation, part, length, declared, sha256 as hash, null as commitment from tip_fact
       where (generation, tip) in (select * from unnest($1::int[], $2::bytea[])) and ($3::int[] is null or part = any($3))
     union all select 'waiting', generation, 0, 0, null, digest, commitment from tip_seal
       where (generation, tip) in (select * from unnest($1::int[], $2::bytea[]))
     union all select 'sealed', batch, 0, 0, null, digest, commitment from accepted where tip = $4
     order by part`,
    [...everywhere(live, tip), only ?? null, tip],
  );
  const facts: PendingFact[] = [];
  let completed: KnownTip["completed"] = null;
  for (const { kind, generation, part, length, declared, hash, commitment } of rows) {
    if (kind === "part") {
      facts.push({ part, length, declared, sha256: of(live, generation).unveil(hash) });
    } else if (kind === "waiting") {
      const pending = of(live, generation);
      completed = { batch: generation, commitment: pending.unveil(commitment), digest: pending.unveil(hash) };
    } else {
      completed ??= { batch: generation, commitment: asBytes(commitment), digest: asBytes(hash) };
    }
  }
  return { facts, completed };
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
  await connection.query(tipLock(tip));
}

/** The statement of {@link lockTip}, of integers only. The lock is taken after the one on the generations, never before. */
export function tipLock(tip: Uint8Array): string {
  return `select lock_tip(${String(new DataView(asBytes(tip).slice().buffer).getInt32(0))})`;
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
