/**
 * Through a SOCKS5 proxy: everything goes there, names go there unresolved, and nothing goes anywhere else. The proxy is a small real one of this test (RFC 1928,
 * RFC 1929) that knows the one name in its own table, as Tor knows onions.
 */
import { spawn } from "node:child_process";
import dns from "node:dns";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryLog, signerOf } from "../support/memory-log.ts";
import { type LogStory, TODAY, wholeStory } from "./log-story.ts";
import { auditor, Bench } from "./story-on-disk.ts";

const COMMAND = new URL("../../src/auditor/main.ts", import.meta.url).pathname;
const ONION = `${"a".repeat(56)}.onion`;

/** What the proxy was asked for. */
interface Asked {
  readonly kind: "name" | "address";
  readonly target: string;
  readonly user: string | null;
}

interface Proxy {
  readonly port: number;
  readonly asked: Asked[];
  close(): Promise<void>;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that takes connections to `name`:80 to `port` here, and refuses all else. With `password`, only for who knows it. */
async function openProxy(name: string, port: number, password: string | null = null): Promise<Proxy> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    void serveSocks(socket, asked, name, port, password).catch(() => socket.destroy());
  });
  return {
    port: await listen(server),
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveSocks(socket: Socket, asked: Asked[], name: string, port: number, password: string | null): Promise<void> {
  const read = async (length: number): Promise<Buffer> => {
    for (;;) {
      const bytes = socket.read(length) as Buffer | null;
      if (bytes !== null) return bytes;
      await new Promise((resolve, reject) => {
        socket.once("readable", resolve).once("close", reject);
      });
    }
  };
  const [, methods = 0] = await read(2);
  const offered = await read(methods);
  let user: string | null = null;
  const method = password === null ? 0 : 2;
  socket.write(Buffer.of(5, offered.includes(method) ? method : 255));
  if (method === 2) {
    const [, length = 0] = await read(2);
    user = (await read(length)).toString();
    const [secret = 0] = await read(1);
    const right = (await read(secret)).toString() === password;
    socket.write(Buffer.of(1, right ? 0 : 1));
    if (!right) return void socket.end();
  }
  const [, , , type = 0] = await read(4);
  const length = type === 3 ? ((await read(1))[0] ?? 0) : type === 1 ? 4 : 16;
  const address = await read(length);
  const target = `${type === 3 ? address.toString() : address.join(".")}:${String((await read(2)).readUInt16BE())}`;
  asked.push({ kind: type === 3 ? "name" : "address", target, user });
  const known = target === `${name}:80`;
  socket.write(Buffer.of(5, known ? 0 : 4, 0, 1, 0, 0, 0, 0, 0, 0));
  if (!known) return void socket.end();
  const there = connect(port, "127.0.0.1");
  there.on("error", () => socket.destroy());
  there.pipe(socket).pipe(there);
}

let bench: Bench;
let story: LogStory;
let policy: string;
let server: Server;
let port: number;
let requests = 0;
let proxy: Proxy;

beforeAll(async () => {
  bench = await Bench.open();
  story = await wholeStory();
  const log = await story.write();
  policy = await bench.put("policy.txt", story.policy());
  server = createHttpServer((request, response) => {
    requests++;
    const file = log.files.get((request.url ?? "").replace(/^\/log\//, ""));
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  port = await listen(server);
  proxy = await openProxy(ONION, port);
});
beforeEach(() => {
  proxy.asked.length = 0;
  requests = 0;
});
afterAll(async () => {
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
  await bench.close();
});

const through = (at = proxy.port, who = ""): string[] => ["--proxy", `socks5h://${who}127.0.0.1:${String(at)}`];
const verify = (place: string, ...more: string[]) => auditor("verify", place, "--policy", policy, "--today", TODAY, ...more);

describe("an onion", () => {
  test("is reached through the proxy, by name, for everything, and no name is looked up here", async () => {
    const lookups = [vi.spyOn(dns, "lookup"), vi.spyOn(dns, "resolve")];
    const { code, out, error } = await verify(`http://${ONION}`, ...through());
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toContain(`Read at  http://${ONION}/log/`);
    expect(requests).toBeGreaterThan(8);
    expect(new Set(proxy.asked.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ kind: "name", target: `${ONION}:80`, user: null })]),
    );
    // A connection carries several requests.
    expect(proxy.asked.length).toBeLessThan(requests);
    const names = lookups.flatMap((spy) => spy.mock.calls.map(([name]) => name));
    expect(names.filter((name) => name !== "127.0.0.1")).toEqual([]);
    for (const spy of lookups) spy.mockRestore();
  });

  test("is not asked for without a proxy", async () => {
    for (const place of [`http://${ONION}`, `http://${ONION}.`, `http://${ONION.toUpperCase()}/log/`]) {
      const { code, error } = await verify(place);
      expect(code, place).toBe(2);
      expect(error).toContain("--proxy socks5h://127.0.0.1:9050");
    }
  });

  test("may be on a circuit of its own, by a name for the proxy", async () => {
    const strict = await openProxy(ONION, port, "no matter");
    expect((await verify(`http://${ONION}`, ...through(strict.port, "audit-1:no%20matter@"))).code).toBe(0);
    expect(strict.asked.map(({ user }) => user)).toContain("audit-1");
    expect((await verify(`http://${ONION}`, ...through(strict.port, "audit-1:wrong@"))).code).toBe(2);
    await strict.close();
  });

  test("is audited by the program itself, without a word on standard error", async () => {
    const words = ["verify", `http://${ONION}`, "--policy", policy, "--today", TODAY, ...through()];
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, ...words]);
    let error = "";
    child.stderr.on("data", (piece: Buffer) => (error += piece.toString()));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect({ code, error }).toEqual({ code: 0, error: "" });
  });
});

describe("what the proxy does not reach", () => {
  test("is not reached another way, though it could be", async () => {
    for (const place of [`http://127.0.0.1:${String(port)}`, `http://localhost:${String(port)}`, "http://another.example"]) {
      const { code, error } = await verify(place, ...through());
      expect(code, place).toBe(2);
      expect(error).toContain("reading");
    }
    expect(requests).toBe(0);
    expect(proxy.asked.map(({ target }) => target)).toContain("another.example:80");
  });

  test("nor if the proxy is not there", async () => {
    const gone = await openProxy(ONION, port);
    await gone.close();
    expect((await verify(`http://127.0.0.1:${String(port)}`, ...through(gone.port))).code).toBe(2);
    expect(requests).toBe(0);
  });
});

test("a cosigner and a site are reached through the proxy too", async () => {
  const log = new MemoryLog(await signerOf("log.example"));
  await log.append([new Uint8Array(1)]);
  const place = await bench.putLog("small", log.files);
  const trust = await bench.put("small.txt", `#firsthand review ${story.review.vkey.text}\nlog ${log.signer.vkey.text}\nquorum none\n`);
  expect((await auditor("submit", place, "--policy", trust, "--to", `http://${ONION}`)).error).toContain("--proxy");
  expect((await auditor("submit", place, "--policy", trust, "--to", `http://${ONION}`, ...through())).error).toContain("status 404");
  const page = await auditor("page", `http://${ONION}`, "--list", "0".repeat(64), ...through());
  expect(page.out).toContain("page-list-missing");
  expect(proxy.asked.every(({ target }) => target === `${ONION}:80`)).toBe(true);
  expect(proxy.asked.length).toBeGreaterThanOrEqual(2);
});
