/** The server's real command in processes of its own: one that serves, with a database of its own, and the courier's commands beside it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/server/main.ts", import.meta.url));

/** How a command ended. */
export interface ServerEnded {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], settings: Readonly<Record<string, string>>): ChildProcessByStdio<null, Readable, Readable> {
  const env = { PATH: process.env["PATH"] ?? "", ...settings };
  return spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs one of the server's commands to its end. */
export async function serverCommand(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<ServerEnded> {
  const child = start(args, settings);
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { status, out, err };
}

/** A server that serves. */
export interface RunningServer {
  /** `http://host:port`, or the path of its socket. */
  readonly address: string;
  /** Asks it to stop, as Ctrl-C does, and waits. */
  stop(): Promise<number | null>;
}

/** Starts `firsthand serve`, with options if there are `words`, and waits until it says where. @throws if it ends before. */
export async function startServer(settings: Readonly<Record<string, string>>, words: readonly string[] = []): Promise<RunningServer> {
  const child = start(["serve", ...words, "--json"], settings);
  const closed = once(child, "close") as Promise<[number | null]>;
  const errors = text(child.stderr);
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, "line") as Promise<[string]>;
  const line = await Promise.race([first.then(([said]) => said), closed.then(() => null)]);
  if (line === null) throw new Error(`the server did not start: ${await errors}`);
  return {
    address: (JSON.parse(line) as { address: string }).address,
    stop: async () => {
      child.kill("SIGINT");
      const [status] = await closed;
      return status;
    },
  };
}
