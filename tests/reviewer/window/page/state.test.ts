/** The window's state machine, its keys and its forms, without a browser. */
import { describe, expect, it } from "vitest";
import { formOf, formsFor } from "../../../../src/reviewer/window/page/forms.ts";
import { commandOf } from "../../../../src/reviewer/window/page/keys.ts";
import { type Effect, FIRST, PAGE_ROWS, type State, step, type WindowEvent } from "../../../../src/reviewer/window/page/state.ts";
import type { DeskAnswer, HeldItem, InboxRow, TipAnswer, TipContent } from "../../../../src/reviewer/window/wire.ts";

const ID = "0123456789ab";

const DESK: DeskAnswer = {
  person: { key: "a", name: "Ana", roles: ["lead"] },
  people: [{ key: "a", name: "Ana" }],
  practice: false,
  decisions: 0,
  lockMinutes: 10,
  exposure: { count: 0, seconds: 0 },
  officers: false,
};

function row(number: number): InboxRow {
  const id = number.toString(16).padStart(12, "0");
  const nothing = { tags: [], flags: [], grade: "", language: null, files: null };
  return { id, date: "2026-06-02", state: "opened", reading: "may-read", destroyed: false, ...nothing };
}

function item(event: number, person: string, undoable: boolean): HeldItem {
  return { event, kind: "noted", person, at: "", says: "note", words: null, quote: null, undoable, open: false };
}

const CONTENT: TipContent = {
  narrative: "one two one",
  answers: [],
  files: [],
  wantsReply: false,
  thread: [],
  alike: [],
  items: [],
  replies: [],
  translations: [],
  moves: ["triaged", "closed", "duplicate"],
  mayGrade: true,
  mayReconcile: false,
  onHold: false,
};

function tipWith(content: Partial<TipContent> | null): TipAnswer {
  const whole = content === null ? null : { ...CONTENT, ...content };
  return { row: { ...row(0), id: ID }, batch: 1, commitment: "", opened: true, tied: [], content: whole };
}

/** A state after these events, and the calls of the last. */
function after(state: State, ...events: WindowEvent[]): { state: State; effects: readonly Effect[] } {
  let effects: readonly Effect[] = [];
  for (const event of events) ({ state, effects } = step(state, event));
  return { state, effects };
}

const inbox = (state: State, rows: readonly InboxRow[], total = rows.length, offset = 0): WindowEvent => ({
  on: "answered",
  call: "inbox",
  request: { ...state.filter, offset, limit: PAGE_ROWS },
  answer: { total, offset, rows },
});

const reading = (content: Partial<TipContent> | null): State => ({ ...FIRST, desk: DESK, place: "tip", tip: tipWith(content) });

describe("the window's state", () => {
  it("asks who sits here, then a reader's filters and first rows; who only imports is shown that alone", () => {
    const calls = (effects: readonly Effect[]) => effects.map((effect) => "call" in effect && effect.call);
    const begun = step(FIRST, { on: "start" });
    expect(calls(begun.effects)).toEqual(["desk"]);
    const sits = (answer: DeskAnswer) => step(begun.state, { on: "answered", call: "desk", request: {}, answer });
    expect(calls(sits(DESK).effects)).toEqual(["filters", "inbox"]);
    const importer = sits({ ...DESK, person: { key: "c", name: "Cem", roles: ["importer"] } });
    expect([importer.state.place, calls(importer.effects)]).toEqual(["importing", ["importing"]]);
    // Asked again later, it moves nobody.
    const later = step({ ...importer.state, place: "importing" }, { on: "answered", call: "desk", request: {}, answer: DESK });
    expect(later.effects).toEqual([]);
  });

  it("keeps rows of several answers, and none of an answer to another filter", () => {
    const { state } = after(FIRST, inbox(FIRST, [row(1)], 300), inbox(FIRST, [row(9)], 300, 200));
    expect([...state.rows.keys()]).toEqual([0, 200]);
    const filtered = after(state, { do: "filter", filter: { query: "x" } });
    expect(filtered.state.rows.size).toBe(0);
    expect(after(filtered.state, inbox(state, [row(1)], 300)).state.rows.size).toBe(0);
  });

  it("forgets rows when their number changed, and keeps the chosen row inside", () => {
    const { state } = after(FIRST, inbox(FIRST, [row(1), row(2), row(3)]), { do: "choose", row: 2 }, inbox(FIRST, [row(1)]));
    expect(state).toMatchObject({ total: 1, cursor: 0 });
    expect(after(state, { do: "choose", row: -5 }).state.cursor).toBe(0);
    expect(after(state, inbox(FIRST, [])).state.cursor).toBe(0);
  });

  it("asks for rows that are chosen and not there", () => {
    const { effects } = after(FIRST, inbox(FIRST, [row(1)], 1000), { do: "choose", row: 555 });
    expect(effects).toMatchObject([{ call: "inbox", request: { offset: 500, limit: PAGE_ROWS } }]);
  });

  it("asks again for what is shown after an act", () => {
    const answered: WindowEvent = {
      on: "answered",
      call: "act",
      request: { act: { kind: "noted" }, words: "x" },
      answer: { event: 7 },
    };
    const { state, effects } = step({ ...reading({}), panel: "note", sent: "note" }, answered);
    expect(state).toMatchObject({ panel: null, message: "Written down as event 7." });
    expect(effects).toEqual([
      { call: "desk", request: {} },
      { call: "tip", request: { tip: ID } },
    ]);
  });

  it("leaves a form alone that was opened while another act was under way", () => {
    const answered: WindowEvent = { on: "answered", call: "act", request: { act: { kind: "undone" }, words: null }, answer: { event: 8 } };
    expect(step({ ...reading({}), panel: "note" }, answered).state.panel).toBe("note");
    expect(step({ ...reading({}), panel: "note", sent: "tag" }, answered).state.panel).toBe("note");
  });

  it("undoes nothing while the last act is not shown yet", () => {
    const items = [item(5, "Ana", true)];
    const first = step(reading({ items }), { do: "undo-last" });
    expect(first.effects).toHaveLength(1);
    const second = step(first.state, { do: "undo-last" });
    expect(second.effects).toEqual([]);
    const shown: WindowEvent = { on: "answered", call: "tip", request: { tip: ID }, answer: tipWith({ items }) };
    expect(after(second.state, shown, { do: "undo-last" }).effects).toHaveLength(1);
  });

  it("keeps a form open when it was refused, and says why", () => {
    expect(step({ ...reading({}), panel: "grade" }, { on: "refused", message: "No." }).state).toMatchObject({
      panel: "grade",
      message: "No.",
    });
  });

  it("undoes this person's last act that can be undone, not somebody else's", () => {
    const items = [item(5, "Ana", true), item(6, "Bo", true), item(7, "Ana", false)];
    const { effects } = step(reading({ items }), { do: "undo-last" });
    expect(effects).toMatchObject([{ request: { act: { kind: "undone", event: 5 } } }]);
    expect(step(reading({ items: [item(6, "Bo", true)] }), { do: "undo-last" }).effects).toEqual([]);
  });

  it("begins from nothing when another person sits down", () => {
    const answer = { ...DESK, person: { key: "b", name: "Bo", roles: ["reviewer"] } };
    const before = { ...reading({}), filter: { ...FIRST.filter, query: "secret" } };
    const { state } = step(before, { on: "answered", call: "handover", request: { person: "Bo", secret: "" }, answer });
    expect(state).toMatchObject({ place: "inbox", tip: null, desk: answer, filter: FIRST.filter });
  });

  it("forgets everything when it is locked or lost, and does nothing more", () => {
    const { state } = step(reading({}), { on: "lost", why: "Closed." });
    expect(state).toEqual({ ...FIRST, locked: "Closed." });
    expect(after(state, { on: "start" }, { do: "open", tip: ID })).toEqual({ state, effects: [] });
  });
});

describe("the window's keys", () => {
  it("move in the inbox and go places", () => {
    const { state } = after(FIRST, inbox(FIRST, [row(1), row(2)]));
    expect(commandOf(state, "j", false)).toEqual({ do: "choose", row: 1 });
    expect(commandOf(state, "End", false)).toEqual({ do: "choose", row: 1 });
    expect(commandOf(state, "Enter", false)).toEqual({ do: "open-chosen" });
    expect(commandOf(state, "d", true)).toEqual({ do: "go", to: "decisions" });
    expect(commandOf(state, "t", false)).toBeNull();
  });

  it("open the forms that a tip has, and none over another panel or before reading", () => {
    expect(commandOf(reading({}), "a", false)).toEqual({ do: "panel", panel: "grade" });
    expect(commandOf(reading({ mayGrade: false }), "a", false)).toBeNull();
    expect(commandOf(reading(null), "t", false)).toBeNull();
    expect(commandOf({ ...reading({}), panel: "help" }, "t", false)).toBeNull();
  });

  it("are different for every form, and none is taken twice", () => {
    const all = formsFor({ ...CONTENT, mayReconcile: true, wantsReply: true }).map(({ key }) => key);
    const taken = [...all, "j", "k", "u", "z", "g", "/", "?"];
    expect(new Set(taken).size).toBe(taken.length);
  });
});

describe("the window's forms", () => {
  const subject = (content: Partial<TipContent> = {}, marked: State["marked"] = null) => {
    const tip = tipWith(content);
    return { tip, content: tip.content!, desk: DESK, marked };
  };
  const actOf = (effect: Effect | string): unknown =>
    typeof effect === "object" && "call" in effect && effect.call === "act" ? effect.request : effect;

  it("quote what was marked, or else the first place with these words, or refuse", () => {
    const values = { element: ["tip.act"], stance: ["supports"] };
    const quoteOf = (quote: string, marked: State["marked"] = null): unknown =>
      (actOf(formOf("code", subject({}, marked)).effect({ ...values, quote: [quote] })) as { act?: { quote: unknown } }).act?.quote;
    expect(quoteOf("one")).toEqual({ start: 0, end: 3 });
    expect(quoteOf("one", { start: 8, end: 11 })).toEqual({ start: 8, end: 11 });
    expect(quoteOf("two", { start: 8, end: 11 })).toEqual({ start: 4, end: 7 });
    expect(quoteOf("")).toBeNull();
    expect(formOf("code", subject()).effect({ ...values, quote: ["three"] })).toMatch(/do not stand/);
  });

  it("send reasons in the order the review machine wants, and an empty note as none", () => {
    const values = { source: ["F"], information: ["3"], reasons: ["specific_detail", "copied_text"], words: ["  "] };
    expect(actOf(formOf("grade", subject()).effect(values))).toEqual({
      act: { kind: "graded", tip: ID, source: "F", information: 3, reasons: ["copied_text", "specific_detail"] },
      words: null,
    });
  });

  it("say what is missing instead of sending it", () => {
    for (const name of ["note", "question", "task", "translate", "reply"] as const)
      expect(formOf(name, subject()).effect({ words: [" "] }), name).toBe("Write something first.");
    expect(formOf("move", subject()).effect({ to: ["closed"], reason: [""] })).toMatch(/says why/);
    expect(formOf("move", subject()).effect({ to: ["duplicate"], other: ["12"] })).toMatch(/of which tip/);
    expect(formOf("link", subject()).effect({ other: ["../x"] })).toMatch(/twelve digits/);
    expect(formOf("task", subject()).effect({ words: ["x"], due: ["soon"] })).toMatch(/YYYY/);
  });

  it("offer to release a hold where there is one, and to destroy where there is none", () => {
    const offered = (onHold: boolean) => formOf("propose", subject({ onHold })).fields[0]?.options?.map(([what]) => what);
    expect(offered(true)).toEqual(["release-hold", "reveal:a"]);
    expect(offered(false)).toEqual(["destroy-tip", "reveal:a"]);
  });
});

describe("a file", () => {
  const answer = { view: "document", seems: "PDF document", fits: true, text: null } as const;
  const pixels = (pages: number, width: number): Uint8Array => {
    const bytes = new Uint8Array(12 + 3 * width);
    const view = new DataView(bytes.buffer);
    for (const [at, value] of [pages, width, 1].entries()) view.setUint32(4 * at, value);
    return bytes;
  };
  const inFile = (): State => {
    const state = step({ ...FIRST, desk: DESK, place: "tip", tip: tipWith({}) }, { do: "file", index: 0 }).state;
    return step(state, { on: "answered", call: "file", request: { tip: ID, index: 0, encoding: null }, answer }).state;
  };
  const sides = ({ effects }: ReturnType<typeof step>): unknown[] =>
    effects.flatMap((effect) => ("call" in effect && effect.call === "page" ? [[effect.request.page, effect.request.longest]] : []));

  it("is asked for veiled, then clear, page after page, and veiled again when it is covered", () => {
    const file = inFile();
    expect(file).toMatchObject({ place: "file", file: { clear: false, picture: null } });
    const request = { tip: ID, index: 0, page: 0, longest: 10 };
    const veiled = step(file, { on: "answered", call: "page", request, answer: pixels(2, 10) }).state;
    expect(veiled.file).toMatchObject({ pages: 2, picture: { width: 10, height: 1 } });
    const revealed = step(veiled, commandOf(veiled, "v", false)!);
    expect(sides(revealed)).toEqual([[0, 1600]]);
    expect(revealed.state.file?.picture).toBeNull();
    const next = step(revealed.state, commandOf(veiled, "ArrowRight", false)!);
    expect(sides(next)).toEqual([[1, 1600]]);
    expect(sides(step(next.state, commandOf(veiled, "ArrowRight", false)!))).toEqual([]);
    const covered = step(next.state, commandOf(next.state, "v", false)!);
    expect(sides(covered)).toEqual([[1, 10]]);
    expect(covered.state.file).toMatchObject({ clear: false, picture: null });
    // What comes late and clear is left.
    const late = { ...request, page: 1, longest: 1600 };
    expect(step(covered.state, { on: "answered", call: "page", request: late, answer: pixels(2, 3) }).state.file?.picture).toBeNull();
  });

  it("is left by every way with what was seen written down", () => {
    const calls = ({ effects }: ReturnType<typeof step>) => effects.map((effect) => ("call" in effect ? effect.call : "focus"));
    expect(calls(step(inFile(), { do: "back" }))).toEqual(["cover", "desk", "tip"]);
    expect(calls(step(inFile(), { do: "go", to: "inbox" }))).toEqual(["cover", "desk", "inbox"]);
  });

  it("that cannot be shown says why", () => {
    expect(step(inFile(), { on: "refused", message: "It was stopped." }).state.file?.failed).toBe("It was stopped.");
  });
});
