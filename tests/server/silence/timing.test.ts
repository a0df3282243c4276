/**
 * That something is there takes no other time than that it is not. The two kinds of requests are sent in turns, in random order, over one connection; the statistic is the
 * share of pairs in which the one took longer (Mann-Whitney's U as an area, 0.5 when neither is told from the other). Load on the machine falls on both alike.
 *
 * With n of each, chance has a standard deviation of sqrt(1/6n), here 0.02; the bound is six of them. It is a bound for what can be told from one
 * request, not a proof that nothing can be told from a million.
 */
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { randomBelow, randomBytes } from "../../../src/protocol/crypto/random.ts";
import { mailboxHash } from "../../../src/protocol/crypto/reply.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { formatMailboxRequest } from "../../../src/protocol/format/mailbox.ts";
import { buildApp, PATIENCE } from "../../../src/server/app.ts";
import { serve, type Serving } from "../../../src/server/serve.ts";
import { putReply } from "../../../src/server/store/replies.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, putPart, testKeys, type TestServer } from "../../support/server.ts";

const EACH = 400;
const BOUND = 6 * Math.sqrt(1 / (6 * EACH));

const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;
let serving: Serving;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
  serving = await serve(server.context);
});
afterAll(async () => {
  agent.destroy();
  await serving.close();
  await server.remove();
});

interface Asked {
  readonly path: string;
  readonly body?: Bytes;
  /** By default POST if there is a body. */
  readonly method?: "PUT";
  readonly expected?: number;
}

/** Milliseconds from the request to the last byte of the answer. */
function timeOf({ path, body, method, expected = 200 }: Asked, address = serving.address, over = agent): Promise<number> {
  return new Promise((done, failed) => {
    const from = performance.now();
    const options = {
      agent: over,
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { "content-type": method === undefined ? "application/json" : "application/octet-stream" },
    };
    const sending = request(`${address}${path}`, options, (response) => {
      if (response.statusCode !== expected) failed(new Error(`status ${String(response.statusCode)}`));
      response.resume();
      response.on("end", () => {
        done(performance.now() - from);
      });
    });
    sending.on("error", failed);
    sending.end(body);
  });
}

/** Share of the pairs in which one of `a` is larger than one of `b`. */
function area(a: readonly number[], b: readonly number[]): number {
  let larger = 0;
  for (const x of a) for (const y of b) larger += x > y ? 1 : x === y ? 0.5 : 0;
  return larger / (a.length * b.length);
}

async function measured(kinds: readonly [() => Asked, () => Asked]): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let warming = 0; warming < 50; warming++) await timeOf(kinds[warming % 2 === 0 ? 0 : 1]());
  while (times[0].length < EACH || times[1].length < EACH) {
    const kind = randomBelow(2) === 0 ? 0 : 1;
    const time = await timeOf(kinds[kind]());
    if (times[kind].length < EACH) times[kind].push(time);
  }
  return times;
}

const mailboxOf = (id: Bytes): Asked => ({ path: "/mailbox", body: formatMailboxRequest({ mailbox: id, read: [] }) });

describe("the time of an answer does not tell", () => {
  test("a mailbox with four replies from one that does not exist", async () => {
    const id = randomBytes(32);
    for (let count = 0; count < 4; count++) {
      const body = randomBytes(4480);
      await putReply(server.context.db, { mailbox: mailboxHash(id), sha256: sha256(body), expires: "2027-12-31", body });
    }
    const [there, not] = await measured([() => mailboxOf(id), () => mailboxOf(randomBytes(32))]);
    expect(Math.abs(area(there, not) - 0.5)).toBeLessThan(BOUND);
    // The same numbers, one of them doubled, are told apart: the statistic sees what there is to be seen.
    expect(
      area(
        there.map((time) => 2 * time),
        not,
      ) - 0.5,
    ).toBeGreaterThan(BOUND);
  });

  test("a tip of which a part has arrived from one that nobody sent", async () => {
    const tip = await makeTip(keys.get().program);
    expect((await putPart(server.app, tip.id, 1, tip.parts[0]!)).statusCode).toBe(204);
    const [known, unknown] = await measured([
      () => ({ path: `/tips/${tip.id}/parts` }),
      () => ({ path: `/tips/${toHex(randomBytes(16))}/parts` }),
    ]);
    expect(Math.abs(area(known, unknown) - 0.5)).toBeLessThan(BOUND);
  });

  // With a beat that storing a part does not outlast on a busy machine either: what is tested is that the beat is kept, not how fast this machine is.
  test("a part that has arrived before from one that is new", async () => {
    const each = 200;
    const tip = await makeTip(keys.get().program);
    const [body] = tip.parts;
    const app = await buildApp(server.context, new Map(), { ...PATIENCE, partBeat: 150 });
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const over = new Agent({ keepAlive: true, maxSockets: 8 });
    const times: [number[], number[]] = [[], []];
    const put = async (kind: 0 | 1): Promise<void> => {
      const id = kind === 0 ? tip.id : toHex(randomBytes(16));
      times[kind].push(await timeOf({ path: `/tips/${id}/parts/1`, body: body!, method: "PUT", expected: 204 }, address, over));
    };
    try {
      await put(0);
      times[0].length = 0;
      const kinds = Array.from({ length: 2 * each }, () => (randomBelow(2) === 0 ? 0 : 1));
      for (let at = 0; at < kinds.length; at += 8) await Promise.all(kinds.slice(at, at + 8).map(put));
    } finally {
      over.destroy();
      await app.close();
    }
    expect(Math.min(times[0].length, times[1].length)).toBeGreaterThan(each / 2);
    expect(Math.min(...times[0], ...times[1])).toBeGreaterThan(145);
    expect(Math.abs(area(...times) - 0.5)).toBeLessThan(6 * Math.sqrt(1 / (6 * each)));
  });
});
