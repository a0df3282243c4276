/**
 * `npm run bench -- [AREA …] [--large] [--json] [--markdown FILE]`: the performance targets, each as a ratio against a baseline of the same run. Nothing here is a test: a slow
 * machine must not fail a build.
 *
 * Each area runs in a process of its own, whose processor time and memory, with all that it starts, are told beside its results. `--markdown` writes a table, and beside it the
 * plots and `results.json`; areas that were not asked for keep what stands there.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { AREAS } from "./areas.ts";
import { TreeWatch } from "./processor.ts";
import { type AreaRun, writeReport } from "./report.ts";
import { lineOf, type Result } from "./target.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    markdown: { type: "string" },
  },
});
const areas = positionals.length === 0 ? Object.keys(AREAS) : positionals;
const unknown = areas.filter((area) => !Object.hasOwn(AREAS, area));
if (values.help || unknown.length > 0) {
  console.error(`npm run bench -- [${Object.keys(AREAS).join("|")} …] [--large] [--json] [--markdown FILE]`);
  process.exit(values.help ? 0 : 2);
}

const machine = `${String(availableParallelism())} × ${cpus()[0]?.model.trim() ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
const say = (json: object, text: string): void => {
  console.log(values.json ? JSON.stringify(json) : text);
};
say({ machine, load: loadNow() }, `${machine}; load ${String(loadNow())}\n`);
const runs: AreaRun[] = [];
for (const area of areas) {
  const run = await measured(area, values.large);
  runs.push(run);
  for (const result of run.results) {
    const line = lineOf(result);
    say(
      { area, ...line },
      `${line.ok ? "ok  " : "miss"} ${area}: ${line.name}\n       ${String(line.value)} ${line.unit}; ${line.baseline}; ratio ${String(line.ratio)}, aim ${line.target}`,
    );
    if (result.growth !== undefined)
      say(
        { area, growth: result.growth },
        `       grows: ${result.growth.points.map(({ size, value }) => `${String(size)}: ${value.toPrecision(3)}`).join(", ")} (${result.growth.unit} by ${result.growth.of})`,
      );
  }
  const { cpuSeconds, mebibytes, load } = run;
  say(
    { area, cpuSeconds, mebibytes, load },
    `     ${area}: ${String(cpuSeconds)} CPU-s and at most ${String(mebibytes)} MiB in all; load ${load.join(" to ")}\n`,
  );
}
if (values.markdown !== undefined) await writeReport(values.markdown, Object.keys(AREAS), runs);

function loadNow(): number {
  return Number(loadavg()[0]?.toFixed(1));
}

async function measured(area: string, large: boolean): Promise<AreaRun> {
  const before = loadNow();
  const child = fork(new URL("area-child.ts", import.meta.url), [area, large ? "large" : "usual"], { execArgv: [] });
  const watch = new TreeWatch(child.pid ?? 0);
  try {
    const ended = once(child, "exit").then(() => {
      throw new Error(`${area} ended early`);
    });
    ended.catch(() => undefined); // it ends in the end
    const [results] = (await Promise.race([once(child, "message"), ended])) as [Result[]];
    const { seconds, mebibytes } = await watch.end();
    return {
      area,
      date: new Date().toISOString().slice(0, 10),
      machine,
      load: [before, loadNow()],
      large,
      cpuSeconds: Math.round(seconds),
      mebibytes: Math.round(mebibytes),
      results,
    };
  } finally {
    await watch.end();
    if (child.connected) child.disconnect();
    else child.kill();
  }
}
