/** What the commands work with: each pool in its role, everything closed again, nothing left open after a failure. */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../../src/server/config.ts";
import { openContext } from "../../../src/server/context.ts";
import { openDatabase, sqlStateOf } from "../../../src/server/store/database.ts";
import { NO_LOG, testPostgres } from "../../support/postgres.ts";
import { openTestServer, testKeys } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-context-"));
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("requests get connections that cannot read a body, commands such that cannot change the log", async () => {
  const server = await openTestServer(postgres, keys.get());
  try {
    const { intake, db } = server.context;
    const role = "select current_user as role";
    expect([await intake.query(role), await db.query(role)]).toEqual([[{ role: "firsthand_intake" }], [{ role: "firsthand_keeper" }]]);
    const refusals = await Promise.all([
      intake.query("select body from tip_part").catch(sqlStateOf),
      db.query("delete from leaf").catch(sqlStateOf),
    ]);
    expect(refusals).toEqual(["42501", "42501"]);
  } finally {
    await server.remove();
  }
});

test("is opened again over the same data, and closing it twice is no matter", async () => {
  const config = loadConfig({ DATA_DIR: folder, KEYS_DIR: keys.get().folder });
  const first = await openContext(config, { log: NO_LOG });
  const logKey = first.keys.logSigner.vkey.text;
  await first.db.execute("insert into log_state (name, value) values ('test', 'kept')");
  await Promise.all([first.close(), first.close()]);
  const second = await openContext(config, { log: NO_LOG });
  expect(second.keys.logSigner.vkey.text).toBe(logKey);
  expect(await second.db.query("select name from log_state where name = 'test'")).toEqual([{ name: "test" }]);
  await second.close();
});

test("stops the database again if it cannot be opened", async () => {
  const config = loadConfig({ DATA_DIR: folder, KEYS_DIR: keys.get().folder });
  const first = await openContext(config, { log: NO_LOG });
  await first.close();
  await rm(join(folder, "keys", "generations"), { recursive: true });
  await expect(openContext(config, { log: NO_LOG })).rejects.toMatchObject({ code: "keys-missing" });
  await expect(readFile(join(folder, "postgres", "cluster", "postmaster.pid"))).rejects.toThrow("ENOENT");
});

test("says that the database cannot be reached, without its address", async () => {
  const config = loadConfig({
    DATA_DIR: folder,
    KEYS_DIR: keys.get().folder,
    DATABASE_URL: "postgresql://somebody:secret@%2Fnowhere/none",
  });
  await expect(openContext(config, { log: NO_LOG })).rejects.toThrow("It did not work: using the database.");
});

test("does not work over a database that does not wait for its disk", async () => {
  const url = await postgres.freshDatabase();
  const owner = openDatabase(url, { connections: 1 });
  const [row] = await owner.query<{ name: string }>("select current_database() as name");
  const config = loadConfig({ DATA_DIR: folder, KEYS_DIR: keys.get().folder, DATABASE_URL: url });
  await owner.query(`alter database ${row?.name ?? ""} set synchronous_commit = off`);
  await expect(openContext(config, { log: NO_LOG })).rejects.toMatchObject({ code: "bad-settings", where: "DATABASE_URL" });
  await owner.query(`alter database ${row?.name ?? ""} set synchronous_commit = remote_apply`);
  await (await openContext(config, { log: NO_LOG })).close();
  await owner.close();
});
