/**
 * What every command of the server works with: settings, database, keys, event log, a clock.
 *
 * Opening it starts the embedded PostgreSQL (or joins the one that runs), migrates, and makes the first generation and the log key if this is the first
 * start. Two pools of connections: `db` is the keeper, for sealing, courier and log; `intake` is what requests get, and can read no body.
 */
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { type Keys, loadKeys } from "./keys.ts";
import { type EventLog, openEventLog } from "./privacy.ts";
import { type Database, openDatabase } from "./store/database.ts";
import { requireDurableCommits } from "./store/durability.ts";
import { startEmbeddedPostgres } from "./store/embedded-postgres.ts";
import { HeldKeys } from "./store/generation-keys.ts";
import { openFirstGeneration } from "./store/generations.ts";
import { migrate } from "./store/migrate.ts";

/** Everything open. */
export interface Context {
  readonly config: Config;
  /** As `firsthand_keeper`. */
  readonly db: Database;
  /** As `firsthand_intake`. */
  readonly intake: Database;
  readonly keys: Keys;
  /** Generation keys that requests use. */
  readonly held: HeldKeys;
  readonly log: EventLog;
  /** The time, in milliseconds since 1970. */
  readonly clock: () => number;
  /** Closes connections, then the embedded PostgreSQL if nobody else uses it. Repeated calls do nothing. */
  close(): Promise<void>;
}

/** What may be chosen from outside; tests do. */
export interface ContextOptions {
  readonly log?: EventLog;
  readonly clock?: () => number;
  /** Whether the embedded PostgreSQL is started again when it ends without having been told to. */
  readonly restarts?: boolean;
}

const MIGRATIONS = fileURLToPath(new URL("../../migrations/", import.meta.url));

/**
 * Opens everything.
 * @throws {Refusal} what {@link loadKeys} refuses; `keys-missing` if DATA_DIR does not belong to the database;
 *   `bad-settings` if the database does not wait for its disk.
 * @throws {Fault} if the database cannot be started or migrated. What was opened is closed again.
 */
export async function openContext(
  config: Config,
  { log = openEventLog(), clock = Date.now, restarts = false }: ContextOptions = {},
): Promise<Context> {
  const keys = await loadKeys(config);
  const closing: (() => Promise<void>)[] = [];
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const step of closing.reverse()) await step();
  };
  try {
    let url = config.databaseUrl;
    if (url === null) {
      const embedded = await startEmbeddedPostgres(config.dataDir, log, { restarts });
      closing.push(() => embedded.stop());
      url = embedded.url;
    }
    const owner = openDatabase(url, { connections: 1 });
    try {
      const files = await migrate(owner, MIGRATIONS);
      if (files > 0) log.event("migrations-done", { files });
    } finally {
      await owner.close();
    }
    const lost = (): void => {
      log.event("database-connection-lost", {});
    };
    const db = openDatabase(url, { role: "firsthand_keeper", connections: 6, lost });
    closing.push(() => db.close());
    const intake = openDatabase(url, { role: "firsthand_intake", connections: 16, lost });
    closing.push(() => intake.close());
    await requireDurableCommits(intake);
    await openFirstGeneration(db, config.dataDir);
    const held = new HeldKeys(config.dataDir);
    closing.push(() => {
      held.forget();
      return Promise.resolve();
    });
    return { config, db, intake, keys, held, log, clock, close: () => (closed ??= close()) };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
