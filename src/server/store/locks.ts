/**
 * One keeper at a time: sealing, export, import, purge and signing never run beside each other, on this machine or another.
 *
 * Two locks, because each has a hole the other closes. The file (`single-holder.ts`) does not see other containers; the advisory lock ends with its
 * connection. Everything the keeper changes in PostgreSQL goes over the connection that holds the advisory lock: who lost the lock can no longer
 * write.
 */
import { join } from "node:path";
import { Refusal } from "../../protocol/errors.ts";
import type { Connection, Database } from "./database.ts";
import { holdAlone } from "./single-holder.ts";

/** Key of the keeper's advisory lock: "keep" in ASCII. */
const KEEPER = 0x6b656570;

/** How often a lock that is taken is tried again. */
const RETRY_MS = 200;

/** The right to change batches and log. */
export interface KeeperLock {
  /** Runs `work` in one transaction over the connection that holds the lock; rolls back if it throws. Not nested, not twice at once. */
  transaction<T>(work: (tx: Connection) => Promise<T>): Promise<T>;
}

/**
 * Runs `work` as the one keeper, waiting up to `patience` milliseconds for another one to finish.
 * @throws {Refusal} `another-writer`; and what `work` throws.
 */
export async function asKeeper<T>(db: Database, dataDir: string, patience: number, work: (lock: KeeperLock) => Promise<T>): Promise<T> {
  const until = Date.now() + patience;
  const file = await retry(until, () => holdAlone(join(dataDir, "keeper.lock")));
  try {
    const connection = await db.connect();
    try {
      await retry(until, async () => {
        const [row] = await connection.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [KEEPER]);
        if (row?.taken !== true) throw new Refusal("another-writer");
      });
      try {
        return await work({ transaction: (within) => transaction(connection, within) });
      } finally {
        // On a broken connection the lock is gone already.
        await connection.query("select pg_advisory_unlock($1)", [KEEPER]).catch(() => undefined);
      }
    } finally {
      connection.release();
    }
  } finally {
    await file.release();
  }
}

async function transaction<T>(connection: Connection, work: (tx: Connection) => Promise<T>): Promise<T> {
  await connection.query("begin");
  try {
    const result = await work(connection);
    await connection.query("commit");
    return result;
  } catch (error) {
    await connection.query("rollback").catch(() => undefined);
    throw error;
  }
}

async function retry<T>(until: number, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "another-writer" || Date.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
