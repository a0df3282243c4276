/**
 * A server under load that breaks in every way it can: processes killed, the database told to stop, the disk full, connections reset in the middle of a part. Every tip
 * whose receipt was given is there and intact afterwards, nothing half is to be seen, and the log is whole.
 *
 * `FAULTS=100 vitest run --config tests/vitest.config.ts tests/server/crash/faults.test.ts` breaks it a hundred times instead of fourteen.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asBytes, collect } from "../../../src/protocol/bytes.ts";
import { epochAt, openCertificate, openSecret, type EpochKey } from "../../../src/protocol/crypto/certificate.ts";
import { openNote, type Vkey } from "../../../src/protocol/crypto/note.ts";
import { randomBelow } from "../../../src/protocol/crypto/random.ts";
import { openTip } from "../../../src/protocol/crypto/tip.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { batchKey } from "../../../src/server/store/batch-keys.ts";
import { readIfThere } from "../../../src/server/store/durable-file.ts";
import { commitmentsOf, itemBody, itemsOf } from "../../../src/server/store/items.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { checkStation, environmentOf, makeKeys, makePage } from "../courier/keeper-fixture.ts";
import { mountSmallDisk, type SmallDisk } from "./faulty-house.ts";
import { kill, killPostgres, postmasterOf, type RunningServer, start, startServer } from "./server-process.ts";
import { breakOff, type Recipients, type Sent, witness } from "./witnesses.ts";

const FAULTS = Number(process.env["FAULTS"] ?? 14);
const WITNESSES = 4;

let disk: SmallDisk;
let folder: string;
let recipients: Recipients;
const receipted: Sent[] = [];

beforeAll(async () => {
  disk = await mountSmallDisk();
  folder = disk.folder;
  await makeKeys(join(folder, "keys"), undefined, dayOf(Date.now()) - 1, 2);
  await makePage(folder);
  const opened = async (name: string): Promise<EpochKey> =>
    epochAt(await openCertificate((await readIfThere(join(folder, "keys", name))) ?? new Uint8Array()), Date.now() / 1000);
  recipients = { program: await opened("program.pgp"), rewards: await opened("rewards.pgp") };
});
afterAll(async () => {
  await disk.remove();
});

/** Breaks something while tips come in. The server is dead after it, or comes round by itself. */
type Break = (server: RunningServer) => Promise<void>;

/** The database has no process until somebody starts it: then there is nothing to kill either. */
const databaseKilled = (): Promise<void> => killPostgres(folder).catch(() => undefined);

const BREAKS: Readonly<Record<string, Break>> = {
  "server killed": ({ child }) => kill(child),
  "database killed": databaseKilled,
  "both killed": async ({ child }) => {
    await Promise.all([databaseKilled(), kill(child)]);
  },
  "server killed during a sealing": async ({ child }) => {
    const sealing = start(folder, ["seal"]);
    await pause(300 + randomBelow(1200));
    await kill(child);
    await kill(sealing);
  },
  "database told to stop": async () => {
    process.kill(await postmasterOf(folder), "SIGINT");
    await pause(300);
  },
  "connections reset in the middle of a part": async ({ address }) => {
    const seen = await Promise.all(Array.from({ length: 10 }, () => breakOff(address, recipients)));
    for (const parts of seen) expect(parts ?? []).toEqual([]);
  },
  "disk full": async () => {
    if (disk.fill === null) return databaseKilled();
    const free = await disk.fill();
    await pause(1000);
    await free();
  },
};

describe(`breaking the server ${String(FAULTS)} times under load`, () => {
  it(
    "loses no tip whose receipt was given, shows no half tip, and keeps the log whole",
    async () => {
      let server = await startServer(folder);
      const names = Object.keys(BREAKS);
      for (let fault = 0; fault < FAULTS; fault++) {
        const name = names[fault % names.length] ?? "";
        let stopping = false;
        const before = receipted.length;
        const witnesses = Array.from({ length: WITNESSES }, () => witness(server.address, recipients, receipted, () => stopping));
        // Whatever was broken before is whole again by now, without anybody's help: receipts are given.
        while (receipted.length < before + 2 && server.child.exitCode === null) await Promise.race([pause(20), Promise.all(witnesses)]);
        expect(server.child.exitCode, `the server ended before: ${name}`).toBeNull();
        await pause(randomBelow(300));
        await BREAKS[name]?.(server);
        await pause(randomBelow(200));
        stopping = true;
        await Promise.all(witnesses);
        if (server.child.exitCode !== null || server.child.signalCode !== null) server = await startServer(folder);
      }
      expect(receipted.length).toBeGreaterThanOrEqual(2 * FAULTS);
      // Sent again, every one of them gets its receipt again.
      for (const { id, request, receipt } of receipted) {
        const again = await repeated(`${server.address}/tips/${id}`, request);
        expect(again).toBe(receipt);
      }
      const stopped = new Promise((resolve) => server.child.once("exit", resolve));
      server.child.kill("SIGTERM");
      expect(await stopped).toBe(0);

      const context = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
      try {
        await keep(context, { patience: 60_000 }, (keeper) => sealBatch(keeper, dayOf(Date.now()), false));
        await keep(context, { patience: 60_000 }, (keeper) => sealBatch(keeper, dayOf(Date.now()), false));
        const batches = await sealedBatches(context);
        for (const { commitment, receipt } of receipted) {
          const batch = batches.get(commitment);
          expect(batch).toBeDefined();
          expect(batch).toBeLessThanOrEqual(await batchOf(receipt, context.keys.logSigner.vkey));
        }
        const { leaves } = await checkStation(context);
        expect(new Set(leaves.flatMap((leaf) => (leaf.kind === "received" ? [leaf.c] : [])))).toEqual(new Set(batches.keys()));
        // Two sealings sweep what was never completed.
        expect(await context.db.query("select tip from tip_part union all select tip from tip_seal")).toEqual([]);
      } finally {
        await context.close();
      }
    },
    FAULTS * 60_000,
  );
});

/** The receipt for a completion that is sent again; "not now" is waited for. */
async function repeated(url: string, request: Uint8Array<ArrayBuffer>): Promise<string> {
  for (;;) {
    const answer = await fetch(url, { method: "POST", body: request, headers: { "content-type": "application/json" } });
    if (answer.status === 503) {
      await pause(100);
      continue;
    }
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { receipt: string }).receipt;
  }
}

async function batchOf(receipt: string, log: Vkey): Promise<number> {
  const { text } = await openNote(utf8(receipt), [log]);
  return parseReceipt(text).batch;
}

/** Every sealed item's commitment and batch. Each envelope is opened to its last byte and must have the commitment of its place: no half tip is among them. */
async function sealedBatches(context: Context): Promise<Map<string, number>> {
  const secret = await openSecret((await readIfThere(join(folder, "keys", "program.secret"))) ?? new Uint8Array());
  const found = new Map<string, number>();
  for (const { batch } of await context.db.query<{ batch: number }>("select batch from batch order by batch")) {
    const key = await batchKey(context.config.dataDir, batch);
    const commitments = await commitmentsOf(context.db, batch);
    for (const { position } of await itemsOf(context.db, batch)) {
      const opened = await openTip(itemBody(context.db, key, batch, position), (pkesk) => secret.decryptSessionKey(asBytes(pkesk)), {
        attachment: async (_index, _attachment, body) => {
          await collect(body, 1_000_000);
        },
      });
      expect(toHex(opened.commitment)).toBe(toHex(commitments[position] ?? new Uint8Array()));
      found.set(toHex(opened.commitment), batch);
    }
  }
  return found;
}
