/**
 * The one writer of the log. Order, so that a kill at any point leaves nothing signed that is not stored, and nothing published that is not signed:
 *
 * 1. entries are committed in PostgreSQL, with what they speak of (by the caller's transaction, `insertLeaves`);
 * 2. a checkpoint over them is signed, and kept in `checkpoint.last` outside PostgreSQL;
 * 3. tiles are published, the checkpoint last (both in one transaction: nobody sees one without the other).
 *
 * Ed25519 is deterministic, so doing 2 and 3 again gives the same bytes. What is in `checkpoint.last` has been signed and may be known outside; if
 * the entries in PostgreSQL do not extend it, the database went back to an earlier state, and signing would fork the log: `store-went-back`, an
 * operator must look.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { equal } from "../../protocol/bytes.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type Checkpoint, formatCheckpoint } from "../../protocol/format/checkpoint.ts";
import { parseDate } from "../../protocol/format/date.ts";
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
import { dayOf } from "./timetable.ts";

/** What the keeper's operations work with. */
export interface Keeper {
  readonly context: Context;
  readonly lock: KeeperLock;
  readonly progress: Progress;
}

/**
 * Signs and publishes all entries that are not yet; nothing to do if there are none. May be repeated.
 * @throws {Refusal} `store-went-back`; `bad-signature` and the like if a stored checkpoint is not by this server's key.
 */
export async function publish({ context, lock, progress }: Keeper): Promise<void> {
  const { db, keys } = context;
  const published = await openCheckpoint(context, await publishedCheckpoint(db));
  const last = await openCheckpoint(context, await readIfThere(lastCheckpointPath(context.config.dataDir)));
  const size = await leafCount(db);
  if (size < Math.max(published.size, last.size)) throw new Refusal("store-went-back", "size");

  const pending = await readLeaves(db, published.size, size);
  if (last.size > 0) await extendsLast(db, published.size, pending, last);
  if (pending.length === 0) return;
  const tiles = await newTiles(published.size, pending, tilesIn(db));
  const root = await treeHash(size, over(tiles, tilesIn(db)));

  progress("signing");
  const checkpoint = await keys.logSigner.sign(formatCheckpoint({ origin: keys.origin, size, root }));
  progress("keeping the checkpoint");
  await writeDurably(lastCheckpointPath(context.config.dataDir), checkpoint);
  progress("publishing");
  await lock.transaction((tx) => putTiles(tx, tiles, checkpoint));
  context.log.event("log-published", { size });
}

/** Refuses unless the stored entries begin with those of the checkpoint signed last. */
async function extendsLast(db: Connection, publishedSize: number, pending: readonly Bytes[], last: Checkpoint): Promise<void> {
  const beyond = last.size > publishedSize ? await newTiles(publishedSize, pending.slice(0, last.size - publishedSize), tilesIn(db)) : [];
  let root: Bytes;
  try {
    root = await treeHash(last.size, over(beyond, tilesIn(db)));
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("store-went-back", "tiles");
    throw error;
  }
  if (!equal(root, last.root)) throw new Refusal("store-went-back", "root");
}

/** Tiles that are about to be written, before those that are. */
function over(fresh: readonly NewTile[], stored: TileReader): TileReader {
  const byPath = new Map(fresh.map(({ path, bytes }) => [path, bytes]));
  return { tile: async (level, index, width) => byPath.get(tilePath(level, index, width)) ?? stored.tile(level, index, width) };
}

/** A stored checkpoint, checked against this server's own key; before the first one, the empty log. */
async function openCheckpoint({ keys }: Context, note: Bytes | null): Promise<Checkpoint> {
  if (note === null) return { origin: keys.origin, size: 0, root: new Uint8Array(32) };
  return verifyCheckpoint(note, { log: keys.logSigner.vkey });
}

/** The day that an entry made now has: today, but never before the last entry's, whatever the clock says. */
export async function entryDay({ db, clock }: Context): Promise<number> {
  const last = await lastDate(db);
  return Math.max(dayOf(clock()), last === null ? 0 : parseDate(last));
}
