/**
 * The timetable of sealing: one batch a day at a fixed UTC time, also when nothing came, so that the hour of a batch says nothing.
 *
 * **The date rule.** A scheduled batch carries the date it is sealed *for*: the day of the timetable, also when the work runs over midnight or is
 * caught up later. After a pause every missed day is sealed in order, each with its own date; the first takes all tips that wait, the others are
 * decoys only, so the log has a batch for each day. `firsthand seal` makes one more batch with today's date. Dates in the log never go back: days
 * before the date of the log's last entry count as done. A day is the number of days since 1970-01-01 in UTC; the log knows nothing finer.
 */
import { dayOf, SECONDS_A_DAY } from "../../protocol/format/date.ts";

const MINUTE = 60_000;
const DAY = SECONDS_A_DAY * 1000;

/** Most missed days that are caught up with a batch each; of a longer pause only the latest days are. Bounds the work of a clock that was wrong. */
const MOST_MISSED = 60;

/** Minutes after midnight of `HH:MM`, as the settings check it. */
function minutesOf(sealAt: string): number {
  return Number(sealAt.slice(0, 2)) * 60 + Number(sealAt.slice(3, 5));
}

/** The latest day whose sealing time is not after `now` (milliseconds). `sealAt` is `HH:MM`, UTC. */
export function lastDueDay(now: number, sealAt: string): number {
  return dayOf(now - minutesOf(sealAt) * MINUTE);
}

/** The moment (milliseconds) at which `day` is sealed. */
export function sealingTime(day: number, sealAt: string): number {
  return day * DAY + minutesOf(sealAt) * MINUTE;
}

/** The moment (milliseconds) of the first sealing time after `now`. */
export function nextSealing(now: number, sealAt: string): number {
  return sealingTime(lastDueDay(now, sealAt) + 1, sealAt);
}

/**
 * The days to seal now, in order. `sealedThrough` is the last day of the timetable that was done; `lastEntry` the date of the log's last
 * entry that has one, or null.
 */
export function dueDays(now: number, sealAt: string, sealedThrough: number, lastEntry: number | null): number[] {
  const last = lastDueDay(now, sealAt);
  const first = Math.max(sealedThrough + 1, lastEntry ?? 0, last - MOST_MISSED + 1);
  const days: number[] = [];
  for (let day = first; day <= last; day++) days.push(day);
  return days;
}
