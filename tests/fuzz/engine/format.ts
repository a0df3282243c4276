/** Targets that are one format of text or bytes: what is accepted is what would have been written. */
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { accepted, sameAgain, type Target } from "./target.ts";

/** A target for a format of bytes. */
export function formatOfBytes<T>(
  parse: (bytes: Uint8Array<ArrayBuffer>) => T,
  format: (value: T) => Uint8Array,
  seeds: () => readonly Uint8Array[],
  longest: number,
): Target {
  return {
    longest,
    seeds,
    run: (input) => {
      const value = accepted(() => parse(input));
      if (value !== undefined) sameAgain(input, format(value));
    },
  };
}

/** A target for a format of text. */
export function formatOfText<T>(
  parse: (text: string) => T,
  format: (value: T) => string,
  seeds: () => readonly string[],
  longest: number,
): Target {
  return {
    longest,
    seeds: () => seeds().map((seed) => new TextEncoder().encode(seed)),
    run: (input) => {
      const text = accepted(() => fromUtf8(input));
      if (text === undefined) return;
      const value = accepted(() => parse(text));
      if (value !== undefined) sameAgain(text, format(value));
    },
  };
}
