/** Migrations: once, in order, also when two start together; never over files that were changed. */
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase, sqlStateOf } from "../../../src/server/store/database.ts";
import { migrate } from "../../../src/server/store/migrate.ts";
import { MIGRATIONS, testPostgres } from "../../support/postgres.ts";

const postgres = testPostgres();
let db: Database;
let folder: string;

beforeEach(async () => {
  db = openDatabase(await postgres.emptyDatabase(), { connections: 4 });
  folder = await mkdtemp(join(tmpdir(), "fh-migrations-"));
});
afterEach(async () => {
  await db.close();
  await rm(folder, { recursive: true });
});

test("runs the repository's files once, also when several start together", async () => {
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).length;
  const ran = await Promise.all([migrate(db, MIGRATIONS), migrate(db, MIGRATIONS), migrate(db, MIGRATIONS)]);
  expect(ran.toSorted()).toEqual([0, 0, files]);
  expect(await migrate(db, MIGRATIONS)).toBe(0);
});

test("runs in the order of names, and later only what is new", async () => {
  await writeFile(join(folder, "0001_first.sql"), "create table a (x int); insert into a values (1);");
  await writeFile(join(folder, "0002_second.sql"), "insert into a values (2);");
  await writeFile(join(folder, "notes.txt"), "not SQL");
  expect(await migrate(db, folder)).toBe(2);
  await writeFile(join(folder, "0003_third.sql"), "insert into a values (3);");
  expect(await migrate(db, folder)).toBe(1);
  expect(await db.query("select x from a")).toEqual([{ x: 1 }, { x: 2 }, { x: 3 }]);
});

test("a file that fails leaves nothing, and those before it stay", async () => {
  await writeFile(join(folder, "0001_good.sql"), "create table a (x int);");
  await writeFile(join(folder, "0002_bad.sql"), "insert into a values (1); insert into nowhere values (1);");
  const error: unknown = await migrate(db, folder).catch((thrown: unknown) => thrown);
  expect(sqlStateOf(error)).toBe("42P01");
  expect(await db.query("select x from a")).toEqual([]);
  await writeFile(join(folder, "0002_bad.sql"), "insert into a values (1);");
  expect(await migrate(db, folder)).toBe(1);
});

test("refuses to go on over a file that was changed or is gone", async () => {
  await copyFile(join(MIGRATIONS, "0001_intake_batches_log.sql"), join(folder, "0001_intake_batches_log.sql"));
  await migrate(db, folder);
  await writeFile(join(folder, "0001_intake_batches_log.sql"), "-- nothing\n");
  await expect(migrate(db, folder)).rejects.toThrow("migrating the database");
  await rm(join(folder, "0001_intake_batches_log.sql"));
  await expect(migrate(db, folder)).rejects.toThrow("migrating the database");
});
