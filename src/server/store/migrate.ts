/**
 * Migrations: plain SQL files `0001_name.sql`, each run once, in order, in a transaction of its own. A file that was run is never changed: its SHA-256 is
 * kept and compared. Two processes that start at once wait for each other. Rejected: a library; this is all there is to it.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal } from "../../protocol/bytes.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { Fault } from "../../protocol/errors.ts";
import type { Database } from "./database.ts";

/** Key of the lock that migrating takes. */
const MIGRATING = 0x6d696772;

/**
 * Brings the database up to the files in `folder`. `db` connects as the owner of the database.
 * @returns how many files were run now.
 * @throws {Fault} if a file that was run has changed or is gone, or one fails; files before it stay done.
 */
export async function migrate(db: Database, folder: string): Promise<number> {
  const names = await namesIn(folder);
  const session = await db.connect();
  try {
    await session.query("select pg_advisory_lock($1)", [MIGRATING]);
    await session.query("create table if not exists migration (name text primary key, sha256 bytea not null)");
    const done = await session.query<MigrationRow>("select name, sha256 from migration order by name");
    await compare(done, names, folder);
    const missing = names.slice(done.length);
    for (const name of missing) {
      const sql = await readFile(join(folder, name));
      await session.query("begin");
      try {
        await session.query(sql.toString("utf8"));
        await session.query("insert into migration (name, sha256) values ($1, $2)", [name, sha256(sql)]);
        await session.query("commit");
      } catch (error) {
        await session.query("rollback");
        throw error;
      }
    }
    return missing.length;
  } finally {
    await session.query("select pg_advisory_unlock($1)", [MIGRATING]).catch(() => undefined);
    session.release();
  }
}

/**
 * For a process that may not migrate: that the database is as new as the files in `folder`.
 * @throws {Fault} if it is older (whoever may migrate has not been here yet), or a file has changed or is gone.
 */
export async function checkMigrated(db: Database, folder: string): Promise<void> {
  const names = await namesIn(folder);
  const done = await db.query<MigrationRow>("select name, sha256 from migration order by name");
  await compare(done, names, folder);
  if (done.length < names.length) throw new Fault("waiting for the keeper to migrate the database", undefined);
}

interface MigrationRow {
  readonly name: string;
  readonly sha256: Buffer;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
}

async function compare(done: readonly MigrationRow[], names: readonly string[], folder: string): Promise<void> {
  for (const [index, { name, sha256: hash }] of done.entries()) {
    if (names[index] !== name) throw new Fault("migrating the database", new Error(`${name} was run and is not there`));
    if (!equal(sha256(await readFile(join(folder, name))), hash))
      throw new Fault("migrating the database", new Error(`${name} was changed`));
  }
}
