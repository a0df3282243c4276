/** The review machine's real command in processes of its own, and folders to compare before and after. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/reviewer/main.ts", import.meta.url));

/** How a command ended. */
export interface Ended {
  /** Exit status; `null` if it was killed. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

const folders: string[] = [];

// Importing this module is enough: what a test file made goes when it is done.
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A fresh folder of this test file's own; removed after its last test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-review-"));
  folders.push(folder);
  return folder;
}

/** Starts the command; `input` is what is typed. */
export function startReviewer(args: readonly string[], input = ""): { process: ChildProcess; ended: Promise<Ended> } {
  const process_ = spawn(process.execPath, [MAIN, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  process_.stdin.on("error", () => undefined);
  process_.stdin.end(input);
  const closed = new Promise<number | null>((resolve, reject) => {
    process_.once("error", reject);
    process_.once("close", resolve);
  });
  const ended = Promise.all([closed, text(process_.stdout), text(process_.stderr)]).then(([status, out, err]) => ({ status, out, err }));
  return { process: process_, ended };
}

/** Runs the command to its end. */
export function reviewer(args: readonly string[], input = ""): Promise<Ended> {
  return startReviewer(args, input).ended;
}

/** A review machine after its ceremony. */
export interface ReviewMachine {
  /** Folder of the ceremony. */
  readonly folder: string;
  readonly casebook: string;
  /** Runs a command on its casebook. */
  run(...args: string[]): Promise<Ended>;
  /** Runs a command that must succeed and returns its JSON. */
  result(...args: string[]): Promise<Record<string, unknown>>;
  /** Starts a command on its casebook. */
  start(...args: string[]): ReturnType<typeof startReviewer>;
  /** A file of the public folder. */
  publicFile(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Holds a demo ceremony for two weeks from today in a new folder: on a machine that has a network, only such a casebook opens. */
export async function newReviewMachine(origin: string, ...options: string[]): Promise<ReviewMachine> {
  const folder = join(await newFolder(), "ceremony");
  const made = await reviewer(["ceremony", folder, "--origin", origin, "--epochs", "2", "--demo", ...options]);
  if (made.status !== 0) throw new Error(made.err);
  return reviewMachineIn(folder);
}

/** The review machine of a ceremony of one card. */
export function reviewMachineIn(folder: string): ReviewMachine {
  const casebook = join(folder, "casebook");
  const usual = ["--casebook", casebook, "--shares", join(folder, "cards", "card-1-of-1.txt")];
  const run = (...args: string[]): Promise<Ended> => reviewer([...args, ...usual]);
  return {
    folder,
    casebook,
    run,
    result: async (...args) => {
      const { status, out, err } = await run(...args, "--json");
      if (status !== 0) throw new Error(`${args.join(" ")}: ${err}`);
      return JSON.parse(out) as Record<string, unknown>;
    },
    start: (...args) => startReviewer([...args, ...usual]),
    publicFile: async (name) => new Uint8Array(await readFile(join(folder, "public", name))),
  };
}

/** Every path below a folder with its kind, mode and content's hash: two equal listings are the same folder byte for byte. */
export async function listingOf(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const { mode, size } = await lstat(join(folder, name));
    const isFile = (mode & 0o170000) === 0o100000;
    const hash = isFile
      ? createHash("sha256")
          .update(await readFile(join(folder, name)))
          .digest("hex")
      : "";
    lines.push(`${name} ${mode.toString(8)} ${isFile ? String(size) : ""} ${hash}`);
  }
  return lines;
}
