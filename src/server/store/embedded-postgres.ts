/**
 * The database that needs no setting up: a PostgreSQL of our own, started with the first command that needs it and stopped with the last.
 *
 * - It listens on one Unix socket in a folder of mode 0700 and on no network, and lets nobody in without a password. That of the superuser is a file beside
 *   the cluster; the server's work runs over logins that can do less (`logins.ts`).
 * - It writes no text log at all: PostgreSQL quotes statements and values in its messages.
 * - It keeps no commit times and recycles no WAL files; everything that was acknowledged is flushed (`fsync`, `synchronous_commit`).
 * - `serve` and the other commands share it. Each holds a shared advisory lock on a connection of its own; whoever leaves and can then take that lock
 *   alone stops the database. A process that was killed leaves the database running, and the next command simply uses it: a database that is
 *   running is recognised by `postmaster.pid` and by the working folder of that process, so a reused process id is not mistaken for it.
 * - Whoever asks for it (`serve` does) has the database started again whenever it ends without having been told to.
 *
 * **Where.** Everything is below `DATA_DIR/postgres`. PostgreSQL refuses to run as root, so root runs it as the user `postgres` (made if there is none). If
 * that user cannot enter DATA_DIR (a folder above is closed), the cluster lies below `/var/lib/firsthand/<id>` instead, the id in `DATA_DIR/postgres.place`.
 * Ciphertext must not outlive DATA_DIR there for ever: each such cluster names its DATA_DIR in a file `owner`; a start of anybody notes in a file `gone` since
 * which day DATA_DIR is not there, and removes the cluster {@link KEPT_DAYS} days later. Until then a DATA_DIR that comes back finds its database.
 *
 * State: the cluster is owned by the process of PostgreSQL; this module owns the folder around it. `initdb` works under another name that is renamed at the
 * end, so an interrupted one is simply done again.
 */
import { spawn } from "node:child_process";
import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { fromUtf8, toHex, utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { dayOf } from "../../protocol/format/date.ts";
import { type EventLog, whereItBroke } from "../privacy.ts";
import { readIfThere, writeDurably } from "./durable-file.ts";
import { type PostgresBinaries, preparePostgres } from "./postgres-binaries.ts";
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

/** Name of superuser and database in the cluster. */
const NAME = "firsthand";

/** Key of the advisory lock that every user of the database holds shared. */
const IN_USE = 0x66697273;

/** How long a cluster stays whose DATA_DIR is gone, days: a folder that was moved away by mistake can be brought back. */
const KEPT_DAYS = 7;

/** Longest path of a socket's folder: 107 bytes for `<folder>/.s.PGSQL.5432`. */
const LONGEST_SOCKET_FOLDER = 107 - "/.s.PGSQL.5432".length;

/** Pause between attempts to start a database again that ended, milliseconds. */
const TRY_AGAIN = 1000;

/** How long a start, a recovery after a crash, or a stop may take: milliseconds. */
const PATIENCE = 120_000;

/** PostgreSQL's settings. `deploy/postgresql.conf` has those that matter for silence and durability too; a test compares. */
export const SETTINGS = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "60",
  shared_buffers: "32MB",
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  track_commit_timestamp: "off",
  // no replicas: WAL holds no more than a restart needs, and old WAL files are deleted rather than kept for reuse
  wal_level: "minimal",
  max_wal_senders: "0",
  wal_recycle: "off",
  min_wal_size: "32MB",
  max_wal_size: "512MB",
  // nothing is written anywhere: statements and values would be in it
  logging_collector: "off",
  log_destination: "stderr",
  log_min_messages: "panic",
  log_min_error_statement: "panic",
  log_statement: "none",
  log_checkpoints: "off",
  log_autovacuum_min_duration: "-1",
  log_min_duration_statement: "-1",
  log_lock_waits: "off",
  log_parameter_max_length_on_error: "0",
  track_activities: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  jit: "off",
  io_method: "sync",
} as const;

interface User {
  readonly uid: number;
  readonly gid: number;
}

interface Place {
  /** Holds `cluster`, `run` and the programs. */
  readonly folder: string;
  /** Whom PostgreSQL runs as; null: whoever we are. */
  readonly user: User | null;
}

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

/** Where a database is looked for, and by which clock. */
interface Where {
  /** DATA_DIR, absolute. */
  readonly folder: string;
  readonly sharedPlace: string;
  readonly clock: () => number;
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

/** The superuser's password, in a file of PostgreSQL's user beside the cluster. */
function passwordPath({ folder }: Place): string {
  return join(folder, "superuser");
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

// Where ----------------------------------------------------------------------------------------------------------------------------------------

async function choosePlace({ folder: dataDir, sharedPlace, clock }: Where, log: EventLog): Promise<Place> {
  if (process.getuid?.() !== 0) return { folder: await ownFolder(join(dataDir, "postgres")), user: null };

  const user = await postgresUser();
  const recorded = await readIfThere(join(dataDir, "postgres.place"));
  const known = recorded === null ? null : fromUtf8(recorded);
  if (known !== null && !/^[0-9a-f]{32}$/.test(known)) throw new Refusal("no-secure-place", "DATA_DIR/postgres.place");
  // Before others are removed: a DATA_DIR that was moved still has its cluster.
  if (known !== null) await own(sharedPlace, known, dataDir);
  await removeLeftClusters(sharedPlace, log, dayOf(clock()));
  if (known !== null) return { folder: join(sharedPlace, known), user };
  if (await canEnter(dataDir, user)) return { folder: await ownFolder(join(dataDir, "postgres"), 0o711), user };

  const id = toHex(randomBytes(16));
  // In this order: a cluster is somebody's from the moment on that it could be taken for nobody's.
  await writeDurably(join(dataDir, "postgres.place"), utf8(id));
  return { folder: await own(sharedPlace, id, dataDir), user };
}

/** The folder of a cluster in the shared place, as that of `dataDir`. */
async function own(sharedPlace: string, id: string, dataDir: string): Promise<string> {
  await mkdir(sharedPlace, { recursive: true, mode: 0o711 });
  const folder = await ownFolder(join(sharedPlace, id), 0o711);
  const { dev } = await stat(dataDir);
  await writeDurably(join(folder, "owner"), utf8(`${String(dev)} ${dataDir}\n`));
  await rm(join(folder, "gone"), { force: true });
  return folder;
}

/** A folder of ours, made if it is not there. @throws {Refusal} `no-secure-place` if it is a link or somebody else's. */
async function ownFolder(path: string, mode = 0o700): Promise<string> {
  await mkdir(path, { recursive: true, mode });
  const facts = await lstat(path);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.()) throw new Refusal("no-secure-place", "DATA_DIR");
  await chmod(path, mode);
  return path;
}

/** Whether `user` can enter a folder: the kernel says so. A folder of root's own is opened for passing through (0711), not for listing. */
async function canEnter(folder: string, user: User): Promise<boolean> {
  if ((await stat(folder)).uid === 0) await chmod(folder, 0o711);
  return run("/bin/sh", ["-c", 'cd "$1"', "sh", folder], user).then(
    () => true,
    () => false,
  );
}

async function postgresUser(): Promise<User> {
  const there = await lookUpUser();
  if (there !== null) return there;
  await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]).catch(
    (cause: unknown) => {
      throw new Fault("making the user postgres, which PostgreSQL runs as", cause);
    },
  );
  const made = await lookUpUser();
  if (made === null) throw new Fault("making the user postgres, which PostgreSQL runs as", undefined);
  return made;
}

async function lookUpUser(): Promise<User | null> {
  try {
    return { uid: Number(await run("id", ["-u", "postgres"])), gid: Number(await run("id", ["-g", "postgres"])) };
  } catch {
    return null;
  }
}

/**
 * Removes clusters whose DATA_DIR is gone, or belongs to another cluster by now, since {@link KEPT_DAYS} days. A DATA_DIR that is only unmounted looks the
 * same, so the disk is compared: what exists of the path must lie on the disk that DATA_DIR was on.
 */
async function removeLeftClusters(sharedPlace: string, log: EventLog, today: number): Promise<void> {
  const names = await readdir(sharedPlace).catch(() => []);
  let removed = 0;
  let kept = 0;
  for (const name of names.filter((candidate) => /^[0-9a-f]{32}$/.test(candidate))) {
    const folder = join(sharedPlace, name);
    const owner = await readIfThere(join(folder, "owner"));
    const match = owner === null ? null : /^(\d+) (\/[^\n]*)\n$/.exec(fromUtf8(owner));
    if (match === null) continue; // being made just now
    const [, disk = "", dataDir = ""] = match;
    const place = await readIfThere(join(dataDir, "postgres.place")).catch(() => null);
    if (place !== null && fromUtf8(place) === name) continue;
    if (String(await diskOf(dataDir)) !== disk || today < (await goneSince(folder, today)) + KEPT_DAYS) {
      kept++;
      continue;
    }
    await shutDown(join(folder, "cluster"));
    await rm(folder, { recursive: true, force: true });
    removed++;
  }
  if (removed > 0 || kept > 0) log.event("old-clusters", { removed, kept });
}

/** The day on which a cluster was first seen without its DATA_DIR: today, if it is now. A day in the future is a clock that was wrong, and counts anew. */
async function goneSince(folder: string, today: number): Promise<number> {
  const path = join(folder, "gone");
  const noted = await readIfThere(path);
  const day = noted === null ? NaN : Number(fromUtf8(noted));
  if (Number.isSafeInteger(day) && day <= today) return day;
  await writeDurably(path, utf8(String(today)));
  return today;
}

/** The disk that a path lies on, or would lie on. */
async function diskOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null);
  return facts === null ? diskOf(dirname(path)) : facts.dev;
}

/** A folder for the socket: beside the cluster, or where temporary files go if that path is too long for a socket. */
async function socketFolder({ folder, user }: Place): Promise<string> {
  const beside = join(folder, "run");
  const path =
    Buffer.byteLength(beside) <= LONGEST_SOCKET_FOLDER ? beside : join(tmpdir(), `firsthand-${toHex(sha256(utf8(folder))).slice(0, 16)}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const facts = await lstat(path);
  const owners = [process.getuid?.(), user?.uid];
  if (!facts.isDirectory() || !owners.includes(facts.uid)) throw new Refusal("no-secure-place", "TMPDIR");
  await chmod(path, 0o700);
  if (user !== null) await chown(path, user.uid, user.gid);
  return path;
}

// Making and starting --------------------------------------------------------------------------------------------------------------------------

async function makeCluster(place: Place, binaries: PostgresBinaries, cluster: string): Promise<void> {
  const { folder, user } = place;
  if ((await stat(join(cluster, "PG_VERSION")).catch(() => null)) !== null) return;
  const unfinished = join(folder, "cluster.new");
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (user !== null) await chown(unfinished, user.uid, user.gid);
  await writeDurably(passwordPath(place), utf8(toHex(randomBytes(32))));
  if (user !== null) await chown(passwordPath(place), user.uid, user.gid);
  const entry = ["--username", NAME, "--pwfile", passwordPath(place), "--auth-local", "scram-sha-256", "--auth-host", "reject"];
  await run(binaries.initdb, ["--pgdata", unfinished, "--no-instructions", ...entry, "--encoding", "UTF8", "--locale", "C"], user);
  await rename(unfinished, cluster);
}

/** How long a start is tried again: processes of a database that was killed may still be leaving. Milliseconds. */
const LEAVING = 15_000;

/** Starts PostgreSQL in a session of its own, so that Ctrl-C in our terminal does not reach it: it stops when we tell it. */
async function launch(place: Place, binaries: PostgresBinaries, cluster: string, sockets: string): Promise<void> {
  const end = Date.now() + LEAVING;
  while (!(await launchOnce(place, binaries, cluster, sockets))) {
    if (Date.now() > end) throw new Fault("starting PostgreSQL", new Error("it ended at once"));
    await pause(500);
  }
}

/** False if the process ended before it served the cluster. */
async function launchOnce({ user }: Place, binaries: PostgresBinaries, cluster: string, sockets: string): Promise<boolean> {
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories: sockets }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(binaries.postgres, ["-D", cluster, ...settings], {
    cwd: cluster,
    env: { LC_ALL: "C", TZ: "UTC" },
    stdio: "ignore",
    detached: true,
    ...user,
  });
  await new Promise<void>((started, failed) => {
    server.once("error", failed);
    server.once("spawn", started);
  });
  server.unref();
  const end = Date.now() + PATIENCE;
  while ((await postmaster(cluster))?.pid !== server.pid) {
    if (server.exitCode !== null || server.signalCode !== null) return false;
    if (Date.now() > end) throw new Fault("starting PostgreSQL", new Error("it does not become ready"));
    await pause(20);
  }
  return true;
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

// Stopping -------------------------------------------------------------------------------------------------------------------------------------

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

/** Ends the database of a cluster if it runs: a fast shutdown, and if that takes too long an immediate one, from which the next start recovers. */
async function shutDown(cluster: string): Promise<void> {
  const running = await postmaster(cluster);
  if (running === null) return;
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signalTo(running.pid, signal);
    const end = Date.now() + PATIENCE / 4;
    while (Date.now() < end) {
      if ((await postmaster(cluster))?.pid !== running.pid) return;
      await pause(20);
    }
  }
  throw new Fault("stopping PostgreSQL", undefined);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

async function runningSockets(cluster: string): Promise<string | null> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const running = await postmaster(cluster);
    if (running === null) return null;
    if (running.sockets !== "") return running.sockets;
    if (Date.now() > end) throw new Fault("waiting for the PostgreSQL that is running", undefined);
    await pause(30);
  }
}

/** The process that serves a cluster now, by `postmaster.pid` (line 1 the process, line 5 the socket's folder) and by where that process works. */
async function postmaster(cluster: string): Promise<{ pid: number; sockets: string } | null> {
  const file = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => null);
  if (file === null) return null;
  const lines = file.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  const worksIn = await readlink(`/proc/${String(pid)}/cwd`).catch(() => null);
  if (worksIn === null || worksIn !== (await realpath(cluster).catch(() => null))) return null;
  return { pid, sockets: lines[4] ?? "" };
}

/** Runs a program to its end. @returns what it said. @throws {Fault} with its error text: `initdb` and the tools above see nothing of tips. */
async function run(program: string, args: readonly string[], user: User | null = null): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      cwd: "/",
      env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: ["ignore", "pipe", "pipe"],
      ...user,
    });
    let said = "";
    let complained = "";
    child.stdout.on("data", (piece: Buffer) => (said += piece.toString("utf8")));
    child.stderr.on("data", (piece: Buffer) => (complained += piece.toString("utf8")));
    child.on("error", (cause) => {
      failed(new Fault("running a program", cause));
    });
    child.on("close", (code) => {
      if (code === 0) done(said.trim());
      else failed(new Fault("running a program", new Error(complained.trim())));
    });
  });
}
