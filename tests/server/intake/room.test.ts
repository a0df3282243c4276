/** Limits: what is refused when disk, waiting tips or memory run out, what still goes in, and that nobody learns from it which tips there are. */
import { PassThrough, type Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { Room } from "../../../src/server/intake/room.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, postTip, putPart, sendTip, testKeys, type TestServer, type TestTip } from "../../support/server.ts";

const MIB = 1_048_576;
const PART = 524_288;
const postgres = testPostgres();
const keys = testKeys();
let events: { name: string; fields: object }[];
let large: TestTip;
let small: TestTip;

beforeAll(async () => {
  large = await makeTip(keys.get().program, 4 * MIB);
  small = await makeTip(keys.get().program);
});

function open(settings: Readonly<Record<string, string>>): Promise<TestServer> {
  events = [];
  return openTestServer(postgres, keys.get(), { settings, log: { event: (name, fields) => events.push({ name, fields }) } });
}

async function expectFull(sent: ReturnType<typeof putPart>): Promise<void> {
  const { statusCode, headers, body } = await sent;
  expect([statusCode, headers["retry-after"], (JSON.parse(body) as { error: string }).error]).toEqual([503, "30", "server-full"]);
}

describe("when no more may wait", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await open({ MAX_PENDING_MIB: "3", RESERVE_MIB: "2" });
  });
  afterAll(async () => {
    await server.remove();
  });

  test("a large upload is refused while a tip of text still goes in, and says so after the next sealing in the text log", async () => {
    expect((await putPart(server.app, large.id, 1, large.parts[0]!)).statusCode).toBe(204);
    await expectFull(putPart(server.app, large.id, 2, large.parts[1]!));
    await expectFull(putPart(server.app, toHex(randomBytes(16)), 2, large.parts[1]!));
    await expectFull(putPart(server.app, large.id, 1, large.parts[0]!));
    await sendTip(server.app, await makeTip(keys.get().program));
    const told = () => events.filter(({ name }) => name === "intake-full" || name === "requests-failed");
    expect(told()).toEqual([]);
    server.context.troubles.tell();
    expect(told()).toEqual([{ name: "intake-full", fields: { what: "pending", atLeast: 1 } }]);
  });

  test("small ones are refused in the end, and what had arrived can still be completed", async () => {
    const [part] = small.parts;
    expect((await putPart(server.app, small.id, 1, part!)).statusCode).toBe(204);
    for (let sent = 0; ; sent++) {
      expect(sent).toBeLessThan(60);
      const { statusCode } = await putPart(server.app, toHex(randomBytes(16)), 1, part!);
      if (statusCode === 503) break;
      expect(statusCode).toBe(204);
    }
    expect((await postTip(server.app, small.id, small.completion)).statusCode).toBe(200);
  });

  test("a tip that is known is refused as one that is not", async () => {
    const known = await putPart(server.app, small.id, 1, small.parts[0]!);
    const unknown = await putPart(server.app, toHex(randomBytes(16)), 1, small.parts[0]!);
    expect([known.statusCode, known.body, known.headers]).toEqual([unknown.statusCode, unknown.body, unknown.headers]);
    expect(known.statusCode).toBe(503);
  });

  test("another server over the same database sees what waits", async () => {
    const room = new Room(server.context);
    await expect(room.take(2, PART)).rejects.toMatchObject({ code: "server-full" });
  });
});

describe("when the disk is nearly full", () => {
  test("nothing is taken below the least that must stay free", async () => {
    const server = await open({ MIN_FREE_MIB: "100000000" });
    try {
      await expectFull(putPart(server.app, small.id, 1, small.parts[0]!));
      server.context.troubles.tell();
      expect(events).toContainEqual({ name: "intake-full", fields: { what: "disk", atLeast: 1 } });
    } finally {
      await server.remove();
    }
  });

  test("the reserve above it is for small tips", async () => {
    const server = await open({ MAX_PENDING_MIB: "100000000" });
    try {
      const config = { ...server.context.config, reserveBytes: 1e15, maxPendingBytes: 1e16 };
      const room = new Room({ ...server.context, config });
      await expect(room.take(1, PART)).rejects.toMatchObject({ code: "server-full" });
      (await room.take(1, PART - 1)).release();
    } finally {
      await server.remove();
    }
  });
});

describe("when bodies under way fill the memory", () => {
  test("large ones may have three quarters, small ones the rest, and what is given back is free again", async () => {
    const server = await open({ IN_FLIGHT_MIB: "4" });
    try {
      const room = new Room(server.context);
      const taken = await Promise.all(Array.from({ length: 6 }, (_, index) => room.take(index + 1, index === 0 ? undefined : PART)));
      await expect(room.take(1, PART)).rejects.toMatchObject({ code: "server-full" });
      for (let count = 0; count < 15; count++) taken.push(await room.take(1, 65_536));
      await expect(room.take(2, PART)).rejects.toMatchObject({ code: "server-full" });
      await expect(room.take(1, 65_537)).rejects.toMatchObject({ code: "server-full" });
      await room.take(1, 65_536);
      for (const one of [...taken, ...taken]) one.release();
      for (let count = 0; count < 5; count++) await room.take(2, PART);
      await expect(room.take(2, PART + 1)).rejects.toMatchObject({ code: "server-full" });
    } finally {
      await server.remove();
    }
  });

  test("memory is nobody else's until it is given back, and never one that was given back twice", async () => {
    const server = await open({});
    try {
      const room = new Room(server.context);
      const first = await room.take(2, PART);
      const second = await room.take(2, PART);
      const [one, other] = [first.memory(), second.memory()];
      expect([one.length, other.length, first.memory() === one, one === other]).toEqual([PART, PART, true, false]);
      for (let time = 0; time < 2; time++) first.release();
      const next = await Promise.all(Array.from({ length: 3 }, () => room.take(2, PART)));
      const memories = next.map((taken) => taken.memory());
      expect(memories.filter((memory) => memory === one)).toHaveLength(1);
      expect(new Set([...memories, other]).size).toBe(4);
      expect((await room.take(1, 1000)).memory()).toHaveLength(1000);
    } finally {
      await server.remove();
    }
  });

  test("a part is refused over HTTP, and taken once another that was under way has ended", async () => {
    const server = await open({ IN_FLIGHT_MIB: "4" });
    try {
      const bodies = Array.from({ length: 6 }, () => new PassThrough());
      const slow = bodies.map((body) => begin(server, body));
      for (const body of bodies) body.write(Buffer.alloc(1));
      const id = toHex(randomBytes(16));
      let answer = await putPart(server.app, id, 2, large.parts[1]!);
      while (answer.statusCode === 204) answer = await putPart(server.app, id, 2, large.parts[1]!); // until all six have begun
      expect(answer.statusCode).toBe(503);
      await sendTip(server.app, await makeTip(keys.get().program));
      for (const body of bodies) body.end();
      expect(new Set(await Promise.all(slow))).toEqual(new Set([422]));
      expect((await putPart(server.app, id, 2, large.parts[1]!)).statusCode).toBe(204);
    } finally {
      await server.remove();
    }
  });
});

/** Begins to send a first part whose body is `payload`. */
async function begin(server: TestServer, payload: Readable): Promise<number> {
  const { statusCode } = await server.app.inject({
    method: "PUT",
    url: `/tips/${toHex(randomBytes(16))}/parts/1`,
    headers: { "content-type": "application/octet-stream" },
    payload,
  });
  return statusCode;
}
