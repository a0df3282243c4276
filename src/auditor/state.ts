/**
 * What an auditor remembers: the last checkpoint it saw of each log, as signed. Owner of its folder. A log that later shows another history is caught by it,
 * and the two signed checkpoints together prove it.
 */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { asBytes, type Bytes } from "../protocol/bytes.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { toHex, utf8 } from "../protocol/encoding.ts";
import { Fault } from "../protocol/errors.ts";

function pathOf(folder: string, origin: string, ending: string): string {
  return join(folder, `${toHex(sha256(utf8(origin))).slice(0, 32)}.${ending}`);
}

/** The signed checkpoint seen last, or null. @throws {Fault}. */
export async function lastSeen(folder: string, origin: string): Promise<Bytes | null> {
  try {
    return asBytes(await readFile(pathOf(folder, origin, "checkpoint")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new Fault(`reading the last seen checkpoint in ${folder}`, error);
  }
}

/** Remembers a signed checkpoint, also over a power cut. @throws {Fault}. */
export function rememberSeen(folder: string, origin: string, note: Bytes): Promise<void> {
  return writeDurably(folder, pathOf(folder, origin, "checkpoint"), note);
}

/** Keeps a signed checkpoint that contradicts the one seen last, beside it, as proof. Returns its path. @throws {Fault}. */
export async function keepConflict(folder: string, origin: string, note: Bytes): Promise<string> {
  const path = pathOf(folder, origin, `conflict-${toHex(sha256(note)).slice(0, 16)}`);
  await writeDurably(folder, path, note);
  return path;
}

async function writeDurably(folder: string, path: string, bytes: Bytes): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fresh = `${path}.${String(process.pid)}.new`;
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    throw new Fault(`writing to ${folder}`, error);
  }
}
