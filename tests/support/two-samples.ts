/**
 * Whether two sets of byte strings look alike: Pearson's chi-square for two samples, with bounds so wide that equal sources practically never pass them (ten
 * standard deviations), and that bite on a byte which is different in one of the two.
 */

/** A chi-square statistic with its degrees of freedom. */
interface ChiSquare {
  readonly statistic: number;
  readonly freedom: number;
}

/** Two-sample chi-square over counts in the same bins; scaled so that its mean is `freedom` for small samples too. */
function chiSquare(one: ArrayLike<number>, other: ArrayLike<number>): ChiSquare {
  let [n, m] = [0, 0];
  for (let bin = 0; bin < one.length; bin++) {
    n += one[bin] ?? 0;
    m += other[bin] ?? 0;
  }
  let statistic = 0;
  let bins = 0;
  for (let bin = 0; bin < one.length; bin++) {
    const [a, b] = [one[bin] ?? 0, other[bin] ?? 0];
    if (a + b === 0) continue;
    bins++;
    statistic += (a * Math.sqrt(m / n) - b * Math.sqrt(n / m)) ** 2 / (a + b);
  }
  return { statistic: (statistic * (n + m - 1)) / (n + m), freedom: bins - 1 };
}

/** How many standard deviations a chi-square is above its mean. */
function deviations({ statistic, freedom }: ChiSquare): number {
  return freedom === 0 ? 0 : (statistic - freedom) / Math.sqrt(2 * freedom);
}

/** Standard deviations between the byte histograms of two sets, all positions together. */
export function histogramGap(one: readonly Uint8Array[], other: readonly Uint8Array[]): number {
  return deviations(chiSquare(histogram(one), histogram(other)));
}

function histogram(strings: readonly Uint8Array[]): Float64Array {
  const counts = new Float64Array(256);
  for (const bytes of strings) for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts;
}

/** What the positions of two sets of strings of one length show. */
export interface PositionGaps {
  /** Positions where every string has the same byte. */
  readonly fixed: number;
  /** Positions where each set has one byte only, and not the same. */
  readonly different: number;
  /** Standard deviations over all bits of all positions together. */
  readonly together: number;
  /** The largest chi-square of one bit of one position; its mean is 1. */
  readonly worst: number;
}

/** Compares two sets position by position. Every string has the length of the first. */
export function positionGaps(one: readonly Uint8Array[], other: readonly Uint8Array[]): PositionGaps {
  const length = one[0]?.length ?? 0;
  let [fixed, different, statistic, freedom, worst] = [0, 0, 0, 0, 0];
  for (let at = 0; at < length; at++) {
    const sets = [one, other].map((strings) => new Set(strings.map((bytes) => bytes[at])));
    const all = new Set([...sets[0]!, ...sets[1]!]);
    if (all.size === 1) {
      fixed++;
      continue;
    }
    if (sets[0]!.size === 1 && sets[1]!.size === 1) different++;
    for (let bit = 0; bit < 8; bit++) {
      const found = chiSquare(bitCounts(one, at, bit), bitCounts(other, at, bit));
      statistic += found.statistic;
      freedom += found.freedom;
      worst = Math.max(worst, found.statistic);
    }
  }
  return { fixed, different, together: deviations({ statistic, freedom }), worst };
}

/** How often a bit of one position is 0, and how often 1. */
function bitCounts(strings: readonly Uint8Array[], at: number, bit: number): [number, number] {
  let ones = 0;
  for (const bytes of strings) ones += ((bytes[at] ?? 0) >> bit) & 1;
  return [strings.length - ones, ones];
}

/** Standard deviations between the mean rank of `places` (from 0, among `total`) and that of places drawn by lot (Mann and Whitney). */
export function rankGap(places: readonly number[], total: number): number {
  const n = places.length;
  const sum = places.reduce((all, place) => all + place + 1, 0);
  const mean = (n * (total + 1)) / 2;
  return Math.abs(sum - mean) / Math.sqrt((n * (total - n) * (total + 1)) / 12);
}
