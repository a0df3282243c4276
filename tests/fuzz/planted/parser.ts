/** A parser with a fault behind a word, a number and a length: not one in 2^64 random inputs reaches it. */
import { Refusal } from "../../../src/protocol/errors.ts";

/** @throws {Refusal} mostly; a bug on one kind of input. */
export function parsePlanted(bytes: Uint8Array): void {
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "tip!") throw new Refusal("bad-tip");
  const number = (bytes[4] ?? 0) * 256 + (bytes[5] ?? 0);
  if (number !== 51_966) throw new Refusal("bad-field");
  if (bytes.length < 12) throw new Refusal("truncated");
  throw new Error("planted");
}
