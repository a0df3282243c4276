import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NoteSigner, noteSigner, parseVkey } from "../../../src/protocol/crypto/note.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { parseLogPolicy } from "../../../src/protocol/format/log-policy.ts";
import { parseNote } from "../../../src/protocol/format/note.ts";
import { parseRetentionNote } from "../../../src/protocol/format/retention-note.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { openContext } from "../../../src/server/context.ts";
import { nextPolicyNote, policySigners } from "../../support/retention-notes.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { acknowledge, checkStation, environmentOf, makeKeys, makePage, ORIGIN } from "../courier/keeper-fixture.ts";
import { command, FAR_SEALING, type Outcome, startServer } from "../crash/server-process.ts";

const MAIN = fileURLToPath(new URL("../../../src/server/main.ts", import.meta.url));
const TODAY = Math.floor(Date.now() / 86_400_000);

let folder: string;
let stick: string;
let review: NoteSigner;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-commands-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  stick = join(folder, "stick");
  await mkdir(stick);
  review = await makeKeys(
    join(folder, "keys"),
    { daysAfterAcknowledgement: 0, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" },
    TODAY - 1,
    2,
  );
  await makePage(folder);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const firsthand = (...words: string[]): Promise<Outcome> => command(folder, words);

async function refused(words: readonly string[], code: number, error: string, more: Record<string, string> = {}): Promise<void> {
  // The server's log of events goes the same way; the failure is said last.
  const plain = await command(folder, words, more);
  expect(plain).toMatchObject({ code, stdout: "" });
  expect(plain.stderr).toMatch(/(?:^|\n)firsthand: [^\n]+\n(?:firsthand --help says more\.\n)?$/);
  const json = await command(folder, [...words, "--json"], more);
  expect(json).toMatchObject({ code, stdout: "" });
  expect(JSON.parse(json.stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ error });
}

/** What a command says with `--json`. */
async function answered(...words: string[]): Promise<unknown> {
  const outcome = await firsthand(...words, "--json");
  expect(outcome).toMatchObject({ code: 0 });
  return JSON.parse(outcome.stdout);
}

describe("firsthand", () => {
  it("explains itself with --help, whatever the command", async () => {
    for (const words of [["--help"], ["seal", "--help"], ["export", "--help"]]) {
      const { code, stdout, stderr } = await firsthand(...words);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      for (const name of ["serve", "keep", "seal", "export DIR", "import FILE", "purge", "retention FILE", "inventory", "status", "keys"])
        expect(stdout).toContain(`firsthand ${name}`);
    }
    expect(await firsthand()).toMatchObject({ code: 2 });
  });

  it("refuses what it does not understand, with exit status 2", async () => {
    const misuses = [
      ["nonsense"],
      ["seal", "now"],
      ["export"],
      ["export", "a", "b"],
      ["import"],
      ["export", stick, "--again", "0"],
      ["export", stick, "--again"],
      ["seal", "--dry-run"],
      ["purge", "--force"],
    ];
    for (const words of misuses) await refused(words, 2, "usage");
  });

  it("names wrong settings and missing keys, with exit status 1", async () => {
    await refused(["status"], 1, "bad-settings", { SEAL_AT: "25:00", PORT: "many" });
    const { stderr } = await command(folder, ["status"], { SEAL_AT: "25:00", PORT: "many" });
    expect(stderr).toContain("PORT, SEAL_AT");
    await refused(["keys"], 1, "keys-missing", { KEYS_DIR: join(folder, "page"), ORIGIN });
  });

  it("will not start under an older Node, and says which it needs", async () => {
    const old = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"22.18.0"}})`;
    const failed = promisify(execFile)(process.execPath, ["--import", old, MAIN, "--help"]);
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: "firsthand needs Node 24 or later. This is Node 22.18.0.\n" });
  });

  it("does not serve demo keys under an onion address", async () => {
    await writeFile(join(folder, "keys", "DEMO"), "");
    await refused(["keys"], 1, "demo-keys", { ORIGIN: `${"a".repeat(56)}.onion/log` });
    expect(await answered("keys")).toMatchObject({ demo: true });
    await rm(join(folder, "keys", "DEMO"));
  });

  it("gives auditors their policy file", async () => {
    const { code, stdout } = await firsthand("keys", "--policy");
    expect(code).toBe(0);
    const policy = parseLogPolicy(utf8(stdout));
    expect(policy.log.startsWith(`${ORIGIN}+`)).toBe(true);
    expect(policy.review).toBe(review.vkey.text);
  });
});

describe("the log's key", () => {
  it("is made and printed with no database and no page, so that the page can be built for it", async () => {
    const fresh = { DATA_DIR: join(folder, "fresh"), PAGE_DIR: join(folder, "nowhere") };
    const first = await command(folder, ["keys", "--log"], fresh);
    expect(first).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^keeper\.test\/log\+[0-9a-f]{8}\+[\w+/=]+\n$/) as unknown,
    });
    expect(parseVkey(first.stdout.trimEnd()).name).toBe(ORIGIN);
    expect(await command(folder, ["keys", "--log"], fresh)).toEqual(first);
    expect(await readdir(fresh.DATA_DIR)).toEqual(["keys"]);
    await refused(["keys", "--log", "--policy"], 2, "usage");
  });

  it("is what the page that is served must pin", async () => {
    const release = join(folder, "page", "release.json");
    const before = await readFile(release, "utf8");
    const other = (await noteSigner(ORIGIN, new Uint8Array(32))).vkey.text;
    const { log } = JSON.parse(before) as { log: string };
    await writeFile(release, before.replace(log, other));
    await refused(["serve"], 1, "page-other-log");
    await writeFile(release, before.replace(/"log":"[^"]*",/, ""));
    await refused(["serve"], 1, "bad-settings");
    await writeFile(release, before);
  });
});

describe("a courier's day", () => {
  it("seals, and has nothing to export twice", async () => {
    expect(await answered("seal")).toEqual({
      sealed: [{ batch: 1, date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as unknown, size: 64 }],
    });
    await refused(["export", join(folder, "no-stick")], 1, "no-secure-place");
    expect(await answered("export", stick)).toMatchObject({ bundle: 1, first: 1, last: 1 });
    await refused(["export", stick], 1, "nothing-to-do");
  });

  it("leaves nothing on a stick that is full, and writes the same bundle to the next one", async () => {
    await firsthand("seal");
    const small = await mkdtemp(join(folder, "small-stick-"));
    // The database must run already: it would inherit the limit.
    const context = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
    try {
      const limited = promisify(execFile)(
        "bash",
        ["-c", `ulimit -f 1000; exec "$0" "$1" export "$2" --json`, process.execPath, MAIN, small],
        {
          env: { PATH: process.env["PATH"] ?? "", ...environmentOf(folder), SEAL_AT: FAR_SEALING },
        },
      );
      await expect(limited).rejects.toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining('"stick-full"') as unknown });
      expect(await readdir(small)).toEqual([]);
      expect(await answered("status")).toMatchObject({
        alarms: expect.arrayContaining([{ alarm: "export-unfinished", bundle: 2 }]) as unknown,
      });
      expect(await answered("export", stick)).toMatchObject({ bundle: 2, first: 2, last: 2 });
      expect(await readdir(stick)).toEqual(["to-review-00000001.bundle", "to-review-00000002.bundle"]);
    } finally {
      await context.close();
    }
  });

  it("works while the server serves: import, purge, status", async () => {
    const { address, child } = await startServer(folder);
    try {
      const context = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
      try {
        const { bytes } = await acknowledge(context, review, [1]);
        await writeFile(join(folder, "from-review.bundle"), bytes);
      } finally {
        await context.close();
      }
      expect(await answered("import", join(folder, "from-review.bundle"))).toEqual({
        bundle: 1,
        acknowledged: [1],
        destroyed: [],
        late: [],
        replies: 0,
      });
      await refused(["import", join(folder, "from-review.bundle")], 1, "bundle-replayed");
      expect(await answered("purge", "--dry-run")).toMatchObject({
        due: [{ batch: 1, reason: "acknowledged" }],
        later: [{ batch: 2, size: 64, state: "exported", due: null }],
      });
      expect(await answered("purge")).toEqual({ purged: [{ batch: 1, reason: "acknowledged" }] });
      expect(await answered("purge")).toEqual({ purged: [] });
      await refused(["export", stick, "--again", "1"], 1, "key-destroyed");
      expect(await answered("status")).toMatchObject({
        batches: { sealed: 0, exported: 1, acknowledged: 0, purged: 1 },
        bundles: { toReview: 2, toServer: 1 },
      });
      // What the server publishes is what the commands did.
      const published = await fetch(`${address}/log/checkpoint`).then((answer) => answer.text());
      const again = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
      const { leaves, checkpoint } = await checkStation(again);
      await again.close();
      expect(Buffer.from(checkpoint).toString("utf8")).toBe(published);
      expect(leaves.slice(-2).map(({ kind }) => kind)).toEqual(["acknowledged", "purged"]);
      expect(leaves.filter(({ kind }) => kind === "page")).toHaveLength(1);
    } finally {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(0);
    }
  });

  it("takes in a change of the retention policy that two people signed, and no other", async () => {
    const [one, two] = await policySigners(ORIGIN);
    const first = new Uint8Array(await readFile(join(folder, "keys", "retention.note")));
    const { policy } = parseRetentionNote(parseNote(first).text);
    const change = { policy: { ...policy, daysAfterAcknowledgement: 5 } };
    const file = join(folder, "change.note");
    await writeFile(file, await nextPolicyNote(first, change, [one]));
    await refused(["retention", file], 1, "policy-not-signed");
    await writeFile(file, await nextPolicyNote(first, change, [two, one]));
    expect(await answered("retention", file)).toMatchObject({ number: 2, daysAfterAcknowledgement: 5, unacknowledged: "keep" });
    await refused(["retention", file], 1, "nothing-to-do");
    await refused(["retention", join(folder, "nowhere")], 1, "not-found");
  });

  it("refuses to go on when the database is older than what was signed last", async () => {
    const last = join(folder, "data", "checkpoint.last");
    const before = await readFile(last);
    // A checkpoint of the same key over a log that this database does not have: as if the database had been put back.
    const context = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
    const [, size = "0"] = before.toString("utf8").split("\n");
    const note = (entries: number, root: string): string => `${ORIGIN}\n${String(entries)}\n${Buffer.alloc(32, root).toString("base64")}\n`;
    const longer = await context.keys.logSigner.sign(note(Number(size) + 1, "a"));
    const other = await context.keys.logSigner.sign(note(Number(size), "b"));
    await context.close();
    for (const forged of [longer, other]) {
      await writeFile(last, forged);
      for (const words of [["seal"], ["purge"]]) await refused(words, 1, "store-went-back");
      expect(await answered("status")).toMatchObject({ alarms: expect.arrayContaining([{ alarm: "not-signing" }]) as unknown });
    }
    // It serves all the same: witnesses do not wait for an operator.
    const { address, child } = await startServer(folder);
    expect((await fetch(`${address}/keys.pgp`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await writeFile(last, before);
    expect(await answered("seal")).toMatchObject({ sealed: [{ batch: 3 }] });
  });
});
