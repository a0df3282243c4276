/** Referrals and claims in the window's page, without a browser: which answers count, which actions there are, and what a form makes of what was written. */
import { describe, expect, it } from "vitest";
import type { ClaimAnswer } from "../../../../src/reviewer/window/claim-wire.ts";
import { claimActions } from "../../../../src/reviewer/window/page/claims.ts";
import { commandOf } from "../../../../src/reviewer/window/page/keys.ts";
import { referralActions, statementIn } from "../../../../src/reviewer/window/page/referrals.ts";
import { FIRST, formShown, type State, step } from "../../../../src/reviewer/window/page/state.ts";
import type { ReferralAnswer } from "../../../../src/reviewer/window/referral-wire.ts";
import type { DeskAnswer } from "../../../../src/reviewer/window/wire.ts";

const OFFICER: DeskAnswer = {
  person: { key: "a", name: "Dot", roles: ["reward_officer"] },
  people: [{ key: "a", name: "Dot" }],
  practice: false,
  decisions: 0,
  lockMinutes: 10,
  exposure: { count: 0, seconds: 0 },
  officers: true,
};

const REFERRAL: ReferralAnswer = {
  ...{ referral: 7, title: "Case", state: "draft", authors: ["Ana"], tips: [], unread: [], fixed: null, packed: null },
  content: {
    ...{ sources: [], exhibits: [], subjects: [], missing: [], stopped: "nothing is written yet", answers: [] },
    statement: statementIn({ ...prose(), none_contradicting: ["yes"] }, []) as never,
  },
  waiting: [],
  may: { work: true, approve: false, pack: false, send: false, write: false, reopen: false, tell: true, answers: [] },
  places: [],
};

const CLAIM: ClaimAnswer = {
  ...{
    claim: "ab".repeat(32),
    state: "committee",
    tips: [],
    challenges: [],
    steps: [],
    asked: null,
    reward: null,
    paid: null,
    noticed: null,
  },
  ...{ payee: null, referrals: [], duties: [], waiting: [], places: [] },
  may: {
    ...{
      steps: [],
      ask: false,
      decide: true,
      makePayable: false,
      pay: false,
      notice: false,
      sealPayee: false,
      reveal: false,
      report: false,
    },
  },
};

function prose(): Record<string, readonly string[]> {
  return Object.fromEntries(["action", "summary", "significance", "risk_source", "risk_others"].map((name) => [name, ["Text."]]));
}

const cameFor = (state: State, referral: ReferralAnswer): State =>
  step(state, { on: "answered", call: "referral", request: { referral: referral.referral }, answer: referral }).state;
const opened = (referral: ReferralAnswer): State => cameFor(step(FIRST, { do: "referral", referral: referral.referral }).state, referral);

describe("a referral in the page", () => {
  it("is shown to whoever asked for it, and not to whoever went elsewhere meanwhile", () => {
    expect(opened(REFERRAL).place).toBe("referral");
    const gone = step(opened(REFERRAL), { do: "go", to: "decisions" }).state;
    expect(cameFor(gone, REFERRAL)).toMatchObject({ place: "decisions", referral: null });
  });

  it("offers what the review machine allows, and nothing twice while it is under way", () => {
    const keys = (state: State): string[] => referralActions(state).map(({ key }) => key);
    expect(keys(opened(REFERRAL))).toEqual(["r", "w", "v", "q"]);
    const ready = opened({ ...REFERRAL, content: REFERRAL.content && { ...REFERRAL.content, stopped: null } });
    expect(keys(ready)).toEqual(["r", "w", "v", "f", "q"]);
    const fix = commandOf(ready, "f", false);
    if (fix === null) throw new Error("f fixes");
    const first = step(ready, fix);
    expect(first.effects).toEqual([{ call: "referral-fix", request: { referral: 7 } }]);
    expect(step(first.state, fix).effects).toEqual([]);
    const closed = opened({ ...REFERRAL, content: null });
    expect(keys(closed)).toEqual([]);
    expect(formShown(closed, "referral-statement")).toBeNull();
  });

  it("removes words everywhere, or at the marked place only if these are the words", () => {
    const state = step(opened(REFERRAL), { do: "passage", passage: { source: "T1", text: 0, start: 2, end: 5, words: "abc" } }).state;
    const made = (words: string, here: string) =>
      formShown(state, "referral-remove")?.effect({ words: [words], reason: ["not_relevant"], here: [here] });
    const request = { referral: 7, reason: "not_relevant" };
    expect(made("abc", "")).toEqual({ call: "referral-remove", request: { ...request, words: "abc", place: null } });
    const place = { source: "T1", text: 0, start: 2, end: 5 };
    expect(made("abc", "yes")).toEqual({ call: "referral-remove", request: { ...request, words: null, place } });
    expect(made("abd", "yes")).toEqual("These are not the words that are marked.");
  });
});

describe("what an author writes", () => {
  it("becomes a statement, line by line", () => {
    const written = {
      ...prose(),
      "access-T1": ["Worked there."],
      contradicting: ["T1 T2: was abroad: twice\n"],
      timeline: ["2016~ | | Taken | T1\n2017 | CN-XJ | Seen | T1, T2"],
      identifiers: ["E5: one\n5: two"],
      gaps: ["a\n\n b "],
    };
    expect(statementIn(written, ["T1", "T2"])).toMatchObject({
      access: [{ source: "T1", text: "Worked there." }],
      consent: [],
      contradicting: [{ sources: ["T1", "T2"], text: "was abroad: twice" }],
      timeline: [
        { when: "2016~", where: null, what: "Taken", sources: ["T1"] },
        { when: "2017", where: "CN-XJ", what: "Seen", sources: ["T1", "T2"] },
      ],
      identifiers: [{ entity: 5, identifiers: ["one", "two"] }],
      gaps: ["a", "b"],
      none_contradicting: false,
    });
  });

  it.each([
    [{}, "Missing: what the agency is asked to do."],
    [{ ...prose() }, "Write what speaks against it, or say that you know of nothing."],
    [{ ...prose(), contradicting: ["no colon"] }, "A point that speaks against it: sources, a colon, the point."],
    [{ ...prose(), timeline: ["2016 | Taken"] }, "A line of the timeline: when | where | what | sources."],
    [{ ...prose(), identifiers: ["x: y"] }, "An identifier: the subject’s number, a colon, the identifier."],
  ])("is told what is wrong with %o", (values, wrong) => {
    expect(statementIn(values, [])).toBe(wrong);
  });
});

describe("the reward officers' page", () => {
  const begun = step(FIRST, { on: "answered", call: "desk", request: {}, answer: OFFICER });

  it("begins with claims, and no key leads to tips", () => {
    expect(begun.state.place).toBe("claims");
    expect(begun.effects).toEqual([{ call: "claims", request: {} }]);
    for (const key of ["o", "m", "v", "r"]) expect(commandOf(begun.state, key, true), key).toBeNull();
    expect(commandOf(begun.state, "i", true)).toEqual({ do: "go", to: "claims" });
    expect(commandOf(begun.state, "/", false)).toBeNull();
  });

  it("proposes nothing while something waits for the other officer", () => {
    const state = { ...begun.state, place: "claim", claim: CLAIM } as const;
    expect(claimActions(state).map(({ key }) => key)).toEqual(["d"]);
    const waiting = [{ proposal: 9, by: "Eve", says: "", mayConfirm: true }];
    expect(claimActions({ ...state, claim: { ...CLAIM, waiting } }).map(({ key }) => key)).toEqual(["c"]);
  });

  it("asks for a whole amount and a share in percent", () => {
    const form = formShown({ ...begun.state, claim: CLAIM }, "claim-decide");
    const values = { decision: ["approved"], date: ["2026-10-01"], amount: ["1000"], currency: ["USD"], form: ["wire"], share: ["12.5"] };
    expect(form?.effect(values)).toMatchObject({ request: { wanted: { reward: { money: { amount: 1000 }, share: 1250 } } } });
    expect(form?.effect({ ...values, share: ["100.01"] })).toBe("A share is from 0.01 to 100.");
    expect(form?.effect({ ...values, amount: ["1.5"] })).toBe("The amount is a whole number.");
    expect(form?.effect({ ...values, decision: ["denied"] })).toMatchObject({ request: { wanted: { reward: null } } });
  });
});
