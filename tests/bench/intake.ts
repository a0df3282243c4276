/**
 * Intake over HTTP: the real command in a process of its own, with a PostgreSQL of its own, and the senders here, all on one machine.
 *
 * A tip is two requests, its one part and its completion, answered when the tip is on the disk. The bare loop writes the same two rows with the same commits
 * (the part's without waiting for the disk) into tables of the same form in the same PostgreSQL, over `pg` and without HTTP, encryption or checks. What is
 * compared takes turns, in rounds, so that whatever else the machine does meets both, and the median round counts; processor time is compared as well, which depends on it less.
 *
 * What bounds the ratio: the bare loop takes some processor time for a tip (in its own process and in PostgreSQL) and a tip over HTTP takes more. On a machine whose processors
 * are all busy the ratio of the two is the best that the ratio of the rates can be; and HTTP alone, with a bare Fastify, costs part of that already.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { type Certificate, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { partDigest, sha256Native } from "../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { startEmbeddedPostgres } from "../../src/server/store/embedded-postgres.ts";
import { kill, postmasterOf, startServer } from "../server/crash/server-process.ts";
import { makeKeys, makePage } from "../server/courier/keeper-fixture.ts";
import { processorSecondsOf, residentOf } from "./processor.ts";
import { Sender } from "./sender.ts";
import type { Result } from "./target.ts";
import { makeParts, makeTips, OCTETS, secondsFor, sendParts, sendTip, type Tip } from "./tips.ts";

const MIB = 1_048_576;
const ROUNDS = 5;
/** Rounds before anything is measured: V8 compiles what is hot for the first thousands of tips. */
const WARM = 3;
const TIPS_A_ROUND = 1000;
const CONNECTIONS = [16, 64] as const;
const UPLOADS = 20;
const UPLOAD_MIB = { small: 25, large: 100 } as const;
/** The first size class from 500 on. */
const STREAM_MIB = 504;
/** Five thousand a minute. */
const LEAST_A_SECOND = 5000 / 60;
const LONGEST_ACCEPTED = 250;
/** Workers of the bare loop: PostgreSQL allows 60 connections, and each worker has two. */
const WRITERS = 16;

/** Whatever is measured. */
interface Setting {
  readonly address: string;
  /** Address of the bare Fastify. */
  readonly bare: string;
  readonly database: string;
  /** Process ids of server and PostgreSQL. */
  readonly server: number;
  readonly postgres: number;
  readonly poster: number;
  readonly program: Certificate;
}

/** The options that `npm run firsthand` starts Node with. */
async function shippedFlags(): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    scripts: { firsthand: string };
  };
  return scripts.firsthand.split(" ").filter((word) => word.startsWith("--"));
}

/** Rates, latencies and memory; takes three minutes. */
export async function benchIntake(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-bench-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  try {
    const today = Math.floor(Date.now() / 86_400_000);
    await makeKeys(join(folder, "keys"), undefined, today - 1, 2);
    await makePage(folder);
    const { address, child } = await startServer(folder, [], {}, await shippedFlags());
    const postgres = await startEmbeddedPostgres(join(folder, "data"), { event: () => undefined });
    const bare = spawn(process.execPath, [fileURLToPath(new URL("bare-post.ts", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const [port] = (await once(bare.stdout, "data")) as [Buffer];
      const setting: Setting = {
        address,
        bare: `http://127.0.0.1:${port.toString().trim()}`,
        database: postgres.url,
        server: child.pid ?? 0,
        postgres: await postmasterOf(folder),
        poster: bare.pid ?? 0,
        program: await openCertificate(new Uint8Array(await readFile(join(folder, "keys", "program.pgp")))),
      };
      await takeTurns(setting, 16, WARM);
      const results: Result[] = [];
      for (const connections of CONNECTIONS) results.push(...(await acceptedTips(setting, connections)));
      results.push(...(await memory(setting)), await streaming(setting));
      return results;
    } finally {
      bare.stdin.end();
      await kill(child);
      await postgres.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Small tips -----------------------------------------------------------------------------------------------------------------------------------

/** What some rounds took: seconds of each, and processor seconds of all, of the sender here and of each process that worked for it. */
interface Spent {
  readonly seconds: number[];
  readonly processor: number[];
}

interface Turns {
  readonly posting: Spent;
  readonly inserting: Spent;
  readonly accepting: Spent;
  /** Milliseconds that each tip took, ascending. */
  readonly latencies: number[];
}

async function takeTurns(setting: Setting, connections: number, rounds: number): Promise<Turns> {
  const { address, bare, database, server, postgres, poster, program } = setting;
  const turns = { posting: none(), inserting: none(), accepting: none() };
  const latencies: number[] = [];
  const writers = await openWriters(database, Math.min(connections, WRITERS));
  const spend = async (on: Spent, others: readonly number[], work: () => Promise<number>): Promise<void> => {
    const { user, system } = process.cpuUsage();
    const before = await Promise.all(others.map(processorSecondsOf));
    on.seconds.push(await work());
    const own = process.cpuUsage({ user, system });
    const after = await Promise.all(others.map(processorSecondsOf));
    for (const [index, spent] of [(own.user + own.system) / 1e6, ...after.map((seconds, at) => seconds - (before[at] ?? 0))].entries())
      on.processor[index] = (on.processor[index] ?? 0) + spent;
  };
  // Opened for each turn: a server ends a connection that waits for its next one too long.
  const overConnections = async (to: string, tips: readonly Tip[], work: (tip: Tip, sender: Sender) => Promise<void>): Promise<number> => {
    const senders = await openAll(connections, to);
    const seconds = await secondsFor(tips, connections, (tip, worker) => work(tip, at(senders, worker)));
    for (const sender of senders) sender.close();
    return seconds;
  };
  for (let round = 0; round < rounds; round++) {
    const tips = await makeTips(program, TIPS_A_ROUND);
    await spend(turns.posting, [poster], () =>
      overConnections(bare, tips, ({ body }, sender) => sender.send("POST", "/", OCTETS, body, 204)),
    );
    await spend(turns.inserting, [postgres], () => secondsFor(tips, writers.length, (tip, worker) => insertBare(at(writers, worker), tip)));
    await spend(turns.accepting, [server, postgres], () =>
      overConnections(address, tips, async (tip, sender) => {
        const begin = performance.now();
        await sendTip(sender, tip);
        latencies.push(performance.now() - begin);
      }),
    );
  }
  for (const { quick, sure } of writers) await Promise.all([quick.end(), sure.end()]);
  return { ...turns, latencies: latencies.sort((a, b) => a - b) };
}

async function acceptedTips(setting: Setting, connections: number): Promise<Result[]> {
  const { posting, inserting, accepting, latencies } = await takeTurns(setting, connections, ROUNDS);
  const name = `tips of 64 KiB, ${String(connections)} connections`;
  const accepted = { name, value: rateOf(accepting), unit: "a second" };
  const bare = sum(millisecondsATip(inserting));
  const [p50 = Number.NaN, p95 = Number.NaN, p99 = Number.NaN] = [0.5, 0.95, 0.99].map(
    (share) => latencies[Math.floor(latencies.length * share)] ?? 0,
  );
  return [
    {
      ...accepted,
      baseline: { name: "bare inserts of the same rows and commits", value: rateOf(inserting) },
      target: { ratio: 0.8, aim: "at-least" },
    },
    {
      name: `${name}, processor time of sender, server, PostgreSQL (${listOf(accepting)})`,
      value: sum(millisecondsATip(accepting)),
      unit: "ms a tip",
      baseline: { name: `of bare inserts, sender and PostgreSQL (${listOf(inserting)})`, value: bare },
      target: { ratio: 1.25, aim: "at-most" },
    },
    {
      name: `${name}, processor time`,
      value: sum(millisecondsATip(accepting)),
      unit: "ms a tip",
      baseline: {
        name: `of bare inserts and a bare POST of the same body (${listOf(posting)})`,
        value: bare + sum(millisecondsATip(posting)),
      },
      target: { ratio: 1.25, aim: "at-most" },
    },
    {
      ...accepted,
      baseline: { name: "bare POST of the same body to Fastify", value: rateOf(posting) },
      target: { ratio: 0.25, aim: "at-least" },
    },
    { ...accepted, baseline: { name: "five thousand a minute", value: LEAST_A_SECOND }, target: { ratio: 1, aim: "at-least" } },
    ...[
      { share: 50, value: p50 },
      { share: 95, value: p95 },
      { share: 99, value: p99 },
    ].map(({ share, value }): Result => ({
      name: `${String(share)} of 100 tips are in, ${String(connections)} connections`,
      value,
      unit: "ms",
      baseline: { name: "the aim at 16 connections", value: LONGEST_ACCEPTED },
      target: { ratio: connections / 16, aim: "at-most" },
    })),
  ];
}

/** Connections of a worker of the bare loop: one whose commits do not wait for the disk, and one whose do. */
interface Writer {
  readonly quick: pg.Client;
  readonly sure: pg.Client;
}

async function openWriters(url: string, count: number): Promise<Writer[]> {
  const writers = Array.from({ length: count }, () => ({
    quick: new pg.Client({ connectionString: url, options: "-c synchronous_commit=off" }),
    sure: new pg.Client({ connectionString: url }),
  }));
  for (const { quick, sure } of writers) await Promise.all([quick.connect(), sure.connect()]);
  for (const like of ["tip_part", "tip_seal"]) {
    await writers[0]?.sure.query(`drop table if exists bare_${like}; create table bare_${like} (like ${like} including all)`);
  }
  return writers;
}

async function insertBare({ quick, sure }: Writer, { tip, body, sha256, commitment, digest }: Tip): Promise<void> {
  await insertBarePart(quick, tip, 1, body, sha256, body.length);
  await sure.query({
    name: "seal",
    text: "insert into bare_tip_seal values (1, $1, $2, $3, 1, $4)",
    values: [buffer(tip), buffer(commitment), buffer(digest), body.length],
  });
}

async function insertBarePart(to: pg.Client, tip: Bytes, part: number, body: Bytes, sha256: Bytes, declared: number | null): Promise<void> {
  await to.query({
    name: "part",
    text: "insert into bare_tip_part values (1, $1, $2, $3, $4, $5, false, $6)",
    values: [buffer(tip), part, body.length, buffer(sha256), declared, buffer(body)],
  });
}

// Large tips -----------------------------------------------------------------------------------------------------------------------------------

/** Resident memory of the server at most while large uploads run: against before, and against uploads of a quarter of the size. */
async function memory({ address, server, program }: Setting): Promise<Result[]> {
  const before = await residentOf(server);
  const most = async (mib: number): Promise<number> => {
    const parts = await makeParts(program, mib * MIB);
    let peak = 0;
    const watch = setInterval(() => {
      void residentOf(server).then((now) => (peak = Math.max(peak, now)));
    }, 50);
    const senders = await openAll(UPLOADS, address);
    await Promise.all(senders.map((sender) => sendParts(sender, toHex(randomBytes(16)), parts)));
    clearInterval(watch);
    for (const sender of senders) sender.close();
    return peak;
  };
  const small = await most(UPLOAD_MIB.small);
  const large = await most(UPLOAD_MIB.large);
  const name = `memory of the server while ${String(UPLOADS)} uploads of ${String(UPLOAD_MIB.large)} MiB run`;
  const measured = { name, value: large / MIB, unit: "MiB" };
  return [
    { ...measured, baseline: { name: "before", value: before / MIB }, target: { ratio: 2, aim: "at-most" } },
    {
      ...measured,
      baseline: { name: `while as many of ${String(UPLOAD_MIB.small)} MiB run`, value: small / MIB },
      target: { ratio: 1.25, aim: "at-most" },
      growth: {
        title: `memory of the server, ${String(UPLOADS)} uploads`,
        of: "MiB in each",
        unit: "MiB",
        points: [
          { size: 0, value: before / MIB },
          { size: UPLOAD_MIB.small, value: small / MIB },
          { size: UPLOAD_MIB.large, value: large / MIB },
        ],
      },
    },
  ];
}

/** One large tip, part after part, as the page sends it. */
async function streaming({ address, database, program }: Setting): Promise<Result> {
  const parts = await makeParts(program, STREAM_MIB * MIB);
  const hashes = await Promise.all(parts.map(sha256Native));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const [writer] = await openWriters(database, 1);
  if (writer === undefined) throw new Error("one was asked for");
  const tip = randomBytes(16);

  const writing = await secondsFor([parts], 1, async () => {
    for (const [index, part] of parts.entries()) {
      await insertBarePart(writer.quick, tip, index + 1, part, at(hashes, index), index === 0 ? length : null);
    }
    await writer.sure.query("insert into bare_tip_seal values (1, $1, $2, $3, $4, $5)", [
      buffer(tip),
      buffer(randomBytes(32)),
      buffer(randomBytes(32)),
      parts.length,
      length,
    ]);
  });
  await Promise.all([writer.quick.end(), writer.sure.end()]);
  const sender = await Sender.open(address);
  const sending = await secondsFor([parts], 1, async () => {
    const id = toHex(tip);
    await sendParts(sender, id, parts);
    const digest = toHex(partDigest(length, hashes));
    const completion = formatJson({ commitment: toHex(randomBytes(32)), digest, parts: parts.length });
    await sender.send("POST", `/tips/${id}`, "application/json", completion, 200);
  });
  sender.close();
  return {
    name: `one tip of ${String(STREAM_MIB)} MiB, part after part`,
    value: length / MIB / sending,
    unit: "MiB a second",
    baseline: { name: "the same rows over pg, one after another", value: length / MIB / writing },
    target: { ratio: 0.5, aim: "at-least" },
  };
}

// ----------------------------------------------------------------------------------------------------------------------------------------------

function openAll(count: number, address: string): Promise<Sender[]> {
  return Promise.all(Array.from({ length: count }, () => Sender.open(address)));
}

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new Error("there are as many as workers");
  return one;
}

function none(): Spent {
  return { seconds: [], processor: [] };
}

/** Tips a second in the median round. */
function rateOf({ seconds }: Spent): number {
  return TIPS_A_ROUND / (seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? Number.NaN);
}

function millisecondsATip({ seconds, processor }: Spent): number[] {
  return processor.map((spent) => (spent * 1000) / (seconds.length * TIPS_A_ROUND));
}

function listOf(spent: Spent): string {
  return millisecondsATip(spent)
    .map((milliseconds) => milliseconds.toFixed(2))
    .join(", ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function buffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
