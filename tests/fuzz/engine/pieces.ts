/** Streams as a network gives them: in pieces. */
import type { Bytes } from "../../../src/protocol/bytes.ts";

/** The bytes in pieces of `length`, the last shorter; copies. */
// eslint-disable-next-line @typescript-eslint/require-await -- an asynchronous source
export async function* inPieces(bytes: Bytes, length: number): AsyncGenerator<Bytes, void, undefined> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length);
}
