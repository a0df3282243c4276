/**
 * Bundles to the review machine (specification section 9).
 *
 *     prepare     which batches, the manifest and the checkpoint inside are written down
 *     write       the bundle goes to the stick under a name of its own, flushed, then renamed: a stick pulled out has no half bundle under the right name
 *     log         the batches are `exported`, the leaf is added, both once; then published
 *
 * What was written down decides the bytes: an export that was interrupted, or is asked for again, writes the same bundle, whatever came in meanwhile.
 * Only when a batch in it was purged it cannot be made again.
 *
 * A bundle is a run of sealed batches without gaps, as many as the stick has room for and a manifest can list, at least one.
 */
import { join } from "node:path";
import { asBytes, type Bytes, once, type Source } from "../../protocol/bytes.ts";
import { type BundleFile, fitsManifest, writeBundle, type WrittenBundle } from "../../protocol/crypto/bundle.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { fromHex, toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatDate } from "../../protocol/format/date.ts";
import { formatManifest, type ManifestEntry, NO_PREVIOUS, parseManifest } from "../../protocol/format/manifest.ts";
import { parseNote } from "../../protocol/format/note.ts";
import { formatNumber } from "../../protocol/format/number.ts";
import { tarLength } from "../../protocol/format/tar.ts";
import { tilePath } from "../../protocol/format/tile.ts";
import { tilesOf } from "../../protocol/tlog/tree.ts";
import type { Context } from "../context.ts";
import { batchKey } from "../store/batch-keys.ts";
import type { Connection } from "../store/database.ts";
import { itemBody, itemsOf } from "../store/items.ts";
import { checkpointSize, insertLeaves, logFile, publishedCheckpoint } from "../store/log-store.ts";
import { refuseOther, requireFolder, roomIn, writeOnto } from "./stick.ts";
import { entryDay, type Keeper, publish } from "./writer.ts";

/** A bundle on the stick. */
export interface ExportedBundle {
  readonly bundle: number;
  /** Its batches. */
  readonly first: number;
  readonly last: number;
  /** SHA-256 of its manifest, hexadecimal, as the log names it. */
  readonly sha256: string;
  readonly path: string;
  /** Bytes of the file. */
  readonly length: number;
}

/** What is written down of a bundle. */
interface PreparedBundle {
  readonly sequence: number;
  readonly first: number;
  readonly last: number;
  readonly manifest: Bytes;
  readonly manifestHash: string;
  readonly checkpoint: Bytes;
  readonly logged: boolean;
}

/** The part of a path below `batches/`, and of the log's tiles. */
const ITEM_PATH = /^batches\/(\d{8})\/(\d{4,8})$/;

/**
 * Writes the next bundle into `folder`; one that was interrupted goes first.
 * @throws {Refusal} `nothing-to-do` if no sealed batch waits; `no-secure-place` if the folder is none; `stick-full`; `already-there` if another file
 * has the bundle's name; `too-large` if a batch has more items than a manifest can list.
 * @throws {Fault} if the stick failed. Nothing of the bundle is then left in the folder.
 */
export async function exportBundle(keeper: Keeper, folder: string): Promise<ExportedBundle> {
  const { db } = keeper.context;
  await requireFolder(folder);
  const prepared = (await pending(db)) ?? (await prepare(keeper, folder));
  const written = await writeToStick(keeper, folder, prepared);
  keeper.progress("logging the export");
  await markExported(keeper, prepared);
  await publish(keeper);
  for (let batch = prepared.first; batch <= prepared.last; batch++) {
    keeper.context.log.event("batch-exported", { batch, bundle: prepared.sequence });
  }
  return written;
}

/**
 * Writes bundle `sequence` again, byte for byte, and logs nothing.
 * @throws {Refusal} `nothing-to-do` if there was no such bundle; `key-destroyed` if a batch in it was purged; and as {@link exportBundle}.
 */
export async function exportAgain(keeper: Keeper, folder: string, sequence: number): Promise<ExportedBundle> {
  const { db } = keeper.context;
  await requireFolder(folder);
  const prepared = await bundle(db, sequence);
  if (prepared?.logged !== true) throw new Refusal("nothing-to-do", `there is no bundle ${String(sequence)}`);
  return writeToStick(keeper, folder, prepared);
}

// Preparing ------------------------------------------------------------------------------------------------------------------------------------

async function prepare({ context, lock, progress }: Keeper, folder: string): Promise<PreparedBundle> {
  const { db, keys } = context;
  progress("preparing the bundle");
  const before = await lastBundle(db);
  const batches = await waitingRun(db, before?.last ?? 0);
  const first = batches[0]?.batch;
  if (first === undefined) throw new Refusal("nothing-to-do", "every sealed batch was exported");
  const checkpoint = await publishedCheckpoint(db);
  if (checkpoint === null) throw new Error("a sealed batch is in a published log");

  const log: ManifestEntry[] = [entryOf("checkpoint", checkpoint)];
  for (const path of newTilePaths(before === null ? 0 : checkpointSize(before.checkpoint), checkpointSize(checkpoint))) {
    const tile = await logFile(db, path);
    if (tile === null) throw new Error("a published log has its tiles");
    log.push(entryOf(`log/${path}`, tile));
  }

  const room = await roomIn(folder);
  const items: ManifestEntry[] = [];
  let last = first;
  for (const { batch, waits } of batches) {
    const some = waits ? await itemEntries(db, batch) : [];
    const together = [...log, ...items, ...some];
    if (items.length > 0 && (bundleLength(together) > room || !fitsManifest(together))) break;
    for (const entry of some) items.push(entry);
    last = batch;
  }
  if (!fitsManifest([...log, ...items])) throw new Refusal("too-large", `batch ${formatNumber(last)}`);
  // Nothing is written down for a stick that cannot take it: the next one may have room for more.
  if (bundleLength([...log, ...items]) > room) throw new Refusal("stick-full");
  const manifestText = formatManifest({
    origin: keys.origin,
    to: "review",
    sequence: (before?.sequence ?? 0) + 1,
    previous: before?.manifestHash ?? NO_PREVIOUS,
    entries: [...log, ...items],
  });
  const manifest = await keys.logSigner.sign(manifestText);
  const prepared: PreparedBundle = {
    sequence: (before?.sequence ?? 0) + 1,
    first,
    last,
    manifest,
    manifestHash: toHex(sha256(manifest)),
    checkpoint,
    logged: false,
  };
  const date = formatDate(await entryDay(context));
  await lock.transaction((tx) =>
    tx.execute(
      `insert into bundle (direction, sequence, date, first, last, manifest_hash, manifest, checkpoint, logged)
       values ('review', $1, $2, $3, $4, $5, $6, $7, false)`,
      [prepared.sequence, date, first, last, fromHex(prepared.manifestHash), manifest, checkpoint],
    ),
  );
  return prepared;
}

/** Batches after those of the last bundle, from the first to the last that is there; one between that was destroyed unread has no items any more. */
async function waitingRun(db: Connection, after: number): Promise<{ batch: number; waits: boolean }[]> {
  const batches = await db.query<{ batch: number; waits: boolean; purged: boolean }>(
    `select batch, state = 'sealed' and purging is null and not lost as waits, state = 'purged' or lost as purged
     from (select *, to_regclass('item_' || batch) is null as lost from batch) as known where batch > $1 order by batch`,
    [after],
  );
  const first = batches.findIndex(({ purged }) => !purged);
  return batches.slice(Math.max(first, 0), batches.findLastIndex(({ waits }) => waits) + 1);
}

async function itemEntries(db: Connection, batch: number): Promise<ManifestEntry[]> {
  return (await itemsOf(db, batch)).map(({ position, length, sha256: hash }) => ({
    sha256: toHex(hash),
    size: length,
    path: `batches/${formatNumber(batch)}/${String(position).padStart(4, "0")}`,
  }));
}

/** Tiles of a log of `size` entries that a log of `oldSize` did not have. */
function newTilePaths(oldSize: number, size: number): string[] {
  const old = new Set([...tilesOf(oldSize)].map(({ level, index, width }) => tilePath(level, index, width)));
  return [...tilesOf(size)].map(({ level, index, width }) => tilePath(level, index, width)).filter((path) => !old.has(path));
}

function entryOf(path: string, bytes: Bytes): ManifestEntry {
  return { path, size: bytes.length, sha256: toHex(sha256(bytes)) };
}

/** Octets of a bundle of these entries, its manifest estimated from above. */
function bundleLength(entries: readonly ManifestEntry[]): number {
  const manifest = entries.reduce((length, { path }) => length + path.length + 80, 2048);
  return tarLength([manifest, ...entries.map(({ size }) => size)]);
}

// Writing --------------------------------------------------------------------------------------------------------------------------------------

async function writeToStick({ context, progress }: Keeper, folder: string, prepared: PreparedBundle): Promise<ExportedBundle> {
  const written = await bundleOf(context, prepared);
  if (written.manifestHash !== prepared.manifestHash) throw new Refusal("keys-missing", "the log key is another one");
  const name = `to-review-${formatNumber(prepared.sequence)}.bundle`;
  await refuseOther(join(folder, name), prepared.manifest);
  await writeOnto(folder, name, written, progress);
  const { sequence, first, last, manifestHash } = prepared;
  return { bundle: sequence, first, last, sha256: manifestHash, path: join(folder, name), length: written.length };
}

/** The bundle as it was prepared. Every file is opened when its turn comes. */
async function bundleOf(context: Context, { manifest, checkpoint }: PreparedBundle): Promise<WrittenBundle> {
  const listed = parseManifest(parseNote(manifest, manifest.length).text);
  const keys = new Map<number, Bytes>();
  for (const { path } of listed.entries) {
    const batch = Number(ITEM_PATH.exec(path)?.[1] ?? 0);
    if (batch > 0 && !keys.has(batch)) keys.set(batch, await keyOf(context, batch));
  }
  const entries = listed.entries.map((entry): BundleFile => ({
    path: entry.path,
    size: entry.size,
    sha256: fromHex(entry.sha256, 32),
    open: () => bodyOf(context, keys, checkpoint, entry.path),
  }));
  return writeBundle({ ...listed, entries }, context.keys.logSigner);
}

async function keyOf({ db, config }: Context, batch: number): Promise<Bytes> {
  const [row] = await db.query<{ gone: boolean }>("select state = 'purged' or purging is not null as gone from batch where batch = $1", [
    batch,
  ]);
  if (row?.gone !== false) throw new Refusal("key-destroyed", `batch ${String(batch)} was purged`);
  return batchKey(config.dataDir, batch);
}

function bodyOf({ db }: Context, keys: ReadonlyMap<number, Bytes>, checkpoint: Bytes, path: string): Source {
  if (path === "checkpoint") return once(checkpoint);
  const item = ITEM_PATH.exec(path);
  if (item === null) return storedFile(db, path.slice("log/".length));
  const batch = Number(item[1]);
  const key = keys.get(batch);
  if (key === undefined) throw new Error("every batch of a bundle has its key");
  return itemBody(db, key, batch, Number(item[2]));
}

async function* storedFile(db: Connection, path: string): AsyncGenerator<Bytes, void, undefined> {
  const bytes = await logFile(db, path);
  if (bytes === null) throw new Refusal("not-found", "a tile");
  yield bytes;
}

// What is written down -------------------------------------------------------------------------------------------------------------------------

interface BundleRow {
  readonly sequence: number;
  readonly first: number;
  readonly last: number;
  readonly manifest: Buffer;
  readonly manifest_hash: Buffer;
  readonly checkpoint: Buffer;
  readonly logged: boolean;
}

async function rows(db: Connection, rest: string, values: readonly number[] = []): Promise<PreparedBundle | null> {
  const columns = "sequence, first, last, manifest, manifest_hash, checkpoint, logged";
  const [row] = await db.query<BundleRow>(`select ${columns} from bundle where direction = 'review' ${rest}`, values);
  if (row === undefined) return null;
  const { sequence, first, last, logged } = row;
  const manifestHash = toHex(row.manifest_hash);
  return { sequence, first, last, manifest: asBytes(row.manifest), manifestHash, checkpoint: asBytes(row.checkpoint), logged };
}

function pending(db: Connection): Promise<PreparedBundle | null> {
  return rows(db, "and not logged");
}

function bundle(db: Connection, sequence: number): Promise<PreparedBundle | null> {
  return rows(db, "and sequence = $1", [sequence]);
}

function lastBundle(db: Connection): Promise<PreparedBundle | null> {
  return rows(db, "order by sequence desc limit 1");
}

async function markExported({ context, lock }: Keeper, { sequence, first, last, manifestHash }: PreparedBundle): Promise<void> {
  const date = formatDate(await entryDay(context));
  await lock.transaction(async (tx) => {
    await tx.execute("update batch set state = 'exported' where batch between $1 and $2 and state = 'sealed'", [first, last]);
    await tx.execute("update bundle set logged = true, date = $2 where direction = 'review' and sequence = $1", [sequence, date]);
    await insertLeaves(tx, [{ kind: "exported", bundle: sequence, date, first, last, sha256: manifestHash }]);
  });
}
