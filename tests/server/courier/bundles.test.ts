import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchRoot, readBundle } from "../../../src/protocol/crypto/bundle.ts";
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import type { Leaf } from "../../../src/protocol/format/leaf.ts";
import { NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import { tilePath } from "../../../src/protocol/format/tile.ts";
import { tilesOf } from "../../../src/protocol/tlog/tree.ts";
import { verifyCheckpoint } from "../../../src/protocol/tlog/verify.ts";
import { exportAgain, exportBundle } from "../../../src/server/courier/export.ts";
import { importBundle, type ImportedBundle } from "../../../src/server/courier/import.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { dueBatches, overdueBatches, purge } from "../../../src/server/courier/purge.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { statusOf } from "../../../src/server/courier/status.ts";
import type { Context } from "../../../src/server/context.ts";
import { batchesWithKeys } from "../../../src/server/store/batch-keys.ts";
import { commitmentsOf } from "../../../src/server/store/items.ts";
import { logFile } from "../../../src/server/store/log-store.ts";
import { acknowledge, bringTip, checkStation, FIRST_DAY, makeStation, ORIGIN, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
let stick: string;
let checkpoint: Uint8Array | undefined;
let leaves: Leaf[] = [];
beforeAll(async () => {
  station = await makeStation({ daysAfterAcknowledgement: 2, daysAtMost: 12, graceDays: 3, unacknowledged: "keep" });
  context = await station.open();
  stick = join(station.folder, "stick");
  await mkdir(stick);
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function check(): Promise<void> {
  ({ leaves, checkpoint } = await checkStation(context, checkpoint));
}

/** Everything that a refused command must not change. */
async function stateOf(): Promise<string> {
  const tables = ["batch", "bundle", "leaf", "tile", "log_state", "accepted"];
  const hash = createHash("sha256");
  for (const table of tables) {
    const rows = await context.db.query<{ row: string }>(`select t::text as row from ${table} t order by 1`);
    hash.update(JSON.stringify(rows));
  }
  return hash.digest("hex");
}

async function read(path: string, sequence: number, previous: string): Promise<{ hash: string; files: Map<string, Uint8Array> }> {
  const files = new Map<string, Uint8Array>();
  const expected = { origin: ORIGIN, to: "review", keys: [context.keys.logSigner.vkey], sequence, previous } as const;
  const { manifestHash } = await readBundle(createReadStream(path), expected, async (name, size, body) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    const whole = Buffer.concat(pieces);
    expect(whole).toHaveLength(size);
    files.set(name, whole);
  });
  return { hash: manifestHash, files };
}

async function importFile(bytes: Uint8Array): Promise<ImportedBundle> {
  const file = join(station.folder, "from-review.bundle");
  await writeFile(file, bytes);
  return keep(context, {}, (keeper) => importBundle(keeper, file));
}

describe("bundles to the review machine", () => {
  let first: { hash: string; files: Map<string, Uint8Array> };

  it("are refused while nothing waits, and where there is no folder", async () => {
    await expect(keep(context, {}, (keeper) => exportBundle(keeper, stick))).rejects.toMatchObject({ code: "nothing-to-do" });
    await expect(keep(context, {}, (keeper) => exportBundle(keeper, join(stick, "none")))).rejects.toMatchObject({
      code: "no-secure-place",
    });
    await check();
  });

  it("carry checkpoint, tiles and every item, signed, and are logged once", async () => {
    const tip = await bringTip(context, 600_000);
    await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
    await check();
    const exported = await keep(context, {}, (keeper) => exportBundle(keeper, stick));
    expect(exported).toMatchObject({ bundle: 1, first: 1, last: 1, path: join(stick, "to-review-00000001.bundle") });
    const inside = checkpoint ?? new Uint8Array();
    await check();
    expect(leaves.at(-1)).toEqual({
      kind: "exported",
      bundle: 1,
      date: formatDate(FIRST_DAY),
      first: 1,
      last: 1,
      sha256: exported.sha256,
    });

    first = await read(exported.path, 1, NO_PREVIOUS);
    expect(first.hash).toBe(exported.sha256);
    expect(Buffer.from(first.files.get("checkpoint") ?? [])).toEqual(Buffer.from(inside));
    const { size } = await verifyCheckpoint(inside, { log: context.keys.logSigner.vkey });
    for (const { level, index, width } of tilesOf(size)) {
      const path = tilePath(level, index, width);
      expect(Buffer.from(first.files.get(`log/${path}`) ?? [])).toEqual(Buffer.from((await logFile(context.db, path)) ?? []));
    }
    const position = (await commitmentsOf(context.db, 1)).findIndex((commitment) => toHex(commitment) === toHex(tip.commitment));
    const item = first.files.get(`batches/00000001/${String(position).padStart(4, "0")}`);
    expect(Buffer.from(item ?? [])).toEqual(Buffer.from(tip.envelope));
    expect([...first.files.keys()].filter((path) => path.startsWith("batches/"))).toHaveLength(64);
  });

  it("open with any tar", async () => {
    const { stdout } = await promisify(execFile)("tar", ["-tf", join(stick, "to-review-00000001.bundle")]);
    expect(stdout.split("\n").slice(0, 2)).toEqual(["manifest", "checkpoint"]);
  });

  it("follow one another, with only the tiles that are new and all batches that wait", async () => {
    for (let day = 1; day <= 3; day++) {
      station.setDay(day);
      await keep(context, {}, () => Promise.resolve());
    }
    const exported = await keep(context, {}, (keeper) => exportBundle(keeper, stick));
    await check();
    expect(exported).toMatchObject({ bundle: 2, first: 2, last: 4 });
    const second = await read(exported.path, 2, first.hash);
    const again = [...second.files.keys()].filter((path) => path.startsWith("log/") && first.files.has(path));
    expect(again).toEqual([]);
  });

  it("are written again byte for byte, whatever came in meanwhile, and not logged again", async () => {
    const before = leaves.length;
    const other = await mkdtemp(join(station.folder, "other-stick-"));
    const exported = await keep(context, {}, (keeper) => exportAgain(keeper, other, 1));
    expect(await readFile(exported.path)).toEqual(await readFile(join(stick, "to-review-00000001.bundle")));
    await keep(context, {}, (keeper) => exportAgain(keeper, stick, 1));
    await expect(keep(context, {}, (keeper) => exportAgain(keeper, other, 3))).rejects.toMatchObject({ code: "nothing-to-do" });
    await check();
    expect(leaves).toHaveLength(before);
  });

  it("do not replace another file that has their name", async () => {
    const other = await mkdtemp(join(station.folder, "other-stick-"));
    await writeFile(join(other, "to-review-00000001.bundle"), "somebody's holiday pictures");
    await expect(keep(context, {}, (keeper) => exportAgain(keeper, other, 1))).rejects.toMatchObject({ code: "already-there" });
    expect(await readFile(join(other, "to-review-00000001.bundle"), "utf8")).toBe("somebody's holiday pictures");
  });
});

describe("bundles from the review machine", () => {
  it("are refused by name when anything is wrong, and change nothing", async () => {
    const good = await acknowledge(context, station.review, [1]);
    const before = await stateOf();
    const refused = async (bytes: Uint8Array, code: string): Promise<void> => {
      await expect(importFile(bytes)).rejects.toMatchObject({ code });
      expect(await stateOf()).toBe(before);
    };
    await refused(good.bytes.slice(0, good.bytes.length - 2048), "bundle-truncated");
    await refused(good.bytes.slice(0, 700), "bundle-truncated");
    const tampered = good.bytes.slice();
    const date = Buffer.from(tampered.buffer).lastIndexOf("date 2026");
    tampered[date + 5] = 0x33;
    await refused(tampered, "bundle-tampered");
    await refused(Uint8Array.of(...good.bytes, 1), "trailing-bytes");
    const stranger = await noteSigner(station.review.vkey.name, randomBytes(32));
    await refused((await acknowledge(context, stranger, [1])).bytes, "bundle-foreign");
    // The server may not acknowledge for itself.
    await refused((await acknowledge(context, context.keys.logSigner, [1])).bytes, "bundle-foreign");
    await refused((await acknowledge(context, station.review, [1], { sequence: 2, previous: good.manifestHash })).bytes, "bundle-skipped");
    await refused((await acknowledge(context, station.review, [1], { previous: good.manifestHash })).bytes, "bundle-forked");
    await refused((await acknowledge(context, station.review, [1], { change: { batch: 2 } })).bytes, "bad-acknowledgement");
    await refused((await acknowledge(context, station.review, [1], { change: { root: randomBytes(32) } })).bytes, "bad-acknowledgement");
    await refused((await acknowledge(context, station.review, [1], { change: { origin: "other.test/log" } })).bytes, "wrong-origin");
    // One bad acknowledgement refuses the good ones before it.
    await refused((await acknowledge(context, station.review, [1, 9])).bytes, "bad-acknowledgement");
    await expect(keep(context, {}, (keeper) => importBundle(keeper, join(station.folder, "nowhere")))).rejects.toMatchObject({
      code: "not-found",
    });
    await check();
  });

  it("acknowledge batches: logged, and the signed note is published whole", async () => {
    const good = await acknowledge(context, station.review, [1, 2]);
    expect(await importFile(good.bytes)).toEqual({ bundle: 1, acknowledged: [1, 2], destroyed: [], late: [], replies: 0 });
    await check();
    const published = (await logFile(context.db, "acknowledgements/00000001")) ?? new Uint8Array();
    expect(leaves.at(-2)).toEqual({ kind: "acknowledged", batch: 1, date: formatDate(FIRST_DAY + 3), sha256: toHex(sha256(published)) });
    const text = Buffer.from(published).toString("utf8");
    expect(text).toContain(`root ${toHex(batchRoot(await commitmentsOf(context.db, 1)))}`);

    const before = await stateOf();
    await expect(importFile(good.bytes)).rejects.toMatchObject({ code: "bundle-replayed" });
    const twice = await acknowledge(context, station.review, [1], { sequence: 2, previous: good.manifestHash });
    await expect(importFile(twice.bytes)).rejects.toMatchObject({ code: "bad-acknowledgement" });
    expect(await stateOf()).toBe(before);
  });
});

describe("purging", () => {
  it("does nothing before a batch is due", async () => {
    station.setDay(4);
    expect(await keep(context, {}, (keeper) => purge(keeper))).toEqual([]);
    await check();
  });

  it("destroys a due batch: key, partitions, memory of its items; and logs it", async () => {
    station.setDay(5);
    await keep(context, {}, () => Promise.resolve());
    expect(await dueBatches(context.db, FIRST_DAY + 5)).toEqual([
      { batch: 1, reason: "acknowledged" },
      { batch: 2, reason: "acknowledged" },
    ]);
    const [known] = await context.db.query<{ tip: Buffer; commitment: Buffer }>(
      "select tip, commitment from accepted where batch = 1 limit 1",
    );
    if (known === undefined) throw new Error("a sealed batch is remembered");

    const purged = await keep(context, {}, (keeper) => purge(keeper));
    expect(purged.map(({ batch }) => batch)).toEqual([1, 2]);
    await check();
    expect(leaves.slice(-2).map((leaf) => (leaf.kind === "purged" ? [leaf.batch, leaf.date] : null))).toEqual([
      [1, formatDate(FIRST_DAY + 5)],
      [2, formatDate(FIRST_DAY + 5)],
    ]);
    expect(await batchesWithKeys(context.config.dataDir)).not.toContain(1);
    const tables = await context.db.query("select from pg_class where relname in ('item_1', 'item_part_1', 'item_2', 'item_part_2')");
    expect(tables).toEqual([]);
    expect(await context.db.query("select from accepted where tip = $1", [known.tip])).toEqual([]);
    // The commitment is public and stays known, or anybody could have it logged twice.
    expect(await context.db.query("select from accepted where commitment = $1", [known.commitment])).toHaveLength(1);
  });

  it("is not logged while anything of the batch is left: it is looked for after it was destroyed", async () => {
    const strict = await makeStation({ daysAfterAcknowledgement: 0, daysAtMost: 0, graceDays: 3, unacknowledged: "destroy" });
    const other = await strict.open();
    try {
      await keep(other, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
      strict.setDay(1);
      await keep(other, {}, () => Promise.resolve());
      const key = join(other.config.dataDir, "keys", "batches", "00000001.key");
      const bytes = readFileSync(key);
      // Somebody puts the key back from a copy, at the last moment.
      const progress = (step: string): void => {
        if (step === "looking for remnants") writeFileSync(key, bytes);
      };
      await expect(keep(other, { progress }, (keeper) => purge(keeper))).rejects.toThrow("something of it is still there");
      const { leaves: logged } = await checkStation(other);
      expect(logged.filter(({ kind }) => kind === "purged")).toEqual([]);
      expect((await statusOf(other)).alarms).toContainEqual({ alarm: "purge-due", batch: 1 });
      expect(await keep(other, {}, (keeper) => purge(keeper))).toEqual([{ batch: 1, reason: "interrupted" }]);
      expect((await checkStation(other)).leaves.at(-1)).toMatchObject({ kind: "purged", batch: 1 });
    } finally {
      await other.close();
      await strict.remove();
    }
  });

  it("makes a bundle with that batch impossible to write again", async () => {
    await expect(keep(context, {}, (keeper) => exportAgain(keeper, stick, 1))).rejects.toMatchObject({ code: "key-destroyed" });
    await expect(keep(context, {}, (keeper) => exportAgain(keeper, stick, 2))).rejects.toMatchObject({ code: "key-destroyed" });
    expect(await readdir(stick)).toEqual(["to-review-00000001.bundle", "to-review-00000002.bundle"]);
  });

  it("keeps what nobody acknowledged, and raises an alarm", async () => {
    station.setDay(15);
    await keep(context, {}, () => Promise.resolve());
    expect(await overdueBatches(context.db, FIRST_DAY + 15)).toEqual([3]);
    expect(await keep(context, {}, (keeper) => purge(keeper))).toEqual([]);
    const { alarms, batches } = await statusOf(context);
    expect(alarms).toContainEqual({ alarm: "batch-overdue", batch: 3 });
    expect(batches).toMatchObject({ exported: 2, purged: 2 });
    await check();
  });
});

describe("a batch nobody fetched", () => {
  it("is destroyed if its policy says so, and the next bundle goes on behind it", async () => {
    const strict = await makeStation({ daysAfterAcknowledgement: 2, daysAtMost: 1, graceDays: 3, unacknowledged: "destroy" });
    const other = await strict.open();
    try {
      await keep(other, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
      strict.setDay(2);
      expect(await keep(other, {}, (keeper) => purge(keeper))).toEqual([{ batch: 1, reason: "never-acknowledged" }]);
      const folder = await mkdtemp(join(strict.folder, "stick-"));
      expect(await keep(other, {}, (keeper) => exportBundle(keeper, folder))).toMatchObject({ bundle: 1, first: 2, last: 3 });
      await checkStation(other);
    } finally {
      await other.close();
      await strict.remove();
    }
  });
});

describe("an acknowledgement that comes after its batch was destroyed", () => {
  it("is passed over, so that the bundles after it still come in", async () => {
    const strict = await makeStation({ daysAfterAcknowledgement: 2, daysAtMost: 1, graceDays: 3, unacknowledged: "destroy" });
    const other = await strict.open();
    try {
      await keep(other, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
      const folder = await mkdtemp(join(strict.folder, "stick-"));
      await keep(other, {}, (keeper) => exportBundle(keeper, folder));
      strict.setDay(2);
      expect(await keep(other, {}, (keeper) => purge(keeper))).toEqual([{ batch: 1, reason: "never-acknowledged" }]);
      await keep(other, {}, (keeper) => exportBundle(keeper, folder));
      const file = join(strict.folder, "from-review.bundle");
      const bring = async (bytes: Uint8Array): Promise<ImportedBundle> => {
        await writeFile(file, bytes);
        return keep(other, {}, (keeper) => importBundle(keeper, file));
      };
      const forged = await acknowledge(other, strict.review, [1], { change: { root: randomBytes(32) } });
      await expect(bring(forged.bytes)).rejects.toMatchObject({ code: "bad-acknowledgement" });
      const late = await acknowledge(other, strict.review, [1]);
      expect(await bring(late.bytes)).toEqual({ bundle: 1, acknowledged: [], destroyed: [], late: [1], replies: 0 });
      const next = await acknowledge(other, strict.review, [2], { sequence: 2, previous: late.manifestHash });
      expect(await bring(next.bytes)).toEqual({ bundle: 2, acknowledged: [2], destroyed: [], late: [], replies: 0 });
      const { leaves: logged } = await checkStation(other);
      expect(logged.flatMap((leaf) => (leaf.kind === "acknowledged" ? [leaf.batch] : []))).toEqual([2]);
    } finally {
      await other.close();
      await strict.remove();
    }
  });
});

describe("a stick that is full", () => {
  it("gets nothing half written", async () => {
    const small = await mkdtemp(join(station.folder, "small-stick-"));
    // In a process of its own whose files may have 64 KiB at most: the kernel refuses the rest in the middle of the file.
    const script = join(station.folder, "write.mjs");
    const source = new URL("../../../src/server/", import.meta.url).href;
    await writeFile(
      script,
      `import { writeOnto } from ${JSON.stringify(`${source}courier/stick.ts`)};
       async function* bytes() { for (let i = 0; i < 64; i++) yield new Uint8Array(65536); }
       try { await writeOnto(process.argv[2], "a.bundle", { bytes: bytes(), length: 64 * 65536 }, () => undefined); }
       catch (error) { console.log(error.code); }`,
    );
    const { stdout } = await promisify(execFile)("bash", ["-c", `ulimit -f 64; exec "$0" "$1" "$2"`, process.execPath, script, small]);
    expect(stdout.trim()).toBe("stick-full");
    expect(await readdir(small)).toEqual([]);
  });
});
