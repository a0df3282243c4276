/**
 * Small files that must be whole or absent after a power cut: keys, the last checkpoint.
 *
 * Written to a temporary name in the same folder, flushed, renamed over the old one, and the folder flushed: the order in which POSIX promises that a
 * reader sees the old or the new bytes, never a part.
 */
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Fault } from "../../protocol/errors.ts";
import { isSystemError } from "./system-error.ts";

/**
 * Mode of what a process that only takes tips in has to read. Folders are made for their owner alone, so it lets nobody else in unless the operator opened the folder to a group
 * (deploy/README.md): then intake can be another user than the keeper.
 */
export const FOR_INTAKE_TOO = 0o640;

/**
 * Writes `path` durably, with folders above it (0700) as needed. On return the bytes are on the disk under that name.
 * @throws {Fault} if the disk refuses; the old file is then still there.
 */
export async function writeDurably(path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  await place(path, bytes, mode, (temporary) => rename(temporary, path));
}

/**
 * Writes `path` durably unless it is there: of several processes that do it at once, one wins.
 * @returns what is there now, whole and on the disk.
 * @throws {Fault} if the disk refuses.
 */
export async function writeOnceDurably(path: string, bytes: Bytes, mode = 0o600): Promise<Bytes> {
  await place(path, bytes, mode, async (temporary) => {
    await link(temporary, path).catch((error: unknown) => {
      if (!isSystemError(error, "EEXIST")) throw error;
    });
    await rm(temporary);
  });
  return (await readIfThere(path)) ?? bytes;
}

/** Writes a temporary file and flushes it, lets `name` give it its name, and flushes the folder. */
async function place(path: string, bytes: Uint8Array, mode: number, name: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${toHex(randomBytes(6))}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await name(temporary);
    await flushFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Fault("writing a file durably", cause);
  }
}

/** Removes `path` durably; nothing to do if it is gone. @throws {Fault}. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await flushFolder(dirname(path));
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return;
    throw new Fault("removing a file durably", cause);
  }
}

/** Overwrites `path` with random bytes, then removes it; both are on the disk on return. Nothing to do if it is gone: may be repeated. @throws {Fault}. */
export async function destroyDurably(path: string): Promise<void> {
  const there = await readIfThere(path);
  if (there === null) return;
  try {
    const file = await open(path, "r+");
    try {
      await file.write(randomBytes(there.length), 0, there.length, 0);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new Fault("overwriting a file", cause);
  }
  await removeDurably(path);
}

/** The bytes of a file, or null if there is none. @throws {Fault} on any other trouble. */
export async function readIfThere(path: string): Promise<Bytes | null> {
  try {
    return asBytes(await readFile(path)).slice();
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return null;
    throw new Fault("reading a file", cause);
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
