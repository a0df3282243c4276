/**
 * How large a sealed batch is: 64·2^j items, the smallest such number in which at least a quarter are decoys (specification section 8). The log, the
 * database at rest, an export and a purge show this number only. An empty day has 64 items too.
 */

/** Items in the smallest batch. */
const SMALLEST = 64;

/**
 * When so many tips wait, they are sealed before the day is over: a batch of more than 131,072 items is more than a bundle's manifest can list. 8,304 tips are left for those
 * that come until the clock is looked at again.
 */
export const MOST_WAITING = 90_000;

/** The number of items in a batch with `tips` (0 to 2^40) finished tips. What is left above `tips` are decoys: at least a quarter of all. */
export function batchSize(tips: number): number {
  if (!Number.isSafeInteger(tips) || tips < 0) throw new Error("a number of tips is a natural number");
  let size = SMALLEST;
  while (4 * (size - tips) < size) size *= 2;
  return size;
}
