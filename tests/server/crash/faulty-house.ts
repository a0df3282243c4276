/** A server's folders on a small disk of their own, which a test can fill. Where a disk cannot be mounted (not root), the folders lie where temporary files go. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MIB = 1_048_576;
const DISK_MIB = 1024;

/** A folder with a disk. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes every byte that is free; null where there is no disk of our own. Gives it back when the result is called. */
  readonly fill: (() => Promise<() => Promise<void>>) | null;
  remove(): Promise<void>;
}

/** A new disk in memory. */
export async function mountSmallDisk(): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), "fh-disk-"));
  const mounted = await run("mount", ["-t", "tmpfs", "-o", `size=${String(DISK_MIB)}m`, "firsthand-test", folder]).then(
    () => true,
    () => false,
  );
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
  return {
    folder,
    fill: mounted ? () => fill(join(folder, "filler")) : null,
    remove: async () => {
      if (mounted) await run("umount", ["--lazy", folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fill(path: string): Promise<() => Promise<void>> {
  const file = await open(path, "w");
  try {
    for (let piece = MIB; piece >= 4096; piece /= 2) await writeUntilFull(file, Buffer.alloc(piece));
  } finally {
    await file.close();
  }
  return () => rm(path);
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, zeros: Buffer): Promise<void> {
  try {
    while ((await file.write(zeros)).bytesWritten === zeros.length);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}
