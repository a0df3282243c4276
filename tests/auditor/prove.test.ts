/** Proofs: made from a copy of the log, checked offline, and again by Go's own packages. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FINDINGS } from "../../src/auditor/findings.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { cosignerFromSeed } from "../../src/protocol/crypto/note.ts";
import { fromHex, utf8 } from "../../src/protocol/encoding.ts";
import { formatNote, parseNote } from "../../src/protocol/format/note.ts";
import { formatReceipt } from "../../src/protocol/format/receipt.ts";
import { formatLogProof, parseLogProof } from "../../src/protocol/format/tlog-proof.ts";
import { checkProofFile } from "../support/check-log.ts";
import type { MemoryLog } from "../support/memory-log.ts";
import { commitmentsOf, hashOf, type LogStory, ORIGIN, wholeStory } from "./log-story.ts";
import { auditor, Bench } from "./story-on-disk.ts";

let bench: Bench;
let story: LogStory;
let log: MemoryLog;
let place: string;
let policy: string;
const seen = new Set<string>();

beforeAll(async () => {
  bench = await Bench.open();
  story = await wholeStory();
  log = await story.write();
  const { text, signatures } = parseNote(log.files.get("checkpoint")!);
  const cosigner = await cosignerFromSeed("cosigner.example", sha256(utf8("cosigner")));
  log.files.set("checkpoint", formatNote({ text, signatures: [...signatures, await cosigner.cosign(text, 1_770_000_000)] }));
  place = await bench.putLog("log", log.files);
  const vkey = cosigner.vkey.text;
  policy = await bench.put("policy.txt", story.policy({ cosigners: [{ name: "a", vkey }], quorum: { kind: "cosigner", name: "a" } }));
});
afterAll(() => bench.close());

/** A receipt for a commitment, in a file. */
async function receiptFor(c: string, batch: number, signer = story.log): Promise<string> {
  const text = formatReceipt({ origin: ORIGIN, commitment: fromHex(c, 32), batch });
  return bench.put(`${c.slice(0, 8)}-${String(batch)}.receipt`, await signer.sign(text));
}

const [FOURTH = ""] = commitmentsOf(4);

describe("a proof", () => {
  test("for a receipt is made from the whole log, and holds without it", async () => {
    const receipt = await receiptFor(FOURTH, 5);
    const out = bench.at("made.tlog-proof");
    const made = await auditor("prove", place, "--policy", policy, "--receipt", receipt, "--out", out);
    expect(made).toMatchObject({ code: 0, error: "" });
    expect(made.out).toContain(FOURTH);

    const checked = await auditor("check", out, "--policy", policy, "--receipt", receipt);
    expect(checked.code).toBe(0);
    expect(checked.out).toContain("Cosigned by a, 2026-02-02");
    const json = await auditor("check", out, "--policy", policy, "--json");
    const index = story.leaves.findIndex((leaf) => "c" in leaf && leaf.c === FOURTH);
    expect(JSON.parse(json.out)).toMatchObject({ verdict: "holds", index, entry: { kind: "received", batch: 4, c: FOURTH } });

    const cosigner = (await cosignerFromSeed("cosigner.example", sha256(utf8("cosigner")))).vkey.text;
    expect(await checkProofFile(await readFile(out), story.log.vkey.text, cosigner)).toEqual({ index, size: log.size });
  });

  test("for any entry, at both ends of the log too, holds for the independent checker", async () => {
    for (const index of [0, 255, 256, log.size - 1]) {
      const out = bench.at(`entry-${String(index)}.tlog-proof`);
      expect((await auditor("prove", place, "--policy", policy, "--entry", String(index), "--out", out)).code).toBe(0);
      expect((await auditor("check", out, "--policy", policy)).code).toBe(0);
      expect(await checkProofFile(await readFile(out), story.log.vkey.text)).toEqual({ index, size: log.size });
    }
    expect((await auditor("prove", place, "--policy", policy, "--entry", String(log.size), "--out", bench.at("x"))).code).toBe(2);
  });

  test("that is changed does not hold, here and for the independent checker", async () => {
    const file = new Uint8Array(await readFile(bench.at("entry-256.tlog-proof")));
    const proof = parseLogProof(file);
    const [first = new Uint8Array(32), second = new Uint8Array(32), ...others] = proof.hashes;
    for (const changed of [
      { ...proof, index: 257 },
      { ...proof, hashes: [second, first, ...others] },
      { ...proof, hashes: [second, ...others] },
      { ...proof, extra: utf8('{"kind":"audit"}') },
      { ...proof, note: utf8(new TextDecoder().decode(proof.note).replace("\n531\n", "\n532\n")) },
    ]) {
      const path = await bench.put("changed.tlog-proof", formatLogProof(changed));
      const { code, out } = await auditor("check", path, "--policy", policy);
      expect(code).toBe(1);
      expect(out).toMatch(/^Refused: bad-(?:proof|signature)\./);
      await expect(checkProofFile(await readFile(path), story.log.vkey.text)).rejects.toThrow("does not hold");
    }
  });

  test("is of this receipt, or refused", async () => {
    const other = await receiptFor(commitmentsOf(5)[0]!, 5);
    const early = await receiptFor(FOURTH, 3);
    for (const receipt of [other, early]) {
      expect((await auditor("check", bench.at("made.tlog-proof"), "--policy", policy, "--receipt", receipt)).out).toMatch(
        /^Refused: not-included\./,
      );
    }
  });

  test("needs the policy's cosigners, and the policy's log", async () => {
    const bare = await bench.putLog("bare", (await story.write()).files);
    expect((await auditor("prove", bare, "--policy", policy, "--entry", "1", "--out", bench.at("x"))).out).toContain("cosigners-too-few");
    const lenient = await bench.put("lenient.txt", story.policy());
    expect((await auditor("prove", bare, "--policy", lenient, "--entry", "1", "--out", bench.at("bare.tlog-proof"))).code).toBe(0);
    expect((await auditor("check", bench.at("bare.tlog-proof"), "--policy", policy)).out).toMatch(/^Refused: unknown-signer\./);
    const foreign = await bench.put("foreign.txt", story.policy({ log: story.review.vkey.text }));
    expect((await auditor("check", bench.at("made.tlog-proof"), "--policy", foreign)).out).toMatch(/^Refused: unknown-signer\./);
  });
});

describe("a receipt that is not kept", () => {
  test.each([
    ["whose batch is sealed without it", hashOf("nowhere"), 5, "receipt-broken"],
    ["whose batch is not sealed yet", hashOf("nowhere"), 9, "receipt-open"],
    ["that came later than it says", FOURTH, 3, "receipt-late"],
  ])("%s: %s", async (_, c, batch, finding) => {
    const receipt = await receiptFor(c, batch);
    const { code, out } = await auditor("prove", place, "--policy", policy, "--receipt", receipt, "--out", bench.at("none"), "--json");
    expect(code).toBe(1);
    const { findings, proof } = JSON.parse(out) as { findings: { code: string }[]; proof: unknown };
    expect({ codes: findings.map((one) => one.code), proof }).toEqual({ codes: [finding], proof: null });
    seen.add(finding);
    await expect(readFile(bench.at("none"))).rejects.toThrow();
  });

  test("is not one if the server did not sign it", async () => {
    const receipt = await receiptFor(FOURTH, 5, story.review);
    expect((await auditor("prove", place, "--policy", policy, "--receipt", receipt, "--out", bench.at("none"))).code).toBe(2);
  });
});

test("every finding about receipts was found by some test above", () => {
  expect([...seen].toSorted()).toEqual(
    Object.keys(FINDINGS)
      .filter((code) => code.startsWith("receipt-"))
      .toSorted(),
  );
});
