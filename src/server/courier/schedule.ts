/**
 * The keeper's day, while the server serves: at the sealing time the day's batch, then what is due is purged, so that a promise about retention does
 * not wait for a person. What fails is tried again every minute; the batch keeps its date. When as many tips wait as one batch can have, they are sealed at once.
 */
import { dayOf } from "../../protocol/format/date.ts";
import type { Context } from "../context.ts";
import { whereItBroke } from "../privacy.ts";
import { countTips, currentGeneration } from "../store/generations.ts";
import { MOST_WAITING } from "./batch-size.ts";
import { keep } from "./keeper.ts";
import { overdueBatches, purge } from "./purge.ts";
import { sealBatch } from "./seal.ts";
import { certificateTroubles } from "./status.ts";
import { nextSealing } from "./timetable.ts";

/** A running timetable. */
export interface Schedule {
  /** Lets a sealing under way finish, then stops. */
  stop(): Promise<void>;
}

/** How often the clock is looked at: it may be set, and the machine may have slept. Milliseconds. */
const LOOK_EVERY = 30_000;

/** How long another keeper is waited for before the next try; stopping the server waits as long at most. Milliseconds. */
const PATIENCE = 30_000;

/** Pause after a failure, milliseconds. */
const TRY_AGAIN = 60_000;

const HOUR = 3_600_000;

/** Starts the timetable; its first round is now. @param mostWaiting so many complete tips are sealed without waiting for the sealing time. */
export function startSchedule(context: Context, mostWaiting = MOST_WAITING): Schedule {
  const { clock, config, log, db } = context;
  let stopped = false;
  let wake: () => void = () => undefined;

  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      // A stop that came while the database was asked finds nobody to wake.
      const timer = setTimeout(resolve, stopped ? 0 : Math.max(milliseconds, 0));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const isFull = async (): Promise<boolean> => (await countTips(db, await currentGeneration(db))) >= mostWaiting;

  const round = async (): Promise<boolean> => {
    try {
      await keep(context, { patience: PATIENCE }, async (keeper) => {
        if (await isFull()) await sealBatch(keeper, dayOf(clock()), false);
        await purge(keeper);
      });
      for (const batch of await overdueBatches(context.db, dayOf(clock()))) log.event("batch-overdue", { batch });
      for (const { certificate, days } of certificateTroubles(context.keys, clock())) log.event("certificate-ends", { certificate, days });
      return true;
    } catch (error) {
      log.event("sealing-failed", { where: whereItBroke(error) });
      return false;
    }
  };

  // Functions, because the flag changes while they wait.
  const isStopped = (): boolean => stopped;
  const run = async (): Promise<void> => {
    while (!isStopped()) {
      const done = await round();
      const next = done ? nextSealing(clock(), config.sealAt) : clock() + TRY_AGAIN;
      if (done) context.troubles.tell();
      if (done) log.event("next-sealing", { hours: Math.ceil((next - clock()) / HOUR) });
      while (!isStopped() && clock() < next && !(done && (await isFull().catch(() => false))))
        await sleep(Math.min(next - clock(), LOOK_EVERY));
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      wake();
      await running;
    },
  };
}
