/** A file that somebody named on the command line, or whose bytes the window was given. */
import { readFile } from "node:fs/promises";
import type { Bytes } from "../protocol/bytes.ts";
import { Fault } from "../protocol/errors.ts";

/** A path, or the bytes themselves: what was typed or chosen in the window is in no file of this machine. */
export type InputFile = string | Bytes;

/** Its bytes. @throws {Fault} if it cannot be read. */
export async function readInput(file: InputFile): Promise<Bytes> {
  if (typeof file !== "string") return file;
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Fault("reading a file", cause);
  });
  return new Uint8Array(bytes);
}
