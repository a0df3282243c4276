/**
 * One holder of a thing on this machine at a time, by a file that names the holder.
 *
 * The file holds `<process id> <start time>` as Linux tells them (`/proc/<pid>/stat`, field 22): a process id alone is reused, a process that was
 * killed leaves its file behind. It is made with `link`, which fails if the name is taken and never shows a half-written file. A stale file is moved
 * away under a name of its own first, and put back if it turned out to be somebody else's new one. Rejected: `flock`, which Node does not offer; an
 * abstract socket, which two containers on one volume do not share.
 *
 * Processes in different containers cannot see each other's ids; for them the advisory lock in PostgreSQL (`locks.ts`) holds. Both are taken.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { toHex } from "../../protocol/encoding.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { Refusal } from "../../protocol/errors.ts";
import { isSystemError } from "./system-error.ts";

/** What was taken. */
export interface Held {
  /** Gives it back; repeated calls do nothing. */
  release(): Promise<void>;
}

/** How often a stale file is cleared before giving up: each time somebody else must have come in between. */
const ATTEMPTS = 5;

/**
 * Takes `path` for this process.
 * @throws {Refusal} `another-writer` if a living process has it.
 */
export async function holdAlone(path: string): Promise<Held> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${await thisProcess()}\n`;
  const own = `${path}.${String(process.pid)}-${toHex(randomBytes(6))}`;
  await writeFile(own, mine, { mode: 0o600, flag: "wx" });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(own, path)) return { release: () => giveBack(path, mine) };
      await clearIfStale(path);
    }
    throw new Refusal("another-writer");
  } finally {
    await rm(own, { force: true });
  }
}

/** This process among all that this machine ever runs: `<process id> <start time>`. */
export async function thisProcess(): Promise<string> {
  return `${String(process.pid)} ${(await startTime(process.pid)) ?? "0"}`;
}

/** Whether a process runs on this machine, as far as can be seen from here. `name` as {@link thisProcess} gave it there; anything else runs nowhere. */
export async function runs(name: string): Promise<boolean> {
  const match = /^(\d{1,10}) (\d{1,20})$/.exec(name);
  if (match === null) return false;
  return (await startTime(Number(match[1]))) === match[2];
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
}

async function clearIfStale(path: string): Promise<void> {
  const holder = await textOf(path);
  if (holder === null) return;
  if (holder.endsWith("\n") && (await runs(holder.slice(0, -1)))) throw new Refusal("another-writer");
  const aside = `${path}.stale-${toHex(randomBytes(6))}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return;
    throw error;
  }
  if ((await textOf(aside)) !== holder) await linked(aside, path);
  await rm(aside, { force: true });
}

async function giveBack(path: string, mine: string): Promise<void> {
  if ((await textOf(path)) === mine) await rm(path, { force: true });
}

/** The start time of a process in clock ticks since the machine started, or null if there is no such process or it is a zombie. */
async function startTime(pid: number): Promise<string | null> {
  const stat = await textOf(`/proc/${String(pid)}/stat`);
  if (stat === null) return null;
  // The second field is a name in parentheses that may hold anything; the fields after its last parenthesis are numbers and one letter.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isSystemError(error, "ENOENT") || isSystemError(error, "ESRCH")) return null;
    throw error;
  }
}
