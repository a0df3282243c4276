/** Files as this program reads and writes them: read whole, written new, durable when it returns, and never over one that is there. */
import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Bytes } from "../protocol/bytes.ts";
import { Fault, Refusal } from "../protocol/errors.ts";

/** Its bytes. @throws {Fault} if it cannot be read. */
export async function readWhole(file: string): Promise<Bytes> {
  const bytes = await readFile(file === "-" ? "/dev/stdin" : file).catch((cause: unknown) => {
    throw new Fault("reading a file", cause);
  });
  return new Uint8Array(bytes);
}

/**
 * Writes a file that is not there yet, mode 0600. Of several that try at once one succeeds.
 * @throws {Refusal} `already-there`. @throws {Fault} if the disk did not take it.
 */
export async function writeNew(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const made = await open(file, "wx", 0o600);
    try {
      await made.writeFile(bytes);
      await made.sync();
    } finally {
      await made.close();
    }
    const folder = await open(dirname(file), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw new Refusal("already-there");
    throw new Fault("writing a file", cause);
  }
}
