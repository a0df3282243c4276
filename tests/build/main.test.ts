/** The build as a command: what it takes from KEYS_DIR, and what it refuses. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatVkey } from "../../src/protocol/crypto/note.ts";
import { run } from "../../src/demo/command.ts";
import { makeTestKeys, NOON, ORIGIN } from "../support/server.ts";

const { text: KEY, id } = formatVkey(ORIGIN, new Uint8Array(32));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-build-command-"));
  await makeTestKeys(join(folder, "keys"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function build(more: Record<string, string> = {}): ReturnType<typeof run> {
  const today = new Date(NOON).toISOString().slice(0, 10);
  return run("build", ["--today", today], { env: { KEYS_DIR: join(folder, "keys"), PAGE_DIR: join(folder, "page"), ...more } });
}

test("without the log's key there is no page, and it is said which command makes it", async () => {
  const { code, stderr } = await build();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^log-key-missing: .*`firsthand keys --log`/);
});

test("the key of another log, one that cosigns, and what is no key are refused", async () => {
  const file = join(folder, "other.vkey");
  const refusals: string[] = [];
  for (const text of [formatVkey("other.test/log", new Uint8Array(32)).text, formatVkey(ORIGIN, new Uint8Array(32), 4).text, "key"]) {
    await writeFile(file, `${text}\n`);
    const { code, stderr } = await build({ LOG_VKEY: file });
    refusals.push(`${String(code)} ${stderr.split(":")[0] ?? ""}`);
  }
  expect(refusals).toEqual(["1 wrong-origin", "1 bad-vkey", "1 bad-vkey"]);
});

test("the key in KEYS_DIR is pinned in the page, and the server is told which it is", async () => {
  await writeFile(join(folder, "keys", "log.vkey"), `${KEY}\n`);
  expect(await build()).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, "page", "en", "index.html"), "utf8")).toContain(
    `"log":{"name":"${ORIGIN}","id":${String(id)},"key":"${"A".repeat(43)}="}`,
  );
  expect(JSON.parse(await readFile(join(folder, "page", "release.json"), "utf8"))).toMatchObject({ log: KEY });
});
