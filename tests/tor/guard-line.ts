/**
 * What somebody sees who sits between a client and its first relay: a proxy on loopback through which a tor makes its connections (`HTTPSProxy` in its torrc), and which
 * notes the TLS records in both directions. A relay's cell is 514 bytes; what of the traffic is whose, TLS does not say.
 */
import { createServer, connect, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** A TLS record on its way. */
export interface Seen {
  /** Milliseconds, of a clock that only goes on. */
  readonly at: number;
  /** From the client. */
  readonly out: boolean;
  /** Bytes, without the record's head. */
  readonly length: number;
}

/** A line while a test runs. */
export interface GuardLine {
  readonly port: number;
  /** Everything seen so far; grows. */
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** Head of a TLS record: type, version, length. */
const HEAD = 5;

/** Opens a line. */
export async function openGuardLine(): Promise<GuardLine> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => undefined);
    client.once("data", (first: Buffer) => {
      const [, host = "", port = ""] = /^CONNECT ([\d.]+):(\d+) HTTP\/1\.[01]\r\n/.exec(first.toString("latin1")) ?? [];
      const relay = connect({ host, port: Number(port), noDelay: true });
      client.setNoDelay(true);
      sockets.add(relay);
      relay.on("error", () => undefined);
      relay.once("connect", () => {
        client.write("HTTP/1.0 200 OK\r\n\r\n");
        note(client, true, seen);
        note(relay, false, seen);
        client.pipe(relay);
        relay.pipe(client);
      });
      for (const [one, other] of [
        [client, relay],
        [relay, client],
      ] as const) {
        one.once("close", () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Notes the records that come from `socket`. */
function note(socket: Socket, out: boolean, seen: Seen[]): void {
  let head = Buffer.alloc(0);
  let left = 0;
  socket.on("data", (bytes: Buffer) => {
    let rest = bytes;
    while (rest.length > 0) {
      if (left > 0) {
        const taken = Math.min(left, rest.length);
        left -= taken;
        rest = rest.subarray(taken);
        continue;
      }
      const wanted = HEAD - head.length;
      head = Buffer.concat([head, rest.subarray(0, wanted)]);
      rest = rest.subarray(wanted);
      if (head.length < HEAD) continue;
      left = head.readUInt16BE(3);
      seen.push({ at: performance.now(), out, length: left });
      head = Buffer.alloc(0);
    }
  });
}
