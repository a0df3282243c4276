/**
 * Items: the envelopes of sealed batches, decoys among them, in the order of their commitments. Batch n lies in the partitions `item_<n>` and
 * `item_part_<n>`, its bodies under the batch key. Nothing here tells a decoy from a tip.
 *
 * State: made by sealing, dropped by purging, never changed between. They belong to `firsthand_items`, so that no program can change one (migrations/0009).
 */
import { type Bytes, concat, u32 } from "../../protocol/bytes.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { decryptBody, encryptBody } from "./body-cipher.ts";
import type { Connection } from "./database.ts";

/** An envelope to be stored, as it waited. */
export interface NewItem {
  /** From 0. */
  readonly position: number;
  /** SHA-256 of the whole envelope. */
  readonly sha256: Bytes;
  readonly tip: Bytes;
  readonly commitment: Bytes;
  readonly digest: Bytes;
  /** Octets of the envelope. */
  readonly length: number;
  readonly parts: number;
}

/** What a bundle says of an item. */
export interface StoredItem {
  /** From 0. */
  readonly position: number;
  readonly length: number;
  /** SHA-256 of the whole envelope. */
  readonly sha256: Bytes;
}

/** The digest of an item that is gone, as SQL. */
const NO_DIGEST = "decode(repeat('00', 32), 'hex')";

/** The rows of `accepted` as they would be if every batch were purged: commitments, which the log shows anyway, and nothing of ids and ciphertexts. */
export const ACCEPTED_AS_PURGED = `select batch, decode(replace(gen_random_uuid()::text, '-', ''), 'hex') as tip, commitment, ${NO_DIGEST} as digest
  from accepted order by commitment`;

/** Makes the partitions of a batch. */
export async function makePartitions(tx: Connection, batch: number): Promise<void> {
  await tx.query("select make_item_partitions($1::int)", [batch]);
}

/**
 * Drops the partitions of a batch, and forgets which ids and ciphertexts its items had (`destroy_items`, migrations/0009). Only the commitments stay. May be repeated.
 * @param purger connects as `firsthand_purger`, which alone may.
 * @throws {Fault} if the batch's purge was not begun, or on a day before it was due.
 */
export async function destroyItems(purger: Connection, batch: number): Promise<void> {
  await purger.query("select destroy_items($1::int)", [batch]);
}

/** Whether anything of a batch's items is left. */
export async function itemsLeft(db: Connection, batch: number): Promise<boolean> {
  const n = String(batch);
  const [row] = await db.query<{ left: boolean }>(
    `select to_regclass('item_${n}') is not null or to_regclass('item_part_${n}') is not null
       or exists (select from accepted where batch = ${n} and digest <> ${NO_DIGEST}) as left`,
  );
  return row?.left ?? true;
}

/** Stores one part of an item's envelope. */
export async function putItemPart(tx: Connection, key: Bytes, batch: number, position: number, part: number, body: Bytes): Promise<void> {
  await tx.execute("insert into item_part (batch, position, part, body) values ($1, $2, $3, $4)", [
    batch,
    position,
    part,
    encryptBody(key, placeOf(batch, position, part), body),
  ]);
}

/** Stores items whose parts are stored, and remembers their commitments for intake: a tip that is sent again gets its receipt again. */
export async function putItems(tx: Connection, batch: number, items: readonly NewItem[]): Promise<void> {
  const commitments = items.map(({ commitment }) => commitment);
  const digests = items.map(({ digest }) => digest);
  await tx.execute(
    `insert into item (batch, position, commitment, digest, length, parts, sha256)
     select $1::int, * from unnest($2::int[], $3::bytea[], $4::bytea[], $5::bigint[], $6::int[], $7::bytea[])`,
    [
      batch,
      items.map(({ position }) => position),
      commitments,
      digests,
      items.map(({ length }) => length),
      items.map(({ parts }) => parts),
      items.map(({ sha256 }) => sha256),
    ],
  );
  await tx.execute(
    `insert into accepted (batch, tip, commitment, digest) select $1::int, * from unnest($2::bytea[], $3::bytea[], $4::bytea[])
     on conflict do nothing`,
    [batch, items.map(({ tip }) => tip), commitments, digests],
  );
}

/** The items of a batch in their order. */
export async function itemsOf(db: Connection, batch: number): Promise<StoredItem[]> {
  const rows = await db.query<{ position: number; length: number; sha256: Buffer }>(
    "select position, length, sha256 from item where batch = $1 order by position",
    [batch],
  );
  return rows.map(({ position, length, sha256 }) => ({ position, length, sha256: new Uint8Array(sha256) }));
}

/** The commitments of a batch as the log has them, in order: also when its items are destroyed. */
export async function commitmentsOf(db: Connection, batch: number): Promise<Bytes[]> {
  const rows = await db.query<{ commitment: Buffer }>("select commitment from accepted where batch = $1 order by commitment", [batch]);
  return rows.map(({ commitment }) => new Uint8Array(commitment));
}

/** An item's envelope, one part in memory at a time. @throws {Refusal} `not-authentic` if a part was changed. */
export async function* itemBody(db: Connection, key: Bytes, batch: number, position: number): AsyncGenerator<Bytes, void, undefined> {
  const rows = db.copyRows(`select body from item_part where batch = ${String(batch)} and position = ${String(position)} order by part`);
  let part = 0;
  for await (const [body] of rows) {
    part++;
    if (body === null || body === undefined) throw new Refusal("part-missing");
    yield decryptBody(key, placeOf(batch, position, part), body);
  }
}

function placeOf(batch: number, position: number, part: number): Bytes {
  return concat(utf8("firsthand/item/v1"), Uint8Array.of(0), u32(batch), u32(position), u32(part));
}
