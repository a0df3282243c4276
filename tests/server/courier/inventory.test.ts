/** The inventory of a real store, held against its log by the auditor's own code: honest, and after somebody meddled with the store. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareInventory } from "../../../src/auditor/inventory.ts";
import { openNote } from "../../../src/protocol/crypto/note.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { parseInventory } from "../../../src/protocol/format/inventory.ts";
import type { Context } from "../../../src/server/context.ts";
import { takeInventory } from "../../../src/server/courier/inventory.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { logFile } from "../../../src/server/store/log-store.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { refusalOf } from "../../support/refusals.ts";
import { bringTip, FIRST_DAY, makeStation, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
/** What a backup of key files would have kept of the first batch. */
let keptKey: Uint8Array;

const keyFile = (batch: number): string => join(station.config.dataDir, "keys", "batches", `0000000${String(batch)}.key`);

beforeAll(async () => {
  station = await makeStation({ daysAfterAcknowledgement: 1, daysAtMost: 0, graceDays: 0, unacknowledged: "destroy" });
  context = await station.open();
  await bringTip(context, 700_000);
  await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
  keptKey = await readFile(keyFile(1));
  station.setDay(1);
  // The timetable seals the second batch on the way.
  await keep(context, {}, (keeper) => purge(keeper));
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

/** What an auditor finds, with a policy that trusts this server's keys. */
async function found(): Promise<string[]> {
  const { note } = await takeInventory(context, 1_000);
  const { findings } = await compareInventory({
    files: { name: "the server", read: (path) => logFile(context.db, path) },
    policy: {
      log: context.keys.logSigner.vkey.text,
      review: context.keys.review.text,
      cosigners: [],
      quorum: null,
      witnessProgram: null,
    },
    stateFolder: null,
    progress: () => undefined,
    note,
  });
  return findings.map(({ code, where }) => `${code} ${where}`);
}

describe("the inventory", () => {
  it("is signed, counts what is there, names the keys, and fits the log", async () => {
    await bringTip(context);
    const { note, inventory } = await takeInventory(context, 1_000);
    const { text } = await openNote(note, [context.keys.logSigner.vkey]);
    expect(parseInventory(text)).toEqual(inventory);
    expect(inventory).toMatchObject({
      date: "2026-03-03",
      batches: [{ batch: 2, items: 64, whole: true }],
      keys: [{ batch: 2, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
    });
    // A tip waits, and nothing says so.
    expect(
      fromUtf8(note)
        .split("\n")
        .filter((line) => line.startsWith("batch")),
    ).toEqual(["batch 00000002 00000064 whole"]);
    expect(await found()).toEqual([]);
  });

  it("waits for a keeper at work, and then says so", async () => {
    await keep(context, {}, async () => {
      expect(await refusalOf(() => takeInventory(context, 0))).toBe("another-writer");
    });
  });

  it("shows a key that came back from a backup, and one that is not its batch's", async () => {
    await writeFile(keyFile(1), keptKey);
    expect(await found()).toEqual(["inventory-key-left batch 1"]);
    const right = await readFile(keyFile(2));
    await writeFile(keyFile(2), keptKey);
    expect(await found()).toEqual(["inventory-key-left batch 1", "inventory-key-wrong batch 2"]);
    await writeFile(keyFile(2), right);
  });

  it("shows a batch that came back, a part that is gone, an item that is gone, and a batch that is gone", async () => {
    // Not even the keeper could: somebody who owns the database.
    const postgres = await startEmbeddedPostgres(context.config.dataDir, NO_LOG);
    const db = openDatabase(postgres.url, { connections: 1 });
    await db.query("create table item_1 partition of item for values in (1)");
    expect(await found()).toEqual(["inventory-batch-left batch 1", "inventory-key-left batch 1"]);
    await db.query("drop table item_1");
    await db.query("delete from item_part where batch = 2 and position = 5");
    expect(await found()).toEqual(["inventory-key-left batch 1", "inventory-batch-damaged batch 2"]);
    await db.query("delete from item where batch = 2 and position = 5");
    expect(await found()).toEqual(["inventory-key-left batch 1", "inventory-count-wrong batch 2"]);
    await db.query("drop table item_2; drop table item_part_2");
    expect(await found()).toEqual(["inventory-key-left batch 1", "inventory-batch-missing batch 2"]);
    await db.query("create table item_part_7 partition of item_part for values in (7)");
    expect(await found()).toContain("inventory-unlogged batch 7");
    await db.close();
    await postgres.stop();
  });
});
