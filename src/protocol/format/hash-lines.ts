/**
 * What tlog-proof and tlog-witness have in common: lines of text, the last of them hashes in base64, an empty line, and a signed checkpoint as it stands.
 *
 *     <lines of the format's own>
 *     <base64 of 32 bytes>          0 to 63 times
 *
 *     <signed checkpoint>
 */
import type { Bytes } from "../bytes.ts";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { HASH_LENGTH } from "./tile.ts";

/** A tree of 2^63 leaves needs no more (tlog-witness). */
const MOST_HASHES = 63;
/** A signed note's longest, and the lines before it with entry tiles' longest entry in base64. */
const LONGEST = 1_100_000;

/** Lines of the format's own, hashes, and what follows the empty line. */
export interface LinesBeforeNote {
  readonly own: readonly string[];
  /** Each of 32 bytes. */
  readonly hashes: readonly Bytes[];
  readonly note: Bytes;
}

/** The text. More than 63 hashes, or others than of 32 bytes, are a bug. */
export function formatHashLines({ own, hashes, note }: LinesBeforeNote): Bytes {
  if (hashes.length > MOST_HASHES || hashes.some(({ length }) => length !== HASH_LENGTH))
    throw new Error("a proof has up to 63 hashes of 32 bytes");
  return utf8(`${[...own, ...hashes.map(toBase64)].join("\n")}\n\n${fromUtf8(note)}`);
}

/**
 * The parts of a text whose own lines are as many as `isOwn` says yes to, from the first on. Whether the note is one is not looked at.
 * @throws {Refusal} `bad-proof`.
 */
export function parseHashLines(bytes: Uint8Array, isOwn: (line: string, number: number) => boolean): LinesBeforeNote {
  if (bytes.length > LONGEST) throw new Refusal("bad-proof", "length");
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new Refusal("bad-proof", "encoding");
  }
  const divide = text.indexOf("\n\n");
  if (divide < 0) throw new Refusal("bad-proof", "division");
  const lines = text.slice(0, divide).split("\n");
  let count = 0;
  while (count < lines.length && isOwn(lines[count] ?? "", count)) count++;
  const hashes = lines.slice(count);
  if (hashes.length > MOST_HASHES) throw new Refusal("bad-proof", "hashes");
  return { own: lines.slice(0, count), hashes: hashes.map(hashOf), note: utf8(text.slice(divide + 2)) };
}

function hashOf(line: string): Bytes {
  let hash: Bytes;
  try {
    hash = fromBase64(line);
  } catch {
    throw new Refusal("bad-proof", "hash");
  }
  if (hash.length !== HASH_LENGTH) throw new Refusal("bad-proof", "hash");
  return hash;
}

/** The decimal number after a word and a space, without leading zeros, 0 to 2^53-1; null if the line is anything else. */
export function numberAfter(word: string, line: string): number | null {
  const digits = line.startsWith(`${word} `) ? line.slice(word.length + 1) : "";
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
