/** The form of what can be done: one of each kind is read as it was written, and anything else is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatJson, type Json, parseJson } from "../../../src/protocol/format/json.ts";
import { type Subject, TRIAGE_ACTS } from "../../../src/reviewer/triage/acts.ts";
import { keyOf, SEALED, tipNamed } from "../../support/casebook-story.ts";
import { refusalOf } from "../../support/refusals.ts";

const tip = tipNamed(1);
const key = keyOf("a");
const grade = { tip, source: "F", information: 6, reasons: ["copied_text", "specific_detail"] };
const name = { text: "某医院", romanised: "mou yiyuan" };

const SPECIMENS: Readonly<Record<keyof typeof TRIAGE_ACTS, Record<string, Json>>> = {
  declared: { tip, ties: ["financial", "knows_person"] },
  "tie-decided": { tip, person: key, may_read: false },
  "tip-opened": { tip },
  tagged: { tip, set: "organs", code: "kidney" },
  coded: { tip, element: "cah.act_a", stance: "supports", quote: { start: 0, end: 1 } },
  graded: { ...grade, note: SEALED },
  reconciled: grade,
  "entity-named": { entity: "person", name, role: null },
  "alias-added": { entity: 7, name },
  mentioned: { tip, entity: 7, quote: null, certainty: "probable" },
  linked: { tip, other: tipNamed(2), link: "same_event", independent: "unknown" },
  "question-noted": { tip, sealed: SEALED },
  "task-set": { tip, sealed: SEALED, person: null, due: "2026-07-01" },
  "task-done": { task: 7 },
  translated: { tip, language: "zh-Hans", method: "human", certified: false, sealed: SEALED },
  noted: { tip, sealed: SEALED },
  moved: { tip, to: "closed", reason: "not_actionable", duplicate_of: null },
  flagged: { tip, flag: "urgent_safety", on: true },
  exposed: { tip, count: 3, seconds: 40 },
  "referral-drafted": { title: "Case", tips: [tip] },
  "referral-moved": { referral: 7, to: "outcome", outcome: "sanction" },
  proposed: { subject: { what: "destroy-tip", tip } },
  confirmed: { proposal: 7 },
  rejected: { proposal: 7 },
  undone: { event: 7 },
};

const SUBJECTS: Readonly<Record<Subject["what"], Record<string, Json>>> = {
  "destroy-tip": { tip },
  "destroy-epoch": { epoch: key },
  "release-hold": { tip },
  reveal: { tip, to: key },
  "approve-referral": { referral: 7 },
  "approve-dossier": { referral: 7, sha256: key },
  "send-referral": { referral: 7, sha256: key },
  "decide-claim": { claim: key, date: "2026-11-01", reward: { form: "wire", money: { amount: 1, currency: "USD" }, share: 10_000 } },
  "make-payable": { claim: key, date: "2026-11-01" },
  "record-payment": { claim: key, date: "2026-11-01", recipient: "R-7" },
  "sign-voucher": { claim: key, date: "2026-11-01", key, blinded: "A".repeat(512) },
  "reveal-payee": { claim: key },
  retention: { class: "spam", days: 30 },
  "add-person": { name: "Ana", key, roles: ["lead", "reviewer"] },
  "remove-person": { key },
};

const ALL: [string, Json][] = [
  ...Object.entries(SPECIMENS).map(([kind, fields]): [string, Json] => [kind, { kind, ...fields }]),
  ...Object.entries(SUBJECTS).map(([what, fields]): [string, Json] => ["proposed", { kind: "proposed", subject: { what, ...fields } }]),
];

function read(kind: string, value: Json): Json {
  return TRIAGE_ACTS[kind as keyof typeof TRIAGE_ACTS](parseJson(formatJson(value)), "act");
}

describe("an act", () => {
  it.each(ALL)("%s is read as it was written", (kind, value) => {
    expect(read(kind, value)).toEqual(value);
  });

  it("with any field changed is refused, or is another act in the one form", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL), fc.nat(), fc.jsonValue({ maxDepth: 2 }), ([kind, value], which, other) => {
        const fields = Object.entries(value as Record<string, Json>);
        const [field = ""] = fields[which % fields.length] ?? [];
        const changed = { ...(value as Record<string, Json>), [field]: other as Json };
        let result: Json;
        try {
          result = read(kind, changed);
        } catch (error) {
          expect(error).toMatchObject({ name: "Refusal" });
          return;
        }
        expect(result).toEqual(changed);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, string, Json]>([
    ["a tag of another set", "tagged", { kind: "tagged", tip, set: "urgency", code: "kidney" }],
    ["closing without a reason", "moved", { kind: "moved", tip, to: "closed", reason: null, duplicate_of: null }],
    ["a reason without closing", "moved", { kind: "moved", tip, to: "spam", reason: "paid", duplicate_of: null }],
    ["a duplicate of nothing", "moved", { kind: "moved", tip, to: "duplicate", reason: null, duplicate_of: null }],
    ["ties out of order", "declared", { kind: "declared", tip, ties: ["knows_person", "financial"] }],
    ["a quote that ends before it begins", "coded", { ...(ALL[4]?.[1] as Record<string, Json>), quote: { start: 5, end: 5 } }],
    ["an outcome that is none", "referral-moved", { kind: "referral-moved", referral: 7, to: "sent", outcome: "arrest" }],
    ["words that are not sealed", "noted", { kind: "noted", tip, sealed: "plain words" }],
    [
      "a reward officer who reviews",
      "proposed",
      { kind: "proposed", subject: { what: "add-person", name: "A", key, roles: ["reviewer", "reward_officer"] } },
    ],
  ])("is refused as %s", async (_what, kind, value) => {
    expect(await refusalOf(() => read(kind, value))).toBe("bad-field");
  });
});
