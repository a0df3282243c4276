/**
 * What one tip, one part, one item costs, in the units that deploy/SIZING.md reckons with: processor time of server and PostgreSQL, write-ahead log, disk, bytes on the stick.
 * Beside each stands the number of that page, so that a page that is no longer true is noticed.
 *
 * Processor time is that of the processes, not of the clock: a busy machine makes it a little longer and not many times.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Bytes, collect, rechunk } from "../../src/protocol/bytes.ts";
import { type Certificate, epochAt, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { signingKeyFromSeed } from "../../src/protocol/crypto/ed25519.ts";
import { PART_SIZE } from "../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { sealEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { sealTip } from "../../src/protocol/crypto/tip.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { envelopeLength } from "../../src/protocol/format/envelope.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";
import { openDatabase } from "../../src/server/store/database.ts";
import { startEmbeddedPostgres } from "../../src/server/store/embedded-postgres.ts";
import { makePage } from "../server/courier/keeper-fixture.ts";
import { command, kill, postmasterOf, startServer } from "../server/crash/server-process.ts";
import { endedChildrenSeconds, processorSecondsOf } from "./processor.ts";
import type { Result } from "./target.ts";

const MIB = 1_048_576;
const TIPS = 768;
const CONNECTIONS = 8;
/** Content of a large tip: as many parts as two hundred. */
const LARGE = 100 * MIB;
const REVIEWER = fileURLToPath(new URL("../../src/reviewer/main.ts", import.meta.url));

/** What deploy/SIZING.md reckons with. */
const RECKONED = {
  tipServer: 4,
  tipDatabase: 2.2,
  tipLog: 71,
  partServer: 9,
  partDatabase: 4.5,
  itemSeal: 10.5,
  itemExport: 1.8,
  itemStored: 69.1,
  itemStick: 66.3,
  itemTransparency: 0.15,
  itemReview: 11.5,
} as const;

/** Measures all; takes a minute or two. */
export async function benchSizing(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-sizing-"));
  try {
    await reviewer("ceremony", join(folder, "machine"), "--origin", "sizing.test/log", "--epochs", "2");
    await mkdir(join(folder, "stick"));
    await makePage(folder);
    const settings = { KEYS_DIR: join(folder, "machine", "public") };
    const { address, child } = await startServer(folder, ["--intake"], settings);
    const postgres = await startEmbeddedPostgres(join(folder, "data"), { event: () => undefined });
    const database = openDatabase(postgres.url, { connections: 1 });
    try {
      const read = async (name: string): Promise<Certificate> =>
        openCertificate(new Uint8Array(await readFile(join(settings.KEYS_DIR, name))));
      const [program, rewards] = [await read("program.pgp"), await read("rewards.pgp")];
      const used = async (): Promise<Usage> => ({
        server: await processorSecondsOf(child.pid ?? 0),
        database: await processorSecondsOf(await postmasterOf(folder)),
        log: await walBytes(database),
      });
      await sendTips(address, await makeTips(program, rewards, 50)); // warm

      const tips = await makeTips(program, rewards, TIPS);
      const small = await difference(used, () => sendTips(address, tips));
      const parts = Math.ceil(envelopeLength(LARGE) / PART_SIZE);
      const large = await difference(used, () => sendParts(address, program));

      const sealing = await courier(used, () => command(folder, ["seal", "--json"], settings));
      const exporting = await courier(used, () => command(folder, ["export", join(folder, "stick"), "--json"], settings));
      const [items = 0, stored = 0, transparency = 0] = await sizes(database);
      const [bundle = ""] = await readdir(join(folder, "stick"));
      const onStick = (await stat(join(folder, "stick", bundle))).size;
      const told = await succeeded(command(folder, ["keys", "--json"], settings));
      await writeFile(join(folder, "log.vkey"), `${(JSON.parse(told) as { log: string }).log}\n`);
      const review = await difference(endedChildrenSeconds, () =>
        reviewer(
          ...["import", join(folder, "stick", bundle), "--casebook", join(folder, "machine", "casebook")],
          ...["--shares", join(folder, "machine", "cards", "card-1-of-1.txt"), "--log-key", join(folder, "log.vkey"), "--json"],
        ),
      );
      return [
        line("processor time of the server, a tip of 64 KiB", (1000 * small.server) / TIPS, "ms", RECKONED.tipServer),
        line("processor time of PostgreSQL, a tip of 64 KiB", (1000 * small.database) / TIPS, "ms", RECKONED.tipDatabase),
        line("write-ahead log, a tip of 64 KiB", small.log / TIPS / 1024, "KiB", RECKONED.tipLog),
        line("processor time of the server, a part of 512 KiB", (1000 * large.server) / parts, "ms", RECKONED.partServer),
        line("processor time of PostgreSQL, a part of 512 KiB", (1000 * large.database) / parts, "ms", RECKONED.partDatabase),
        line("processor time of sealing, with PostgreSQL's, an item", (1000 * sealing) / items, "ms", RECKONED.itemSeal),
        line("processor time of export, with PostgreSQL's, an item", (1000 * exporting) / items, "ms", RECKONED.itemExport),
        line("disk, a sealed item of 64 KiB", stored / items / 1024, "KiB", RECKONED.itemStored),
        line("on the stick, an item of 64 KiB", onStick / items / 1024, "KiB", RECKONED.itemStick),
        line("the transparency log, an item", transparency / items / 1024, "KiB", RECKONED.itemTransparency),
        line("processor time of the review machine, an item", (1000 * review) / items, "ms", RECKONED.itemReview),
      ];
    } finally {
      await database.close();
      await kill(child);
      await postgres.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Usage {
  /** Seconds. */
  readonly server: number;
  readonly database: number;
  /** Bytes. */
  readonly log: number;
}

function line(name: string, value: number, unit: string, reckoned: number): Result {
  return {
    name,
    value,
    unit,
    baseline: { name: "what deploy/SIZING.md reckons with", value: reckoned },
    target: { ratio: 1.25, aim: "at-most" },
  };
}

async function difference<T extends number | Usage>(measure: () => Promise<T>, work: () => Promise<void>): Promise<T> {
  const before = await measure();
  await work();
  const after = await measure();
  if (typeof before === "number" && typeof after === "number") return (after - before) as T;
  const [one, other] = [before as Usage, after as Usage];
  return { server: other.server - one.server, database: other.database - one.database, log: other.log - one.log } as T;
}

/** Processor seconds of a command and of PostgreSQL meanwhile. The command must end well. */
async function courier(used: () => Promise<Usage>, run: () => ReturnType<typeof command>): Promise<number> {
  let database = 0;
  const own = await difference(endedChildrenSeconds, async () => {
    ({ database } = await difference(used, async () => {
      await succeeded(run());
    }));
  });
  return own + database;
}

interface Tip {
  readonly id: string;
  readonly body: Bytes;
  readonly completion: Bytes;
}

async function makeTips(program: Certificate, rewards: Certificate, count: number): Promise<Tip[]> {
  const now = Date.now() / 1000;
  const recipients = { program: epochAt(program, now), rewards: epochAt(rewards, now) };
  const content = { answers: { ...EMPTY_ANSWERS, narrative: "What I saw." }, attachments: [], sequence: 0, reply: null, claim: null };
  const tips: Tip[] = [];
  for (let made = 0; made < count; made++) {
    const sealed = await sealTip({ ...content, thread: await signingKeyFromSeed(randomBytes(32)) }, recipients);
    const body = await collect(sealed.parts, sealed.length);
    const { commitment, digest } = sealed.finish();
    tips.push({
      id: toHex(randomBytes(16)),
      body,
      completion: formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: 1 }),
    });
  }
  return tips;
}

async function sendTips(address: string, tips: readonly Tip[]): Promise<void> {
  const left = [...tips];
  const sendOne = async ({ id, body, completion }: Tip): Promise<void> => {
    await send(`${address}/tips/${id}/parts/1`, "PUT", "application/octet-stream", body, 204);
    await send(`${address}/tips/${id}`, "POST", "application/json", completion, 200);
  };
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let tip = left.pop(); tip !== undefined; tip = left.pop()) await sendOne(tip);
    }),
  );
}

/** All parts of a large tip; it is not completed, and so is not sealed. */
async function sendParts(address: string, program: Certificate): Promise<void> {
  const id = toHex(randomBytes(16));
  let part = 0;
  const content = rechunk([randomBytes(65_536), new Uint8Array(LARGE - 65_536)], PART_SIZE);
  for await (const body of rechunk(sealEnvelope(content, LARGE, epochAt(program, Date.now() / 1000)), PART_SIZE)) {
    await send(`${address}/tips/${id}/parts/${String(++part)}`, "PUT", "application/octet-stream", body, 204);
  }
}

async function send(url: string, method: string, type: string, body: Bytes, expected: number): Promise<void> {
  const response = await fetch(url, { method, body, headers: { "content-type": type } });
  await response.arrayBuffer();
  if (response.status !== expected) throw new Error(`${method} was answered with ${String(response.status)}`);
}

async function succeeded(outcome: ReturnType<typeof command>): Promise<string> {
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function reviewer(...words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [REVIEWER, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "close") as Promise<[number | null]>]);
  if (code !== 0) throw new Error(errors);
}

/** Items of the first batch, bytes that they take, and bytes of the log's files. */
async function sizes(database: ReturnType<typeof openDatabase>): Promise<number[]> {
  const [row] = await database.query<{ items: number; stored: number; transparency: number }>(
    `select (select size from batch where batch = 1) as items,
            pg_total_relation_size('item_1') + pg_total_relation_size('item_part_1') as stored,
            (select sum(length(bytes)) from tile)::bigint as transparency`,
  );
  return row === undefined ? [] : [row.items, row.stored, row.transparency];
}

async function walBytes(database: ReturnType<typeof openDatabase>): Promise<number> {
  const [row] = await database.query<{ bytes: number }>("select (pg_current_wal_lsn() - '0/0')::bigint as bytes");
  return row?.bytes ?? Number.NaN;
}
