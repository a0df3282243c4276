/**
 * One line a performance target: a measured value beside a named baseline of the same run, so that the ratio means something on any machine.
 */

/** How a ratio is judged: smaller is better (`at-most`) or larger is better (`at-least`). */
export type Aim = "at-most" | "at-least";

/** What a benchmark reports. `ratio` is value / baseline. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: { readonly name: string; readonly value: number };
  readonly target: { readonly ratio: number; readonly aim: Aim };
  /** What was measured at each size, if it was measured at several. */
  readonly growth?: Growth;
}

/** How a cost grows. */
export interface Growth {
  readonly title: string;
  /** What sizes count. */
  readonly of: string;
  readonly unit: string;
  /** At least two, sizes ascending. */
  readonly points: readonly { readonly size: number; readonly value: number }[];
}

/** A {@link Result} as `npm run bench -- --json` prints it. */
export interface Line {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: string;
  readonly ratio: number;
  readonly target: string;
  readonly ok: boolean;
}

/** The line of a result, numbers rounded to four significant digits. */
export function lineOf(result: Result): Line {
  const ratio = result.value / result.baseline.value;
  const ok = result.target.aim === "at-most" ? ratio <= result.target.ratio : ratio >= result.target.ratio;
  return {
    name: result.name,
    value: round(result.value),
    unit: result.unit,
    baseline: `${result.baseline.name}: ${String(round(result.baseline.value))} ${result.unit}`,
    ratio: round(ratio),
    target: `${result.target.aim === "at-most" ? "≤" : "≥"} ${String(result.target.ratio)}`,
    ok,
  };
}

function round(number: number): number {
  return Number(number.toPrecision(4));
}

/** Processor seconds that this process spent on `work`; wall time would measure the neighbours. */
export async function processorSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const spent = process.cpuUsage(before);
  return (spent.user + spent.system) / 1_000_000;
}
