/**
 * The log in PostgreSQL: entries in `leaf`, which only grows; files below /log/ in `tile`; the published checkpoint in `log_state`.
 *
 * State: `leaf` is what the log is; `tile` can be computed from it. A file appears together with the checkpoint it belongs to, in one transaction, so
 * a reader never finds a checkpoint without its tiles. Partial tiles stay: a bundle written again is the same bundle.
 *
 * Whoever can change these tables cannot sign: a checkpoint needs the log key, and `checkpoint.last` outside PostgreSQL tells if entries went away or
 * changed.
 */
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { Refusal } from "../../protocol/errors.ts";
import { parseCheckpoint } from "../../protocol/format/checkpoint.ts";
import { formatLeaf, type Leaf, parseLeaf, type PolicyLeaf } from "../../protocol/format/leaf.ts";
import { parseNote } from "../../protocol/format/note.ts";
import { tilePath } from "../../protocol/format/tile.ts";
import type { NewTile, TileReader } from "../../protocol/tlog/tree.ts";
import type { Connection } from "./database.ts";

const CHECKPOINT = "checkpoint";

/** The file at `path` below /log/, or null. `checkpoint`, tiles, policies and acknowledgements. */
export async function logFile(db: Connection, path: string): Promise<Bytes | null> {
  if (path === CHECKPOINT) return readState(db, CHECKPOINT);
  const [row] = await db.query<{ bytes: Buffer }>("select bytes from tile where path = $1", [path]);
  return row === undefined ? null : asBytes(row.bytes);
}

/** Tiles as they are stored. */
export function tilesIn(db: Connection): TileReader {
  return {
    tile: async (level, index, width) => {
      const bytes = await logFile(db, tilePath(level, index, width));
      if (bytes === null) throw new Refusal("not-found", "tile");
      return bytes;
    },
  };
}

/** The published checkpoint, a signed note, or null before the first. */
export async function publishedCheckpoint(db: Connection): Promise<Bytes | null> {
  return readState(db, CHECKPOINT);
}

/** Entries that a stored checkpoint, a signed note of ours, is over. */
export function checkpointSize(checkpoint: Bytes): number {
  return parseCheckpoint(parseNote(checkpoint).text).size;
}

/** Puts tiles and the checkpoint they belong to in their places. To be called in a transaction. */
export async function putTiles(tx: Connection, tiles: readonly NewTile[], checkpoint: Bytes): Promise<void> {
  for (const { path, bytes } of tiles) await putFile(tx, path, bytes);
  await writeState(tx, CHECKPOINT, checkpoint);
}

/** Puts a file beside the tiles. The bytes at a path never change, so a second time does nothing. */
export async function putFile(tx: Connection, path: string, bytes: Bytes): Promise<void> {
  await tx.execute("insert into tile (path, bytes) values ($1, $2) on conflict (path) do nothing", [path, bytes]);
}

/** Number of entries, published or not. */
export async function leafCount(db: Connection): Promise<number> {
  const [row] = await db.query<{ count: number }>("select coalesce(max(index) + 1, 0) as count from leaf");
  return row?.count ?? 0;
}

/** Entries `from` to before `to`. @throws {Refusal} `store-went-back` if one is missing. */
export async function readLeaves(db: Connection, from: number, to: number): Promise<Bytes[]> {
  const rows = await db.query<{ bytes: Buffer }>("select bytes from leaf where index >= $1 and index < $2 order by index", [from, to]);
  if (rows.length !== to - from) throw new Refusal("store-went-back", "entries");
  return rows.map(({ bytes }) => asBytes(bytes));
}

/** Entries that are added in one statement. */
const TOGETHER = 1000;

/** Adds entries at the end. The caller is the one writer; in a transaction with what the entries speak of. */
export async function insertLeaves(tx: Connection, leaves: readonly Leaf[]): Promise<void> {
  const first = await leafCount(tx);
  for (let place = 0; place < leaves.length; place += TOGETHER) {
    const bytes = leaves.slice(place, place + TOGETHER).map(formatLeaf);
    await tx.execute("insert into leaf (index, bytes) select * from unnest($1::bigint[], $2::bytea[])", [
      bytes.map((_, index) => first + place + index),
      bytes,
    ]);
  }
}

/** Date of the last entry that has one, or null. Dates in the log never go back, whatever the clock does. */
export async function lastDate(db: Connection): Promise<string | null> {
  const [row] = await db.query<{ bytes: Buffer }>("select bytes from leaf where position($1 in bytes) > 0 order by index desc limit 1", [
    Buffer.from('"date":'),
  ]);
  const leaf = row === undefined ? null : parseLeaf(asBytes(row.bytes));
  return leaf !== null && "date" in leaf ? leaf.date : null;
}

/** Entries of a kind that is rare, in their order: not for `received`. */
export async function leavesOfKind<Kind extends Exclude<Leaf["kind"], "received">>(
  db: Connection,
  kind: Kind,
): Promise<Extract<Leaf, { kind: Kind }>[]> {
  // In the words of the index `leaf_kind`: otherwise PostgreSQL would read the whole log.
  const rows = await db.query<{ bytes: Buffer }>(
    `select bytes from leaf where substring(encode(bytes, 'escape') from '"kind":"([a-z]+)"') = $1
       and position('"kind":"received"'::bytea in bytes) = 0 order by index`,
    [kind],
  );
  return rows.map(({ bytes }) => parseLeaf(asBytes(bytes))).filter((leaf) => leaf.kind === kind) as Extract<Leaf, { kind: Kind }>[];
}

/** The entries of retention policies in order; intake may read these and no others. */
export async function policyLeaves(db: Connection): Promise<PolicyLeaf[]> {
  const rows = await db.query<{ bytes: Buffer }>("select bytes from policy_leaf order by index");
  return rows.map(({ bytes }) => parseLeaf(asBytes(bytes))).filter((leaf) => leaf.kind === "policy");
}

/** A named value the keeper remembers, or null. */
export async function readState(db: Connection, name: string): Promise<Bytes | null> {
  const [row] = await db.query<{ value: Buffer }>("select value from log_state where name = $1", [name]);
  return row === undefined ? null : asBytes(row.value);
}

/** Remembers a value under a name, or forgets it (null). */
export async function writeState(tx: Connection, name: string, value: Bytes | null): Promise<void> {
  if (value === null) await tx.execute("delete from log_state where name = $1", [name]);
  else {
    await tx.execute("insert into log_state (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value", [
      name,
      value,
    ]);
  }
}
