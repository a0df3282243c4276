import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../../../src/protocol/bytes.ts";
import { readBundle } from "../../../src/protocol/crypto/bundle.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import type { Leaf } from "../../../src/protocol/format/leaf.ts";
import { NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import { exportBundle } from "../../../src/server/courier/export.ts";
import { importBundle } from "../../../src/server/courier/import.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import type { Step } from "../../../src/server/courier/progress.ts";
import { takePolicy } from "../../../src/server/courier/retention.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import type { Context } from "../../../src/server/context.ts";
import { batchesWithKeys, batchKey } from "../../../src/server/store/batch-keys.ts";
import { currentGeneration } from "../../../src/server/store/generations.ts";
import { commitmentsOf, itemBody, itemsOf } from "../../../src/server/store/items.ts";
import { logFile, readState } from "../../../src/server/store/log-store.ts";
import { nextPolicyNote, policySigners } from "../../support/retention-notes.ts";
import {
  acknowledge,
  bringTip,
  checkStation,
  FIRST_DAY,
  makeStation,
  ORIGIN,
  partsWaiting,
  putParts,
  type Station,
} from "../courier/keeper-fixture.ts";

const OPERATION = fileURLToPath(new URL("keeper-operation.ts", import.meta.url));
const PUBLISHING: readonly Step[] = ["signing", "keeping the checkpoint", "publishing"];
const PATIENCE = 60_000;

let station: Station;
let context: Context;
let stick: string;
let day = 0;
let checkpoint: Uint8Array | undefined;
let leaves: Leaf[] = [];
beforeAll(async () => {
  station = await makeStation({ daysAfterAcknowledgement: 0, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" });
  context = await station.open();
  stick = join(station.folder, "stick");
  await mkdir(stick);
  await keep(context, {}, () => Promise.resolve());
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function check(): Promise<void> {
  ({ leaves, checkpoint } = await checkStation(context, checkpoint));
}

/** Runs an operation in a process that kills itself there. */
async function killedAt(step: string, operation: string, argument = ""): Promise<void> {
  const child = spawn(process.execPath, [OPERATION, station.folder, operation, argument, String(day), step], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect({ step, code, signal }).toEqual({ step, code: null, signal: "SIGKILL" });
}

function goToDay(next: number): void {
  day = next;
  station.setDay(day);
}

function ofKind<Kind extends Leaf["kind"]>(kind: Kind): Extract<Leaf, { kind: Kind }>[] {
  return leaves.filter((leaf) => leaf.kind === kind) as Extract<Leaf, { kind: Kind }>[];
}

/** Nothing of an operation is left over, whatever was interrupted. */
async function expectTidy(): Promise<void> {
  const open = await currentGeneration(context.db);
  const tables = await context.db.query<{ name: string }>(
    "select relname as name from pg_class where relname ~ '^tip_(part|seal)_[0-9]+$'",
  );
  expect(tables.map(({ name }) => name).sort()).toEqual([`tip_part_${String(open)}`, `tip_seal_${String(open)}`]);
  expect(await readdir(join(station.folder, "data", "keys", "generations"))).toEqual([`${String(open).padStart(8, "0")}.key`]);
  expect(await readState(context.db, "sealing")).toBeNull();
  const kept = await context.db.query<{ batch: number }>("select batch from batch where state <> 'purged' order by batch");
  expect(await batchesWithKeys(context.config.dataDir)).toEqual(kept.map(({ batch }) => batch));
}

describe("sealing that was killed", () => {
  const steps: string[] = [
    "closing the generation",
    "sealing decoys",
    "sealing decoys/half",
    "making the batch key",
    "writing items",
    "writing items/half",
    ...PUBLISHING,
    "dropping the generation",
    "destroying the generation key",
  ];
  it.each(steps)("before %s goes on to the same batch, with the date it was for", async (step) => {
    const tip = await bringTip(context, 600_000);
    const unfinished = randomBytes(16);
    await putParts(context, unfinished, [randomBytes(1000)], 600_000);
    const batch = await currentGeneration(context.db);
    goToDay(day + 1);
    await killedAt(step, "seal");
    // Found again only a day later: the batch is still that day's, and the next day's follows.
    const sealedFor = FIRST_DAY + day;
    goToDay(day + 1);
    await keep(context, { patience: PATIENCE }, () => Promise.resolve());
    await check();
    await expectTidy();

    expect(ofKind("sealed").slice(-2)).toMatchObject([
      { batch, date: formatDate(sealedFor), size: 64 },
      { batch: batch + 1, date: formatDate(sealedFor + 1), size: 64 },
    ]);
    const commitments = await commitmentsOf(context.db, batch);
    expect(ofKind("received").filter((leaf) => leaf.batch === batch)).toEqual(
      commitments.map((c) => ({ kind: "received", batch, c: toHex(c) })),
    );
    const position = commitments.findIndex((c) => toHex(c) === toHex(tip.commitment));
    const stored = await collect(itemBody(context.db, await batchKey(context.config.dataDir, batch), batch, position), 10_000_000);
    expect(stored).toEqual(tip.envelope);
    expect(await itemsOf(context.db, batch)).toHaveLength(64);
    expect(await context.db.query("select from accepted where batch = $1", [batch])).toHaveLength(64);
    // Two sealings have passed: what was unfinished was carried once and then let go.
    expect(await partsWaiting(context, unfinished)).toEqual([]);
  });
});

describe("an export that was killed", () => {
  let sequence = 0;
  let previous = NO_PREVIOUS;
  const steps = [
    "preparing the bundle",
    "writing the bundle",
    "writing the bundle/half",
    "naming the bundle",
    "logging the export",
    ...PUBLISHING,
  ];
  it.each(steps)("before %s leaves one whole bundle and one entry after the next try", async (step) => {
    goToDay(day + 1);
    await keep(context, { patience: PATIENCE }, () => Promise.resolve());
    await killedAt(step, "export", stick);
    // Killed after the export was logged, there is nothing left to do but to publish.
    await keep(context, { patience: PATIENCE }, (keeper) => exportBundle(keeper, stick)).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "nothing-to-do" });
    });
    await check();
    await expectTidy();

    sequence++;
    const name = `to-review-${String(sequence).padStart(8, "0")}.bundle`;
    expect((await readdir(stick)).sort().at(-1)).toBe(name);
    expect(await readdir(stick)).toHaveLength(sequence);
    const expected = { origin: ORIGIN, to: "review", keys: [context.keys.logSigner.vkey], sequence, previous } as const;
    const { manifestHash } = await readBundle(createReadStream(join(stick, name)), expected, () => Promise.resolve());
    previous = manifestHash;
    expect(ofKind("exported").map(({ bundle }) => bundle)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1));
    expect(ofKind("exported").at(-1)?.sha256).toBe(manifestHash);
  });
});

describe("an import that was killed", () => {
  let sequence = 0;
  let previous = NO_PREVIOUS;
  it.each(["reading the bundle", "recording acknowledgements", ...PUBLISHING])(
    "before %s acknowledges once, and wholly, after the next try",
    async (step) => {
      const [exported] = await context.db.query<{ batch: number }>("select min(batch) as batch from batch where state = 'exported'");
      const batch = exported?.batch ?? 0;
      sequence++;
      const { bytes, manifestHash } = await acknowledge(context, station.review, [batch, batch + 1], { sequence, previous });
      previous = manifestHash;
      const file = join(station.folder, `from-review-${String(sequence)}.bundle`);
      await writeFile(file, bytes);
      await killedAt(step, "import", file);
      await keep(context, { patience: PATIENCE }, (keeper) => importBundle(keeper, file)).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "bundle-replayed" });
      });
      await check();
      await expectTidy();
      const acknowledged = ofKind("acknowledged").map((leaf) => leaf.batch);
      expect(acknowledged.slice(-2)).toEqual([batch, batch + 1]);
      expect(acknowledged).toHaveLength(2 * sequence);
    },
  );
});

describe("a change of the retention policy that was killed", () => {
  it.each<Step>(["logging the policy", ...PUBLISHING])("before %s is logged once, with its note, after the next try", async (step) => {
    const before = ofKind("policy");
    const [one, two] = await policySigners(ORIGIN);
    const last = await logFile(context.db, `policies/${String(before.length).padStart(8, "0")}`);
    const note = await nextPolicyNote(last ?? new Uint8Array(), {}, [one, two]);
    const file = join(station.folder, "change.note");
    await writeFile(file, note);
    await killedAt(step, "retention", file);
    await keep(context, { patience: PATIENCE }, (keeper) => takePolicy(keeper, file)).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "nothing-to-do" });
    });
    await check();
    await expectTidy();
    expect(ofKind("policy")).toHaveLength(before.length + 1);
    expect(ofKind("policy").at(-1)).toMatchObject({ number: before.length + 1, note: toHex(sha256(note)) });
  });
});

describe("a purge that was killed", () => {
  const steps: Step[] = [
    "beginning the purge",
    "destroying the batch key",
    "dropping items",
    "rewriting remnants",
    "looking for remnants",
    "logging the purge",
    ...PUBLISHING,
  ];
  it.each(steps)("before %s is finished by the next one, and logged once", async (step) => {
    // Ten batches are acknowledged and due at once; the killed purge had begun the first of those that are left.
    const [due] = await context.db.query<{ batch: number }>("select min(batch) as batch from batch where state = 'acknowledged'");
    const batch = due?.batch ?? 0;
    await killedAt(step, "purge");
    await keep(context, { patience: PATIENCE }, () => Promise.resolve());
    if (step !== steps.at(-1) && PUBLISHING.every((late) => late !== step)) {
      const left = await context.db.query("select from batch where batch = $1 and state = 'purged'", [batch]);
      expect(left).toEqual([]);
    }
    await purgeOnly(batch);
    await check();
    await expectTidy();
    expect(ofKind("purged").filter((leaf) => leaf.batch === batch)).toHaveLength(1);
    expect(
      await context.db.query("select from pg_class where relname in ($1, $2)", [`item_${String(batch)}`, `item_part_${String(batch)}`]),
    ).toEqual([]);
  });

  /** Goes on with one batch and keeps the others for the next kills: they are held back as if they were not due. */
  async function purgeOnly(batch: number): Promise<void> {
    await context.db.execute("update batch set acknowledged = '2999-01-01' where state = 'acknowledged' and batch <> $1", [batch]);
    await keep(context, { patience: PATIENCE }, (keeper) => purge(keeper));
    await context.db.execute("update batch set acknowledged = $1 where state = 'acknowledged'", [formatDate(FIRST_DAY + day)]);
  }
});
