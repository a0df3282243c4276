/** A file that somebody named on the command line. */
import { readFile } from "node:fs/promises";
import type { Bytes } from "../protocol/bytes.ts";
import { Fault } from "../protocol/errors.ts";

/** Its bytes. @throws {Fault} if it cannot be read. */
export async function readInput(file: string): Promise<Bytes> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Fault("reading a file", cause);
  });
  return new Uint8Array(bytes);
}
