/**
 * What a log says of a receipt. Reads every entry from the first to the last, whichever is looked for: whoever gives them out cannot tell. Specification section 8.
 *
 * 1. The checkpoint is the log's (`verifyCheckpoint`; the caller did that).
 * 2. The entries, hashed, give its root.
 * 3. Batches are sealed one after another, each directly after its own items. So it is certain that an item is in none of the batches up to N.
 *
 * Only what a verdict on one item rests on is checked. Dates, order within a batch, keys and retention are for auditors; so is a log that shows others something
 * else, which nobody can see who has one view of it.
 */
import { type Bytes, equal } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import type { Checkpoint } from "../format/checkpoint.ts";
import { type Leaf, parseLeaf, type SealedLeaf } from "../format/leaf.ts";
import type { Receipt } from "../format/receipt.ts";
import { parseEntries } from "../format/tile.ts";
import { GrowingTree, leafHash } from "./merkle.ts";
import { widthOf } from "./tree.ts";

/** Where an entries tile of a log of one size is. */
export interface EntriesTile {
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
}

/** What a log says of a receipt. Batches from 1; dates `YYYY-MM-DD`. */
export type Verdict =
  /** It is there. `late`: in a later batch than was promised. */
  | { readonly kind: "included"; readonly batch: number; readonly date: string; readonly late: boolean }
  /** The promised batch is not sealed yet; `last` is the newest that is, if any. */
  | { readonly kind: "not-due"; readonly last: { readonly batch: number; readonly date: string } | null }
  /** The promised batch was sealed on `date`, and it is neither there nor anywhere else in the log. */
  | { readonly kind: "missing"; readonly date: string }
  /** The log has fewer batches than it had when the receipt was given. */
  | { readonly kind: "shrunk" };

/**
 * A receipt names the batch that was open when it was given, and a batch opens when the sealing of the one before begins, which begins after the one before that
 * was published. So of batch N all up to N-2 were in the log.
 */
const UNPUBLISHED = 2;

/** The entries tiles of a log of `size` entries, in order. */
export function* entriesTiles(size: number): Generator<EntriesTile> {
  for (let index = 0, width = widthOf("entries", 0, size); width > 0; width = widthOf("entries", ++index, size)) yield { index, width };
}

/**
 * The verdict of the log with this checkpoint, whose entries tiles `tiles` gives in the order of {@link entriesTiles}. One of them is in memory at a time.
 * @throws {Refusal} `bad-tile`, `bad-leaf` (an entry, or batches out of order), `bad-proof` (the entries do not give the root).
 */
export async function searchLog(receipt: Receipt, checkpoint: Checkpoint, tiles: AsyncIterable<Bytes>): Promise<Verdict> {
  const tree = new GrowingTree();
  const batches = new Batches(receipt);
  const places = entriesTiles(checkpoint.size);
  for await (const tile of tiles) {
    const place = places.next();
    if (place.done === true) throw new Refusal("bad-tile", "number");
    for (const entry of parseEntries(tile, place.value.width)) {
      tree.add(leafHash(entry));
      batches.read(parseLeaf(entry));
    }
  }
  if (places.next().done !== true) throw new Refusal("bad-tile", "number");
  if (!equal(tree.root(), checkpoint.root)) throw new Refusal("bad-proof", "root");
  return batches.verdict();
}

/** The batches of a log as its entries go by. */
class Batches {
  readonly #wanted: string;
  readonly #promised: number;
  /** Items of the batch that is not sealed yet. */
  #items = 0;
  #last: SealedLeaf | null = null;
  /** The sealing of the promised batch. */
  #due: SealedLeaf | null = null;
  /** Batch of the item that is looked for. */
  #found: number | null = null;
  #included: SealedLeaf | null = null;

  constructor({ commitment, batch }: Receipt) {
    this.#wanted = toHex(commitment);
    this.#promised = batch;
  }

  read(leaf: Leaf): void {
    if (leaf.kind !== "received" && leaf.kind !== "sealed") {
      if (this.#items > 0) throw new Refusal("bad-leaf", "batch");
      return;
    }
    if (leaf.batch !== (this.#last?.batch ?? 0) + 1) throw new Refusal("bad-leaf", "batch");
    if (leaf.kind === "received") {
      this.#items++;
      if (leaf.c === this.#wanted) this.#found ??= leaf.batch;
      return;
    }
    if (leaf.size !== this.#items) throw new Refusal("bad-leaf", "size");
    this.#items = 0;
    this.#last = leaf;
    if (leaf.batch === this.#promised) this.#due = leaf;
    if (leaf.batch === this.#found) this.#included = leaf;
  }

  verdict(): Verdict {
    if (this.#items > 0) throw new Refusal("bad-leaf", "batch");
    if (this.#included !== null) {
      const { batch, date } = this.#included;
      return { kind: "included", batch, date, late: batch > this.#promised };
    }
    if (this.#due !== null) return { kind: "missing", date: this.#due.date };
    const last = this.#last;
    if ((last?.batch ?? 0) < this.#promised - UNPUBLISHED) return { kind: "shrunk" };
    return { kind: "not-due", last: last === null ? null : { batch: last.batch, date: last.date } };
  }
}
