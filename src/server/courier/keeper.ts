/**
 * Every keeper operation begins here: as the only one, and with whatever was interrupted before brought to its end. Recovery runs the normal path.
 *
 * Order: what is stored but not yet published is published first (that also finds a database that went back, before anything is added to it); then keys that
 * are new are logged; then an interrupted sealing goes on.
 */
import type { Context } from "../context.ts";
import { asKeeper } from "../store/locks.ts";
import { announce } from "./announce.ts";
import type { Progress } from "./progress.ts";
import { finishSealing, type SealedBatch } from "./seal.ts";
import { type Keeper, publish } from "./writer.ts";

/** A keeper that is up to date. */
export interface ReadyKeeper extends Keeper {
  /** The batch whose sealing had been interrupted and was finished now, or null. */
  readonly finished: SealedBatch | null;
}

/**
 * Runs `work` as the one keeper.
 * @param patience milliseconds to wait for another keeper.
 * @throws {Refusal} `another-writer`, `store-went-back`; and what `work` throws.
 */
export async function keep<T>(
  context: Context,
  { progress = () => undefined, patience = 0 }: { readonly progress?: Progress; readonly patience?: number },
  work: (keeper: ReadyKeeper) => Promise<T>,
): Promise<T> {
  return asKeeper(context.db, context.config.dataDir, patience, async (lock) => {
    const keeper: Keeper = { context, lock, progress };
    await publish(keeper);
    await announce(keeper);
    await publish(keeper);
    const finished = await finishSealing(keeper);
    return work({ ...keeper, finished });
  });
}
