/**
 * What every command of the server works with: settings, database, keys, event log, a clock.
 *
 * Opening it starts the embedded PostgreSQL (or joins the one that runs), migrates, and makes the first generation and the log key if this is the first
 * start. Two pools of connections: `db` is the keeper, for sealing, courier and log; `intake` is what requests get, and can read no body.
 *
 * **Only intake.** If the settings name the database by intake's own login, nothing is made and nothing migrated, and there is no connection that could do more than take tips in:
 * such a process may be another operating-system user than the keeper, who cannot read the keys of batches (deploy/README.md).
 */
import type { Config } from "./config.ts";
import { machineUptime, type Uptime } from "./courier/clock.ts";
import { MIGRATIONS } from "./installation.ts";
import { type Keys, loadKeys } from "./keys.ts";
import { type EventLog, openEventLog } from "./privacy.ts";
import { type Database, type DatabaseOptions, openDatabase, type Role } from "./store/database.ts";
import { requireDurableCommits } from "./store/durability.ts";
import { startEmbeddedPostgres } from "./store/embedded-postgres.ts";
import { HeldKeys } from "./store/generation-keys.ts";
import { openFirstGeneration } from "./store/generations.ts";
import { isIntakeLogin, loginAddress, makeLogins } from "./store/logins.ts";
import { checkMigrated, migrate } from "./store/migrate.ts";
import { RetentionInForce } from "./store/retention-policies.ts";
import { Troubles } from "./troubles.ts";

/** Everything open. */
export interface Context {
  readonly config: Config;
  /** As `firsthand_keeper`; of a process that has only intake's login, as that. */
  readonly db: Database;
  /** As `firsthand_intake`. */
  readonly intake: Database;
  readonly keys: Keys;
  /** Generation keys that requests use. */
  readonly held: HeldKeys;
  /** The retention policy in force today. */
  readonly retention: RetentionInForce;
  readonly log: EventLog;
  readonly troubles: Troubles;
  /** The time, in milliseconds since 1970. */
  readonly clock: () => number;
  /** Time that does not depend on the clock. */
  readonly uptime: () => Uptime;
  /** Folder of the embedded PostgreSQL's cluster, whose disk is looked at; null for a database of one's own. */
  readonly clusterFolder: string | null;
  /** Closes connections, then the embedded PostgreSQL if nobody else uses it. Repeated calls do nothing. */
  close(): Promise<void>;
}

/** What may be chosen from outside; tests do. */
export interface ContextOptions {
  readonly log?: EventLog;
  readonly clock?: () => number;
  /** By default that of the machine; of a clock that is given, its own: it is then believed. */
  readonly uptime?: () => Uptime;
  /** Whether the embedded PostgreSQL is started again when it ends without having been told to. */
  readonly restarts?: boolean;
}

/**
 * Opens everything.
 * @throws {Refusal} what {@link loadKeys} refuses; `keys-missing` if DATA_DIR does not belong to the database;
 *   `bad-settings` if the database does not wait for its disk.
 * @throws {Fault} if the database cannot be started or migrated. What was opened is closed again.
 */
export async function openContext(
  config: Config,
  { log = openEventLog(), clock = Date.now, uptime, restarts = false }: ContextOptions = {},
): Promise<Context> {
  const keys = await loadKeys(config);
  const closing: (() => Promise<void>)[] = [];
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const step of closing.reverse()) await step();
  };
  try {
    let url = config.databaseUrl;
    let clusterFolder: string | null = null;
    if (url === null) {
      const embedded = await startEmbeddedPostgres(config.dataDir, log, { restarts });
      closing.push(() => embedded.stop());
      url = embedded.url;
      clusterFolder = embedded.cluster;
    }
    const onlyIntake = isIntakeLogin(url);
    if (!onlyIntake) {
      const owner = openDatabase(url, { connections: 1 });
      try {
        const files = await migrate(owner, MIGRATIONS);
        if (files > 0) log.event("migrations-done", { files });
        await makeLogins(owner, url, config.dataDir);
      } finally {
        await owner.close();
      }
    }
    const lost = (): void => {
      log.event("database-connection-lost", {});
    };
    const open = async (role: Role, options: Pick<DatabaseOptions, "connections" | "pipelines">): Promise<Database> => {
      const opened = openDatabase(await loginAddress(config.dataDir, role), { role, lost, ...options });
      closing.push(() => opened.close());
      return opened;
    };
    const intake = await open("firsthand_intake", { connections: 16, pipelines: true });
    const db = onlyIntake ? intake : await open("firsthand_keeper", { connections: 6 });
    await requireDurableCommits(intake);
    if (onlyIntake) await checkMigrated(intake, MIGRATIONS);
    else await openFirstGeneration(db, config.dataDir);
    const held = new HeldKeys(config.dataDir);
    closing.push(() => {
      held.forget();
      return Promise.resolve();
    });
    const retention = await RetentionInForce.open(db, keys, clock());
    const troubles = new Troubles(log);
    closing.push(() => {
      troubles.tell();
      return Promise.resolve();
    });
    return {
      config,
      db,
      intake,
      keys,
      held,
      retention,
      log,
      troubles,
      clock,
      uptime: uptime ?? ownUptime(clock),
      clusterFolder,
      close: () => (closed ??= close()),
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

function ownUptime(clock: () => number): () => Uptime {
  return clock === Date.now ? machineUptime : () => ({ boot: "given", seconds: Math.floor(clock() / 1000) });
}
