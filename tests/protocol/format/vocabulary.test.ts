import { describe, expect, it } from "vitest";
import { EMPTY_ANSWERS, readAnswers, VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";
import { refusalOf } from "../../support/refusals.ts";

const ANSWERS = { ...EMPTY_ANSWERS, narrative: "我看到了。" };
const codeOf = (value: Parameters<typeof readAnswers>[0]): Promise<string | null> => refusalOf(() => readAnswers(value, "answers"));

describe("the vocabulary", () => {
  it("has no code twice, and codes that say what they mean without a label", () => {
    const { version, ...lists } = VOCABULARY;
    expect(version).toBe(1);
    for (const codes of Object.values(lists)) {
      expect(new Set<string>(codes).size).toBe(codes.length);
      expect(codes.every((code) => /^[A-Za-z_-]+$/.test(code))).toBe(true);
    }
  });

  it("lets people not say", () => {
    const asked = ["basis", "witness_category", "event_types", "where", "evidence_held", "sharing"] as const;
    for (const list of asked) expect(VOCABULARY[list]).toContain("prefer_not_to_say");
  });

  it("has the 34 subdivisions of ISO 3166-2:CN and the 249 codes of ISO 3166-1, and nothing finer", () => {
    const subdivisions = VOCABULARY.where.filter((code) => code.startsWith("CN-"));
    const countries = VOCABULARY.where.filter((code) => /^[A-Z]{2}$/.test(code));
    expect(subdivisions).toHaveLength(34);
    expect(countries).toHaveLength(249);
    expect(VOCABULARY.where).toHaveLength(34 + 249 + 1);
    expect(countries).toEqual(countries.toSorted());
    for (const code of ["CN-XJ", "CN-XZ", "CN-NM", "CN-HK", "CN", "TW", "KZ", "KR", "US"]) expect(VOCABULARY.where).toContain(code);
  });

  it("does not have what reviewers decide", () => {
    const all = JSON.stringify(VOCABULARY);
    for (const word of ["uyghur", "tibetan", "falun", "kidney", "liver", "genocide"]) expect(all).not.toContain(word);
  });
});

describe("answers", () => {
  it("may be the narrative alone", () => {
    expect(readAnswers(ANSWERS, "answers")).toEqual(ANSWERS);
  });

  it("may be everything", () => {
    const all = {
      narrative: "x".repeat(100_000),
      basis: "saw_or_did",
      witness_category: "medical",
      event_types: [...VOCABULARY.event_types],
      when: "2015/2018",
      where: "CN-XJ",
      evidence_held: [...VOCABULARY.evidence_held],
      sharing: "share_all",
      language: "ug",
    };
    expect(readAnswers(all, "answers")).toEqual(all);
  });

  it.each([
    ["no narrative", { ...ANSWERS, narrative: "" }],
    ["a narrative that is too long", { ...ANSWERS, narrative: "x".repeat(100_001) }],
    ["an unknown code", { ...ANSWERS, basis: "because" }],
    ["a label for a code", { ...ANSWERS, sharing: "Share everything" }],
    ["no answer about sharing", { ...ANSWERS, sharing: null }],
    ["a code twice", { ...ANSWERS, event_types: ["other", "other"] }],
    ["codes in another order", { ...ANSWERS, event_types: ["other", "organ_removal"] }],
    ["null for a list", { ...ANSWERS, event_types: null }],
    ["a date that is none", { ...ANSWERS, when: "some day" }],
    ["coordinates", { ...ANSWERS, where: "43.8,87.6" }],
    ["a further question", { ...ANSWERS, name: "somebody" }],
    ["a missing question", { narrative: "x" }],
  ])("with %s are refused", async (_what, value) => {
    expect(await codeOf(value)).toBe("bad-field");
  });
});
