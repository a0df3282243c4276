/** Byte streams for tests. */
import type { Bytes } from "../../src/protocol/bytes.ts";

/** The bytes in pieces of `size` (all at once by default), as often as asked. */
export async function* streamOf(bytes: Uint8Array, size = Math.max(1, bytes.length)): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** `length` bytes that are neither all the same nor secret: a simple counter sequence from `seed`. */
export function patternOf(length: number, seed = 1): Bytes {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = seed; index < length; index++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[index] = state >> 16;
  }
  return bytes;
}
