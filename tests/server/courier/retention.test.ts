/** A change of the retention policy, on a real server: two people, nothing retroactive, everything published and held by the auditor. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit } from "../../../src/auditor/audit.ts";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import type { NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { parseNote } from "../../../src/protocol/format/note.ts";
import { formatRetention, policyPath, type RetentionPolicy } from "../../../src/protocol/format/retention.ts";
import type { RetentionNote } from "../../../src/protocol/format/retention-note.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { takePolicy } from "../../../src/server/courier/retention.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { statusOf } from "../../../src/server/courier/status.ts";
import type { Context } from "../../../src/server/context.ts";
import { logFile } from "../../../src/server/store/log-store.ts";
import { firstPolicyNote, nextPolicyNote, policySigners } from "../../support/retention-notes.ts";
import { checkStation, FIRST_DAY, makeStation, ORIGIN, type Station } from "./keeper-fixture.ts";

const LONG: RetentionPolicy = { daysAfterAcknowledgement: 30, daysAtMost: 180, graceDays: 8, unacknowledged: "keep" };
const SHORT: RetentionPolicy = { daysAfterAcknowledgement: 1, daysAtMost: 20, graceDays: 2, unacknowledged: "destroy" };

let station: Station;
let context: Context;
let people: [NoteSigner, NoteSigner, NoteSigner];
let first: Bytes;
let second: Bytes;
beforeAll(async () => {
  station = await makeStation(LONG);
  people = await policySigners(ORIGIN);
  first = await firstPolicyNote(ORIGIN, LONG, station.review);
  context = await station.open();
  await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function take(signed: Bytes): Promise<number> {
  const file = join(station.folder, "change.note");
  await writeFile(file, signed);
  return (await keep(context, {}, (keeper) => takePolicy(keeper, file))).number;
}

const change = (what: Partial<RetentionNote>, signers: readonly NoteSigner[] = people.slice(0, 2), before = first): Promise<Bytes> =>
  nextPolicyNote(before, { policy: SHORT, from: formatDate(FIRST_DAY + 1), ...what }, signers);

async function policiesOfBatches(): Promise<string[]> {
  return (await context.db.query<{ policy: string }>("select encode(policy, 'hex') as policy from batch order by batch")).map(
    ({ policy }) => policy,
  );
}

async function findings(today: number): Promise<string[]> {
  const policy = {
    log: context.keys.logSigner.vkey.text,
    review: context.keys.review.text,
    cosigners: [],
    quorum: null,
    witnessProgram: null,
  };
  const files = { name: "database", read: (path: string) => logFile(context.db, path) };
  const report = await audit({
    files,
    policy,
    stateFolder: null,
    cosignedWithin: null,
    today: formatDate(today),
    progress: () => undefined,
  });
  return report.findings.map(({ code, where }) => `${code} ${where}`);
}

const hashOf = (policy: RetentionPolicy): string => toHex(sha256(formatRetention(policy)));

describe("a change of the retention policy", () => {
  it("is refused from one person, from strangers, and when it does not follow; nothing changes", async () => {
    const { leaves } = await checkStation(context);
    const refused = async (signed: Bytes, code: string): Promise<void> => {
      await expect(take(signed)).rejects.toMatchObject({ code });
    };
    await refused(await change({}, [people[0]]), "policy-not-signed");
    await refused(await change({}, [station.review]), "policy-not-signed");
    await refused(await change({}, [context.keys.logSigner]), "policy-not-signed");
    await refused(await change({ number: 3 }), "bad-policy");
    await refused(await change({ previous: "1".repeat(64) }), "bad-policy");
    await refused(await change({ origin: "other.test/log" }), "wrong-origin");
    await refused(first, "nothing-to-do");
    await refused(new Uint8Array(70_000), "bad-note");
    await expect(keep(context, {}, (keeper) => takePolicy(keeper, join(station.folder, "nowhere")))).rejects.toMatchObject({
      code: "not-found",
    });
    expect((await checkStation(context)).leaves).toEqual(leaves);
    expect(context.retention.policy).toEqual(LONG);
  });

  it("by two of them is logged and published whole", async () => {
    second = await change({});
    expect(await take(second)).toBe(2);
    const { leaves } = await checkStation(context);
    expect(leaves.at(-1)).toEqual({
      kind: "policy",
      date: formatDate(FIRST_DAY),
      from: formatDate(FIRST_DAY + 1),
      note: toHex(sha256(second)),
      number: 2,
      sha256: hashOf(SHORT),
    });
    expect(Buffer.from((await logFile(context.db, "policies/00000002")) ?? [])).toEqual(Buffer.from(second));
    expect(Buffer.from((await logFile(context.db, policyPath(hashOf(SHORT)))) ?? [])).toEqual(Buffer.from(formatRetention(SHORT)));
    await expect(take(second)).rejects.toMatchObject({ code: "nothing-to-do" });
  });

  it("holds from its day on, and for no batch that was sealed before", async () => {
    await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
    expect(context.retention.policy).toEqual(LONG);
    station.setDay(1);
    await keep(context, {}, () => Promise.resolve());
    expect(context.retention.policy).toEqual(SHORT);
    expect(await policiesOfBatches()).toEqual([hashOf(LONG), hashOf(LONG), hashOf(SHORT)]);
    expect(await findings(FIRST_DAY + 1)).toEqual([]);
  });

  it("is in force again when the server starts again, whatever KEYS_DIR says", async () => {
    await context.close();
    const keysDir = context.config.keysDir;
    // Somebody with one key, or none, changes the file: it has no effect, and status says so.
    await writeFile(join(keysDir, "retention.note"), await change({}, [people[0]]));
    context = await station.open();
    expect(context.retention.policy).toEqual(SHORT);
    await keep(context, {}, () => Promise.resolve());
    expect((await statusOf(context)).alarms).toContainEqual({ alarm: "policy-refused" });
    await writeFile(join(keysDir, "retention.note"), first);
    await context.close();
    context = await station.open();
    expect((await statusOf(context)).alarms.map(({ alarm }) => alarm)).not.toContain("policy-refused");
    expect(await findings(FIRST_DAY + 1)).toEqual([]);
  });
});

describe("a server whose log has not begun", () => {
  it("does not begin it with a policy that the review key did not sign", async () => {
    const other = await makeStation(LONG);
    try {
      await writeFile(join(other.config.keysDir, "retention.note"), await people[0].sign(parseNote(first).text));
      await expect(other.open()).rejects.toMatchObject({ code: "policy-not-signed" });
    } finally {
      await other.remove();
    }
  });
});
