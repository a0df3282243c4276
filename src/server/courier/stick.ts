/**
 * Writing a file onto a courier's stick, which may be full, slow, or pulled out at any moment: under a name of its own first, flushed, then renamed.
 * What stands under the right name is whole.
 */
import { open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Bytes, equal, rechunk, type Source } from "../../protocol/bytes.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import type { Progress } from "./progress.ts";
import { isSystemError } from "../store/system-error.ts";

/** Bytes that are handed to the stick at once. */
const PIECE = 1_048_576;

/** Octets of an archive's first header: its first entry begins behind it. */
const HEADER = 512;

/** @throws {Refusal} `no-secure-place` unless `folder` is a folder. */
export async function requireFolder(folder: string): Promise<void> {
  const there = await stat(folder).catch(() => null);
  if (there?.isDirectory() !== true) throw new Refusal("no-secure-place", "a folder for the bundle is needed");
}

/** Bytes that are free in `folder`. */
export async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Refuses if something at `path` is not the bundle with this manifest. @throws {Refusal} `already-there`. */
export async function refuseOther(path: string, manifest: Bytes): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there === null) return;
  if (there.isFile()) {
    const file = await open(path, "r");
    try {
      const start = new Uint8Array(manifest.length);
      const { bytesRead } = await file.read(start, 0, start.length, HEADER);
      if (bytesRead === start.length && equal(start, manifest)) return;
    } finally {
      await file.close();
    }
  }
  throw new Refusal("already-there", "a file with the name of this bundle");
}

/**
 * Writes `name` in `folder`, whole or not at all; replaces a file of that name. `length` is how long it will be, or about that.
 * @throws {Refusal} `stick-full`. @throws {Fault} if the stick failed. In both cases nothing of it is left there.
 */
export async function writeOnto(
  folder: string,
  name: string,
  { bytes, length }: { readonly bytes: Source; readonly length: number },
  progress: Progress,
  step: "writing the bundle" | "writing the backup" = "writing the bundle",
): Promise<void> {
  await removeParts(folder, name);
  if ((await roomIn(folder)) < length) throw new Refusal("stick-full");
  progress(step, 0, length);
  const temporary = join(folder, `${name}.${toHex(randomBytes(4))}.part`);
  try {
    await writeFlushed(temporary, bytes, (done) => {
      progress(step, done, Math.max(done, length));
    });
    progress("naming the bundle");
    await rename(temporary, join(folder, name));
    await flush(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (isSystemError(error, "ENOSPC") || isSystemError(error, "EDQUOT") || isSystemError(error, "EFBIG")) throw new Refusal("stick-full");
    if (isSystemError(error)) throw new Fault(step, error);
    throw error;
  }
}

async function writeFlushed(path: string, bytes: Source, written: (done: number) => void): Promise<void> {
  const file = await open(path, "wx", 0o644);
  try {
    let done = 0;
    for await (const piece of rechunk(bytes, PIECE)) {
      await file.writeFile(piece);
      done += piece.length;
      written(done);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what an export of this bundle that was killed left on the stick. */
async function removeParts(folder: string, name: string): Promise<void> {
  for (const other of await readdir(folder)) {
    if (other.startsWith(`${name}.`) && /^\.[0-9a-f]{8}\.part$/.test(other.slice(name.length)))
      await rm(join(folder, other), { force: true });
  }
}

async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems of sticks cannot flush a folder; the file itself is flushed.
    if (!isSystemError(error, "EINVAL")) throw error;
  } finally {
    await handle.close();
  }
}
