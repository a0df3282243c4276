/** What every format of the log side has in common: what is parsed would have been written so, and hostile bytes are refused by name. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asBytes, type Bytes } from "../../../src/protocol/bytes.ts";
import { fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal, type RefusalCode } from "../../../src/protocol/errors.ts";
import { acknowledgementPath, formatAcknowledgement, parseAcknowledgement } from "../../../src/protocol/format/acknowledgement.ts";
import { formatCheckpoint, parseCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { formatDestruction, parseDestruction } from "../../../src/protocol/format/destruction.ts";
import { formatInventory, parseInventory } from "../../../src/protocol/format/inventory.ts";
import { formatLeaf, type Leaf, parseLeaf } from "../../../src/protocol/format/leaf.ts";
import { formatManifest, type Manifest, NO_PREVIOUS, parseManifest } from "../../../src/protocol/format/manifest.ts";
import { formatNote, parseNote } from "../../../src/protocol/format/note.ts";
import { formatReceipt, parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { formatRetention, parseRetention } from "../../../src/protocol/format/retention.ts";
import {
  formatRetentionNote,
  NO_NOTE_BEFORE,
  parseRetentionNote,
  type RetentionNote,
} from "../../../src/protocol/format/retention-note.ts";
import { formatEntries, parseEntries } from "../../../src/protocol/format/tile.ts";

const bytes = (least: number, most = least): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((view) => asBytes(new Uint8Array(view)));
const hash = bytes(32).map(toHex);
const origin = fc.stringMatching(/^[a-z0-9.-]{1,20}(\/[a-z0-9]{1,8})?$/);
const number = fc.integer({ min: 1, max: 99_999_999 });
const date = fc.integer({ min: 0, max: 2_932_896 }).map(formatDate);
const path = fc.stringMatching(/^[a-z]{1,10}(\/[a-z0-9]{1,10}){0,3}$/).filter((text) => text !== "manifest");
const days = fc.integer({ min: 0, max: 36_500 });

/** Any leaf of each kind. */
const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    kind: fc.constant("key" as const),
    action: fc.constant("published" as const),
    date,
    role: fc.constantFrom("log", "review"),
    vkey: hash,
  }),
  fc.record({
    kind: fc.constant("epoch" as const),
    action: fc.constantFrom("published", "destroyed"),
    certificate: fc.constantFrom("program", "rewards"),
    fingerprint: hash,
    from: date,
    to: date,
  }),
  fc.record({ kind: fc.constant("policy" as const), date, from: date, note: hash, number, sha256: hash }),
  fc.record({ kind: fc.constant("page" as const), date, manifest: hash, commit: bytes(20).map(toHex), sbom: hash }),
  fc.record({ kind: fc.constant("received" as const), batch: number, c: hash }),
  fc.record({ kind: fc.constant("sealed" as const), batch: number, date, size: number, policy: hash, key: hash }),
  fc.record({ kind: fc.constant("exported" as const), bundle: number, date, first: number, last: number, sha256: hash }),
  fc.record({ kind: fc.constant("acknowledged" as const), batch: number, date, sha256: hash }),
  fc.record({
    kind: fc.constant("purged" as const),
    batch: number,
    date,
    key: hash,
    method: fc.constant("key-destroyed-partition-dropped" as const),
  }),
  fc.record({ kind: fc.constant("audit" as const), date, sha256: hash }),
);

interface Format {
  readonly name: string;
  /** Valid bytes. */
  readonly valid: fc.Arbitrary<Bytes>;
  /** Parses and writes again. */
  readonly again: (input: Bytes) => Bytes;
  readonly codes: readonly RefusalCode[];
}

/** A format whose parser takes the text of a note. */
function textual<T>(
  name: string,
  value: fc.Arbitrary<T>,
  format: (value: T) => string,
  parse: (text: string) => T,
  code: RefusalCode,
): Format {
  return {
    name,
    valid: value.map((one) => utf8(format(one))),
    again: (input) => utf8(format(parse(fromUtf8(input)))),
    codes: [code, "not-utf8"],
  };
}

function binary<T>(
  name: string,
  value: fc.Arbitrary<T>,
  format: (value: T) => Bytes,
  parse: (input: Bytes) => T,
  code: RefusalCode,
): Format {
  return { name, valid: value.map(format), again: (input) => format(parse(input)), codes: [code] };
}

/** Different batches, in their order. */
function ascending<T extends { batch: number }>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  const some = fc.uniqueArray(one, { selector: ({ batch }) => batch, maxLength: 5 });
  return some.map((list) => list.toSorted((a, b) => a.batch - b.batch));
}

const FORMATS: readonly Format[] = [
  binary(
    "note",
    fc.record({
      text: fc.array(fc.string({ unit: "grapheme-composite" })).map((lines) => `${lines.join("\n").replaceAll(/[^\P{Cc}\n]/gu, "")}\n`),
      signatures: fc.array(fc.record({ name: origin, id: fc.integer({ min: 0, max: 2 ** 32 - 1 }), signature: bytes(1, 72) }), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
    formatNote,
    parseNote,
    "bad-note",
  ),
  textual("checkpoint", fc.record({ origin, size: fc.maxSafeNat(), root: bytes(32) }), formatCheckpoint, parseCheckpoint, "bad-checkpoint"),
  binary("leaf", leaf, formatLeaf, parseLeaf, "bad-leaf"),
  binary(
    "entries tile",
    fc.array(bytes(0, 300), { minLength: 3, maxLength: 3 }),
    formatEntries,
    (input) => parseEntries(input, 3),
    "bad-tile",
  ),
  textual("receipt", fc.record({ origin, commitment: bytes(32), batch: number }), formatReceipt, parseReceipt, "bad-receipt"),
  textual(
    "acknowledgement",
    fc.record({ origin, batch: number, root: bytes(32), date }),
    formatAcknowledgement,
    parseAcknowledgement,
    "bad-acknowledgement",
  ),
  textual("record of destruction", fc.record({ origin, epoch: hash, date }), formatDestruction, parseDestruction, "bad-destruction"),
  textual(
    "manifest",
    fc.record({
      origin,
      to: fc.constantFrom("review" as const, "server" as const),
      sequence: number,
      previous: hash,
      entries: fc.uniqueArray(fc.record({ sha256: hash, size: fc.integer({ min: 0, max: 8 * 2 ** 30 - 1 }), path }), {
        selector: (entry) => entry.path,
        maxLength: 5,
      }),
    }),
    formatManifest,
    parseManifest,
    "bad-manifest",
  ),
  textual(
    "inventory",
    fc.record({
      origin,
      date,
      size: fc.maxSafeNat(),
      batches: ascending(fc.record({ batch: number, items: number, whole: fc.boolean() })),
      keys: ascending(fc.record({ batch: number, fingerprint: hash })),
    }),
    formatInventory,
    parseInventory,
    "bad-inventory",
  ),
  binary(
    "retention policy",
    fc.record({
      daysAfterAcknowledgement: days,
      daysAtMost: days,
      graceDays: days,
      unacknowledged: fc.constantFrom("keep" as const, "destroy" as const),
    }),
    formatRetention,
    parseRetention,
    "bad-policy",
  ),
  textual<RetentionNote>(
    "retention note",
    fc
      .record({
        origin,
        number,
        from: date,
        previous: hash.filter((text) => text !== NO_NOTE_BEFORE),
        policy: fc.record({
          daysAfterAcknowledgement: days,
          daysAtMost: days,
          graceDays: days,
          unacknowledged: fc.constantFrom("keep", "destroy"),
        }),
        signers: fc.uniqueArray(fc.stringMatching(/^[!-~]{1,40}$/), { minLength: 2, maxLength: 16 }).map((texts) => texts.sort()),
      })
      .map((note) => (note.number === 1 ? { ...note, previous: NO_NOTE_BEFORE } : note)),
    formatRetentionNote,
    parseRetentionNote,
    "bad-policy",
  ),
];

/** Parses; a refusal must have one of the format's codes, anything else is a crash. */
function parsesOrRefuses(format: Format, input: Bytes): void {
  let output: Bytes;
  try {
    output = format.again(input);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect(format.codes).toContain((error as Refusal).code);
    return;
  }
  expect(output).toEqual(input);
}

describe.each(FORMATS)("a $name", (format) => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(format.valid, (input) => {
        expect(format.again(input)).toEqual(input);
      }),
    );
  });

  test("changed in one byte is refused, or is another valid one in its one form", () => {
    fc.assert(
      fc.property(format.valid, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, place, change) => {
        const changed = input.slice();
        changed[place % changed.length] = (changed[place % changed.length] ?? 0) ^ change;
        parsesOrRefuses(format, changed);
      }),
      { numRuns: 500 },
    );
  });

  test("cut short or with bytes after it is refused, or is another valid one in its one form", () => {
    fc.assert(
      fc.property(format.valid, fc.nat(), bytes(1, 20), (input, length, more) => {
        parsesOrRefuses(format, input.slice(0, length % input.length));
        parsesOrRefuses(format, asBytes(new Uint8Array([...input, ...more])));
      }),
    );
  });

  test("is not made of just any bytes", () => {
    fc.assert(
      fc.property(bytes(0, 200), (input) => {
        parsesOrRefuses(format, input);
      }),
    );
  });
});

describe("refused because it has a second form", () => {
  const note = (text: string): Bytes => utf8(text);
  test.each([
    ["a checkpoint with a leading zero", () => parseCheckpoint(`log\n007\n${"A".repeat(43)}=\n`), "bad-checkpoint"],
    ["a checkpoint with an extension line", () => parseCheckpoint(`log\n7\n${"A".repeat(43)}=\nmore\n`), "bad-checkpoint"],
    ["a checkpoint whose root has unused bits", () => parseCheckpoint(`log\n7\n${"A".repeat(42)}B=\n`), "bad-checkpoint"],
    ["a checkpoint above 2^53", () => parseCheckpoint(`log\n9999999999999999\n${"A".repeat(43)}=\n`), "bad-checkpoint"],
    ["a receipt for batch 0", () => parseReceipt(`log/receipt/v1\nc ${"0".repeat(64)}\nbatch 00000000\n`), "bad-receipt"],
    ["a receipt with a short number", () => parseReceipt(`log/receipt/v1\nc ${"0".repeat(64)}\nbatch 7\n`), "bad-receipt"],
    [
      "an acknowledgement on 30 February",
      () => parseAcknowledgement(`log/acknowledgement/v1\nbatch 00000001\nroot ${"0".repeat(64)}\ndate 2026-02-30\n`),
      "bad-acknowledgement",
    ],
    [
      "a record of destruction on 30 February",
      () => parseDestruction(`log/destroyed/v1\nepoch ${"0".repeat(64)}\ndate 2026-02-30\n`),
      "bad-destruction",
    ],
    ["a leaf with white space", () => parseLeaf(note(`{"batch":"00000001", "c":"${"0".repeat(64)}","kind":"received"}`)), "bad-leaf"],
    ["a leaf of an unknown kind", () => parseLeaf(note(`{"kind":"toString"}`)), "bad-leaf"],
    [
      "a leaf with a field too many",
      () => parseLeaf(note(`{"batch":"00000001","c":"${"0".repeat(64)}","kind":"received","x":1}`)),
      "bad-leaf",
    ],
    ["a leaf for batch 0", () => parseLeaf(note(`{"batch":"00000000","c":"${"0".repeat(64)}","kind":"received"}`)), "bad-leaf"],
    ["a note without a signature", () => parseNote(note("text\n")), "bad-note"],
    ["a note with a tab", () => parseNote(note("te\txt\n\n\u2014 log AAAAAAAA\n")), "bad-note"],
    ["a note with a hyphen for the dash", () => parseNote(note("text\n\n- log AAAAAAAA\n")), "bad-note"],
    ["a note that is longer than the limit", () => parseNote(note("text\n\n\u2014 log AAAAAAAA\n"), 10), "bad-note"],
  ] as const)("%s", (_, parse, code) => {
    expect(parse).toThrow(expect.objectContaining({ code }));
  });

  test.each(["../x", "/x", "x//y", "x/./y", "x/", "manifest", "x y", "X", "x\\y", "", `x${"y".repeat(100)}`])(
    "a manifest with the path %j",
    (entry) => {
      const text = `log/bundle/v1\nto review\nsequence 00000001\nprevious ${"0".repeat(64)}\n${"0".repeat(64)} 1 ${entry}\n`;
      expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: "bad-manifest" }));
    },
  );

  const head = `log/bundle/v1\nto review\nsequence 00000001\nprevious ${NO_PREVIOUS}\n`;
  test.each([
    ["that begins with something else", `${head}x${"0".repeat(64)} 1 x\n`],
    ["with a size of 8 GiB", `${head}${"0".repeat(64)} ${String(8 * 2 ** 30)} x\n`],
    ["of a bundle 0", head.replace("00000001", "00000000")],
  ])("a manifest %s", (_, text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: "bad-manifest" }));
  });

  test("a manifest that lists a path twice", () => {
    const line = `${"0".repeat(64)} 1 x\n`;
    const text = `log/bundle/v1\nto review\nsequence 00000001\nprevious ${"0".repeat(64)}\n${line}${line}`;
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: "bad-manifest" }));
  });
});

describe("what would be refused is not written", () => {
  const manifest: Manifest = { origin: "log", to: "review", sequence: 1, previous: NO_PREVIOUS, entries: [] };
  const policy = { daysAfterAcknowledgement: 1, daysAtMost: 2, graceDays: 3, unacknowledged: "keep" } as const;
  const note = { origin: "log", number: 1, from: "2026-11-24", previous: NO_NOTE_BEFORE, policy, signers: ["a", "b"] } as const;
  const root = new Uint8Array(32);
  test.each([
    ["an acknowledgement on 30 February", () => formatAcknowledgement({ origin: "log", batch: 1, root, date: "2026-02-30" })],
    ["an acknowledgement of batch 0", () => formatAcknowledgement({ origin: "log", batch: 0, root, date: "2026-02-20" })],
    [
      "a manifest whose path leads out",
      () => formatManifest({ ...manifest, entries: [{ sha256: "0".repeat(64), size: 1, path: "../x" }] }),
    ],
    ["a manifest of bundle 0", () => formatManifest({ ...manifest, sequence: 0 })],
    ["a record of destruction on 30 February", () => formatDestruction({ origin: "log", epoch: "0".repeat(64), date: "2026-02-30" })],
    ["a retention policy of more than a century", () => formatRetention({ ...policy, daysAtMost: 36_501 })],
    ["a retention note with one signer", () => formatRetentionNote({ ...note, signers: ["a"] })],
    ["an inventory on 30 February", () => formatInventory({ origin: "log", date: "2026-02-30", size: 1, batches: [], keys: [] })],
  ])("%s", (_, format) => {
    expect(format).toThrow(expect.objectContaining({ message: expect.stringMatching(/would not be valid$/), cause: expect.any(Refusal) }));
  });

  test.each([
    ["a checkpoint with a short root", () => formatCheckpoint({ origin: "log", size: 1, root: root.slice(1) })],
    ["a checkpoint of less than nothing", () => formatCheckpoint({ origin: "log", size: -1, root })],
    ["a receipt for batch 0", () => formatReceipt({ origin: "log", commitment: root, batch: 0 })],
    ["a receipt with a short commitment", () => formatReceipt({ origin: "log", commitment: root.slice(1), batch: 1 })],
    ["a receipt of no log", () => formatReceipt({ origin: "the log", commitment: root, batch: 1 })],
  ])("%s", (_, format) => {
    expect(format).toThrow(/^a (checkpoint|receipt) has an origin/);
  });

  test("but what is at the bounds is", () => {
    const entries = [{ sha256: "0".repeat(64), size: 8 * 2 ** 30 - 1, path: "x" }];
    expect(parseManifest(formatManifest({ ...manifest, entries })).entries).toEqual(entries);
    expect(acknowledgementPath(7)).toBe("acknowledgements/00000007");
  });
});

describe("a leaf", () => {
  test("has one length within its kind", () => {
    const lengths = new Map<string, Set<number>>();
    fc.assert(
      fc.property(leaf, (one) => {
        // A key leaf names its role, which is no secret.
        const kind = one.kind === "key" ? `key ${one.role}` : one.kind;
        const known = lengths.get(kind) ?? new Set();
        lengths.set(kind, known.add(formatLeaf(one).length));
      }),
      { numRuns: 500 },
    );
    for (const [kind, found] of lengths) expect([...found], kind).toHaveLength(1);
  });

  test("is read back with all its fields", () => {
    fc.assert(
      fc.property(leaf, (one) => {
        expect(parseLeaf(formatLeaf(one))).toEqual(one);
      }),
    );
  });
});
