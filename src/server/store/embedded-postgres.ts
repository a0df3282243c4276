/**
 * The database that needs no setting up: a PostgreSQL of our own, started with the first command that needs it and stopped with the last.
 *
 * - It listens on one Unix socket in a folder of mode 0700 and on no network, and lets nobody in without a password. That of the superuser is a file beside
 *   the cluster; the server's work runs over logins that can do less (`logins.ts`).
 * - It writes no text log at all: PostgreSQL quotes statements and values in its messages.
 * - It keeps no commit times and recycles no WAL files; everything that was acknowledged is flushed (`fsync`, `synchronous_commit`).
 * - `serve` and the other commands share it. Each holds a shared advisory lock on a connection of its own; whoever leaves and can then take that lock
 *   alone stops the database. A process that was killed leaves the database running, and the next command simply uses it.
 * - Whoever asks for it (`serve` does) has the database started again whenever it ends without having been told to.
 *
 * Where it lies: `postgres-place.ts`. Its process: `postgres-process.ts`. The cluster is owned by that process; these modules own the folder around it.
 */
import { mkdir, rmdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { type EventLog, whereItBroke } from "../privacy.ts";
import { readIfThere } from "./durable-file.ts";
import { preparePostgres } from "./postgres-binaries.ts";
import { choosePlace, socketFolder, type Where } from "./postgres-place.ts";
import { launch, makeCluster, NAME, passwordPath, PATIENCE, type Place, postmaster, runningSockets, shutDown } from "./postgres-process.ts";
import { type Held, holdAlone, runs, thisProcess } from "./single-holder.ts";

/** A database that runs for us. */
export interface EmbeddedPostgres {
  /** Address of the database `firsthand`, as its owner. */
  readonly url: string;
  /** Folder of the cluster, absolute. */
  readonly cluster: string;
  /** Ends our use of it, and the database itself if nobody else uses it. Close all connections before. */
  stop(): Promise<void>;
}

/** Where root keeps clusters that cannot lie in their DATA_DIR. */
const SHARED_PLACE = "/var/lib/firsthand";

/** Key of the advisory lock that every user of the database holds shared. */
const IN_USE = 0x66697273;

/** Pause between attempts to start a database again that ended, milliseconds. */
const TRY_AGAIN = 1000;

/** What may be chosen of a start. */
export interface EmbeddedOptions {
  /** Whether the database is started again when it ends without having been told to. */
  readonly restarts?: boolean;
  /** For tests: where root keeps clusters that cannot lie in DATA_DIR. */
  readonly sharedPlace?: string;
  /** The time, in milliseconds since 1970. */
  readonly clock?: () => number;
}

/** Whether a data folder has a database of its own already. Looks only. */
export async function hasEmbeddedPostgres(dataDir: string): Promise<boolean> {
  for (const mark of [join("postgres", "cluster", "PG_VERSION"), "postgres.place"])
    if ((await stat(join(dataDir, mark)).catch(() => null)) !== null) return true;
  return false;
}

/**
 * Starts the database of a data folder, or joins it if it runs. Makes it if it is not there yet.
 * @throws {Fault} if it cannot be made or started.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  log: EventLog,
  { restarts = false, sharedPlace = SHARED_PLACE, clock = Date.now }: EmbeddedOptions = {},
): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const where: Where = { folder, sharedPlace, clock };
  let use = await startOrJoin(where, log, false);
  const { url, cluster } = use;

  let stopped = false;
  // A function, because the flag changes while it waits.
  const isStopped = (): boolean => stopped;
  const watch = async (): Promise<void> => {
    while (!isStopped()) {
      await use.ended;
      use = (await restarted()) ?? use;
    }
  };
  const restarted = async (): Promise<Use | null> => {
    while (!isStopped()) {
      try {
        return await startOrJoin(where, log, true);
      } catch (error) {
        log.event("database-start-failed", { where: whereItBroke(error) });
        await pause(TRY_AGAIN);
      }
    }
    return null;
  };
  const watching = restarts ? watch() : Promise.resolve();

  return {
    url,
    cluster,
    stop: async () => {
      if (stopped) return;
      stopped = true;
      let holder = use.holder;
      if (restarts) {
        // A start under way is let finish, so that what it starts is stopped.
        const ended = leave(holder);
        await Promise.all([ended, watching]);
        holder = use.holder;
      }
      const { door } = use;
      const stopping = await waitForTurn(turnPath(folder));
      try {
        if (!(await leaveAsLast(holder, door))) return;
        await shutDown(cluster);
        await rmdir(door.sockets).catch(() => undefined); // empty now; the next start makes it again
        log.event("database-stopped", {});
      } finally {
        await stopping.release();
      }
    },
  };
}

/** How to come in as the superuser. */
interface Door {
  readonly sockets: string;
  /** Hexadecimal; null for a cluster that asks for none. */
  readonly password: string | null;
}

/** Our use of a database that runs. */
interface Use {
  readonly cluster: string;
  readonly door: Door;
  /** Holds the lock that says that we use it. Ends when the database does. */
  readonly holder: pg.Client;
  readonly ended: Promise<void>;
  readonly url: string;
}

/** @param again whether there must be a cluster already: in the place of one that vanished no empty one is made. */
async function startOrJoin(where: Where, log: EventLog, again: boolean): Promise<Use> {
  const starting = await waitForTurn(turnPath(where.folder));
  try {
    const place = await choosePlace(where, log);
    const cluster = join(place.folder, "cluster");
    const running = await runningSockets(cluster);
    let sockets = running;
    if (sockets === null) {
      const binaries = await preparePostgres(place.folder);
      if (!again) await makeCluster(place, binaries, cluster);
      sockets = await socketFolder(place);
      await launch(place, binaries, cluster, sockets);
    }
    const door = { sockets, password: await passwordOf(place) };
    await answering(cluster, door);
    const holder = await enter(door);
    const ended = new Promise<void>((resolve) => holder.once("end", resolve));
    log.event("database-started", { adopted: running !== null });
    return { cluster, door, holder, ended, url: urlOf(door, NAME) };
  } catch (error) {
    throw error instanceof Refusal || error instanceof Fault ? error : new Fault("starting PostgreSQL", error);
  } finally {
    await starting.release();
  }
}

function turnPath(folder: string): string {
  return join(folder, "postgres.starting");
}

function urlOf({ sockets, password }: Door, database: string): string {
  return `postgresql://${NAME}${password === null ? "" : `:${password}`}@${encodeURIComponent(sockets)}/${database}`;
}

async function passwordOf(place: Place): Promise<string | null> {
  const bytes = await readIfThere(passwordPath(place));
  return bytes === null ? null : fromUtf8(bytes);
}

/** Starting and stopping are done by one process at a time. */
async function waitForTurn(path: string): Promise<Held> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await holdAlone(path);
    } catch (error) {
      if (!(error instanceof Refusal) || Date.now() > end) throw error;
      await pause(50);
    }
  }
}

/** Waits until the database answers; a recovery after a crash comes first. */
async function answering(cluster: string, door: Door): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      await withClient(door, "postgres", async (client) => {
        await client.query("select 1");
      });
      return;
    } catch (cause) {
      if (Date.now() > end || (await postmaster(cluster)) === null) throw new Fault("starting PostgreSQL", cause);
      await pause(30);
    }
  }
}

/** Makes the database if it is not there, and says that we use it. */
async function enter(door: Door): Promise<pg.Client> {
  await withClient(door, "postgres", async (client) => {
    const there = await client.query("select from pg_database where datname = $1", [NAME]);
    if (there.rowCount === 0) await client.query(`create database ${NAME} template template0 encoding 'UTF8' locale 'C'`);
  });
  const holder = new pg.Client({ connectionString: urlOf(door, "postgres"), application_name: await thisProcess() });
  holder.on("error", () => undefined);
  await holder.connect();
  await holder.query("select pg_advisory_lock_shared($1)", [IN_USE]);
  return holder;
}

async function withClient(door: Door, database: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(door, database) });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Gives our share of the database back. True if nobody else has one, or the database is gone already. */
async function leaveAsLast(holder: pg.Client, door: Door): Promise<boolean> {
  await leave(holder);
  let alone = true;
  try {
    await withClient(door, "postgres", async (client) => {
      // The connection of somebody who was killed may take a moment to be gone on the other side.
      for (let attempt = 0; attempt < 20; attempt++) {
        const tried = await client.query<{ alone: boolean }>("select pg_try_advisory_lock($1) as alone", [IN_USE]);
        alone = tried.rows[0]?.alone === true;
        if (alone || (await isUsed(client))) return;
        await pause(25);
      }
    });
  } catch {
    return true;
  }
  return alone;
}

/** Gives a share back before its connection ends: that may take a moment to be gone on the other side. Repeated calls do nothing. */
async function leave(holder: pg.Client): Promise<void> {
  await holder.query("select pg_advisory_unlock_shared($1)", [IN_USE]).catch(() => undefined);
  await holder.end().catch(() => undefined);
}

/** Whether a process that runs has a share of the database. One in another container cannot be seen, and counts as soon as it has outlasted the attempts above. */
async function isUsed(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(
    "select application_name as name from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and objid::bigint = $1 and granted",
    [IN_USE],
  );
  for (const { name } of rows) if (await runs(name)) return true;
  return false;
}
