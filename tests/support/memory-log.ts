/** A log kept in memory, written by the code under test and read like a server's: paths to bytes. */
import type { Bytes } from "../../src/protocol/bytes.ts";
import { type NoteSigner, noteSigner } from "../../src/protocol/crypto/note.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { Refusal } from "../../src/protocol/errors.ts";
import { formatCheckpoint } from "../../src/protocol/format/checkpoint.ts";
import { formatLeaf, type Leaf } from "../../src/protocol/format/leaf.ts";
import { TILE_WIDTH, tilePath } from "../../src/protocol/format/tile.ts";
import { newTiles, type TileReader, treeHash } from "../../src/protocol/tlog/tree.ts";

/** A signer whose seed is the hash of a word: the same in every run. */
export function signerOf(name: string, word = name): Promise<NoteSigner> {
  return noteSigner(name, sha256(utf8(word)));
}

export class MemoryLog implements TileReader {
  readonly files = new Map<string, Bytes>();
  readonly signer: NoteSigner;
  size = 0;

  constructor(signer: NoteSigner) {
    this.signer = signer;
  }

  /** Appends and signs. */
  async append(leaves: readonly (Leaf | Bytes)[]): Promise<void> {
    const entries = leaves.map((leaf) => (leaf instanceof Uint8Array ? leaf : formatLeaf(leaf)));
    for (const { path, bytes } of await newTiles(this.size, entries, this)) this.files.set(path, bytes);
    this.size += entries.length;
    await this.sign();
  }

  /** Signs what is there, whatever it is. */
  async sign(size = this.size): Promise<void> {
    const text = formatCheckpoint({ origin: this.signer.vkey.name, size, root: await treeHash(size, this) });
    this.files.set("checkpoint", await this.signer.sign(text));
  }

  tile(...[level, index, width]: Parameters<TileReader["tile"]>): Promise<Bytes> {
    const exact = this.files.get(tilePath(level, index, width));
    if (exact !== undefined) return Promise.resolve(exact);
    const full = level === "entries" ? undefined : this.files.get(tilePath(level, index, TILE_WIDTH));
    return full === undefined ? Promise.reject(new Refusal("not-found")) : Promise.resolve(full.subarray(0, width * 32));
  }

  readonly readFile = (path: string): Promise<Bytes | null> => Promise.resolve(this.files.get(path) ?? null);
}
