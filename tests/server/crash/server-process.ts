/** The real command `firsthand` as processes of their own, and the PostgreSQL they start, for tests that kill them. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environmentOf } from "../courier/keeper-fixture.ts";

const MAIN = fileURLToPath(new URL("../../../src/server/main.ts", import.meta.url));

/** A sealing time half a day away from now: by the real clock, the timetable stays out of these tests. */
export const FAR_SEALING = `${String((new Date().getUTCHours() + 12) % 24).padStart(2, "0")}:30`;

/** What a command did. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command over a station's folder. `flags` are Node's own. */
export function start(
  folder: string,
  words: readonly string[],
  more: Record<string, string> = {},
  flags: readonly string[] = [],
): ChildProcess {
  return spawn(process.execPath, [...flags, MAIN, ...words], {
    env: { PATH: process.env["PATH"] ?? "", ...environmentOf(folder), SEAL_AT: FAR_SEALING, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a command to its end. */
export async function command(folder: string, words: readonly string[], more: Record<string, string> = {}): Promise<Outcome> {
  const child = start(folder, words, more);
  const out: string[] = [];
  const err: string[] = [];
  child.stdout?.on("data", (piece: Buffer) => out.push(piece.toString("utf8")));
  child.stderr?.on("data", (piece: Buffer) => err.push(piece.toString("utf8")));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: out.join(""), stderr: err.join("") };
}

/** A server that serves. */
export interface RunningServer {
  readonly address: string;
  readonly child: ChildProcess;
}

/** Starts `firsthand serve`, with more words and settings, and waits until it says where. */
export async function startServer(
  folder: string,
  words: readonly string[] = [],
  more: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<RunningServer> {
  const child = start(folder, ["serve", "--json", ...words], more, flags);
  const errors: string[] = [];
  child.stderr?.on("data", (piece: Buffer) => errors.push(piece.toString("utf8")));
  if (child.stdout === null) throw new Error("the output is a pipe");
  for await (const line of createInterface({ input: child.stdout })) {
    const { address } = JSON.parse(line) as { address: string };
    return { address, child };
  }
  throw new Error(`the server did not start: ${errors.join("")}`);
}

/** Kills a process and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Kills all of the PostgreSQL of a station's data folder: the first process and every one it started. */
export async function killPostgres(folder: string): Promise<void> {
  const first = await postmasterOf(folder);
  const all = [first, ...(await childrenOf(first))];
  for (const pid of all) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // gone by itself in the meantime
    }
  }
}

/** Id of the first process of the PostgreSQL of a station's data folder. @throws if there is none. */
export async function postmasterOf(folder: string): Promise<number> {
  const data = join(folder, "data");
  const place = await readFile(join(data, "postgres.place"), "utf8").catch(() => null);
  const cluster = place === null ? join(data, "postgres", "cluster") : join("/var/lib/firsthand", place, "cluster");
  return Number((await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n")[0]);
}

async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) children.push(Number(name));
  }
  return children;
}
