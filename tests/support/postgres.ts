/**
 * A real PostgreSQL for a test file: one cluster, started by the same code as the server's, and a fresh migrated database for each test that asks.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import type { EventLog } from "../../src/server/privacy.ts";
import { type Database, openDatabase } from "../../src/server/store/database.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/server/store/embedded-postgres.ts";
import { migrate } from "../../src/server/store/migrate.ts";

/** The migrations of the repository. */
export const MIGRATIONS = fileURLToPath(new URL("../../migrations/", import.meta.url));

/** An event log that keeps nothing. */
export const NO_LOG: EventLog = { event: () => undefined };

/** A cluster while the tests of a file run. */
export interface TestPostgres {
  /** Address of a new database with all migrations, as its owner (a superuser). */
  freshDatabase(): Promise<string>;
  /** Address of a new database with nothing in it. */
  emptyDatabase(): Promise<string>;
  /** Folder of the cluster. */
  folder(): string;
}

/** Starts a cluster before the tests of this file and removes it after them. Call at the top level of the file. */
export function testPostgres(): TestPostgres {
  let folder: string;
  let postgres: EmbeddedPostgres | undefined;
  let admin: Database | undefined;
  let made = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-pg-"));
    await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
    postgres = await startEmbeddedPostgres(folder, NO_LOG);
    const template = openDatabase(postgres.url, { connections: 1 });
    await migrate(template, MIGRATIONS);
    await template.close();
    admin = openDatabase(addressOf(postgres.url, "postgres"), { connections: 1 });
  });

  afterAll(async () => {
    await admin?.close();
    await postgres?.stop();
    if (postgres !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const make = async (template: string): Promise<string> => {
    if (postgres === undefined || admin === undefined) throw new Error("the cluster is not running");
    const name = `test_${String(++made)}`;
    await admin.query(`create database ${name} template ${template}`);
    await admin.query(`revoke all on database ${name} from public`);
    return addressOf(postgres.url, name);
  };

  return { freshDatabase: () => make("firsthand"), emptyDatabase: () => make("template0"), folder: () => folder };
}

/** The address of another database of the same cluster. */
function addressOf(url: string, database: string): string {
  return url.replace(/\/[^/]*$/, `/${database}`);
}
