/**
 * Bundles (README, section 9): what a courier carries between server and review machine. An archive whose first entry is a signed manifest of all others.
 * The carrier is hostile: may drop, repeat, reorder, cut, change or swap bundles. Each of these is refused by its own name.
 *
 * Chain: each manifest has the hash of the one before it in its direction, and a number without gaps.
 */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { asBytes, type Bytes, collect, once, type Source } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { type Direction, formatManifest, type Manifest, type ManifestEntry, parseManifest } from "../format/manifest.ts";
import { readTar, type TarEntry, tarLength, writeTar } from "../format/tar.ts";
import { sha256 } from "./hash.ts";
import { type NoteSigner, openNote, type Vkey } from "./note.ts";

/** Longest signed manifest: about 130,000 entries. */
const LONGEST_MANIFEST = 16 * 2 ** 20;

const COMMITMENT_LENGTH = 32;

/** Octets of a manifest that are not its entries: the head, and the signature. */
const AROUND_ENTRIES = 2048;

/** Whether a manifest with these entries is short enough to be read. A batch of 131,072 items with its tiles is. */
export function fitsManifest(entries: readonly ManifestEntry[]): boolean {
  let length = AROUND_ENTRIES;
  for (const { sha256, size, path } of entries) length += sha256.length + String(size).length + path.length + 3;
  return length <= LONGEST_MANIFEST;
}

/** A file to be carried. `sha256` is of exactly the `size` bytes that `open` gives. */
export interface BundleFile {
  readonly path: string;
  readonly size: number;
  /** 32 bytes. */
  readonly sha256: Bytes;
  open(): Source;
}

/** A bundle about to be written. */
export interface WrittenBundle {
  /** SHA-256 of the signed manifest, hexadecimal: `previous` of the next one, and the bundle's hash in the log. */
  readonly manifestHash: string;
  /** Of the whole archive. */
  readonly length: number;
  /** Once. @throws {Refusal} `bad-archive` if a file no longer has its size; other changes are found by the reader. */
  readonly bytes: AsyncGenerator<Bytes, void, undefined>;
}

/** The bundle of these files, in their order. */
export async function writeBundle(
  content: {
    readonly origin: string;
    readonly to: Direction;
    readonly sequence: number;
    readonly previous: string;
    readonly entries: readonly BundleFile[];
  },
  signer: NoteSigner,
): Promise<WrittenBundle> {
  const entries = content.entries.map((file) => ({ sha256: toHex(file.sha256), size: file.size, path: file.path }));
  const manifest = await signer.sign(formatManifest({ ...content, entries }));
  if (manifest.length > LONGEST_MANIFEST) throw new Error("a bundle has too many entries");
  const files = [
    { path: "manifest", size: manifest.length, open: () => once(manifest) },
    ...content.entries.map((file) => ({ path: file.path, size: file.size, open: () => file.open() })),
  ];
  return { manifestHash: toHex(sha256(manifest)), length: tarLength(files.map(({ size }) => size)), bytes: writeTar(files) };
}

/** What the receiver knows before it opens a bundle. */
export interface ExpectedBundle {
  readonly origin: string;
  readonly to: Direction;
  /** Who may have signed. */
  readonly keys: readonly Vkey[];
  /** Number of the next bundle. */
  readonly sequence: number;
  /** Manifest hash of the last one; `NO_PREVIOUS` before the first. */
  readonly previous: string;
}

/**
 * Takes a bundle. `receive` is called for each file in order and may stop reading early. **Nothing it received counts before this returns**: a body's hash is known at its
 * end only (then the body throws), and a later entry may be bad. The receiver keeps everything aside and takes it over afterwards.
 * @throws {Refusal} `bundle-foreign` (another origin, direction or signer), `bad-signature`, `bundle-replayed`, `bundle-skipped`, `bundle-forked`,
 *   `bundle-truncated`, `bundle-reordered`, `bundle-tampered`, `bad-manifest`, `bad-note`, `bad-archive`, `trailing-bytes`; and what `receive` throws.
 */
export async function readBundle(
  source: Source,
  expected: ExpectedBundle,
  receive: (path: string, size: number, body: Source) => Promise<void>,
): Promise<{ readonly manifest: Manifest; readonly manifestHash: string }> {
  const files = readTar(source);
  try {
    const first = await nextFile(files);
    if (first === null) throw new Refusal("bundle-truncated", "manifest");
    const { manifest, manifestHash } = await openManifest(first, expected);
    const listed = new Set(manifest.entries.map((entry) => entry.path));
    for (const entry of manifest.entries) {
      const file = await nextFile(files);
      if (file === null) throw new Refusal("bundle-truncated", "entries");
      if (file.path !== entry.path) throw new Refusal(listed.has(file.path) ? "bundle-reordered" : "bundle-tampered", "path");
      if (file.size !== entry.size) throw new Refusal("bundle-tampered", "size");
      const body = checkedBody(file, entry);
      await receive(entry.path, entry.size, body);
      // Whatever the receiver left is read here, so that the hash is checked in any case.
      while ((await body.next()).done !== true);
      if (!body.checked()) throw new Error("a receiver closed a body before its end");
    }
    if ((await nextFile(files)) !== null) throw new Refusal("bundle-tampered", "more entries than listed");
    return { manifest, manifestHash };
  } finally {
    await files.return();
  }
}

/** SHA-256 of a batch's commitments joined, in the order of their leaves: `root` of an acknowledgement. 32 bytes each. */
export function batchRoot(commitments: readonly Bytes[]): Bytes {
  // One by one: as arguments of a call, those of the largest batch take more stack than there is.
  const joined = new Uint8Array(commitments.length * COMMITMENT_LENGTH);
  for (const [index, commitment] of commitments.entries()) joined.set(commitment, index * COMMITMENT_LENGTH);
  return sha256(joined);
}

async function openManifest(file: TarEntry, expected: ExpectedBundle): Promise<{ manifest: Manifest; manifestHash: string }> {
  if (file.path !== "manifest") throw new Refusal("bad-manifest", "not the first entry");
  if (file.size > LONGEST_MANIFEST) throw new Refusal("bad-manifest", "length");
  const signed = await named(() => collect(file.body, LONGEST_MANIFEST));
  let text: string;
  try {
    ({ text } = await openNote(signed, expected.keys, LONGEST_MANIFEST));
  } catch (error) {
    if (error instanceof Refusal && error.code === "unknown-signer") throw new Refusal("bundle-foreign", "signer");
    throw error;
  }
  const manifest = parseManifest(text);
  if (manifest.origin !== expected.origin) throw new Refusal("bundle-foreign", "origin");
  if (manifest.to !== expected.to) throw new Refusal("bundle-foreign", "direction");
  if (manifest.sequence < expected.sequence) throw new Refusal("bundle-replayed");
  if (manifest.sequence > expected.sequence) throw new Refusal("bundle-skipped");
  if (manifest.previous !== expected.previous) throw new Refusal("bundle-forked");
  return { manifest, manifestHash: toHex(sha256(signed)) };
}

/** The next file; an archive that ends in the middle is a truncated bundle. */
async function nextFile(files: AsyncGenerator<TarEntry, void, undefined>): Promise<TarEntry | null> {
  const { done, value } = await named(() => files.next());
  return done === true ? null : value;
}

async function named<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Refusal && error.code === "truncated") throw new Refusal("bundle-truncated");
    throw error;
  }
}

/** A file's bytes, hashed on their way; throws at their end if the hash is not the listed one. `checked` tells whether the end was reached. */
function checkedBody(file: TarEntry, entry: ManifestEntry): Source & { next(): Promise<IteratorResult<Bytes>>; checked(): boolean } {
  const hash = nobleSha256.create();
  let checked = false;
  const next = async (): Promise<IteratorResult<Bytes>> => {
    if (checked) return { done: true, value: undefined };
    const { done, value } = await named(() => file.body.next());
    if (done !== true) {
      hash.update(value);
      return { done: false, value };
    }
    if (toHex(asBytes(hash.digest())) !== entry.sha256) throw new Refusal("bundle-tampered", "content");
    checked = true;
    return { done: true, value: undefined };
  };
  // No `return`: a receiver that leaves its loop early leaves the rest to be read by `readBundle`.
  const iterator = { next };
  return { next, checked: () => checked, [Symbol.asyncIterator]: () => iterator };
}
