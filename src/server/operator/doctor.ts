/**
 * `firsthand doctor`: what is wrong with an installation, running or stopped, in words that say how to mend it. Codes and sentences stand in `findings.ts`.
 *
 * It looks in this order, and goes as far as it can: settings; Tor and the onion service's folder, this machine and its files; keys and page; the database's settings and roles; then, if the server would
 * start, what `firsthand status` looks at, and what should have happened by now. Nothing is made or mended: no key, no database, no migration. An embedded
 * database that rests is started for the look and stopped again.
 */
import { stat } from "node:fs/promises";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { dayOf, parseDate } from "../../protocol/format/date.ts";
import { type Config, loadConfig } from "../config.ts";
import { type Context, type ContextOptions, openContext } from "../context.ts";
import { MIGRATIONS } from "../installation.ts";
import { lastCosigned } from "../courier/cosign.ts";
import { checkPageLog } from "../courier/page-release.ts";
import { statusOf, wordsFor } from "../courier/status.ts";
import { type Keys, lastCheckpointPath, loadKeys, logSeedPath } from "../keys.ts";
import { loadPageFiles } from "../page-files.ts";
import { openEventLog } from "../privacy.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { readIfThere } from "../store/durable-file.ts";
import { hasEmbeddedPostgres, startEmbeddedPostgres } from "../store/embedded-postgres.ts";
import { checkpointSize, leavesOfKind } from "../store/log-store.ts";
import { migrationState } from "../store/migrate.ts";
import { lastBackup } from "./backup-memory.ts";
import { type Finding, finding } from "./findings.ts";
import { lookAtFiles, lookAtMemory, lookAtWayIn, torUsers } from "./host.ts";
import { lookAtOnion, TORRC } from "./onion.ts";
import { lookAtRoles, lookAtSettings } from "./postgres.ts";

/** Days after which something that should happen again has not. */
const COSIGNING_DAYS = 7;
const BACKUP_DAYS = 3;
const PAGE_DAYS = 42;

const SILENT = openEventLog({ write: () => undefined });

/** What may be chosen from outside; tests do. */
export interface DoctorOptions extends Pick<ContextOptions, "clock"> {
  /** What stands for `/proc`. */
  readonly proc?: string;
  /** Tor's settings. */
  readonly torrc?: string;
}

/** Everything that is wrong, in the order of looking; empty if nothing was found. */
export async function examine(
  env: Readonly<Record<string, string | undefined>>,
  { proc = "/proc", torrc = TORRC, clock = Date.now }: DoctorOptions = {},
): Promise<Finding[]> {
  const config = settingsOf(env);
  if (!("dataDir" in config)) return [config];
  const found = [
    ...(await lookAtWayIn(config, proc)),
    ...(await lookAtOnion(config, { torrc, torUsers: await torUsers(proc) })),
    ...(await lookAtMemory(proc)),
    ...(await lookAtFiles(config)),
  ];
  const { keys, findings } = await lookAtKeys(config);
  found.push(...findings);
  if (keys !== null) found.push(...(await lookAtPage(config, keys)));
  const database = await lookAtDatabase(config);
  found.push(...database.findings);
  if (keys !== null && database.usable) found.push(...(await lookAtWork(config, clock)));
  return found;
}

/** Only the onion service's folder, which the server's users cannot enter: for root. */
export async function examineOnion(
  env: Readonly<Record<string, string | undefined>>,
  { proc = "/proc", torrc = TORRC }: DoctorOptions = {},
): Promise<Finding[]> {
  const config = settingsOf(env);
  return "dataDir" in config ? lookAtOnion(config, { torrc, torUsers: await torUsers(proc) }) : [config];
}

function settingsOf(env: Readonly<Record<string, string | undefined>>): Config | Finding {
  try {
    return loadConfig(env);
  } catch (error) {
    if (error instanceof Refusal) return finding("settings-wrong", ...(error.where?.split(", ") ?? []));
    throw error;
  }
}

async function lookAtKeys(config: Config): Promise<{ keys: Keys | null; findings: Finding[] }> {
  // Loading keys would make one.
  if ((await stat(logSeedPath(config.dataDir)).catch(() => null)) === null) return { keys: null, findings: [finding("log-key-missing")] };
  try {
    return { keys: await loadKeys(config), findings: [] };
  } catch (error) {
    if (error instanceof Refusal) return { keys: null, findings: [finding("keys-refused", error.where ?? error.code)] };
    throw error;
  }
}

async function lookAtPage({ pageDir }: Config, { logSigner }: Keys): Promise<Finding[]> {
  try {
    await loadPageFiles(pageDir);
    await checkPageLog(pageDir, logSigner.vkey);
    return [];
  } catch (error) {
    if (error instanceof Refusal) return [finding(error.code === "page-other-log" ? "page-other-log" : "page-missing", "PAGE_DIR")];
    throw error;
  }
}

/** `usable`: whether the server would do its work over it as it is. */
async function lookAtDatabase({ databaseUrl, dataDir }: Config): Promise<{ usable: boolean; findings: Finding[] }> {
  if (databaseUrl !== null) return lookAsOwner(databaseUrl);
  if (!(await hasEmbeddedPostgres(dataDir))) return { usable: false, findings: [finding("database-missing")] };
  try {
    const embedded = await startEmbeddedPostgres(dataDir, SILENT);
    try {
      return await lookAsOwner(embedded.url);
    } finally {
      await embedded.stop();
    }
  } catch (error) {
    if (error instanceof Fault || error instanceof Refusal) return { usable: false, findings: [finding("database-unreachable")] };
    throw error;
  }
}

async function lookAsOwner(url: string): Promise<{ usable: boolean; findings: Finding[] }> {
  const owner = openDatabase(url, { connections: 1 });
  try {
    const findings = await lookAtSettings(owner);
    const migrations = await migrationsFinding(owner);
    if (migrations !== null) return { usable: false, findings: [...findings, migrations] };
    return { usable: true, findings: [...findings, ...(await lookAtRoles(owner))] };
  } catch (error) {
    if (error instanceof Fault) return { usable: false, findings: [finding("database-unreachable")] };
    throw error;
  } finally {
    await owner.close();
  }
}

async function migrationsFinding(owner: Database): Promise<Finding | null> {
  switch (await migrationState(owner, MIGRATIONS)) {
    case "same":
      return null;
    case "behind":
      return finding("migrations-waiting");
    case "other":
      return finding("migrations-other");
  }
}

async function lookAtWork(config: Config, clock: () => number): Promise<Finding[]> {
  let context: Context;
  try {
    context = await openContext(config, { log: SILENT, clock });
  } catch (error) {
    if (error instanceof Refusal || error instanceof Fault)
      return [finding("not-opening", error instanceof Refusal ? error.code : error.step)];
    throw error;
  }
  try {
    const { alarms } = await statusOf(context);
    const found = alarms.map((alarm): Finding => ({ code: alarm.alarm, where: [], ...wordsFor(alarm) }));
    return [...found, ...(await lookAtHabits(context))];
  } finally {
    await context.close();
  }
}

/** What people should have done by now. Of demo keys nobody expects it. */
async function lookAtHabits({ db, clock, keys, config }: Context): Promise<Finding[]> {
  if (keys.demo) return [];
  const today = dayOf(clock());
  const found: Finding[] = [];
  const page = (await leavesOfKind(db, "page")).at(-1);
  if (page !== undefined && today - parseDate(page.date) > PAGE_DAYS) found.push(finding("page-old", "PAGE_DIR"));
  const cosigned = await lastCosigned(db);
  if (keys.cosigners.length > 0 && (cosigned === null || today - cosigned > COSIGNING_DAYS)) found.push(finding("cosignature-old"));
  const backup = await lastBackup(config.dataDir);
  if (backup === null) found.push(finding("backup-missing"));
  else if (today - backup.day > BACKUP_DAYS) found.push(finding("backup-old"));
  else if (backup.size < (await signedSize(config))) found.push(finding("backup-behind"));
  return found;
}

/** Entries of the log, as far as anybody outside may have it. */
async function signedSize({ dataDir }: Config): Promise<number> {
  const checkpoint = await readIfThere(lastCheckpointPath(dataDir));
  return checkpoint === null ? 0 : checkpointSize(checkpoint);
}
