/** How long to wait before asking again. */

const FIRST = 1;
const LONGEST = 30;

/**
 * Seconds to wait after the `failures`-th failure in a row (from 1): doubling from one second to thirty, of which a random half is taken off, so that many
 * pages that lost the same server do not come back at the same moment. `random` is from 0 to below 1. What the server asked for (`retryAfter`, seconds) is
 * honoured up to two minutes.
 */
export function waitAfter(failures: number, random: number, retryAfter = 0): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 10));
  return Math.max(full * (1 - random / 2), Math.min(retryAfter, 120));
}
