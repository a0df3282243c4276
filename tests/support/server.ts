/**
 * The server's parts over a real database, with keys made for the test, in a folder of their own. Nothing here stands in for a part of ours.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll } from "vitest";
import { type Bytes, collect, rechunk } from "../../src/protocol/bytes.ts";
import { type Certificate, epochAt, generateCertificate, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { sealEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { PART_SIZE, partDigest, sha256, sha256Native } from "../../src/protocol/crypto/hash.ts";
import { noteSigner, type NoteSigner } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { envelopeLength } from "../../src/protocol/format/envelope.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { SMALLEST_CLASS } from "../../src/protocol/format/padding.ts";
import type { RetentionPolicy } from "../../src/protocol/format/retention.ts";
import { buildApp } from "../../src/server/app.ts";
import { type Config, loadConfig } from "../../src/server/config.ts";
import { type Context, openContext } from "../../src/server/context.ts";
import { loadPageFiles } from "../../src/server/page-files.ts";
import { writeDurably } from "../../src/server/store/durable-file.ts";
import type { EventLog } from "../../src/server/privacy.ts";
import { NO_LOG, type TestPostgres } from "./postgres.ts";
import { firstPolicyNote } from "./retention-notes.ts";

/** Name of the tests' log. */
export const ORIGIN = "tips.test/log";

/** A Wednesday noon, in milliseconds: the tests' clock stands here unless told otherwise. */
export const NOON = Date.UTC(2026, 10, 25, 12);

const DAY = 86_400_000;

/** Keys as a ceremony would give them, shared by the tests of a file; five epochs, the third holds {@link NOON}. */
export interface TestKeys {
  /** What the server reads: KEYS_DIR. */
  readonly folder: string;
  readonly program: Certificate;
  readonly programBytes: Bytes;
  readonly programSecret: Bytes;
  readonly rewards: Certificate;
  readonly rewardsBytes: Bytes;
  readonly rewardsSecret: Bytes;
  readonly review: NoteSigner;
  readonly retention: RetentionPolicy;
}

const RETENTION: RetentionPolicy = { daysAfterAcknowledgement: 14, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" };

/** Makes keys before the tests of this file. Call at the top level; the result is filled when the tests run. */
export function testKeys(): { readonly get: () => TestKeys } {
  let keys: TestKeys | undefined;
  let folder: string | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-keys-"));
    keys = await makeTestKeys(folder);
  });
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return {
    get: () => {
      if (keys === undefined) throw new Error("the keys are not made yet");
      return keys;
    },
  };
}

/** Makes keys in `folder`, for processes that tests start as well. */
export async function makeTestKeys(folder: string, noon = NOON): Promise<TestKeys> {
  const start = (Math.floor(noon / DAY) * DAY - 17 * DAY) / 1000;
  const program = await generateCertificate({ purpose: "program", start, epochs: 5 });
  const rewards = await generateCertificate({ purpose: "rewards", start, epochs: 5 });
  const review = await noteSigner("tips.test/review", randomBytes(32));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "program.pgp"), program.publicBytes);
  await writeFile(join(folder, "rewards.pgp"), rewards.publicBytes);
  await writeFile(join(folder, "review.vkey"), `${review.vkey.text}\n`);
  await writeFile(join(folder, "retention.note"), await firstPolicyNote(ORIGIN, RETENTION, review));
  await writeFile(join(folder, "origin"), `${ORIGIN}\n`);
  return {
    folder,
    program: await openCertificate(program.publicBytes),
    programBytes: program.publicBytes,
    programSecret: program.secretBytes,
    rewards: await openCertificate(rewards.publicBytes),
    rewardsBytes: rewards.publicBytes,
    rewardsSecret: rewards.secretBytes,
    review,
    retention: RETENTION,
  };
}

/** A page of two files, for tests of the server alone. */
export async function makeTestPage(folder: string): Promise<void> {
  const files = { "en/index.html": "<!doctype html><title>Test page</title>", "page.js": "void 0;\n" };
  await mkdir(join(folder, "en"), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  const list = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, toHex(sha256(utf8(text)))]));
  await writeFile(join(folder, "manifest.json"), formatJson(list));
}

/** A server that does not listen: its context, its application, and what must be tidied up. */
export interface TestServer {
  readonly context: Context;
  readonly app: FastifyInstance;
  readonly dataDir: string;
  /** Sets the clock, milliseconds. */
  setClock(now: number): void;
  /** Closes all and removes the data folder. */
  remove(): Promise<void>;
}

/**
 * How many intakes a test's server has. With two (the tests' project "two intakes"), requests go to one and the other in turn, each with its own connections, keys in
 * memory and limits, over one database and one data folder.
 */
const INTAKES = Number(process.env["FIRSTHAND_TEST_INTAKES"] ?? "1");

/** Opens a server over a fresh database. `logSeed`: of the log's key, if something was made for that key before. */
export async function openTestServer(
  postgres: TestPostgres,
  keys: TestKeys,
  options: { readonly settings?: Readonly<Record<string, string>>; readonly log?: EventLog; readonly logSeed?: Bytes } = {},
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "fh-data-"));
  if (options.logSeed !== undefined) await writeDurably(join(dataDir, "keys", "log.seed"), options.logSeed);
  const pageDir = join(dataDir, "page");
  await makeTestPage(pageDir);
  const config: Config = loadConfig({
    DATA_DIR: dataDir,
    KEYS_DIR: keys.folder,
    PAGE_DIR: pageDir,
    DATABASE_URL: await postgres.freshDatabase(),
    PORT: "0",
    MIN_FREE_MIB: "0",
    ...options.settings,
  });
  let now = NOON;
  const open = async (): Promise<{ context: Context; app: FastifyInstance }> => {
    const context = await openContext(config, { log: options.log ?? NO_LOG, clock: () => now });
    return { context, app: await buildApp(context, await loadPageFiles(config.pageDir)) };
  };
  const { context, app } = await open();
  const others = await Promise.all(Array.from({ length: INTAKES - 1 }, open));
  if (others.length > 0) takeTurns([app, ...others.map((other) => other.app)]);
  return {
    context,
    app,
    dataDir,
    setClock: (time) => (now = time),
    remove: async () => {
      for (const opened of [{ context, app }, ...others]) {
        await opened.app.close();
        await opened.context.close();
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Lets requests to the first go to all of them in turn. */
function takeTurns(apps: readonly FastifyInstance[]): void {
  const injects = apps.map((app) => app.inject.bind(app));
  let turn = 0;
  const [first] = apps;
  if (first === undefined) return;
  const inTurn = (...words: unknown[]): unknown => (injects[turn++ % injects.length] as (...words: unknown[]) => unknown)(...words);
  first.inject = inTurn as FastifyInstance["inject"];
}

/** An envelope as a page would send it, with random content: the gate cannot tell. */
export interface TestTip {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly parts: readonly Bytes[];
  readonly commitment: Bytes;
  readonly digest: Bytes;
  /** Body of the POST. */
  readonly completion: Bytes;
}

/** Makes a tip of a size class (octets of content), sealed to the epoch of `now`. */
export async function makeTip(program: Certificate, content = SMALLEST_CLASS, now = NOON): Promise<TestTip> {
  const epoch = epochAt(program, Math.floor(now / 1000));
  const envelope = await collect(sealEnvelope(rechunk([randomBytes(content)], PART_SIZE), content, epoch), envelopeLength(content));
  return tipOf(envelope);
}

/** Any bytes as a tip, completion and all. */
export async function tipOf(envelope: Bytes): Promise<TestTip> {
  const parts: Bytes[] = [];
  for (let at = 0; at < envelope.length; at += PART_SIZE) parts.push(envelope.slice(at, at + PART_SIZE));
  const digest = partDigest(envelope.length, await Promise.all(parts.map(sha256Native)));
  const commitment = randomBytes(32);
  return { id: toHex(randomBytes(16)), parts, commitment, digest, completion: completionOf(commitment, digest, parts.length) };
}

/** Body of the POST that completes a tip. */
export function completionOf(commitment: Bytes, digest: Bytes, parts: number): Bytes {
  return formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts });
}

/** Sends a part. */
export function putPart(app: FastifyInstance, id: string, part: number, body: Uint8Array) {
  return app.inject({
    method: "PUT",
    url: `/tips/${id}/parts/${String(part)}`,
    headers: { "content-type": "application/octet-stream" },
    payload: Buffer.from(body),
  });
}

/** Completes a tip. */
export function postTip(app: FastifyInstance, id: string, completion: Uint8Array) {
  return app.inject({
    method: "POST",
    url: `/tips/${id}`,
    headers: { "content-type": "application/json" },
    payload: Buffer.from(completion),
  });
}

/** Sends a whole tip and returns its receipt, a note. @throws if any step is refused. */
export async function sendTip(app: FastifyInstance, tip: TestTip): Promise<string> {
  for (const [index, part] of tip.parts.entries()) {
    const put = await putPart(app, tip.id, index + 1, part);
    if (put.statusCode !== 204) throw new Error(`a part was refused: ${put.body}`);
  }
  const post = await postTip(app, tip.id, tip.completion);
  if (post.statusCode !== 200) throw new Error(`a tip was refused: ${post.body}`);
  return post.json<{ receipt: string }>().receipt;
}
