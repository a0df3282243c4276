/**
 * What an auditor or cosigner remembers: the checkpoints it saw of each log, as signed. Owner of its folder. A log that later shows another history is caught by
 * it, and the two signed checkpoints together prove it.
 *
 *     <hash of the origin>.<number, eight digits>.checkpoint
 *
 * Numbers count from 1; the highest is what was seen last. A new one is made with `link`, which fails if the number is taken: so of two processes that both
 * checked the log against number 7, only one can write number 8, and neither rolls the other back (tlog-witness asks for that). Nothing is ever removed: a number
 * that became free could be taken by a process that is late. A checkpoint has a few hundred bytes, and a log grows about once a day.
 */
import { link, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { asBytes, type Bytes } from "../protocol/bytes.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { toHex, utf8 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { parseNote } from "../protocol/format/note.ts";
import { formatNumber } from "../protocol/format/number.ts";

/** A signed checkpoint and its place among those that were seen. */
export interface Seen {
  readonly note: Bytes;
  /** From 1. */
  readonly number: number;
}

function nameOf(origin: string, ending: string): string {
  return `${toHex(sha256(utf8(origin))).slice(0, 32)}.${ending}`;
}

/** The signed checkpoint seen last, or null. @throws {Fault}. */
export async function lastSeen(folder: string, origin: string): Promise<Seen | null> {
  try {
    const number = Math.max(0, ...(await namesIn(folder)).map((name) => numberOf(name, origin)));
    return number === 0 ? null : { number, note: asBytes(await readFile(join(folder, seenName(origin, number)))) };
  } catch (error) {
    throw new Fault(`reading the last seen checkpoint in ${folder}`, error);
  }
}

function seenName(origin: string, number: number): string {
  return nameOf(origin, `${formatNumber(number)}.checkpoint`);
}

/** The number in a file's name, or 0 if it is no checkpoint of this log. */
function numberOf(name: string, origin: string): number {
  const digits = name.slice(-".checkpoint".length - 8, -".checkpoint".length);
  const number = /^\d{8}$/.test(digits) ? Number(digits) : 0;
  return number > 0 && name === seenName(origin, number) ? number : 0;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

/**
 * Remembers a signed checkpoint as the one after `before`, also over a power cut. Nothing is written if it says the same as that.
 * @throws {Refusal} `another-writer` if somebody else has remembered one since. @throws {Fault}.
 */
export async function rememberSeen(folder: string, origin: string, note: Bytes, before: Seen | null): Promise<void> {
  if (before !== null && parseNote(before.note).text === parseNote(note).text) return;
  const made = await writeNew(folder, seenName(origin, (before?.number ?? 0) + 1), note);
  if (!made) throw new Refusal("another-writer");
}

/** Keeps a signed checkpoint that contradicts the one seen last, beside it, as proof. Returns its path. @throws {Fault}. */
export async function keepConflict(folder: string, origin: string, note: Bytes): Promise<string> {
  const name = nameOf(origin, `conflict-${toHex(sha256(note)).slice(0, 16)}`);
  // Already there means that the same one came again.
  await writeNew(folder, name, note);
  return join(folder, name);
}

/** Writes a file that was not there, whole or not at all. Returns false if there is one. */
async function writeNew(folder: string, name: string, bytes: Bytes): Promise<boolean> {
  const fresh = join(folder, `${name}.${toHex(randomBytes(6))}.new`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      await writeSynced(fresh, bytes);
      await link(fresh, join(folder, name));
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    } finally {
      await rm(fresh, { force: true });
    }
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return true;
  } catch (error) {
    throw new Fault(`writing to ${folder}`, error);
  }
}

async function writeSynced(path: string, bytes: Bytes): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
