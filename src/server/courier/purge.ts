/**
 * Purging: the ciphertext of batches whose time is over is destroyed, and the log says so.
 *
 *     begin       the day is written down with the batch; from here on it cannot be exported again
 *     key         the batch key is overwritten and unlinked: this alone makes every copy in PostgreSQL unreadable
 *     items       the batch's partitions are dropped, and intake forgets its items; it keeps their commitments, which the log shows anyway
 *     remnants    `accepted` is written anew, PostgreSQL's WAL is thrown away
 *     look        nothing may be left: key file, partitions, rows
 *     log         the batch is `purged`, the leaf is added; then published
 *
 * What destroys is done over a login of its own, which can do nothing else (migrations/0009): PostgreSQL looks again whether the batch is due. That connection does not hold the
 * keeper's lock; but what is due stays due, whoever keeps by then.
 *
 * Each step may be repeated. A purge that was interrupted goes on with the next `purge`, with the day it began.
 *
 * A batch whose items are gone, because the database was restored from a backup without them, is due at once: the log says what is true, also when it is early.
 *
 * Replies that have expired go first, by themselves: they are ciphertext under keys of their witnesses and stand in no log.
 *
 * **When.** A batch is due by the policy it was sealed under (its `sealed` leaf names it), not by the present one: a changed policy
 * shortens no promise. Acknowledged batches are due `days_after_acknowledgement` days after their `acknowledged` leaf, `days_at_most` days after their date at the latest. A batch that nobody
 * acknowledged for `days_at_most` days after its date is overdue: an alarm, and destroyed only if its policy says `destroy`; losing testimony is
 * worse than keeping ciphertext.
 */
import { toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { dayOf, formatDate, parseDate } from "../../protocol/format/date.ts";
import { dueDay, lastDay, type RetentionPolicy } from "../../protocol/format/retention.ts";
import { batchesWithKeys, destroyBatchKey } from "../store/batch-keys.ts";
import type { Connection, Database } from "../store/database.ts";
import { destroyItems, itemsLeft } from "../store/items.ts";
import { insertLeaves } from "../store/log-store.ts";
import { connectedAs } from "../store/logins.ts";
import { readPolicy } from "../store/retention-policies.ts";
import { dropExpiredReplies, repliesLeaveTraces } from "../store/replies.ts";
import { discardWal } from "../store/wal.ts";
import { entryDay, type Keeper, publish } from "./writer.ts";

/** Why a batch is on the list. */
export type Reason = "acknowledged" | "never-acknowledged" | "interrupted" | "lost";

/** A batch whose time is over. */
export interface DueBatch {
  readonly batch: number;
  readonly reason: Reason;
}

interface BatchRow {
  readonly batch: number;
  readonly state: "sealed" | "exported" | "acknowledged";
  readonly size: number;
  readonly date: string;
  readonly policy: Buffer;
  readonly acknowledged: string | null;
  readonly purging: string | null;
  /** Whether a bundle with it is being exported just now. */
  readonly leaving: boolean;
  /** Whether its items are not there: the database was restored from a backup without them. */
  readonly lost: boolean;
}

/** What the purge will do with a batch, and when. */
export interface PlannedPurge {
  readonly batch: number;
  /** Number of items. */
  readonly size: number;
  /** The day of the batch, `YYYY-MM-DD`. */
  readonly date: string;
  readonly state: BatchRow["state"];
  /** The first day it will be destroyed, `YYYY-MM-DD`; null if it stays until somebody acknowledges it. */
  readonly due: string | null;
}

/** Every batch that is not purged, with its day as things are now: one that is not acknowledged yet may get an earlier one. In order. */
export async function plannedPurges(db: Connection): Promise<PlannedPurge[]> {
  const planned: PlannedPurge[] = [];
  for (const row of await keptBatches(db)) {
    const due = dueFrom(row, await readPolicy(db, toHex(row.policy)));
    planned.push({ batch: row.batch, size: row.size, date: row.date, state: row.state, due: due === null ? null : formatDate(due) });
  }
  return planned;
}

/** Batches that are still there and not purged, in order. */
async function keptBatches(db: Connection): Promise<BatchRow[]> {
  return db.query<BatchRow>(
    `select batch, state, size, date, policy, acknowledged, purging,
       exists (select from bundle where direction = 'review' and not logged and batch between first and last) as leaving,
       to_regclass('item_' || batch) is null as lost
     from batch where state <> 'purged' order by batch`,
  );
}

/** Batches that are due on `today` (a day number), in order. */
export async function dueBatches(db: Connection, today: number): Promise<DueBatch[]> {
  const due: DueBatch[] = [];
  for (const row of await keptBatches(db)) {
    const reason = reasonFor(row, await readPolicy(db, toHex(row.policy)), today);
    if (reason !== null) due.push({ batch: row.batch, reason });
  }
  return due;
}

function reasonFor(row: BatchRow, policy: RetentionPolicy, today: number): Reason | null {
  if (row.purging !== null) return "interrupted";
  if (row.lost) return "lost";
  const due = row.leaving ? null : dueFrom(row, policy);
  if (due === null || today < due) return null;
  return row.acknowledged === null ? "never-acknowledged" : "acknowledged";
}

/** The first day (a day number) on which a batch is to be destroyed, or null if it waits for an acknowledgement however long that takes. */
function dueFrom({ date, acknowledged }: BatchRow, policy: RetentionPolicy): number | null {
  if (acknowledged !== null) return dueDay(policy, parseDate(date), parseDate(acknowledged));
  return policy.unacknowledged === "destroy" ? lastDay(policy, parseDate(date)) + 1 : null;
}

/** Batches that nobody acknowledged for longer than their policy allows: each is an alarm. */
export async function overdueBatches(db: Connection, today: number): Promise<number[]> {
  const overdue: number[] = [];
  for (const { batch, date, policy, acknowledged } of await keptBatches(db)) {
    if (acknowledged === null && today > lastDay(await readPolicy(db, toHex(policy)), parseDate(date))) overdue.push(batch);
  }
  return overdue;
}

/** Purges expired replies and every batch that is due. Returns which batches. */
export async function purge(keeper: Keeper): Promise<DueBatch[]> {
  await purgeReplies(keeper);
  const due = await dueBatches(keeper.context.db, dayOf(keeper.context.clock()));
  for (const { batch } of due) await purgeBatch(keeper, batch);
  return due;
}

/** Removes expired replies, and what is left in the files of those that their witnesses deleted. */
async function purgeReplies({ context, progress }: Keeper): Promise<void> {
  const { db, clock, config } = context;
  if (!(await repliesLeaveTraces(db))) return;
  progress("removing replies");
  await connectedAs(config.dataDir, "firsthand_purger", (purger) => dropExpiredReplies(purger, formatDate(dayOf(clock()))));
  await rewriteRemnants(db, "reply");
}

async function purgeBatch(keeper: Keeper, batch: number): Promise<void> {
  const { context, lock, progress } = keeper;
  const { db, config } = context;
  progress("beginning the purge");
  const today = formatDate(await entryDay(context));
  await lock.transaction((tx) => tx.execute("update batch set purging = coalesce(purging, $2) where batch = $1", [batch, today]));
  progress("destroying the batch key");
  await destroyBatchKey(config.dataDir, batch);
  progress("dropping items");
  // Nothing is: of a batch that a restored backup did not bring back.
  if (await itemsLeft(db, batch)) await connectedAs(config.dataDir, "firsthand_purger", (purger) => destroyItems(purger, batch));
  progress("rewriting remnants");
  await rewriteRemnants(db, "accepted");
  progress("looking for remnants");
  if ((await batchesWithKeys(config.dataDir)).includes(batch) || (await itemsLeft(db, batch))) {
    throw new Fault("purging a batch: something of it is still there", undefined);
  }
  progress("logging the purge");
  await lock.transaction((tx) => markPurged(tx, batch));
  await publish(keeper);
  context.log.event("batch-purged", { batch });
}

/** A table without its old rows, and no WAL that is not needed any more. What is in it of batches is under the destroyed key in either case. */
async function rewriteRemnants(db: Database, table: "accepted" | "reply"): Promise<void> {
  await db.query(`vacuum full ${table}`);
  await discardWal(db);
}

async function markPurged(tx: Connection, batch: number): Promise<void> {
  const [row] = await tx.query<{ purging: string; key_fingerprint: Buffer }>(
    "update batch set state = 'purged' where batch = $1 and state <> 'purged' returning purging, key_fingerprint",
    [batch],
  );
  if (row === undefined) throw new Refusal("another-writer");
  const key = toHex(row.key_fingerprint);
  await insertLeaves(tx, [{ kind: "purged", batch, date: row.purging, key, method: "key-destroyed-partition-dropped" }]);
}
