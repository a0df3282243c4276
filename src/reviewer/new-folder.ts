/** A folder that appears whole or not at all, and never over one that is there. */
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Fault, Refusal } from "../protocol/errors.ts";
import { flushFolder } from "./casebook/durable-file.ts";

/**
 * Fills a folder beside `folder` by `fill`, then gives it that name. `folder` must not exist or be empty; mode 0700.
 * @throws {Refusal} `already-there`, and whatever `fill` throws. @throws {Fault} if the disk did not take it. Nothing is left in either case.
 */
export async function makeFolder<T>(folder: string, fill: (work: string) => Promise<T>): Promise<T> {
  const place = resolve(folder);
  await refuseOccupied(place);
  let work: string | undefined;
  try {
    await mkdir(dirname(place), { recursive: true });
    work = await mkdtemp(`${place}.unfinished-`);
    const result = await fill(work);
    await flushFolder(work);
    await rename(work, place);
    await flushFolder(dirname(place));
    return result;
  } catch (error) {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
    if (!isSystemError(error)) throw error;
    if (error.code === "ENOTEMPTY" || error.code === "EEXIST" || error.code === "ENOTDIR") throw new Refusal("already-there");
    throw new Fault("writing a folder", error);
  }
}

async function refuseOccupied(place: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(place);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return;
    if (isSystemError(error) && error.code === "ENOTDIR") throw new Refusal("already-there");
    throw new Fault("looking at a folder", error);
  }
  if (names.length > 0) throw new Refusal("already-there");
}

/** Whether the operating system said no. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
