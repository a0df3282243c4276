/**
 * `npm run fuzz -- [TARGET …] [--runs N] [--seconds N] [--seed N] [--keep] [--json]`: attacks parsers with inputs that coverage guides (README.md in this folder).
 *
 * Ctrl-C ends it after the input under way, with what was reached. Each target begins with its seeds and its corpus. A finding is written to the folder `findings` beside this file and ends its target; the exit status is then 1.
 */
import { randomInt } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fuzz, nameOf, type Outcome } from "./engine/fuzz.ts";
import { instrument } from "./engine/instrument.ts";
import type { Target } from "./engine/target.ts";

const here = (path: string): URL => new URL(path, import.meta.url);

/** What is kept of a corpus: short inputs, and not many. */
const LONGEST_KEPT = 4096;
const MOST_KEPT = 40;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "100000" },
    seconds: { type: "string", default: "3600" },
    seed: { type: "string" },
    keep: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const known = (await readdir(here("targets/"))).map((name) => name.replace(/\.ts$/, "")).sort();
const chosen = positionals.length === 0 ? known : positionals;
const numbers = [values.runs, values.seconds, values.seed ?? "1"];
if (values.help || !numbers.every((number) => /^[1-9]\d{0,9}$/.test(number)) || !chosen.every((name) => known.includes(name))) {
  console.error(`npm run fuzz -- [TARGET …] [--runs N] [--seconds N] [--seed N] [--keep] [--json]\n\nTargets: ${known.join(", ")}.`);
  process.exit(values.help ? 0 : 2);
}

/** The inputs kept of a target. */
async function corpusOf(name: string): Promise<Uint8Array[]> {
  const names = await readdir(here(`corpus/${name}/`)).catch(() => []);
  return Promise.all(names.sort().map((file) => readFile(here(`corpus/${name}/${file}`))));
}

async function keep(name: string, corpus: readonly Uint8Array[]): Promise<void> {
  const folder = here(`corpus/${name}/`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const kept = corpus.filter(({ length }) => length > 0 && length <= LONGEST_KEPT);
  // From all lengths: short ones reach the beginnings, long ones the ends.
  const step = Math.max(1, kept.length / MOST_KEPT);
  for (let at = 0; at < kept.length; at += step) {
    const input = kept[Math.floor(at)];
    if (input !== undefined) await writeFile(new URL(nameOf(input), folder), input);
  }
}

async function report(name: string, outcome: Outcome, seed: number): Promise<void> {
  const { runs, seconds, branches, corpus, found } = outcome;
  if (found !== null) {
    await mkdir(here("findings/"), { recursive: true });
    await writeFile(here(`findings/${name}-${nameOf(found.input)}`), found.input);
  }
  const line = {
    target: name,
    runs,
    seconds: Math.round(seconds),
    branches,
    corpus: corpus.length,
    seed,
    finding: found === null ? null : nameOf(found.input),
  };
  if (values.json) console.log(JSON.stringify(line));
  else
    console.log(
      `${found === null ? "ok  " : "FIND"} ${name}: ${String(runs)} inputs in ${String(line.seconds)} s, ${String(branches)} branches, corpus of ${String(corpus.length)}`,
    );
  if (found !== null) console.error(found.what);
}

process.setSourceMapsEnabled(true);
const coverage = instrument(here("../../src/"));
let findings = 0;
let stopping = false;
process.once("SIGINT", () => (stopping = true));
// A function, because the flag changes while it waits.
const isStopping = (): boolean => stopping;
for (const name of chosen) {
  if (isStopping()) break;
  const { target } = (await import(`./targets/${name}.ts`)) as { target: Target };
  const seed = Number(values.seed ?? randomInt(1, 2 ** 31));
  try {
    const outcome = await fuzz(target, coverage, await corpusOf(name), {
      runs: Number(values.runs),
      seconds: Number(values.seconds),
      seed,
      stopped: isStopping,
    });
    await report(name, outcome, seed);
    if (outcome.found !== null) findings++;
    else if (values.keep) await keep(name, outcome.corpus);
  } finally {
    await target.close?.();
  }
}
process.exitCode = findings === 0 ? 0 : 1;
