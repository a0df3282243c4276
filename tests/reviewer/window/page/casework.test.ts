/** Entities, timelines and proposals in the page's state, without a browser. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EntityAnswer, EntityRow, ProposingAnswer, TimelineAnswer } from "../../../../src/reviewer/window/case-wire.ts";
import { caseFormOf, isCaseForm } from "../../../../src/reviewer/window/page/case-forms.ts";
import { NO_CASE } from "../../../../src/reviewer/window/page/casework.ts";
import { commandOf } from "../../../../src/reviewer/window/page/keys.ts";
import { type Effect, FIRST, type State, step, type WindowEvent } from "../../../../src/reviewer/window/page/state.ts";
import { dateWords, placed } from "../../../../src/reviewer/window/page/timeline.ts";
import type { InboxRow, TipAnswer } from "../../../../src/reviewer/window/wire.ts";

const ID = "0123456789ab";
const DONE = { event: 7, person: "Ana", at: "", undoable: true };
const ROW: EntityRow = { entity: 7, kind: "person", name: { text: "كېرىم", romanised: "Kerim" }, role: null, aliases: [], tips: 0 };
const ENTITY: EntityAnswer = { row: ROW, named: DONE, aliases: [], mentions: [], alike: [] };
const INBOX_ROW: InboxRow = {
  id: ID,
  date: "2026-06-02",
  state: "opened",
  reading: "may-read",
  destroyed: false,
  tags: [],
  flags: [],
  grade: "",
  language: null,
  files: null,
};
const TIP: TipAnswer = {
  row: INBOX_ROW,
  batch: 1,
  commitment: "",
  opened: true,
  tied: [],
  content: {
    narrative: "Kerim came at night",
    answers: [],
    files: [],
    wantsReply: false,
    thread: [],
    alike: [],
    items: [],
    replies: [],
    translations: [],
    moves: [],
    mayGrade: false,
    mayReconcile: false,
    onHold: false,
  },
};
const DESK = {
  person: { key: "a", name: "Ana", roles: ["lead"] },
  people: [],
  officers: false,
  practice: false,
  decisions: 0,
  lockMinutes: 10,
  exposure: { count: 0, seconds: 0 },
};
const READING: State = { ...FIRST, desk: DESK, place: "tip", tip: TIP, marked: { start: 0, end: 5 } };

function after(state: State, ...events: WindowEvent[]): { state: State; effects: readonly Effect[] } {
  let effects: readonly Effect[] = [];
  for (const event of events) ({ state, effects } = step(state, event));
  return { state, effects };
}
const press = (state: State, ...keys: string[]): State =>
  keys.reduce((before, key) => {
    const command = commandOf(before, key, false);
    expect(command, key).not.toBeNull();
    return command === null ? before : step(before, command).state;
  }, state);
const calls = (effects: readonly Effect[]) => effects.map((effect) => "call" in effect && effect.call);
const found = (state: State, ...rows: EntityRow[]): WindowEvent => ({
  on: "answered",
  call: "entities",
  request: state.casework.wanted,
  answer: { total: rows.length, rows },
});
const opened: WindowEvent = { on: "answered", call: "entity", request: { entity: 7 }, answer: ENTITY };

describe("entities on the page", () => {
  it("are come to from a tip with what was marked, linked to it, and left back to it", () => {
    const linking = press(READING, "i");
    expect(linking).toMatchObject({ place: "entities", casework: { linking: { tip: ID, quoted: "Kerim" }, wanted: { query: "Kerim" } } });
    const { state } = after(linking, found(linking, ROW), { do: "open-chosen-entity" }, opened);
    expect(state.place).toBe("entity");
    const panel = press(state, "m");
    expect(panel.panel).toBe("mention");
    const values = { certainty: ["certain"], quoted: ["yes"] };
    const act = { kind: "mentioned", tip: ID, entity: 7, quote: { start: 0, end: 5 }, certainty: "certain" };
    const sent = after(panel, { do: "submit-case", form: "mention", values });
    expect(sent.effects).toEqual([{ call: "act", request: { act, words: null } }]);
    const done: WindowEvent = { on: "answered", call: "act", request: { act, words: null }, answer: { event: 9 } };
    const written = after(sent.state, done);
    expect(written.state.panel).toBeNull();
    expect(calls(written.effects)).toEqual(["desk", "entity"]);
    const back = step(press(state, "u"), commandOf(press(state, "u"), "u", false) ?? { do: "lock" });
    expect(back.effects).toEqual([{ call: "tip", request: { tip: ID } }]);
  });

  it("are not linked by whoever came another way", () => {
    const { state } = after({ ...READING, tip: null, place: "entities" }, opened);
    expect(commandOf(state, "m", false)).toBeNull();
    expect(caseFormOf("mention", state).effect({ certainty: ["certain"] })).toMatch(/from a tip/);
  });

  it("show no answer to other words than those in the field, and keep the chosen row inside", () => {
    const { state } = after(FIRST, { do: "go", to: "entities" }, { do: "find-entities", wanted: { query: "k" } });
    const late = after(state, { on: "answered", call: "entities", request: { query: "", kind: null }, answer: { total: 1, rows: [ROW] } });
    expect(late.state.casework.entities).toBeNull();
    const here = after(state, found(state, ROW, { ...ROW, entity: 8 })).state;
    expect(press(here, "j", "j", "j").casework.chosen).toBe(1);
    expect(press(here, "k").casework.chosen).toBe(0);
  });

  it("are shown when they were named, and left when they are taken back", () => {
    const listed = { ...READING, tip: null, place: "entities" } as const;
    const naming = { act: { kind: "entity-named" }, words: null };
    const named = after(listed, { on: "answered", call: "act", request: naming, answer: { event: 7 } });
    expect(named.effects.at(-1)).toEqual({ call: "entity", request: { entity: 7 } });
    const undoing = { act: { kind: "undone", event: 7 }, words: null };
    const undone = after(named.state, opened, { on: "answered", call: "act", request: undoing, answer: { event: 8 } });
    expect(undone.state).toMatchObject({ place: "entities", casework: { entity: null } });
    expect(calls(undone.effects)).toEqual(["desk", "entities"]);
  });

  it("need a name", () => {
    expect(caseFormOf("new-entity", READING).effect({ kind: ["person"], text: [" "], romanised: [""], role: [""] })).toMatch(/name first/);
    const made = caseFormOf("new-entity", READING).effect({ kind: ["facility"], text: ["第一医院"], romanised: [""], role: [""] });
    expect(made).toMatchObject({ request: { act: { entity: "facility", name: { text: "第一医院", romanised: null }, role: null } } });
    expect(isCaseForm("toString")).toBe(false);
  });
});

describe("proposals on the page", () => {
  const PROPOSING: ProposingAnswer = {
    offers: [{ subject: { what: "remove-person", key: "b" }, says: "remove Bo" }],
    retention: [{ class: "spam", days: null }],
    mayPropose: true,
    decided: [],
  };
  const deciding: State = { ...READING, tip: null, place: "decisions", casework: { ...NO_CASE, proposing: PROPOSING } };

  it("send what was offered, or days that are days", () => {
    expect(press(deciding, "p").panel).toBe("propose-case");
    const { effect } = caseFormOf("propose-case", deciding);
    expect(effect({ what: ["offer:0"] })).toMatchObject({
      request: { act: { kind: "proposed", subject: { what: "remove-person", key: "b" } } },
    });
    expect(effect({ what: ["keep:spam"], days: ["30"] })).toMatchObject({ request: { act: { subject: { class: "spam", days: 30 } } } });
    for (const days of ["", "0", "1.5", "x", "36501"]) expect(effect({ what: ["keep:spam"], days: [days] }), days).toMatch(/whole number/);
    expect(effect({ what: ["offer:9"] })).toMatch(/nothing/);
  });

  it("of somebody new have a name and roles", () => {
    const { effect } = caseFormOf("propose-person", deciding);
    expect(effect({ name: ["Cem"], roles: [], secret: [""] })).toMatch(/role/);
    const request = { name: "Cem", roles: ["importer", "translator"], secret: " kept as it is " };
    expect(effect({ name: ["Cem"], roles: ["translator", "importer"], secret: [" kept as it is "] })).toEqual({
      call: "propose-person",
      request,
    });
  });

  it("are asked for with the open ones, and again after an act", () => {
    const { effects } = step(READING, { do: "go", to: "decisions" });
    expect(calls(effects)).toEqual(["decisions", "proposing"]);
    const again = step(deciding, {
      on: "answered",
      call: "propose-person",
      request: { name: "", roles: [], secret: "" },
      answer: { event: 3, key: "" },
    });
    expect(calls(again.effects)).toEqual(["desk", "decisions", "proposing"]);
  });
});

describe("a timeline on the page", () => {
  const entry = (when: string): TimelineAnswer["entries"][number] => ({ tip: ID, what: "said", when, says: "" });

  it("puts dates in order on one scale, open ranges to its edges", () => {
    const { entries, first, last } = placed(["2020-01-01", "2010/2012", "../2011", "2015~", "2019/.."].map(entry));
    expect(entries.map((one) => one.entry.when)).toEqual(["../2011", "2010/2012", "2015~", "2019/..", "2020-01-01"]);
    expect(last - first).toBe(10 * 365 + 2 + 1);
    expect(entries[0]).toMatchObject({ start: 0, openStart: true, openEnd: false });
    expect(entries[1]).toMatchObject({ start: 0 });
    expect(entries[2]).toMatchObject({ approximate: true, uncertain: false });
    expect(entries[3]).toMatchObject({ end: 1, openEnd: true });
    expect(entries[4]?.end).toBe(1);
  });

  it("says dates in words", () => {
    expect(["2016-05~", "2016?", "2016%", "2015/..", "../2016~", "2015/2018-02"].map(dateWords)).toEqual([
      "about 2016-05",
      "2016, uncertain",
      "about 2016, uncertain",
      "2015 or later",
      "about 2016 or earlier",
      "2015 to 2018-02",
    ]);
  });

  it("keeps every bar on the scale", () => {
    const year = fc.integer({ min: 1, max: 9999 }).map((number) => String(number).padStart(4, "0"));
    const when = fc.oneof(
      year,
      year.map((one) => `${one}-02-28?`),
      year.map((one) => `${one}/..`),
      year.map((one) => `../${one}%`),
    );
    fc.assert(
      fc.property(fc.array(when, { minLength: 1, maxLength: 20 }), (dates) => {
        const { entries } = placed(dates.map(entry));
        expect(entries).toHaveLength(dates.length);
        for (const { start, end } of entries) expect(start >= 0 && start < end && end <= 1).toBe(true);
      }),
    );
  });

  it("is left back to its tip, with and without what was done", () => {
    const timeline: TimelineAnswer = { tip: ID, tips: [], unopened: 0, entries: [] };
    const { state } = after(READING, { on: "answered", call: "timeline", request: { tip: ID }, answer: timeline });
    expect(press(state, "w").casework.withWork).toBe(true);
    expect(press(state, "u").place).toBe("tip");
  });

  it("lets metrics be saved from the overview", () => {
    const { state, effects } = step(
      { ...READING, place: "overview" },
      commandOf({ ...READING, place: "overview" }, "s", false) ?? { do: "lock" },
    );
    expect(calls(effects)).toEqual(["metrics-csv"]);
    const answer = new Uint8Array([1]);
    expect(step(state, { on: "answered", call: "metrics-csv", request: {}, answer }).effects).toEqual([
      { save: answer, name: "metrics.csv" },
    ]);
  });
});
