/**
 * Intake over HTTP: the real command in a process of its own, with a PostgreSQL of its own, and the senders here, all on one machine.
 *
 * A tip is two requests, its one part and its completion, answered when the tip is on the disk. The bare loop writes the same two rows with the same commits
 * (the part's without waiting for the disk) into tables of the same form, over `pg` and without HTTP, encryption or checks.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { asBytes, type Bytes, rechunk } from "../../src/protocol/bytes.ts";
import { type Certificate, epochAt, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { sealEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { PART_SIZE, partDigest, sha256 } from "../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { fromHex, toHex } from "../../src/protocol/encoding.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { SMALLEST_CLASS } from "../../src/protocol/format/padding.ts";
import type { Context } from "../../src/server/context.ts";
import { exportBundle } from "../../src/server/courier/export.ts";
import { importBundle } from "../../src/server/courier/import.ts";
import { keep } from "../../src/server/courier/keeper.ts";
import { purge } from "../../src/server/courier/purge.ts";
import { sealBatch } from "../../src/server/courier/seal.ts";
import { dayOf } from "../../src/server/courier/timetable.ts";
import { startEmbeddedPostgres } from "../../src/server/store/embedded-postgres.ts";
import { currentGeneration } from "../../src/server/store/generations.ts";
import { pendingOf } from "../../src/server/store/generation-keys.ts";
import { storeCompletion, storePart } from "../../src/server/store/pending.ts";
import { kill, startServer } from "../server/crash/server-process.ts";
import { acknowledge, makeKeys, makePage, makeStation } from "../server/courier/keeper-fixture.ts";
import type { Result } from "./target.ts";

const MIB = 1_048_576;
const TIPS = 2000;
const CONNECTIONS = [16, 64] as const;
const UPLOADS = 20;
const UPLOAD_BYTES = 100 * MIB;
/** Tips that make a batch of 1,024 and one of 4,096 items without a surplus of decoys. */
const BATCHES = { small: 768, large: 3072 } as const;
const LONGEST_ACCEPTED = 250;
/** Workers of the bare loop: PostgreSQL allows 60 connections. */
const WRITERS = 16;

interface Tip {
  readonly id: string;
  readonly body: Bytes;
  readonly completion: Bytes;
}

// Serving --------------------------------------------------------------------------------------------------------------------------------------

/** Rates, latencies and memory; takes about a minute. */
export async function benchIntake(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "firsthand-bench-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  try {
    const today = Math.floor(Date.now() / 86_400_000);
    await makeKeys(join(folder, "keys"), undefined, today - 1, 2);
    await makePage(folder);
    const { address, child } = await startServer(folder);
    const postgres = await startEmbeddedPostgres(join(folder, "data"), { event: () => undefined });
    const bare = spawn(process.execPath, [fileURLToPath(new URL("bare-post.ts", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const [port] = (await once(bare.stdout, "data")) as [Buffer];
      const program = await openCertificate(new Uint8Array(await readFile(join(folder, "keys", "program.pgp"))));
      const results: Result[] = [];
      await sendAll(address, 16, await makeTips(program, 300)); // warm
      for (const connections of CONNECTIONS) {
        const tips = await makeTips(program, TIPS);
        const posting = await rate(tips, connections, barePost(`http://127.0.0.1:${port.toString().trim()}/`, connections));
        const inserting = await bareInserts(postgres.url, connections, tips);
        const { perSecond, latencies } = await sendAll(address, connections, tips);
        const at = `${String(connections)} connections`;
        const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN);
        results.push(
          {
            name: `tips of 64 KiB, ${at}`,
            value: perSecond,
            unit: "a second",
            baseline: { name: "bare inserts of the same rows and commits", value: inserting },
            target: { ratio: 0.8, aim: "at-least" },
          },
          {
            name: `tips of 64 KiB, ${at}`,
            value: perSecond,
            unit: "a second",
            baseline: { name: "bare POST of the same body to Fastify", value: posting },
            target: { ratio: 0.1, aim: "at-least" },
          },
          {
            name: `99 of 100 tips are in, ${at} (50: ${String(Math.round(p50 ?? 0))} ms, 95: ${String(Math.round(p95 ?? 0))} ms)`,
            value: p99 ?? Number.NaN,
            unit: "ms",
            baseline: { name: "the aim at 16 connections", value: LONGEST_ACCEPTED },
            target: { ratio: connections / 16, aim: "at-most" },
          },
        );
      }
      results.push(await memory(address, child.pid ?? 0, program));
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

/** Tips with one framing and random octets after it: all that the gate can see. */
async function makeTips(program: Certificate, count: number, now = Date.now()): Promise<Tip[]> {
  const [envelope] = await Array.fromAsync(
    rechunk(sealEnvelope(rechunk([randomBytes(SMALLEST_CLASS)], PART_SIZE), SMALLEST_CLASS, epochAt(program, now / 1000)), PART_SIZE),
  );
  if (envelope === undefined) throw new Error("an envelope has a part");
  return Array.from({ length: count }, () => {
    const body = envelope.slice();
    body.set(randomBytes(1024), body.length - 1024);
    const digest = toHex(partDigest(body.length, [sha256(body)]));
    return { id: toHex(randomBytes(16)), body, completion: formatJson({ commitment: toHex(randomBytes(32)), digest, parts: 1 }) };
  });
}

/** How many of `items` are worked off in a second by `workers` at once. */
async function rate<T>(items: readonly T[], workers: number, work: (item: T, worker: number) => Promise<void>): Promise<number> {
  let next = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item, worker);
    }),
  );
  return items.length / ((performance.now() - begin) / 1000);
}

async function sendAll(address: string, connections: number, tips: readonly Tip[]): Promise<{ perSecond: number; latencies: number[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const perSecond = await rate(tips, connections, async ({ id, body, completion }) => {
    const begin = performance.now();
    await send(agent, "PUT", `${address}/tips/${id}/parts/1`, "application/octet-stream", body, 204);
    await send(agent, "POST", `${address}/tips/${id}`, "application/json", completion, 200);
    latencies.push(performance.now() - begin);
  });
  agent.destroy();
  return { perSecond, latencies: latencies.sort((a, b) => a - b) };
}

function barePost(address: string, connections: number): (tip: Tip) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return ({ body }) => send(agent, "POST", address, "application/octet-stream", body, 204);
}

function send(agent: Agent, method: string, url: string, type: string, body: Bytes, expected: number): Promise<void> {
  return new Promise((done, failed) => {
    const sending = request(url, { agent, method, headers: { "content-type": type, "content-length": body.length } }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === expected) done();
        else failed(new Error(`${method} was answered with ${String(response.statusCode)}`));
      });
    });
    sending.on("error", failed).end(body);
  });
}

/** Each of at most {@link WRITERS} workers has two connections: one whose commits wait for the disk, and one whose do not. */
async function bareInserts(url: string, connections: number, tips: readonly Tip[]): Promise<number> {
  const writers = Array.from({ length: Math.min(connections, WRITERS) }, () => ({
    quick: new pg.Client({ connectionString: url, options: "-c synchronous_commit=off" }),
    sure: new pg.Client({ connectionString: url }),
  }));
  const clients = writers.flatMap(({ quick, sure }) => [quick, sure]);
  await Promise.all(clients.map((client) => client.connect()));
  try {
    for (const like of ["tip_part", "tip_seal"]) {
      await clients[0]?.query(`drop table if exists bare_${like}; create table bare_${like} (like ${like} including all)`);
    }
    return await rate(tips, writers.length, async ({ id, body }, worker) => {
      const { quick, sure } = writers[worker] ?? {};
      const tip = Buffer.from(id, "hex");
      const stored = Buffer.from(body.buffer, body.byteOffset, body.length);
      await quick?.query({
        name: "part",
        text: "insert into bare_tip_part values (1, $1, 1, $2, $3, $4, false, $5)",
        values: [tip, body.length, randomBytes(32), body.length, stored],
      });
      await sure?.query({
        name: "seal",
        text: "insert into bare_tip_seal values (1, $1, $2, $3, 1, $4)",
        values: [tip, randomBytes(32), randomBytes(32), body.length],
      });
    });
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Resident memory of the server at most while large uploads run, against before. */
async function memory(address: string, pid: number, program: Certificate): Promise<Result> {
  const idle = await resident(pid);
  const source = sealEnvelope(blocks(UPLOAD_BYTES), UPLOAD_BYTES, epochAt(program, Date.now() / 1000));
  const parts = await Array.fromAsync(rechunk(source, PART_SIZE));
  let most = idle;
  const watch = setInterval(() => {
    void resident(pid).then((now) => (most = Math.max(most, now)));
  }, 50);
  const agent = new Agent({ keepAlive: true, maxSockets: UPLOADS });
  await Promise.all(
    Array.from({ length: UPLOADS }, async () => {
      const id = toHex(randomBytes(16));
      for (const [index, part] of parts.entries()) {
        await send(agent, "PUT", `${address}/tips/${id}/parts/${String(index + 1)}`, "application/octet-stream", part, 204);
      }
    }),
  );
  clearInterval(watch);
  agent.destroy();
  return {
    name: `memory while ${String(UPLOADS)} uploads of 100 MiB run`,
    value: most / MIB,
    unit: "MiB",
    baseline: { name: "memory before", value: idle / MIB },
    target: { ratio: 2, aim: "at-most" },
  };
}

async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function* blocks(bytes: number): AsyncGenerator<Bytes> {
  const block = randomBytes(MIB);
  for (let sent = 0; sent < bytes; sent += MIB) yield await Promise.resolve(block);
}

// Keeping --------------------------------------------------------------------------------------------------------------------------------------

/** Seconds for 1,000 items of sealing, exporting and purging a batch. */
interface Cost {
  readonly sealing: number;
  readonly exporting: number;
  readonly purging: number;
}

/** What the keeper's work costs; takes a minute or two. */
export async function benchKeeping(): Promise<Result[]> {
  const small = await keepingCost(BATCHES.small);
  const large = await keepingCost(BATCHES.large);
  return (["sealing", "exporting", "purging"] as const).map((step) => ({
    name: `${step} 1,000 items of a batch of 4,096`,
    value: large[step],
    unit: "s",
    baseline: { name: "of a batch of 1,024", value: small[step] },
    target: { ratio: 1.5, aim: "at-most" },
  }));
}

async function keepingCost(tips: number): Promise<Cost> {
  const station = await makeStation();
  const context = await station.open();
  try {
    const stick = join(station.folder, "stick");
    await mkdir(stick);
    await fill(context, tips);
    const seconds: number[] = [];
    const timed = async <T>(work: () => Promise<T>): Promise<T> => {
      const begin = performance.now();
      const result = await work();
      seconds.push((performance.now() - begin) / 1000);
      return result;
    };
    const size = await keep(context, {}, async (keeper) => {
      const sealed = await timed(() => sealBatch(keeper, dayOf(context.clock()), false));
      await timed(() => exportBundle(keeper, stick));
      const { bytes } = await acknowledge(context, station.review, [sealed.batch]);
      await writeFile(join(station.folder, "acknowledgements"), bytes);
      await importBundle(keeper, join(station.folder, "acknowledgements"));
      return sealed.size;
    });
    station.setDay(8);
    await keep(context, {}, (keeper) => timed(() => purge(keeper)));
    const [sealing = Number.NaN, exporting = Number.NaN, purging = Number.NaN] = seconds.map((all) => (all * 1000) / size);
    return { sealing, exporting, purging };
  } finally {
    await context.close();
    await station.remove();
  }
}

/** Puts complete tips into the open generation, as intake leaves them. */
async function fill({ db, config, keys, clock }: Context, count: number): Promise<void> {
  const pending = await pendingOf(config.dataDir, await currentGeneration(db));
  const program = keys.program;
  await rate(await makeTips(program, count, clock()), 4, async ({ id, body, completion }) => {
    const tip = Buffer.from(id, "hex");
    const fact = { part: 1, length: body.length, sha256: sha256(body), declared: body.length };
    const { commitment, digest } = JSON.parse(Buffer.from(completion).toString()) as { commitment: string; digest: string };
    await storePart(db, pending, tip, fact, body);
    const whole = { tip: asBytes(tip), commitment: fromHex(commitment), digest: fromHex(digest), parts: 1, length: body.length };
    await storeCompletion(db, pending, [pending], whole);
  });
}
