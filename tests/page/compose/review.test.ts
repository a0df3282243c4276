import { describe, expect, it } from "vitest";
import { identifiersIn } from "../../../src/page/compose/identifiers.ts";
import { ELSEWHERE, PROVINCES, toggled } from "../../../src/page/compose/questions.ts";
import { fill, joined, reviewRows, type ReviewWords } from "../../../src/page/compose/review.ts";
import { EMPTY_DRAFT } from "../../../src/page/compose/state.ts";
import { en } from "../../../src/page/locales/en.ts";
import { VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";

const WORDS: ReviewWords = { labels: en.labels, review: en.live.review, languageName: en.name };

describe("the review", () => {
  it("shows the account and what may be done with it, and nothing that was not answered", () => {
    const rows = reviewRows({ ...EMPTY_DRAFT, narrative: "I saw it." }, WORDS);
    expect(rows.map(({ label, values }) => [label, ...values])).toEqual([
      ["Your account", "I saw it."],
      ["What we may do with it", "Ask me before anything is shared"],
    ]);
  });

  it("shows every answer in words, each with a way to take it out", () => {
    const file = { id: 7, name: "\u{202e}gpj.exe", type: "", size: 3, look: "not-looked", form: "original" } as const;
    const rows = reviewRows(
      {
        narrative: "I saw it.",
        basis: "saw_or_did",
        witnessCategory: "medical",
        eventTypes: ["organ_removal", "organ_transport"],
        when: { from: "2015", to: "2018", about: true, ongoing: false },
        where: "CN-XJ",
        evidenceHeld: ["documents"],
        sharing: "share_all",
        language: "en",
        files: [file, { ...file, form: "cleaned" }],
        wantsReply: true,
        wantsClaim: true,
        wantsLater: true,
        returning: null,
      },
      WORDS,
    );
    expect(rows.map(({ values }) => values.join(" + "))).toEqual([
      "I saw it.",
      "I saw it or took part",
      "Medical work",
      "Removal of an organ + Transport of an organ",
      "about 2015 to 2018",
      "Xinjiang",
      "Documents",
      "Share all of it",
      "\ufffdgpj.exe + As it is",
      "\ufffdgpj.exe + Cleaned copy",
      "Yes",
      "Yes",
      "English",
    ]);
    expect(rows.filter(({ removal }) => removal === null).map(({ label }) => label)).toEqual(["Your account"]);
  });

  it("names the proof of a claim, and offers no way to questions that were not asked, to who came back", () => {
    const followUp = {
      ...EMPTY_DRAFT,
      language: "en" as const,
      narrative: "More.",
      wantsReply: true,
      wantsClaim: true,
      returning: { proof: true },
    };
    const rows = reviewRows(followUp, WORDS).filter(({ removal }) => removal !== null && "field" in removal && removal.field !== "sharing");
    expect(
      reviewRows(followUp, WORDS)
        .filter(({ removal }) => removal === null)
        .map(({ label }) => label),
    ).toEqual(["Your account", "The date of today, which puts your messages in order"]);
    expect(rows.map(({ label, step }) => [label, step])).toEqual([
      ["You want to be able to get a reply", "review"],
      ["Proof for a possible reward", "review"],
      ["Language of this page", "review"],
    ]);
  });

  it("does not look for places in what it fills in", () => {
    expect(fill("{a} and {b} and {c}", { a: "{b}", b: "2" })).toBe("{b} and 2 and {c}");
  });
});

describe("ticks", () => {
  it("keep the order of the list", () => {
    expect(toggled(VOCABULARY.event_types, ["organ_removal"], "medical_test_in_custody", true)).toEqual([
      "medical_test_in_custody",
      "organ_removal",
    ]);
    expect(toggled(VOCABULARY.event_types, ["organ_removal", "other"], "other", false)).toEqual(["organ_removal"]);
  });

  it("let none and prefer not to say stand alone", () => {
    expect(toggled(VOCABULARY.evidence_held, ["audio", "documents"], "none", true)).toEqual(["none"]);
    expect(toggled(VOCABULARY.evidence_held, ["none"], "audio", true)).toEqual(["audio"]);
    expect(toggled(VOCABULARY.evidence_held, ["none"], "prefer_not_to_say", true)).toEqual(["prefer_not_to_say"]);
  });
});

it("offers every place of the vocabulary once, and Hong Kong, Macao and Taiwan as places of their own", () => {
  const offered = [...PROVINCES, ...ELSEWHERE, "prefer_not_to_say"];
  expect([...offered, "CN-HK", "CN-MO", "CN-TW"].toSorted()).toEqual(VOCABULARY.where.toSorted());
  for (const code of ["HK", "MO", "TW"]) expect(ELSEWHERE).toContain(code);
});

it.each([
  ["In 2016, 3 doctors came at 10:30.", []],
  ["write to someone@example.org", ["email"]],
  ["我的电话是13812345678。", ["phone"]],
  ["+86 138 1234 5678", ["phone"]],
  ["号码65010119800101123X", ["identity-number"]],
  ["room 138123456789012", []],
])("looks for identifiers in %j", (text, kinds) => {
  expect(identifiersIn(text)).toEqual(kinds);
});

it("puts a space between two sentences, but none after a mark that brings its own", () => {
  expect(joined("No connection.", "Trying again.")).toBe("No connection. Trying again.");
  expect(joined("没有连接。", "2 秒后再试")).toBe("没有连接。2 秒后再试");
});
