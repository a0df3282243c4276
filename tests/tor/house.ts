/** An instance as it would be installed, by its real commands: ceremony, log key, page, servers on Unix sockets with a database of their own; and the lines of `deploy/tor/torrc`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { newFolder, newReviewMachine, type ReviewMachine } from "../support/review-machine.ts";
import { type RunningServer, serverCommand, startServer } from "../support/server-process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ORIGIN = "tips.test/tor";

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** An instance while tests run. */
export interface House {
  readonly folder: string;
  readonly machine: ReviewMachine;
  /** Of the auditor. */
  readonly policy: string;
  /** A server of its own, on a socket of its own. @returns the socket. */
  serve(words?: readonly string[]): Promise<string>;
  /** A command of the server that must succeed; its JSON. */
  command(...words: string[]): Promise<Record<string, unknown>>;
  /** The review machine's half of a courier's round: what came is read by `review`, what goes back is taken in. */
  carry(review: (tips: readonly { id: string }[]) => Promise<void>): Promise<void>;
  audit(...words: string[]): Promise<Ended>;
  close(): Promise<void>;
}

/** Sets an instance up; nothing serves yet. */
export async function openHouse(): Promise<House> {
  const folder = await newFolder();
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  const machine = await newReviewMachine(ORIGIN, "--keep-days", "0");
  const settings = {
    DATA_DIR: join(folder, "data"),
    KEYS_DIR: join(machine.folder, "public"),
    PAGE_DIR: join(folder, "page"),
    MIN_FREE_MIB: "0",
    // Far from now, so that the timetable seals nothing in between.
    SEAL_AT: new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16),
  };
  const running: RunningServer[] = [];
  const command = async (...words: string[]): Promise<Record<string, unknown>> => {
    const { status, out, err } = await serverCommand([...words, "--json"], settings);
    if (status !== 0) throw new Error(`firsthand ${words.join(" ")}: ${err}`);
    return JSON.parse(out) as Record<string, unknown>;
  };
  const logKey = join(folder, "log.vkey");
  const policy = join(folder, "policy.txt");
  const stick = join(folder, "stick");
  await mkdir(stick);
  await writeFile(logKey, (await serverCommand(["keys", "--log"], settings)).out);
  const built = await run("src/build/main.ts", [], { ...settings, LOG_VKEY: logKey });
  if (built.status !== 0) throw new Error(built.err);
  await writeFile(policy, (await serverCommand(["keys", "--policy"], settings)).out);
  let imports = 0;

  return {
    folder,
    machine,
    policy,
    command,
    serve: async (words = []) => {
      const server = await startServer({ ...settings, SOCKET: join(folder, `${String(running.length + 1)}.sock`) }, words);
      running.push(server);
      return server.address;
    },
    carry: async (review) => {
      const { path } = await command("export", stick);
      await machine.result("import", String(path), "--log-key", logKey);
      await review(((await machine.result("list")) as { tips: { id: string }[] }).tips);
      const outbox = join(stick, `outbox-${String(++imports)}.tar`);
      await machine.result("outbox", outbox);
      await command("import", outbox);
    },
    audit: (...words) => run("src/auditor/main.ts", words),
    close: async () => {
      for (const server of running.reverse()) await server.stop();
    },
  };
}

async function run(program: string, words: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = { PATH: process.env["PATH"] ?? "", ...settings };
  const child = spawn(process.execPath, [join(ROOT, program), ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { status, out, err };
}

/** The lines that an instance is told to give its tor, with this socket and a folder of the test's. */
export async function deployedTorrc(socket: string, file = "torrc"): Promise<string[]> {
  const text = await readFile(join(ROOT, "deploy", "tor", file), "utf8");
  const here = text.replaceAll("/run/firsthand/http.sock", `"${socket}"`).replaceAll("/var/lib/tor/", "FOLDER/");
  return here.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}
