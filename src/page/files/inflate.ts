/**
 * Deflate (RFC 1951) by the browser's own streams: native code, also where scripts are slow. Wrapped as gzip (RFC 1952), whose trailer makes the browser check
 * CRC-32 and length on the way in, and compute them on the way out.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { Slices, uint, Unreadable } from "./slices.ts";

const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
const GZIP_TRAILER = 8;

/** How much may still be inflated: what is small when packed may be endless when not. */
export class Allowance {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** @throws {Unreadable} `large` when it is used up. */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new Unreadable("large");
  }
}

/** What `packed` holds. @throws {Unreadable} `damaged` if it does not have this checksum and length, `large` past the allowance. */
export function inflated(packed: Blob, crc: number, size: number, allowance: Allowance): AsyncGenerator<Bytes, void, undefined> {
  const trailer = new DataView(new ArrayBuffer(GZIP_TRAILER));
  trailer.setUint32(0, crc, true);
  trailer.setUint32(4, size, true);
  return unpacked(new Blob([GZIP_HEADER, packed, trailer]), "gzip", allowance);
}

/** What a stream of zlib (RFC 1950) holds. @throws {Unreadable} as {@link inflated}. */
export function unzlibbed(packed: Blob, allowance: Allowance): AsyncGenerator<Bytes, void, undefined> {
  return unpacked(packed, "deflate", allowance);
}

async function* unpacked(packed: Blob, format: "gzip" | "deflate", allowance: Allowance): AsyncGenerator<Bytes, void, undefined> {
  const reader = packed.stream().pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (let piece = await pull(reader); piece !== null; piece = await pull(reader)) {
      allowance.spend(piece.length);
      yield piece;
    }
  } finally {
    // A stream that has failed fails again when it is cancelled.
    await reader.cancel().catch(() => undefined);
  }
}

/** The next piece, `null` at the end. What is not deflated data is told by a TypeError. */
async function pull(reader: ReadableStreamDefaultReader<Bytes>): Promise<Bytes | null> {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch (error) {
    if (error instanceof TypeError) throw new Unreadable("damaged");
    throw error;
  }
}

/** Packed data as ZIP has it. */
export interface Deflated {
  readonly data: Blob;
  readonly crc: number;
  readonly size: number;
}

/** Packs what comes. Nothing of it is held but the result. */
export async function deflated(pieces: AsyncGenerator<Bytes, void, undefined>): Promise<Deflated> {
  // Browsers differ in whether a stream's own failure or another one comes out at its end.
  let failure: Error | null = null;
  const source = new ReadableStream<Bytes>({
    pull: async (controller) => {
      try {
        const step = await pieces.next();
        if (step.done === true) controller.close();
        else controller.enqueue(step.value);
      } catch (error) {
        failure = error instanceof Error ? error : new Error("a stream failed");
        controller.error(failure);
      }
    },
    cancel: async () => {
      await pieces.return();
    },
  });
  const packed = await new Response(source.pipeThrough(new CompressionStream("gzip"))).blob().catch((error: unknown) => {
    throw failure ?? error;
  });
  const bytes = new Slices(packed);
  const header = await bytes.bytes(0, GZIP_HEADER.length);
  if (header[3] !== 0) throw new Error("the browser's gzip has a header of another length");
  const end = packed.size - GZIP_TRAILER;
  const trailer = await bytes.bytes(end, GZIP_TRAILER);
  return { data: packed.slice(GZIP_HEADER.length, end), crc: uint(trailer, 0, 4, "little"), size: uint(trailer, 4, 4, "little") };
}
