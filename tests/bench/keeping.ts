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
import { residentOf } from "./processor.ts";
import type { Result } from "./target.ts";
import { makeTips } from "./tips.ts";

const MIB = 1_048_576;
/** Tips that make batches of 1,024, 8,192 and 131,072 items without a surplus of decoys. */
const TIPS = { small: 768, medium: 6144, large: 98_304 } as const;
/** Tips that are put in together. */
const TOGETHER = 16;

/** Seconds for 1,000 items of sealing, exporting and purging a batch, and memory. */
interface Cost {
  readonly size: number;
  readonly sealing: number;
  readonly exporting: number;
  readonly purging: number;
  /** Most resident memory of this process while sealing and exporting, octets. */
  readonly memory: number;
}

/** Takes some minutes; with `large` half an hour and 30 GB of disk. */
export async function benchKeeping(large: boolean): Promise<Result[]> {
  const small = await keepingCost(TIPS.small);
  const results = compare(await keepingCost(TIPS.medium), small);
  return large ? [...results, ...compare(await keepingCost(TIPS.large), small)] : results;
}

function compare(many: Cost, few: Cost): Result[] {
  const steps = (["sealing", "exporting", "purging"] as const).map((step): Result => ({
    name: `${step} 1,000 items of a batch of ${String(many.size)}`,
    value: many[step],
    unit: "s",
    baseline: { name: `of a batch of ${String(few.size)}`, value: few[step] },
    target: { ratio: 1.25, aim: "at-most" },
  }));
  const memory: Result = {
    name: `memory while a batch of ${String(many.size)} is sealed and exported`,
    value: many.memory / MIB,
    unit: "MiB",
    baseline: { name: `of ${String(few.size)}`, value: few.memory / MIB },
    target: { ratio: 2, aim: "at-most" },
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
    const seconds: number[] = [];
    const timed = async <T>(work: () => Promise<T>): Promise<T> => {
      const begin = performance.now();
      const result = await work();
      seconds.push((performance.now() - begin) / 1000);
      return result;
    };
    const size = await keep(context, {}, async (keeper) => {
      const sealed = await timed(() => sealBatch(keeper, dayOf(context.clock()), false));
      await timed(() => exportBundle(keeper, stick));
      clearInterval(watch);
      const { bytes } = await acknowledge(context, station.review, [sealed.batch]);
      await writeFile(join(station.folder, "acknowledgements"), bytes);
      await importBundle(keeper, join(station.folder, "acknowledgements"));
      return sealed.size;
    });
    station.setDay(8);
    await keep(context, {}, (keeper) => timed(() => purge(keeper)));
    const [sealing = Number.NaN, exporting = Number.NaN, purging = Number.NaN] = seconds.map((all) => (all * 1000) / size);
    return { size, sealing, exporting, purging, memory };
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
