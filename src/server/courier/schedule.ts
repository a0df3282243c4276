/**
 * The keeper's day, while the server serves: at the sealing time the day's batch, then what is due is purged, so that a promise about retention does
 * not wait for a person. What fails is tried again every minute; the batch keeps its date.
 */
import type { Context } from "../context.ts";
import { whereItBroke } from "../privacy.ts";
import { keep } from "./keeper.ts";
import { overdueBatches, purge } from "./purge.ts";
import { dayOf, nextSealing } from "./timetable.ts";

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

/** Starts the timetable; its first round is now. */
export function startSchedule(context: Context): Schedule {
  const { clock, config, log } = context;
  let stopped = false;
  let wake: () => void = () => undefined;

  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(milliseconds, 0));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const round = async (): Promise<boolean> => {
    try {
      await keep(context, { patience: PATIENCE }, (keeper) => purge(keeper));
      for (const batch of await overdueBatches(context.db, dayOf(clock()))) log.event("batch-overdue", { batch });
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
      while (!isStopped() && clock() < next) await sleep(Math.min(next - clock(), LOOK_EVERY));
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
