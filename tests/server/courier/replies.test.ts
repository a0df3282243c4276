/** Replies on their way from the stick into their mailboxes, and out again when their day is over. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { batchRoot, type BundleFile, writeBundle } from "../../../src/protocol/crypto/bundle.ts";
import { formatCodes } from "../../../src/protocol/crypto/code-series.ts";
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { mailboxHash, openReply, sealReply } from "../../../src/protocol/crypto/reply.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { acknowledgementPath, formatAcknowledgement } from "../../../src/protocol/format/acknowledgement.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import type { Context } from "../../../src/server/context.ts";
import { exportBundle } from "../../../src/server/courier/export.ts";
import { importBundle } from "../../../src/server/courier/import.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { commitmentsOf } from "../../../src/server/store/items.ts";
import { readMailbox } from "../../../src/server/store/replies.ts";
import { bundleFile } from "../../support/make-bundle.ts";
import { allRows } from "../../support/tables.ts";
import { checkStation, FIRST_DAY, makeStation, ORIGIN, type Station } from "./keeper-fixture.ts";

const DAYS_AT_MOST = 12;
let station: Station;
let context: Context;
let sequence = 1;
let previous = NO_PREVIOUS;

const key = randomBytes(32);
const mailbox = mailboxHash(randomBytes(32));
const other = mailboxHash(randomBytes(32));

beforeAll(async () => {
  station = await makeStation({ daysAfterAcknowledgement: 2, daysAtMost: DAYS_AT_MOST, graceDays: 3, unacknowledged: "keep" });
  context = await station.open();
  await keep(context, {}, async (keeper) => {
    await sealBatch(keeper, FIRST_DAY, false);
    await exportBundle(keeper, station.folder);
  });
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

function sealed(text: string): Promise<Bytes> {
  return sealReply({ challenge: null, date: "2026-03-04", text }, key);
}

function pathOf(hash: Bytes, number: string): string {
  return `replies/${toHex(hash)}/${number}`;
}

async function acknowledgement(batch: number): Promise<BundleFile> {
  const root = batchRoot(await commitmentsOf(context.db, batch));
  return bundleFile(
    acknowledgementPath(batch),
    await station.review.sign(formatAcknowledgement({ origin: ORIGIN, batch, root, date: "2026-03-04" })),
  );
}

/** Imports a bundle of these files; it is the next one if it is accepted. */
async function bring(entries: readonly BundleFile[], signer = station.review, form: "bundle" | "codes" = "bundle"): Promise<unknown> {
  const { bytes, manifestHash } = await writeBundle({ origin: ORIGIN, to: "server", sequence, previous, entries }, signer);
  const file = join(station.folder, "from-review.bundle");
  const whole = await collect(bytes, 10_000_000);
  await writeFile(file, form === "codes" ? formatCodes(deflateRawSync(whole)).toReversed().join("\n") : whole);
  const imported = await keep(context, {}, (keeper) => importBundle(keeper, file, form));
  sequence++;
  previous = manifestHash;
  return imported;
}

async function textsIn(hash: Bytes, today = FIRST_DAY): Promise<string[]> {
  const bodies = await readMailbox(context.intake, hash, [], formatDate(today));
  return Promise.all(bodies.map(async (body) => (await openReply(body, key)).text));
}

describe("replies in a bundle", () => {
  it("are refused by name when anything is wrong, with everything else in the bundle", async () => {
    const good = bundleFile(pathOf(mailbox, "0001"), await sealed("good"));
    const before = await allRows(context.db);
    const refused = async (entries: readonly BundleFile[], code: string, signer = station.review): Promise<void> => {
      await expect(bring(entries, signer)).rejects.toMatchObject({ code });
      expect(await allRows(context.db)).toEqual(before);
    };
    const body = await sealed("x");
    const framed = body.slice();
    framed[3] = 0;
    const withBatch = [await acknowledgement(1), good];
    await refused([...withBatch, bundleFile(pathOf(other, "0001"), body.slice(1))], "bad-reply");
    await refused([...withBatch, bundleFile(pathOf(other, "0001"), Uint8Array.of(...body, 0))], "bad-reply");
    await refused([...withBatch, bundleFile(pathOf(other, "0001"), new Uint8Array(0))], "bad-reply");
    await refused([...withBatch, bundleFile(pathOf(other, "0001"), new Uint8Array(4480))], "bad-reply");
    await refused([...withBatch, bundleFile(pathOf(other, "0001"), framed)], "bad-reply");
    await refused([...withBatch, bundleFile(pathOf(other, "0002"), body)], "bad-manifest");
    await refused([...withBatch, bundleFile(pathOf(mailbox, "0003"), body)], "bad-manifest");
    for (const path of ["0000", "1", "00001", "000a", "0001/0001"]) {
      await refused([...withBatch, bundleFile(pathOf(other, path), body)], "bad-manifest");
    }
    await refused([...withBatch, bundleFile(`replies/${toHex(other).slice(2)}/0001`, body)], "bad-manifest");
    await refused([...withBatch, bundleFile("replies/0001", body)], "bad-manifest");
    await refused([...withBatch, bundleFile(`reply/${toHex(other)}/0001`, body)], "bad-acknowledgement");
    await refused([good, bundleFile("acknowledgements/00000001", randomBytes(100))], "bad-note");
    await refused([good], "bundle-foreign", await noteSigner(station.review.vkey.name, randomBytes(32)));
    await refused([good], "bundle-foreign", context.keys.logSigner);
  });

  it("reach their mailboxes together with acknowledgements, and are nowhere in the log", async () => {
    const { leaves: before } = await checkStation(context);
    const entries = [
      await acknowledgement(1),
      bundleFile(pathOf(mailbox, "0001"), await sealed("first")),
      bundleFile(pathOf(mailbox, "0002"), await sealed("second")),
      bundleFile(pathOf(other, "0001"), await sealed("for another")),
    ];
    expect(await bring(entries)).toEqual({ bundle: 1, acknowledged: [1], late: [], replies: 3, destroyed: [] });
    expect((await textsIn(mailbox)).sort()).toEqual(["first", "second"]);
    expect(await textsIn(other)).toEqual(["for another"]);
    const { leaves } = await checkStation(context);
    expect(leaves.slice(before.length).map(({ kind }) => kind)).toEqual(["acknowledged"]);
    const { reply = [], ...rest } = await allRows(context.db);
    expect(reply).toHaveLength(3);
    for (const trace of [mailbox, other].map(toHex)) expect(JSON.stringify(rest)).not.toContain(trace);
  });

  it("may come alone, and a repeated one stays once", async () => {
    station.setDay(1);
    const body = await sealed("third");
    const { leaves: before } = await checkStation(context);
    const entries = [bundleFile(pathOf(mailbox, "0001"), body), bundleFile(pathOf(mailbox, "0002"), body)];
    await keep(context, {}, () => Promise.resolve());
    expect(await bring(entries)).toEqual({ bundle: 2, acknowledged: [], late: [], replies: 2, destroyed: [] });
    expect((await textsIn(mailbox)).at(-1)).toBe("third");
    expect(await textsIn(mailbox)).toHaveLength(3);
    const { leaves } = await checkStation(context);
    expect(leaves.slice(before.length).filter(({ kind }) => kind !== "received" && kind !== "sealed")).toEqual([]);
  });

  it("are known only by their mailbox, their hash and a day", async () => {
    const columns = await context.db.query<{ name: string }>(
      "select attname as name from pg_attribute where attrelid = 'reply'::regclass and attnum > 0 order by 1",
    );
    expect(columns.map(({ name }) => name)).toEqual(["body", "expires", "mailbox", "sha256"]);
    const days = await context.db.query<{ expires: string }>("select distinct expires from reply order by 1");
    expect(days.map(({ expires }) => expires)).toEqual([formatDate(FIRST_DAY + DAYS_AT_MOST), formatDate(FIRST_DAY + 1 + DAYS_AT_MOST)]);
  });
});

describe("purging replies", () => {
  it("removes those whose day is over, and only those", async () => {
    station.setDay(DAYS_AT_MOST - 1);
    await keep(context, {}, (keeper) => purge(keeper));
    expect(await context.db.query("select from reply")).toHaveLength(4);
    station.setDay(DAYS_AT_MOST);
    await keep(context, {}, (keeper) => purge(keeper));
    expect(await textsIn(mailbox)).toEqual(["third"]);
    expect(await textsIn(other)).toEqual([]);
  });

  it("leaves nothing in the table's file once all are gone, also of what a witness deleted", async () => {
    const [left] = await context.db.query<{ sha256: Buffer }>("select sha256 from reply");
    expect(await readMailbox(context.intake, mailbox, [new Uint8Array(left?.sha256 ?? [])], formatDate(FIRST_DAY))).toEqual([]);
    expect(await context.db.query("select from reply")).toEqual([]);
    const size = async (): Promise<number | undefined> =>
      (await context.db.query<{ size: number }>("select pg_relation_size('reply') as size"))[0]?.size;
    expect(await size()).toBeGreaterThan(0);
    await keep(context, {}, (keeper) => purge(keeper));
    expect(await size()).toBe(0);
    await checkStation(context);
  });
});

describe("a bundle of scanned codes", () => {
  it("is taken in like any other, and what is no such series changes nothing", async () => {
    const mine = mailboxHash(randomBytes(32));
    expect(await bring([bundleFile(pathOf(mine, "0001"), await sealed("by camera"))], station.review, "codes")).toMatchObject({
      replies: 1,
    });
    expect(await textsIn(mine)).toEqual(["by camera"]);
    const file = join(station.folder, "from-review.bundle");
    const before = await allRows(context.db);
    const refused = async (text: string, code: string): Promise<void> => {
      await writeFile(file, text);
      await expect(keep(context, {}, (keeper) => importBundle(keeper, file, "codes"))).rejects.toMatchObject({ code });
      expect(await allRows(context.db)).toEqual(before);
    };
    await refused("hello", "bad-codes");
    await refused(formatCodes(randomBytes(900))[0] ?? "", "codes-missing");
    // A block of a type that DEFLATE does not have.
    await refused(formatCodes(new Uint8Array(900).fill(0xff)).join("\n"), "bad-codes");
    // A bomb of zeros, and a bundle that came before.
    await refused(formatCodes(deflateRawSync(new Uint8Array(20_000_000))).join("\n"), "bad-codes");
    await refused(formatCodes(deflateRawSync(new Uint8Array(2000))).join("\n"), "trailing-bytes");
  });
});
