/** Strings of a PDF (ISO 32000-2, 7.3.4): in parentheses with escapes, or hexadecimal in angle brackets. */
import type { Bytes } from "../../protocol/bytes.ts";
import { fieldText } from "./findings.ts";
import { latin1 } from "./slices.ts";

/** Most octets of a string that are read. */
const LONGEST = 1_024;

/** A string, and where what it holds begins and ends. */
export interface PdfString {
  /** The first octets of it, read as UTF-16 or UTF-8 if it is marked so, else as Latin. */
  readonly text: string;
  /** Between the brackets: from `from` up to `to`, which is `null` if no end is in sight. Spaces there make an empty string, of either kind. */
  readonly from: number;
  readonly to: number | null;
}

/** The string that begins at `at`, with its bracket. */
export function readString(bytes: Bytes, at: number): PdfString {
  const { octets, to } = bytes[at] === 0x28 ? literal(bytes, at + 1) : hexadecimal(bytes, at + 1);
  return { text: decoded(octets), from: at + 1, to };
}

function decoded(octets: readonly number[]): string {
  const [first, second] = octets;
  const string = Uint8Array.from(octets);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(string);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(string);
  return fieldText(string);
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12 };

function literal(bytes: Bytes, from: number): { octets: number[]; to: number | null } {
  const octets: number[] = [];
  let depth = 1;
  for (let at = from; at < bytes.length; at++) {
    let octet = bytes[at] ?? 0;
    if (octet === 0x5c) {
      const octal = /^[0-7]{1,3}/.exec(latin1(bytes.subarray(at + 1, at + 4)))?.[0];
      const escaped = bytes[++at] ?? 0;
      if (octal !== undefined) {
        octet = Number.parseInt(octal, 8) & 0xff;
        at += octal.length - 1;
      } else if (escaped === 10 || escaped === 13) continue;
      else octet = ESCAPES[String.fromCharCode(escaped)] ?? escaped;
    } else {
      if (octet === 0x28) depth++;
      if (octet === 0x29 && --depth === 0) return { octets, to: at };
    }
    if (octets.length < LONGEST) octets.push(octet);
    else if (at - from > 64 * LONGEST) break;
  }
  return { octets, to: null };
}

function hexadecimal(bytes: Bytes, from: number): { octets: number[]; to: number | null } {
  const near = bytes.subarray(from, from + 64 * LONGEST);
  const end = near.indexOf(0x3e);
  const digits = latin1(near.subarray(0, Math.min(end < 0 ? near.length : end, 4 * LONGEST))).replaceAll(/[^0-9A-Fa-f]/g, "");
  const octets = (digits.match(/../g) ?? []).slice(0, LONGEST).map((pair) => Number.parseInt(pair, 16));
  return { octets, to: end < 0 ? null : from + end };
}
