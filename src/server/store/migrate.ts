/**
 * Migrations: plain SQL files `0001_name.sql`, each run once, in order, in a transaction of its own. A file that was run is never changed: its SHA-256 is
 * kept and compared. Two processes that start at once wait for each other. Rejected: a library; this is all there is to it.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal } from "../../protocol/bytes.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { Fault } from "../../protocol/errors.ts";
import type { Connection, Database } from "./database.ts";

/** Key of the lock that migrating takes. */
const MIGRATING = 0x6d696772;

/** How a database stands to the files in a folder: the same, behind them, or made by others. */
export type MigrationState = "same" | "behind" | "other";

/** Looks; changes nothing. A database without any is behind. */
export async function migrationState(db: Connection, folder: string): Promise<MigrationState> {
  const names = await migrationsIn(folder);
  const [table] = await db.query<{ there: boolean }>("select to_regclass('migration') is not null as there");
  const done = table?.there === true ? await migrationsDone(db) : [];
  for (const [index, { name, sha256: hash }] of done.entries()) {
    if (names[index] !== name || !equal(sha256(await readFile(join(folder, name))), hash)) return "other";
  }
  return done.length === names.length ? "same" : "behind";
}

/** Names of the files in a folder, in order. */
async function migrationsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
}

/** What was run, in order. */
export async function migrationsDone(db: Connection): Promise<{ readonly name: string; readonly sha256: Uint8Array }[]> {
  return db.query("select name, sha256 from migration order by name");
}

/**
 * Brings the database up to the files in `folder`. `db` connects as the owner of the database.
 * @param through so many files and no more: what a backup was made under.
 * @returns how many files were run now.
 * @throws {Fault} if a file that was run has changed or is gone, or one fails; files before it stay done.
 */
export async function migrate(db: Database, folder: string, through = Infinity): Promise<number> {
  const names = await migrationsIn(folder);
  const session = await db.connect();
  try {
    await session.query("select pg_advisory_lock($1)", [MIGRATING]);
    await session.query("create table if not exists migration (name text primary key, sha256 bytea not null)");
    const done = await migrationsDone(session);
    for (const [index, { name, sha256: hash }] of done.entries()) {
      if (names[index] !== name) throw new Fault("migrating the database", new Error(`${name} was run and is not there`));
      if (!equal(sha256(await readFile(join(folder, name))), hash))
        throw new Fault("migrating the database", new Error(`${name} was changed`));
    }
    const missing = names.slice(done.length, through);
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
  const state = await migrationState(db, folder);
  if (state === "behind") throw new Fault("waiting for the keeper to migrate the database", undefined);
  if (state === "other") throw new Fault("comparing the database with the migrations", undefined);
}
