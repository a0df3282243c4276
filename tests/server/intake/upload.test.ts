/** The upload as a page does it, over HTTP and into a real database: parts, completion, receipts, repetitions. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { PART_SIZE } from "../../../src/protocol/crypto/hash.ts";
import { openNote } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromHex, utf8 } from "../../../src/protocol/encoding.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import { sealedTips, tipParts } from "../../../src/server/store/generations.ts";
import { testPostgres } from "../../support/postgres.ts";
import {
  completionOf,
  makeTip,
  openTestServer,
  ORIGIN,
  postTip,
  putPart,
  sendTip,
  testKeys,
  type TestServer,
} from "../../support/server.ts";

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

describe("a tip", () => {
  test("gets a receipt by the log key for its commitment and the batch that is open", async () => {
    const tip = await makeTip(keys.get().program);
    const receipt = await sendTip(server.app, tip);
    const { text } = await openNote(utf8(receipt), [server.context.keys.logSigner.vkey]);
    expect(parseReceipt(text)).toEqual({ origin: ORIGIN, commitment: tip.commitment, batch: 1 });
  });

  test("is stored byte for byte, in any order of its parts", async () => {
    const tip = await makeTip(keys.get().program, MIB);
    expect(tip.parts.length).toBe(3);
    for (const part of [3, 1, 2]) expect((await putPart(server.app, tip.id, part, tip.parts[part - 1]!)).statusCode).toBe(204);
    expect((await postTip(server.app, tip.id, tip.completion)).statusCode).toBe(200);

    const { db, config } = server.context;
    const [stored] = await sealedTips(db, await pendingOf(config.dataDir, 1));
    expect(stored).toEqual({
      tip: fromHex(tip.id),
      commitment: tip.commitment,
      digest: tip.digest,
      parts: 3,
      length: concat(...tip.parts).length,
    });
    const parts: Uint8Array[] = [];
    for await (const part of tipParts(db, await pendingOf(config.dataDir, 1), fromHex(tip.id), 3)) parts.push(part);
    expect(concat(...parts)).toEqual(concat(...tip.parts));
  });

  test("is not stored as it came: the database holds it under the generation's key only", async () => {
    const tip = await makeTip(keys.get().program);
    await sendTip(server.app, tip);
    const [row] = await server.context.db.query<{ body: Buffer }>("select body from tip_part");
    expect(row!.body.length).toBe(tip.parts[0]!.length + 28);
    expect(row!.body.includes(Buffer.from(tip.parts[0]!.subarray(0, 64)))).toBe(false);
  });

  test("has no parts before one arrives, then those that did", async () => {
    const tip = await makeTip(keys.get().program, MIB);
    const list = async () => (await server.app.inject({ url: `/tips/${tip.id}/parts` })).body;
    expect(await list()).toBe('{"parts":[]}');
    await putPart(server.app, tip.id, 3, tip.parts[2]!);
    await putPart(server.app, tip.id, 1, tip.parts[0]!);
    expect(await list()).toBe('{"parts":[1,3]}');
  });
});

describe("repeating", () => {
  test("a part changes nothing and answers the same, before and after completion", async () => {
    const tip = await makeTip(keys.get().program);
    for (let time = 0; time < 2; time++) expect((await putPart(server.app, tip.id, 1, tip.parts[0]!)).statusCode).toBe(204);
    await postTip(server.app, tip.id, tip.completion);
    expect((await putPart(server.app, tip.id, 1, tip.parts[0]!)).statusCode).toBe(204);
    expect(await server.context.db.query("select part from tip_part")).toEqual([{ part: 1 }]);
  });

  test("a completion answers with the same receipt", async () => {
    const tip = await makeTip(keys.get().program);
    const receipt = await sendTip(server.app, tip);
    const again = await postTip(server.app, tip.id, tip.completion);
    expect(again.json()).toEqual({ receipt });
  });

  test("a completion answers with the same receipt after the tip was sealed", async () => {
    const tip = await makeTip(keys.get().program);
    const receipt = await sendTip(server.app, tip);
    const { db } = server.context;
    for (const { tip: id, commitment, digest } of await sealedTips(db, await pendingOf(server.context.config.dataDir, 1))) {
      await db.execute("insert into accepted (batch, tip, commitment, digest) values (1, $1, $2, $3)", [id, commitment, digest]);
    }
    await db.execute("delete from tip_seal");
    await db.execute("delete from tip_part");
    expect((await postTip(server.app, tip.id, tip.completion)).json()).toEqual({ receipt });
    expect((await putPart(server.app, tip.id, 1, tip.parts[0]!)).json()).toMatchObject({ error: "tip-already-complete" });
  });

  test("many times at once stores one tip", async () => {
    const tip = await makeTip(keys.get().program);
    const puts = await Promise.all(Array.from({ length: 8 }, () => putPart(server.app, tip.id, 1, tip.parts[0]!)));
    expect(puts.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 8 }, () => 204));
    const posts = await Promise.all(Array.from({ length: 8 }, () => postTip(server.app, tip.id, tip.completion)));
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(posts[0]!.statusCode).toBe(200);
    expect(await sealedTips(server.context.db, await pendingOf(server.context.config.dataDir, 1))).toHaveLength(1);
  });
});

describe("what does not end an upload", () => {
  test("another part under the same number is refused, and the first stays", async () => {
    const tip = await makeTip(keys.get().program, MIB);
    await putPart(server.app, tip.id, 2, tip.parts[1]!);
    const other = await putPart(server.app, tip.id, 2, randomBytes(PART_SIZE));
    expect([other.statusCode, other.json<{ error: string }>().error]).toEqual([409, "part-differs"]);
    await putPart(server.app, tip.id, 1, tip.parts[0]!);
    await putPart(server.app, tip.id, 3, tip.parts[2]!);
    expect((await postTip(server.app, tip.id, tip.completion)).statusCode).toBe(200);
  });

  test("a completion before all parts arrived is refused, and the upload goes on", async () => {
    const tip = await makeTip(keys.get().program, MIB);
    await putPart(server.app, tip.id, 2, tip.parts[1]!);
    for (const part of [1, 3]) {
      const early = await postTip(server.app, tip.id, tip.completion);
      expect([early.statusCode, early.json<{ error: string }>().error]).toEqual([409, "part-missing"]);
      await putPart(server.app, tip.id, part, tip.parts[part - 1]!);
    }
    expect((await postTip(server.app, tip.id, tip.completion)).statusCode).toBe(200);
  });

  test("a completion that is not canonical is refused, and the upload goes on", async () => {
    const tip = await makeTip(keys.get().program);
    await putPart(server.app, tip.id, 1, tip.parts[0]!);
    const text = new TextDecoder().decode(tip.completion);
    for (const [body, code] of [
      [` ${text}`, "not-canonical-json"],
      [text.replace('"parts":1', '"parts":1,"parts":1'), "not-canonical-json"],
      [text.replace('"parts":1', '"parts":0'), "bad-field"],
      [text.replace("commitment", "comnitment"), "bad-field"],
      ["", "not-canonical-json"],
    ] as const) {
      const post = await postTip(server.app, tip.id, utf8(body));
      expect([post.statusCode, post.json<{ error: string }>().error]).toEqual([400, code]);
    }
    expect((await postTip(server.app, tip.id, tip.completion)).statusCode).toBe(200);
  });

  test("another completion of a complete tip is refused, and the tip stays", async () => {
    const tip = await makeTip(keys.get().program);
    const receipt = await sendTip(server.app, tip);
    const other = await postTip(server.app, tip.id, completionOf(randomBytes(32), tip.digest, 1));
    expect([other.statusCode, other.json<{ error: string }>().error]).toEqual([409, "tip-already-complete"]);
    expect((await postTip(server.app, tip.id, tip.completion)).json()).toEqual({ receipt });
  });
});
