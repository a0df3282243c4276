/**
 * Merkle tree mathematics of RFC 6962 section 2.1 (and RFC 9162 section 2.1 for checking proofs): no storage, no signatures.
 *
 *     leaf hash = SHA-256(0x00 ‖ entry)      node hash = SHA-256(0x01 ‖ left ‖ right)      root of nothing = SHA-256()
 */
import { type Bytes, equal } from "../bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { Refusal } from "../errors.ts";

/** Hash of an entry, 32 bytes. */
export function leafHash(entry: Uint8Array): Bytes {
  const input = new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return sha256(input);
}

/** Hash of two neighbours, 32 bytes each. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  const input = new Uint8Array(65);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 33);
  return sha256(input);
}

/**
 * Root of the tree with these leaf hashes. Level by level; a hash without a right neighbour goes up as it is, which gives the same tree as RFC 6962's
 * division at the largest power of two.
 */
export function rootOf(leafHashes: readonly Bytes[]): Bytes {
  if (leafHashes.length === 0) return sha256();
  let level = leafHashes;
  while (level.length > 1) level = parents(level);
  return level[0] ?? sha256();
}

function parents(level: readonly Bytes[]): Bytes[] {
  const above: Bytes[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index];
    const right = level[index + 1];
    if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}

/** A tree that grows leaf by leaf. Keeps only the roots of its perfect subtrees, at most 53: for logs that are read once from their beginning. */
export class GrowingTree {
  #size = 0;
  /** From left to right, and so from large to small. */
  readonly #subtrees: Bytes[] = [];

  /** Appends a leaf hash, 32 bytes. */
  add(leaf: Bytes): void {
    let subtree = leaf;
    // As many perfect subtrees end here as the size so far has ones at its end.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) subtree = nodeHash(this.#subtrees.pop() ?? subtree, subtree);
    this.#subtrees.push(subtree);
    this.#size++;
  }

  /** Root of all leaves so far. */
  root(): Bytes {
    const last = this.#subtrees.at(-1);
    return last === undefined ? sha256() : this.#subtrees.slice(0, -1).reduceRight<Bytes>((joined, left) => nodeHash(left, joined), last);
  }
}

/** Largest power of two below `size`, which is at least 2. Not by shifts: sizes go up to 2^53-1. */
export function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * Returns if entry `index` of the tree with this root has this leaf hash.
 * @throws {Refusal} `bad-proof`.
 */
export function verifyInclusion(leaf: Bytes, index: number, size: number, proof: readonly Bytes[], root: Bytes): void {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) throw new Refusal("bad-proof", "index");
  const rest = [...proof];
  const computed = fold(leaf, index, size, rest);
  if (rest.length > 0 || !equal(computed, root)) throw new Refusal("bad-proof");
}

/** Root of the subtree of `size` leaves around leaf `index`; the proof runs from the leaf upwards and is consumed from its end. */
function fold(leaf: Bytes, index: number, size: number, proof: Bytes[]): Bytes {
  if (size === 1) return leaf;
  const sibling = take(proof);
  const split = splitPoint(size);
  if (index < split) return nodeHash(fold(leaf, index, split, proof), sibling);
  return nodeHash(sibling, fold(leaf, index - split, size - split, proof));
}

function take(proof: Bytes[]): Bytes {
  const hash = proof.pop();
  if (hash?.length !== 32) throw new Refusal("bad-proof");
  return hash;
}

/**
 * Returns if the tree of `newSize` leaves begins with the tree of `oldSize` leaves. Sizes are 0 to 2^53-1; the proof is empty if the sizes are equal or
 * the old one is 0.
 * @throws {Refusal} `bad-proof`; `log-shrunk` if the new size is the smaller one.
 */
export function verifyConsistency(oldSize: number, oldRoot: Bytes, newSize: number, newRoot: Bytes, proof: readonly Bytes[]): void {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 0) throw new Refusal("bad-proof", "size");
  if (newSize < oldSize) throw new Refusal("log-shrunk");
  if (oldSize === newSize || oldSize === 0) {
    const same = oldSize === 0 ? equal(oldRoot, rootOf([])) : true;
    if (proof.length > 0 || !same || (oldSize === newSize && !equal(oldRoot, newRoot))) throw new Refusal("bad-proof");
    return;
  }
  const rest = [...proof];
  const [older, newer] = grow(oldSize, newSize, oldRoot, true, rest);
  if (rest.length > 0 || !equal(older, oldRoot) || !equal(newer, newRoot)) throw new Refusal("bad-proof");
}

/** RFC 6962 section 2.1.2 backwards: the roots of the first `older` leaves and of all `newer` leaves of a subtree. `whole`: the older root is the given one. */
function grow(older: number, newer: number, oldRoot: Bytes, whole: boolean, proof: Bytes[]): [Bytes, Bytes] {
  if (older === newer) {
    const hash = whole ? oldRoot : take(proof);
    return [hash, hash];
  }
  const split = splitPoint(newer);
  const sibling = take(proof);
  if (older <= split) {
    const [left, leftNow] = grow(older, split, oldRoot, whole, proof);
    return [left, nodeHash(leftNow, sibling)];
  }
  const [right, rightNow] = grow(older - split, newer - split, oldRoot, false, proof);
  return [nodeHash(sibling, right), nodeHash(sibling, rightNow)];
}
