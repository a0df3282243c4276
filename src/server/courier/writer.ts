/**
 * The one writer of the log. Order, so that a kill at any point leaves nothing signed that is not stored, and nothing published that is not signed:
 *
 * 1. entries are committed in PostgreSQL, with what they speak of (by the caller's transaction, `insertLeaves`);
 * 2. a checkpoint over them is signed, and kept in `checkpoint.last` outside PostgreSQL;
 * 3. tiles are published, the checkpoint last (both in one transaction: nobody sees one without the other).
 *
 * Ed25519 is deterministic, so doing 2 and 3 again gives the same bytes. What is in `checkpoint.last` has been signed and may be known outside, and so has what is
 * published; if the entries in PostgreSQL do not extend both, the database went back to an earlier state or was changed, and signing would fork the log:
 * `store-went-back`, an operator must look. Nothing is sealed, exported or purged until then; tips are still taken in. Their receipts hold, because a generation
 * whose key is there was not sealed: a database from before a sealing has no key for its open generation, and the server does not start on it (`keys-missing`).
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { equal } from "../../protocol/bytes.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type Checkpoint, formatCheckpoint } from "../../protocol/format/checkpoint.ts";
import { dayOf, parseDate } from "../../protocol/format/date.ts";
import { tilePath } from "../../protocol/format/tile.ts";
import { newTiles, type NewTile, type TileReader, treeHash } from "../../protocol/tlog/tree.ts";
import { verifyCheckpoint } from "../../protocol/tlog/verify.ts";
import type { Context } from "../context.ts";
import { lastCheckpointPath } from "../keys.ts";
import type { Connection } from "../store/database.ts";
import { readIfThere, writeDurably } from "../store/durable-file.ts";
import type { KeeperLock } from "../store/locks.ts";
import { lastDate, leafCount, publishedCheckpoint, putTiles, readLeaves, tilesIn } from "../store/log-store.ts";
import type { Progress } from "./progress.ts";

/** What the keeper's operations work with. */
export interface Keeper {
  readonly context: Context;
  readonly lock: KeeperLock;
  readonly progress: Progress;
}

/**
 * Signs and publishes all entries that are not yet; nothing to do if there are none. May be repeated.
 * @throws {Refusal} `store-went-back`.
 */
export async function publish({ context, lock, progress }: Keeper): Promise<void> {
  const { db, keys } = context;
  const { from, pending } = await unpublished(context);
  if (pending.length === 0) return;
  const size = from + pending.length;
  const tiles = await newTiles(from, pending, tilesIn(db));
  const root = await treeHash(size, over(tiles, tilesIn(db)));

  progress("signing");
  const checkpoint = await keys.logSigner.sign(formatCheckpoint({ origin: keys.origin, size, root }));
  progress("keeping the checkpoint");
  await writeDurably(lastCheckpointPath(context.config.dataDir), checkpoint);
  progress("publishing");
  await lock.transaction((tx) => putTiles(tx, tiles, checkpoint));
  context.log.event("log-published", { size });
}

/** Whether this server would sign what is stored. Looks only. */
export async function wouldSign(context: Context): Promise<boolean> {
  try {
    await unpublished(context);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.code === "store-went-back") return false;
    throw error;
  }
}

/** Entries that are stored and not published, and the number of those before them, once it is sure that they extend everything that was signed. */
async function unpublished(context: Context): Promise<{ from: number; pending: Bytes[] }> {
  const { db, config } = context;
  const published = await openCheckpoint(context, await publishedCheckpoint(db));
  const last = await openCheckpoint(context, await readIfThere(lastCheckpointPath(config.dataDir)));
  const size = await leafCount(db);
  if (size < Math.max(published.size, last.size)) throw new Refusal("store-went-back", "size");
  const pending = await readLeaves(db, published.size, size);
  for (const signed of published.size === last.size && equal(published.root, last.root) ? [last] : [published, last]) {
    if (signed.size > 0) await extendsSigned(db, published.size, pending, signed);
  }
  return { from: published.size, pending };
}

/** Refuses unless the stored entries begin with those of a checkpoint that was signed. */
async function extendsSigned(db: Connection, publishedSize: number, pending: readonly Bytes[], signed: Checkpoint): Promise<void> {
  let root: Bytes;
  try {
    const more = signed.size > publishedSize ? pending.slice(0, signed.size - publishedSize) : [];
    root = await treeHash(signed.size, over(await newTiles(publishedSize, more, tilesIn(db)), tilesIn(db)));
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("store-went-back", "tiles");
    throw error;
  }
  if (!equal(root, signed.root)) throw new Refusal("store-went-back", "root");
}

/** Tiles that are about to be written, before those that are. */
function over(fresh: readonly NewTile[], stored: TileReader): TileReader {
  const byPath = new Map(fresh.map(({ path, bytes }) => [path, bytes]));
  return { tile: async (level, index, width) => byPath.get(tilePath(level, index, width)) ?? stored.tile(level, index, width) };
}

/** A stored checkpoint, checked against this server's own key; before the first one, the empty log. */
async function openCheckpoint({ keys }: Context, note: Bytes | null): Promise<Checkpoint> {
  if (note === null) return { origin: keys.origin, size: 0, root: new Uint8Array(32) };
  try {
    return await verifyCheckpoint(note, { log: keys.logSigner.vkey });
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("store-went-back", "checkpoint");
    throw error;
  }
}

/** The day that an entry made now has: today, but never before the last entry's, whatever the clock says. */
export async function entryDay({ db, clock }: Context): Promise<number> {
  const last = await lastDate(db);
  return Math.max(dayOf(clock()), last === null ? 0 : parseDate(last));
}
