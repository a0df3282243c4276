/**
 * Small counts are not told: in a small set a count of 1 is a person. A table of counts that add up to a known total keeps back every count from 1 to 4, and then as many more, the smallest
 * first, as it takes that none of them follows from the total: at least two are kept back, and of what they come to together any one could be at least five different numbers. If
 * even all of them are not enough, the whole table is kept back, also which counts are 0.
 *
 * This protects one table of one population. Somebody who has the same table of yesterday and of today knows of one tip that came between.
 */

/** Smallest count that is told. */
export const LEAST_TOLD = 5;

/** A table's counts; `null` stands for one that is kept back. */
export type Told = ReadonlyMap<string, number | null>;

/** The counts of one table without those that are kept back. */
export function tellable(counts: ReadonlyMap<string, number>): Told {
  const kept = new Set([...counts].filter(([, count]) => count > 0 && count < LEAST_TOLD).map(([name]) => name));
  if (kept.size === 0) return counts;
  const others = [...counts].filter(([name, count]) => count > 0 && !kept.has(name)).sort(([, one], [, other]) => one - other);
  const sum = (): number => [...kept].reduce((total, name) => total + (counts.get(name) ?? 0), 0);
  const isEnough = (): boolean => kept.size >= 2 && sum() - kept.size >= LEAST_TOLD - 1;
  for (const [name] of others) {
    if (isEnough()) break;
    kept.add(name);
  }
  const all = !isEnough();
  return new Map([...counts].map(([name, count]) => [name, all || kept.has(name) ? null : count]));
}

/** A total, if it is told. */
export function tellableTotal(total: number): number | null {
  return total > 0 && total < LEAST_TOLD ? null : total;
}

/** A count in words. */
export function countText(count: number | null): string {
  return count === null ? `<${String(LEAST_TOLD)} or kept back` : String(count);
}
