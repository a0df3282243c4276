/**
 * Sealing a batch: what waits in the open generation becomes a batch of a size that tells nothing.
 *
 *     plan        the generation's number and the date are written down
 *     close       it closes, the next opens; unfinished tips move on (store/generations.ts)
 *     decoys      the size is written down, then decoys are added to the closing generation, as tips of their own, until it has that many; then the
 *                 database's WAL is thrown away, which would tell what was there before
 *     key         the batch key is made, durable outside PostgreSQL
 *     items       one transaction: every envelope under the batch key in the order of the commitments, the `accepted` rows, the batch, its leaves
 *     publish     checkpoint and tiles (writer.ts)
 *     drop        the generation's partitions are dropped and its key is destroyed; then the WAL is thrown away once more, for reading the partitions has put
 *                 whole pages of theirs into it, in their old order
 *
 * A sealing that was interrupted goes on from its plan, with the date it was for. Each step sees by the tables whether it was done; since a size that
 * was written down stays, the decoys that are there count, and nothing marks them, this leads to the same batch.
 *
 * What nobody may be able to count afterwards: a decoy takes two transaction numbers, as a small tip does, because PostgreSQL counts them and every row keeps the
 * number of its own; and it has the epoch that a tip of this batch would have, because an envelope names its epoch.
 *
 * Rejected: a transaction for each item. One transaction writes as much, and there is never half a batch to explain.
 */
import { createHash } from "node:crypto";
import type { Bytes } from "../../protocol/bytes.ts";
import { acceptedEpochs, epochAt, type EpochKey } from "../../protocol/crypto/certificate.ts";
import { sha256Native } from "../../protocol/crypto/hash.ts";
import { randomBelow, randomBytes } from "../../protocol/crypto/random.ts";
import { sealDecoy } from "../../protocol/crypto/tip.ts";
import { fromHex, toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { dayOf, formatDate, parseDate } from "../../protocol/format/date.ts";
import { formatJson, flag, integer, nullable, parseJson, record } from "../../protocol/format/json.ts";
import type { Leaf } from "../../protocol/format/leaf.ts";
import type { Context } from "../context.ts";
import { batchKeyFingerprint, makeBatchKey } from "../store/batch-keys.ts";
import type { Connection } from "../store/database.ts";
import {
  carryUnfinished,
  closeGeneration,
  currentGeneration,
  dropGeneration,
  countTips,
  sealedTips,
  tipParts,
} from "../store/generations.ts";
import { pendingOf } from "../store/generation-keys.ts";
import { makePartitions, type NewItem, putItemPart, putItems } from "../store/items.ts";
import { type NewPart, storeCompletions, storeParts } from "../store/pending.ts";
import { insertLeaves, lastDate, readState, writeState } from "../store/log-store.ts";
import { policyOfDay } from "../store/retention-policies.ts";
import { discardWal } from "../store/wal.ts";
import { batchSize } from "./batch-size.ts";
import { sealingTime } from "./timetable.ts";
import { type Keeper, publish } from "./writer.ts";

/** A sealed batch. */
export interface SealedBatch {
  readonly batch: number;
  /** Day number. */
  readonly day: number;
  /** Number of items: all that anybody may know. */
  readonly size: number;
}

/** What is written down of a sealing. `size` is null until the generation is closed. */
interface Plan {
  readonly batch: number;
  readonly day: number;
  readonly scheduled: boolean;
  readonly size: number | null;
}

const PLAN = "sealing";
const SEALED_THROUGH = "sealed-through";
const LARGEST_DAY = 2_932_896;
/** One decoy in so many is for any of the epochs that were accepted. */
const STRAY = 16;
/** Decoys that are stored together; each still takes its two transaction numbers (migrations/0005). */
const DECOYS_TOGETHER = 16;
/** Items whose rows are written together. */
const ITEMS_TOGETHER = 256;
const readPlan = record({
  batch: integer(1, 99_999_999),
  day: integer(0, LARGEST_DAY),
  scheduled: flag,
  size: nullable(integer(64, 99_999_999)),
});

/**
 * Seals the open generation as the batch of `day`, and everything of an interrupted sealing before.
 * @param scheduled whether this is the timetable's batch of that day; then the day is done.
 */
export async function sealBatch(keeper: Keeper, day: number, scheduled: boolean): Promise<SealedBatch> {
  const { db } = keeper.context;
  await finishSealing(keeper);
  const last = await lastDate(db);
  const batch = await currentGeneration(db);
  await plan(keeper, { batch, day: Math.max(day, last === null ? 0 : parseDate(last)), scheduled, size: null });
  const sealed = await finishSealing(keeper);
  if (sealed === null) throw new Error("a sealing that was planned has a batch");
  return sealed;
}

/** Goes on with a sealing that was interrupted, to its end. Null if there is none. */
export async function finishSealing(keeper: Keeper): Promise<SealedBatch | null> {
  const { context, lock, progress } = keeper;
  const { db, config } = context;
  const planned = await sealingPlan(db);
  if (planned === null) return null;
  const { batch, day, scheduled } = planned;

  if ((await db.query("select from batch where batch = $1", [batch])).length === 0) {
    const size = await close(keeper, planned);
    await addDecoys(keeper, batch, size);
    await discardWal(db);
    progress("making the batch key");
    const key = await makeBatchKey(config.dataDir, batch);
    await writeBatch(keeper, batch, day, key);
  }
  await publish(keeper);
  progress("dropping the generation");
  await dropGeneration(db, config.dataDir, batch);
  await discardWal(db);
  const [row] = await db.query<{ size: number }>("select size from batch where batch = $1", [batch]);
  progress("destroying the generation key");
  await lock.transaction(async (tx) => {
    await writeState(tx, PLAN, null);
    if (scheduled) await rememberDone(tx, day);
  });
  const size = row?.size ?? 0;
  context.log.event("batch-sealed", { batch, size });
  return { batch, day, size };
}

async function close(keeper: Keeper, planned: Plan): Promise<number> {
  const { context, progress } = keeper;
  const { db, config } = context;
  progress("closing the generation");
  if ((await closeGeneration(db, config.dataDir)) !== planned.batch) throw new Refusal("another-writer");
  await carryUnfinished(db, config.dataDir, planned.batch);
  if (planned.size !== null) return planned.size;
  const size = batchSize(await countTips(db, planned.batch));
  await plan(keeper, { ...planned, size });
  return size;
}

/** Adds decoys to a closing generation until it has `size` tips. Interrupted ones leave parts, which go the way of unfinished tips. */
async function addDecoys({ context, progress }: Keeper, generation: number, size: number): Promise<void> {
  const { db, config } = context;
  const pending = await pendingOf(config.dataDir, generation);
  const opened = await openedAt(context, generation);
  for (let count = await countTips(db, generation); count < size;) {
    progress("sealing decoys", count, size);
    const decoys = await makeDecoys(Math.min(DECOYS_TOGETHER, size - count), () => decoyEpoch(context, opened));
    await storeParts(db, pending, decoys);
    const tips = decoys.map(({ tip, fact, commitment, digest }) => ({ tip, commitment, digest, parts: 1, length: fact.length }));
    await storeCompletions(db, pending, [pending], tips);
    count += decoys.length;
  }
}

/** A decoy, ready to be stored. */
interface Decoy extends NewPart {
  readonly commitment: Bytes;
  readonly digest: Bytes;
}

async function makeDecoys(count: number, epoch: () => EpochKey): Promise<Decoy[]> {
  const decoys: Decoy[] = [];
  while (decoys.length < count) {
    const { envelope, commitment, digest } = await sealDecoy(epoch());
    const { length } = envelope;
    const fact = { part: 1, length, sha256: await sha256Native(envelope), declared: length };
    decoys.push({ tip: randomBytes(16), body: envelope, fact, commitment, digest });
  }
  return decoys;
}

/** When a generation opened, as near as it is known: the sealing time of the day the batch before was sealed for. Milliseconds. */
async function openedAt({ db, config, clock }: Context, generation: number): Promise<number> {
  const [before] = await db.query<{ date: string }>("select date from batch where batch < $1 order by batch desc limit 1", [generation]);
  return sealingTime(before === undefined ? dayOf(clock()) - 1 : parseDate(before.date), config.sealAt);
}

/**
 * The epoch of a moment since the generation opened, as a page would have taken it; one time in sixteen another that was accepted then, for clocks that are
 * wrong. When the certificate has run out no tip comes in, but batches go on: to the nearest epoch there was.
 */
function decoyEpoch({ keys: { program }, retention, clock }: Context, opened: number): EpochKey {
  const now = clock();
  const seconds = Math.floor(now / 1000);
  const moment = seconds - randomBelow(Math.max(seconds - Math.floor(opened / 1000), 0) + 1);
  const accepted = acceptedEpochs(program, moment, retention.policy.graceDays);
  const other = randomBelow(STRAY) === 0 ? accepted[randomBelow(Math.max(accepted.length, 1))] : undefined;
  return other ?? epochAt(program, moment, Infinity);
}

async function writeBatch({ context, lock, progress }: Keeper, batch: number, day: number, key: Bytes): Promise<void> {
  const { db, config } = context;
  const pending = await pendingOf(config.dataDir, batch);
  const tips = await sealedTips(db, pending);
  const { sha256: policy } = await policyOfDay(db, day);
  const fingerprint = batchKeyFingerprint(key);
  progress("writing items", 0, tips.length);
  await lock.transaction(async (tx) => {
    await makePartitions(tx, batch);
    const leaves: Leaf[] = [];
    for (let position = 0; position < tips.length;) {
      const items: NewItem[] = [];
      for (const tip of tips.slice(position, position + ITEMS_TOGETHER)) {
        const hash = createHash("sha256");
        let part = 0;
        for await (const body of tipParts(db, pending, tip.tip, tip.parts)) {
          hash.update(body);
          await putItemPart(tx, key, batch, position, ++part, body);
        }
        items.push({ ...tip, position, sha256: new Uint8Array(hash.digest()) });
        leaves.push({ kind: "received", batch, c: toHex(tip.commitment) });
        progress("writing items", ++position, tips.length);
      }
      await putItems(tx, batch, items);
    }
    const date = formatDate(day);
    leaves.push({ kind: "sealed", batch, date, size: tips.length, policy, key: fingerprint });
    await tx.execute("insert into batch (batch, state, date, size, key_fingerprint, policy) values ($1, 'sealed', $2, $3, $4, $5)", [
      batch,
      date,
      tips.length,
      fromHex(fingerprint),
      fromHex(policy),
    ]);
    await insertLeaves(tx, leaves);
  });
}

async function plan({ lock }: Keeper, planned: Plan): Promise<void> {
  await lock.transaction((tx) => writeState(tx, PLAN, formatJson({ ...planned })));
}

async function sealingPlan(db: Connection): Promise<Plan | null> {
  const bytes = await readState(db, PLAN);
  return bytes === null ? null : readPlan(parseJson(bytes), PLAN);
}

/** The last day of the timetable that was sealed, or null if the timetable never ran. */
export async function sealedThrough(db: Connection): Promise<number | null> {
  const bytes = await readState(db, SEALED_THROUGH);
  return bytes === null ? null : integer(0, LARGEST_DAY)(parseJson(bytes), SEALED_THROUGH);
}

/** Remembers that the timetable is done up to `day`. */
export async function rememberDone(tx: Connection, day: number): Promise<void> {
  await writeState(tx, SEALED_THROUGH, formatJson(day));
}
