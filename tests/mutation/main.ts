/**
 * `npm run mutation -- [FILE …]`: changes one thing in a source file at a time (Stryker) and sees whether a test notices. README.md in this folder says what came of it.
 *
 * By hand and slowly. Stryker has packages of its own, in this folder, so that nobody who installs or tests Firsthand has to have them; the first run fetches them.
 */
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";
import { TARGETS } from "./targets.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Beside everything else that is made and not kept. */
const PLACE = "data/mutation";

function run(command: string, args: readonly string[], folder: string, env: Readonly<Record<string, string>> = {}): void {
  const { status } = spawnSync(command, args, { cwd: folder, stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) process.exitCode = 1;
}

const chosen = process.argv.slice(2);
const wanted = TARGETS.filter(({ file }) => chosen.length === 0 || chosen.includes(file));
const unknown = chosen.filter((file) => !TARGETS.some((target) => target.file === file));
if (unknown.length > 0) {
  console.error(`npm run mutation -- [FILE …]\n\nFiles: ${TARGETS.map(({ file }) => file).join(", ")}.`);
  process.exit(2);
}
if (!existsSync(`${HERE}node_modules`)) run("npm", ["ci"], HERE);
await mkdir(`${ROOT}${PLACE}`, { recursive: true });
for (const { file, tests } of wanted) {
  console.log(`\n${file}, against ${tests.join(", ")}`);
  const settings = {
    mutate: [file],
    testRunner: "vitest",
    vitest: { configFile: "tests/mutation/vitest.config.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner", "./tests/mutation/ignore-messages.mjs"],
    ignorers: ["messages"],
    ignorePatterns: ["/tests/fuzz", "/dist", "/data", "/tests/mutation/node_modules", "/deploy"],
    coverageAnalysis: "perTest",
    // A test that is slow on a busy machine is not one that a mutant sent round in circles.
    timeoutMS: 60_000,
    concurrency: 1,
    reporters: ["clear-text", "json"],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
    jsonReporter: { fileName: `${PLACE}/${file.replaceAll("/", "-")}.json` },
    tempDirName: PLACE,
    disableTypeChecks: false,
    allowEmpty: false,
  };
  const path = `${PLACE}/stryker.json`;
  await writeFile(`${ROOT}${path}`, JSON.stringify(settings));
  run(`${HERE}node_modules/.bin/stryker`, ["run", path], ROOT, { MUTATION_TESTS: tests.join(",") });
}
