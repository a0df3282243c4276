/** The embedded PostgreSQL through its life: first start, sharing, crashes, awkward folders. Real processes are killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EventLog } from "../../../src/server/privacy.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;
let events: string[];
const log: EventLog = { event: (name) => events.push(name) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-embedded-"));
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
  events = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function rowsOf(url: string): Promise<unknown[]> {
  const db = openDatabase(url, { connections: 1 });
  try {
    return await db.query("select x from kept order by x");
  } finally {
    await db.close();
  }
}

async function add(url: string, x: number): Promise<void> {
  const db = openDatabase(url, { connections: 1 });
  try {
    await db.query("create table if not exists kept (x int)");
    await db.execute("insert into kept values ($1)", [x]);
  } finally {
    await db.close();
  }
}

/** The process that serves the cluster below `place`. */
async function postmaster(place: string): Promise<number> {
  return Number((await readFile(join(place, "cluster", "postmaster.pid"), "utf8")).split("\n")[0]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await pause(20);
}

/** A process of its own that starts the database, adds 1 and stays. */
async function otherProcess(dataDir: string): Promise<ChildProcess> {
  const module = (path: string) => JSON.stringify(new URL(`../../../src/server/${path}`, import.meta.url).href);
  const program = `
    import { startEmbeddedPostgres } from ${module("store/embedded-postgres.ts")};
    import { openDatabase } from ${module("store/database.ts")};
    const { url } = await startEmbeddedPostgres(${JSON.stringify(dataDir)}, { event() {} });
    const db = openDatabase(url);
    await db.query("create table if not exists kept (x int)");
    await db.query("insert into kept values (1)");
    process.stdout.write("ready");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done, failed) => {
    child.stdout.once("data", done);
    child.once("exit", failed);
  });
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
}

test("a second start finds the data of the first, and stopping leaves no process", async () => {
  const first = await startEmbeddedPostgres(folder, log);
  await add(first.url, 1);
  const pid = await postmaster(join(folder, "postgres"));
  await Promise.all([first.stop(), first.stop()]);
  await until(() => !isAlive(pid));
  const second = await startEmbeddedPostgres(folder, log);
  expect(await rowsOf(second.url)).toEqual([{ x: 1 }]);
  await second.stop();
  // A start also tidies after others: what it found of them is not of this test.
  const own = events.filter((name) => name !== "old-clusters");
  expect(own).toEqual(["database-started", "database-stopped", "database-started", "database-stopped"]);
});

test("several users share one database, and the last one turns it off", async () => {
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => startEmbeddedPostgres(folder, log)));
  await add(a!.url, 1);
  await a!.stop();
  await add(b!.url, 2);
  await b!.stop();
  expect(await rowsOf(c!.url)).toEqual([{ x: 1 }, { x: 2 }]);
  expect(events.filter((name) => name === "database-stopped")).toEqual([]);
  await c!.stop();
  expect(events.filter((name) => name === "database-stopped")).toHaveLength(1);
});

test("listens on no network, and its socket is in a folder for its own user", async () => {
  const postgres = await startEmbeddedPostgres(folder, log);
  const db = openDatabase(postgres.url, { connections: 1 });
  const settings = await db.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('listen_addresses', 'fsync', 'synchronous_commit', 'track_commit_timestamp', 'log_min_messages', 'log_statement', 'server_encoding', 'lc_collate', 'TimeZone') order by name",
  );
  const [locale] = await db.query("select datcollate, datctype from pg_database where datname = current_database()");
  await db.close();
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    TimeZone: "UTC",
    fsync: "on",
    listen_addresses: "",
    log_min_messages: "panic",
    log_statement: "none",
    server_encoding: "UTF8",
    synchronous_commit: "on",
    track_commit_timestamp: "off",
  });
  expect(locale).toEqual({ datcollate: "C", datctype: "C" });
  const stranger = openDatabase(postgres.url.replace(/:[0-9a-f]{64}@/, "@"), { connections: 1 });
  await expect(stranger.query("select 1")).rejects.toThrow();
  await stranger.close();
  expect((await stat(join(folder, "postgres", "superuser"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "postgres", "run"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "postgres", "cluster"))).mode & 0o777).toBe(0o700);
  await postgres.stop();
});

describe("after a crash", () => {
  test("the database of a process that was killed is used on, and stopped in the end", async () => {
    const child = await otherProcess(folder);
    const pid = await postmaster(join(folder, "postgres"));
    await killed(child);
    expect(isAlive(pid)).toBe(true);
    const postgres = await startEmbeddedPostgres(folder, log);
    expect(await rowsOf(postgres.url)).toEqual([{ x: 1 }]);
    expect(await postmaster(join(folder, "postgres"))).toBe(pid);
    await postgres.stop();
    await until(() => !isAlive(pid));
  });

  test("a database that was killed itself is started again with what was committed", async () => {
    const first = await startEmbeddedPostgres(folder, log);
    await add(first.url, 1);
    const pid = await postmaster(join(folder, "postgres"));
    process.kill(pid, "SIGKILL");
    await until(() => !isAlive(pid));
    const second = await startEmbeddedPostgres(folder, log);
    expect(await rowsOf(second.url)).toEqual([{ x: 1 }]);
    await second.stop();
    await first.stop();
  });

  test("a process id that somebody else has by now is not mistaken for the database", async () => {
    const first = await startEmbeddedPostgres(folder, log);
    await add(first.url, 1);
    await first.stop();
    const stale = `${String(process.pid)}\n${join(folder, "postgres", "cluster")}\n1\n5432\n${join(folder, "postgres", "run")}\n\n0 0\nready\n`;
    await writeFile(join(folder, "postgres", "cluster", "postmaster.pid"), stale);
    const second = await startEmbeddedPostgres(folder, log);
    expect(await rowsOf(second.url)).toEqual([{ x: 1 }]);
    await second.stop();
  });

  test("a cluster that was half made is made again", async () => {
    await mkdir(join(folder, "postgres", "cluster.new"), { recursive: true });
    await writeFile(join(folder, "postgres", "cluster.new", "PG_VERSION"), "18\n");
    const postgres = await startEmbeddedPostgres(folder, log);
    await add(postgres.url, 1);
    await postgres.stop();
    expect(await readdir(join(folder, "postgres"))).not.toContain("cluster.new");
  });
});

test("a path too long for a socket is no obstacle", async () => {
  const long = join(folder, "l".repeat(60), "o".repeat(60), "ng dir");
  const postgres = await startEmbeddedPostgres(long, log);
  await add(postgres.url, 1);
  const again = await startEmbeddedPostgres(long, log);
  expect(await rowsOf(again.url)).toEqual([{ x: 1 }]);
  await again.stop();
  const sockets = decodeURIComponent(new URL(postgres.url).hostname);
  expect(sockets.startsWith(tmpdir())).toBe(true);
  await postgres.stop();
  await expect(stat(sockets)).rejects.toThrow("ENOENT");
});

if (isRoot) {
  describe("for root, in a folder that the user postgres cannot enter", () => {
    let closed: string;
    let shared: string;

    beforeEach(async () => {
      closed = join(folder, "closed");
      shared = join(folder, "shared");
      await mkdir(closed, { mode: 0o700 });
      await chmod(folder, 0o711);
    });

    test("the cluster lies in the shared place and is found again", async () => {
      const dataDir = join(closed, "data");
      const first = await startEmbeddedPostgres(dataDir, log, { sharedPlace: shared });
      await add(first.url, 1);
      await first.stop();
      expect(await readdir(dataDir)).toEqual(["postgres.place"]);
      expect(await readdir(shared)).toEqual([await readFile(join(dataDir, "postgres.place"), "utf8")]);
      const second = await startEmbeddedPostgres(dataDir, log, { sharedPlace: shared });
      expect(await rowsOf(second.url)).toEqual([{ x: 1 }]);
      await second.stop();
    });

    test("a start a week after its data folder went removes it, even if it still runs", async () => {
      const gone = join(closed, "gone");
      const left = await startEmbeddedPostgres(gone, log, { sharedPlace: shared });
      await add(left.url, 1);
      const [id] = await readdir(shared);
      const pid = await postmaster(join(shared, id!));
      await rm(gone, { recursive: true });
      const startOn = async (day: number): Promise<void> => {
        const other = await startEmbeddedPostgres(join(closed, "other"), log, { sharedPlace: shared, clock: () => day * 86_400_000 });
        await other.stop();
      };
      // A clock that is wrong for one start does not shorten the week.
      for (const day of [30_000, 20_000, 20_001, 20_006]) {
        await startOn(day);
        expect(await readdir(shared)).toContain(id);
        expect(isAlive(pid)).toBe(true);
      }
      await startOn(20_007);
      expect(await readdir(shared)).not.toContain(id);
      expect(isAlive(pid)).toBe(false);
      await left.stop();
    });

    test("a data folder that was away comes back to its database, and may be away as long again", async () => {
      const away = join(closed, "away");
      const startAt = async (dataDir: string, day: number) =>
        startEmbeddedPostgres(dataDir, log, { sharedPlace: shared, clock: () => day * 86_400_000 });
      const first = await startAt(join(closed, "data"), 20_000);
      await add(first.url, 1);
      await first.stop();
      const [id = ""] = await readdir(shared);
      await rename(join(closed, "data"), away);
      await (await startAt(join(closed, "other"), 20_001)).stop();
      expect(await readdir(join(shared, id))).toContain("gone");
      await rename(away, join(closed, "data"));
      const back = await startAt(join(closed, "data"), 20_009);
      expect(await rowsOf(back.url)).toEqual([{ x: 1 }]);
      expect(await readdir(join(shared, id))).not.toContain("gone");
      await back.stop();
    });

    test("a data folder that was moved still has its cluster", async () => {
      const first = await startEmbeddedPostgres(join(closed, "data"), log, { sharedPlace: shared });
      await add(first.url, 1);
      await first.stop();
      await rename(join(closed, "data"), join(closed, "moved"));
      const moved = await startEmbeddedPostgres(join(closed, "moved"), log, { sharedPlace: shared });
      expect(await rowsOf(moved.url)).toEqual([{ x: 1 }]);
      await moved.stop();
    });

    test("a cluster whose disk may only be unmounted stays", async () => {
      const dataDir = join(closed, "data");
      const first = await startEmbeddedPostgres(dataDir, log, { sharedPlace: shared });
      await first.stop();
      const [id = ""] = await readdir(shared);
      await writeFile(join(shared, id, "owner"), `1 ${join(closed, "mounted", "data")}\n`);
      await rename(dataDir, join(closed, "away"));
      const other = await startEmbeddedPostgres(join(closed, "other"), log, { sharedPlace: shared });
      expect(await readdir(shared)).toContain(id);
      await other.stop();
    });
  });
}
