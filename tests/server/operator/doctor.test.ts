/** The doctor over a real installation, on which one thing after another is broken: each is found under its code, and nothing else is. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cosignerFromSeed } from "../../../src/protocol/crypto/note.ts";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { rememberBackup } from "../../../src/server/operator/backup-memory.ts";
import { examine, examineOnion } from "../../../src/server/operator/doctor.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { checkpointSize } from "../../../src/server/store/log-store.ts";
import { preparePostgres } from "../../../src/server/store/postgres-binaries.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { makeTestPage } from "../../support/server.ts";
import { command } from "../crash/server-process.ts";
import { environmentOf, FIRST_DAY, makePage, makeStation, noonOf, type Station } from "../courier/keeper-fixture.ts";

const execute = promisify(execFile);

/** Found on every station: its certificates have four weeks, and no backup was made. */
const ALWAYS = ["backup-missing", "certificate-ends", "certificate-ends"];

let station: Station;
let proc: string;
let environment: Record<string, string>;
let held: EmbeddedPostgres | undefined;
beforeAll(async () => {
  station = await makeStation();
  await makePage(station.folder);
  proc = join(station.folder, "proc");
  await calmMachine();
  await mkdir(join(station.folder, "run"), { mode: 0o711 });
  environment = { ...environmentOf(station.folder), SOCKET: join(station.folder, "run", "http.sock") };
  const context = await station.open();
  await keep(context, {}, () => Promise.resolve());
  await context.close();
});
afterAll(async () => {
  await held?.stop();
  await station.remove();
});

/** What stands for /proc: no swap, no dumps, and a Tor. */
async function calmMachine(): Promise<void> {
  await mkdir(join(proc, "sys", "kernel"), { recursive: true });
  await mkdir(join(proc, "self"), { recursive: true });
  await mkdir(join(proc, "42"), { recursive: true });
  await writeFile(join(proc, "swaps"), "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0\tpartition\t1\t0\t100\n");
  await writeFile(join(proc, "sys", "kernel", "core_pattern"), "core\n");
  await writeFile(
    join(proc, "self", "limits"),
    "Limit  Soft Limit  Hard Limit  Units\nMax core file size        0                    unlimited            bytes\n",
  );
  await writeFile(join(proc, "42", "comm"), "tor\n");
}

const found = (more: Record<string, string> = {}, day = 0) =>
  examine({ ...environment, ...more }, { proc, torrc: join(station.folder, "torrc"), clock: () => noonOf(day) });

/** Codes beside those that are always there. */
async function codes(more: Record<string, string> = {}, day = 0): Promise<string[]> {
  const all = (await found(more, day)).map(({ code }) => code as string);
  for (const code of ALWAYS) if (all.includes(code)) all.splice(all.indexOf(code), 1);
  return all;
}

/** Breaks something, looks, and mends it again. */
async function broken(
  breakIt: () => Promise<unknown>,
  mendIt: () => Promise<unknown>,
  more: Record<string, string> = {},
): Promise<string[]> {
  await breakIt();
  try {
    return await codes(more);
  } finally {
    await mendIt();
  }
}

const data = (...path: string[]): string => join(station.folder, "data", ...path);

/** Statements as the owner of the database, without the program: it would not start over some of what they do. */
async function asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const embedded = await startEmbeddedPostgres(data(), NO_LOG);
  const client = new pg.Client({ connectionString: embedded.url });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
    await embedded.stop();
  }
}

const say = (statement: string) => () => asOwner((client) => client.query(statement));

describe("a sound installation", () => {
  it("has nothing wrong but what is not done yet, and says it in sentences", async () => {
    const all = await found();
    expect(all.map(({ code }) => code).sort()).toEqual(ALWAYS);
    for (const { says, mend } of all) expect([says, mend]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
    // That was one at rest. From here on its database runs, so that not every look has to start it.
    held = await startEmbeddedPostgres(data(), NO_LOG);
  });

  it("is one also while it serves, and after a backup", async () => {
    const size = checkpointSize(await readFile(data("checkpoint.last")));
    await rememberBackup(data(), { day: FIRST_DAY, size });
    const context = await station.open();
    expect((await found()).map(({ code }) => code)).toEqual(["certificate-ends", "certificate-ends"]);
    await context.close();
    await rememberBackup(data(), { day: FIRST_DAY, size: size - 1 });
    expect(await codes()).toEqual(["backup-behind"]);
    expect(await codes({}, 4)).toContain("backup-old");
    await rm(data("backup.last"));
  });

  it("is told over the command line, with an exit status", async () => {
    const plain = await command(station.folder, ["doctor"], environment);
    expect(plain.code).toBe(1);
    expect(plain.stdout).toMatch(/^! backup-missing\n {2}There has never been a backup\..*\n {2}To mend it: Put .*\.$/m);
    const { code, stdout } = await command(station.folder, ["doctor", "--json"], { ...environment, SEAL_AT: "25:00" });
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { findings: [{ code: "settings-wrong", where: ["SEAL_AT"] }] }]);
    expect(await command(station.folder, ["doctor", "now"], environment)).toMatchObject({ code: 2 });
  });
});

describe("finds of the way in", () => {
  it("a port instead of a socket, and an address that others reach", async () => {
    expect(await codes({ SOCKET: "" })).toEqual(["no-socket"]);
    expect(await codes({ SOCKET: "", HOST: "0.0.0.0", EXPOSE: "0.0.0.0" })).toEqual(["address-public"]);
  });

  it("a socket where anybody can put one, and a Tor that does not run", async () => {
    const run = join(station.folder, "run");
    expect(
      await broken(
        () => chmod(run, 0o777),
        () => chmod(run, 0o711),
      ),
    ).toEqual(["socket-open"]);
    const comm = join(proc, "42", "comm");
    expect(
      await broken(
        () => writeFile(comm, "sleep\n"),
        () => writeFile(comm, "tor\n"),
      ),
    ).toEqual(["tor-missing"]);
  });
});

describe("finds of the machine", () => {
  const wrong = (path: string, text: string) => broken(() => writeFile(join(proc, path), text), calmMachine);

  it("memory that reaches a disk", async () => {
    expect(await wrong("swaps", "Filename\tType\n/dev/sda2\tpartition\t1\t0\t-2\n")).toEqual(["swap-on"]);
    expect(await wrong("sys/kernel/core_pattern", "|/usr/share/apport/apport %p\n")).toEqual(["core-dumps"]);
    expect(await wrong("self/limits", "Max core file size        unlimited            unlimited            bytes\n")).toEqual([
      "core-dumps",
    ]);
  });

  it("the real one's", async () => {
    const real = (await examine(environment, { clock: () => noonOf(0) })).map(({ code }) => code as string);
    const machines = ["swap-on", "core-dumps", "tor-missing", "onion-missing"];
    expect(real.filter((code) => !machines.includes(code)).sort()).toEqual(ALWAYS);
  });

  it("files and folders that others can read or write", async () => {
    const opened = async (path: string, mode: number): Promise<string[]> => {
      const before = (await stat(path)).mode & 0o7777;
      return broken(
        () => chmod(path, mode),
        () => chmod(path, before),
      );
    };
    expect(await opened(data(), 0o733)).toEqual(["data-writable"]);
    // An operator may let a group in, whose one member is intake; not to batch keys, and not to the keeper's login.
    expect(await opened(data("keys", "log.seed"), 0o640)).toEqual([]);
    expect(await opened(data("keys", "log.seed"), 0o644)).toEqual(["key-open"]);
    expect(await opened(data("logins", "firsthand_keeper"), 0o640)).toEqual(["key-open"]);
    expect(await opened(data("keys"), 0o711)).toEqual(["key-open"]);
    // Where the group may enter, what intake needs has to be for it.
    await chmod(data("keys"), 0o750);
    expect(await opened(data("keys", "log.seed"), 0o600)).toEqual(["key-closed"]);
    expect(await opened(data("keys", "log.seed"), 0o640)).toEqual([]);
    await chmod(data("keys"), 0o700);
    expect(await opened(data("logins", "firsthand_keeper"), 0o604)).toEqual(["key-open"]);
    expect(await opened(join(station.folder, "keys", "program.pgp"), 0o664)).toEqual(["keys-writable"]);
    expect(await opened(join(station.folder, "page", "en", "index.html"), 0o666)).toEqual(["page-writable"]);
  });

  it("a key of another user", async () => {
    const { uid, gid } = await stat(data());
    // Only root can give a file away.
    const root = process.getuid?.() === 0;
    const give = (to: number) => () => (root ? chown(data("keys", "log.seed"), to, gid) : Promise.resolve());
    expect(await broken(give(uid + 1), give(uid))).toEqual(root ? ["key-strange"] : []);
  });
});

describe("finds of the onion service", () => {
  const KEY = "A".repeat(52);
  const place = (...path: string[]): string => join(station.folder, "onion folder", ...path);
  const clients = (name: string): string => place("authorized_clients", name);
  const torrc = (): string => join(station.folder, "torrc");

  beforeAll(async () => {
    await mkdir(place("authorized_clients"), { recursive: true, mode: 0o700 });
    await writeFile(place("hs_ed25519_secret_key"), "secret", { mode: 0o600 });
    await writeFile(clients("anna.auth"), `descriptor:x25519:${KEY}\n`, { mode: 0o600 });
    const elsewhere = `HiddenServiceDir ${station.folder}/other\nHiddenServicePort 80 127.0.0.1:80\n`;
    const here = `  hiddenservicedir "${place()}" # the service\nHiddenServicePort 80 unix:"${environment["SOCKET"] ?? ""}"\n`;
    await writeFile(torrc(), `SocksPort 0\n${elsewhere}${here}`);
    // Tor is another user than the server. Only root can make it so.
    if (process.getuid?.() !== 0) return;
    for (const path of [join(proc, "42"), place(), place("authorized_clients"), place("hs_ed25519_secret_key"), clients("anna.auth")])
      await chown(path, 61_003, 61_003);
  });
  afterAll(async () => {
    await rm(torrc());
    await rm(place(), { recursive: true });
    if (process.getuid?.() === 0) await chown(join(proc, "42"), 0, 0);
  });

  /** What is found, and at which paths below the folder. */
  const seen = async (): Promise<[string, string[]][]> =>
    (await examineOnion(environment, { proc, torrc: torrc() }))
      .filter(({ code }) => process.getuid?.() === 0 || code !== "onion-shared")
      .map(({ code, where }) => [code, where.map((path) => path.slice(place().length + 1))]);

  it("nothing, if only Tor can enter it", async () => {
    expect(await seen()).toEqual([]);
    expect(await codes()).toEqual(process.getuid?.() === 0 ? [] : ["onion-shared"]);
  });

  it("what others may read or enter, each by its name", async () => {
    await chmod(place(), 0o750);
    await chmod(place("hs_ed25519_secret_key"), 0o640);
    expect(await seen()).toEqual([["onion-open", ["", "hs_ed25519_secret_key"]]]);
    expect(await codes()).toContain("onion-open");
    // Whatever a group may do: setgid is how Debian makes it.
    await chmod(place(), 0o2700);
    await chmod(place("hs_ed25519_secret_key"), 0o600);
    await chmod(place("authorized_clients"), 0o711);
    expect(await seen()).toEqual([["onion-open", ["authorized_clients"]]]);
    await chmod(place("authorized_clients"), 0o700);
    expect(await seen()).toEqual([]);
  });

  it("clients that Tor passes over", async () => {
    await writeFile(clients("ben.txt"), `descriptor:x25519:${KEY}\n`);
    await writeFile(clients("carl.auth"), `descriptor:x25519:${KEY.slice(1)}\n`);
    if (process.getuid?.() === 0) for (const name of ["ben.txt", "carl.auth"]) await chown(clients(name), 61_003, 61_003);
    expect(await seen()).toEqual([["onion-clients", ["authorized_clients/ben.txt", "authorized_clients/carl.auth"]]]);
    for (const name of ["ben.txt", "carl.auth"]) await rm(clients(name));
  });

  // Only root can give a file away.
  it.runIf(process.getuid?.() === 0)("what is another's, and a Tor that is a user of the server", async () => {
    await chown(place("hs_ed25519_secret_key"), 61_004, 61_004);
    expect(await seen()).toEqual([["onion-strange", ["hs_ed25519_secret_key"]]]);
    await chown(place("hs_ed25519_secret_key"), 61_003, 61_003);
    const { uid, gid } = await stat(data());
    await chown(data(), 61_003, gid);
    expect((await seen()).map(([code]) => code)).toEqual(["onion-shared"]);
    await chown(data(), uid, gid);
  });

  it("a Tor that leads nowhere near SOCKET", async () => {
    expect(await codes({ SOCKET: join(station.folder, "run", "other.sock") })).toContain("onion-missing");
  });

  it("over the command line", async () => {
    expect(await command(station.folder, ["doctor", "--onion", "--json"], { ...environment, SEAL_AT: "25:00" })).toMatchObject({ code: 1 });
  });
});

describe("finds of keys and page", () => {
  it("keys that are missing or of others, and demo keys", async () => {
    const moved = (path: string) =>
      broken(
        () => rename(path, `${path}.away`),
        () => rename(`${path}.away`, path),
      );
    expect(await moved(data("keys", "log.seed"))).toEqual(["log-key-missing"]);
    expect(await moved(join(station.folder, "keys", "program.pgp"))).toEqual(["keys-refused"]);
    const demo = join(station.folder, "keys", "DEMO");
    await writeFile(demo, "");
    expect((await found()).map(({ code }) => code)).toContain("demo-keys");
    await rm(demo);
    expect(
      (await examine({ ...environment, DATA_DIR: join(station.folder, "nothing") }, { proc, torrc: join(station.folder, "torrc") })).map(
        ({ code }) => code,
      ),
    ).toEqual(["data-missing", "log-key-missing", "database-missing"]);
  });

  it("a page that is half there, or of another log, or old", async () => {
    const page = join(station.folder, "page");
    const document = join(page, "en", "index.html");
    const text = await readFile(document);
    expect(
      await broken(
        () => writeFile(document, "half"),
        () => writeFile(document, text),
      ),
    ).toEqual(["page-missing"]);
    const release = await readFile(join(page, "release.json"), "utf8");
    const other = join(station.folder, "other");
    await mkdir(join(other, "data"), { recursive: true });
    await makePage(other);
    expect(
      await broken(
        () => cp(join(other, "page", "release.json"), join(page, "release.json")),
        () => writeFile(join(page, "release.json"), release),
      ),
    ).toEqual(["page-other-log"]);
    await rm(other, { recursive: true });
    expect(await codes({}, 43)).toContain("page-old");
  });
});

describe("finds of the database", () => {
  it("settings that tell, in this database alone", async () => {
    const set = (setting: string) => broken(say(`alter database firsthand set ${setting}`), say("alter database firsthand reset all"));
    expect(await set("log_statement = 'all'")).toEqual(["database-talks"]);
    expect(await set("log_min_duration_statement = 250")).toEqual(["database-talks"]);
    expect(await set("log_min_messages = 'error'")).toEqual(["database-talks"]);
    // The server itself would not start then.
    expect(await set("synchronous_commit = off")).toEqual(["database-not-durable", "not-opening"]);
  });

  it("roles that may more than they were made for", async () => {
    expect(await broken(say("alter role firsthand_intake login"), say("alter role firsthand_intake nologin"))).toEqual(["roles-other"]);
    expect(await broken(say("grant firsthand_keeper to firsthand_auditor"), say("revoke firsthand_keeper from firsthand_auditor"))).toEqual(
      ["roles-other", "grants-other"],
    );
    await say("grant select on tip_part to firsthand_intake; revoke select on tile from firsthand_intake")();
    const [differences] = (await found()).filter(({ code }) => code === "grants-other");
    expect(differences?.where).toEqual(["+ firsthand_intake select tip_part", "- firsthand_intake select tile"]);
    await say("revoke select on tip_part from firsthand_intake; grant select on tile to firsthand_intake")();
    expect(await codes()).toEqual([]);
  });

  it("a log that nothing guards", async () => {
    expect(
      await broken(say("alter table leaf disable trigger leaf_only_grows"), say("alter table leaf enable trigger leaf_only_grows")),
    ).toEqual(["log-unguarded"]);
  });

  it("migrations that are missing, or are others", async () => {
    const { rows } = await say("delete from migration where name = (select max(name) from migration) returning name, sha256")();
    const [last] = rows as { name: string; sha256: Buffer }[];
    expect(await codes()).toEqual(["migrations-waiting"]);
    const insert = "insert into migration (name, sha256) values ($1, $2)";
    await asOwner((client) => client.query(insert, [last?.name, Buffer.alloc(32)]));
    expect(await codes()).toEqual(["migrations-other"]);
    await asOwner((client) => client.query("update migration set sha256 = $2 where name = $1", [last?.name, last?.sha256]));
    expect(await codes()).toEqual([]);
  });
});

describe("finds of the work", () => {
  it("a log that went back, a clock that is wrong, and a sealing that was missed", async () => {
    const last = data("checkpoint.last");
    const kept = await readFile(last);
    const context = await station.open();
    await keep(context, {}, (keeper) => sealBatch(keeper, dayOf(context.clock()), false));
    const longer = await readFile(last);
    await context.close();
    expect(longer.equals(kept)).toBe(false);
    const forged = longer.toString("utf8").replace(/\n\d+\n/, "\n9\n");
    expect(
      await broken(
        () => writeFile(last, forged),
        () => writeFile(last, longer),
      ),
    ).toEqual(["not-signing"]);
    expect(await codes({}, -3)).toContain("clock-behind");
    const later = await codes({}, 3);
    expect(later).toContain("sealing-missed");
  });

  it("cosigners who do not cosign", async () => {
    const list = join(station.folder, "keys", "cosigners");
    const cosigner = await cosignerFromSeed("cosigner.test/one", new Uint8Array(32).fill(7));
    expect(
      await broken(
        () => writeFile(list, `${cosigner.vkey.text}\n`),
        () => rm(list),
      ),
    ).toEqual(["cosignature-old"]);
  });
});

describe("a database of one's own, as it comes", () => {
  let folder: string;
  let own: ChildProcess | undefined;
  afterAll(async () => {
    if (own?.exitCode === null) {
      const gone = once(own, "exit");
      own.kill("SIGINT");
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("tells and keeps more than it should, and the doctor names each setting", async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-own-"));
    const { initdb, postgres } = await preparePostgres(folder);
    const id = async (which: string): Promise<number> => Number((await execute("id", [which, "postgres"])).stdout);
    const user = process.getuid?.() === 0 ? { uid: await id("-u"), gid: await id("-g") } : null;
    await chmod(folder, 0o711);
    const cluster = join(folder, "cluster");
    await mkdir(cluster, { mode: 0o700 });
    if (user !== null) await chown(cluster, user.uid, user.gid);
    await execute(initdb, ["--pgdata", cluster, "--username", "firsthand", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"], {
      cwd: "/",
      ...user,
    });
    const loud = [
      "log_statement=all",
      "log_connections=on",
      "log_disconnections=on",
      "log_duration=on",
      "track_commit_timestamp=on",
      "archive_mode=on",
      "wal_level=logical",
      "wal_keep_size=64MB",
    ];
    const settings = ["listen_addresses=", `unix_socket_directories=${cluster}`, ...loud].flatMap((setting) => ["-c", setting]);
    own = spawn(postgres, ["-D", cluster, ...settings], { cwd: cluster, stdio: "ignore", ...user });
    const url = `postgresql://firsthand@${encodeURIComponent(cluster)}/postgres`;
    const isUp = async (): Promise<boolean> => {
      const client = new pg.Client({ connectionString: url });
      client.on("error", () => undefined);
      return client.connect().then(
        async () => {
          await client.query("select pg_create_physical_replication_slot('forgotten')");
          await client.end();
          return true;
        },
        () => false,
      );
    };
    while (!(await isUp())) await pause(50);

    const dataDir = join(folder, "data");
    await mkdir(join(dataDir, "keys"), { recursive: true, mode: 0o700 });
    await cp(data("keys", "log.seed"), join(dataDir, "keys", "log.seed"));
    await makeTestPage(join(folder, "page"));
    const all = await examine(
      { ...environment, DATA_DIR: dataDir, DATABASE_URL: url },
      { proc, torrc: join(folder, "torrc"), clock: () => noonOf(0) },
    );
    expect(all.map(({ code, where }) => [code, where.toSorted()])).toEqual([
      [
        "database-talks",
        expect.arrayContaining(["log_connections", "log_disconnections", "log_duration", "log_error_verbosity", "log_statement"]),
      ],
      ["database-keeps", ["archive_mode", "replication slots", "track_commit_timestamp", "wal_keep_size", "wal_level"]],
      ["migrations-waiting", []],
    ]);
    const away = await examine(
      { ...environment, DATA_DIR: dataDir, DATABASE_URL: url.replace("cluster/", "nowhere/") },
      { proc, torrc: join(folder, "torrc") },
    );
    expect(away.map(({ code }) => code)).toContain("database-unreachable");
  });
});
