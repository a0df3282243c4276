/**
 * Byte strings: joining, comparing, and integers in network order (big endian, as in RFC 9580 section 3.1 and C2SP tlog-tiles).
 */
import { Refusal } from "./errors.ts";

/** Bytes backed by an ordinary buffer: what WebCrypto and files take. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A stream of bytes in pieces of any lengths, which it does not change after it gave them. Read once; whoever reads it drains it or calls `return`. */
export type Source = AsyncIterable<Uint8Array>;

/** The same bytes under the type {@link Bytes}, without copying. The buffer must not be shared memory. */
export function asBytes(view: Uint8Array): Bytes {
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}

/** All pieces one after another, as a new array. */
export function concat(...pieces: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Whether two byte strings are the same. Not constant in time: for public values only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Order of byte strings, as `Array.prototype.sort` wants it; a prefix comes first. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** `value` (0 to 2^16-1) in two octets. */
export function u16(value: number): Bytes {
  return integer(value, 2);
}

/** `value` (0 to 2^32-1) in four octets. */
export function u32(value: number): Bytes {
  return integer(value, 4);
}

/** `value` (0 to 2^53-1) in eight octets. */
export function u64(value: number): Bytes {
  return integer(value, 8);
}

function integer(value: number, octets: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * octets)) throw new Error("an integer does not fit its field");
  const bytes = new Uint8Array(octets);
  let rest = value;
  for (let index = octets - 1; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/**
 * The unsigned integer in `octets` octets at `offset`.
 * @throws {Refusal} `truncated` if the bytes end before it; `bad-field` if it is above 2^53-1.
 */
export function readInteger(bytes: Uint8Array, offset: number, octets: number): number {
  if (offset + octets > bytes.length) throw new Refusal("truncated");
  let value = 0;
  for (let index = 0; index < octets; index++) value = value * 256 + (bytes[offset + index] ?? 0);
  if (!Number.isSafeInteger(value)) throw new Refusal("bad-field");
  return value;
}

/** A stream of one piece. */
// eslint-disable-next-line @typescript-eslint/require-await -- there is nothing to wait for
export async function* once(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield bytes;
}

/**
 * Pieces of any lengths, cut anew into pieces of exactly `size` bytes; the last may be shorter, and nothing comes of nothing.
 * What leaves shares memory with what came in where nothing had to be put together; else it is the receiver's own, or lies in `memory` (`size` bytes), if that is
 * given, until the next is asked for.
 */
export async function* rechunk(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
  memory?: Bytes,
): AsyncGenerator<Bytes, void, undefined> {
  let pending: Bytes = new Uint8Array(0);
  let filled = 0;
  for await (const piece of source) {
    let at = 0;
    while (at < piece.length) {
      if (filled === 0 && piece.length - at >= size) {
        yield asBytes(piece.subarray(at, at + size));
        at += size;
        continue;
      }
      if (filled === 0) pending = memory ?? new Uint8Array(size);
      const take = Math.min(size - filled, piece.length - at);
      pending.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === size) {
        yield pending;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield pending.slice(0, filled);
}

/**
 * A whole stream in memory.
 * @throws {Refusal} `too-large` as soon as more than `limit` bytes came.
 */
export async function collect(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limit: number): Promise<Bytes> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > limit) throw new Refusal("too-large");
    pieces.push(piece);
  }
  return concat(...pieces);
}
