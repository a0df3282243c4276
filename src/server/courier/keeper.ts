/**
 * Every keeper operation begins here: as the only one, and with whatever was interrupted before brought to its end. Recovery runs the normal path.
 *
 * Order: what is stored but not yet published is published first (that also finds a database that went back, before anything is added to it); then the
 * clock is looked at, before anything is dated by it; then an interrupted sealing goes on; then the timetable's batches that are due are sealed, before anything with a later date is logged; then keys that are
 * new are logged. The first keeper of all starts the timetable: nothing before it is missing.
 */
import { parseDate } from "../../protocol/format/date.ts";
import type { Context } from "../context.ts";
import { asKeeper } from "../store/locks.ts";
import { lastDate } from "../store/log-store.ts";
import { announce } from "./announce.ts";
import { checkClock, rememberClock } from "./clock.ts";
import type { Progress } from "./progress.ts";
import { finishSealing, rememberDone, sealBatch, type SealedBatch, sealedThrough } from "./seal.ts";
import { dueDays, lastDueDay } from "./timetable.ts";
import { type Keeper, publish } from "./writer.ts";

/** A keeper that is up to date. */
export interface ReadyKeeper extends Keeper {
  /** Batches that were sealed on the way: an interrupted one, and those of the timetable. */
  readonly sealed: readonly SealedBatch[];
}

/**
 * Runs `work` as the one keeper.
 * @param patience milliseconds to wait for another keeper.
 * @throws {Refusal} `another-writer`, `store-went-back`, `clock-behind`, `clock-ahead`; and what `work` throws.
 */
export async function keep<T>(
  context: Context,
  { progress = () => undefined, patience = 0 }: { readonly progress?: Progress; readonly patience?: number },
  work: (keeper: ReadyKeeper) => Promise<T>,
): Promise<T> {
  return asKeeper(context.db, context.config.dataDir, patience, async (lock) => {
    const keeper: Keeper = { context, lock, progress };
    await publish(keeper);
    await checkClock(context);
    const interrupted = await finishSealing(keeper);
    const caughtUp = await sealDueDays(keeper);
    await announce(keeper);
    await publish(keeper);
    await context.retention.refresh(context.db, context.clock());
    await rememberClock(context);
    return work({ ...keeper, sealed: interrupted === null ? caughtUp : [interrupted, ...caughtUp] });
  });
}

async function sealDueDays(keeper: Keeper): Promise<SealedBatch[]> {
  const { db, clock, config } = keeper.context;
  const through = await sealedThrough(db);
  if (through === null) {
    await keeper.lock.transaction((tx) => rememberDone(tx, lastDueDay(clock(), config.sealAt)));
    return [];
  }
  const last = await lastDate(db);
  const sealed: SealedBatch[] = [];
  for (const day of dueDays(clock(), config.sealAt, through, last === null ? null : parseDate(last))) {
    sealed.push(await sealBatch(keeper, day, true));
  }
  return sealed;
}
