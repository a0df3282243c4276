/**
 * Reading a chosen file, slice by slice.
 *
 * Not by `stream()`: its readers take half the processor time, but in Chromium a read sometimes never ends (seen in 2 of 36 readings of 64 MiB with Chromium 156):
 * the browser forgets a stream that only a waiting reader holds. A witness's tip must not stop like that.
 */
import type { Bytes } from "../protocol/bytes.ts";

/** Bytes read at once: several parts, because each slice costs a way through other processes. */
const SLICE = 4_194_304;

/** The device does not give the file (any more): it was deleted or changed, or its medium is gone. Browsers say so by different errors. */
export class FileUnreadable extends Error {
  constructor(cause: unknown) {
    super("A file cannot be read.", { cause });
    this.name = "FileUnreadable";
  }
}

/** The file's bytes. @throws {FileUnreadable}. */
export async function* bytesOf(file: Blob): AsyncGenerator<Bytes, void, undefined> {
  for (let at = 0; at < file.size; at += SLICE) yield await read(file.slice(at, at + SLICE));
}

async function read(slice: Blob): Promise<Bytes> {
  try {
    return new Uint8Array(await slice.arrayBuffer());
  } catch (error) {
    throw new FileUnreadable(error);
  }
}
