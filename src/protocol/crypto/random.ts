/** The one source of randomness: the platform's. Never injected; tests round-trip instead. */
import type { Bytes } from "../bytes.ts";

/** Most bytes WebCrypto gives at once. */
const AT_ONCE = 65_536;

/** `length` random bytes. */
export function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += AT_ONCE) crypto.getRandomValues(bytes.subarray(at, at + AT_ONCE));
  return bytes;
}

/** A uniform integer from 0 to `below`-1. `below` is 1 to 2^32. */
export function randomBelow(below: number): number {
  const limit = Math.floor(2 ** 32 / below) * below;
  for (;;) {
    const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
    if (value < limit) return value % below;
  }
}
