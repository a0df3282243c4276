/**
 * Memory of bodies is used again for the next ones (`intake/room.ts`, `store/pending.ts`). What is stored of a part must be what was sent of it and nothing else, whatever lay
 * in the same memory before: a longer body, one that broke off, one that was refused, or others at the same time. Sent over real connections, read back under the generation's key.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { PART_SIZE } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { envelopeLength } from "../../../src/protocol/format/envelope.ts";
import { SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { type Serving, serve } from "../../../src/server/serve.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import { BODY_OVERHEAD } from "../../../src/server/store/body-cipher.ts";
import { testPostgres } from "../../support/postgres.ts";
import { openTestServer, testKeys, type TestServer } from "../../support/server.ts";

/** Lengths whose memory is kept. */
const KEPT = [PART_SIZE, envelopeLength(SMALLEST_CLASS)] as const;
/** What is planted: a body of nothing else. */
const MARKER = 0xa5;

const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;
let serving: Serving;
const sent = new Map<string, Bytes>();

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
  serving = await serve(server.context);
});
afterAll(async () => {
  await serving.close();
  await server.remove();
});

/** How a body is announced: by its length, by another, or as pieces without an end that is known. */
type Announced = number | "not";

/** Sends a second part, which may hold anything; returns the status, or null if the connection is to break off after `body`. */
async function put(body: Bytes, announced: Announced, tip = randomBytes(16), breaksOff = false): Promise<number | null> {
  const { hostname, port } = new URL(serving.address);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const length = announced === "not" ? "transfer-encoding: chunked" : `content-length: ${String(announced)}`;
  socket.write(
    `PUT /tips/${toHex(tip)}/parts/2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/octet-stream\r\n${length}\r\n\r\n`,
  );
  if (announced === "not") socket.write(`${body.length.toString(16)}\r\n`);
  await new Promise((written) => socket.write(body, written));
  if (breaksOff) {
    // Whatever has not arrived by now does not have to: the server saw some of it.
    socket.destroy();
    await once(socket, "close");
    return null;
  }
  if (announced === "not") socket.write("\r\n0\r\n\r\n");
  let answer = "";
  for await (const piece of socket) answer += (piece as Buffer).toString("latin1");
  const status = Number(answer.split(" ")[1]);
  if (status === 204) sent.set(toHex(tip), body);
  return status;
}

/** Everything that is stored, by its tip. */
async function stored(): Promise<Map<string, Bytes>> {
  const pending = await pendingOf(server.context.config.dataDir, 1);
  const rows = await server.context.db.query<{ tip: Buffer; length: number; body: Buffer }>("select tip, length, body from tip_part");
  return new Map(
    rows.map(({ tip: veiled, length, body }) => {
      expect(body.length).toBe(length + BODY_OVERHEAD);
      const tip = pending.unveil(veiled);
      return [toHex(tip), pending.decryptPart(tip, 2, body)];
    }),
  );
}

async function expectAsSent(): Promise<void> {
  const rows = await stored();
  expect([...rows.keys()].sort()).toEqual([...sent.keys()].sort());
  for (const [tip, body] of sent) expect(Buffer.compare(rows.get(tip) ?? new Uint8Array(0), body), tip).toBe(0);
}

test.each(KEPT)("a short body after one of %i octets is stored alone", async (length) => {
  expect(await put(new Uint8Array(length).fill(MARKER), length)).toBe(204);
  for (const short of [1, 100, 70_000]) {
    const body = new Uint8Array(short).fill(short % 100);
    expect(await put(body, "not")).toBe(204);
    expect(body.includes(MARKER)).toBe(false);
  }
  await expectAsSent();
});

test("a body that broke off, or was refused, is in no later one", async () => {
  for (const length of KEPT) {
    await put(new Uint8Array(length - 1).fill(MARKER), length, randomBytes(16), true);
    const twice = randomBytes(16);
    expect(await put(new Uint8Array(length).fill(1), length, twice)).toBe(204);
    expect(await put(new Uint8Array(length).fill(MARKER), length, twice)).toBe(409);
    expect(await put(new Uint8Array(length).fill(2), length)).toBe(204);
    expect(await put(new Uint8Array(33).fill(3), "not")).toBe(204);
  }
  await expectAsSent();
});

test("bodies that come at the same time do not mix, those that break off between them neither", async () => {
  const sending = Array.from({ length: 32 }, (_, number) => {
    const length = [PART_SIZE, 40, KEPT[1], 70_000][number % 4] ?? 1;
    const announced = number % 4 === 1 ? "not" : length;
    const breaksOff = number % 5 === 4;
    return put(new Uint8Array(breaksOff ? length - 1 : length).fill(breaksOff ? MARKER : number), announced, randomBytes(16), breaksOff);
  });
  const statuses = await Promise.all(sending);
  expect(statuses.filter((status) => status !== null && status !== 204)).toEqual([]);
  expect(statuses.filter((status) => status === 204).length).toBe(26);
  await expectAsSent();
});
