/**
 * One PostgreSQL cluster as `initdb` leaves it, made once for a run of the tests, of which others are copies: making one and copying the programs takes seconds of a disk, and some
 * seventy are made. What makes a cluster in earnest is tested in `tests/server/store/embedded-postgres.test.ts`, which takes no copies. Copies have the same superuser's
 * password; each database is still migrated by itself.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openEventLog } from "../../src/server/privacy.ts";
import { startEmbeddedPostgres } from "../../src/server/store/embedded-postgres.ts";

/** Names the folder of the template to the processes that tests run in. */
const TEMPLATE = "FIRSTHAND_TEST_CLUSTER";

/** Makes the template, if this run has none yet; vitest calls it before the tests. @returns what removes it. */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env[TEMPLATE] !== undefined) return () => Promise.resolve();
  const folder = await mkdtemp(join(tmpdir(), "fh-cluster-"));
  await chmod(folder, 0o711); // PostgreSQL, another user if we are root, reads its programs here
  const postgres = await startEmbeddedPostgres(folder, openEventLog({ write: () => undefined }));
  await postgres.stop();
  process.env[TEMPLATE] = join(folder, "postgres");
  return () => rm(folder, { recursive: true, force: true });
}

/** Puts a copy into a data folder that has no cluster yet. Without a template, as in a benchmark, nothing: then one is made. */
export async function copyCluster(dataDir: string): Promise<void> {
  const template = process.env[TEMPLATE];
  if (template === undefined) return;
  const place = join(dataDir, "postgres");
  await mkdir(place, { recursive: true, mode: 0o711 });
  for (const name of await readdir(template)) {
    // The programs are the same for all; everything else is copied with its owner.
    if (name.startsWith("postgres-")) await symlink(join(template, name), join(place, name));
    else await promisify(execFile)("cp", ["-a", join(template, name), join(place, name)]);
  }
}
