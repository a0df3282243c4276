/**
 * What is no HTTP, or nearly: every such request is refused in the one shape of errors or cut off, nothing of it is kept or told, and the server goes on serving. Then those who
 * send too slowly, or nothing.
 */
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { REFUSALS } from "../../../src/protocol/errors.ts";
import { buildApp } from "../../../src/server/app.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, sendTip, testKeys, type TestServer } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;
let apps: FastifyInstance[];
const events: string[] = [];

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get(), { log: { event: (name) => events.push(name) } });
  const patient = await buildApp(server.context, new Map());
  const hasty = await buildApp(server.context, new Map(), { request: 1200, headers: 400, silence: 800, look: 100, beat: 20, partBeat: 8 });
  apps = [patient, hasty];
  for (const app of apps) await app.listen({ host: "127.0.0.1", port: 0 });
  events.length = 0;
});
afterAll(async () => {
  for (const app of apps) await app.close();
  await server.remove();
});

/** Sends bytes on a connection of their own, and reads until the server ends it. `stay`: our side stays open. */
function answerTo(app: FastifyInstance, bytes: Uint8Array, stay = false): Promise<string> {
  return new Promise((done) => {
    let answer = "";
    const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1", () => {
      if (stay) socket.write(bytes);
      else socket.end(bytes);
    });
    socket.on("data", (piece) => (answer += piece.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      done(answer);
    });
  });
}

const ID = "0123456789abcdef0123456789abcdef";
const PUT = `PUT /tips/${ID}/parts/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n`;

const CORPUS: Readonly<Record<string, string | Uint8Array>> = {
  "a TLS hello": Uint8Array.of(0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3),
  "an HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "an HTTP/2 preface with its frames": concat(utf8("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), new Uint8Array(64)),
  "a SOCKS hello": Uint8Array.of(5, 1, 0),
  "an SSH banner": "SSH-2.0-OpenSSH_9.2\r\n",
  "only zeros": new Uint8Array(4096),
  "only line ends, too many": "\r\n".repeat(20_000),
  "no version": "GET /\r\n\r\n",
  "a version of the future": "GET / HTTP/3.1\r\nhost: x\r\n\r\n",
  "a method in small letters": "get / HTTP/1.1\r\nhost: x\r\n\r\n",
  "a space before the colon": "GET / HTTP/1.1\r\nhost : x\r\n\r\n",
  "a header without a name": "GET / HTTP/1.1\r\n: x\r\n\r\n",
  "a folded header": "GET / HTTP/1.1\r\nhost: x\r\n y: z\r\nq\r\n\r\n",
  "a zero byte in a header": "GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n",
  "a bare carriage return": "GET / HTTP/1.1\rhost: x\r\r",
  "a control character in the path": "GET /\u0001 HTTP/1.1\r\nhost: x\r\n\r\n",
  "a head of nine thousand bytes": `GET / HTTP/1.1\r\nx: ${"a".repeat(9000)}\r\n\r\n`,
  "three thousand headers": `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(3000)}\r\n`,
  "a path of nine thousand bytes": `GET /${"a".repeat(9000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  "two lengths": `${PUT}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef`,
  "a length with a sign": `${PUT}content-length: +5\r\n\r\nabcde`,
  "a negative length": `${PUT}content-length: -5\r\n\r\nabcde`,
  "a length in hexadecimal": `${PUT}content-length: 0x5\r\n\r\nabcde`,
  "a length beyond all numbers": `${PUT}content-length: 99999999999999999999\r\n\r\nabcde`,
  "a list of lengths": `${PUT}content-length: 5, 5\r\n\r\nabcde`,
  "a length and chunks": `${PUT}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
  "chunks that are not the last coding": `${PUT}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  "chunks with a tab before them": `${PUT}transfer-encoding:\tchunkedx\r\n\r\n0\r\n\r\n`,
  "a chunk size that is none": `${PUT}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
  "a chunk size beyond all numbers": `${PUT}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n`,
  "a negative chunk size": `${PUT}transfer-encoding: chunked\r\n\r\n-1\r\n`,
  "a chunk longer than it says": `${PUT}transfer-encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n`,
  "a chunk extension without end": `${PUT}transfer-encoding: chunked\r\n\r\n1;${"a".repeat(70_000)}\r\nb\r\n0\r\n\r\n`,
  "an absolute address of elsewhere": "GET http://elsewhere.test/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
  "a tunnel": "CONNECT elsewhere.test:443 HTTP/1.1\r\nhost: x\r\n\r\n",
  "an upgrade": "GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n",
  "a trace": "TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
};

describe("a connection that brings", () => {
  test.each(Object.entries(CORPUS))("%s", async (_name, bytes) => {
    const answer = await answerTo(apps[0]!, typeof bytes === "string" ? utf8(bytes) : bytes);
    // Some are cut off, or left without an answer; the others are told one of our sentences, each in a body of its own.
    const bodies = answer.split("HTTP/1.1 ").slice(1);
    for (const response of bodies) {
      const [, status = "", body = ""] = /^(\d{3}) [^]*?\r\n\r\n([^]*)$/.exec(response) ?? [];
      expect(Number(status)).toBeGreaterThanOrEqual(400);
      expect(Number(status)).toBeLessThan(500);
      const { error, message } = JSON.parse(body) as { error: keyof typeof REFUSALS; message: string };
      expect(message).toBe(REFUSALS[error]);
      expect(response.toLowerCase()).not.toMatch(/\r\n(?:server|date|etag|set-cookie|last-modified):/);
    }
    expect(bodies.length).toBeLessThanOrEqual(2);
  });

  test("any of this changes nothing: nothing is stored or told, and a tip still goes in", async () => {
    expect(await server.context.db.query("select tip from tip_part")).toEqual([]);
    server.context.troubles.tell();
    expect(events).toEqual([]);
    await sendTip(apps[0]!, await makeTip(keys.get().program));
  });
});

describe("is cut off", () => {
  test.each([
    ["a connection on which nothing comes", ""],
    ["a head that does not end", "GET / HTTP/1.1\r\nhost: x\r\n"],
    ["a body that stops", `${PUT}content-length: 500000\r\n\r\nabc`],
    ["a chunk that stops", `${PUT}transfer-encoding: chunked\r\n\r\nfff\r\nabc`],
  ])("%s", async (_name, sent) => {
    // That this ends at all is the test: our side never closes.
    const answer = await answerTo(apps[1]!, utf8(sent), true);
    if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test("a connection that is kept and not used", async () => {
    const answer = await answerTo(apps[1]!, utf8("GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n"), true);
    expect(answer.startsWith("HTTP/1.1 404 ")).toBe(true);
  });
});
