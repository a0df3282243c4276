/**
 * Whether the machine's clock can be believed before anything is dated by it. A clock far ahead would destroy batches before their time and date the log beyond
 * what anybody could correct; one that is behind would date an entry before the last. So sealing, purging and every other keeper's operation stop until a
 * person has looked. Taking tips in goes on: an envelope carries no date, and waits.
 *
 * - **Behind:** today is before the date of the log's last entry.
 * - **Ahead:** today is more than {@link SLACK} days after what is explained: the day on which a keeper last worked, and the time that this machine has been up since.
 *   Time for which the machine was off explains nothing, as nobody can vouch for it: after a longer pause a person says the date once
 *   (`firsthand clock --today DATE`), reading it from something other than this machine.
 *
 * State: `DATA_DIR/clock.last`, canonical JSON `{boot, day, uptime}`: when a keeper last found the clock right, or a person said so. Without it (first
 * start, older versions) the date of the log's last entry counts, and the time since this machine was started.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { uptime } from "node:os";
import { Refusal } from "../../protocol/errors.ts";
import { dayOf, formatDate, parseDate, SECONDS_A_DAY } from "../../protocol/format/date.ts";
import { formatJson, integer, parseJson, record, text } from "../../protocol/format/json.ts";
import type { Context } from "../context.ts";
import { readIfThere, writeDurably } from "../store/durable-file.ts";
import { lastDate } from "../store/log-store.ts";

/** How the clock is wrong. */
export type ClockTrouble = "clock-behind" | "clock-ahead";

/** Days that may pass unexplained: a night without power, the rounding of dates. */
const SLACK = 2;

const LARGEST_DAY = 2_932_896;
const LARGEST_UPTIME = 2 ** 40;

const readSeen = record({ boot: text(64, 1), day: integer(0, LARGEST_DAY), uptime: integer(0, LARGEST_UPTIME) });

/** Time that the machine itself counts, which setting the clock does not change. */
export interface Uptime {
  /** Which start of the machine `seconds` counts from. */
  readonly boot: string;
  readonly seconds: number;
}

/** The uptime of this machine, sleep included. */
export function machineUptime(): Uptime {
  return { boot: bootId(), seconds: Math.floor(uptime()) };
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

/** What is wrong with the clock, or null. */
export async function clockTrouble(context: Context): Promise<ClockTrouble | null> {
  const { db, clock, config } = context;
  // The secrets of demo keys are public: there is nothing to keep, and a demonstration may rest for a month.
  if (context.keys.demo) return null;
  const today = dayOf(clock());
  const last = await lastDate(db);
  const lastDay = last === null ? null : parseDate(last);
  if (lastDay !== null && today < lastDay) return "clock-behind";
  const seen = await seenIn(config.dataDir);
  const now = context.uptime();
  let explained: number | null = lastDay === null ? null : lastDay + now.seconds / SECONDS_A_DAY;
  if (seen !== null) {
    const since = seen.boot === now.boot ? Math.max(now.seconds - seen.uptime, 0) : now.seconds;
    explained = Math.max(seen.day + since / SECONDS_A_DAY, lastDay ?? 0);
  }
  return explained !== null && today > explained + SLACK ? "clock-ahead" : null;
}

/** @throws {Refusal} `clock-behind`, `clock-ahead`. */
export async function checkClock(context: Context): Promise<void> {
  const trouble = await clockTrouble(context);
  if (trouble !== null) throw new Refusal(trouble);
}

/** Remembers that the clock is right now; once a day is enough. */
export async function rememberClock({ clock, config, uptime: count }: Context): Promise<void> {
  const { boot, seconds } = count();
  const day = dayOf(clock());
  const seen = await seenIn(config.dataDir);
  if (seen?.boot === boot && seen.day === day) return;
  await writeDurably(pathOf(config.dataDir), formatJson({ boot, day, uptime: seconds }));
}

async function seenIn(dataDir: string): Promise<ReturnType<typeof readSeen> | null> {
  const file = await readIfThere(pathOf(dataDir));
  return file === null ? null : readSeen(parseJson(file), "clock.last");
}

/**
 * A person says which day it is, and the clock agrees: time that nothing else explains is explained.
 * @param today `YYYY-MM-DD`. @throws {Refusal} `usage` if the clock has another date; `clock-behind` if the log's last entry is later.
 */
export async function confirmClock(context: Context, today: string): Promise<void> {
  if (formatDate(dayOf(context.clock())) !== today) throw new Refusal("usage", "that is not the date of this machine's clock");
  if ((await clockTrouble(context)) === "clock-behind") throw new Refusal("clock-behind");
  await rememberClock(context);
}

function pathOf(dataDir: string): string {
  return join(dataDir, "clock.last");
}
