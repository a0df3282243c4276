/**
 * The server opens no connection to anywhere. It runs in a network namespace of its own that has nothing but a loopback that is down, is reached over Unix sockets, and does
 * all of its work; afterwards the kernel's counters of that namespace, children included, say that nothing was ever tried.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { FAR_SEALING } from "../crash/server-process.ts";
import { makeTestKeys, makeTestPage, makeTip, type TestKeys, type TestTip } from "../../support/server.ts";

const MAIN = fileURLToPath(new URL("../../../src/server/main.ts", import.meta.url));
/** Only root may make a namespace as it stands; others make one of users around it. */
const APART = process.getuid?.() === 0 ? ["--net"] : ["--user", "--map-current-user", "--net"];
const INTO = process.getuid?.() === 0 ? ["--net"] : ["--user", "--preserve-credentials", "--net"];

let folder: string;
let keys: TestKeys;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-apart-"));
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
  keys = await makeTestKeys(join(folder, "keys"), Date.now());
  await makeTestPage(join(folder, "page"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const socket = () => join(folder, "http.sock");
const environment = () => ({
  PATH: process.env["PATH"] ?? "",
  DATA_DIR: join(folder, "data"),
  KEYS_DIR: join(folder, "keys"),
  PAGE_DIR: join(folder, "page"),
  SOCKET: socket(),
  MIN_FREE_MIB: "0",
  SEAL_AT: FAR_SEALING,
});

function ask(method: string, path: string, type: string, body: Uint8Array): Promise<number> {
  return new Promise((done, failed) => {
    const sending = request({ socketPath: socket(), method, path, headers: { "content-type": type }, agent: false }, (response) => {
      response.resume();
      response.on("end", () => {
        done(response.statusCode ?? 0);
      });
    });
    sending.on("error", failed);
    sending.end(body);
  });
}

async function sendTip(tip: TestTip): Promise<number[]> {
  const put = await ask("PUT", `/tips/${tip.id}/parts/1`, "application/octet-stream", tip.parts[0]!);
  return [put, await ask("POST", `/tips/${tip.id}`, "application/json", tip.completion)];
}

/** What the kernel counted in the namespace of a process: connections begun, datagrams sent, and what had no way out. */
async function tried(pid: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const file of ["snmp", "snmp6"]) {
    const text = await readFile(`/proc/${String(pid)}/net/${file}`, "utf8").catch(() => "");
    if (file === "snmp6") for (const [, name = "", value] of text.matchAll(/^(\S+)\s+(\d+)$/gm)) counts[name] = Number(value);
    const lines = text.split("\n");
    for (let at = 0; file === "snmp" && at + 1 < lines.length; at += 2) {
      const [kind = "", ...names] = (lines[at] ?? "").split(" ");
      const values = (lines[at + 1] ?? "").split(" ").slice(1);
      names.forEach((name, index) => (counts[`${kind}${name}`] = Number(values[index])));
    }
  }
  const watched = ["Tcp:ActiveOpens", "Udp:OutDatagrams", "Ip:OutRequests", "Ip:OutNoRoutes", "Ip6OutNoRoutes", "Udp6OutDatagrams"];
  return Object.fromEntries(watched.map((name) => [name, counts[name] ?? 0]));
}

test("the server and its database work where there is no network, and never try to reach one", async () => {
  const child = spawn("unshare", [...APART, process.execPath, MAIN, "serve", "--json"], {
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr.on("data", (piece: Buffer) => errors.push(piece.toString("utf8")));
  const ended = once(child, "exit") as Promise<[number | null]>;
  const pid = child.pid ?? 0;
  try {
    const first = once(createInterface({ input: child.stdout }), "line") as Promise<[string]>;
    await Promise.race([first, ended.then(() => Promise.reject(new Error(errors.join(""))))]);
    const own = await promisify(execFile)("readlink", ["/proc/self/ns/net", `/proc/${String(pid)}/ns/net`]);
    expect(new Set(own.stdout.trim().split("\n")).size).toBe(2);

    expect(await ask("GET", "/en/", "text/plain", utf8(""))).toBe(200);
    expect(await ask("GET", "/log/checkpoint", "text/plain", utf8(""))).toBe(200);
    expect(await sendTip(await makeTip(keys.program, undefined, Date.now()))).toEqual([204, 200]);
    const inside = (...words: string[]) =>
      promisify(execFile)("nsenter", ["--target", String(pid), ...INTO, process.execPath, ...words], { env: environment() });
    await inside(MAIN, "seal", "--json");
    await inside(MAIN, "status", "--json");
    expect(new Set(Object.values(await tried(pid)))).toEqual(new Set([0]));

    // A program that does try, in the same namespace, is counted.
    await inside("--eval", `require("node:net").connect(9, "192.0.2.1").on("error", () => process.exit(0))`);
    expect(Math.max(...Object.values(await tried(pid)))).toBeGreaterThan(0);
  } finally {
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  }
});
