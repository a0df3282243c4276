/**
 * The process of PostgreSQL: its settings, making a cluster, starting, recognising and ending what serves one (`embedded-postgres.ts`).
 *
 * A database that runs is recognised by `postmaster.pid` and by the working folder of that process, so a reused process id is not mistaken for it. `initdb` works under another
 * name that is renamed at the end, so an interrupted one is simply done again.
 */
import { spawn } from "node:child_process";
import { chown, mkdir, readFile, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex, utf8 } from "../../protocol/encoding.ts";
import { Fault } from "../../protocol/errors.ts";
import { writeDurably } from "./durable-file.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";

/** Name of superuser and database in the cluster. */
export const NAME = "firsthand";

/** How long a start, a recovery after a crash, or a stop may take: milliseconds. */
export const PATIENCE = 120_000;

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

/** A user of the system. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** A place for a cluster. */
export interface Place {
  /** Holds `cluster`, `run` and the programs. */
  readonly folder: string;
  /** Whom PostgreSQL runs as; null: whoever we are. */
  readonly user: User | null;
}

/** The superuser's password, in a file of PostgreSQL's user beside the cluster. */
export function passwordPath({ folder }: Place): string {
  return join(folder, "superuser");
}

/** Makes the cluster if there is none. */
export async function makeCluster(place: Place, binaries: PostgresBinaries, cluster: string): Promise<void> {
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
export async function launch(place: Place, binaries: PostgresBinaries, cluster: string, sockets: string): Promise<void> {
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

/** Ends the database of a cluster if it runs: a fast shutdown, and if that takes too long an immediate one, from which the next start recovers. */
export async function shutDown(cluster: string): Promise<void> {
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

/** The folder of the sockets of what serves a cluster now; null if nothing does. */
export async function runningSockets(cluster: string): Promise<string | null> {
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
export async function postmaster(cluster: string): Promise<{ pid: number; sockets: string } | null> {
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
export async function run(program: string, args: readonly string[], user: User | null = null): Promise<string> {
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
