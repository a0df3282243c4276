import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type Bytes, concat } from "../../../src/protocol/bytes.ts";
import type { NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { LONGEST_RECEIPT, openReceipt } from "../../../src/protocol/crypto/receipt.ts";
import { fromUtf8, utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { formatNote, parseNote } from "../../../src/protocol/format/note.ts";
import { formatReceipt } from "../../../src/protocol/format/receipt.ts";
import { receiptOf } from "../../support/batch-log.ts";
import { signerOf } from "../../support/memory-log.ts";
import { refusalOf } from "../../support/refusals.ts";

const NAME = "tips.example/log";
const COMMITMENT = new Uint8Array(32).fill(7);

let log: NoteSigner;
let receipt: Bytes;
beforeAll(async () => {
  log = await signerOf(NAME);
  receipt = await receiptOf(log, COMMITMENT, 12);
});

const refused = (bytes: Uint8Array): Promise<string | null> => refusalOf(() => openReceipt(bytes, log.vkey));
const altered = (from: string, to: string): Bytes => utf8(fromUtf8(receipt).replace(from, to));

test("opens what the log's key signed", async () => {
  expect(await openReceipt(receipt, log.vkey)).toEqual({ origin: NAME, commitment: COMMITMENT, batch: 12 });
});

test("refuses one that another key signed, under another name or under the same", async () => {
  expect(await refused(await receiptOf(await signerOf("other.example/log"), COMMITMENT, 12))).toBe("unknown-signer");
  expect(await refused(await receiptOf(await signerOf(NAME, "another seed"), COMMITMENT, 12))).toBe("unknown-signer");
});

test("refuses one that was altered: another batch, another commitment, another signature under the key's name and id", async () => {
  expect(await refused(altered("00000012", "00000013"))).toBe("bad-signature");
  expect(await refused(altered("c 0707", "c 0708"))).toBe("bad-signature");
  const forged = parseNote(await receiptOf(await signerOf(NAME, "another seed"), COMMITMENT, 12));
  const signatures = forged.signatures.map((signature) => ({ ...signature, id: log.vkey.id }));
  expect(await refused(formatNote({ ...forged, signatures }))).toBe("bad-signature");
});

test("refuses what the key signed for another purpose or another log", async () => {
  expect(await refused(await log.sign(`${NAME}\n1\n${"A".repeat(43)}=\n`))).toBe("bad-receipt");
  expect(await refused(await log.sign(formatReceipt({ origin: "other.example/log", commitment: COMMITMENT, batch: 12 })))).toBe(
    "wrong-origin",
  );
});

test("refuses a second signature, which could be a mark", async () => {
  const { text, signatures } = parseNote(receipt);
  const more = parseNote(await (await signerOf("mark.example")).sign(text)).signatures;
  expect(await refused(formatNote({ text, signatures: [...signatures, ...more] }))).toBe("bad-receipt");
});

test("refuses a part of one, more than one, and what is too long", async () => {
  for (const length of [0, 1, 40, receipt.length - 1]) expect(await refused(receipt.slice(0, length)), String(length)).toBe("bad-note");
  expect(await refused(concat(receipt, receipt))).not.toBeNull();
  expect(await refused(new Uint8Array(LONGEST_RECEIPT + 1).fill(0x61))).toBe("bad-note");
});

test("refuses every other input and throws nothing else", async () => {
  const alterations = fc.tuple(fc.nat({ max: receipt.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
    const bytes = receipt.slice();
    bytes[at] = (bytes[at] ?? 0) ^ by;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(alterations, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
      await expect(openReceipt(bytes, log.vkey)).rejects.toBeInstanceOf(Refusal);
    }),
    { numRuns: 300 },
  );
});
