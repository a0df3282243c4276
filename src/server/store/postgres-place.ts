/**
 * Where the embedded PostgreSQL has its cluster and its socket, and as whom it runs.
 *
 * Everything is below `DATA_DIR/postgres`. PostgreSQL refuses to run as root, so root runs it as the user `postgres` (made if there is none). If
 * that user cannot enter DATA_DIR (a folder above is closed), the cluster lies below `/var/lib/firsthand/<id>` instead, the id in `DATA_DIR/postgres.place`.
 * Ciphertext must not outlive DATA_DIR there for ever: each such cluster names its DATA_DIR in a file `owner`; a start of anybody notes in a file `gone` since
 * which day DATA_DIR is not there, and removes the cluster {@link KEPT_DAYS} days later. Until then a DATA_DIR that comes back finds its database.
 */
import { chmod, chown, lstat, mkdir, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { fromUtf8, toHex, utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { dayOf } from "../../protocol/format/date.ts";
import type { EventLog } from "../privacy.ts";
import { readIfThere, writeDurably } from "./durable-file.ts";
import { type Place, run, shutDown, type User } from "./postgres-process.ts";

/** How long a cluster stays whose DATA_DIR is gone, days: a folder that was moved away by mistake can be brought back. */
const KEPT_DAYS = 7;

/** Longest path of a socket's folder: 107 bytes for `<folder>/.s.PGSQL.5432`. */
const LONGEST_SOCKET_FOLDER = 107 - "/.s.PGSQL.5432".length;

/** Where a database is looked for, and by which clock. */
export interface Where {
  /** DATA_DIR, absolute. */
  readonly folder: string;
  readonly sharedPlace: string;
  readonly clock: () => number;
}

/** The place of the cluster of a data folder; other clusters that were left there are removed on the way. */
export async function choosePlace({ folder: dataDir, sharedPlace, clock }: Where, log: EventLog): Promise<Place> {
  if (process.getuid?.() !== 0) return { folder: await ownFolder(join(dataDir, "postgres")), user: null };

  const user = await postgresUser();
  const recorded = await readIfThere(join(dataDir, "postgres.place"));
  const known = recorded === null ? null : fromUtf8(recorded);
  if (known !== null && !/^[0-9a-f]{32}$/.test(known)) throw new Refusal("no-secure-place", "DATA_DIR/postgres.place");
  // Before others are removed: a DATA_DIR that was moved still has its cluster.
  if (known !== null) await own(sharedPlace, known, dataDir);
  await removeLeftClusters(sharedPlace, log, dayOf(clock()));
  if (known !== null) return { folder: join(sharedPlace, known), user };
  if (await canEnter(dataDir, user)) return { folder: await ownFolder(join(dataDir, "postgres"), 0o711), user };

  const id = toHex(randomBytes(16));
  // In this order: a cluster is somebody's from the moment on that it could be taken for nobody's.
  await writeDurably(join(dataDir, "postgres.place"), utf8(id));
  return { folder: await own(sharedPlace, id, dataDir), user };
}

/** The folder of a cluster in the shared place, as that of `dataDir`. */
async function own(sharedPlace: string, id: string, dataDir: string): Promise<string> {
  await mkdir(sharedPlace, { recursive: true, mode: 0o711 });
  const folder = await ownFolder(join(sharedPlace, id), 0o711);
  const { dev } = await stat(dataDir);
  await writeDurably(join(folder, "owner"), utf8(`${String(dev)} ${dataDir}\n`));
  await rm(join(folder, "gone"), { force: true });
  return folder;
}

/** A folder of ours, made if it is not there. @throws {Refusal} `no-secure-place` if it is a link or somebody else's. */
async function ownFolder(path: string, mode = 0o700): Promise<string> {
  await mkdir(path, { recursive: true, mode });
  const facts = await lstat(path);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.()) throw new Refusal("no-secure-place", "DATA_DIR");
  await chmod(path, mode);
  return path;
}

/** Whether `user` can enter a folder: the kernel says so. A folder of root's own is opened for passing through (0711), not for listing. */
async function canEnter(folder: string, user: User): Promise<boolean> {
  if ((await stat(folder)).uid === 0) await chmod(folder, 0o711);
  return run("/bin/sh", ["-c", 'cd "$1"', "sh", folder], user).then(
    () => true,
    () => false,
  );
}

async function postgresUser(): Promise<User> {
  const there = await lookUpUser();
  if (there !== null) return there;
  await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]).catch(
    (cause: unknown) => {
      throw new Fault("making the user postgres, which PostgreSQL runs as", cause);
    },
  );
  const made = await lookUpUser();
  if (made === null) throw new Fault("making the user postgres, which PostgreSQL runs as", undefined);
  return made;
}

async function lookUpUser(): Promise<User | null> {
  try {
    return { uid: Number(await run("id", ["-u", "postgres"])), gid: Number(await run("id", ["-g", "postgres"])) };
  } catch {
    return null;
  }
}

/**
 * Removes clusters whose DATA_DIR is gone, or belongs to another cluster by now, since {@link KEPT_DAYS} days. A DATA_DIR that is only unmounted looks the
 * same, so the disk is compared: what exists of the path must lie on the disk that DATA_DIR was on.
 */
async function removeLeftClusters(sharedPlace: string, log: EventLog, today: number): Promise<void> {
  const names = await readdir(sharedPlace).catch(() => []);
  let removed = 0;
  let kept = 0;
  for (const name of names.filter((candidate) => /^[0-9a-f]{32}$/.test(candidate))) {
    const folder = join(sharedPlace, name);
    const owner = await readIfThere(join(folder, "owner"));
    const match = owner === null ? null : /^(\d+) (\/[^\n]*)\n$/.exec(fromUtf8(owner));
    if (match === null) continue; // being made just now
    const [, disk = "", dataDir = ""] = match;
    const place = await readIfThere(join(dataDir, "postgres.place")).catch(() => null);
    if (place !== null && fromUtf8(place) === name) continue;
    if (String(await diskOf(dataDir)) !== disk || today < (await goneSince(folder, today)) + KEPT_DAYS) {
      kept++;
      continue;
    }
    await shutDown(join(folder, "cluster"));
    await rm(folder, { recursive: true, force: true });
    removed++;
  }
  if (removed > 0 || kept > 0) log.event("old-clusters", { removed, kept });
}

/** The day on which a cluster was first seen without its DATA_DIR: today, if it is now. A day in the future is a clock that was wrong, and counts anew. */
async function goneSince(folder: string, today: number): Promise<number> {
  const path = join(folder, "gone");
  const noted = await readIfThere(path);
  const day = noted === null ? NaN : Number(fromUtf8(noted));
  if (Number.isSafeInteger(day) && day <= today) return day;
  await writeDurably(path, utf8(String(today)));
  return today;
}

/** The disk that a path lies on, or would lie on. */
async function diskOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null);
  return facts === null ? diskOf(dirname(path)) : facts.dev;
}

/** A folder for the socket: beside the cluster, or where temporary files go if that path is too long for a socket. */
export async function socketFolder({ folder, user }: Place): Promise<string> {
  const beside = join(folder, "run");
  const path =
    Buffer.byteLength(beside) <= LONGEST_SOCKET_FOLDER ? beside : join(tmpdir(), `firsthand-${toHex(sha256(utf8(folder))).slice(0, 16)}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const facts = await lstat(path);
  const owners = [process.getuid?.(), user?.uid];
  if (!facts.isDirectory() || !owners.includes(facts.uid)) throw new Refusal("no-secure-place", "TMPDIR");
  await chmod(path, 0o700);
  if (user !== null) await chown(path, user.uid, user.gid);
  return path;
}
