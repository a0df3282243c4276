/**
 * Tiles, C2SP tlog-tiles: a log as a tree of files that never change.
 *
 * - `tile/<L>/<N>`: 256 hashes of 32 bytes at tile level L (tree level 8·L), from hash 256·N.
 * - `tile/<L>/<N>.p/<W>`: only the first W (1 to 255) of them, while there are no more.
 * - `tile/entries/<N>[.p/<W>]`: the entries themselves, each `u16 length ‖ bytes`.
 *
 * N is written in groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`.
 */
import { type Bytes, concat, readInteger, u16 } from "../bytes.ts";
import { Refusal } from "../errors.ts";

/** Hashes, or entries, in a full tile. */
export const TILE_WIDTH = 256;
/** Bytes in a hash. */
export const HASH_LENGTH = 32;
/** Bytes in an entry at most: its length has two octets. */
const LONGEST_ENTRY = 65_535;

/** Tile level 0 to 6, or the entries. */
export type TileLevel = number | "entries";

/** Which tile. */
export interface TileName {
  readonly level: TileLevel;
  readonly index: number;
  /** 1 to 256; 256 is a full tile. */
  readonly width: number;
}

/** Path of a tile below the log's address. Level 0 to 6, index 0 to 2^53-1, width 1 to 256; anything else is a bug. */
export function tilePath(level: TileLevel, index: number, width = TILE_WIDTH): string {
  if (level !== "entries" && !(Number.isInteger(level) && level >= 0 && level <= 6)) throw new Error("a tile's level is out of range");
  if (!Number.isSafeInteger(index) || index < 0) throw new Error("a tile's index is out of range");
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) throw new Error("a tile's width is out of range");
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.{3}/g) ?? [];
  const number = groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${String(level)}/${number}${width === TILE_WIDTH ? "" : `.p/${String(width)}`}`;
}

/** The tile with this path. @throws {Refusal} `bad-tile` if `tilePath` would not have written it. */
export function parseTilePath(path: string): TileName {
  const match = /^tile\/(entries|[0-6])\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (match === null) throw new Refusal("bad-tile", "path");
  const level = match[1] === "entries" ? "entries" : Number(match[1]);
  const index = Number((match[2] ?? "").replaceAll(/[x/]/g, ""));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  if (!Number.isSafeInteger(index) || width > TILE_WIDTH || tilePath(level, index, width) !== path) throw new Refusal("bad-tile", "path");
  return { level, index, width };
}

/** An entries tile of 1 to 256 entries, each at most 65,535 bytes. */
export function formatEntries(leaves: readonly Uint8Array[]): Bytes {
  if (leaves.length < 1 || leaves.length > TILE_WIDTH) throw new Error("an entries tile has 1 to 256 entries");
  const pieces: Uint8Array[] = [];
  for (const leaf of leaves) {
    if (leaf.length > LONGEST_ENTRY) throw new Error("an entry is too long");
    pieces.push(u16(leaf.length), leaf);
  }
  return concat(...pieces);
}

/** The entries of an entries tile that holds exactly `count`. @throws {Refusal} `bad-tile`. */
export function parseEntries(bytes: Bytes, count: number): Bytes[] {
  const entries: Bytes[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === count || at + 2 > bytes.length) throw new Refusal("bad-tile", "entries");
    const length = readInteger(bytes, at, 2);
    at += 2;
    if (at + length > bytes.length) throw new Refusal("bad-tile", "entries");
    entries.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (entries.length !== count) throw new Refusal("bad-tile", "entries");
  return entries;
}
