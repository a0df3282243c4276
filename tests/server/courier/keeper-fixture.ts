/**
 * A server's folders for tests of the keeper: keys as the ceremony makes them, an embedded PostgreSQL, a clock that can be set. Tips are put in as
 * intake would leave them, without HTTP.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { batchRoot, type BundleFile, writeBundle } from "../../../src/protocol/crypto/bundle.ts";
import { epochAt, generateCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { noteSigner, type NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { sealTip } from "../../../src/protocol/crypto/tip.ts";
import { fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { formatJson } from "../../../src/protocol/format/json.ts";
import { type Acknowledgement, acknowledgementPath, formatAcknowledgement } from "../../../src/protocol/format/acknowledgement.ts";
import { type Leaf, parseLeaf } from "../../../src/protocol/format/leaf.ts";
import { NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import type { RetentionPolicy } from "../../../src/protocol/format/retention.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { type Config, loadConfig } from "../../../src/server/config.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { openEventLog } from "../../../src/server/privacy.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { readIfThere, writeDurably } from "../../../src/server/store/durable-file.ts";
import { startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import { currentGeneration } from "../../../src/server/store/generations.ts";
import { factsOf, type Pending, storeCompletion, storePart } from "../../../src/server/store/pending.ts";
import { commitmentsOf } from "../../../src/server/store/items.ts";
import { logFile } from "../../../src/server/store/log-store.ts";
import { checkLog } from "../../support/check-log.ts";
import { copyCluster } from "../../support/cluster-template.ts";
import { firstPolicyNote } from "../../support/retention-notes.ts";

export const ORIGIN = "keeper.test/log";
/** Monday; the certificates' first day. */
export const FIRST_DAY = Date.parse("2026-03-02T00:00:00Z") / 86_400_000;
const DEMO_POLICY: RetentionPolicy = { daysAfterAcknowledgement: 7, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" };

/** What belongs to one server under test. */
export interface Station {
  readonly folder: string;
  readonly config: Config;
  readonly review: NoteSigner;
  /** Moves the clock to noon of a day after the first. */
  setDay(day: number): void;
  /** The same folders, opened (again). */
  open(): Promise<Context>;
  remove(): Promise<void>;
}

/** Noon of a day after the first, in milliseconds. */
export function noonOf(day: number): number {
  return ((FIRST_DAY + day) * 24 + 12) * 3_600_000;
}

/** Environment of a station's folder, for commands in other processes. */
export function environmentOf(folder: string): Record<string, string> {
  return { DATA_DIR: join(folder, "data"), KEYS_DIR: join(folder, "keys"), PAGE_DIR: join(folder, "page"), MIN_FREE_MIB: "0", PORT: "0" };
}

/** A page that can be served, below a station's folder, and the log's key that it pins: made now if there is none. */
export async function makePage(folder: string): Promise<void> {
  const document = utf8("<!doctype html><title>test</title>");
  await mkdir(join(folder, "page", "en"), { recursive: true });
  await writeFile(join(folder, "page", "en", "index.html"), document);
  await writeFile(join(folder, "page", "manifest.json"), formatJson({ "en/index.html": toHex(sha256(document)) }));
  const seedPath = join(folder, "data", "keys", "log.seed");
  const seed = (await readIfThere(seedPath)) ?? randomBytes(32);
  await writeDurably(seedPath, seed);
  const origin = await readIfThere(join(folder, "keys", "origin"));
  const log = (await noteSigner(origin === null ? ORIGIN : fromUtf8(origin).trimEnd(), seed)).vkey.text;
  await writeFile(join(folder, "page", "release.json"), formatJson({ commit: "0".repeat(40), log, sbom: "0".repeat(64) }));
}

/** Keys whose making takes a while, made once for a test file. */
export async function makeKeys(folder: string, policy: RetentionPolicy = DEMO_POLICY, start = FIRST_DAY, epochs = 4): Promise<NoteSigner> {
  await mkdir(folder, { recursive: true });
  const seed = randomBytes(32);
  const review = await noteSigner(`${ORIGIN}/review`, seed);
  const [program, rewards] = await Promise.all(
    (["program", "rewards"] as const).map((purpose) => generateCertificate({ purpose, start: start * 86_400, epochs })),
  );
  if (program === undefined || rewards === undefined) throw new Error("two certificates were asked for");
  await writeFile(join(folder, "program.pgp"), program.publicBytes);
  await writeFile(join(folder, "rewards.pgp"), rewards.publicBytes);
  await writeFile(join(folder, "program.secret"), program.secretBytes);
  await writeFile(join(folder, "review.seed"), seed);
  await writeFile(join(folder, "review.vkey"), `${review.vkey.text}\n`);
  await writeFile(join(folder, "retention.note"), await firstPolicyNote(ORIGIN, policy, review));
  await writeFile(join(folder, "origin"), `${ORIGIN}\n`);
  return review;
}

/** A new station. */
export async function makeStation(policy?: RetentionPolicy): Promise<Station> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-keeper-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  const review = await makeKeys(join(folder, "keys"), policy);
  await mkdir(join(folder, "data"), { mode: 0o711 });
  await copyCluster(join(folder, "data"));
  let time = noonOf(0);
  const config = loadConfig(environmentOf(folder));
  return {
    folder,
    config,
    review,
    setDay: (day) => {
      time = noonOf(day);
    },
    open: () => openContext(config, { log: openEventLog({ write: () => undefined }), clock: () => time }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** PostgreSQL's autovacuum takes transaction numbers and processor time when it pleases. From now on it stays off in this cluster, which runs. */
export async function stopHousekeeping({ config }: Station): Promise<void> {
  const embedded = await startEmbeddedPostgres(config.dataDir, openEventLog({ write: () => undefined }));
  const owner = openDatabase(embedded.url, { connections: 1 });
  await owner.query("alter system set autovacuum = off");
  await owner.query("select pg_reload_conf()");
  while ((await owner.query("select from pg_stat_activity where backend_type like 'autovacuum%'")).length > 0) await pause(50);
  await owner.close();
  await embedded.stop();
}

/** A real tip as intake leaves it, finished: its envelope and commitment. `padding` random bytes make it large. */
export async function bringTip(context: Context, padding = 0): Promise<{ envelope: Bytes; commitment: Bytes; tip: Bytes }> {
  const seconds = context.clock() / 1000;
  const attachment = randomBytes(padding);
  const sealed = await sealTip(
    {
      answers: { ...EMPTY_ANSWERS, narrative: "What I saw." },
      attachments:
        padding === 0
          ? []
          : [{ name: "file", type: "application/octet-stream", size: padding, form: "original", open: () => pieces([attachment]) }],
      thread: await signingKeyFromSeed(randomBytes(32)),
      sequence: 0,
      reply: null,
      claim: null,
    },
    { program: epochAt(context.keys.program, seconds), rewards: epochAt(context.keys.rewards, seconds) },
  );
  const parts: Bytes[] = [];
  for await (const part of sealed.parts) parts.push(part);
  const { commitment, digest } = sealed.finish();
  const tip = randomBytes(16);
  await putParts(context, tip, parts, sealed.length);
  const open = await openPending(context);
  await storeCompletion(context.db, open, [open], { tip, commitment, digest, parts: parts.length, length: sealed.length });
  return { envelope: concat(...parts), commitment, tip };
}

/** Parts of a tip as intake leaves them. */
export async function putParts(context: Context, tip: Bytes, parts: readonly Bytes[], declared: number): Promise<void> {
  const open = await openPending(context);
  for (const [index, part] of parts.entries()) {
    const fact = { part: index + 1, length: part.length, sha256: sha256(part), declared: index === 0 ? declared : null };
    await storePart(context.db, open, tip, fact, part);
  }
}

/** Numbers of the stored parts of a tip that waits. */
export async function partsWaiting(context: Context, tip: Bytes): Promise<number[]> {
  return (await factsOf(context.db, [await openPending(context)], tip)).map(({ part }) => part);
}

async function openPending(context: Context): Promise<Pending> {
  return pendingOf(context.config.dataDir, await currentGeneration(context.db));
}

/** Holds everything readable of the log against the oracle; give it the last checkpoint it returned, to see that the log only grew. */
export async function checkStation(context: Context, earlier?: Uint8Array): Promise<{ leaves: Leaf[]; checkpoint: Uint8Array }> {
  const { leaves, checkpoint } = await checkLog((path) => logFile(context.db, path), context.keys.logSigner.vkey.text, earlier);
  return { leaves: leaves.map((text) => parseLeaf(utf8(text))), checkpoint };
}

/** A bundle as the review machine would send it, acknowledging these batches. `change` may tamper with what an acknowledgement says. */
export async function acknowledge(
  context: Context,
  review: NoteSigner,
  batches: readonly number[],
  { sequence = 1, previous = NO_PREVIOUS, change = {} }: { sequence?: number; previous?: string; change?: Partial<Acknowledgement> } = {},
): Promise<{ bytes: Bytes; manifestHash: string }> {
  const entries: BundleFile[] = [];
  for (const batch of batches) {
    const root = batchRoot(await commitmentsOf(context.db, batch));
    const note = await review.sign(formatAcknowledgement({ origin: ORIGIN, batch, root, date: "2026-03-04", ...change }));
    entries.push({ path: acknowledgementPath(batch), size: note.length, sha256: sha256(note), open: () => pieces([note]) });
  }
  const { bytes, manifestHash } = await writeBundle({ origin: ORIGIN, to: "server", sequence, previous, entries }, review);
  return { bytes: await collect(bytes, 1_000_000), manifestHash };
}

/** An asynchronous source of these pieces. */
export async function* pieces(list: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  yield* list;
}
