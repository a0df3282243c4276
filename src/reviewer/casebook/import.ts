/**
 * Taking in a bundle from the server, which is believed in nothing. The argument:
 *
 * 1. The manifest is signed by the pinned log key, names this casebook's origin, and follows the last imported bundle; every file is the one it lists (bundle.ts).
 * 2. The checkpoint is signed by the same key, its whole tree is walked entry by entry, and it extends the checkpoint seen last (verify.ts).
 * 3. A batch counts only if the log says it is sealed and how many items it has; its commitments are the log's, never the bundle's.
 * 4. Each item is opened and checked to the last byte (tip.ts of protocol). Its commitment must be the one the log has at its position.
 *
 * One bad item must not stop the others: it is kept sealed as it came and recorded as `unreadable` or `not-included`. Everything else that is wrong refuses the whole
 * bundle and leaves the casebook as it was.
 *
 * All or nothing: everything is written into `bundles/NNNNNN.partial`, flushed, renamed, and only the event then written makes it count. What a kill leaves behind
 * (that folder, or the renamed one without its event) the next import removes.
 *
 * **Ids of tips** are twelve hexadecimal digits, H("firsthand/tip-id/v1" 0x00 ‖ nonce ‖ u32 attempt), the first attempt whose id is new. They follow from the nonce
 * inside the sealed tip, so an id that gets out tells the server nothing.
 */
import { createHash } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Bytes, collect, type Source, u32 } from "../../protocol/bytes.ts";
import { batchRoot, readBundle } from "../../protocol/crypto/bundle.ts";
import { openSecret, type SecretCertificate } from "../../protocol/crypto/certificate.ts";
import { digestOf, domainHash } from "../../protocol/crypto/hash.ts";
import type { Vkey } from "../../protocol/crypto/note.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { openTip } from "../../protocol/crypto/tip.ts";
import { fromHex, toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import type { Checkpoint } from "../../protocol/format/checkpoint.ts";
import { parseLeaf, type SealedLeaf } from "../../protocol/format/leaf.ts";
import { parseTilePath } from "../../protocol/format/tile.ts";
import { verifyCheckpoint, verifyGrowth, walkLog } from "../../protocol/tlog/verify.ts";
import { isSystemError } from "../new-folder.ts";
import type { Progress } from "../progress.ts";
import type { Casebook } from "./casebook.ts";
import { flushFile, flushFolder, renameDurably, UNFINISHED, writeDurably } from "./durable-file.ts";
import { type ActOf, type BatchResult, NOTHING_BEFORE, type TipEntry, type TroubledItem } from "./event.ts";
import type { ActingPerson } from "./people.ts";
import { bundleFolder } from "./places.ts";
import { formatRecord, itemPath, readPieces, recordPath, tilesIn, tipsOf } from "./shelf.ts";
import { formatTipKeys, TIP_KEYS_FILE } from "./tip-keys.ts";

/** Longest checkpoint file, in bytes. */
const LONGEST_CHECKPOINT = 65_536;
/** Longest tile file: 256 entries of 65,535 bytes with their lengths. */
const LONGEST_TILE = 256 * 65_537;

/** Files that are flushed at the same time: a file system does many for the price of one. */
const FLUSHED_TOGETHER = 32;

/** What is needed to take in a bundle. */
export interface ImportOrder {
  readonly casebook: Casebook;
  /** The secret half of the program certificate. */
  readonly program: Bytes;
  /** The key that is believed to be the log's: pinned already, or to be pinned with this import. */
  readonly log: Vkey;
  readonly person: ActingPerson;
  readonly now: Date;
  readonly progress: Progress;
}

/** What came of it. `warnings` are sentences for people. */
export interface ImportResult {
  readonly imported: ActOf<"imported">;
  readonly warnings: readonly string[];
}

/** A sealed batch as the log has it. */
interface LoggedBatch {
  readonly sealed: SealedLeaf;
  readonly commitments: readonly Bytes[];
}

/** Item paths of a bundle, by batch and position. */
type Items = Map<number, Set<number>>;

/**
 * Takes in the bundle in `source`. The caller is the casebook's writer.
 * @throws {Refusal} what is wrong, by name; the casebook is as before. @throws {Fault} if the disk or the stick failed; the same.
 */
export async function importBundle(source: Source, order: ImportOrder): Promise<ImportResult> {
  const { casebook, log, person, now } = order;
  const last = casebook.acts("imported").at(-1);
  const bundle = (last?.bundle ?? 0) + 1;
  const place = bundleFolder(casebook, bundle);
  const stage = place + UNFINISHED;
  await removeLeftovers([place, stage]);
  try {
    await mkdir(stage, { mode: 0o700 });
    const items: Items = new Map();
    const expected = {
      origin: casebook.opened.origin,
      to: "review",
      keys: [log],
      sequence: bundle,
      previous: last?.manifest ?? NOTHING_BEFORE,
    } as const;
    let files = 0;
    const { manifest, manifestHash } = await readBundle(source, expected, async (path, size, body) => {
      noteItem(items, path, size);
      await writeFile(join(stage, path), body);
      order.progress("received files", ++files, null);
    });
    if (!manifest.entries.some(({ path }) => path === "checkpoint")) throw new Refusal("bad-manifest", "no checkpoint");

    const { checkpoint, batches, elsewhere } = await readLog(order, stage, [...items.keys()]);
    const opened = await openItems(order, stage, items, batches);
    const imported: ActOf<"imported"> = {
      kind: "imported",
      bundle,
      manifest: manifestHash,
      checkpoint: { size: checkpoint.size, root: toHex(checkpoint.root) },
      ...opened,
    };
    await flushTree(stage, [...manifest.entries.map(({ path }) => path).filter((path) => !isItem(path)), ...keptFiles(imported)]);
    await renameDurably(stage, place);
    if (casebook.acts("log-key-pinned").length === 0) await casebook.append({ kind: "log-key-pinned", vkey: log.text }, person, now);
    await casebook.append(imported, person, now);
    return { imported, warnings: warningsOf(imported, elsewhere) };
  } catch (error) {
    await removeLeftovers([stage]).catch(() => undefined);
    throw isSystemError(error) ? new Fault("importing a bundle", error) : error;
  }
}

/** Removes what an import that did not finish left. Touches nothing if there is nothing, so that a refusal leaves even the folder's times. */
async function removeLeftovers(folders: readonly string[]): Promise<void> {
  for (const leftover of folders) {
    if ((await stat(leftover).catch(() => null)) !== null) await rm(leftover, { recursive: true });
  }
}

const ITEM = /^batches\/([0-9]{8})\/([0-9]{4,8})$/;

function isItem(path: string): boolean {
  return path.startsWith("batches/");
}

/** Notes an item, and refuses any path and size that a bundle has no reason to have. Paths are hostile: only these forms ever reach the disk. */
function noteItem(items: Items, path: string, size: number): void {
  if (path === "checkpoint" && size <= LONGEST_CHECKPOINT) return;
  const match = ITEM.exec(path);
  if (match !== null) {
    const [batch, position] = [Number(match[1]), Number(match[2])];
    if (itemPath(batch, position) !== path) throw new Refusal("bad-manifest", "path");
    items.set(batch, (items.get(batch) ?? new Set()).add(position));
    return;
  }
  if (!path.startsWith("log/") || size > LONGEST_TILE) throw new Refusal("bad-manifest", "path");
  parseTilePath(path.slice("log/".length));
}

async function writeFile(path: string, body: Source | Iterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, "wx", 0o600);
  try {
    for await (const piece of body) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/** Checks the log and takes from it what it says of the wanted batches. `elsewhere`: sealed batches that neither this bundle nor one before brought. */
async function readLog(
  { casebook, log }: ImportOrder,
  stage: string,
  wanted: readonly number[],
): Promise<{ checkpoint: Checkpoint; batches: Map<number, LoggedBatch>; elsewhere: number[] }> {
  const before = casebook.acts("imported");
  const folders = [...before.map(({ bundle }) => bundleFolder(casebook, bundle)), stage];
  const reader = tilesIn(folders);
  const note = await collect(readPieces(join(stage, "checkpoint")), LONGEST_CHECKPOINT);
  const checkpoint = await verifyCheckpoint(note, { log });
  const last = before.at(-1);
  if (last !== undefined) {
    const older = { origin: casebook.opened.origin, size: last.checkpoint.size, root: fromHex(last.checkpoint.root, 32) };
    await verifyGrowth(older, checkpoint, reader);
  }

  const done = new Set(before.flatMap(({ batches }) => batches.map(({ batch }) => batch)));
  if (wanted.some((batch) => done.has(batch))) throw new Refusal("bad-manifest", "a batch comes again");
  const batches = new Map<number, LoggedBatch>();
  const elsewhere: number[] = [];
  let received: { batch: number; c: Bytes }[] = [];
  await walkLog(checkpoint, reader, {
    leaf: (_index, entry) => {
      const leaf = parseLeaf(entry);
      if (leaf.kind === "received") {
        received.push({ batch: leaf.batch, c: fromHex(leaf.c, 32) });
        return;
      }
      if (leaf.kind === "sealed") {
        const fits = received.length === leaf.size && received.every(({ batch }) => batch === leaf.batch);
        if (!fits) throw new Refusal("bad-leaf", `batch ${String(leaf.batch)}`);
        if (wanted.includes(leaf.batch)) batches.set(leaf.batch, { sealed: leaf, commitments: received.map(({ c }) => c) });
        else if (!done.has(leaf.batch)) elsewhere.push(leaf.batch);
      }
      received = [];
    },
  });
  for (const batch of wanted) {
    if (!batches.has(batch)) throw new Refusal("not-included", `batch ${String(batch)}`);
  }
  return { checkpoint, batches, elsewhere };
}

type Opened = Pick<ActOf<"imported">, "batches" | "tips" | "troubled">;

/** Opens every item. Decoys go; tips get a record; the rest stays sealed. */
async function openItems(order: ImportOrder, stage: string, items: Items, batches: Map<number, LoggedBatch>): Promise<Opened> {
  const secret = await openSecret(order.program);
  const taken = new Set(tipsOf(order.casebook).map(({ entry }) => entry.id));
  const total = [...items.values()].reduce((sum, positions) => sum + positions.size, 0);
  const keys = new Map<string, Bytes>();
  const opened = { batches: [] as BatchResult[], tips: [] as TipEntry[], troubled: [] as TroubledItem[] };
  await mkdir(join(stage, "tips"), { mode: 0o700 });
  let done = 0;
  for (const [batch, { sealed, commitments }] of [...batches].sort(([a], [b]) => a - b)) {
    const positions = [...(items.get(batch) ?? [])].sort((a, b) => a - b);
    if ((positions.at(-1) ?? 0) >= sealed.size) throw new Refusal("bad-manifest", `more items than batch ${String(batch)} has`);
    const count = { tips: 0, decoys: 0, unreadable: 0, not_included: 0 };
    for (const position of positions) {
      const item = await openItem(secret, stage, {
        batch,
        position,
        commitment: commitments[position] ?? new Uint8Array(0),
        taken,
        keys,
      });
      if (item.kind === "decoy") count.decoys++;
      if (item.kind === "tip") {
        count.tips++;
        opened.tips.push(item.entry);
      }
      if (item.kind === "troubled") {
        if (item.entry.problem === "unreadable") count.unreadable++;
        else count.not_included++;
        opened.troubled.push(item.entry);
      }
      order.progress("opened items", ++done, total);
    }
    opened.batches.push({
      batch,
      date: sealed.date,
      size: sealed.size,
      root: toHex(batchRoot(commitments)),
      ...count,
      missing: sealed.size - positions.length,
    });
  }
  await writeDurably(join(stage, TIP_KEYS_FILE), [await formatTipKeys(keys, order.casebook.tipKeys.wrapping)]);
  return opened;
}

type Item = { kind: "decoy" } | { kind: "tip"; entry: TipEntry } | { kind: "troubled"; entry: TroubledItem };

async function openItem(
  secret: SecretCertificate,
  stage: string,
  item: { batch: number; position: number; commitment: Bytes; taken: Set<string>; keys: Map<string, Bytes> },
): Promise<Item> {
  const { batch, position, taken, keys } = item;
  const path = join(stage, itemPath(batch, position));
  const troubled = async (problem: TroubledItem["problem"]): Promise<Item> => {
    const { digest } = await digestOf(readPieces(path));
    return { kind: "troubled", entry: { batch, position, digest: toHex(digest), problem } };
  };
  const hashes: string[] = [];
  let content: Awaited<ReturnType<typeof openTip>>;
  try {
    content = await openTip(readPieces(path), (pkesk) => secret.decryptSessionKey(pkesk), {
      attachment: async (_index, _attachment, body) => {
        const hash = createHash("sha256");
        for await (const piece of body) hash.update(piece);
        hashes.push(hash.digest("hex"));
      },
    });
  } catch (error) {
    // Also what looks like a bug of ours: an item that found one must not keep the others out.
    if (error instanceof Fault) throw error;
    return troubled("unreadable");
  }
  if (toHex(content.commitment) !== toHex(item.commitment)) return troubled("not-included");
  if (content.kind === "decoy") {
    await rm(path);
    return content;
  }
  const { tip, tipJson, signature, sessionKey, commitment, digest } = content;
  const id = newId(tip.nonce, taken);
  const key = randomBytes(32);
  keys.set(id, key);
  await writeFile(join(stage, recordPath(id)), [await formatRecord({ id, sessionKey, tip, tipJson, signature, hashes }, key)]);
  const entry = {
    id,
    batch,
    position,
    commitment: toHex(commitment),
    digest: toHex(digest),
    thread: toHex(tip.thread),
    sequence: tip.sequence,
  };
  return { kind: "tip", entry };
}

function newId(nonce: Bytes, taken: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const id = toHex(domainHash("firsthand/tip-id/v1", nonce, u32(attempt))).slice(0, 12);
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}

/** Sealed items that stay, and records. */
function keptFiles({ tips, troubled }: Opened): string[] {
  return [...[...tips, ...troubled].map(({ batch, position }) => itemPath(batch, position)), ...tips.map(({ id }) => recordPath(id))];
}

/** Flushes these files of a folder and every folder they are in. */
async function flushTree(folder: string, paths: readonly string[]): Promise<void> {
  const folders = new Set<string>([folder]);
  for (let start = 0; start < paths.length; start += FLUSHED_TOGETHER)
    await Promise.all(paths.slice(start, start + FLUSHED_TOGETHER).map((path) => flushFile(join(folder, path))));
  for (const path of paths) {
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) folders.add(join(folder, parent));
  }
  for (const each of folders) await flushFolder(each);
}

function warningsOf({ batches, troubled }: ActOf<"imported">, elsewhere: readonly number[]): string[] {
  const warnings = batches.flatMap(({ batch, size, decoys, missing }) => [
    ...(missing > 0
      ? [`Batch ${String(batch)} is incomplete: ${String(missing)} of ${String(size)} items are missing. It is not acknowledged.`]
      : []),
    ...(4 * decoys < size
      ? [`Batch ${String(batch)} has too few decoys: ${String(decoys)} of ${String(size)}. Its numbers may tell how many tips came.`]
      : []),
  ]);
  const unreadable = troubled.filter(({ problem }) => problem === "unreadable").length;
  const strange = troubled.length - unreadable;
  if (unreadable > 0) warnings.push(`${items(unreadable)} could not be opened; kept sealed.`);
  if (strange > 0) warnings.push(`${items(strange)} opened but the log has another commitment at that place; kept sealed.`);
  if (elsewhere.length > 0) warnings.push(`In the log but in no bundle so far: batch ${elsewhere.map(String).join(", ")}.`);
  return warnings;
}

function items(count: number): string {
  return count === 1 ? "1 item" : `${String(count)} items`;
}
