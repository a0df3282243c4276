/**
 * Files that are there whole or not at all, also after the power went: written beside their place, flushed, renamed, and the folder flushed. The name of the
 * file beside is fixed, so what a kill leaves behind is overwritten by the next attempt and never piles up.
 */
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault, Refusal } from "../../protocol/errors.ts";

/** Ending of a file that is being written. Whatever has it was never finished. */
export const UNFINISHED = ".partial";

/**
 * Writes a file durably, mode 0600, over one of the same name.
 * @throws {Fault} if the disk did not take it; then the old file, or none, is still there.
 */
export async function writeDurably(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const unfinished = path + UNFINISHED;
  try {
    const file = await open(unfinished, "w", 0o600);
    try {
      for await (const piece of bytes) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await flushFolder(dirname(path));
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw cause instanceof Fault ? cause : new Fault("writing a file", cause);
  }
}

/** Flushes a file that was written without. */
export async function flushFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes a folder's list of names, so that a rename in it survives the power going. */
export async function flushFolder(path: string): Promise<void> {
  await flushFile(path);
}

/** Renames, then flushes the folder both names are in. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await flushFolder(dirname(to));
}

/**
 * Writes a file that must not be there yet, perhaps on a stick with a simple file system. It has its name only once it is whole.
 * @throws {Refusal} `already-there`. @throws {Fault} if the medium did not take it; then nothing is left.
 */
export async function writeNewFile(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  if ((await stat(path).catch(() => null)) !== null) throw new Refusal("already-there");
  await writeDurably(path, bytes);
}
