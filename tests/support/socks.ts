/** The client's side of SOCKS5 (RFC 1928) as far as tests need it: one connection to a name, and what the proxy answered. */
import { connect, type Socket } from "node:net";

/** Tor's own answer with ExtendedErrors: the onion wants a key that this client does not have (prop 304). */
export const AUTHORISATION_MISSING = 0xf4;

/** What came of a connection. */
export interface SocksAnswer {
  /** 0 if the proxy connected. */
  readonly code: number;
  /** To be destroyed by the caller. */
  readonly socket: Socket;
}

/** Asks the proxy at `proxy` (address:port) for a connection to `host`:`port`. `user`: tor keeps what comes under different names on different circuits. */
export async function socksConnect(proxy: string, host: string, port: number, user = "test"): Promise<SocksAnswer> {
  const [address = "", own = ""] = proxy.split(":");
  const socket = connect(Number(own), address);
  const name = Buffer.from(user);
  socket.write(Buffer.from([5, 1, 2]));
  await read(socket, 2);
  socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([1, 0])]));
  await read(socket, 2);
  const wanted = Buffer.from(host);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, wanted.length]), wanted, Buffer.from([port >> 8, port & 255])]));
  const [, code = 1] = await read(socket, 4);
  if (code === 0) await read(socket, 6);
  return { code, socket };
}

/** The next `length` bytes. @throws if the connection ends before. */
function read(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      reject(new Error("the proxy hung up"));
    };
    const look = (): void => {
      const bytes = socket.read(length) as Buffer | null;
      if (bytes === null) return;
      for (const event of ["end", "error", "close"]) socket.off(event, ended);
      socket.off("readable", look);
      resolve(bytes);
    };
    for (const event of ["end", "error", "close"]) socket.on(event, ended);
    socket.on("readable", look);
    look();
  });
}
