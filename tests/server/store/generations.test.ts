/**
 * Generations: sealing closes one while tips arrive. A tip with a receipt is in exactly one sealed generation, whole; an unfinished one moves on once.
 */
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bytes, concat } from "../../../src/protocol/bytes.ts";
import { openNote } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromHex, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { openContext } from "../../../src/server/context.ts";
import type { GenerationRow } from "../../../src/server/store/generation-keys.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import {
  carryUnfinished,
  closeGeneration,
  currentGeneration,
  dropGeneration,
  openFirstGeneration,
  sealedTips,
  tipParts,
} from "../../../src/server/store/generations.ts";
import { NO_LOG, testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, postTip, putPart, sendTip, testKeys, type TestServer, type TestTip } from "../../support/server.ts";
import { allRows } from "../../support/tables.ts";

const MIB = 1_048_576;
const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;

beforeEach(async () => {
  server = await openTestServer(postgres, keys.get());
});
afterEach(async () => {
  await server.remove();
});

/** What a sealing takes out of a generation: tip ids to the bytes of their envelopes. Does what a sealing does, but for the batch itself. */
async function seal(): Promise<{ generation: number; tips: Map<string, Bytes> }> {
  const { db, config } = server.context;
  const generation = await closeGeneration(db, config.dataDir);
  await carryUnfinished(db, config.dataDir, generation);
  const tips = new Map<string, Bytes>();
  for (const { tip, commitment, digest, parts } of await sealedTips(db, await pendingOf(config.dataDir, generation))) {
    const pieces: Bytes[] = [];
    for await (const part of tipParts(db, await pendingOf(config.dataDir, generation), tip, parts)) pieces.push(part);
    tips.set(toHex(tip), concat(...pieces));
    await db.execute("insert into accepted (batch, tip, commitment, digest) values ($1, $2, $3, $4)", [
      generation,
      tip,
      commitment,
      digest,
    ]);
  }
  await dropGeneration(db, config.dataDir, generation);
  return { generation, tips };
}

async function send(tip: TestTip, ...parts: number[]): Promise<void> {
  for (const part of parts) expect((await putPart(server.app, tip.id, part, tip.parts[part - 1]!)).statusCode).toBe(204);
}

async function listed(tip: TestTip): Promise<number[]> {
  return (await server.app.inject({ url: `/tips/${tip.id}/parts` })).json<{ parts: number[] }>().parts;
}

async function batchOf(receipt: string): Promise<number> {
  const { text } = await openNote(utf8(receipt), [server.context.keys.logSigner.vkey]);
  return parseReceipt(text).batch;
}

describe("sealing", () => {
  test("gives what arrived, in the order of commitments, and then nothing of it is left", async () => {
    const tips = [await makeTip(keys.get().program), await makeTip(keys.get().program, MIB), await makeTip(keys.get().program)];
    for (const tip of tips) expect(await batchOf(await sendTip(server.app, tip))).toBe(1);
    const { generation, tips: sealed } = await seal();
    expect(generation).toBe(1);
    const inOrder = tips.toSorted((a, b) => (toHex(a.commitment) < toHex(b.commitment) ? -1 : 1));
    expect([...sealed.keys()]).toEqual(inOrder.map(({ id }) => id));
    for (const tip of tips) expect(sealed.get(tip.id)).toEqual(concat(...tip.parts));
    const rows = await allRows(server.context.db);
    expect(Object.keys(rows).filter((name) => name.startsWith("tip_"))).toEqual(["tip_part_2", "tip_seal_2"]);
    expect(rows["generation"]).toEqual([expect.stringMatching(/^\(2,open,"\\\\x[0-9a-f]{64}"\)$/)]);
    await expect(access(join(server.dataDir, "keys", "generations", "00000001.key"))).rejects.toThrow("ENOENT");
    expect(await batchOf(await sendTip(server.app, await makeTip(keys.get().program)))).toBe(2);
  });

  test("may be done again at every step after a crash", async () => {
    const { db, config } = server.context;
    const tip = await makeTip(keys.get().program);
    await sendTip(server.app, tip);
    const half = await makeTip(keys.get().program, MIB);
    await send(half, 1, 2);
    expect(await closeGeneration(db, config.dataDir)).toBe(1);
    expect(await closeGeneration(db, config.dataDir)).toBe(1);
    expect(await currentGeneration(db)).toBe(2);
    await carryUnfinished(db, config.dataDir, 1);
    await carryUnfinished(db, config.dataDir, 1);
    const { tips } = await seal();
    expect([...tips.keys()]).toEqual([tip.id]);
    await dropGeneration(db, config.dataDir, 1);
    expect(await listed(half)).toEqual([1, 2]);
    expect((await seal()).generation).toBe(2);
  });

  test("refuses a part that was changed in the database", async () => {
    const { db, config } = server.context;
    const tip = await makeTip(keys.get().program);
    await sendTip(server.app, tip);
    await db.execute("update tip_part set body = set_byte(body, 100, get_byte(body, 100) # 1)");
    const reading = tipParts(db, await pendingOf(config.dataDir, 1), fromHex(tip.id), 1).next();
    await expect(reading).rejects.toMatchObject({ code: "not-authentic" });
  });
});

describe("an unfinished upload", () => {
  test("goes on over a sealing without noticing, and is in the next batch", async () => {
    const tip = await makeTip(keys.get().program, MIB);
    await send(tip, 1, 2);
    expect((await seal()).tips.size).toBe(0);
    expect(await listed(tip)).toEqual([1, 2]);
    await send(tip, 1, 3);
    expect(await batchOf((await postTip(server.app, tip.id, tip.completion)).json<{ receipt: string }>().receipt)).toBe(2);
    const { tips } = await seal();
    expect(tips.get(tip.id)).toEqual(concat(...tip.parts));
  });

  test("is removed at the second sealing", async () => {
    const tip = await makeTip(keys.get().program, MIB);
    await send(tip, 1, 2);
    await seal();
    await send(tip, 3);
    await seal();
    expect(await listed(tip)).toEqual([]);
    expect((await allRows(server.context.db))["tip_part_3"]).toEqual([]);
    expect((await postTip(server.app, tip.id, tip.completion)).json()).toMatchObject({ error: "part-missing" });
    await sendTip(server.app, tip);
    expect((await seal()).tips.get(tip.id)).toEqual(concat(...tip.parts));
  });

  test("that is finished while its generation is closing is sealed whole in the next, even if it was carried before", async () => {
    const { db, config } = server.context;
    const fresh = await makeTip(keys.get().program, MIB);
    const carried = await makeTip(keys.get().program, MIB);
    await send(carried, 1, 2);
    await seal();
    await send(fresh, 2, 3);
    expect(await closeGeneration(db, config.dataDir)).toBe(2);
    await send(fresh, 1);
    await send(carried, 3);
    expect(await listed(carried)).toEqual([1, 2, 3]);
    for (const tip of [fresh, carried]) {
      expect(await batchOf((await postTip(server.app, tip.id, tip.completion)).json<{ receipt: string }>().receipt)).toBe(3);
    }
    const second = await seal();
    expect([second.generation, second.tips.size]).toEqual([2, 0]);
    const { tips } = await seal();
    for (const tip of [fresh, carried]) expect(tips.get(tip.id)).toEqual(concat(...tip.parts));
  });
});

test("sealing again and again while tips arrive loses none that got a receipt, and seals none twice", async () => {
  const sealed = new Map<string, { batch: number; bytes: Bytes }>();
  const sent = new Map<string, { batch: number; tip: TestTip }>();
  let sending = true;

  const sender = async (count: number, size: number) => {
    for (let index = 0; index < count; index++) {
      const tip = await makeTip(keys.get().program, size);
      // A large one may be swept if two sealings fall into its upload: then it is sent again, as a page would.
      for (let attempt = 0; !sent.has(tip.id); attempt++) {
        for (const [at, part] of tip.parts.entries()) expect((await putPart(server.app, tip.id, at + 1, part)).statusCode).toBe(204);
        const post = await postTip(server.app, tip.id, tip.completion);
        if (post.statusCode === 200) sent.set(tip.id, { batch: await batchOf(post.json<{ receipt: string }>().receipt), tip });
        else expect([post.json<{ error: string }>().error, attempt < 50]).toEqual(["part-missing", true]);
      }
    }
  };
  const sealer = async () => {
    while (sending) {
      const { generation, tips } = await seal();
      for (const [id, bytes] of tips) {
        expect(sealed.has(id)).toBe(false);
        sealed.set(id, { batch: generation, bytes });
      }
    }
  };
  const sealing = sealer();
  await Promise.all([sender(12, 65_536), sender(12, 65_536), sender(6, MIB), sender(6, MIB)]).finally(() => (sending = false));
  await sealing;
  const last = await seal();
  for (const [id, bytes] of last.tips) sealed.set(id, { batch: last.generation, bytes });

  expect(sent.size).toBe(36);
  expect([...sealed.keys()].toSorted()).toEqual([...sent.keys()].toSorted());
  for (const [id, { batch, tip }] of sent) {
    expect(sealed.get(id)!.batch).toBe(batch);
    expect(sealed.get(id)!.bytes).toEqual(concat(...tip.parts));
    expect(await batchOf((await postTip(server.app, id, tip.completion)).json<{ receipt: string }>().receipt)).toBe(batch);
  }
});

test("a database that belongs to another data folder is refused", async () => {
  const { config } = server.context;
  const other = await openTestServer(postgres, keys.get());
  try {
    const foreign = loadConfig({
      DATA_DIR: other.dataDir,
      KEYS_DIR: config.keysDir,
      DATABASE_URL: config.databaseUrl!,
      PAGE_DIR: config.pageDir,
    });
    // Both folders have a key for generation 1, not the same one.
    await expect(openContext(foreign, { log: NO_LOG })).rejects.toMatchObject({ code: "keys-missing" });
    await seal(); // now the open generation is one the other folder has no key for
    await expect(openContext(foreign, { log: NO_LOG })).rejects.toMatchObject({ code: "keys-missing" });
  } finally {
    await other.remove();
  }
});

test("a key file that was exchanged is refused before anything is written under it or sealed", async () => {
  const { db, config } = server.context;
  const path = join(server.dataDir, "keys", "generations", "00000001.key");
  await writeFile(path, randomBytes(32));
  const tip = await makeTip(keys.get().program);
  expect((await putPart(server.app, tip.id, 1, tip.parts[0]!)).json()).toMatchObject({ error: "server-full" });
  await expect(closeGeneration(db, config.dataDir)).rejects.toMatchObject({ code: "keys-missing" });
  expect((await allRows(db))["tip_part_1"]).toEqual([]);
});

test("a generation from before there were fingerprints gets its own at the next start", async () => {
  const { db, config } = server.context;
  await db.execute("update generation set fingerprint = null");
  await openFirstGeneration(db, config.dataDir);
  expect(await db.query("select length(fingerprint) as length from generation")).toEqual([{ length: 32 }]);
});

test("a held key is let go once its generation is gone", async () => {
  const { held, db } = server.context;
  const rows = () => db.query<GenerationRow>("select generation, fingerprint from generation");
  const before = await rows();
  await held.of(before);
  await seal();
  await held.of(await rows());
  await expect(held.of(before)).rejects.toMatchObject({ code: "keys-missing" });
});
