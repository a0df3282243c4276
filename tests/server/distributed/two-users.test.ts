/**
 * Intake and keeper as two users of the operating system, over the folders that `deploy/systemd/firsthand.tmpfiles` makes. As root the two really are two users (numbers without accounts); otherwise, or
 * where other users cannot enter the checkout, both are us, and the modes alone are looked at.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip } from "../../support/server.ts";
import { environmentOf, makeKeys, makePage } from "../courier/keeper-fixture.ts";
import { FAR_SEALING, kill } from "../crash/server-process.ts";
import { sendThrough } from "./witness.ts";

const MAIN = fileURLToPath(new URL("../../../src/server/main.ts", import.meta.url));
const TMPFILES = fileURLToPath(new URL("../../../deploy/systemd/firsthand.tmpfiles", import.meta.url));

const GROUP = 61_000;
const USERS = { "firsthand-keeper": 61_001, "firsthand-intake": 61_002 } as const;
type User = keyof typeof USERS;

const isTwo =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ["--check", MAIN], { uid: USERS["firsthand-intake"], gid: GROUP, stdio: "ignore" }).status === 0;

const postgres = testPostgres();
const today = Math.floor(Date.now() / 86_400_000);
let folder: string;
let door: Server;
let settings: Record<User, Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-users-"));
  await chmod(folder, 0o755);
  await makeKeys(join(folder, "keys"), undefined, today - 1, 2);
  await makeFolders();
  // The test's database lets one user at its socket; this door lets both.
  const [, login = "", sockets = "", database = ""] = /^postgresql:\/\/(.+)@(.+)\/(.+)$/.exec(await postgres.freshDatabase()) ?? [];
  const socket = join(decodeURIComponent(sockets), ".s.PGSQL.5432");
  door = createServer((one) => {
    const other = connect(socket);
    for (const end of [one, other]) end.on("error", () => undefined);
    one.pipe(other).pipe(one);
  });
  await new Promise<void>((done) => {
    door.listen(0, "127.0.0.1", done);
  });
  const address = `postgresql://${login}@127.0.0.1:${String((door.address() as AddressInfo).port)}/${database}`;
  const usual = { PATH: process.env["PATH"] ?? "", ...environmentOf(folder), SEAL_AT: FAR_SEALING };
  settings = {
    "firsthand-keeper": { ...usual, DATABASE_URL: address },
    "firsthand-intake": { ...usual, DATABASE_URL_FILE: join(folder, "data", "logins", "firsthand_intake") },
  };
});
afterAll(async () => {
  door.close();
  await rm(folder, { recursive: true, force: true });
});

/** The folders below /var/lib/firsthand as the file for systemd-tmpfiles has them. */
async function makeFolders(): Promise<void> {
  for (const line of (await readFile(TMPFILES, "utf8")).split("\n")) {
    const [, below = "", mode = "", user = ""] = /^d \/var\/lib\/firsthand(\S*) (\d{4}) (\S+) firsthand -$/.exec(line) ?? [];
    if (mode === "") continue;
    const path = join(folder, "data", below);
    await mkdir(path);
    await chmod(path, Number.parseInt(mode, 8));
    if (isTwo) await chown(path, USERS[user as User], GROUP);
  }
}

/** Starts a program as one of the two. */
function startAs(user: User, program: string, words: readonly string[]) {
  const child = spawn(program, words, {
    env: settings[user],
    stdio: ["ignore", "pipe", "pipe"],
    ...(isTwo ? { uid: USERS[user], gid: GROUP } : {}),
  });
  return { child, closed: once(child, "close") as Promise<[number | null]> };
}

async function runAs(user: User, program: string, ...words: string[]): Promise<{ status: number | null; out: string; err: string }> {
  const { child, closed } = startAs(user, program, words);
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { status, out, err };
}

/** Starts what goes on running, and waits for its first line. */
async function keepRunning(user: User, ...words: string[]) {
  const { child } = startAs(user, process.execPath, [MAIN, ...words, "--json"]);
  child.stderr.resume();
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, said: JSON.parse(line) as Record<string, string> };
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(join(folder, "data", path))).mode & 0o777).toString(8);
}

test("intake takes tips in and cannot read what is the keeper's", async () => {
  expect((await runAs("firsthand-keeper", process.execPath, MAIN, "keys", "--log")).status).toBe(0);
  expect(await modeOf("keys/log.seed")).toBe("640");
  // A page that pins this key; it is written by us, so the key's file becomes the keeper's again.
  await makePage(folder);
  await chmod(join(folder, "data", "keys", "log.seed"), 0o640);
  if (isTwo) await chown(join(folder, "data", "keys", "log.seed"), USERS["firsthand-keeper"], GROUP);

  // Before the keeper was there, intake does not start.
  const early = await runAs("firsthand-intake", process.execPath, MAIN, "serve", "--intake", "--json");
  expect({ status: early.status, named: early.err.includes("DATABASE_URL_FILE") }).toEqual({ status: 1, named: true });

  const keeper = await keepRunning("firsthand-keeper", "keep");
  const intake = await keepRunning("firsthand-intake", "serve", "--intake");
  try {
    const program = await openCertificate(new Uint8Array(await readFile(join(folder, "keys", "program.pgp"))));
    const send = async (): Promise<string | null> =>
      sendThrough(() => intake.said["address"] ?? "", await makeTip(program, undefined, Date.now()));
    expect(await send()).toContain("batch 00000001");
    // The keeper seals, and intake goes on with the next key.
    const sealed = await runAs("firsthand-keeper", process.execPath, MAIN, "seal", "--json");
    expect({ status: sealed.status, err: sealed.err }).toMatchObject({ status: 0 });
    expect(await send()).toContain("batch 00000002");

    expect([await modeOf("keys/generations/00000002.key"), await modeOf("logins/firsthand_intake")]).toEqual(["640", "640"]);
    const secrets = ["keys/batches/00000001.key", "logins/firsthand_keeper", "logins/firsthand_auditor"];
    for (const secret of secrets) expect(await modeOf(secret)).toBe("600");
    if (isTwo) {
      for (const secret of secrets) expect((await runAs("firsthand-intake", "cat", join(folder, "data", secret))).status).toBe(1);
      expect((await runAs("firsthand-intake", "ls", join(folder, "data", "keys", "batches"))).status).toBe(2);
      expect((await runAs("firsthand-intake", "touch", join(folder, "data", "keys", "log.seed"), join(folder, "data", "new"))).status).toBe(
        1,
      );
    }
    for (const words of [["seal"], ["keep"], ["serve"], ["status"]]) {
      const { status, err } = await runAs("firsthand-intake", process.execPath, MAIN, ...words);
      expect({ words, status, named: err.includes("DATABASE_URL") }).toEqual({ words, status: 1, named: true });
    }
  } finally {
    for (const { child } of [intake, keeper]) await kill(child);
  }
});

test("an address in a file is one line, and not given twice", async () => {
  const path = join(folder, "address");
  const said = async (more: Record<string, string>): Promise<string> => {
    const child = spawn(process.execPath, [MAIN, "status"], {
      env: { ...settings["firsthand-keeper"], DATABASE_URL: "", ...more },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return text(child.stderr);
  };
  await writeFile(path, "two words\n");
  expect(await said({ DATABASE_URL_FILE: path })).toContain("DATABASE_URL_FILE");
  expect(await said({ DATABASE_URL_FILE: join(folder, "absent") })).toContain("DATABASE_URL_FILE");
  await writeFile(path, "postgresql://a@b/c\n");
  expect(await said({ DATABASE_URL_FILE: path, DATABASE_URL: "postgresql://a@b/c" })).toContain("DATABASE_URL_FILE");
});
