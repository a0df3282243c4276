/** Who may do what with a tip, and what it comes to. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Act } from "../../../src/reviewer/casebook/event.ts";
import type { Subject } from "../../../src/reviewer/triage/acts.ts";
import { stateOfEvents } from "../../../src/reviewer/triage/rules.ts";
import { exposureOf, gradesFor, itemsOf, onLegalHold, readingOf, settledGrade } from "../../../src/reviewer/triage/state.ts";
import { keyOf, SEALED, Story, tipNamed } from "../../support/casebook-story.ts";
import { refusalOf } from "../../support/refusals.ts";

const TIP = tipNamed(1);
const OTHER = tipNamed(2);

let story: Story;
const did = (letter: string, act: Act): number => story.did(letter, act);
const refused = (letter: string, act: Act): Promise<string | null> => refusalOf(() => did(letter, act));
const propose = (letter: string, subject: Subject): number => did(letter, { kind: "proposed", subject });
const confirm = (letter: string, proposal: number): number => did(letter, { kind: "confirmed", proposal });

const tag: Act = { kind: "tagged", tip: TIP, set: "organs", code: "kidney" };
const hold = (on: boolean): Act => ({ kind: "flagged", tip: TIP, flag: "legal_hold", on });
const grade = (source: "B" | "F", information: 2 | 6): Act => ({ kind: "graded", tip: TIP, source, information, reasons: [], note: null });
const agree = (source: "B" | "F"): Act => ({ kind: "reconciled", tip: TIP, source, information: 6, reasons: ["specific_detail"] });
const move = (to: "triaged" | "spam" | "under_corroboration" | "corroborated" | "opened"): Act => ({
  kind: "moved",
  tip: TIP,
  to,
  reason: null,
  duplicate_of: null,
});

beforeEach(() => {
  story = new Story();
});

describe("before reading", () => {
  it("everybody declares; then the text may be opened, and only then be worked on", async () => {
    expect(await refused("b", { kind: "tip-opened", tip: TIP })).toBe("conflict-undeclared");
    expect(await refused("b", tag)).toBe("conflict-undeclared");
    did("b", { kind: "declared", tip: TIP, ties: [] });
    expect(await refused("b", tag)).toBe("wrong-state");
    did("b", { kind: "tip-opened", tip: TIP });
    did("b", tag);
    expect(story.state.tip(TIP).state).toBe("opened");
    expect(await refused("c", tag)).toBe("conflict-undeclared");
  });

  it("whoever has a tie stays out until a lead, somebody else, decides", async () => {
    did("b", { kind: "declared", tip: TIP, ties: ["family_in_place", "knows_person"] });
    expect(readingOf(story.state.tip(TIP), keyOf("b"))).toBe("recused");
    expect(await refused("b", { kind: "tip-opened", tip: TIP })).toBe("recused");
    expect(await refused("b", { kind: "extracted", tip: TIP })).toBe("recused");
    expect(await refused("c", { kind: "tie-decided", tip: TIP, person: keyOf("b"), may_read: true })).toBe("not-allowed");
    did("a", { kind: "tie-decided", tip: TIP, person: keyOf("b"), may_read: true });
    did("b", { kind: "tip-opened", tip: TIP });
    did("d", { kind: "tie-decided", tip: TIP, person: keyOf("b"), may_read: false });
    expect(await refused("b", tag)).toBe("recused");
  });

  it("a lead does not decide about a tie of their own", async () => {
    did("a", { kind: "declared", tip: TIP, ties: ["financial"] });
    expect(await refused("a", { kind: "tie-decided", tip: TIP, person: keyOf("a"), may_read: true })).toBe("needs-another-person");
  });
});

describe("roles", () => {
  it.each<[string, string, Act]>([
    ["the reward officer reads no tip", "9", { kind: "declared", tip: TIP, ties: [] }],
    ["the importer reads no tip", "f", { kind: "declared", tip: TIP, ties: [] }],
    ["a translator does not grade", "e", grade("F", 6)],
    ["a reviewer takes in no bundle", "b", { kind: "log-key-pinned", vkey: "k" }],
    ["somebody unknown does nothing", "8", tag],
  ])("%s", async (_what, letter, act) => {
    expect(await refused(letter, act)).toBe("not-allowed");
  });
});

describe("two graders", () => {
  beforeEach(() => {
    for (const letter of ["a", "b", "c"]) story.opened(letter, TIP);
  });

  it("are blind: nobody sees another's grade before both are given", () => {
    did("a", grade("B", 2));
    const seenBy = (letter: string): string[] => gradesFor(story.state.tip(TIP), keyOf(letter)).map(({ act }) => act.source);
    expect([seenBy("a"), seenBy("b"), seenBy("c")]).toEqual([["B"], [], []]);
    did("b", grade("F", 6));
    expect([seenBy("a"), seenBy("b")]).toEqual([
      ["B", "F"],
      ["B", "F"],
    ]);
  });

  it("grade once each, and nobody after them", async () => {
    const first = did("a", grade("B", 2));
    expect(await refused("a", grade("F", 6))).toBe("already-graded");
    did("a", { kind: "undone", event: first });
    const again = did("a", grade("F", 6));
    did("b", grade("F", 6));
    expect(await refused("c", grade("F", 6))).toBe("already-graded");
    expect(await refused("a", { kind: "undone", event: again })).toBe("cannot-undo");
  });

  it("settle a grade by both signing the same", async () => {
    expect(await refused("a", agree("F"))).toBe("wrong-state");
    did("a", grade("B", 2));
    did("b", grade("F", 6));
    expect(await refused("c", agree("F"))).toBe("not-allowed");
    did("a", agree("B"));
    expect(settledGrade(story.state.tip(TIP))).toBeNull();
    did("b", agree("F"));
    expect(settledGrade(story.state.tip(TIP))).toBeNull();
    did("a", agree("F"));
    expect(settledGrade(story.state.tip(TIP))).toMatchObject({ source: "F", information: 6 });
  });
});

describe("what takes two people", () => {
  beforeEach(() => {
    story.opened("b", TIP);
  });

  it("is done by nobody alone, and at least one of the two is a lead", async () => {
    const mine = propose("b", { what: "destroy-tip", tip: TIP });
    expect(await refused("b", { kind: "confirmed", proposal: mine })).toBe("needs-another-person");
    expect(await refused("c", { kind: "confirmed", proposal: mine })).toBe("not-allowed");
    expect(story.state.tip(TIP).destroyed).toBe(false);
    confirm("d", mine);
    expect(story.state.tip(TIP).destroyed).toBe(true);
    expect(await refused("b", tag)).toBe("tip-destroyed");
    expect(await refused("a", { kind: "confirmed", proposal: mine })).toBe("no-such-item");
  });

  it("is checked again when it is confirmed: a legal hold placed meanwhile holds", async () => {
    const destroy = propose("b", { what: "destroy-tip", tip: TIP });
    did("b", hold(true));
    expect(await refused("a", { kind: "confirmed", proposal: destroy })).toBe("on-legal-hold");
    expect(await refused("b", hold(false))).toBe("needs-another-person");
    expect(await refused("b", { kind: "undone", event: story.state.events.length })).toBe("needs-another-person");
    confirm("a", propose("b", { what: "release-hold", tip: TIP }));
    expect(onLegalHold(story.state.tip(TIP))).toBe(false);
    confirm("a", destroy);
    expect(story.state.tip(TIP).destroyed).toBe(true);
  });

  it("is off when anybody says so, and when who proposed it has left", async () => {
    const one = propose("b", { what: "destroy-tip", tip: TIP });
    did("c", { kind: "rejected", proposal: one });
    expect(await refused("a", { kind: "confirmed", proposal: one })).toBe("no-such-item");
    const two = propose("c", { what: "destroy-tip", tip: TIP });
    confirm("d", propose("a", { what: "remove-person", key: keyOf("c") }));
    expect(await refused("a", { kind: "confirmed", proposal: two })).toBe("not-allowed");
    expect(await refused("c", { kind: "declared", tip: OTHER, ties: [] })).toBe("not-allowed");
  });

  it("adds people, each name and key once, and never removes the last lead or oneself", async () => {
    const add = { what: "add-person", name: "New", key: keyOf("7"), roles: ["reviewer"] } satisfies Subject;
    const proposal = propose("b", add);
    confirm("a", proposal);
    did("7", { kind: "declared", tip: TIP, ties: [] });
    expect(await refused("a", { kind: "proposed", subject: add })).toBe("already-there");
    expect(await refused("a", { kind: "proposed", subject: { what: "remove-person", key: keyOf("a") } })).toBe("needs-another-person");
    confirm("a", propose("b", { what: "remove-person", key: keyOf("d") }));
    expect(await refused("b", { kind: "proposed", subject: { what: "remove-person", key: keyOf("a") } })).toBe("not-allowed");
  });

  it("approves and sends a referral, whose author does not confirm it", async () => {
    story.opened("a", TIP);
    const referral = did("a", { kind: "referral-drafted", title: "Case", tips: [TIP] });
    expect(await refused("b", { kind: "proposed", subject: { what: "approve-referral", referral } })).toBe("wrong-state");
    did("b", { kind: "referral-moved", referral, to: "sanitised", outcome: null });
    expect(await refused("b", { kind: "referral-moved", referral, to: "approved", outcome: null })).toBe("needs-another-person");
    const approve = propose("b", { what: "approve-referral", referral });
    expect(await refused("a", { kind: "confirmed", proposal: approve })).toBe("needs-another-person");
    confirm("d", approve);
    confirm("d", propose("b", { what: "send-referral", referral, sha256: keyOf("1") }));
    expect(story.state.referrals.get(referral)?.state).toBe("sent");
    for (const to of ["acknowledged", "accepted"] as const) did("b", { kind: "referral-moved", referral, to, outcome: null });
    did("b", { kind: "referral-moved", referral, to: "outcome", outcome: "sanction" });
    expect(await refused("b", { kind: "referral-moved", referral, to: "draft", outcome: null })).toBe("wrong-state");
  });

  it("changes retention and marks epochs as destroyed, once", async () => {
    confirm("a", propose("b", { what: "retention", class: "spam", days: 30 }));
    expect(story.state.retention.get("spam")).toBe(30);
    confirm("a", propose("b", { what: "destroy-epoch", epoch: keyOf("5") }));
    expect(await refused("b", { kind: "proposed", subject: { what: "destroy-epoch", epoch: keyOf("5") } })).toBe("key-destroyed");
  });
});

describe("working on tips", () => {
  beforeEach(() => {
    for (const letter of ["a", "b"]) for (const tip of [TIP, OTHER]) story.opened(letter, tip);
  });

  it("goes by the state machine and back by undoing the last step only", async () => {
    expect(await refused("b", move("corroborated"))).toBe("wrong-state");
    expect(await refused("b", move("opened"))).toBe("wrong-state");
    const triaged = did("b", move("triaged"));
    const next = did("b", move("under_corroboration"));
    expect(await refused("b", { kind: "undone", event: triaged })).toBe("cannot-undo");
    did("b", { kind: "undone", event: next });
    expect(story.state.tip(TIP).state).toBe("triaged");
    did("b", { kind: "undone", event: triaged });
    expect(story.state.tip(TIP).state).toBe("opened");
  });

  it("undoes a thing once, by who did it or a lead; both events stay", async () => {
    const tagged = did("b", tag);
    story.opened("c", TIP);
    expect(await refused("c", { kind: "undone", event: tagged })).toBe("not-allowed");
    const before = story.state.events.length;
    did("a", { kind: "undone", event: tagged });
    expect(itemsOf(story.state.tip(TIP), "tagged")).toEqual([]);
    expect(story.state.events).toHaveLength(before + 1);
    expect(await refused("a", { kind: "undone", event: tagged })).toBe("no-such-item");
    expect(await refused("a", { kind: "undone", event: 1 })).toBe("cannot-undo");
    expect(await refused("a", { kind: "undone", event: 9999 })).toBe("no-such-item");
  });

  it("links tips in both lists and never merges them", async () => {
    const link: Act = { kind: "linked", tip: TIP, other: OTHER, link: "corroborates", independent: "unknown" };
    const number = did("b", link);
    for (const tip of [TIP, OTHER]) expect(itemsOf(story.state.tip(tip), "linked").map(({ event }) => event)).toEqual([number]);
    expect(await refused("b", { ...link, other: TIP })).toBe("bad-field");
    expect(await refused("b", { ...link, other: tipNamed(99) })).toBe("no-such-tip");
    did("b", { kind: "undone", event: number });
    for (const tip of [TIP, OTHER]) expect(itemsOf(story.state.tip(tip), "linked")).toEqual([]);
  });

  it("knows entities by their aliases, and keeps one that is mentioned", async () => {
    const name = (text: string) => ({ text, romanised: null });
    const entity = did("b", { kind: "entity-named", entity: "facility", name: name("某医院"), role: null });
    const alias = did("b", { kind: "alias-added", entity, name: name("دوختۇرخانا") });
    const mention = did("b", { kind: "mentioned", tip: TIP, entity, quote: { start: 0, end: 3 }, certainty: "probable" });
    expect(await refused("b", { kind: "mentioned", tip: TIP, entity: 1, quote: null, certainty: "certain" })).toBe("no-such-item");
    expect(await refused("b", { kind: "undone", event: entity })).toBe("cannot-undo");
    did("b", { kind: "undone", event: alias });
    expect(story.state.entities.get(entity)?.aliases).toEqual([]);
    did("b", { kind: "undone", event: mention });
    did("b", { kind: "undone", event: entity });
    expect(story.state.entities.size).toBe(0);
  });

  it("keeps tasks until they are done", async () => {
    const task = did("b", { kind: "task-set", tip: TIP, sealed: SEALED, person: keyOf("a"), due: "2026-07-01" });
    expect(story.state.isDone(task)).toBe(false);
    const done = did("a", { kind: "task-done", task });
    expect(await refused("a", { kind: "task-done", task })).toBe("no-such-item");
    did("a", { kind: "undone", event: done });
    expect(story.state.isDone(task)).toBe(false);
  });

  it("counts what each person had to look at", () => {
    did("b", { kind: "exposed", tip: TIP, count: 3, seconds: 40 });
    did("b", { kind: "exposed", tip: OTHER, count: 2, seconds: 5 });
    const of = (person: string, day: string) => exposureOf(story.state, keyOf(person), day);
    expect(of("b", "2026-06-01")).toEqual({ count: 5, seconds: 45 });
    for (const [person, day] of [
      ["a", "2026-06-01"],
      ["b", "2026-06-02"],
    ] as const)
      expect(of(person, day)).toEqual({ count: 0, seconds: 0 });
  });

  it("comes to the same state from the same events", () => {
    did("b", tag);
    did("b", move("triaged"));
    const again = stateOfEvents(story.state.events);
    expect([...again.tips]).toEqual([...story.state.tips]);
    expect([...again.people]).toEqual([...story.state.people]);
  });
});
