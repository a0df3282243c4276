/**
 * A sealed batch as somebody finds it who has the database, every key file and all time in the world, but not the program's secret: nothing that is stored tells a
 * decoy from a small tip. Every column, the bytes of every envelope at every place, and PostgreSQL's own bookkeeping are compared between the two.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import type { Context } from "../../../src/server/context.ts";
import { batchKey } from "../../../src/server/store/batch-keys.ts";
import { type Database, openDatabase } from "../../../src/server/store/database.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { itemBody } from "../../../src/server/store/items.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { histogramGap, positionGaps, rankGap } from "../../support/two-samples.ts";
import { bringTip, FIRST_DAY, makeStation, type Station } from "../courier/keeper-fixture.ts";

/** As many as there will be decoys. */
const TIPS = 128;
/** Standard deviations that chance does not reach. */
const FAR = 10;
/** A chi-square of one bit, seven standard deviations, that chance does not reach in half a million tries. */
const FAR_AT_ONE_BIT = 50;

interface Row {
  readonly position: number;
  readonly commitment: Buffer;
  readonly digest: Buffer;
  readonly sha256: Buffer;
  readonly length: number;
  readonly parts: number;
  readonly body: Buffer;
  readonly tip: Buffer;
  readonly accepted_digest: Buffer;
  /** Everything that is the same for every item, as one text. */
  readonly same: string;
  /** Where PostgreSQL put the rows: page and place of each of the three, number of the body's first chunk. */
  readonly places: number[];
}

let station: Station;
let context: Context;
let postgres: EmbeddedPostgres;
let owner: Database;
let rows: Row[] = [];
let real: Row[] = [];
let decoys: Row[] = [];
let envelopes: Bytes[] = [];

beforeAll(async () => {
  station = await makeStation();
  context = await station.open();
  postgres = await startEmbeddedPostgres(context.config.dataDir, NO_LOG);
  owner = openDatabase(postgres.url, { connections: 1 });
  const commitments = new Set<string>();
  // From nothing but a sentence to as much as the smallest class holds.
  for (let tip = 0; tip < TIPS; tip++) commitments.add(toHex((await bringTip(context, tip * 400)).commitment));
  const { batch, size } = await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
  expect(size).toBe(2 * TIPS);
  rows = await owner.query<Row>(
    `select i.position, i.commitment, i.digest, i.sha256, i.length, i.parts, p.body, a.tip, a.digest as accepted_digest,
       concat_ws(' ', i.batch, p.batch, a.batch, p.part, i.length, i.parts, length(p.body), i.xmin, p.xmin, a.xmin, i.xmax, p.xmax, a.xmax,
         i.cmax::text = i.cmin::text, pg_column_size(i.*), pg_column_size(a.*), pg_column_size(p.body), pg_column_compression(p.body), pg_column_compression(i.digest),
         (select count(*) from item_part o where o.position = i.position and o.batch = i.batch)) as same,
       array[(i.ctid::text::point)[0] * 1000 + (i.ctid::text::point)[1], (p.ctid::text::point)[0] * 1000 + (p.ctid::text::point)[1],
         (a.ctid::text::point)[0] * 1000 + (a.ctid::text::point)[1], pg_column_toast_chunk_id(p.body)::text::float8] as places
     from item i join item_part p using (batch, position) join accepted a using (commitment)
     where i.batch = $1 order by i.position`,
    [batch],
  );
  const key = await batchKey(context.config.dataDir, batch);
  envelopes = [];
  for (const { position } of rows) envelopes.push(await collect(itemBody(context.db, key, batch, position), 10_000_000));
  real = rows.filter(({ commitment }) => commitments.has(toHex(commitment)));
  decoys = rows.filter(({ commitment }) => !commitments.has(toHex(commitment)));
  expect([real.length, decoys.length]).toEqual([TIPS, TIPS]);
});
afterAll(async () => {
  await owner.close();
  await context.close();
  await postgres.stop();
  await station.remove();
});

const envelopesOf = (some: readonly Row[]): Bytes[] => some.map(({ position }) => envelopes[position]!);

describe("a decoy at rest", () => {
  test("has the lengths, transaction, and row and column sizes of a small tip, whatever is in the tip", () => {
    expect(new Set(rows.map(({ same }) => same)).size).toBe(1);
    expect(new Set(envelopes.map(({ length }) => length)).size).toBe(1);
  });

  test("lies where its commitment puts it: in the tables, in their pages, among the chunks of large values", () => {
    const byCommitment = rows.toSorted((one, other) => Buffer.compare(one.commitment, other.commitment));
    expect(byCommitment.map(({ position }) => position)).toEqual(rows.map((_, position) => position));
    for (let kind = 0; kind < 4; kind++) {
      const places = rows.map(({ places: all }) => all[kind]!);
      expect(places, String(kind)).toEqual(places.toSorted((one, other) => one - other));
      expect(new Set(places).size).toBe(rows.length);
    }
    expect(
      rankGap(
        real.map(({ position }) => position),
        rows.length,
      ),
    ).toBeLessThan(FAR);
  });

  test.each(["commitment", "digest", "sha256", "tip", "accepted_digest", "body"] as const)(
    "has a column %s that looks the same",
    (column) => {
      expect(
        histogramGap(
          real.map((row) => row[column]),
          decoys.map((row) => row[column]),
        ),
      ).toBeLessThan(FAR);
    },
  );

  test("has the same packet header, and bytes that look the same at every place of the envelope", () => {
    const gaps = positionGaps(envelopesOf(real), envelopesOf(decoys));
    // Everything before the X25519 share, the length of the wrapped key, and the second packet's head up to the salt.
    expect(gaps.fixed).toBe(39 + 1 + 10);
    expect(gaps.different).toBe(0);
    expect(gaps.together).toBeLessThan(FAR);
    expect(gaps.worst).toBeLessThan(FAR_AT_ONE_BIT);
    expect(histogramGap(envelopesOf(real), envelopesOf(decoys))).toBeLessThan(FAR);
  });
});

describe("the yardstick bites", () => {
  const some = (spoil: (bytes: Uint8Array) => void = () => undefined): Uint8Array[] =>
    Array.from({ length: TIPS }, () => {
      const bytes = randomBytes(2000);
      spoil(bytes);
      return bytes;
    });

  test("not on what is equally random", () => {
    const gaps = positionGaps(some(), some());
    expect(gaps).toMatchObject({ fixed: 0, different: 0 });
    expect(gaps.worst).toBeLessThan(FAR_AT_ONE_BIT);
    expect(Math.abs(gaps.together)).toBeLessThan(FAR);
    expect(histogramGap(some(), some())).toBeLessThan(FAR);
  });

  test("on one bit that is always set at one place", () => {
    const marked = some((bytes) => {
      bytes[700] = (bytes[700] ?? 0) | 0x80;
    });
    expect(positionGaps(some(), marked).worst).toBeGreaterThan(FAR_AT_ONE_BIT);
  });

  test("on a header byte that is another one", () => {
    const [one, other] = [1, 2].map((version) => some((bytes) => bytes.fill(version, 3, 4)));
    expect(positionGaps(one!, other!).different).toBe(1);
  });

  test("on one byte in a hundred that is zero more often, and on places at one end", () => {
    const sparse = some((bytes) => {
      for (let at = 0; at < bytes.length; at += 100) bytes[at] = 0;
    });
    expect(histogramGap(some(), sparse)).toBeGreaterThan(FAR);
    const first = Array.from({ length: TIPS }, (_, place) => place);
    expect(rankGap(first, 2 * TIPS)).toBeGreaterThan(FAR);
  });
});
