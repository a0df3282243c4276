/**
 * What a disk that is seized after a sealing tells of the order in which tips came: nothing. Every file of the data folder is searched, tables, WAL and temporary files, for
 * ids, commitments and digests; wherever several stand, their order must not go with the order of arrival (Spearman's rank correlation).
 *
 * Before the sealing the same search, with the generation's key in hand, does find the order in the WAL: so it would find it afterwards too.
 */
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { buildApp } from "../../../src/server/app.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import type { Pending } from "../../../src/server/store/pending.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { makeTestKeys, makeTip, NOON, sendTip, type TestTip, tipOf } from "../../support/server.ts";

const TIPS = 48;
const MARKER = "Wegwarte-arrival-2f6e";
/** Five standard deviations of the correlation of unrelated orders, 1/sqrt(n-1): chance passes it once in two million times. */
const bound = (count: number): number => 5 / Math.sqrt(count - 1);

let folder: string;
let dataDir: string;
let context: Context;
let app: FastifyInstance;
/** In the order of arrival. */
const tips: TestTip[] = [];
let pending: Pending;
let generationKey: Buffer;
let before: number;
let seized: File[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-arrival-"));
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
  dataDir = join(folder, "data");
  const keys = await makeTestKeys(join(folder, "keys"));
  const settings = { DATA_DIR: dataDir, KEYS_DIR: keys.folder, PAGE_DIR: join(folder, "page"), MIN_FREE_MIB: "0" };
  context = await openContext(loadConfig(settings), { log: NO_LOG, clock: () => NOON });
  await keep(context, {}, () => Promise.resolve());
  app = await buildApp(context, new Map());
  for (let count = 0; count < TIPS; count++) {
    const [part] = (await makeTip(keys.program)).parts;
    const marked = part!.slice();
    for (let at = 2000; at < 60_000; at += 1000) marked.set(utf8(MARKER), at);
    const tip = await tipOf(marked);
    await sendTip(app, tip);
    tips.push(tip);
  }
  pending = await pendingOf(dataDir, 1);
  generationKey = await readFile(join(dataDir, "keys", "generations", "00000001.key"));
  before = strongestOrder(await files(), "veiled id");
  await keep(context, {}, (keeper) => sealBatch(keeper, dayOf(NOON), false));
  seized = await files();
});
afterAll(async () => {
  await app.close();
  await context.close();
  await rm(folder, { recursive: true, force: true });
});

const NEEDLES: Readonly<Record<string, (tip: TestTip) => Uint8Array>> = {
  id: ({ id }) => Buffer.from(id, "hex"),
  "id as text": ({ id }) => utf8(id),
  commitment: ({ commitment }) => commitment,
  "commitment as text": ({ commitment }) => utf8(toHex(commitment)),
  digest: ({ digest }) => digest,
  "veiled id": ({ id }) => pending.veil(Buffer.from(id, "hex")),
  "veiled commitment": ({ commitment }) => pending.veil(commitment),
};

interface File {
  readonly path: string;
  readonly bytes: Buffer;
}

async function files(): Promise<File[]> {
  const found: File[] = [];
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.push({ path, bytes: await readFile(path) });
  }
  return found;
}

/** Spearman's correlation of the places where things were found with the order in which they came; null for fewer than eight. */
function orderIn(places: readonly number[]): number | null {
  const found = places.flatMap((place, arrival) => (place < 0 ? [] : [{ place, arrival }]));
  if (found.length < 8) return null;
  const byArrival = new Map(found.map(({ arrival }, rank) => [arrival, rank]));
  const difference = found
    .toSorted((a, b) => a.place - b.place)
    .reduce((sum, { arrival }, rank) => sum + (rank - (byArrival.get(arrival) ?? 0)) ** 2, 0);
  const n = found.length;
  return 1 - (6 * difference) / (n * (n * n - 1));
}

/** The strongest order of arrival that any file shows, in units of {@link bound}. */
function strongestOrder(among: readonly File[], kind: string): number {
  let strongest = 0;
  for (const { bytes } of among) {
    const places = tips.map((tip) => bytes.indexOf(NEEDLES[kind]!(tip)));
    const order = orderIn(places);
    if (order !== null) strongest = Math.max(strongest, Math.abs(order) / bound(places.filter((place) => place >= 0).length));
  }
  return strongest;
}

test("the search finds the order of arrival while tips wait, for whoever has the key", () => {
  expect(before).toBeGreaterThan(1);
});

describe("after a sealing", () => {
  test.each(Object.keys(NEEDLES))("no file has the order of arrival by %s", (kind) => {
    expect(strongestOrder(seized, kind)).toBeLessThan(1);
  });

  test("rows lie in the order of their commitments, written by one transaction", async () => {
    for (const table of ["item_1", "accepted"]) {
      const rows = await context.db.query<{ commitment: Buffer; xmin: string }>(
        `select commitment, xmin::text from ${table} order by ctid`,
      );
      const commitments = rows.map(({ commitment }) => commitment.toString("hex"));
      expect(commitments).toEqual(commitments.toSorted());
      expect(new Set(rows.map(({ xmin }) => xmin)).size).toBe(1);
    }
    const parts = await context.db.query<{ position: number }>("select position from item_part_1 order by ctid");
    expect(parts.map(({ position }) => position)).toEqual(parts.map((_, index) => index));
    const logged = await context.db.query<{ bytes: Buffer }>("select bytes from leaf order by ctid");
    const received = logged.map(({ bytes }) => bytes.toString("utf8")).filter((text) => text.includes('"received"'));
    expect(received.length).toBe(64);
    expect(received).toEqual(received.toSorted());
  });

  test("the generation's key is in no file, nor is what was in a tip, nor is anything in temporary files", () => {
    for (const { path, bytes } of seized) {
      for (const needle of [generationKey, utf8(generationKey.toString("hex")), utf8(MARKER)])
        expect(bytes.includes(Buffer.from(needle)), path).toBe(false);
      expect(path).not.toMatch(/pgsql_tmp|\.tmp$|\.new$/);
    }
  });
});
