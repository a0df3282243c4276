/**
 * Each guard is shown to bite: a file that breaks it is planted in a copy of the house and must be refused, and its harmless twin must pass, so that a
 * guard which refuses everything or sees nothing would be noticed.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { forbiddenArrows } from "./support/arrows.ts";
import { readGraph } from "./support/edges.ts";

const house = fileURLToPath(new URL("..", import.meta.url));
const places: string[] = [];

/** A copy of the house with its settings and protocol, and `files` planted in it. */
async function copyOfTheHouse(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "firsthand-guards-"));
  places.push(root);
  for (const name of [
    "package.json",
    "tsconfig.json",
    "eslint.config.js",
    "src/protocol",
    "src/page/tsconfig.json",
    "src/reviewer/window/page/tsconfig.json",
    "tests/tsconfig.json",
  ]) {
    await cp(join(house, name), join(root, name), { recursive: true });
  }
  await symlink(join(house, "node_modules"), join(root, "node_modules"));
  for (const [path, code] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), code);
  }
  return root;
}

afterAll(async () => {
  for (const place of places) await rm(place, { recursive: true, force: true });
});

interface Ban {
  readonly name: string;
  readonly folder: string;
  readonly rule: string;
  readonly broken: string;
  readonly harmless: string;
}

const BANS: readonly Ban[] = [
  [
    "a clock in protocol",
    "src/protocol/format",
    "no-restricted-globals",
    "export const a = (): number => Date.now();",
    "export const a = (now: number): number => now;",
  ],
  [
    "a timer in protocol",
    "src/protocol/crypto",
    "no-restricted-globals",
    "export const a = (): unknown => setTimeout;",
    "export const a = (): unknown => null;",
  ],
  ["atob in protocol", "src/protocol/format", "no-restricted-globals", 'export const a = (): unknown => atob("");', "export const a = 1;"],
  ["btoa in protocol", "src/protocol/crypto", "no-restricted-globals", 'export const a = (): unknown => btoa("");', "export const a = 1;"],
  ["BigInt() in protocol", "src/protocol/tlog", "no-restricted-globals", 'export const a = BigInt("0x1");', "export const a = 1n;"],
  [
    "TextDecoder outside encoding.ts",
    "src/protocol/format",
    "no-restricted-globals",
    'export const a = (b: Uint8Array): string => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(b);',
    'import { fromUtf8 } from "../encoding.ts";\nexport const a = (b: Uint8Array): string => fromUtf8(b);',
  ],
  [
    "Buffer in protocol",
    "src/protocol/format",
    "no-restricted-globals",
    "export const a = (): unknown => Buffer;",
    "export const a = Uint8Array;",
  ],
  [
    "Math.random in protocol",
    "src/protocol/crypto",
    "no-restricted-properties",
    "export const a = Math.random();",
    "export const a = Math.floor(1.5);",
  ],
  [
    "Math.random in the server",
    "src/server/intake",
    "no-restricted-properties",
    "export const a = Math.random();",
    "export const a = Math.floor(1.5);",
  ],
  [
    "getRandomValues outside random.ts",
    "src/protocol/crypto",
    "no-restricted-properties",
    "export const a = crypto.getRandomValues(new Uint8Array(1));",
    'import { randomBytes } from "./random.ts";\nexport const a = randomBytes(1);',
  ],
  [
    "markup from text in the page",
    "src/page",
    "no-restricted-syntax",
    'export const a = (e: Element): void => {\n  e.innerHTML = "x";\n};',
    'export const a = (e: Element): void => {\n  e.textContent = "x";\n};',
  ],
  [
    "markup from text in the review machine's window",
    "src/reviewer/window/page",
    "no-restricted-syntax",
    'export const a = (e: Element): void => {\n  e.innerHTML = "x";\n};',
    'export const a = (e: Element): void => {\n  e.textContent = "x";\n};',
  ],
  [
    "markup by adjacent text in the page",
    "src/page",
    "no-restricted-syntax",
    'export const a = (e: Element): void => {\n  e.insertAdjacentHTML("beforeend", "x");\n};',
    'export const a = (e: Element): void => {\n  e.append("x");\n};',
  ],
  [
    "a cookie in the page",
    "src/page",
    "no-restricted-syntax",
    'export const a = (): void => {\n  document.cookie = "x=1";\n};',
    "export const a = (): string => document.title;",
  ],
  ["storage in the page", "src/page", "no-restricted-globals", 'export const a = localStorage.getItem("x");', "export const a = 1;"],
  [
    "storage in the page by window",
    "src/page",
    "no-restricted-syntax",
    'export const a = window.sessionStorage.getItem("x");',
    "export const a = window.innerWidth;",
  ],
  [
    "a web socket in the page",
    "src/page",
    "no-restricted-globals",
    'export const a = new WebSocket("ws://x");',
    'export const a = new URL("http://x");',
  ],
  [
    "a request given to a logger",
    "src/server/routes",
    "no-restricted-syntax",
    "export const a = (log: { info: (x: unknown) => void }, request: { url: string }): void => {\n  log.info({ at: request.url });\n};",
    'export const a = (log: { info: (x: unknown) => void }): void => {\n  log.info("started");\n};',
  ],
  [
    "the address a request comes from",
    "src/server/routes",
    "no-restricted-syntax",
    "export const a = (request: { ip: string }): string => request.ip;",
    "export const a = (request: { id: string }): string => request.id;",
  ],
  [
    "the remote address of a socket",
    "src/server",
    "no-restricted-syntax",
    "export const a = (s: { remoteAddress: string }): string => s.remoteAddress;",
    "export const a = (s: { timeout: string }): string => s.timeout;",
  ],
  [
    "a console in a module",
    "src/reviewer/casebook",
    "no-console",
    'export const a = (): void => {\n  console.log("x");\n};',
    'export const a = (): void => {\n  process.stdout.write("x");\n};',
  ],
  ["a default export", "src/auditor", "no-restricted-syntax", "export default 1;", "export const a = 1;"],
  [
    "a promise nobody waits for",
    "src/server/store",
    "@typescript-eslint/no-floating-promises",
    "export const a = (p: () => Promise<void>): void => {\n  p();\n};",
    "export const a = async (p: () => Promise<void>): Promise<void> => {\n  await p();\n};",
  ],
  [
    "any",
    "src/reviewer",
    "@typescript-eslint/no-explicit-any",
    "export const a = (x: any): unknown => x as unknown;",
    "export const a = (x: unknown): unknown => x;",
  ],
].map(([name = "", folder = "", rule = "", broken = "", harmless = ""]) => ({ name, folder, rule, broken, harmless }));

describe("lint", () => {
  let root: string;
  const found = new Map<string, string[]>();

  beforeAll(async () => {
    const files: Record<string, string> = {};
    for (const [index, ban] of BANS.entries()) {
      files[`${ban.folder}/planted-${String(index)}-broken.ts`] = `${ban.broken}\n`;
      files[`${ban.folder}/planted-${String(index)}-harmless.ts`] = `${ban.harmless}\n`;
    }
    root = await copyOfTheHouse(files);
    const eslint = new ESLint({ cwd: root });
    for (const result of await eslint.lintFiles(Object.keys(files))) {
      found.set(
        result.filePath.slice(root.length + 1),
        result.messages.map(({ ruleId, message }) => ruleId ?? message),
      );
    }
  });

  test.each(BANS.map((ban, index) => [ban.name, ban, index] as const))("refuses %s", (_, ban, index) => {
    expect(found.get(`${ban.folder}/planted-${String(index)}-broken.ts`)).toContain(ban.rule);
    expect(found.get(`${ban.folder}/planted-${String(index)}-harmless.ts`)).toEqual([]);
  });

  test("lets encoding.ts decode and random.ts draw", async () => {
    const eslint = new ESLint({ cwd: root });
    const results = await eslint.lintFiles(["src/protocol/encoding.ts", "src/protocol/crypto/random.ts"]);
    expect(results.map(({ messages }) => messages)).toEqual([[], []]);
  });
});

const WALLS = [
  {
    name: "protocol has no Node modules",
    tsconfig: "src/protocol",
    code: 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;',
  },
  { name: "protocol has no process", tsconfig: "src/protocol", code: "export const a = process.env;" },
  { name: "protocol has no document", tsconfig: "src/protocol", code: "export const a = document.title;" },
  { name: "protocol has no network", tsconfig: "src/protocol", code: 'export const a = fetch("x");' },
  { name: "protocol has no timers", tsconfig: "src/protocol", code: "export const a = setTimeout;" },
  {
    name: "the page has no Node modules",
    tsconfig: "src/page",
    code: 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;',
  },
  {
    name: "the window's page has no Node modules",
    tsconfig: "src/reviewer/window/page",
    code: 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;',
  },
  { name: "the page has no Buffer", tsconfig: "src/page", code: 'export const a = Buffer.from("x");' },
  { name: "the server has no document", tsconfig: ".", folder: "src/server", code: "export const a = document.title;" },
  { name: "the reviewer has no window", tsconfig: ".", folder: "src/reviewer", code: "export const a = window;" },
  { name: "nothing needs more than its types taken away to run", tsconfig: ".", folder: "src/auditor", code: "export enum A {\n  B,\n}" },
  {
    name: "an element that may be absent is not taken for granted",
    tsconfig: ".",
    folder: "src/auditor",
    code: "export const a = (b: number[]): number => b[0];",
  },
  {
    name: "an absent property is not an undefined one",
    tsconfig: "src/protocol",
    code: "export const a: { b?: number } = { b: undefined };",
  },
];

describe("the compiler", () => {
  const output = new Map<string, string>();

  beforeAll(async () => {
    const files: Record<string, string> = {};
    for (const [index, wall] of WALLS.entries()) {
      const folder = wall.folder ?? wall.tsconfig;
      files[`${folder}/planted-${String(index)}.ts`] = `${wall.code}\n`;
      files[`${folder}/harmless.ts`] = "export const harmless = 1;\n";
    }
    const root = await copyOfTheHouse(files);
    for (const tsconfig of new Set(WALLS.map((wall) => wall.tsconfig))) {
      const { stdout, status } = spawnSync(
        process.execPath,
        [join(house, "node_modules/typescript/bin/tsc"), "-p", tsconfig, "--pretty", "false"],
        {
          cwd: root,
          encoding: "utf8",
        },
      );
      expect(status).not.toBe(0);
      output.set(tsconfig, stdout);
    }
  });

  test.each(WALLS.map((wall, index) => [wall.name, wall, index] as const))("%s", (_, wall, index) => {
    expect(output.get(wall.tsconfig)).toContain(`planted-${String(index)}.ts(`);
    expect(output.get(wall.tsconfig)).not.toContain("harmless.ts(");
  });
});

const ARROWS = [
  { name: "the page imports the server", from: "src/page/planted.ts", code: 'import "../server/there.ts";', to: "src/server/there.ts" },
  {
    name: "the page imports the reviewer",
    from: "src/page/planted.ts",
    code: 'import "../reviewer/there.ts";',
    to: "src/reviewer/there.ts",
  },
  {
    name: "the reviewer imports the server",
    from: "src/reviewer/planted.ts",
    code: 'import "../server/there.ts";',
    to: "src/server/there.ts",
  },
  {
    name: "the reviewer imports the page of its window",
    from: "src/reviewer/planted.ts",
    code: 'import "./window/page/there.ts";',
    to: "src/reviewer/window/page/there.ts",
  },
  { name: "the window's page uses Node", from: "src/reviewer/window/page/planted.ts", code: 'import "node:fs";', to: "node:fs" },
  {
    name: "the auditor imports the server",
    from: "src/auditor/planted.ts",
    code: 'import "../server/there.ts";',
    to: "src/server/there.ts",
  },
  {
    name: "the auditor imports the reviewer",
    from: "src/auditor/planted.ts",
    code: 'import "../reviewer/there.ts";',
    to: "src/reviewer/there.ts",
  },
  {
    name: "the server imports the reviewer",
    from: "src/server/planted.ts",
    code: 'import "../reviewer/there.ts";',
    to: "src/reviewer/there.ts",
  },
  {
    name: "the vouchers' program imports the reviewer",
    from: "src/voucher/planted.ts",
    code: 'import "../reviewer/there.ts";',
    to: "src/reviewer/there.ts",
  },
  { name: "the demo imports the server", from: "src/demo/planted.ts", code: 'import "../server/there.ts";', to: "src/server/there.ts" },
  { name: "protocol imports the server", from: "src/protocol/planted.ts", code: 'import "../server/there.ts";', to: "src/server/there.ts" },
  {
    name: "format imports crypto",
    from: "src/protocol/format/planted.ts",
    code: 'import "../crypto/hash.ts";',
    to: "src/protocol/crypto/hash.ts",
  },
  {
    name: "crypto imports tlog",
    from: "src/protocol/crypto/planted.ts",
    code: 'import "../tlog/there.ts";',
    to: "src/protocol/tlog/there.ts",
  },
  {
    name: "protocol's first files import format",
    from: "src/protocol/planted.ts",
    code: 'import "./format/json.ts";',
    to: "src/protocol/format/json.ts",
  },
  {
    name: "a type is imported",
    from: "src/page/planted.ts",
    code: 'import type { There } from "../server/there.ts";\nexport type A = There;',
    to: "src/server/there.ts",
  },
  {
    name: "something is imported later",
    from: "src/auditor/planted.ts",
    code: 'export const a = (): Promise<unknown> => import("../server/there.ts");',
    to: "src/server/there.ts",
  },
  {
    name: "something is passed on",
    from: "src/reviewer/planted.ts",
    code: 'export { there } from "../server/there.ts";',
    to: "src/server/there.ts",
  },
  { name: "the server uses OpenPGP itself", from: "src/server/planted.ts", code: 'import "openpgp";', to: "npm:openpgp" },
  { name: "format uses noble", from: "src/protocol/format/planted.ts", code: 'import "@noble/hashes/sha2.js";', to: "npm:@noble/hashes" },
  { name: "the page uses the word lists itself", from: "src/page/planted.ts", code: 'import "@scure/bip39";', to: "npm:@scure/bip39" },
  { name: "the auditor uses a database", from: "src/auditor/planted.ts", code: 'import "pg";', to: "npm:pg" },
  { name: "protocol uses Node", from: "src/protocol/format/planted.ts", code: 'import "node:fs";', to: "node:fs" },
  { name: "the page uses Node", from: "src/page/planted.ts", code: 'import "node:crypto";', to: "node:crypto" },
  { name: "an import leads nowhere", from: "src/server/planted.ts", code: 'import "./nowhere.ts";', to: "?./nowhere.ts" },
];

describe("the architecture", () => {
  const there = {
    "src/server/there.ts": "export const there = 1;\nexport type There = 1;\n",
    "src/reviewer/there.ts": "export const there = 1;\n",
    "src/reviewer/window/page/there.ts": "export const there = 1;\n",
    "src/protocol/tlog/there.ts": "export const there = 1;\n",
  };

  test.each(ARROWS.map((arrow) => [arrow.name, arrow] as const))("refuses that %s", async (_, arrow) => {
    const root = await copyOfTheHouse({ ...there, [arrow.from]: `${arrow.code}\n` });
    expect(forbiddenArrows(await readGraph(root))).toEqual([`${arrow.from} -> ${arrow.to}`]);
  });

  test("refuses a folder it does not know", async () => {
    const root = await copyOfTheHouse({ "src/utils/planted.ts": "export const a = 1;\n" });
    expect(forbiddenArrows(await readGraph(root))).toEqual(["src/utils/planted.ts belongs to no machine"]);
  });

  test("has nothing against the copy without plants", async () => {
    const root = await copyOfTheHouse(there);
    const graph = await readGraph(root);
    expect(forbiddenArrows(graph)).toEqual([]);
    expect(graph.files).toContain("src/server/there.ts");
  });
});
