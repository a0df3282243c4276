/**
 * A server whose database was altered, or put back, signs nothing: it says so, takes in tips, and goes on when the right database is back. The databases here are
 * real ones, altered by their owner.
 */
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { formatLeaf } from "../../../src/protocol/format/leaf.ts";
import { parseNote } from "../../../src/protocol/format/note.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { buildApp } from "../../../src/server/app.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { statusOf } from "../../../src/server/courier/status.ts";
import type { Context } from "../../../src/server/context.ts";
import { lastCheckpointPath } from "../../../src/server/keys.ts";
import { loadPageFiles } from "../../../src/server/page-files.ts";
import { type Database, openDatabase } from "../../../src/server/store/database.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { commitmentsOf } from "../../../src/server/store/items.ts";
import { publishedCheckpoint } from "../../../src/server/store/log-store.ts";
import { signerOf } from "../../support/memory-log.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { makeTip, sendTip, type TestTip } from "../../support/server.ts";
import { checkStation, FIRST_DAY, makePage, makeStation, ORIGIN, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
let app: FastifyInstance;
let postgres: EmbeddedPostgres;
let owner: Database;
const waiting: TestTip[] = [];

async function open(): Promise<void> {
  context = await station.open();
  app = await buildApp(context, await loadPageFiles(context.config.pageDir));
  postgres = await startEmbeddedPostgres(context.config.dataDir, NO_LOG);
  owner = openDatabase(postgres.url, { connections: 1 });
}

async function close(): Promise<void> {
  await owner.close();
  await app.close();
  await context.close();
  await postgres.stop();
}

beforeAll(async () => {
  station = await makeStation();
  await makePage(station.folder);
  await open();
  await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
});
afterAll(async () => {
  await close();
  await station.remove();
});

/** Everything outside that a server has said under its key. */
async function signed(): Promise<(string | undefined)[]> {
  const last = await readFile(lastCheckpointPath(context.config.dataDir), "utf8");
  return [last, (await publishedCheckpoint(context.db))?.join()];
}

/** The server must not sign, must say so, and must take in a tip, whose receipt is for the batch that is open. */
async function expectRefusal(where: string): Promise<void> {
  const before = await signed();
  await expect(keep(context, {}, () => Promise.resolve())).rejects.toMatchObject({ code: "store-went-back", where });
  await expect(keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false))).rejects.toMatchObject({ code: "store-went-back" });
  expect(await signed()).toEqual(before);
  expect((await statusOf(context)).alarms[0]).toEqual({ alarm: "not-signing" });
  const tip = await makeTip(context.keys.program, 65_536, context.clock());
  const receipt = await sendTip(app, tip);
  expect(parseReceipt(parseNote(new TextEncoder().encode(receipt)).text)).toMatchObject({ origin: ORIGIN, commitment: tip.commitment });
  waiting.push(tip);
}

async function expectWell(): Promise<void> {
  await keep(context, {}, () => Promise.resolve());
  expect((await statusOf(context)).alarms.map(({ alarm }) => alarm)).not.toContain("not-signing");
}

/** Changes leaves, which the log's own trigger forbids. */
async function rewriting(...statements: string[]): Promise<void> {
  await owner.query("alter table leaf disable trigger all");
  for (const statement of statements) await owner.query(statement);
  await owner.query("alter table leaf enable trigger all");
}

describe("a database that was altered is not signed", () => {
  it("when its last entries are gone", async () => {
    await rewriting("create table kept as select * from leaf where index >= 70", "delete from leaf where index >= 70");
    await expectRefusal("size");
    await rewriting("insert into leaf select * from kept", "drop table kept");
    await expectWell();
  });

  it("when an entry in between is gone, that is not published yet", async () => {
    await owner.query("create table kept as select * from log_state where name = 'checkpoint'");
    await owner.query("delete from log_state where name = 'checkpoint'");
    await rewriting("create table gone as select * from leaf where index = 30", "delete from leaf where index = 30");
    await expectRefusal("entries");
    await rewriting("insert into leaf select * from gone", "drop table gone");
    // The same without the gap: published again, it is the same log.
    await expectWell();
    const [kept] = await owner.query<{ value: Buffer }>("select value from kept");
    expect(Buffer.from((await publishedCheckpoint(context.db)) ?? [])).toEqual(kept?.value);
    await owner.query("drop table kept");
  });

  it("when an entry was rewritten that was signed and not yet published", async () => {
    await owner.query("create table kept as select * from log_state where name = 'checkpoint'");
    await owner.query("delete from log_state where name = 'checkpoint'");
    const turn = "update leaf set bytes = set_byte(bytes, 30, get_byte(bytes, 30) # 1) where index = 40";
    await rewriting(turn);
    await expectRefusal("root");
    await rewriting(turn);
    await expectWell();
    await owner.query("drop table kept");
  });

  it("when a tile is another one, or is gone", async () => {
    const { size } = parseCheckpoint(parseNote((await publishedCheckpoint(context.db)) ?? new Uint8Array()).text);
    const path = `tile/0/000.p/${String(size)}`;
    const turn = `update tile set bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1) where path = '${path}'`;
    await owner.query(turn);
    await expectRefusal("root");
    await owner.query(turn);
    await expectWell();
    await owner.query(`update tile set path = 'aside' where path = '${path}'`);
    await expectRefusal("tiles");
    await owner.query(`update tile set path = '${path}' where path = 'aside'`);
    await expectWell();
  });

  it("when its checkpoint is of another history, or by another key", async () => {
    const kept = await publishedCheckpoint(context.db);
    const { size } = parseCheckpoint(parseNote(kept ?? new Uint8Array()).text);
    const text = formatCheckpoint({ origin: ORIGIN, size, root: new Uint8Array(32).fill(7) });
    const put = (note: Uint8Array | null): Promise<unknown> =>
      owner.query("update log_state set value = $1 where name = 'checkpoint'", [note]);
    await put(await context.keys.logSigner.sign(text));
    await expectRefusal("root");
    await put(await (await signerOf(ORIGIN, "another key")).sign(text));
    await expectRefusal("checkpoint");
    await put(kept);
    await expectWell();
  });
});

describe("an older copy of the database", () => {
  const run = promisify(execFile);
  let cluster: string;
  const copyOf = (name: string): string => join(station.folder, name);

  /** Stops the server, and copies its cluster from one place to the other, as a restore would. */
  async function restored(from: string, to: string): Promise<void> {
    await close();
    await rm(to, { recursive: true, force: true });
    await run("cp", ["-a", from, to]);
  }

  it("is not signed, and takes in tips until the right one is back", async () => {
    const [row] = await owner.query<{ data_directory: string }>("show data_directory");
    cluster = row?.data_directory ?? "";
    await restored(cluster, copyOf("older"));
    await open();
    const page = join(station.folder, "page", "release.json");
    const release = (await readFile(page, "utf8")).replace(/"0{40}"/, `"${"1".repeat(40)}"`);
    await writeFile(page, release);
    await keep(context, {}, () => Promise.resolve());
    const newest = await signed();
    await restored(cluster, copyOf("newest"));
    await run("rm", ["-rf", cluster]);
    await run("cp", ["-a", copyOf("older"), cluster]);
    await open();
    await expectRefusal("size");
    // Even when it has grown to the same size with other entries.
    const fork = formatLeaf({ kind: "audit", date: formatDate(FIRST_DAY), sha256: "0".repeat(64) });
    await owner.query("insert into leaf select max(index) + 1, $1::bytea from leaf", [fork]);
    await expectRefusal("root");

    waiting.splice(-2);
    await close();
    await run("rm", ["-rf", cluster]);
    await run("cp", ["-a", copyOf("newest"), cluster]);
    await open();
    await expectWell();
    expect(await signed()).toEqual(newest);
  });

  it("leads to no receipt at all if it is from before a sealing: its generation was sealed elsewhere", async () => {
    const { batch } = await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
    // Every tip that was taken in meanwhile is in the batch it was promised.
    const sealed = (await commitmentsOf(context.db, batch)).map((commitment) => Buffer.from(commitment).toString("hex"));
    for (const { commitment } of waiting) expect(sealed).toContain(Buffer.from(commitment).toString("hex"));
    expect(waiting.length).toBeGreaterThan(6);
    await checkStation(context);
    await restored(cluster, copyOf("newest"));
    await run("rm", ["-rf", cluster]);
    await run("cp", ["-a", copyOf("older"), cluster]);
    await expect(station.open()).rejects.toMatchObject({ code: "keys-missing" });
    await run("rm", ["-rf", cluster]);
    await run("cp", ["-a", copyOf("newest"), cluster]);
    await open();
    await expectWell();
  });
});
