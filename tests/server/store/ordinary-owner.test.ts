/** A PostgreSQL of one's own: its database belongs to an ordinary user that may create roles, as DATABASE_URL would have it. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase, type Role, sqlStateOf } from "../../../src/server/store/database.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { closeGeneration, currentGeneration, dropGeneration, openFirstGeneration } from "../../../src/server/store/generations.ts";
import { loginAddress, makeLogins } from "../../../src/server/store/logins.ts";
import { migrate } from "../../../src/server/store/migrate.ts";
import { MIGRATIONS, NO_LOG } from "../../support/postgres.ts";

let folder: string;
let postgres: EmbeddedPostgres;
const open: Database[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-owner-"));
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
  postgres = await startEmbeddedPostgres(folder, NO_LOG);
});
afterAll(async () => {
  for (const db of open) await db.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

function opened(url: string, role?: Role): Database {
  const db = openDatabase(url, { connections: 2, ...(role === undefined ? {} : { role }) });
  open.push(db);
  return db;
}

function addressOf(user: string, database: string): string {
  return postgres.url.replace(/\/\/firsthand:[0-9a-f]+@/, `//${user}:secret@`).replace(/\/[^/]*$/, `/${database}`);
}

test("an owner who may create roles can migrate and run the server's work, and one who may not is told so", async () => {
  const admin = opened(postgres.url);
  await admin.query("create role operator login createrole password 'secret'");
  await admin.query("create database theirs owner operator template template0 encoding 'UTF8' locale 'C'");
  await admin.query("create role weak login password 'secret'");
  await admin.query("create database weaks owner weak");

  const refused: unknown = await migrate(opened(addressOf("weak", "weaks")), MIGRATIONS).catch((error: unknown) => error);
  expect(sqlStateOf(refused)).toBe("P0001");

  const url = addressOf("operator", "theirs");
  const owner = opened(url);
  expect(await migrate(owner, MIGRATIONS)).toBeGreaterThan(0);
  await makeLogins(owner, url, folder);
  const keeper = opened(await loginAddress(folder, "firsthand_keeper"), "firsthand_keeper");
  await openFirstGeneration(keeper, folder);
  expect(await closeGeneration(keeper, folder)).toBe(1);
  await dropGeneration(keeper, folder, 1);
  expect(await currentGeneration(keeper)).toBe(2);

  const intake = opened(await loginAddress(folder, "firsthand_intake"), "firsthand_intake");
  expect(await intake.query("select generation from generation")).toEqual([{ generation: 2 }]);
  const reading: unknown = await intake.query("select body from tip_part").catch((error: unknown) => error);
  expect(sqlStateOf(reading)).toBe("42501");
  const becoming: unknown = await intake.query("set role operator").catch((error: unknown) => error);
  expect(sqlStateOf(becoming)).toBe("42501");
});
