/** Bundles taken in by the real command: what an honest server sends, and every way a carrier or a server can be dishonest. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { readBundle } from "../../src/protocol/crypto/bundle.ts";
import type { EpochKey } from "../../src/protocol/crypto/certificate.ts";
import { openNote, parseVkey } from "../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { fromUtf8, toHex } from "../../src/protocol/encoding.ts";
import { parseAcknowledgement } from "../../src/protocol/format/acknowledgement.ts";
import { NO_PREVIOUS } from "../../src/protocol/format/manifest.ts";
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import { importBundle, type ImportOrder } from "../../src/reviewer/casebook/import.ts";
import { openVault } from "../../src/reviewer/casebook/vault.ts";
import { parseShares } from "../../src/reviewer/share-cards.ts";
import { patternOf, streamOf } from "../support/bytes.ts";
import {
  type BundleChange,
  bundleFile,
  decoysOf,
  epochsOf,
  fileOf,
  type Item,
  type MadeBundle,
  SmallServer,
  tipOf,
} from "../support/make-bundle.ts";
import { MemoryLog, signerOf } from "../support/memory-log.ts";
import { refusalOf } from "../support/refusals.ts";
import { listingOf, newFolder, newReviewMachine, type ReviewMachine, reviewMachineIn } from "../support/review-machine.ts";

const MAIN = fileURLToPath(new URL("../../src/reviewer/main.ts", import.meta.url));
const ORIGIN = "tips.test/log";
const NARRATIVE = "我看见了。\nجانلىق\u200B بەتتە\nབོད་ཡིག \u202Eexe";
const HOSTILE_NAME = "../../etc/\u202Ecod.sh\u0007";

let machine: ReviewMachine;
let folder: string;
let logKey: string;
let to: { program: EpochKey; rewards: EpochKey };
let decoys: Item[];

beforeAll(async () => {
  machine = await newReviewMachine(ORIGIN);
  folder = await newFolder();
  logKey = join(folder, "log.vkey");
  await writeFile(logKey, `${(await signerOf(ORIGIN)).vkey.text}\n`);
  to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  decoys = await decoysOf(to.program, 12);
});

let files = 0;
async function onStick(bytes: Bytes): Promise<string> {
  const path = join(folder, `bundle-${String(++files)}.tar`);
  await writeFile(path, bytes);
  return path;
}

/** Tries an import that must be refused; returns the code. The casebook must stay as it is, byte for byte. */
async function refusalOfImport(on: ReviewMachine, bytes: Bytes, ...options: string[]): Promise<string> {
  const before = await listingOf(on.casebook);
  const { status, err } = await on.run("import", await onStick(bytes), "--json", ...options);
  expect(status).toBe(1);
  expect(await listingOf(on.casebook)).toEqual(before);
  const last = err.trim().split("\n").at(-1) ?? "";
  return (JSON.parse(last) as { error: string }).error;
}

describe("a bundle from an honest server", () => {
  let server: SmallServer;
  let first: MadeBundle;
  let roots: string[];
  const image = patternOf(700_001, 7);
  const attachments = [
    fileOf(HOSTILE_NAME, "application/x-\u202Esh", image),
    fileOf("scan.JPG", "image/jpeg", patternOf(12, 3)),
    fileOf("empty.txt", "text/plain", new Uint8Array(0)),
  ];
  const seed = randomBytes(32);

  beforeAll(async () => {
    server = await SmallServer.create(ORIGIN);
    const tip = await tipOf(to, { narrative: NARRATIVE, where: "CN-XJ", basis: "saw_or_did", when: "2016~", language: "ug" }, attachments, {
      seed,
    });
    const a = await server.seal([tip, ...decoys.slice(0, 3)]);
    const b = await server.seal(decoys.slice(3, 6));
    roots = [a.root, b.root];
    first = await server.exportBundle();
  });

  it("needs a log key the first time, says its fingerprint, and takes in tips without decoys", async () => {
    const path = await onStick(first.bytes);
    const without = await machine.run("import", path);
    expect(without.status).toBe(2);
    expect(without.err).toContain("--log-key");

    const { status, out, err } = await machine.run("import", path, "--log-key", logKey);
    expect(err).toContain(
      createHash("sha256")
        .update((await signerOf(ORIGIN)).vkey.text)
        .digest("hex"),
    );
    expect({ status, out: out.split("\n")[0] }).toEqual({ status: 0, out: "Bundle 1 imported: 2 batches, 1 tip, 6 decoys dropped." });
    expect(await machine.result("status")).toMatchObject({ bundles: 1, batches: 2, tips: 1, decoys: 6, to_acknowledge: [1, 2] });
  });

  it("shows a tip with unseen characters made visible and no line that a witness could have written", async () => {
    const { tips } = (await machine.result("list")) as { tips: { id: string; attachments: number }[] };
    expect(tips).toHaveLength(1);
    expect(tips[0]?.attachments).toBe(3);
    const id = tips[0]?.id ?? "";
    const { out } = await machine.run("show", id.slice(0, 6));
    expect(out).toContain("  | 我看见了。\n  | جانلىق<U+200B> بەتتە\n  | བོད་ཡིག <U+202E>exe\n");
    expect(out).toContain("Where: Xinjiang (CN-XJ)");
    expect(out).toContain("name | ../../etc/<U+202E>cod.sh<U+0007>");
    expect(out).toContain(createHash("sha256").update(image).digest("hex"));
    const json = await machine.result("show", id);
    expect(json).toMatchObject({ answers: { narrative: NARRATIVE, when: "2016~" } });
    expect((await machine.run("list")).out).toMatch(/^[0-9a-f]{12} {2}2026-06-02 \[3 files\] {2}\| 我看见了。/);
  });

  it("extracts attachments byte for byte under safe names, mode 0600, and never over anything", async () => {
    const { tips } = (await machine.result("list")) as { tips: { id: string }[] };
    const id = tips[0]?.id ?? "";
    const place = join(folder, "extracted");
    await machine.result("extract", id, place);
    expect((await listingOf(place)).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(
      ["0001", "0002.jpg", "0003.txt", "manifest.json", "tip.json", "tip.sig"].map((name) => `${name} 100600`),
    );
    expect(new Uint8Array(await readFile(join(place, "0001")))).toEqual(image);
    expect(new Uint8Array(await readFile(join(place, "0002.jpg")))).toEqual(patternOf(12, 3));
    expect((await readFile(join(place, "0003.txt"))).length).toBe(0);
    const manifest = await readFile(join(place, "manifest.json"), "utf8");
    expect(manifest).not.toMatch(/[\u202E\u0007]/);
    expect((JSON.parse(manifest) as { files: { name: string }[] }).files[0]?.name).toBe(HOSTILE_NAME);

    const again = await machine.run("extract", id, place, "--json");
    expect({ status: again.status, err: again.err }).toMatchObject({
      status: 1,
      err: expect.stringContaining('"already-there"') as string,
    });
    expect((await machine.run("extract", "0000", join(folder, "nothing"), "--json")).err).toContain('"no-such-tip"');
  });

  it("acknowledges every batch once in an outbox the server can check, and makes the same again byte for byte", async () => {
    const out = join(folder, "outbox-1.tar");
    await machine.result("outbox", out);
    const bytes = new Uint8Array(await readFile(out));
    const review = parseVkey(fromUtf8(await machine.publicFile("review.vkey")).trimEnd());
    const notes: Uint8Array[] = [];
    const expected = { origin: ORIGIN, to: "server", keys: [review], sequence: 1, previous: NO_PREVIOUS } as const;
    const { manifest } = await readBundle(streamOf(bytes), expected, async (_path, _size, body) => {
      notes.push(concat(...(await Array.fromAsync(body))));
    });
    expect(manifest.entries.map(({ path }) => path)).toEqual(["acknowledgements/00000001", "acknowledgements/00000002"]);
    for (const [index, note] of notes.entries()) {
      const { batch, root, origin } = parseAcknowledgement((await openNote(note, [review])).text);
      expect({ batch, root: toHex(root), origin }).toEqual({ batch: index + 1, root: roots[index], origin: ORIGIN });
    }

    expect((await machine.run("outbox", join(folder, "outbox-2.tar"), "--json")).err).toContain('"nothing-to-do"');
    expect((await machine.run("outbox", out, "--again", "--json")).err).toContain('"already-there"');
    await machine.result("outbox", join(folder, "outbox-again.tar"), "--again");
    expect(new Uint8Array(await readFile(join(folder, "outbox-again.tar")))).toEqual(bytes);
    expect(await machine.result("status")).toMatchObject({ to_acknowledge: [], outboxes: 1 });
  });

  it("takes in the next bundle, knows the same witness again, and names what was sealed and not sent", async () => {
    await server.seal([await tipOf(to, { narrative: "And then." }, [], { seed, sequence: 1 }), ...decoys.slice(6, 9)]);
    const second = await server.exportBundle();
    await machine.result("import", await onStick(second.bytes));
    const { tips } = (await machine.result("list")) as { tips: { id: string; sequence: number }[] };
    const [before, after] = tips;
    expect(await machine.result("show", after?.id ?? "")).toMatchObject({ same_witness: [{ id: before?.id, sequence: 0 }] });

    await server.seal(decoys.slice(9, 11));
    const { warnings } = await machine.result("import", await onStick((await server.exportBundle({ files: withoutItems })).bytes));
    expect(warnings).toEqual(["In the log but in no bundle so far: batch 4."]);
    expect(await machine.result("verify")).toMatchObject({ damages: [] });
  });

  it("finds by verify a sealed item that was changed and a record that is gone", async () => {
    const copy = reviewMachineIn(join(await newFolder(), "copy"));
    await cp(machine.folder, copy.folder, { recursive: true });
    const { tips } = (await copy.result("list")) as { tips: { id: string; batch: number }[] };
    const files = (await listingOf(copy.casebook)).map((line) => line.split(" ")[0] ?? "");
    const sealed = join(copy.casebook, files.find((path) => path.includes("batches/00000001/0")) ?? "");
    const bytes = await readFile(sealed);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    await writeFile(sealed, bytes);
    await rm(join(copy.casebook, "bundles", "000002", "tips", `${tips[1]?.id ?? ""}.jwe`));
    const { status, out } = await copy.run("verify");
    expect(status).toBe(1);
    expect(out).toMatch(/Damaged: batch 1, item \d+\. The content does not have the stated digest\./);
    expect(out).toContain(`Damaged: tip ${tips[1]?.id ?? ""}.`);
    expect((await copy.run("extract", tips[0]?.id ?? "", join(copy.folder, "out"), "--json")).err).toContain('"not-authentic"');
    expect((await listingOf(copy.folder)).filter((line) => line.startsWith("out"))).toEqual([]);
  });
});

const withoutItems: NonNullable<BundleChange["files"]> = (all) => all.filter(({ path }) => !path.startsWith("batches/"));

describe("items that are not as they should be", () => {
  it("are kept sealed, recorded and reported, and keep nothing else out", async () => {
    const on = await newReviewMachine(ORIGIN);
    const epochs = await epochsOf(await on.publicFile("program.pgp"), await on.publicFile("rewards.pgp"));
    const good = await tipOf(epochs, {}, [], {});
    const strange = await tipOf(epochs, { narrative: "The log has another commitment." });
    const fresh = await decoysOf(epochs.program, 2);
    const [broken, foreign] = [fresh[0], decoys[0]];
    if (broken === undefined || foreign === undefined) throw new Error("there are decoys");
    broken.envelope[30_000] = (broken.envelope[30_000] ?? 0) ^ 1;
    const server = await SmallServer.create(ORIGIN);
    const other = randomBytes(32);
    await server.seal([good, strange, broken, foreign], (c) => (toHex(c) === toHex(strange.commitment) ? other : c));
    const { bytes } = await server.exportBundle();
    const result = await on.result("import", await onStick(bytes), "--log-key", logKey);
    expect(result).toMatchObject({
      batches: [{ batch: 1, size: 4, tips: 1, decoys: 0, unreadable: 2, not_included: 1, missing: 0 }],
      warnings: [
        "Batch 1 has too few decoys: 0 of 4. Its numbers may tell how many tips came.",
        "2 items could not be opened; kept sealed.",
        "1 item opened but the log has another commitment at that place; kept sealed.",
      ],
    });
    expect(await on.result("status")).toMatchObject({ tips: 1, unreadable: 2, not_included: 1, to_acknowledge: [1] });
    expect(await on.result("verify")).toMatchObject({ damages: [] });
  });

  it("are not acknowledged when some never came", async () => {
    const on = await newReviewMachine(ORIGIN);
    const epochs = await epochsOf(await on.publicFile("program.pgp"), await on.publicFile("rewards.pgp"));
    const server = await SmallServer.create(ORIGIN);
    await server.seal(await decoysOf(epochs.program, 3));
    const { bytes } = await server.exportBundle({ files: (all) => all.filter(({ path }) => path !== "batches/00000001/0002") });
    expect(await on.result("import", await onStick(bytes), "--log-key", logKey)).toMatchObject({
      warnings: ["Batch 1 is incomplete: 1 of 3 items are missing. It is not acknowledged."],
    });
    expect(await on.result("status")).toMatchObject({ missing: 1, to_acknowledge: [] });
  });
});

describe("a bundle that is refused leaves the casebook byte for byte as it was", () => {
  let on: ReviewMachine;
  let first: MadeBundle;
  let server: SmallServer;
  let beginning: SmallServer;
  let own: Item[];
  let order: ImportOrder;

  beforeAll(async () => {
    on = await newReviewMachine(ORIGIN);
    const epochs = await epochsOf(await on.publicFile("program.pgp"), await on.publicFile("rewards.pgp"));
    own = await decoysOf(epochs.program, 6);
    server = await SmallServer.create(ORIGIN);
    await server.log.append([{ kind: "key", action: "published", date: "2026-06-01", role: "log", vkey: "1".repeat(64) }]);
    beginning = server.fork();
    await server.seal(own.slice(0, 3));
    first = await server.exportBundle();
    await on.result("import", await onStick(first.bytes), "--log-key", logKey);
    await server.seal(own.slice(3));

    const cards = await readFile(join(on.folder, "cards", "card-1-of-1.txt"), "utf8");
    const vault = await openVault(new Uint8Array(await readFile(join(on.casebook, "vault.locked"))), parseShares(cards));
    const casebook = await Casebook.open(on.casebook, vault);
    const log = (await signerOf(ORIGIN)).vkey;
    order = { casebook, program: vault.program, log, person: await casebook.person(), now: new Date(), progress: () => undefined };
  });

  /** As {@link refusalOfImport}, by the same code in this process: the order of checks is the matter here, not the command. */
  async function refusalHere(bytes: Bytes, piece = 65_536): Promise<string> {
    const before = await listingOf(on.casebook);
    const code = await refusalOf(() => importBundle(streamOf(bytes, piece), order));
    expect(await listingOf(on.casebook)).toEqual(before);
    return code ?? "not refused";
  }

  /** The next bundle with a change. */
  async function changed(change: BundleChange): Promise<Bytes> {
    return (await server.fork().exportBundle(change)).bytes;
  }

  async function honest(): Promise<Bytes> {
    return (await server.fork().exportBundle()).bytes;
  }

  it("when a byte of an item was changed on the way", async () => {
    const bytes = await honest();
    bytes[bytes.length - 30_000] = (bytes[bytes.length - 30_000] ?? 0) ^ 1;
    expect(await refusalOfImport(on, bytes)).toBe("bundle-tampered");
  });

  it("when the manifest was changed on the way", async () => {
    const bytes = await honest();
    const at = Buffer.from(bytes).indexOf("batches/00000002/0001");
    bytes.set(Buffer.from("batches/00000002/0009"), at);
    expect(await refusalHere(bytes)).toBe("bad-signature");
  });

  it.each([
    ["in an item", 100_000],
    ["at its very end", 1],
    ["in the manifest", -1],
  ])("when it was cut %s", async (_where, cut) => {
    const bytes = await honest();
    expect(await refusalHere(cut < 0 ? bytes.slice(0, 700) : bytes.slice(0, -cut))).toBe("bundle-truncated");
  });

  it("when it is empty", async () => {
    expect(await refusalHere(new Uint8Array(0))).toBe("bundle-truncated");
  });

  it("when there is something after its end", async () => {
    expect(await refusalHere(concat(await honest(), new Uint8Array(512)))).toBe("trailing-bytes");
  });

  it("when it was imported before", async () => {
    expect(await refusalOfImport(on, first.bytes)).toBe("bundle-replayed");
  });

  it("when two of its files changed places", async () => {
    const bytes = await honest();
    const block = 512 + Math.ceil((own[0]?.envelope.length ?? 0) / 512) * 512;
    const end = bytes.length - 1024;
    const swapped = concat(
      bytes.slice(0, end - 2 * block),
      bytes.slice(end - block, end),
      bytes.slice(end - 2 * block, end - block),
      bytes.slice(end),
    );
    expect(await refusalOfImport(on, swapped)).toBe("bundle-reordered");
  });

  it("when one before it is missing", async () => {
    expect(await refusalOfImport(on, await changed({ sequence: 3 }))).toBe("bundle-skipped");
  });

  it("when it does not follow the one that was imported", async () => {
    expect(await refusalOfImport(on, await changed({ previous: "2".repeat(64) }))).toBe("bundle-forked");
  });

  it.each<[string, () => Promise<BundleChange>]>([
    ["is for another program", () => Promise.resolve({ origin: "other.test/log" })],
    ["goes the other way", () => Promise.resolve({ to: "server" })],
    ["is signed by another key", async () => ({ signer: await signerOf(ORIGIN, "somebody else") })],
  ])("when it %s", async (_what, change) => {
    expect(await refusalOfImport(on, await changed(await change()))).toBe("bundle-foreign");
  });

  it("when another log key is offered than the pinned one", async () => {
    const other = join(folder, "other.vkey");
    await writeFile(other, (await signerOf(ORIGIN, "somebody else")).vkey.text);
    expect(await refusalOfImport(on, await honest(), "--log-key", other)).toBe("bundle-foreign");
  });

  it("when its log has another past", async () => {
    const forked = beginning.fork();
    await forked.seal(decoys.slice(6, 9));
    await forked.seal(decoys.slice(9, 12));
    const bundle = await forked.exportBundle({ sequence: 2, previous: first.manifestHash });
    expect(await refusalOfImport(on, bundle.bytes)).toBe("log-forked");
  });

  it("when its log is shorter than before", async () => {
    const old = beginning.log.files.get("checkpoint") ?? new Uint8Array(0);
    const files: BundleChange["files"] = (all) => [bundleFile("checkpoint", old), ...all.slice(1)];
    expect(await refusalHere(await changed({ files }))).toBe("log-shrunk");
  });

  it("when a tile is missing", async () => {
    const files: BundleChange["files"] = (all) => all.filter(({ path }) => !path.startsWith("log/tile/entries/"));
    expect(await refusalHere(await changed({ files }))).toBe("bad-tile");
  });

  it("when an entry is not the one that was hashed", async () => {
    const files: BundleChange["files"] = (all) =>
      all.map((file) => {
        if (!file.path.startsWith("log/tile/entries/")) return file;
        const bytes = (server.log.files.get(file.path.slice("log/".length)) ?? new Uint8Array(0)).slice();
        const at = Buffer.from(bytes).indexOf('"c":"') + 5;
        bytes[at] = (bytes[at] ?? 0) === 0x30 ? 0x31 : 0x30;
        return bundleFile(file.path, bytes);
      });
    expect(await refusalHere(await changed({ files }))).toBe("bad-tile");
  });

  it("when its checkpoint is signed by another key or is not there", async () => {
    const other = new MemoryLog(await signerOf(ORIGIN, "somebody else"));
    for (const [path, bytes] of server.log.files) other.files.set(path, bytes);
    await other.sign(server.log.size);
    const signed = other.files.get("checkpoint") ?? new Uint8Array(0);
    const files: BundleChange["files"] = (all) => [bundleFile("checkpoint", signed), ...all.slice(1)];
    expect(await refusalHere(await changed({ files }))).toBe("unknown-signer");
    expect(await refusalHere(await changed({ files: (all) => all.slice(1) }))).toBe("bad-manifest");
  });

  it("when it brings a batch the log knows nothing of, one that came before, or more items than the batch has", async () => {
    const item = own[0]?.envelope ?? new Uint8Array(0);
    const with_ = (path: string) => changed({ files: (all) => [...all, bundleFile(path, item)] });
    expect(await refusalHere(await with_("batches/00000009/0001"))).toBe("not-included");
    expect(await refusalHere(await with_("batches/00000001/0001"))).toBe("bad-manifest");
    expect(await refusalHere(await with_("batches/00000002/0003"))).toBe("bad-manifest");
  });

  it.each(["readme", "batches/2/1", "batches/00000002/00000", "log/tile/9/000", "log/tile/0/000.p/256", "events/00000001.jwe"])(
    "when it brings a file %s",
    async (path) => {
      const code = await refusalHere(await changed({ files: (all) => [...all, bundleFile(path, new Uint8Array(1))] }));
      expect(["bad-manifest", "bad-tile"]).toContain(code);
    },
  );

  it("when any byte of it was changed", async () => {
    const bytes = await honest();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(await refusalHere(changed)).not.toBe("not refused");
      }),
      { numRuns: 30 },
    );
  });

  it("when it ends anywhere", async () => {
    const bytes = await honest();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        expect(await refusalHere(bytes.slice(0, length))).toBe("bundle-truncated");
      }),
      { numRuns: 20 },
    );
  });

  it("when the disk takes no more", async () => {
    const before = await listingOf(on.casebook);
    const words = [
      "import",
      await onStick(await honest()),
      "--casebook",
      on.casebook,
      "--shares",
      join(on.folder, "cards", "card-1-of-1.txt"),
    ];
    // Files above 40 KiB cannot be written: each item is larger.
    const script = `trap '' XFSZ; ulimit -f 40; exec "$0" "$@"`;
    const child = spawn("bash", ["-c", script, process.execPath, MAIN, ...words, "--json"], { stdio: ["ignore", "ignore", "pipe"] });
    const [err, [status]] = await Promise.all([text(child.stderr), once(child, "close") as Promise<[number | null]>]);
    expect(status).toBe(1);
    expect(err).toContain('"fault"');
    expect(await listingOf(on.casebook)).toEqual(before);
  });

  it("and after all of them the honest bundle is taken in", async () => {
    await on.result("import", await onStick(await honest()));
    expect(await on.result("status")).toMatchObject({ bundles: 2, batches: 2, decoys: 6 });
    expect(await on.result("verify")).toMatchObject({ damages: [] });
  });
});

describe("an import that is killed", () => {
  it("leaves a casebook that is whole and takes the same bundle in the end", async () => {
    const on = await newReviewMachine(ORIGIN);
    const epochs = await epochsOf(await on.publicFile("program.pgp"), await on.publicFile("rewards.pgp"));
    const server = await SmallServer.create(ORIGIN);
    const tips: Item[] = [];
    for (let index = 0; index < 12; index++) tips.push(await tipOf(epochs, { narrative: `Tip ${String(index)}` }));
    await server.seal([...tips, ...(await decoysOf(epochs.program, 8))]);
    const path = await onStick((await server.exportBundle()).bytes);

    for (let kill = 0; kill < 6; kill++) {
      const { process: child, ended } = on.start("import", path, "--log-key", logKey);
      // From early in its work to about its end; where exactly does not matter.
      const timer = setTimeout(() => child.kill("SIGKILL"), 400 + 130 * kill);
      await ended;
      clearTimeout(timer);
      expect(await on.result("verify")).toMatchObject({ damages: [] });
    }
    const { bundles } = await on.result("status");
    if (bundles === 0) await on.result("import", path, "--log-key", logKey);
    expect(await on.result("status")).toMatchObject({ bundles: 1, tips: 12, decoys: 8 });
    expect((await on.run("import", path, "--json")).err).toContain('"bundle-replayed"');
    expect((await listingOf(on.casebook)).filter((line) => line.includes(".partial"))).toEqual([]);
    expect(await on.result("verify")).toMatchObject({ damages: [] });
  });
});
