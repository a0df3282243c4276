/**
 * Free disk, as intake and `status` look at it: what is left when everything that waits has been sealed, which writes it once more before it drops the first copy.
 */
import { statfs } from "node:fs/promises";
import type { Context } from "../context.ts";

/** Free bytes of the disk that runs out first: that of DATA_DIR, or of the embedded database less `waiting` bytes. Where a database of one's own lies is not known; it is taken to be DATA_DIR's disk. May be negative. */
export async function freeBytes({ config, clusterFolder }: Pick<Context, "config" | "clusterFolder">, waiting: number): Promise<number> {
  const ofData = await freeOn(config.dataDir);
  return clusterFolder === null ? ofData - waiting : Math.min(ofData, (await freeOn(clusterFolder)) - waiting);
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
