/**
 * The report of a benchmark in a folder: a Markdown table, plots beside it, and `results.json`, from which areas that were not measured this time are taken over.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { growthPlot, targetsPlot } from "./plot.ts";
import { lineOf, type Result } from "./target.ts";

/** What one area gave, and what it took. */
export interface AreaRun {
  readonly area: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** Processors, memory, Node. */
  readonly machine: string;
  /** Of the last minute, before and after. */
  readonly load: readonly [number, number];
  readonly large: boolean;
  /** Of everything that ran for it. */
  readonly cpuSeconds: number;
  /** The most that its processes did not share. */
  readonly mebibytes: number;
  readonly results: readonly Result[];
}

const DATA = "results.json";
const TARGETS = "targets.svg";
const GROWTH = "growth.svg";

/** Writes `path`, and beside it plots and data. `areas`: all there are, in the report's order. */
export async function writeReport(path: string, areas: readonly string[], runs: readonly AreaRun[]): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const before = JSON.parse(await readFile(join(folder, DATA), "utf8").catch(() => "[]")) as AreaRun[];
  const all = areas.flatMap((area) => runs.find((run) => run.area === area) ?? before.find((run) => run.area === area) ?? []);
  await writeFile(join(folder, DATA), `${JSON.stringify(all, null, 1)}\n`);
  await writeFile(join(folder, TARGETS), targetsPlot(all));
  await writeFile(join(folder, GROWTH), growthPlot(all.flatMap(({ results }) => results.flatMap(({ growth }) => growth ?? []))));
  await writeFile(path, markdownOf(all));
}

function markdownOf(runs: readonly AreaRun[]): string {
  const lines = runs.flatMap(({ results }) => results.map(lineOf));
  const met = lines.filter(({ ok }) => ok).length;
  return [
    "# What was measured",
    "",
    `Written by \`npm run bench -- --markdown\`. Of ${String(lines.length)} targets ${String(met)} are met. A ratio is a value over a baseline of the same run: it means more than the value. CPU-s are`,
    "seconds of a processor, of all processes that worked for it; s are a clock's, and longer where others work on the same machine.",
    "",
    `![Each target, as a share of its limit](${TARGETS})`,
    "",
    `![What is measured at several sizes](${GROWTH})`,
    ...runs.flatMap((run) => ["", ...tableOf(run)]),
    "",
  ].join("\n");
}

function tableOf({ area, date, machine, load, large, cpuSeconds, mebibytes, results }: AreaRun): string[] {
  return [
    `## ${area}`,
    "",
    `${date}, ${machine}, load ${load.map(String).join(" to ")}: ${String(cpuSeconds)} CPU-s, ${String(mebibytes)} MiB at most${large ? "; with `--large`" : ""}.`,
    "",
    "| | what | measured | beside | ratio | aim |",
    "| --- | --- | --- | --- | --- | --- |",
    ...results
      .map(lineOf)
      .map(
        ({ name, value, unit, baseline, ratio, target, ok }) =>
          `| ${ok ? "met" : "**missed**"} | ${name} | ${String(value)} ${unit} | ${baseline} | ${ratio.toPrecision(3)} | ${target} |`,
      ),
  ];
}
