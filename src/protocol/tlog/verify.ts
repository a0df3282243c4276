/**
 * Is this log what it says? The argument, for reviewer and auditor alike:
 *
 * 1. `verifyCheckpoint`: the log's key, and enough cosigners, signed this size and root under the expected origin.
 * 2. `walkLog`: every entry, hashed, gives every tile, and the tiles give the root. Whoever has walked a log needs no proofs for it.
 * 3. `verifyGrowth`: the tree of the checkpoint seen before is the beginning of this one.
 *
 * What entries *mean* is for the caller.
 */
import { asBytes, type Bytes, equal } from "../bytes.ts";
import { cosignedAt, openNote, type Vkey } from "../crypto/note.ts";
import { sha256 } from "../crypto/hash.ts";
import { Refusal } from "../errors.ts";
import { type Checkpoint, parseCheckpoint } from "../format/checkpoint.ts";
import { type CosignerRule, isMet } from "../format/log-policy.ts";
import type { LogProof } from "../format/tlog-proof.ts";
import { HASH_LENGTH, parseEntries, TILE_WIDTH, tilePath } from "../format/tile.ts";
import { leafHash, nodeHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
import { consistencyProof, fullTileHash, hashesAt, hashesOf, type TileReader, widthOf } from "./tree.ts";

/** Whom a reader of the log trusts. */
export interface LogTrust {
  /** Its name is the expected origin. */
  readonly log: Vkey;
  readonly cosigners?: readonly TrustedCosigner[];
  /** Which of them must have signed; nobody if null or not given. */
  readonly quorum?: CosignerRule | null;
}

/** A cosigner under the name that the rule calls it by. */
export interface TrustedCosigner {
  readonly name: string;
  readonly vkey: Vkey;
}

/** A checkpoint that was verified, and the word of those who are trusted. */
export interface CosignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly cosignatures: readonly Cosignature[];
}

/** A cosigner's word: at this time, in whole seconds since 1970, this was the largest consistent tree it had seen. */
export interface Cosignature {
  readonly name: string;
  readonly time: number;
}

/**
 * The checkpoint in a signed note.
 * @throws {Refusal} `bad-note`, `bad-signature`, `unknown-signer` (not by the log, or by too few cosigners), `bad-checkpoint`, `wrong-origin`.
 */
export async function verifyCheckpoint(note: Uint8Array, trust: LogTrust): Promise<Checkpoint> {
  return (await verifyCosigned(note, trust)).checkpoint;
}

/** As `verifyCheckpoint`, with the cosignatures of those who are trusted, in their order there. */
export async function verifyCosigned(note: Uint8Array, { log, cosigners = [], quorum = null }: LogTrust): Promise<CosignedCheckpoint> {
  const { text, signers, note: opened } = await openNote(note, [log, ...cosigners.map(({ vkey }) => vkey)]);
  if (!signers.includes(log)) throw new Refusal("unknown-signer", "log");
  const cosignatures = cosigners.flatMap(({ name, vkey }): Cosignature[] => {
    const made = signers.includes(vkey) ? opened.signatures.find((one) => one.name === vkey.name && one.id === vkey.id) : undefined;
    return made === undefined ? [] : [{ name, time: cosignedAt(vkey, made) }];
  });
  if (!isMet(quorum, (name) => cosignatures.some((one) => one.name === name))) throw new Refusal("unknown-signer", "cosigners");
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== log.name) throw new Refusal("wrong-origin");
  return { checkpoint, cosignatures };
}

/**
 * Returns what fixes the place of `entry` in a trusted log, if a proof shows it (C2SP tlog-proof).
 * @throws {Refusal} as `verifyCosigned`; `bad-proof`.
 */
export async function verifyLogProof({ index, hashes, note }: LogProof, entry: Uint8Array, trust: LogTrust): Promise<CosignedCheckpoint> {
  const opened = await verifyCosigned(note, trust);
  verifyInclusion(leafHash(entry), index, opened.checkpoint.size, hashes, opened.checkpoint.root);
  return opened;
}

/** Who looks on while a log is walked. */
export interface LogVisitor {
  /** Each entry in order. The bytes are the tile's: not to be changed. */
  leaf(index: number, entry: Bytes, hash: Bytes): void;
  /**
   * Something does not hold: `bad-tile` with the path of an entries or hash tile, `not-found` with the path of a missing one, `bad-proof` with "root".
   * Without this method the walk throws. Entries that cannot be had are left out, and with them everything above them.
   */
  fault?(refusal: Refusal): void;
}

/**
 * Reads a log of `checkpoint.size` entries from its first to its last and holds them against every tile and the root.
 * @throws {Refusal} the first fault if the visitor has no `fault`. Anything the reader throws other than a refusal goes through.
 */
export async function walkLog(checkpoint: Checkpoint, reader: TileReader, visitor: LogVisitor): Promise<void> {
  const fault = (refusal: Refusal): void => {
    if (visitor.fault === undefined) throw refusal;
    visitor.fault(refusal);
  };
  const { size, root } = checkpoint;

  // Entries, against the hashes of tile level 0. The hashes of a tile lie in one piece of memory: a quarter of a million arrays would weigh ten times as much.
  // `null`: not known, because the entries could not be had.
  const leaves: (Bytes | null)[] = [];
  for (let tile = 0, width = widthOf("entries", 0, size); width > 0; width = widthOf("entries", ++tile, size)) {
    const path = tilePath("entries", tile, width);
    const entries = await attempt(path, fault, async () => parseEntries(asBytes(await reader.tile("entries", tile, width)), width));
    const hashes = entries === null ? null : new Uint8Array(width * HASH_LENGTH);
    entries?.forEach((entry, place) => {
      const hash = leafHash(entry);
      visitor.leaf(tile * TILE_WIDTH + place, entry, hash);
      hashes?.set(hash, place * HASH_LENGTH);
    });
    leaves.push(hashes);
  }

  // Tiles level by level; the last hashes of a level that fill no tile are joined to the root from right to left.
  const right: (readonly (Bytes | null)[])[] = [];
  let tileOf = (index: number): readonly (Bytes | null)[] => {
    const width = widthOf(0, index, size);
    const hashes = leaves[index] ?? null;
    return hashes === null ? Array.from({ length: width }, () => null) : hashesOf(hashes, width);
  };
  for (let number = 0; hashesAt(number, size) > 0; number++) {
    const above: (Bytes | null)[] = [];
    for (let index = 0; widthOf(number, index, size) > 0; index++) {
      const hashes = tileOf(index);
      if (hashes.length !== widthOf(number, index, size)) throw new Error("a log's levels do not add up");
      await compareTile(number, index, hashes, reader, fault);
      if (hashes.length === TILE_WIDTH) above.push(hashes.every((hash) => hash !== null) ? fullTileHash(hashes) : null);
      else right.push(hashes);
    }
    tileOf = (index) => above.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
  }
  const computed = size === 0 ? sha256() : joinRight(right, size);
  if (computed !== null && !equal(computed, root)) fault(new Refusal("bad-proof", "root"));
}

async function compareTile(
  level: number,
  index: number,
  expected: readonly (Bytes | null)[],
  reader: TileReader,
  fault: (refusal: Refusal) => void,
): Promise<void> {
  const path = tilePath(level, index, expected.length);
  const stored = await attempt(path, fault, async () =>
    hashesOf(asBytes(await reader.tile(level, index, expected.length)), expected.length),
  );
  if (stored?.some((hash, place) => isOther(hash, expected[place]))) fault(new Refusal("bad-tile", path));
}

function isOther(hash: Bytes, expected: Bytes | null | undefined): boolean {
  return expected !== null && expected !== undefined && !equal(hash, expected);
}

async function attempt<T>(path: string, fault: (refusal: Refusal) => void, step: () => Promise<T>): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    fault(new Refusal(error.code === "not-found" ? "not-found" : "bad-tile", path));
    return null;
  }
}

/**
 * Root from the incomplete tiles of each level, lowest first: each gives its perfect subtrees, from left to right by size, and all of them, the highest
 * level's first, are joined from the right.
 */
function joinRight(partial: readonly (readonly (Bytes | null)[])[], size: number): Bytes | null {
  const subtrees: Bytes[] = [];
  for (const hashes of partial.toReversed()) {
    for (let at = 0, width = TILE_WIDTH / 2; width >= 1; width /= 2) {
      if ((hashes.length & width) === 0) continue;
      const some = hashes.slice(at, at + width);
      if (!some.every((hash) => hash !== null)) return null;
      subtrees.push(fullTileHash(some));
      at += width;
    }
  }
  const last = subtrees.pop();
  if (last === undefined) throw new Error(`a log of ${String(size)} entries has no root`);
  return subtrees.reduceRight<Bytes>((joined, subtree) => nodeHash(subtree, joined), last);
}

/**
 * Returns if `newer` extends `older`, by a proof made from the newer log's tiles.
 * @throws {Refusal} `log-shrunk`, `log-forked`, `wrong-origin`; `not-found` or `bad-tile` if the tiles cannot give a proof.
 */
export async function verifyGrowth(older: Checkpoint, newer: Checkpoint, reader: TileReader): Promise<void> {
  if (older.origin !== newer.origin) throw new Refusal("wrong-origin");
  if (newer.size < older.size) throw new Refusal("log-shrunk");
  const proof = await consistencyProof(older.size, newer.size, reader);
  try {
    verifyConsistency(older.size, older.root, newer.size, newer.root, proof);
  } catch (error) {
    if (error instanceof Refusal && error.code === "bad-proof") throw new Refusal("log-forked");
    throw error;
  }
}
