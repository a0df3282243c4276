/**
 * Two PostgreSQL clusters, a primary and a standby that has to have every commit before it is one: as an operator would run them, with the programs that the server
 * brings. The server reaches whichever `current` leads to, a link that is set to the other one at a fail-over, as an address would be moved.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { preparePostgres } from "../../../src/server/store/postgres-binaries.ts";

const execute = promisify(execFile);

/** Of both clusters. */
type Name = "one" | "two";

/** The pair. */
export interface Pair {
  /** For DATABASE_URL: the database of whichever is current. */
  readonly url: string;
  /** For DATABASE_URL: that of one of them. */
  urlOf(name: Name): string;
  /** Starts a cluster again, `waits`: for the other one at every commit. */
  start(name: Name, waits: boolean): Promise<void>;
  /** Asks a cluster to end. */
  stop(name: Name): Promise<void>;
  /** Kills a cluster with everything that belongs to it: kill -9. */
  kill(name: Name): Promise<void>;
  /** Makes a standby the primary, and lets `current` lead to it. */
  promote(name: Name): Promise<void>;
  /** Rows of a statement, as the superuser. */
  query<Row extends pg.QueryResultRow>(name: Name, statement: string): Promise<Row[]>;
  /** Ends both and removes everything. */
  remove(): Promise<void>;
}

const SETTINGS = ["listen_addresses=", "wal_level=replica", "max_wal_senders=4", "hot_standby=on", "wal_keep_size=256MB", "timezone=UTC"];

/** Makes and starts both; `one` is the primary and waits for `two`. */
export async function startPair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "fh-ha-"));
  const { initdb, postgres } = await preparePostgres(folder);
  const user = await ordinaryUser();
  if (user !== null) await chmod(folder, 0o711);
  const running = new Map<Name, ChildProcess>();
  const socketsOf = (name: Name): string => join(folder, `run-${name}`);
  const urlOf = (name: Name | "current"): string =>
    `postgresql://firsthand@${encodeURIComponent(name === "current" ? join(folder, "current") : socketsOf(name))}/firsthand`;

  const own = async (path: string): Promise<string> => {
    await mkdir(path, { mode: 0o700 });
    if (user !== null) await chown(path, user.uid, user.gid);
    return path;
  };
  for (const name of ["one", "two"] as const) await own(socketsOf(name));
  const one = await own(join(folder, "one"));
  await execute(initdb, ["--pgdata", one, "--username", "firsthand", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"], {
    cwd: "/",
    ...user,
  });

  const query = async <Row extends pg.QueryResultRow>(name: Name, statement: string, database = "postgres"): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: urlOf(name).replace(/firsthand$/, database) });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const start = async (name: Name, waits: boolean): Promise<void> => {
    const other = name === "one" ? "two" : "one";
    const settings = [...SETTINGS, `unix_socket_directories=${socketsOf(name)}`, `synchronous_standby_names=${waits ? other : ""}`];
    const cluster = join(folder, name);
    const child = spawn(postgres, ["-D", cluster, ...settings.flatMap((setting) => ["-c", setting])], {
      cwd: cluster,
      stdio: "ignore",
      ...user,
    });
    running.set(name, child);
    while (
      !(await query(name, "select 1").then(
        () => true,
        () => false,
      ))
    ) {
      if (child.exitCode !== null) throw new Error("PostgreSQL ended at once");
      await pause(50);
    }
  };
  const end = async (name: Name, signal: NodeJS.Signals): Promise<void> => {
    const child = running.get(name);
    running.delete(name);
    if (child?.pid === undefined || child.exitCode !== null) return;
    const family = signal === "SIGKILL" ? await childrenOf(child.pid) : [];
    const gone = once(child, "exit");
    child.kill(signal);
    for (const pid of family) killQuietly(pid);
    await gone;
  };
  const lead = async (name: Name): Promise<void> => {
    await symlink(socketsOf(name), join(folder, "current.new"));
    await rename(join(folder, "current.new"), join(folder, "current"));
  };

  await start("one", false);
  await query("one", "create database firsthand template template0");
  await end("one", "SIGINT");
  await cp(one, join(folder, "two"), { recursive: true, preserveTimestamps: true });
  await writeFile(join(folder, "two", "standby.signal"), "");
  await writeFile(
    join(folder, "two", "postgresql.auto.conf"),
    `primary_conninfo = 'host=''${socketsOf("one")}'' user=firsthand application_name=two'\n`,
  );
  if (user !== null) await execute("chown", ["-R", `${String(user.uid)}:${String(user.gid)}`, join(folder, "two")]);
  await chmod(join(folder, "two"), 0o700);
  await lead("one");
  await start("one", true);
  await start("two", false);

  return {
    url: urlOf("current"),
    urlOf,
    start,
    stop: (name) => end(name, "SIGINT"),
    kill: (name) => end(name, "SIGKILL"),
    promote: async (name) => {
      await query(name, "select pg_promote()");
      await lead(name);
    },
    query,
    remove: async () => {
      for (const name of ["one", "two"] as const) await end(name, "SIGQUIT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL does not run as root; then it runs as the user that the server has made for it. */
async function ordinaryUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const id = async (which: string): Promise<number> => Number((await execute("id", [which, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = [];
  for (const name of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) children.push(Number(name));
  }
  return children;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone by itself in the meantime
  }
}
