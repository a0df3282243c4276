/** Destroying: what is gone afterwards, what a copy still has, and that no kill leaves anything half done. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { readBundle } from "../../../src/protocol/crypto/bundle.ts";
import { openSecret } from "../../../src/protocol/crypto/certificate.ts";
import { openNote, parseVkey } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { parseDestruction } from "../../../src/protocol/format/destruction.ts";
import { checkCasebook } from "../../../src/reviewer/casebook/check.ts";
import { type OpenCasebook, requireWeekOver, settle } from "../../../src/reviewer/casebook/destroy.ts";
import { NOTHING_BEFORE } from "../../../src/reviewer/casebook/event.ts";
import { destructionsLeaving, outboxBytes, recordOutbox } from "../../../src/reviewer/casebook/outbox.ts";
import { bundleFolder } from "../../../src/reviewer/casebook/places.ts";
import { finishRekey, replaceSecret } from "../../../src/reviewer/casebook/rekey.ts";
import { readRecord, type ShelvedTip, tipsOf } from "../../../src/reviewer/casebook/shelf.ts";
import { openWords, sealWords, TipKeys } from "../../../src/reviewer/casebook/tip-keys.ts";
import { writeCards } from "../../../src/reviewer/cards.ts";
import type { Subject } from "../../../src/reviewer/triage/acts.ts";
import { refusalOf } from "../../support/refusals.ts";
import { newFolder } from "../../support/review-machine.ts";
import { openWith, smallCasebook } from "../../support/small-casebook.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const quiet = (): void => undefined;

let folder: string;
let card: string;
let copies: string;

async function decided({ casebook }: OpenCasebook, subject: Subject): Promise<void> {
  const { sequence } = await casebook.append({ kind: "proposed", subject }, await casebook.person("Ana"), NOW);
  await casebook.append({ kind: "confirmed", proposal: sequence }, await casebook.person("Bo"), NOW);
}

/** A copy of the casebook as it was in the beginning, opened. */
async function copyOf(original = folder): Promise<OpenCasebook> {
  const copy = join(await mkdtemp(join(copies, "copy-")), "casebook");
  await cp(original, copy, { recursive: true });
  return openWith(copy, card);
}

function firstTip({ casebook }: OpenCasebook): ShelvedTip {
  const [tip] = tipsOf(casebook);
  if (tip === undefined) throw new Error("there are tips");
  return tip;
}

beforeAll(async () => {
  ({ folder, card } = await smallCasebook("destroy me", "keep me"));
  copies = await newFolder();
});

describe("a tip that was destroyed", () => {
  it("is gone with every word about it; the rest is whole", async () => {
    const open = await copyOf();
    const { casebook } = open;
    const tip = firstTip(open);
    const ana = await casebook.person("Ana");
    for (const kind of ["declared", "tip-opened"] as const)
      await casebook.append(kind === "declared" ? { kind, tip: tip.entry.id, ties: [] } : { kind, tip: tip.entry.id }, ana, NOW);
    const key = await casebook.tipKeys.of(tip.bundle, tip.entry.id);
    const sealed = await sealWords("about it", key);
    await casebook.append({ kind: "noted", tip: tip.entry.id, sealed }, ana, NOW);
    expect(await openWords(sealed, key)).toBe("about it");

    await decided(open, { what: "destroy-tip", tip: tip.entry.id });
    expect(await refusalOf(() => readRecord(casebook, tip))).toBe("tip-destroyed");
    await settle(open);
    const again = await openWith(casebook.folder, card);
    expect(await refusalOf(() => again.casebook.tipKeys.of(tip.bundle, tip.entry.id))).toBe("tip-destroyed");
    const place = bundleFolder(casebook, tip.bundle);
    expect(await readdir(join(place, "tips"))).toHaveLength(1);
    expect(await readdir(join(place, "batches", "00000001"))).toHaveLength(1);
    expect(await checkCasebook(again.casebook, quiet)).toEqual([]);
    const [, kept] = tipsOf(again.casebook);
    if (kept === undefined) throw new Error("one is kept");
    expect((await readRecord(again.casebook, kept)).id).toBe(kept.entry.id);
  });

  it("can be read in an older copy with the old cards, and with the new ones cannot", async () => {
    const old = await copyOf();
    const open = await copyOf(old.casebook.folder);
    const tip = firstTip(open);
    const before = await readRecord(open.casebook, tip);
    await decided(open, { what: "destroy-tip", tip: tip.entry.id });
    await settle(open);
    expect(await readRecord(old.casebook, tip)).toEqual(before);

    const secret = randomBytes(32);
    const cards = await newFolder();
    await writeCards(cards, "card", secret, { opens: "x", origin: "o", fingerprint: "", needed: 2, shares: 2, demo: true });
    await replaceSecret(open, secret, { needed: 2, shares: 2 }, await open.casebook.person("Ana"), NOW);
    expect(await refusalOf(() => openWith(open.casebook.folder, card))).toBe("cannot-unlock");
    const both = [1, 2].map((number) => join(cards, `card-${String(number)}-of-2.txt`));
    const now = await openWith(open.casebook.folder, ...both);
    expect(await refusalOf(() => openWith(old.casebook.folder, ...both))).toBe("cannot-unlock");
    const oldKeys = new TipKeys((bundle) => bundleFolder(old.casebook, bundle), now.vault.wrapping);
    expect(await refusalOf(() => oldKeys.of(tip.bundle, tip.entry.id))).toBe("casebook-damaged");
    expect(now.casebook.acts("cards-replaced")).toEqual([{ kind: "cards-replaced", needed: 2, shares: 2 }]);
  });
});

describe("a week's secret", () => {
  it("is not for destroying while tips may still come that are sealed to it", async () => {
    const open = await copyOf();
    const [epoch = ""] = (await openSecret(open.vault.program)).epochs;
    expect(await refusalOf(() => requireWeekOver(open, epoch))).toBe("not-acknowledged");
    expect(await refusalOf(() => requireWeekOver(open, "0".repeat(64)))).toBe("no-epoch");
    const counts = { size: 0, tips: 0, decoys: 0, unreadable: 0, not_included: 0, missing: 0 };
    const batch = { batch: 2, date: "2999-01-01", root: "0".repeat(64), ...counts };
    const act = { kind: "imported", bundle: 2, manifest: batch.root, checkpoint: { size: 1, root: batch.root } } as const;
    const ana = await open.casebook.person("Ana");
    await open.casebook.append({ ...act, batches: [batch], tips: [], troubled: [] }, ana, NOW);
    expect(await refusalOf(() => requireWeekOver(open, epoch))).toBe("not-acknowledged");
    const notes = [1, 2].map((number) => ({ batch: number, note: "n" }));
    await open.casebook.append(
      { kind: "outbox", bundle: 1, previous: batch.root, manifest: batch.root, acknowledgements: notes },
      ana,
      NOW,
    );
    await requireWeekOver(open, epoch);
  });
});

describe("a week's secret that was destroyed", () => {
  it("opens nothing any more, also after the casebook is opened again", async () => {
    const open = await copyOf();
    const [epoch] = (await openSecret(open.vault.program)).epochs;
    if (epoch === undefined) throw new Error("there is a week");
    await decided(open, { what: "destroy-epoch", epoch });
    await settle(open);
    const again = await openWith(open.casebook.folder, card);
    expect((await openSecret(again.vault.program)).destroyed).toEqual([epoch]);
    const before = await readFile(join(open.casebook.folder, "vault.locked"));
    await settle(again);
    expect(await readFile(join(open.casebook.folder, "vault.locked"))).toEqual(before);
  });

  it("is told of in the next outbox, once, by a note of the review key", async () => {
    const open = await copyOf();
    const [epoch] = (await openSecret(open.vault.program)).epochs;
    if (epoch === undefined) throw new Error("there is a week");
    await decided(open, { what: "destroy-epoch", epoch });
    await settle(open);
    const { casebook, vault } = open;
    const date = casebook.events.at(-1)?.at.slice(0, 10);
    expect(destructionsLeaving(casebook, null)).toEqual([{ epoch, date }]);
    const act = await recordOutbox(casebook, vault.review, await casebook.person("Ana"), NOW);
    expect(destructionsLeaving(casebook, null)).toEqual([]);
    const { bytes } = await outboxBytes(casebook, vault.review, act);
    const review = parseVkey(casebook.opened.review);
    const files = new Map<string, Bytes>();
    const expected = { origin: casebook.opened.origin, to: "server", keys: [review], sequence: 1, previous: NOTHING_BEFORE } as const;
    await readBundle(bytes, expected, async (path, size, body) => {
      files.set(path, await collect(body, size));
    });
    const { text } = await openNote(files.get(`destroyed/${epoch}`) ?? new Uint8Array(0), [review]);
    expect(parseDestruction(text)).toEqual({ origin: casebook.opened.origin, epoch, date });
  });
});

describe("a kill before any step", () => {
  const SUPPORT = new URL("../../support/", import.meta.url).href;
  const SOURCE = new URL("../../../src/reviewer/casebook/", import.meta.url).href;

  /** Runs `work` on a casebook in a process that kills itself before its `at`-th rename. Returns whether it came to its end. */
  async function runKilled(casebook: string, at: number, work: string): Promise<boolean> {
    const script = `import fs from "node:fs/promises";
      import { syncBuiltinESMExports } from "node:module";
      const { rename } = fs;
      let count = 0;
      fs.rename = (...args) => { if (++count === ${String(at)}) process.kill(process.pid, "SIGKILL"); return rename(...args); };
      syncBuiltinESMExports();
      const { openVault } = await import("${SOURCE}vault.ts");
      const { Casebook } = await import("${SOURCE}casebook.ts");
      const { settle } = await import("${SOURCE}destroy.ts");
      const { replaceSecret } = await import("${SOURCE}rekey.ts");
      const { parseShares } = await import("${SOURCE}../share-cards.ts");
      const { joinShares } = await import("${SUPPORT}../../src/protocol/crypto/quorum.ts");
      const folder = ${JSON.stringify(casebook)};
      const shares = parseShares(await fs.readFile(${JSON.stringify(card)}, "utf8"));
      const secret = await joinShares(shares);
      const vault = await openVault(new Uint8Array(await fs.readFile(folder + "/vault.locked")), shares);
      const casebook = await Casebook.open(folder, vault);
      const ana = await casebook.person("Ana");
      const now = new Date(0);
      ${work}`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "ignore", "inherit"] });
    const [status, signal] = (await once(child, "exit")) as [number | null, string | null];
    if (status !== 0 && signal !== "SIGKILL") throw new Error("it failed by itself");
    return status === 0;
  }

  it("of destroying a tip leaves it untouched or, after the next start, gone", async () => {
    for (let at = 1, ended = false; !ended; at++) {
      const open = await copyOf();
      const tip = firstTip(open);
      const { sequence } = await open.casebook.append(
        { kind: "proposed", subject: { what: "destroy-tip", tip: tip.entry.id } },
        await open.casebook.person("Bo"),
        NOW,
      );
      ended = await runKilled(
        open.casebook.folder,
        at,
        `await casebook.append({ kind: "confirmed", proposal: ${String(sequence)} }, ana, now); await settle({ casebook, vault, secret });`,
      );
      const again = await openWith(open.casebook.folder, card);
      const decidedNow = again.casebook.state.tip(tip.entry.id).destroyed;
      expect(decidedNow).toBe(at > 1);
      await settle(again);
      expect(await refusalOf(() => readRecord(again.casebook, tip))).toBe(decidedNow ? "tip-destroyed" : null);
      expect(await checkCasebook(again.casebook, quiet)).toEqual([]);
      await rm(open.casebook.folder, { recursive: true });
    }
  });

  it("of replacing the cards leaves old or new cards that open everything", async () => {
    const secret = randomBytes(32);
    const cards = await newFolder();
    await writeCards(cards, "card", secret, { opens: "x", origin: "o", fingerprint: "", needed: 1, shares: 1, demo: true });
    const newCard = join(cards, "card-1-of-1.txt");
    for (let at = 1, ended = false; !ended; at++) {
      const open = await copyOf();
      const { folder: casebook } = open.casebook;
      ended = await runKilled(
        casebook,
        at,
        `await replaceSecret({ casebook, vault }, new Uint8Array(${JSON.stringify([...secret])}), { needed: 1, shares: 1 }, ana, now);`,
      );
      const [works, fails] = at === 1 ? [card, newCard] : [newCard, card];
      expect(await refusalOf(() => openWith(casebook, fails))).toBe("cannot-unlock");
      const again = await openWith(casebook, works);
      const vault = await finishRekey(again);
      expect(vault.wrapping).toHaveLength(1);
      const { casebook: whole } = await openWith(casebook, works);
      expect(await checkCasebook(whole, quiet)).toEqual([]);
      await rm(casebook, { recursive: true });
    }
  });
});
