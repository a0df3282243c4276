/**
 * `firsthand backup`: the log and what the keeper needs to go on with it, in one file to the operator's certificate. What is in it, and what is not, says
 * `backup-contents.ts`; what a thief of it gains, SECURITY.md.
 *
 * Consistent while the server serves: it is taken as the one keeper, so nothing is sealed, logged, exported or purged meanwhile (tips are taken in), and all rows
 * are read in one transaction of one snapshot. As every keeper it first publishes what is stored and refuses over a database that went back, so the last checkpoint is
 * that of the rows. Nothing is collected in memory but a piece at a time.
 *
 * Rejected: `pg_dump`, which the embedded database does not bring and which would carry what waits; a copy of the cluster's files, which carries the write-ahead log.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Bytes, once, rechunk } from "../../protocol/bytes.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { openOperatorCertificate, type OperatorCertificate } from "../../protocol/crypto/operator.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type BackupFile, formatBackup } from "../../protocol/format/backup.ts";
import { dayOf, formatDate } from "../../protocol/format/date.ts";
import { formatJson } from "../../protocol/format/json.ts";
import { formatNumber } from "../../protocol/format/number.ts";
import { type TarFile, writeTar } from "../../protocol/format/tar.ts";
import type { Config } from "../config.ts";
import { requireFolder, writeOnto } from "../courier/stick.ts";
import type { Keeper } from "../courier/writer.ts";
import { lastCheckpointPath, logSeedPath } from "../keys.ts";
import { batchesWithKeys, batchKey } from "../store/batch-keys.ts";
import type { Connection } from "../store/database.ts";
import { readIfThere } from "../store/durable-file.ts";
import { checkpointSize } from "../store/log-store.ts";
import { migrationsDone } from "../store/migrate.ts";
import { rememberBackup } from "./backup-memory.ts";
import { PLACES, tablesOf } from "./backup-contents.ts";

/** What may be chosen. */
export interface BackupOptions {
  /** Whether the log's signing key goes in. */
  readonly withLogKey: boolean;
  /** Whether sealed batches go in, with their keys. */
  readonly withBatchKeys: boolean;
}

/** A backup that was finished. */
export interface BackedUp {
  readonly path: string;
  /** Bytes of the file. */
  readonly length: number;
  /** Entries of the log in it. */
  readonly size: number;
  /** Batches whose items and keys are in it. */
  readonly batches: readonly number[];
  readonly logKey: boolean;
  /** Fingerprint of the certificate that it is encrypted to. */
  readonly to: string;
}

/** Rows of a table that stand in one file of the archive, octets. */
const SEGMENT = 8_388_608;

/** In one snapshot, so that what somebody else changes by hand does not get in half. */
const SNAPSHOT = ["set transaction isolation level repeatable read read only"];

/**
 * Writes a backup to `path`.
 * @throws {Refusal} `already-there`; `no-secure-place` if its folder is none; `keys-missing` without `KEYS_DIR/operator.pgp`, `bad-certificate`; `stick-full`.
 * @throws {Fault} if the disk or the database failed. Nothing is left at `path` then.
 */
export async function backUp({ context, progress }: Keeper, path: string, { withLogKey, withBatchKeys }: BackupOptions): Promise<BackedUp> {
  const { config, db, clock, keys } = context;
  if ((await stat(path).catch(() => null)) !== null) throw new Refusal("already-there");
  await requireFolder(dirname(path));
  const certificate = await operatorCertificate(config, clock());
  const batches = withBatchKeys ? await batchesAtHand(db, config.dataDir) : [];
  const checkpoint = await readIfThere(lastCheckpointPath(config.dataDir));
  if (checkpoint === null) throw new Error("a keeper has a checkpoint");
  const size = checkpointSize(checkpoint);
  const day = dayOf(clock());

  await db.transaction(async (tx) => {
    const schema = (await migrationsDone(tx)).length;
    const files: BackupFile[] = [];
    const listed = async function* (): AsyncGenerator<TarFile, void, undefined> {
      const put = (place: string, bytes: Bytes): TarFile => {
        files.push({ path: place, size: bytes.length, sha256: toHex(sha256(bytes)) });
        return fileOf(place, bytes);
      };
      yield put(PLACES.settings, settingsOf(config));
      yield put(PLACES.checkpoint, checkpoint);
      if (withLogKey) yield put(PLACES.logSeed, await seedOf(config));
      for (const batch of batches) yield put(`files/batches/${formatNumber(batch)}.key`, await batchKey(config.dataDir, batch));
      for (const { name, select } of tablesOf(batches)) {
        let segment = 0;
        for await (const piece of rechunk(tx.copyOut(select), SEGMENT)) yield put(`tables/${name}/${formatNumber(++segment)}`, piece);
      }
      const manifest = formatBackup({ origin: keys.origin, date: formatDate(day), size, schema, files });
      yield fileOf(PLACES.manifest, await keys.logSigner.sign(manifest));
    };
    const about = await storedBytes(
      tx,
      tablesOf(batches).map(({ name }) => name),
    );
    const bytes = certificate.seal(writeTar(listed()));
    await writeOnto(dirname(path), basename(path), { bytes, length: about }, progress, "writing the backup");
  }, SNAPSHOT);
  await rememberBackup(config.dataDir, { day, size });
  const { size: length } = await stat(path);
  return { path, length, size, batches, logKey: withLogKey, to: certificate.fingerprint };
}

async function operatorCertificate({ keysDir }: Config, now: number): Promise<OperatorCertificate> {
  const bytes = await readIfThere(join(keysDir, "operator.pgp"));
  if (bytes === null) throw new Refusal("keys-missing", "operator.pgp");
  return openOperatorCertificate(bytes, Math.floor(now / 1000));
}

/** Batches that are whole here: with their key, and not on their way out. */
async function batchesAtHand(db: Connection, dataDir: string): Promise<number[]> {
  const rows = await db.query<{ batch: number }>(
    "select batch from batch where state <> 'purged' and purging is null and to_regclass('item_' || batch) is not null order by batch",
  );
  const keys = await batchesWithKeys(dataDir);
  return rows.map(({ batch }) => batch).filter((batch) => keys.includes(batch));
}

/** About how many bytes tables are, for whoever waits. */
async function storedBytes(tx: Connection, tables: readonly string[]): Promise<number> {
  const [row] = await tx.query<{ bytes: number }>(
    `select sum(pg_table_size(name::regclass)
       + (select coalesce(sum(pg_table_size(inhrelid)), 0) from pg_inherits where inhparent = name::regclass))::bigint as bytes
     from unnest($1::text[]) as name`,
    [tables],
  );
  return row?.bytes ?? 0;
}

function settingsOf({ sealAt, maxTipBytes, minFreeBytes, maxPendingBytes, reserveBytes, inFlightBytes }: Config): Bytes {
  return formatJson({ sealAt, maxTipBytes, minFreeBytes, maxPendingBytes, reserveBytes, inFlightBytes });
}

async function seedOf({ dataDir }: Config): Promise<Bytes> {
  const seed = await readIfThere(logSeedPath(dataDir));
  if (seed === null) throw new Refusal("keys-missing", "log.seed");
  return seed;
}

function fileOf(path: string, bytes: Bytes): TarFile {
  return { path, size: bytes.length, open: () => once(bytes) };
}
