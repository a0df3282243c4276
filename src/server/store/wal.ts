/**
 * Throwing PostgreSQL's write-ahead log away. It keeps what changed in the order in which it changed, with the moment of each commit: what arrived when, and how
 * much before decoys were added. So each sealing ends it, and each purge.
 */
import { type Connection, sqlStateOf } from "./database.ts";

/** SQLSTATE of a statement this role may not use. */
const NOT_ALLOWED = "42501";

/**
 * Lets PostgreSQL delete all WAL it has; what comes next begins in a new file, so that positions in it do not tell how much there was before. A database of
 * one's own may not allow that to the keeper: then its WAL goes when it would anyway.
 */
export async function discardWal(db: Connection): Promise<void> {
  try {
    await db.query("checkpoint");
    await db.query("select pg_switch_wal()");
    await db.query("checkpoint");
  } catch (error) {
    if (sqlStateOf(error) !== NOT_ALLOWED) throw error;
  }
}
