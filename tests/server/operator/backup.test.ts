/**
 * A rehearsal: a server takes tips in, seals, exports, is backed up while it serves, and is brought back in another place. It goes on with its log, and with no
 * other; what is wrong with a backup is refused by name, and nothing is left behind.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { generateKey } from "openpgp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../../../src/protocol/bytes.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { exportBundle } from "../../../src/server/courier/export.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { LEFT_OUT, tablesOf } from "../../../src/server/operator/backup-contents.ts";
import { lastBackup } from "../../../src/server/operator/backup-memory.ts";
import { batchesWithKeys, batchKey } from "../../../src/server/store/batch-keys.ts";
import { itemBody } from "../../../src/server/store/items.ts";
import { publishedCheckpoint } from "../../../src/server/store/log-store.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { bringTip, checkStation, environmentOf, makeKeys, makePage } from "../courier/keeper-fixture.ts";
import { command, FAR_SEALING, start, startServer } from "../crash/server-process.ts";

const execute = promisify(execFile);
const MAIN = fileURLToPath(new URL("../../../src/server/main.ts", import.meta.url));
const TODAY = Math.floor(Date.now() / 86_400_000);

let folder: string;
let paths: Record<"light" | "full" | "key" | "seed" | "checkpoint" | "newer", string>;
/** The log in the backups, and an envelope in a batch that is in the full one. */
let size: number;
let envelope: Uint8Array;

const open = (of = folder): Promise<Context> => openContext(loadConfig(environmentOf(of)), { log: NO_LOG });

async function opened<T>(work: (context: Context) => Promise<T>, of = folder): Promise<T> {
  const context = await open(of);
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}

const sealed = (context: Context) => keep(context, {}, (keeper) => sealBatch(keeper, dayOf(context.clock()), false));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand backup-"));
  await execute("chmod", ["711", folder]);
  const place = (name: string): string => join(folder, name);
  paths = {
    light: place("light.pgp"),
    full: place("full.pgp"),
    key: place("operator.key"),
    seed: place("log.seed"),
    checkpoint: place("checkpoint"),
    newer: place("checkpoint.newer"),
  };
  await makeKeys(place("keys"), { daysAfterAcknowledgement: 7, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" }, TODAY - 1, 2);
  await makePage(folder);
  const { privateKey, publicKey } = await generateKey({ userIDs: [{ name: "Operator" }], format: "armored" });
  await writeFile(place("keys/operator.pgp"), publicKey);
  await writeFile(paths.key, privateKey);
  await mkdir(place("stick"));
  await opened(async (context) => {
    ({ envelope } = await bringTip(context, 700_000));
    await sealed(context);
    await keep(context, {}, (keeper) => exportBundle(keeper, place("stick")));
    await bringTip(context);
    await sealed(context);
    await bringTip(context);
  });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const firsthand = (...words: string[]) => command(folder, words);

/** A place to restore to, with the same public keys. */
async function elsewhere(): Promise<string> {
  const other = await mkdtemp(join(folder, "else "));
  await execute("chmod", ["711", other]);
  await cp(join(folder, "keys"), join(other, "keys"), { recursive: true });
  await cp(join(folder, "page"), join(other, "page"), { recursive: true });
  // As the system makes it: with empty folders that have their owners.
  await mkdir(join(other, "data", "keys", "batches"), { recursive: true });
  return other;
}

/** Restores in another place, and says how that ended. */
async function restored(
  backup: string,
  more: readonly string[] = [],
): Promise<{ other: string; code: number | null; said: string; left: string[] }> {
  const other = await elsewhere();
  const words = ["restore", backup, "--key", paths.key, "--checkpoint", paths.checkpoint, ...more];
  const { code, stdout, stderr } = await command(other, [...words, "--json"]);
  return {
    other,
    code,
    said: code === 0 ? stdout : (stderr.trimEnd().split("\n").at(-1) ?? ""),
    left: (await readdir(join(other, "data"), { recursive: true })).sort(),
  };
}

async function refuses(backup: string, code: string, more: readonly string[] = []): Promise<void> {
  const { other, code: status, said, left } = await restored(backup, more);
  expect([status, JSON.parse(said)]).toMatchObject([1, { error: code }]);
  expect(left).toEqual(["keys", join("keys", "batches")]);
  await rm(other, { recursive: true });
}

describe("a backup", () => {
  it("is made while the server serves, and is an ordinary OpenPGP message", async () => {
    const { child } = await startServer(folder);
    const light = await firsthand("backup", paths.light, "--json");
    const full = await firsthand("backup", paths.full, "--with-batch-keys", "--with-log-key");
    child.kill("SIGTERM");
    await once(child, "exit");
    expect(light).toMatchObject({ code: 0 });
    ({ size } = JSON.parse(light.stdout) as { size: number });
    expect(full).toMatchObject({ code: 0 });
    expect(full.stdout).toContain("Batches 1, 2 with their keys: whoever opens the file has their envelopes");
    expect(await lastBackup(join(folder, "data"))).toEqual({ day: TODAY, size });
    await copyFile(join(folder, "data", "keys", "log.seed"), paths.seed);
    await opened(async (context) => {
      await writeFile(paths.checkpoint, (await publishedCheckpoint(context.db))!);
    });

    const home = join(folder, "gnupg");
    await mkdir(home, { mode: 0o700 });
    const gpg = (...words: string[]) =>
      execute("gpg", ["--homedir", home, "--batch", "--quiet", ...words], { encoding: "buffer", maxBuffer: 1e8 });
    await gpg("--import", paths.key);
    await gpg("--output", join(folder, "light.tar"), "--decrypt", paths.light);
    await execute("gpgconf", ["--homedir", home, "--kill", "all"]);
    const { stdout } = await execute("tar", ["--list", "--file", join(folder, "light.tar")]);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "settings",
      "files/checkpoint.last",
      ...["leaf", "tile", "log_state", "batch", "bundle", "accepted"].map((table) => `tables/${table}/00000001`),
      "manifest",
    ]);
  });

  it("has nothing of any tip in it by default: no item, no key, no digest of one", async () => {
    const tar = await readFile(join(folder, "light.tar"));
    const secrets = await opened(async ({ db, config }) => [
      ...(await db.query<{ value: Buffer }>(
        "select digest as value from item union all select sha256 from item union all select tip from accepted",
      )),
      ...(await Promise.all(
        (await batchesWithKeys(config.dataDir)).map(async (batch) => ({ value: Buffer.from(await batchKey(config.dataDir, batch)) })),
      )),
      { value: await readFile(paths.seed) },
    ]);
    expect(secrets.length).toBeGreaterThan(300);
    expect(secrets.filter(({ value }) => tar.includes(value))).toEqual([]);
    expect(tar.includes(Buffer.from(envelope.subarray(1000, 1064)))).toBe(false);
  });

  it("knows every table and column there is", async () => {
    const columns = await opened(({ db }) =>
      db.query<{ line: string }>(
        `select c.relname || ' ' || string_agg(a.attname, ', ' order by a.attname) as line from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
         and c.relname <> all($1) group by c.relname order by 1`,
        [LEFT_OUT],
      ),
    );
    const carried = tablesOf([1]).map(({ name, columns: list }) => `${name} ${list.split(", ").sort().join(", ")}`);
    expect(carried.sort()).toEqual(columns.map(({ line }) => line));
  });

  it("is not written over anything, nor onto a disk that is full, nor for nobody", async () => {
    expect(JSON.parse((await firsthand("backup", paths.light, "--json")).stderr)).toMatchObject({ error: "already-there" });
    const small = join(folder, "small.pgp");
    // The database must run already: it would inherit the limit.
    const failed = await opened(() =>
      execute("bash", ["-c", `ulimit -f 100; exec "$0" "$1" backup "$2" --with-batch-keys --json`, process.execPath, MAIN, small], {
        env: { PATH: process.env["PATH"] ?? "", ...environmentOf(folder), SEAL_AT: FAR_SEALING },
      }).then(
        () => "written",
        (error: unknown) => (error as { stderr: string }).stderr,
      ),
    );
    expect(failed).toContain('"stick-full"');
    expect((await readdir(folder)).filter((name) => name.startsWith("small"))).toEqual([]);
    const without = join(folder, "keys-without");
    await cp(join(folder, "keys"), without, { recursive: true });
    await rm(join(without, "operator.pgp"));
    const nobody = await command(folder, ["backup", small, "--json"], { KEYS_DIR: without });
    expect(JSON.parse(nobody.stderr)).toMatchObject({ error: "keys-missing" });
  });
});

describe("a restore", () => {
  it("brings back a log that goes on, and says what is gone", async () => {
    const { other, code, said } = await restored(paths.light, ["--log-key", paths.seed]);
    expect([code, JSON.parse(said)]).toMatchObject([0, { size, known: size, batches: [], lost: [1, 2] }]);
    // Intake, another user of the group, signs receipts with it.
    expect((await stat(join(other, "data", "keys", "log.seed"))).mode & 0o777).toBe(0o640);
    await opened(async (context) => {
      const before = await checkStation(context);
      expect(toHex(before.checkpoint)).toBe(toHex(await readFile(paths.checkpoint)));
      // What was lost is logged as destroyed, and exported no more.
      expect(await keep(context, {}, (keeper) => purge(keeper))).toEqual([
        { batch: 1, reason: "lost" },
        { batch: 2, reason: "lost" },
      ]);
      await mkdir(join(other, "stick"));
      await expect(keep(context, {}, (keeper) => exportBundle(keeper, join(other, "stick")))).rejects.toMatchObject({
        code: "nothing-to-do",
      });
      await bringTip(context);
      expect(await sealed(context)).toMatchObject({ batch: 3 });
      expect(await keep(context, {}, (keeper) => exportBundle(keeper, join(other, "stick")))).toMatchObject({
        bundle: 2,
        first: 3,
        last: 3,
      });
      await checkStation(context, before.checkpoint);
    }, other);
    await rm(other, { recursive: true });
  });

  it("with batch keys, brings batches back that can be exported", async () => {
    const { other, code, said } = await restored(paths.full);
    expect([code, JSON.parse(said)]).toMatchObject([0, { size, batches: [1, 2], lost: [] }]);
    await opened(async (context) => {
      expect(await keep(context, {}, (keeper) => purge(keeper))).toEqual([]);
      const key = await batchKey(context.config.dataDir, 1);
      const [item] = await context.db.query<{ position: number }>("select position from item where batch = 1 and length = $1", [
        envelope.length,
      ]);
      expect(toHex(await collect(itemBody(context.db, key, 1, item!.position), 2_000_000))).toBe(toHex(envelope));
      await mkdir(join(other, "stick"));
      expect(await keep(context, {}, (keeper) => exportBundle(keeper, join(other, "stick")))).toMatchObject({
        bundle: 2,
        first: 2,
        last: 2,
      });
      await checkStation(context);
    }, other);
    const second = await command(other, ["restore", paths.full, "--key", paths.key, "--checkpoint", paths.checkpoint, "--json"]);
    expect(JSON.parse(second.stderr)).toMatchObject({ error: "already-there" });
    await rm(other, { recursive: true });
  });

  it("refuses a wrong key, a cut file, a changed byte, and a missing log key", async () => {
    const { privateKey } = await generateKey({ userIDs: [{ name: "Somebody else" }], format: "armored" });
    const strange = join(folder, "strange.key");
    await writeFile(strange, privateKey);
    await refuses(paths.full, "cannot-decrypt", ["--key", strange]);
    const whole = await readFile(paths.full);
    const bad = join(folder, "bad.pgp");
    const flipped = Buffer.from(whole);
    flipped[flipped.length >> 1]! ^= 1;
    for (const bytes of [whole.subarray(0, whole.length - 20), whole.subarray(0, whole.length >> 1), flipped]) {
      await writeFile(bad, bytes);
      await refuses(bad, "not-authentic");
    }
    await refuses(paths.light, "keys-missing");
    await refuses(join(folder, "nowhere"), "not-found");
    const other = await command(folder, ["restore", paths.full, "--key", paths.key]);
    expect(other).toMatchObject({ code: 2 });
  });

  it("refuses to fork the log: a checkpoint from after the backup, of another history, or of another key", async () => {
    await opened(async (context) => {
      await sealed(context);
      await writeFile(paths.newer, (await publishedCheckpoint(context.db))!);
      const { logSigner, origin } = context.keys;
      const other = (entries: number) => logSigner.sign(`${origin}\n${String(entries)}\n${Buffer.alloc(32, 7).toString("base64")}\n`);
      await writeFile(join(folder, "same-size"), await other(size));
      await writeFile(join(folder, "smaller"), await other(64));
    });
    await refuses(paths.full, "backup-behind", ["--checkpoint", paths.newer]);
    await refuses(paths.full, "log-forked", ["--checkpoint", join(folder, "same-size")]);
    await refuses(paths.full, "log-forked", ["--checkpoint", join(folder, "smaller")]);
    await writeFile(join(folder, "other.seed"), Buffer.alloc(32, 5));
    await refuses(paths.light, "unknown-signer", ["--log-key", join(folder, "other.seed")]);
  });

  it("that is killed leaves nothing that signs", async () => {
    const other = await elsewhere();
    const child = start(other, ["restore", paths.full, "--key", paths.key, "--checkpoint", paths.checkpoint]);
    const data = join(other, "data");
    while (!(await readdir(data).catch((): string[] => [])).includes("checkpoint.last")) await new Promise((done) => setTimeout(done, 5));
    child.kill("SIGKILL");
    await once(child, "exit");
    const again = await command(other, ["restore", paths.full, "--key", paths.key, "--checkpoint", paths.checkpoint, "--json"]);
    expect(JSON.parse(again.stderr)).toMatchObject({ error: "already-there" });
    // Either all of it came back in time, or nothing is signed.
    const seal = await command(other, ["seal", "--json"]);
    if (seal.code === 0) await opened(async (context) => checkStation(context, await readFile(paths.checkpoint)), other);
    else expect(JSON.parse(seal.stderr)).toMatchObject({ error: expect.stringMatching(/^(?:store-went-back|keys-missing)$/) as unknown });
    await rm(other, { recursive: true });
  });
});
