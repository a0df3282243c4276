/** Refusing parts while the disk is nearly full: a database that cannot write loses more than the tip that is refused. */
import { statfs } from "node:fs/promises";
import { Refusal } from "../../protocol/errors.ts";

/** How long an answer of the disk is believed, milliseconds. */
const FRESH = 1000;

/** A check that throws {@link Refusal} `server-full` while the disk of `folder` has fewer than `leastBytes` free. */
export function freeSpaceCheck(folder: string, leastBytes: number): () => Promise<void> {
  let lookedAt = -FRESH;
  let free = Infinity;
  return async () => {
    const now = performance.now();
    if (now - lookedAt >= FRESH) {
      lookedAt = now;
      const disk = await statfs(folder);
      free = disk.bavail * disk.bsize;
    }
    if (free < leastBytes) throw new Refusal("server-full");
  };
}
