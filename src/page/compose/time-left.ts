/** How long something will still take, in words. */
import type { LiveText } from "../locales/locale.ts";
import { fill } from "./review.ts";

/** `seconds` in whole minutes, rounded up. */
export function timeLeft(seconds: number, { underAMinute, minutesLeft }: LiveText["progress"]): string {
  return seconds < 60 ? underAMinute : fill(minutesLeft, { minutes: String(Math.ceil(seconds / 60)) });
}
