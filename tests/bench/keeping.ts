/**
 * What the keeper's work costs, and how it grows: a batch is sealed, exported and purged by the real functions over a PostgreSQL of its own, after tips were put in
 * as intake leaves them.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dayOf } from "../../src/protocol/format/date.ts";
import type { Context } from "../../src/server/context.ts";
import { exportBundle } from "../../src/server/courier/export.ts";
import { importBundle } from "../../src/server/courier/import.ts";
import { keep } from "../../src/server/courier/keeper.ts";
import { purge } from "../../src/server/courier/purge.ts";
import { sealBatch } from "../../src/server/courier/seal.ts";
import { currentGeneration } from "../../src/server/store/generations.ts";
import { pendingOf } from "../../src/server/store/generation-keys.ts";
import { storeCompletions, storeParts } from "../../src/server/store/pending.ts";
import { acknowledge, makeStation } from "../server/courier/keeper-fixture.ts";
import { postmasterOf } from "../server/crash/server-process.ts";
import { processorSecondsOf, residentOf } from "./processor.ts";
import type { Result } from "./target.ts";
import { makeTips } from "./tips.ts";

const MIB = 1_048_576;
/** Tips that make batches of 1,024, 8,192 and 131,072 items without a surplus of decoys. */
const TIPS = { small: 768, medium: 6144, large: 98_304 } as const;
/** Tips that are put in together. */
const TOGETHER = 16;

const STEPS = ["sealing", "exporting", "purging"] as const;
type Step = (typeof STEPS)[number];

/** What 1,000 items of a batch cost, and memory. */
interface Cost {
  readonly size: number;
  /** Processor seconds of this process and of PostgreSQL. */
  readonly processor: Readonly<Record<Step, number>>;
  /** Seconds of a clock. */
  readonly wall: Readonly<Record<Step, number>>;
  /** Most resident memory of this process while sealing and exporting, octets. */
  readonly memory: number;
}

/** Takes some minutes; with `large` half an hour and 30 GB of disk. */
export async function benchKeeping(large: boolean): Promise<Result[]> {
  const costs: Cost[] = [];
  const results: Result[] = [];
  for (const tips of [TIPS.small, TIPS.medium, ...(large ? [TIPS.large] : [])]) {
    costs.push(await keepingCost(tips));
    if (costs.length > 1) results.push(...compare(costs));
  }
  return results;
}

/** The last beside the first. */
function compare(costs: readonly Cost[]): Result[] {
  const [few, many] = [costs.at(0), costs.at(-1)];
  if (few === undefined || many === undefined) throw new Error("there are two at least");
  const steps = STEPS.map((step): Result => ({
    name: `${step} 1,000 items of a batch of ${String(many.size)}, keeper and PostgreSQL (${many.wall[step].toFixed(2)} s on the clock)`,
    value: many.processor[step],
    unit: "CPU-s",
    baseline: { name: `of a batch of ${String(few.size)}`, value: few.processor[step] },
    target: { ratio: 1.25, aim: "at-most" },
    growth: {
      title: `${step} 1,000 items`,
      of: "items in the batch",
      unit: "CPU-s",
      points: costs.map(({ size, processor }) => ({ size, value: processor[step] })),
    },
  }));
  const memory: Result = {
    name: `memory while a batch of ${String(many.size)} is sealed and exported`,
    value: many.memory / MIB,
    unit: "MiB",
    baseline: { name: `of ${String(few.size)}`, value: few.memory / MIB },
    target: { ratio: 2, aim: "at-most" },
    growth: {
      title: "memory of sealing and exporting",
      of: "items in the batch",
      unit: "MiB",
      points: costs.map(({ size, memory }) => ({ size, value: memory / MIB })),
    },
  };
  return [...steps, memory];
}

async function keepingCost(tips: number): Promise<Cost> {
  const station = await makeStation();
  const context = await station.open();
  let memory = 0;
  const watch = setInterval(() => {
    void residentOf(process.pid).then((now) => (memory = Math.max(memory, now)));
  }, 100);
  try {
    const stick = join(station.folder, "stick");
    await mkdir(stick);
    await fill(context, tips);
    memory = 0;
    const postgres = await postmasterOf(station.folder);
    const wall = { sealing: Number.NaN, exporting: Number.NaN, purging: Number.NaN };
    const processor = { ...wall };
    const timed = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
      const [begin, own, others] = [performance.now(), process.cpuUsage(), await processorSecondsOf(postgres)];
      const result = await work();
      wall[step] = (performance.now() - begin) / 1000;
      const { user, system } = process.cpuUsage(own);
      processor[step] = (user + system) / 1_000_000 + (await processorSecondsOf(postgres)) - others;
      return result;
    };
    const size = await keep(context, {}, async (keeper) => {
      const sealed = await timed("sealing", () => sealBatch(keeper, dayOf(context.clock()), false));
      await timed("exporting", () => exportBundle(keeper, stick));
      clearInterval(watch);
      const { bytes } = await acknowledge(context, station.review, [sealed.batch]);
      await writeFile(join(station.folder, "acknowledgements"), bytes);
      await importBundle(keeper, join(station.folder, "acknowledgements"));
      return sealed.size;
    });
    station.setDay(8);
    await keep(context, {}, (keeper) => timed("purging", () => purge(keeper)));
    const each = (all: typeof wall): typeof wall => ({
      sealing: (all.sealing * 1000) / size,
      exporting: (all.exporting * 1000) / size,
      purging: (all.purging * 1000) / size,
    });
    return { size, processor: each(processor), wall: each(wall), memory };
  } finally {
    clearInterval(watch);
    await context.close();
    await station.remove();
  }
}

/** Puts complete tips into the open generation, as intake leaves them. */
async function fill({ db, config, keys, clock }: Context, count: number): Promise<void> {
  const pending = await pendingOf(config.dataDir, await currentGeneration(db));
  for (let left = count; left > 0; left -= TOGETHER) {
    const tips = await makeTips(keys.program, Math.min(TOGETHER, left), clock());
    const parts = tips.map(({ tip, body, sha256 }) => ({
      tip,
      body,
      fact: { part: 1, length: body.length, sha256, declared: body.length },
    }));
    await storeParts(db, pending, parts);
    const whole = tips.map(({ tip, commitment, digest, body }) => ({ tip, commitment, digest, parts: 1, length: body.length }));
    await storeCompletions(db, pending, [pending], whole);
  }
}
