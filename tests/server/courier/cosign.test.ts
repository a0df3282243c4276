import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cosigner, cosignerFromSeed, openNote } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { formatNote, formatSignature, parseNote } from "../../../src/protocol/format/note.ts";
import { takeCosignatures } from "../../../src/server/courier/cosign.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import type { Context } from "../../../src/server/context.ts";
import { logFile } from "../../../src/server/store/log-store.ts";
import { refusalOf } from "../../support/refusals.ts";
import { checkStation, FIRST_DAY, makeStation, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
let listed: Cosigner;
let stranger: Cosigner;
beforeAll(async () => {
  station = await makeStation();
  listed = await cosignerFromSeed("cosigner.example", randomBytes(32));
  stranger = await cosignerFromSeed("stranger.example", randomBytes(32));
  await writeFile(join(station.folder, "keys", "cosigners"), `${listed.vkey.text}\n`);
  context = await station.open();
  await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function published(): Promise<Uint8Array> {
  return (await logFile(context.db, "checkpoint")) ?? new Uint8Array();
}

/** A file with the published checkpoint, cosigned. */
async function cosigned(by: Cosigner, time = 1_772_000_000): Promise<string> {
  const { text, signatures } = parseNote(await published());
  const path = join(station.folder, "cosigned");
  await writeFile(path, formatNote({ text, signatures: [...signatures.slice(0, 1), await by.cosign(text, time)] }));
  return path;
}

function take(path: string): Promise<readonly string[]> {
  return keep(context, {}, (keeper) => takeCosignatures(keeper, path));
}

describe("a cosigned checkpoint", () => {
  it("is refused by a key that is not listed, and changes nothing", async () => {
    const before = await published();
    const path = await cosigned(stranger);
    expect(await refusalOf(() => take(path))).toBe("unknown-signer");
    expect(await published()).toEqual(before);
  });

  it("is published with the log's own signature first, and a newer one takes its place", async () => {
    for (const time of [1_772_000_000, 1_772_000_001]) {
      expect(await take(await cosigned(listed, time))).toEqual(["cosigner.example"]);
      const { signers } = await openNote(await published(), [listed.vkey, context.keys.logSigner.vkey]);
      expect(signers.map(({ name }) => name)).toEqual([context.keys.origin, "cosigner.example"]);
    }
    await checkStation(context);
  });

  it("may be signature lines alone, as a cosigner answers with", async () => {
    const { text } = parseNote(await published());
    const path = join(station.folder, "lines");
    await writeFile(path, formatSignature(await listed.cosign(text, 1_772_000_002)));
    expect(await take(path)).toEqual(["cosigner.example"]);
    const { note } = await openNote(await published(), [listed.vkey]);
    expect(note.signatures).toHaveLength(2);
    await writeFile(path, formatSignature(await stranger.cosign(text, 1_772_000_002)));
    expect(await refusalOf(() => take(path))).toBe("unknown-signer");
    await writeFile(path, formatSignature(await listed.cosign(`${text}x`, 1_772_000_002)));
    expect(await refusalOf(() => take(path))).toBe("bad-signature");
  });

  it("of an earlier size is refused, and the next checkpoint extends the cosigned one", async () => {
    const earlier = await cosigned(listed);
    const before = await published();
    station.setDay(1);
    // The timetable seals the day's batch on the way.
    await keep(context, {}, () => Promise.resolve());
    await checkStation(context, before);
    expect(await refusalOf(() => take(earlier))).toBe("bad-checkpoint");
  });
});
