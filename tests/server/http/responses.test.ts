/** What the server answers to anything, over real sockets: one set of headers, one shape of errors, the fixed files and nothing else. */
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import supertest from "supertest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { trimCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { REFUSALS, type RefusalCode } from "../../../src/protocol/errors.ts";
import { FIXED_HEADERS } from "../../../src/server/problem.ts";
import { type Serving, serve } from "../../../src/server/serve.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, NOON, openTestServer, testKeys, type TestServer } from "../../support/server.ts";

const DAY = 86_400_000;
const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;
let serving: Serving;

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
  serving = await serve(server.context);
});
afterAll(async () => {
  await serving.close();
  await server.remove();
});

interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Sends these bytes on a connection of their own and reads until the server ends it. */
function raw(request: string): Promise<RawResponse> {
  const { hostname, port } = new URL(serving.address);
  return new Promise((done, failed) => {
    const socket = connect(Number(port), hostname, () => socket.write(request));
    const pieces: Buffer[] = [];
    socket.on("data", (piece) => pieces.push(piece));
    socket.on("error", failed);
    socket.on("end", () => {
      const [head = "", ...body] = Buffer.concat(pieces).toString("utf8").split("\r\n\r\n");
      const [first = "", ...lines] = head.split("\r\n");
      const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(": ", 2) as [string, string]));
      done({ status: Number(first.split(" ")[1]), headers, body: body.join("\r\n\r\n") });
    });
  });
}

/** Every header but those that speak of this one body or connection. */
function fixedOf(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THIS_ONE.has(name)));
}

const OF_THIS_ONE = new Set(["content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive"]);

const EXPECTED = Object.fromEntries(Object.entries(FIXED_HEADERS).map(([name, value]) => [name, value.toLowerCase()]));

function expectProblem({ status, headers, body }: RawResponse, expected: number, code: RefusalCode): void {
  expect([status, body]).toEqual([expected, JSON.stringify({ error: code, message: REFUSALS[code] })]);
  expect(headers["content-type"]).toBe("application/problem+json");
  expect(fixedOf(headers)).toEqual(EXPECTED);
}

const CLOSE = "host: x\r\nconnection: close\r\n";

describe("errors have one shape and the headers of every response", () => {
  const id = "0123456789abcdef0123456789abcdef";

  test.each([
    ["an unknown path", `GET /nothing HTTP/1.1\r\n${CLOSE}\r\n`, 404, "not-found"],
    ["a path that climbs", `GET /../../etc/passwd HTTP/1.1\r\n${CLOSE}\r\n`, 404, "not-found"],
    ["a path that climbs in disguise", `GET /log/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${CLOSE}\r\n`, 404, "not-found"],
    ["a path that cannot be decoded", `GET /%zz HTTP/1.1\r\n${CLOSE}\r\n`, 400, "bad-request"],
    ["a file of the log that is not there", `GET /log/tile/0/000 HTTP/1.1\r\n${CLOSE}\r\n`, 404, "not-found"],
    ["a tip id that is none", `GET /tips/${id.toUpperCase()}/parts HTTP/1.1\r\n${CLOSE}\r\n`, 404, "not-found"],
    ["a part number that is none", `PUT /tips/${id}/parts/01 HTTP/1.1\r\n${CLOSE}content-length: 0\r\n\r\n`, 404, "not-found"],
    ["another method", `DELETE /tips/${id} HTTP/1.1\r\n${CLOSE}\r\n`, 405, "method-not-allowed"],
    ["a question for the methods of a page", `OPTIONS /en/ HTTP/1.1\r\n${CLOSE}\r\n`, 405, "method-not-allowed"],
    ["no media type", `PUT /tips/${id}/parts/1 HTTP/1.1\r\n${CLOSE}content-length: 1\r\n\r\nx`, 415, "wrong-media-type"],
    ["a form", `POST /tips/${id} HTTP/1.1\r\n${CLOSE}content-type: text/plain\r\ncontent-length: 1\r\n\r\nx`, 415, "wrong-media-type"],
    [
      "an announced body that is too large",
      `PUT /tips/${id}/parts/1 HTTP/1.1\r\n${CLOSE}content-type: application/octet-stream\r\ncontent-length: 524289\r\n\r\n`,
      413,
      "part-too-large",
    ],
    [
      "a completion that is too large",
      `POST /tips/${id} HTTP/1.1\r\n${CLOSE}content-type: application/json\r\ncontent-length: 1025\r\n\r\n`,
      400,
      "bad-request",
    ],
    ["an expectation", `PUT /tips/${id}/parts/1 HTTP/1.1\r\n${CLOSE}expect: magic\r\n\r\n`, 400, "bad-request"],
    ["no HTTP", "HELLO\r\n\r\n", 400, "bad-request"],
    ["another protocol's greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad-request"],
    ["a header without a colon", "GET / HTTP/1.1\r\nhost x\r\n\r\n", 400, "bad-request"],
    ["headers without end", `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 400, "bad-request"],
    ["two lengths", `PUT /tips/${id}/parts/1 HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx`, 400, "bad-request"],
  ] as const)("%s", async (_what, request, status, code) => {
    expectProblem(await raw(request), status, code);
  });

  test("a chunked body that goes on past its limit is cut there", async () => {
    const chunk = `20000\r\n${"z".repeat(0x20000)}\r\n`;
    const head = `PUT /tips/${id}/parts/1 HTTP/1.1\r\n${CLOSE}content-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n`;
    expectProblem(await raw(head + chunk.repeat(4) + "1\r\nz\r\n"), 413, "part-too-large");
  });
});

test("a refused body that still comes is let pass, and the connection goes on", async () => {
  const { hostname, port } = new URL(serving.address);
  const socket = connect(Number(port), hostname);
  let answers = "";
  socket.on("data", (piece) => (answers += piece.toString("utf8")));
  const first =
    "PUT /tips/0123456789abcdef0123456789abcdef/parts/1 HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 3000000\r\n\r\n";
  socket.write(first);
  while (!answers.includes("wrong-media-type")) await new Promise((done) => setTimeout(done, 10));
  socket.write("z".repeat(3_000_000));
  socket.write("GET /page.js HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  await new Promise((done) => socket.on("close", done));
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 415", "HTTP/1.1 200"]);
});

describe("what there is has the same headers", () => {
  test("the page, at / as at /en/", async () => {
    for (const path of ["/", "/en/", "/en/index.html"]) {
      const page = await raw(`GET ${path} HTTP/1.1\r\n${CLOSE}\r\n`);
      expect([page.status, page.headers["content-type"], page.body]).toEqual([
        200,
        "text/html; charset=utf-8",
        "<!doctype html><title>Test page</title>",
      ]);
      expect(fixedOf(page.headers)).toEqual(EXPECTED);
    }
  });

  test("without a Host header too", async () => {
    expect((await raw("GET /page.js HTTP/1.1\r\nconnection: close\r\n\r\n")).status).toBe(200);
  });

  test("an upload, a list of parts and a receipt", async () => {
    const tip = await makeTip(keys.get().program);
    const agent = supertest(serving.address);
    const put = await agent.put(`/tips/${tip.id}/parts/1`).set("content-type", "application/octet-stream").send(Buffer.from(tip.parts[0]!));
    const list = await agent.get(`/tips/${tip.id}/parts`);
    const post = await agent.post(`/tips/${tip.id}`).set("content-type", "application/json").send(Buffer.from(tip.completion).toString());
    expect([put.status, list.status, post.status]).toEqual([204, 200, 200]);
    for (const response of [put, list, post]) {
      expect(fixedOf(response.headers as Record<string, string>)).toEqual(FIXED_HEADERS);
    }
  });
});

describe("/keys.pgp", () => {
  async function served(now: number): Promise<Uint8Array> {
    server.setClock(now);
    try {
      const response = await supertest(serving.address).get("/keys.pgp").buffer(true).responseType("blob");
      return new Uint8Array(response.body as Buffer);
    } finally {
      server.setClock(NOON);
    }
  }

  async function trimmed(...epochs: number[]): Promise<Uint8Array> {
    const { program, rewards } = keys.get();
    const { programBytes, rewardsBytes } = server.context.keys;
    const names = (certificate: typeof program) => epochs.map((epoch) => certificate.epochs[epoch]!.fingerprint);
    return concat(await trimCertificate(programBytes, names(program)), await trimCertificate(rewardsBytes, names(rewards)));
  }

  test("holds the current epoch and the next of both certificates", async () => {
    const { to } = keys.get().program.epochs[2]!;
    expect(await served(NOON)).toEqual(await trimmed(2, 3));
    expect(await served(to * 1000)).toEqual(await trimmed(2, 3, 4));
    expect(await served(to * 1000 + 3 * DAY)).toEqual(await trimmed(3, 4));
  });
});

describe("/log/", () => {
  test("serves what the log holds and nothing else", async () => {
    const { db } = server.context;
    await db.execute("insert into tile (path, bytes) values ('tile/entries/000.p/1', $1), ('policies/00.json', $2)", [
      Uint8Array.of(0, 1, 255),
      Uint8Array.of(123, 125),
    ]);
    await db.execute("insert into log_state (name, value) values ('checkpoint', $1), ('other', $1)", [Buffer.from("signed\n")]);
    const agent = supertest(serving.address);
    const tile = await agent.get("/log/tile/entries/000.p/1").buffer(true).responseType("blob");
    expect([tile.status, tile.headers["content-type"], [...(tile.body as Buffer)]]).toEqual([200, "application/octet-stream", [0, 1, 255]]);
    expect(tile.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const checkpoint = await agent.get("/log/checkpoint");
    expect([checkpoint.text, checkpoint.headers["content-type"]]).toEqual(["signed\n", "text/plain; charset=utf-8"]);
    expect(checkpoint.headers["cache-control"]).toBe("no-store");
    expect((await agent.get("/log/tile/0/000")).headers["cache-control"]).toBe("no-store");
    expect((await agent.get("/log/policies/00.json")).body).toEqual({});
    expect((await agent.get("/log/other")).status).toBe(404);
    expect((await agent.get("/log/")).status).toBe(404);
  });
});

describe("compression", () => {
  test.each([
    ["gzip, deflate, br", true],
    ["br;q=1, GZIP;q=0.5", true],
    ["gzip;q=0", false],
    ["identity", false],
    ["xgzip", false],
    ["", false],
  ])("a browser that names '%s' gets a page file compressed: %s, and the same bytes", async (encodings, compressed) => {
    const plain = await server.app.inject({ url: "/page.js" });
    const answer = await server.app.inject({ url: "/page.js", headers: { "accept-encoding": encodings } });
    expect(answer.headers["content-encoding"]).toBe(compressed ? "gzip" : undefined);
    expect((compressed ? gunzipSync(answer.rawPayload) : answer.rawPayload).equals(plain.rawPayload)).toBe(true);
  });
});
