import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bytes, collect, compare } from "../../../src/protocol/bytes.ts";
import { openSecret } from "../../../src/protocol/crypto/certificate.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { openTip } from "../../../src/protocol/crypto/tip.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { parseFraming } from "../../../src/protocol/format/envelope.ts";
import type { Leaf } from "../../../src/protocol/format/leaf.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch, type SealedBatch } from "../../../src/server/courier/seal.ts";
import type { Context } from "../../../src/server/context.ts";
import { openFirstPolicy } from "../../../src/server/keys.ts";
import { batchKey } from "../../../src/server/store/batch-keys.ts";
import { readIfThere } from "../../../src/server/store/durable-file.ts";
import { currentGeneration } from "../../../src/server/store/generations.ts";
import { commitmentsOf, itemBody, itemsOf } from "../../../src/server/store/items.ts";
import {
  bringTip,
  checkStation,
  FIRST_DAY,
  makeStation,
  pieces,
  partsWaiting,
  putParts,
  type Station,
  stopHousekeeping,
} from "./keeper-fixture.ts";

let station: Station;
let context: Context;
let checkpoint: Uint8Array | undefined;
let leaves: Leaf[] = [];
beforeAll(async () => {
  station = await makeStation();
  context = await station.open();
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function check(): Promise<void> {
  ({ leaves, checkpoint } = await checkStation(context, checkpoint));
}

async function seal(): Promise<SealedBatch> {
  const sealed = await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
  await check();
  return sealed;
}

async function envelopeAt(batch: number, position: number): Promise<Bytes> {
  return collect(itemBody(context.db, await batchKey(context.config.dataDir, batch), batch, position), 10_000_000);
}

/** Tips and decoys of a batch, opened with the program's secret. */
async function kindsIn(batch: number): Promise<string[]> {
  const bytes = await readIfThere(join(station.folder, "keys", "program.secret"));
  if (bytes === null) throw new Error("the fixture keeps the secret");
  const secret = await openSecret(bytes);
  const kinds: string[] = [];
  for (const { position } of await itemsOf(context.db, batch)) {
    const envelope = await envelopeAt(batch, position);
    const opened = await openTip(pieces([envelope]), (pkesk) => secret.decryptSessionKey(pkesk), {
      attachment: async (_index, _attachment, body) => {
        await collect(body, 10_000_000);
      },
    });
    kinds.push(opened.kind);
  }
  return kinds.sort();
}

describe("sealing", () => {
  it("announces keys, every epoch and the policy before any batch", async () => {
    await keep(context, {}, () => Promise.resolve());
    await check();
    expect(leaves.map(({ kind }) => kind)).toEqual(["key", "key", ...Array<string>(8).fill("epoch"), "policy"]);
    const before = leaves.length;
    await keep(context, {}, () => Promise.resolve());
    await check();
    expect(leaves).toHaveLength(before);
  });

  it("makes 64 decoys of nothing", async () => {
    expect(await seal()).toEqual({ batch: 1, day: FIRST_DAY, size: 64 });
    expect(await kindsIn(1)).toEqual(Array<string>(64).fill("decoy"));
  });

  it("takes what waits, in the order of the commitments, with a quarter of decoys at least", async () => {
    const tips = [await bringTip(context), await bringTip(context, 700_000), await bringTip(context)];
    expect(await seal()).toEqual({ batch: 2, day: FIRST_DAY, size: 64 });

    const commitments = await commitmentsOf(context.db, 2);
    expect(commitments).toEqual(commitments.toSorted(compare));
    for (const tip of tips) {
      const position = commitments.findIndex((commitment) => compare(commitment, tip.commitment) === 0);
      expect(await envelopeAt(2, position)).toEqual(tip.envelope);
    }
    const stored = await itemsOf(context.db, 2);
    for (const { position, length, sha256: hash } of stored) {
      const envelope = await envelopeAt(2, position);
      expect(envelope).toHaveLength(length);
      expect(sha256(envelope)).toEqual(hash);
    }
    const kinds = await kindsIn(2);
    expect(kinds.filter((kind) => kind === "tip")).toHaveLength(3);

    const batch = leaves.slice(-65);
    expect(batch.slice(0, 64)).toEqual(commitments.map((c) => ({ kind: "received", batch: 2, c: toHex(c) })));
    expect(batch[64]).toMatchObject({
      kind: "sealed",
      batch: 2,
      size: 64,
      date: formatDate(FIRST_DAY),
      policy: (await openFirstPolicy(context.keys)).sha256,
    });
  });

  it("remembers every item alike, so that a decoy is not told from a tip and a tip sent again is known", async () => {
    const rows = await context.db.query<{ tip: Buffer; digest: Buffer }>("select tip, digest from accepted where batch = 2");
    expect(rows).toHaveLength(64);
    expect(new Set(rows.map(({ tip }) => toHex(tip))).size).toBe(64);
  });

  it("leaves nothing of the generation: no partition, no row, no key", async () => {
    const open = await currentGeneration(context.db);
    const tables = await context.db.query<{ name: string }>(
      "select relname as name from pg_class where relname ~ '^tip_(part|seal)_[0-9]+$' order by 1",
    );
    expect(tables.map(({ name }) => name)).toEqual([`tip_part_${String(open)}`, `tip_seal_${String(open)}`]);
    expect(await readdir(join(station.folder, "data", "keys", "generations"))).toEqual([`${String(open).padStart(8, "0")}.key`]);
  });

  it("doubles the batch when more than three quarters would be real", async () => {
    for (let tip = 0; tip < 49; tip++) await bringTip(context);
    expect(await seal()).toMatchObject({ batch: 3, size: 128 });
    expect((await kindsIn(3)).filter((kind) => kind === "tip")).toHaveLength(49);
  });

  it("uses up as many transaction numbers whatever waited, so that rows do not tell how many tips there were", async () => {
    const numberOf = async (batch: number): Promise<number> => {
      const [row] = await context.db.query<{ number: number }>("select xmin::text::int as number from batch where batch = $1", [batch]);
      return row?.number ?? 0;
    };
    await stopHousekeeping(station);
    await seal();
    const { batch } = await seal();
    for (let tip = 0; tip < 40; tip++) await bringTip(context);
    await seal();
    expect((await numberOf(batch + 1)) - (await numberOf(batch))).toBe((await numberOf(batch)) - (await numberOf(batch - 1)));
  });

  it("carries an unfinished tip to the next batch once, then lets it go", async () => {
    const tip = randomBytes(16);
    await putParts(context, tip, [randomBytes(1000)], 600_000);
    const parts = async (): Promise<number> => (await partsWaiting(context, tip)).length;
    await seal();
    expect(await parts()).toBe(1);
    await seal();
    expect(await parts()).toBe(0);
  });

  it("dates a batch by the timetable, also when it is caught up, and never backwards", async () => {
    station.setDay(3);
    const sealed = await keep(context, {}, (keeper) => Promise.resolve(keeper.sealed));
    await check();
    expect(sealed.map(({ day }) => day - FIRST_DAY)).toEqual([1, 2, 3]);
    const dates = leaves.flatMap((leaf) => (leaf.kind === "sealed" ? [leaf.date] : []));
    expect(dates).toEqual(dates.toSorted());
    expect(await keep(context, {}, (keeper) => Promise.resolve(keeper.sealed))).toEqual([]);
    // A clock that was set back dates nothing; and a date before the last is not written, whoever asks for it.
    station.setDay(1);
    await expect(keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY + 1, false))).rejects.toMatchObject({ code: "clock-behind" });
    station.setDay(3);
    expect(await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY + 1, false))).toMatchObject({ day: FIRST_DAY + 3 });
  });

  it("seals decoys to the epoch that a tip would have, nearly always", async () => {
    station.setDay(9);
    const sealed = await keep(context, {}, (keeper) => Promise.resolve(keeper.sealed));
    await check();
    const recipients = async (batch: number): Promise<Map<string, number>> => {
      const counts = new Map<string, number>();
      for (const { position } of await itemsOf(context.db, batch)) {
        const { recipient } = parseFraming(await envelopeAt(batch, position));
        counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
      }
      return counts;
    };
    await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY + 9, false));
    await check();
    const counts = await recipients((sealed.at(-1)?.batch ?? 0) + 1);
    const [first, second] = context.keys.program.epochs;
    expect(counts.get(second?.fingerprint ?? "") ?? 0).toBeGreaterThan(45);
    expect((counts.get(first?.fingerprint ?? "") ?? 0) + (counts.get(second?.fingerprint ?? "") ?? 0)).toBe(64);
    // After a pause over the border of two epochs, tips of both may have waited: so there are decoys of both.
    const caughtUp = await recipients(sealed[0]?.batch ?? 0);
    expect(caughtUp.get(first?.fingerprint ?? "") ?? 0).toBeGreaterThan(0);
    expect(caughtUp.get(second?.fingerprint ?? "") ?? 0).toBeGreaterThan(0);
  });

  it("lets one keeper at a time work", async () => {
    await keep(context, {}, async () => {
      await expect(keep(context, {}, () => Promise.resolve())).rejects.toMatchObject({ code: "another-writer" });
    });
    await keep(context, {}, () => Promise.resolve());
  });
});
