import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { epochAt, openCertificate, openSecret, type EpochKey } from "../../../src/protocol/crypto/certificate.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { openNote, type Vkey } from "../../../src/protocol/crypto/note.ts";
import { randomBelow, randomBytes } from "../../../src/protocol/crypto/random.ts";
import { openTip, sealTip } from "../../../src/protocol/crypto/tip.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { formatJson } from "../../../src/protocol/format/json.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { batchKey } from "../../../src/server/store/batch-keys.ts";
import { readIfThere } from "../../../src/server/store/durable-file.ts";
import { commitmentsOf, itemBody, itemsOf } from "../../../src/server/store/items.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { checkStation, environmentOf, makeKeys, makePage, pieces } from "../courier/keeper-fixture.ts";
import { kill, killPostgres, start, startServer } from "./server-process.ts";

const KILLS = 20;
const WITNESSES = 6;

/** What a witness has in hand: without a receipt, nothing was promised. */
interface Sent {
  readonly id: string;
  readonly commitment: string;
  readonly request: Bytes;
  readonly receipt: string;
}

let folder: string;
let recipients: { program: EpochKey; rewards: EpochKey };
const today = Math.floor(Date.now() / 86_400_000);
const receipted: Sent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-kill-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  await makeKeys(join(folder, "keys"), undefined, today - 1, 2);
  await makePage(folder);
  const opened = async (name: string): Promise<EpochKey> =>
    epochAt(await openCertificate((await readIfThere(join(folder, "keys", name))) ?? new Uint8Array()), Date.now() / 1000);
  recipients = { program: await opened("program.pgp"), rewards: await opened("rewards.pgp") };
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Sends one tip, part by part; every third has two parts. Whatever the server does not answer any more ends it. */
async function sendOne(address: string, large: boolean): Promise<void> {
  const attachment = randomBytes(large ? 600_000 : 0);
  const sealed = await sealTip(
    {
      answers: { ...EMPTY_ANSWERS, narrative: "What I saw." },
      attachments: large
        ? [{ name: "file", type: "image/jpeg", size: attachment.length, form: "original", open: () => pieces([attachment]) }]
        : [],
      thread: await signingKeyFromSeed(randomBytes(32)),
      sequence: 0,
      reply: null,
      claim: null,
    },
    recipients,
  );
  const id = toHex(randomBytes(16));
  let part = 0;
  for await (const body of sealed.parts) {
    const answer = await fetch(`${address}/tips/${id}/parts/${String(++part)}`, {
      method: "PUT",
      body,
      headers: { "content-type": "application/octet-stream" },
    });
    expect(answer.status).toBe(204);
  }
  const { commitment, digest } = sealed.finish();
  const request = formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: part });
  const answer = await fetch(`${address}/tips/${id}`, { method: "POST", body: request, headers: { "content-type": "application/json" } });
  expect(answer.status).toBe(200);
  const { receipt } = (await answer.json()) as { receipt: string };
  receipted.push({ id, commitment: toHex(commitment), request, receipt });
}

/** A connection that broke: what a witness sees of a server that is killed. Anything else is a failure of the test. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && ["AbortError", "SocketError"].includes(error.name));
}

async function witness(address: string, stopped: () => boolean): Promise<void> {
  for (let sent = 0; !stopped(); sent++) {
    try {
      await sendOne(address, sent % 3 === 2);
    } catch (error) {
      // The database may be gone a moment before the server: then it answers with a problem.
      if (!isBroken(error) && !stopped()) throw error;
      if (isBroken(error)) return;
    }
  }
}

async function batchOf(receipt: string, log: Vkey): Promise<number> {
  const { text } = await openNote(utf8(receipt), [log]);
  return parseReceipt(text).batch;
}

describe("killing the server twenty times under load", () => {
  it("loses no tip whose receipt was given, and leaves no half tip visible", async () => {
    for (let round = 0; round < KILLS; round++) {
      const { address, child } = await startServer(folder);
      let stopping = false;
      const witnesses = Array.from({ length: WITNESSES }, () => witness(address, () => stopping));
      const before = receipted.length;
      // Every fourth time a batch is being sealed meanwhile.
      const sealing = round % 4 === 3 ? start(folder, ["seal"]) : null;
      while (receipted.length === before && child.exitCode === null) await pause(20);
      await pause(sealing === null ? randomBelow(400) : 500 + randomBelow(1000));
      stopping = true;
      if (round % 2 === 1) await killPostgres(folder);
      await kill(child);
      if (sealing !== null) await kill(sealing);
      await Promise.all(witnesses);
    }
    expect(receipted.length).toBeGreaterThanOrEqual(KILLS);

    // After a restart every one of them is known: sent again, it gets its receipt again. Then everything is sealed.
    const { address, child } = await startServer(folder);
    for (const { id, request, receipt } of receipted) {
      const answer = await fetch(`${address}/tips/${id}`, {
        method: "POST",
        body: request,
        headers: { "content-type": "application/json" },
      });
      expect(answer.status).toBe(200);
      expect(((await answer.json()) as { receipt: string }).receipt).toBe(receipt);
    }
    const stopped = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await stopped).toBe(0);

    const context = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
    try {
      await keep(context, { patience: 60_000 }, (keeper) => sealBatch(keeper, today, false));
      const batches = await sealedBatches(context);
      for (const { commitment, receipt } of receipted) {
        const batch = batches.get(commitment);
        expect(batch).toBeDefined();
        expect(batch).toBeLessThanOrEqual(await batchOf(receipt, context.keys.logSigner.vkey));
      }
      const { leaves } = await checkStation(context);
      expect(new Set(leaves.flatMap((leaf) => (leaf.kind === "received" ? [leaf.c] : [])))).toEqual(new Set(batches.keys()));
    } finally {
      await context.close();
    }
  }, 600_000);
});

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
