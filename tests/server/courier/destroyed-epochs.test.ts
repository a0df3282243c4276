/** Records that an epoch's secret was destroyed, on their way from the stick into the log. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { collect } from "../../../src/protocol/bytes.ts";
import { type BundleFile, writeBundle } from "../../../src/protocol/crypto/bundle.ts";
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { destructionPath, formatDestruction } from "../../../src/protocol/format/destruction.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { NO_PREVIOUS } from "../../../src/protocol/format/manifest.ts";
import type { Context } from "../../../src/server/context.ts";
import { importBundle } from "../../../src/server/courier/import.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { logFile } from "../../../src/server/store/log-store.ts";
import { bundleFile } from "../../support/make-bundle.ts";
import { allRows } from "../../support/tables.ts";
import { checkStation, FIRST_DAY, makeStation, ORIGIN, type Station } from "./keeper-fixture.ts";

const DATE = formatDate(FIRST_DAY + 30);
let station: Station;
let context: Context;
let epoch = "";
let sequence = 1;
let previous = NO_PREVIOUS;

beforeAll(async () => {
  station = await makeStation();
  context = await station.open();
  epoch = context.keys.program.epochs[0]?.fingerprint ?? "";
  await keep(context, {}, () => Promise.resolve());
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function recordOf(of: string, { origin = ORIGIN, signer = station.review, path = destructionPath(of) } = {}): Promise<BundleFile> {
  return bundleFile(path, await signer.sign(formatDestruction({ origin, epoch: of, date: DATE })));
}

/** Imports a bundle of these files; it is the next one if it is accepted. */
async function bring(...entries: readonly BundleFile[]): Promise<{ destroyed: readonly string[] }> {
  const { bytes, manifestHash } = await writeBundle({ origin: ORIGIN, to: "server", sequence, previous, entries }, station.review);
  const file = join(station.folder, "from-review.bundle");
  await writeFile(file, await collect(bytes, 1_000_000));
  const imported = await keep(context, {}, (keeper) => importBundle(keeper, file));
  sequence++;
  previous = manifestHash;
  return imported;
}

it("are refused by name when anything is wrong, and nothing changes", async () => {
  const before = await allRows(context.db);
  const stranger = "f".repeat(64);
  const other = await noteSigner(station.review.vkey.name, randomBytes(32));
  const cases: [BundleFile, string][] = [
    [await recordOf(stranger), "bad-destruction"],
    [await recordOf(epoch, { path: destructionPath(stranger) }), "bad-destruction"],
    [await recordOf(epoch, { origin: "another.test/log" }), "wrong-origin"],
    [await recordOf(epoch, { signer: other }), "unknown-signer"],
    [bundleFile(destructionPath(epoch), new Uint8Array(5000)), "bad-destruction"],
    [bundleFile(destructionPath(epoch), randomBytes(100)), "bad-note"],
  ];
  for (const [entry, code] of cases) await expect(bring(entry)).rejects.toMatchObject({ code });
  expect(await allRows(context.db)).toEqual(before);
});

it("are published whole, stand in the log once, and come again without harm", async () => {
  const { leaves: before } = await checkStation(context);
  const published = before.find((leaf) => leaf.kind === "epoch" && leaf.fingerprint === epoch);
  const record = await recordOf(epoch);
  expect(await bring(record)).toMatchObject({ destroyed: [epoch] });
  expect(await bring(record)).toMatchObject({ destroyed: [] });
  const { leaves } = await checkStation(context);
  expect(leaves.slice(before.length)).toEqual([{ ...published, action: "destroyed" }]);
  const file = await logFile(context.intake, destructionPath(epoch));
  expect(fromUtf8(file ?? new Uint8Array(0))).toContain(`\nepoch ${epoch}\n`);
});
