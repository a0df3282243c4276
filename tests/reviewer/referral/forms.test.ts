/** The forms of what is recorded about referrals and claims, and of a dossier's files: what is read is what would have been written, and everything else is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asBytes } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { formatJson, type Json, parseJson } from "../../../src/protocol/format/json.ts";
import { CLAIM_ACTS } from "../../../src/reviewer/claims/acts.ts";
import { REFERRAL_ACTS } from "../../../src/reviewer/referral/acts.ts";
import { formatApprovals, formatManifest, parseApprovals, parseManifest } from "../../../src/reviewer/referral/files.ts";
import { placesOf, removedWords, standsIn, stillIn, without } from "../../../src/reviewer/referral/redaction.ts";
import { keyOf, SEALED, tipNamed } from "../../support/casebook-story.ts";

const tip = tipNamed(1);
const key = keyOf("a");
const date = "2026-11-01";

const SPECIMENS: Readonly<Record<keyof typeof REFERRAL_ACTS | keyof typeof CLAIM_ACTS, Record<string, Json>>> = {
  "program-recorded": { program: "{}" },
  "dossier-written": { referral: 7, sealed: SEALED },
  removed: { referral: 7, from: { tip, text: 0, start: 3, end: 9 }, reason: "identifies_source" },
  "exhibit-chosen": { referral: 7, exhibit: { tip, attachment: 0 }, included: true },
  "dossier-fixed": { referral: 7, sha256: key, sealed: SEALED },
  "dossier-packed": { referral: 7, sha256: key, manifest: key, agency: "b".repeat(40) },
  "agency-answered": {
    ...{ referral: 7, answer: "outcome", outcome: "arrest", date, reference: "A-1", words: SEALED },
    documents: [{ sha256: key, size: 7 }],
  },
  "claims-handed-over": { sha256: key, tips: [tip] },
  "claims-taken-in": {
    sha256: key,
    tips: [{ tip, thread: key, batch: 1, date, commitment: key, claim: key, proof: null, refused: "replayed" }],
    challenges: [{ digest: key, thread: key, date, program: "A program" }],
    referrals: [
      { referral: 7, title: "Case", state: "accepted", outcome: null, reference: null, summary: "", significance: "", tips: [tip] },
    ],
  },
  "claim-asked": { claim: key, official_duties: "no", took_part: "unknown", other_claimants: "yes" },
  "claim-moved": { claim: key, to: "nominated", date, by: "An agency", document: null },
  "notice-filed": { claim: key, date, document: key },
  "payee-sealed": { claim: key, certificate: key, sealed: "AAAA" },
  "year-reported": { year: 2026, date, document: key },
  "voucher-key-made": {
    offer: { amount: 500, currency: "USD", expires: date, least: 20, modulus: "/".repeat(512), version: 1 },
    secret: "AAAA",
  },
  "vouchers-asked": { requests: [{ tip, claim: key, key, blinded: "A".repeat(512) }] },
  "vouchers-signed": { key, claims: [key], sha256: key },
};

const ACTS: Readonly<Record<string, (value: Json, where: string) => Json>> = { ...REFERRAL_ACTS, ...CLAIM_ACTS };
const ALL = Object.entries(SPECIMENS).map(([kind, fields]): [string, Record<string, Json>] => [kind, { kind, ...fields }]);

function read(kind: string, value: Json): Json {
  return ACTS[kind]?.(parseJson(formatJson(value)), "act") ?? null;
}

describe("an act about a referral or a claim", () => {
  it.each(ALL)("%s is read as it was written", (kind, value) => {
    expect(read(kind, value)).toEqual(value);
  });

  it("with any field changed is refused, or is another act in the one form", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL), fc.nat(), fc.jsonValue({ maxDepth: 2 }), ([kind, value], which, other) => {
        const fields = Object.keys(value);
        const changed = { ...value, [fields[which % fields.length] ?? ""]: other as Json };
        let result: Json;
        try {
          result = read(kind, changed);
        } catch (error) {
          expect(error).toMatchObject({ name: "Refusal" });
          return;
        }
        expect(result).toEqual(changed);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a dossier's small files", () => {
  const manifest = formatManifest(
    "R7-0123abcd",
    new Map([
      ["dossier.json", utf8("{}")],
      ["evidence/x1.jpg", utf8("x")],
    ]),
  );
  const approvals = formatApprovals([
    { person: "P1", signed: "one" },
    { person: "P2", signed: "two" },
  ]);

  it.each([
    ["manifest", manifest, (bytes: Uint8Array) => formatJson(parseManifest(bytes))],
    ["approvals", approvals, (bytes: Uint8Array) => formatApprovals(parseApprovals(bytes))],
  ] as const)("the %s comes back, and with any octet changed is refused or another in the one form", (_name, bytes, again) => {
    expect(again(bytes)).toEqual(bytes);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (place, octet) => {
        const changed = asBytes(bytes.slice());
        changed[place] = octet;
        try {
          expect(again(changed)).toEqual(changed);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== "Refusal") throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("removing words", () => {
  it("leaves what stands before and after, and says why and not how long", () => {
    const text = "abcdefghij";
    const removals = [
      { start: 6, end: 8, reason: "not_relevant" },
      { start: 2, end: 4, reason: "identifies_source" },
      { start: 3, end: 5, reason: "privileged" },
    ] as const;
    expect(without(text, removals)).toBe("ab[removed: identifies_source]f[removed: not_relevant]ij");
    expect(removedWords(text, removals)).toEqual(["cde", "gh"]);
    expect(without(text, removals, 4, 7)).toBe("[removed: identifies_source]f[removed: not_relevant]");
    expect(placesOf("aXbX", "X")).toEqual([
      { start: 1, end: 2 },
      { start: 3, end: 4 },
    ]);
  });

  it("never leaves a letter of what was removed, wherever it stands", () => {
    const stretch = fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 10 })).map(([start, more]) => ({ start, end: start + more }));
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 5 }), (stretches) => {
        const text = "x".repeat(30);
        const marked = Array.from(text, (_, at) => (stretches.some(({ start, end }) => at >= start && at < end) ? "Ω" : "x")).join("");
        const left = without(
          marked,
          stretches.map((one) => ({ ...one, reason: "not_relevant" as const })),
        );
        expect(left).not.toContain("Ω");
        expect(left.replaceAll("[removed: not_relevant]", "")).toBe(marked.replaceAll("Ω", ""));
      }),
    );
  });

  it("finds what was removed in other clothes", () => {
    expect(stillIn("GU\u200BLNAR", ["Gulnar"])).toBe(true);
    expect(stillIn("龍", ["龙鳳"])).toBe(false);
    expect(stillIn("他叫張偉明", ["张伟明"])).toBe(true);
    for (const encoding of ["utf8", "utf16le"] as const) expect(standsIn(Buffer.from("list: 古丽娜尔", encoding), ["古丽娜尔"])).toBe(true);
    expect(standsIn(Buffer.from("古丽娜尔", "utf16le").swap16(), ["古丽娜尔"])).toBe(true);
    expect(standsIn(utf8("nobody"), ["古丽娜尔"])).toBe(false);
  });
});
