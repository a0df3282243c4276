/**
 * `firsthand restore`: a server again, from a backup, in an empty data folder and an empty database. The file is read twice. The first time nothing is touched: it is decrypted to
 * its end, every file in it held against the note that the log key signed, and the whole against the newest checkpoint that anybody outside has. The second time
 * it is brought back: keys and checkpoint onto the disk first, then all rows in one transaction, so that an interrupted restore is either none, or refuses to sign.
 *
 * **No fork.** Whoever restores a log from a day ago and signs on has two logs. So a checkpoint from outside has to be shown: from an auditor, a cosigner or a mirror. If the
 * log went on after the backup, there is no way on from it (`backup-behind`); if it was another log, `log-forked`. What nobody outside saw cannot be known, and is said.
 *
 * What waited is not in a backup, and by default no sealed batch: those are logged as purged as soon as the server works, because they are gone, also where that is early.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Bytes, collect, equal } from "../../protocol/bytes.ts";
import { signingKeyFromSeed } from "../../protocol/crypto/ed25519.ts";
import { noteSignerOf, openNote, type Vkey } from "../../protocol/crypto/note.ts";
import type { OperatorKey } from "../../protocol/crypto/operator.ts";
import { fromHex, toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { type BackupFile, type BackupManifest, parseBackup } from "../../protocol/format/backup.ts";
import type { Checkpoint } from "../../protocol/format/checkpoint.ts";
import { formatNumber } from "../../protocol/format/number.ts";
import { readTar, type TarEntry } from "../../protocol/format/tar.ts";
import { treeHash } from "../../protocol/tlog/tree.ts";
import { verifyCheckpoint } from "../../protocol/tlog/verify.ts";
import type { Config } from "../config.ts";
import { openContext } from "../context.ts";
import { MIGRATIONS } from "../installation.ts";
import type { Progress } from "../courier/progress.ts";
import { wouldSign } from "../courier/writer.ts";
import { lastCheckpointPath, logSeedPath } from "../keys.ts";
import { openEventLog } from "../privacy.ts";
import { putBatchKey } from "../store/batch-keys.ts";
import { type Connection, openDatabase, type Session } from "../store/database.ts";
import { FOR_INTAKE_TOO, writeDurably } from "../store/durable-file.ts";
import { startEmbeddedPostgres } from "../store/embedded-postgres.ts";
import { openGenerationAfter } from "../store/generations.ts";
import { makePartitions } from "../store/items.ts";
import { tilesIn } from "../store/log-store.ts";
import { migrate, migrationsDone } from "../store/migrate.ts";
import { type BackupTable, LARGEST_FILE, PLACES, tablesOf } from "./backup-contents.ts";

/** What is needed beside the backup. */
export interface RestoreOptions {
  readonly key: OperatorKey;
  /** The newest checkpoint that is known outside of the server, a signed note. */
  readonly checkpoint: Bytes;
  /** The log key's seed, 32 bytes, if it is not in the backup; null: it is. */
  readonly logSeed: Bytes | null;
  readonly progress: Progress;
}

/** A server that was restored. */
export interface Restored {
  readonly origin: string;
  /** The day of the backup. */
  readonly date: string;
  /** Entries of the log. */
  readonly size: number;
  /** Entries of the checkpoint from outside: fewer, if it was older than the backup. */
  readonly known: number;
  /** Batches whose items and keys are back. */
  readonly batches: readonly number[];
  /** Batches that were there and are lost. */
  readonly lost: readonly number[];
}

/** What the first reading found. */
interface Checked {
  readonly manifest: BackupManifest;
  /** Contents of files that are no tables', by their paths. */
  readonly small: ReadonlyMap<string, Bytes>;
  readonly seed: Bytes;
  /** The checkpoint from outside. */
  readonly known: Checkpoint;
}

const SEED_LENGTH = 32;
const BATCH_KEY = /^files\/batches\/(\d{8})\.key$/;
const TABLE = /^tables\/([a-z_]+)\/(\d{8})$/;

const SILENT = openEventLog({ write: () => undefined });

/**
 * Restores `path` into what the settings name.
 * @throws {Refusal} `already-there` if there is a file in DATA_DIR or anything in the database; `cannot-decrypt`, `not-authentic`, `bad-backup`, `wrong-origin`; `keys-missing` without the log's
 *   key; `unknown-signer` if the checkpoint or the backup is of another key; `backup-behind`, `log-forked`.
 * @throws {Fault} if a disk or the database failed. In every case nothing is left in DATA_DIR.
 */
export async function restore(config: Config, path: string, options: RestoreOptions): Promise<Restored> {
  const folders = await emptyFolders(config.dataDir);
  const checked = await check(config, path, options);
  try {
    return await bringBack(config, path, options, checked);
  } catch (error) {
    // It was empty before.
    await removeAllBut(folders, config.dataDir);
    throw error;
  }
}

/** Folders below `folder`, which the system may have made for their owners (deploy/systemd/firsthand.tmpfiles). @throws {Refusal} `already-there` if anything else is there. */
async function emptyFolders(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => !entry.isDirectory())) throw new Refusal("already-there", "DATA_DIR");
  return new Set(entries.map(({ parentPath, name }) => join(parentPath, name)));
}

async function removeAllBut(folders: ReadonlySet<string>, folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (folders.has(path)) await removeAllBut(folders, path);
    else await rm(path, { recursive: true, force: true });
  }
}

// First reading --------------------------------------------------------------------------------------------------------------------------------

async function check(config: Config, path: string, { key, checkpoint, logSeed, progress }: RestoreOptions): Promise<Checked> {
  const small = new Map<string, Bytes>();
  const files: BackupFile[] = [];
  let note: Bytes | null = null;
  for await (const entry of entriesOf(path, key, (done, total) => {
    progress("checking the backup", done, total);
  })) {
    if (note !== null) throw new Refusal("bad-backup", "something follows the manifest");
    if (entry.path === PLACES.manifest) note = await contentOf(entry);
    else files.push(await hashed(entry, small));
  }
  const seed = logSeed ?? small.get(PLACES.logSeed);
  if (seed?.length !== SEED_LENGTH) throw new Refusal("keys-missing", "log.seed");
  if (note === null) throw new Refusal("bad-backup", "manifest");
  const { vkey } = noteSignerOf(config.origin, await signingKeyFromSeed(seed));
  const { text } = await openNote(note, [vkey], LARGEST_FILE);
  const manifest = parseBackup(text);
  if (manifest.origin !== config.origin) throw new Refusal("wrong-origin", "ORIGIN");
  if (!same(files, manifest.files)) throw new Refusal("bad-backup", "files");
  const last = await verifyCheckpoint(smallOf(small, PLACES.checkpoint), { log: vkey });
  if (last.size !== manifest.size) throw new Refusal("bad-backup", "checkpoint");
  return { manifest, small, seed, known: await knownOutside(checkpoint, vkey, last) };
}

/** @throws {Refusal} `backup-behind`, `log-forked`. */
async function knownOutside(note: Bytes, log: Vkey, last: Checkpoint): Promise<Checkpoint> {
  const known = await verifyCheckpoint(note, { log });
  if (known.size > last.size) throw new Refusal("backup-behind");
  if (known.size === last.size && !equal(known.root, last.root)) throw new Refusal("log-forked");
  return known;
}

async function hashed(entry: TarEntry, small: Map<string, Bytes>): Promise<BackupFile> {
  const hash = createHash("sha256");
  if (TABLE.test(entry.path)) for await (const piece of entry.body) hash.update(piece);
  else {
    const content = await contentOf(entry);
    small.set(entry.path, content);
    hash.update(content);
  }
  return { path: entry.path, size: entry.size, sha256: toHex(hash.digest()) };
}

async function contentOf({ body, size }: TarEntry): Promise<Bytes> {
  if (size > LARGEST_FILE) throw new Refusal("bad-backup", "a file is too large");
  return collect(body, LARGEST_FILE);
}

function smallOf(small: ReadonlyMap<string, Bytes>, place: string): Bytes {
  const bytes = small.get(place);
  if (bytes === undefined) throw new Refusal("bad-backup", place);
  return bytes;
}

function same(found: readonly BackupFile[], listed: readonly BackupFile[]): boolean {
  return (
    found.length === listed.length &&
    found.every(({ path, size, sha256 }, place) => {
      const other = listed[place];
      return other?.path === path && other.size === size && other.sha256 === sha256;
    })
  );
}

/** The files in a backup. @param read is told how much of the backup was read. */
async function* entriesOf(
  path: string,
  key: OperatorKey,
  read: (done: number, total: number) => void,
): AsyncGenerator<TarEntry, void, undefined> {
  const { size: total } = await stat(path).catch(() => {
    throw new Refusal("not-found", "the backup");
  });
  try {
    yield* readTar(key.open(pieces(path, total, read)));
  } catch (error) {
    // What was cut short inside its encryption is not the whole either.
    throw error instanceof Refusal && ["bad-archive", "truncated", "trailing-bytes"].includes(error.code)
      ? new Refusal("not-authentic")
      : error;
  }
}

async function* pieces(
  path: string,
  total: number,
  read: (done: number, total: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0;
  const file: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1_048_576 });
  try {
    for await (const piece of file) {
      done += piece.length;
      read(done, total);
      yield piece;
    }
  } catch (error) {
    throw new Fault("reading the backup", error);
  }
}

// Second reading -------------------------------------------------------------------------------------------------------------------------------

async function bringBack(config: Config, path: string, options: RestoreOptions, checked: Checked): Promise<Restored> {
  if (config.databaseUrl !== null) return fillAndLook(config, config.databaseUrl, path, options, checked);
  const embedded = await startEmbeddedPostgres(config.dataDir, SILENT);
  try {
    return await fillAndLook(config, embedded.url, path, options, checked);
  } finally {
    await embedded.stop();
  }
}

async function fillAndLook(config: Config, url: string, path: string, options: RestoreOptions, checked: Checked): Promise<Restored> {
  const { manifest, small, seed, known } = checked;
  const batches = [...small.keys()].flatMap((place) => BATCH_KEY.exec(place)?.[1] ?? []).map(Number);
  const owner = openDatabase(url, { connections: 1 });
  try {
    await requireEmpty(owner);
    await migrate(owner, MIGRATIONS, manifest.schema);
    // More migrations than this program has: it is from a later one.
    if ((await migrationsDone(owner)).length !== manifest.schema) throw new Refusal("bad-backup", "schema");
    // A server that finds these and no rows refuses to sign.
    await writeDurably(lastCheckpointPath(config.dataDir), smallOf(small, PLACES.checkpoint));
    await writeDurably(logSeedPath(config.dataDir), seed, FOR_INTAKE_TOO);
    for (const batch of batches) await putBatchKey(config.dataDir, batch, smallOf(small, `files/batches/${formatNumber(batch)}.key`));
    await owner.transaction((tx) => fill(tx, config.dataDir, path, batches, options, checked), ["set local role firsthand_keeper"]);
  } finally {
    await owner.close();
  }
  // As the server opens it: with migrations that came since, and logins.
  const context = await openContext(config, { log: SILENT });
  try {
    if (!(await wouldSign(context))) throw new Refusal("bad-backup", "the log");
    const gone = await context.db.query<{ batch: number }>(
      "select batch from batch where state <> 'purged' and to_regclass('item_' || batch) is null order by batch",
    );
    const { origin, date, size } = manifest;
    return { origin, date, size, known: known.size, batches, lost: gone.map(({ batch }) => batch) };
  } finally {
    await context.close();
  }
}

/** @throws {Refusal} `already-there` if somebody's rows are in the database. */
async function requireEmpty(owner: Connection): Promise<void> {
  for (const table of ["leaf", "batch", "generation"]) {
    const [there] = await owner.query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
    if (there?.there === true && (await owner.query(`select from ${table} limit 1`)).length > 0)
      throw new Refusal("already-there", "DATABASE_URL");
  }
}

async function fill(
  tx: Session,
  dataDir: string,
  path: string,
  batches: readonly number[],
  { key, progress }: RestoreOptions,
  { manifest, known }: Checked,
): Promise<void> {
  for (const batch of batches) await makePartitions(tx, batch);
  const tables = new Map(tablesOf(batches).map((table) => [table.name, table]));
  const listed = new Map(manifest.files.map(({ path: place, sha256 }) => [place, sha256]));
  const entries = entriesOf(path, key, (done, total) => {
    progress("bringing the backup back", done, total);
  });
  let next = await entries.next();
  while (next.done !== true) {
    const table = tableOf(next.value.path, tables);
    if (table === null) {
      next = await entries.next();
      continue;
    }
    const rows = async function* (): AsyncGenerator<Bytes, void, undefined> {
      while (next.done !== true && tableOf(next.value.path, tables) === table) {
        yield* asListed(next.value, listed.get(next.value.path));
        next = await entries.next();
      }
    };
    await tx.copyIn(`${table.name} (${table.columns})`, rows());
  }
  const [last] = await tx.query<{ batch: number }>("select coalesce(max(batch), 0)::int as batch from batch");
  await openGenerationAfter(tx, dataDir, last?.batch ?? 0);
  if (known.size > 0 && !equal(await rootOf(tx, known.size), known.root)) throw new Refusal("log-forked");
}

async function rootOf(tx: Connection, size: number): Promise<Bytes> {
  try {
    return await treeHash(size, tilesIn(tx));
  } catch (error) {
    throw error instanceof Refusal ? new Refusal("log-forked") : error;
  }
}

function tableOf(path: string, tables: ReadonlyMap<string, BackupTable>): BackupTable | null {
  const [, name] = TABLE.exec(path) ?? [];
  if (name === undefined) return null;
  const table = tables.get(name);
  if (table === undefined) throw new Refusal("bad-backup", "table");
  return table;
}

/** A file's content, as long as it is what was checked: the backup may have been changed in between. */
async function* asListed({ body }: TarEntry, sha256: string | undefined): AsyncGenerator<Bytes, void, undefined> {
  const hash = createHash("sha256");
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
  if (sha256 === undefined || !equal(hash.digest(), fromHex(sha256, 32))) throw new Refusal("bad-backup", "it changed while it was read");
}
