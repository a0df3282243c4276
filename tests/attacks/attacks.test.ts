/**
 * Every attack, as things are and with each of its defences taken out, and the table of them in README.md. `ATTACKS_WRITE=1` in the environment writes the table.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { openBrowser, type TestBrowser } from "../support/browser.ts";
import { startTestPostgres, type StartedPostgres } from "../support/postgres.ts";
import type { Attack, Bench } from "./attack.ts";
import { houseWithout, leaveHouse } from "./house.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const README = join(HERE, "README.md");
const NEVER_LESS_THAN = 20;

let cluster: Promise<StartedPostgres> | undefined;
let browser: Promise<TestBrowser> | undefined;

afterAll(async () => {
  await (await browser)?.close();
  await (await cluster)?.stop();
});

/** Paths of all attacks below this folder, in order. */
async function attackPaths(): Promise<string[]> {
  const entries = await readdir(HERE, { recursive: true });
  return entries.filter((path) => /^[a-z-]+\/[a-z-]+\.ts$/.test(path)).sort();
}

async function attackAt(path: string): Promise<Attack> {
  const { attack } = (await import(path)) as { attack: Attack };
  return attack;
}

/** Tells a story in a folder of its own. */
async function tell({ run }: Attack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand attack "));
  const bench: Bench = {
    folder,
    postgres: () => (cluster ??= startTestPostgres()),
    browser: () => (browser ??= openBrowser("chromium")),
  };
  try {
    return await run(bench);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const paths = await attackPaths();
const attacks = await Promise.all(paths.map(async (path) => ({ path, attack: await attackAt(join(HERE, path)) })));

for (const { path, attack } of attacks) {
  describe(`${path.replace(/\/.*/, "").replaceAll("-", " ")}: ${attack.does}`, () => {
    test("is repelled", async () => {
      expect(await tell(attack)).toBe("repelled");
    });

    for (const defence of attack.defences) {
      test(`succeeds without ${defence.place} of ${defence.file}`, async () => {
        const house = await houseWithout(defence);
        try {
          expect(await tell(await attackAt(join(house, "tests", "attacks", path)))).toBe("succeeded");
        } finally {
          await leaveHouse(house);
        }
      });
    }
  });
}

test("all attacks were seen", () => {
  expect(attacks.length).toBeGreaterThanOrEqual(NEVER_LESS_THAN);
});

test("the table in the README is that of the attacks", async () => {
  const lines = attacks.flatMap(({ path, attack: { does, defences } }) => {
    const [attacker = "", name = ""] = path.split("/");
    return defences.map(
      ({ file, place }) => `| ${attacker.replaceAll("-", " ")} | [${does}](${attacker}/${name}) | \`${place}\` in \`${file}\` |`,
    );
  });
  const table = ["| attacker | attack | defence |", "| --- | --- | --- |", ...lines].join("\n");
  const readme = await readFile(README, "utf8");
  const [head = ""] = readme.split("\n| attacker |");
  const whole = `${head}\n${table}\n`;
  if (process.env["ATTACKS_WRITE"] === "1") await writeFile(README, whole);
  expect(await readFile(README, "utf8")).toBe(whole);
});
