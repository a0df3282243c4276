/**
 * A log as tiles (C2SP tlog-tiles): which tiles an append writes, and hashes and proofs read back from tiles. No storage: the caller reads and writes.
 */
import { asBytes, type Bytes, concat } from "../bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { Refusal } from "../errors.ts";
import { formatEntries, HASH_LENGTH, parseEntries, TILE_WIDTH, type TileLevel, tilePath } from "../format/tile.ts";
import { leafHash, nodeHash, splitPoint } from "./merkle.ts";

/** Where tiles come from. */
export interface TileReader {
  /**
   * The bytes of a tile with exactly `width` hashes or entries. Who keeps only a wider tile with the same index returns its beginning.
   * @throws {Refusal} `not-found` if there is none.
   */
  tile(level: TileLevel, index: number, width: number): Promise<Bytes>;
}

/** A tile to be written at `path` below the log's address. */
export interface NewTile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** Hashes at tile level `level` in a log of `size` entries. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Hashes or entries in tile `index` of `level` in a log of `size` entries; 0 if there is no such tile. */
export function widthOf(level: TileLevel, index: number, size: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, hashesAt(level === "entries" ? 0 : level, size) - index * TILE_WIDTH));
}

/** Every tile of a log of `size` entries: full ones, and the partial one at the right edge of each level. */
export function* tilesOf(size: number): Generator<{ level: TileLevel; index: number; width: number }, void, undefined> {
  const levels: TileLevel[] = ["entries"];
  for (let level = 0; hashesAt(level, size) > 0; level++) levels.push(level);
  for (const level of levels) {
    for (let index = 0, width = widthOf(level, 0, size); width > 0; width = widthOf(level, ++index, size)) yield { level, index, width };
  }
}

/**
 * Tiles that appear when `newLeaves` are appended to a log of `oldSize` entries: full ones and the new partial ones; none if nothing is appended. Old
 * partial tiles stay valid: they belong to older checkpoints. `reader` is asked for the old partial tiles only.
 */
export async function newTiles(oldSize: number, newLeaves: readonly Bytes[], reader: TileReader): Promise<NewTile[]> {
  if (newLeaves.length === 0) return [];
  const newSize = oldSize + newLeaves.length;
  const tiles: NewTile[] = [];

  const { start, kept } = await edge("entries", oldSize, reader);
  const entries = [...(kept === null ? [] : parseEntries(kept, oldSize - start)), ...newLeaves];
  for (let at = 0; at < entries.length; at += TILE_WIDTH) {
    const some = entries.slice(at, at + TILE_WIDTH);
    tiles.push({ path: tilePath("entries", (start + at) / TILE_WIDTH, some.length), bytes: formatEntries(some) });
  }

  let fresh: readonly Bytes[] = newLeaves.map(leafHash);
  for (let level = 0; fresh.length > 0; level++) {
    const { start: from, kept: before } = await edge(level, oldSize, reader);
    const hashes = [...(before === null ? [] : hashesOf(before, hashesAt(level, oldSize) - from)), ...fresh];
    const above: Bytes[] = [];
    for (let at = 0; at < hashes.length; at += TILE_WIDTH) {
      const some = hashes.slice(at, at + TILE_WIDTH);
      tiles.push({ path: tilePath(level, (from + at) / TILE_WIDTH, some.length), bytes: concat(...some) });
      if (some.length === TILE_WIDTH) above.push(fullTileHash(some));
    }
    if (from + hashes.length !== hashesAt(level, newSize)) throw new Error("a log's tiles do not add up");
    fresh = above;
  }
  return tiles;
}

/** The partial tile at the right edge of a level, and the place of its first hash. */
async function edge(level: TileLevel, size: number, reader: TileReader): Promise<{ start: number; kept: Bytes | null }> {
  const count = hashesAt(level === "entries" ? 0 : level, size);
  const index = Math.floor(count / TILE_WIDTH);
  const width = count % TILE_WIDTH;
  return { start: index * TILE_WIDTH, kept: width === 0 ? null : await reader.tile(level, index, width) };
}

/** The hashes of a tile of exactly `width`. @throws {Refusal} `bad-tile` if the length is another. */
export function hashesOf(tile: Bytes, width: number): Bytes[] {
  if (tile.length !== width * HASH_LENGTH) throw new Refusal("bad-tile", "length");
  return Array.from({ length: width }, (_, place) => tile.subarray(place * HASH_LENGTH, (place + 1) * HASH_LENGTH));
}

/** Root of a perfect subtree; the number of hashes is a power of two. */
export function fullTileHash(hashes: readonly Bytes[]): Bytes {
  let level = hashes;
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at] ?? NONE, level[at + 1] ?? NONE));
    level = above;
  }
  return level[0] ?? NONE;
}
const NONE = new Uint8Array(HASH_LENGTH);

/** Root of the first `size` entries, from tiles that belong to a log of that size. @throws {Refusal} `bad-tile`, `not-found`. */
export async function treeHash(size: number, reader: TileReader): Promise<Bytes> {
  return size === 0 ? sha256() : rangeHash(0, size, new KeptTiles(size, reader));
}

/** RFC 6962 section 2.1.1: the proof that entry `index` is in the log of `size` entries, from the leaf upwards. */
export async function inclusionProof(index: number, size: number, reader: TileReader): Promise<Bytes[]> {
  if (!(index >= 0 && index < size)) throw new Error("there is no such entry");
  const tiles = new KeptTiles(size, reader);
  const proof: Bytes[] = [];
  for (let [low, high] = [0, size]; high - low > 1;) {
    const split = low + splitPoint(high - low);
    // From the root downwards here; turned round below.
    proof.push(index < split ? await rangeHash(split, high, tiles) : await rangeHash(low, split, tiles));
    [low, high] = index < split ? [low, split] : [split, high];
  }
  return proof.reverse();
}

/** RFC 6962 section 2.1.2: the proof that the log of `newSize` entries begins with the log of `oldSize`. Empty if equal or if the old one is empty. */
export async function consistencyProof(oldSize: number, newSize: number, reader: TileReader): Promise<Bytes[]> {
  if (!(oldSize >= 0 && oldSize <= newSize)) throw new Error("the old size is the smaller one");
  if (oldSize === 0 || oldSize === newSize) return [];
  const tiles = new KeptTiles(newSize, reader);
  const proof: Bytes[] = [];
  let [low, high] = [0, newSize];
  while (high !== oldSize) {
    const split = low + splitPoint(high - low);
    proof.push(oldSize <= split ? await rangeHash(split, high, tiles) : await rangeHash(low, split, tiles));
    [low, high] = oldSize <= split ? [low, split] : [split, high];
  }
  // The old tree ends where a subtree of the new one ends. If that is the whole old tree, its root is known.
  if (low !== 0) proof.push(await rangeHash(low, high, tiles));
  return proof.reverse();
}

/** Hash of the subtree over the entries from `low` to before `high`: a subtree that RFC 6962's divisions arrive at. */
async function rangeHash(low: number, high: number, tiles: KeptTiles): Promise<Bytes> {
  const split = high - low > 1 ? splitPoint(high - low) : 0;
  if (split !== 0 && split * 2 !== high - low) {
    return nodeHash(await rangeHash(low, low + split, tiles), await rangeHash(low + split, high, tiles));
  }
  // A perfect subtree of 2^h entries at its own place: 2^(h mod 8) neighbours within one tile of level h div 8.
  let level = 0;
  let each = 1;
  while (each * TILE_WIDTH <= high - low) {
    each *= TILE_WIDTH;
    level++;
  }
  const first = low / each;
  const count = (high - low) / each;
  const hashes = await tiles.hashes(level, Math.floor(first / TILE_WIDTH));
  return fullTileHash(hashes.slice(first % TILE_WIDTH, (first % TILE_WIDTH) + count));
}

/** Tiles of a log of one size, each read once. */
class KeptTiles {
  readonly #size: number;
  readonly #reader: TileReader;
  readonly #kept = new Map<string, readonly Bytes[]>();

  constructor(size: number, reader: TileReader) {
    this.#size = size;
    this.#reader = reader;
  }

  async hashes(level: number, index: number): Promise<readonly Bytes[]> {
    const width = widthOf(level, index, this.#size);
    const path = tilePath(level, index, width);
    const kept = this.#kept.get(path);
    if (kept !== undefined) return kept;
    const hashes = hashesOf(asBytes(await this.#reader.tile(level, index, width)), width);
    this.#kept.set(path, hashes);
    return hashes;
  }
}
