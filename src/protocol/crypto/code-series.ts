/**
 * A small file as a series of codes that a camera reads and prints show: for sites that let no stick come back. Specification section 9. One code is one line,
 *
 *     FIRSTHAND:1:<number>/<of>:<series>:<part>
 *
 * number and of are decimal, from 1; series is the first 8 bytes of SHA-256 of the whole data, 16 digits; part is base32 (RFC 4648 section 6, without padding) of 500 bytes, the last
 * of fewer. All of it is in the alphabet that QR codes write in 5.5 bits a letter. The codes may be read in any order and more than once. Series is against mistakes; who made
 * the data is for whoever reads it to check.
 */
import { type Bytes, concat } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { sha256 } from "./hash.ts";

/** Bytes in a code. */
const PART_LENGTH = 500;
/** Most codes: more than that nobody holds a camera to. */
const MOST_CODES = 99;
/** Longest data, bytes. */
export const LONGEST_SERIES = PART_LENGTH * MOST_CODES;
/** Longest text of scanned codes, UTF-16 units: each code scanned twenty times. */
export const LONGEST_SCAN = 2_000_000;

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CODE = /^FIRSTHAND:1:([1-9][0-9]?)\/([1-9][0-9]?):([0-9A-F]{16}):([A-Z2-7]{1,800})$/;

/** The codes for `data`, in order. @throws {Refusal} `too-large`; `truncated` if there is nothing. */
export function formatCodes(data: Uint8Array): string[] {
  if (data.length > LONGEST_SERIES) throw new Refusal("too-large", "codes");
  if (data.length === 0) throw new Refusal("truncated", "codes");
  const total = Math.ceil(data.length / PART_LENGTH);
  const series = seriesOf(data);
  return Array.from({ length: total }, (_, index) => {
    const part = data.subarray(index * PART_LENGTH, (index + 1) * PART_LENGTH);
    return `FIRSTHAND:1:${String(index + 1)}/${String(total)}:${series}:${toBase32(part)}`;
  });
}

/**
 * The data of codes, each on a line, as programs that scan write them. Lines may be empty, come twice, and begin with the name that zbar puts before a code.
 * @throws {Refusal} `bad-codes` if a line is no code or codes are of two series; `codes-missing` with their numbers; `too-large`.
 */
export function parseCodes(text: string): Bytes {
  if (text.length > LONGEST_SCAN) throw new Refusal("too-large", "codes");
  const lines = text
    .split("\n")
    .map((line) => line.trim().replace(/^QR-Code:/, ""))
    .filter((line) => line !== "");
  const [first] = lines;
  if (first === undefined) throw new Refusal("bad-codes", "there are none");
  const head = codeOf(first);
  const parts = new Map<number, string>();
  for (const line of new Set(lines)) {
    const { number, total, series, part } = codeOf(line);
    if (total !== head.total || series !== head.series) throw new Refusal("bad-codes", "of two series");
    if ((parts.get(number) ?? part) !== part) throw new Refusal("bad-codes", `two different ones have number ${String(number)}`);
    parts.set(number, part);
  }
  const numbers = Array.from({ length: head.total }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !parts.has(number));
  if (missing.length > 0) throw new Refusal("codes-missing", `${missing.map(String).join(", ")} of ${String(head.total)}`);
  const pieces = numbers.map((number) => fromBase32(parts.get(number) ?? ""));
  const whole = pieces.every(({ length }, index) => length === PART_LENGTH || (index === pieces.length - 1 && length > 0));
  const data = concat(...pieces);
  if (!whole || seriesOf(data) !== head.series) throw new Refusal("bad-codes", "damaged");
  return data;
}

interface Code {
  readonly number: number;
  readonly total: number;
  readonly series: string;
  readonly part: string;
}

function codeOf(line: string): Code {
  const [, number = "", total = "", series = "", part = ""] = CODE.exec(line) ?? [];
  if (number === "" || Number(number) > Number(total)) throw new Refusal("bad-codes", "a line is none");
  return { number: Number(number), total: Number(total), series, part };
}

function seriesOf(data: Uint8Array): string {
  return toHex(sha256(data).subarray(0, 8)).toUpperCase();
}

function toBase32(bytes: Uint8Array): string {
  let text = "";
  let [value, bits] = [0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32.charAt((value >> (bits - 5)) & 31);
  }
  return bits === 0 ? text : text + BASE32.charAt((value << (5 - bits)) & 31);
}

/** Strict: what {@link toBase32} would not have written is refused. */
function fromBase32(text: string): Bytes {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let [value, bits, at] = [0, 0, 0];
  for (const letter of text) {
    value = ((value << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (value >> bits) & 0xff;
  }
  if (toBase32(bytes) !== text) throw new Refusal("bad-codes", "damaged");
  return bytes;
}
