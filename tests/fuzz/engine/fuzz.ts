/**
 * The loop: take an input of the corpus, change it, run it, keep it if it went where none went before. A branch that ran more often than before, in steps of
 * about a factor of two, counts as new.
 */
import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Comparison, Coverage } from "./instrument.ts";
import { Chance, mutate } from "./mutate.ts";
import type { Target } from "./target.ts";

/** When a run ends: at the first of these. */
export interface Bounds {
  readonly runs: number;
  readonly seconds: number;
  readonly seed: number;
  /** Says that it shall end now. */
  readonly stopped: () => boolean;
}

/** An input that broke something. */
export interface Found {
  readonly input: Uint8Array;
  /** What was thrown, or what took too long or too much. */
  readonly what: unknown;
}

/** What came of a run. */
export interface Outcome {
  readonly runs: number;
  readonly seconds: number;
  /** Branches that any input reached. */
  readonly branches: number;
  /** Inputs that together reach all that was reached, shortest first. */
  readonly corpus: readonly Uint8Array[];
  readonly found: Found | null;
}

/** Processor time that one input may take, seconds, and memory that the process may come to hold, bytes. */
const LONGEST_RUN = 2;
const MOST_MEMORY = 2 ** 30;
/** How often memory is looked at, inputs. */
const LOOK_EVERY = 4096;
/** How many changed copies are made of an input before the next is taken. */
const COPIES = 32;

interface Entry {
  readonly input: Uint8Array;
  readonly features: readonly number[];
  comparisons: readonly Comparison[] | null;
}

/** Fuzzes `target`, beginning with `inputs`; its seeds come by themselves. Ends with the first finding. */
export async function fuzz(target: Target, coverage: Coverage, inputs: readonly Uint8Array[], bounds: Bounds): Promise<Outcome> {
  const chance = new Chance(bounds.seed);
  const encoder = new TextEncoder();
  const words = coverage.words().map((word) => encoder.encode(word));
  const seen = new Set<number>();
  const entries: Entry[] = [];
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  let runs = 0;

  /** Runs one input; keeps it if it is new. @returns what it broke. */
  const tryOne = async (input: Uint8Array): Promise<Found | null> => {
    const counts = coverage.counts();
    counts.fill(0);
    const before = performance.now();
    try {
      const running = target.run(new Uint8Array(input));
      if (running !== undefined) await running;
    } catch (what) {
      return { input, what };
    }
    runs++;
    const features = featuresOf(coverage.counts());
    if (performance.now() - before > LONGEST_RUN * 1000 && (await takesLong(target, input)))
      return { input, what: new Error("an input takes too long") };
    if (runs % LOOK_EVERY === 0 && memoryHeld() > MOST_MEMORY) return { input, what: new Error("memory grows") };
    if (features.some((feature) => !seen.has(feature))) {
      for (const feature of features) seen.add(feature);
      entries.push({ input, features, comparisons: null });
    }
    return null;
  };
  const outcome = (found: Found | null): Outcome => ({
    runs,
    seconds: elapsed(),
    branches: new Set([...seen].map((feature) => feature >> 3)).size,
    corpus: smallest(entries),
    found,
  });

  for (const input of [...(await target.seeds()), ...inputs]) {
    const found = await tryOne(input);
    if (found !== null) return outcome(found);
  }
  while (runs < bounds.runs && elapsed() < bounds.seconds && !bounds.stopped()) {
    // One half of the time among those that came last.
    const recent = entries.slice(-16);
    const entry = chance.below(2) === 0 ? chance.of(recent) : chance.of(entries);
    entry.comparisons ??= await coverage.compared(() => target.run(new Uint8Array(entry.input)));
    const material = { words, comparisons: entry.comparisons, longest: target.longest };
    for (let copy = 0; copy < COPIES && runs < bounds.runs && !bounds.stopped(); copy++) {
      const found = await tryOne(mutate(entry.input, chance, { ...material, other: chance.of(entries).input }));
      if (found !== null) return outcome(found);
    }
  }
  return outcome(null);
}

/** Bytes that are in use. What only was not collected yet does not count. */
function memoryHeld(): number {
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  if (used() <= MOST_MEMORY) return used();
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return used();
}

/** Which branches ran, and about how often: branch · 8 + step. */
function featuresOf(counts: Uint8Array): number[] {
  const features: number[] = [];
  for (let branch = 0; branch < counts.length; branch++) {
    const count = counts[branch] ?? 0;
    if (count !== 0) features.push(branch * 8 + (31 - Math.clz32(count)));
  }
  return features;
}

/** A machine that was busy is no finding: processor time, the least of three. */
async function takesLong(target: Target, input: Uint8Array): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = process.cpuUsage();
    await target.run(new Uint8Array(input));
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1e6 < LONGEST_RUN) return false;
  }
  return true;
}

/** Shortest first, those that bring a feature which no shorter one has. */
function smallest(entries: readonly Entry[]): Uint8Array[] {
  const covered = new Set<number>();
  const chosen: Uint8Array[] = [];
  for (const { input, features } of entries.toSorted((a, b) => a.input.length - b.input.length)) {
    if (features.every((feature) => covered.has(feature))) continue;
    for (const feature of features) covered.add(feature);
    chosen.push(input);
  }
  return chosen;
}

/** Name of an input: the first 16 digits of its SHA-256. */
export function nameOf(input: Uint8Array): string {
  return createHash("sha256").update(input).digest("hex").slice(0, 16);
}
