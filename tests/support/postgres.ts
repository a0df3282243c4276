/**
 * A real PostgreSQL for a test file: one cluster, started by the same code as the server's, and a fresh migrated database for each test that asks.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import type { EventLog } from "../../src/server/privacy.ts";
import { openDatabase } from "../../src/server/store/database.ts";
import { startEmbeddedPostgres } from "../../src/server/store/embedded-postgres.ts";
import { migrate } from "../../src/server/store/migrate.ts";
import { copyCluster } from "./cluster-template.ts";

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

/** A cluster that somebody has to stop. */
export interface StartedPostgres extends TestPostgres {
  /** Stops and removes it. */
  stop(): Promise<void>;
}

/** Starts a cluster now. */
export async function startTestPostgres(): Promise<StartedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "fh-pg-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  await copyCluster(folder);
  const postgres = await startEmbeddedPostgres(folder, NO_LOG);
  const template = openDatabase(postgres.url, { connections: 1 });
  await migrate(template, MIGRATIONS);
  await template.close();
  const admin = openDatabase(addressOf(postgres.url, "postgres"), { connections: 1 });
  let made = 0;
  const make = async (origin: string): Promise<string> => {
    const name = `test_${String(++made)}`;
    await admin.query(`create database ${name} template ${origin}`);
    await admin.query(`revoke all on database ${name} from public`);
    return addressOf(postgres.url, name);
  };
  return {
    freshDatabase: () => make("firsthand"),
    emptyDatabase: () => make("template0"),
    folder: () => folder,
    stop: async () => {
      await admin.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a cluster before the tests of this file and removes it after them. Call at the top level of the file. */
export function testPostgres(): TestPostgres {
  let postgres: StartedPostgres | undefined;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(async () => {
    await postgres?.stop();
  });
  const running = (): StartedPostgres => {
    if (postgres === undefined) throw new Error("the cluster is not running");
    return postgres;
  };
  return {
    freshDatabase: () => running().freshDatabase(),
    emptyDatabase: () => running().emptyDatabase(),
    folder: () => running().folder(),
  };
}

/** The address of another database of the same cluster. */
function addressOf(url: string, database: string): string {
  return url.replace(/\/[^/]*$/, `/${database}`);
}
