/**
 * `npm run bench -- [AREA …] [--large] [--json]`: the performance targets, each as a ratio against a baseline of the same run. Nothing here is a test: a slow machine
 * must not fail a build.
 */
import { parseArgs } from "node:util";
import { cpus, loadavg } from "node:os";
import { lineOf, type Result } from "./target.ts";

/** What may be asked of every area. `large`: also what takes more than some minutes. */
interface Wish {
  readonly large: boolean;
}

const AREAS: Readonly<Record<string, (wish: Wish) => Promise<Result[]>>> = {
  append: async () => (await import("./append.ts")).benchAppend(),
  browser: async () => (await import("./browser.ts")).benchBrowser(),
  envelope: async () => (await import("./envelope.ts")).benchEnvelope(),
  import: async ({ large }) => (await import("./import.ts")).benchImport(large),
  inbox: async () => (await import("./inbox.ts")).benchInbox(),
  intake: async () => (await import("./intake.ts")).benchIntake(),
  keeping: async ({ large }) => (await import("./keeping.ts")).benchKeeping(large),
  log: async () => [...(await (await import("./log.ts")).benchLog()), ...(await (await import("./audit.ts")).benchAudit())],
  opening: async ({ large }) => (await import("./opening.ts")).benchOpening(large),
  page: async () => (await import("./page.ts")).benchPage(),
  search: async () => (await import("./triage.ts")).benchSearch(),
  sizing: async () => (await import("./sizing.ts")).benchSizing(),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, help: { type: "boolean" }, large: { type: "boolean" } },
});
const areas = positionals.length === 0 ? Object.keys(AREAS) : positionals;
const unknown = areas.filter((area) => !(area in AREAS));
if (values.help === true || unknown.length > 0) {
  console.error(`npm run bench -- [${Object.keys(AREAS).join("|")} …] [--large] [--json]`);
  process.exit(values.help === true ? 0 : 2);
}
if (values.json !== true) {
  console.log(`${String(cpus().length)} processors, load ${loadavg()[0]?.toFixed(1) ?? "?"}\n`);
}
for (const area of areas) {
  for (const result of (await AREAS[area]?.({ large: values.large === true })) ?? []) {
    const line = lineOf(result);
    console.log(
      values.json === true
        ? JSON.stringify(line)
        : `${line.ok ? "ok  " : "miss"} ${area}: ${line.name}\n       ${String(line.value)} ${line.unit}; ${line.baseline}; ratio ${String(line.ratio)}, aim ${line.target}`,
    );
  }
}
