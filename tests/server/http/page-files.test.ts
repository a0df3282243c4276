/** The page's files: exactly those of the list, under exactly their paths. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { loadPageFiles } from "../../../src/server/page-files.ts";
import { makeTestPage } from "../../support/server.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-page-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const hashOf = (text: string) => toHex(sha256(utf8(text)));
const REFUSED = { code: "bad-settings", where: "PAGE_DIR" };

test("serves the files of the list, folders by their index, and the list itself", async () => {
  await makeTestPage(folder);
  await writeFile(join(folder, "secret.txt"), "not in the list");
  const files = await loadPageFiles(folder);
  expect([...files.keys()].toSorted()).toEqual(["/", "/en/", "/en/index.html", "/manifest.json", "/page.js"]);
  expect(files.get("/")).toBe(files.get("/en/"));
});

test.each(["../secret.txt", "/etc/passwd", "en/../../secret.txt", ".git/config", "en//index.html", "a b.txt", ""])(
  "refuses a list with the path '%s'",
  async (path) => {
    await mkdir(join(folder, "page"));
    await writeFile(join(folder, "secret.txt"), "secret");
    await writeFile(join(folder, "page", "manifest.json"), JSON.stringify({ [path]: hashOf("secret") }));
    await expect(loadPageFiles(join(folder, "page"))).rejects.toMatchObject(REFUSED);
  },
);

test.each([
  ["whose file is missing", { "page.js": hashOf("x") }],
  ["whose file is another", { "other.js": hashOf("y") }],
  ["with a kind of file that is not served", { "other.exe": hashOf("x") }],
  ["whose hash is none", { "other.js": 1 }],
  ["that is none", null],
])("refuses a list %s", async (_which, list) => {
  await writeFile(join(folder, "other.js"), "x");
  await writeFile(join(folder, "other.exe"), "x");
  await writeFile(join(folder, "manifest.json"), JSON.stringify(list));
  await expect(loadPageFiles(folder)).rejects.toMatchObject(REFUSED);
});

test.each(["", "{", "\ufffe"])("refuses a list that is no JSON: '%s'", async (text) => {
  await writeFile(join(folder, "manifest.json"), text);
  await expect(loadPageFiles(folder)).rejects.toMatchObject(REFUSED);
});

test("refuses a folder without a list", async () => {
  await expect(loadPageFiles(folder)).rejects.toMatchObject(REFUSED);
});
