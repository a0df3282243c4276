/** Reading bodies off a real connection: limits, breaking off, and senders that stop sending. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { readBody } from "../../../src/server/intake/body.ts";

let server: Server;
let socket: Socket;
let outcome: Promise<string>;
let window: number;

beforeEach(async () => {
  window = 60_000;
  let tell: (what: string) => void;
  outcome = new Promise((done) => (tell = done));
  server = createServer((message) => {
    readBody(message, 10, "part-too-large", window).then(
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

const HEAD = "PUT / HTTP/1.1\r\nhost: x\r\n";

test("reads a body of the limit's length, whole or in chunks", async () => {
  socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n`);
  expect(await outcome).toBe("abcdefghij");
});

test("reads nothing of a body that is announced too large", async () => {
  socket.write(`${HEAD}content-length: 11\r\n\r\n`);
  expect(await outcome).toBe("part-too-large");
});

test("stops at the limit when the length was not announced", async () => {
  socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n`);
  expect(await outcome).toBe("part-too-large");
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
