/** Reading bodies off a real connection: limits, breaking off, and senders that stop sending. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { readBody, readPieces } from "../../../src/server/intake/body.ts";

const HEAD = "PUT / HTTP/1.1\r\nhost: x\r\n";

const WAYS: [name: string, read: (message: IncomingMessage, window: number) => Promise<Bytes>][] = [
  ["whole", (message, window) => readBody(message, 10, "too-large", { window })],
  [
    "whole into memory that is there",
    (message, window) => readBody(message, 10, "too-large", { window, memory: new Uint8Array(10).fill(7) }),
  ],
  [
    "whole, longer than the memory that is there",
    (message, window) => readBody(message, 10, "too-large", { window, memory: new Uint8Array(3) }),
  ],
  ["in pieces", (message, window) => collect(readPieces(message, 10, window), 10)],
];

describe.each(WAYS)("a body that is read %s", (_name, read) => {
  let server: Server;
  let socket: Socket;
  let outcome: Promise<string>;
  let window: number;

  beforeEach(async () => {
    window = 60_000;
    let tell: (what: string) => void;
    outcome = new Promise((done) => (tell = done));
    server = createServer((message) => {
      read(message, window).then(
        (body) => {
          tell(fromUtf8(body));
        },
        (error: unknown) => {
          tell(error instanceof Refusal ? error.code : "another error");
        },
      );
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
  });
  afterEach(async () => {
    socket.destroy();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  test("reads a body of the limit's length, whole or in chunks", async () => {
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n`);
    expect(await outcome).toBe("abcdefghij");
  });

  test("reads nothing of a body that is announced too large", async () => {
    socket.write(`${HEAD}content-length: 11\r\n\r\n`);
    expect(await outcome).toBe("too-large");
  });

  test("stops at the limit when the length was not announced", async () => {
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n`);
    expect(await outcome).toBe("too-large");
  });

  test("lets go who hangs up in the middle", async () => {
    socket.write(`${HEAD}content-length: 10\r\n\r\nabc`, () => socket.resetAndDestroy());
    expect(await outcome).toBe("bad-request");
  });

  test("lets go who ends the connection in the middle", async () => {
    socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nab`);
    expect(await outcome).toBe("bad-request");
  });

  test("lets go who stops sending", async () => {
    window = 50;
    socket.write(`${HEAD}content-length: 10\r\n\r\nabc`);
    expect(await outcome).toBe("too-slow");
  });

  test("reckons the rate over a window, so that a drop now and then does not keep a connection", async () => {
    window = 100;
    socket.write(`${HEAD}content-length: 10\r\n\r\na`);
    const drops = setInterval(() => socket.write("a"), 60);
    try {
      expect(await outcome).toBe("too-slow");
    } finally {
      clearInterval(drops);
    }
  });
});
