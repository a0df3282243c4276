/** The window's calls on a real casebook of Ana and Bo: who sees what, and what is written. */
import { copyFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Refusal } from "../../../src/protocol/errors.ts";
import type { Json } from "../../../src/protocol/format/json.ts";
import type { OpenCasebook } from "../../../src/reviewer/casebook/destroy.ts";
import { WindowApi } from "../../../src/reviewer/window/api.ts";
import { NO_FILTER } from "../../../src/reviewer/window/page/state.ts";
import { Player } from "../../../src/reviewer/window/player.ts";
import type { Calls, InboxFilter } from "../../../src/reviewer/window/wire.ts";
import { smallCasebook } from "../../support/small-casebook.ts";

const ONE = "我看见了救护车在侧门。";
const COPY = "我看见了，救护车在侧门！";
const OTHER = "Something else entirely, in a market far away.";

let open: OpenCasebook;
let api: WindowApi;
let uses = 0;
let locked = false;
/** Ids by narrative. */
let one: string;
let copy: string;
let other: string;

const call = <K extends keyof Calls>(name: K, request: Calls[K][0]): Promise<Calls[K][1]> =>
  api.answer(name, request as unknown as Json) as Promise<Calls[K][1]>;
const act = (kind: string, fields: Record<string, Json>, words: string | null = null) => call("act", { act: { ...fields, kind }, words });
const sit = (person: string) => call("handover", { person, secret: "" });
const find = async (query: string): Promise<string[]> =>
  (await call("inbox", { ...NO_FILTER, query, offset: 0, limit: 50 })).rows.map(({ id }) => id);

async function refused(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "allowed";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

beforeAll(async () => {
  ({ open } = await smallCasebook(ONE, COPY, OTHER));
  api = new WindowApi({
    open,
    person: await open.casebook.person("Ana"),
    lockMinutes: 10,
    player: new Player(),
    now: () => new Date(),
    onUse: () => (uses += 1),
    onLock: () => (locked = true),
  });
  await api.fill();
  [other = ""] = await find("market");
  const alike = await find("救护");
  for (const id of alike) await call("declare", { tip: id, ties: [] });
  const narratives = await Promise.all(alike.map(async (id) => (await call("tip", { tip: id })).content?.narrative));
  one = alike[narratives.indexOf(ONE)] ?? "";
  copy = alike[narratives.indexOf(COPY)] ?? "";
});
afterAll(async () => {
  await api.close();
});

describe("the window's calls", () => {
  it("give a tip's text to nobody who declared nothing, and to nobody with a tie", async () => {
    const closed = await call("tip", { tip: other });
    expect(closed).toMatchObject({ opened: false, content: null, row: { reading: "undeclared", files: 0 } });
    expect(JSON.stringify(closed)).not.toContain("market");
    expect(await refused(call("open", { tip: other }))).toBe("conflict-undeclared");
    expect(await refused(act("tagged", { tip: other, set: "organs", code: "heart" }))).toBe("conflict-undeclared");
    expect(await refused(call("file", { tip: other, index: 0, encoding: null }))).toBe("conflict-undeclared");
    const tied = await call("declare", { tip: other, ties: ["knows_person", "family_in_place"] });
    expect(tied).toMatchObject({ opened: false, content: null, row: { reading: "recused", language: null, files: null } });
    expect(await find("market")).toEqual([]);
    expect(await find("")).toContain(other);
    expect(await refused(call("reply", { tip: other, text: "x", challenge: false }))).toBe("conflict-undeclared");
  });

  it("show a tie to another lead, who decides, and to nobody else", async () => {
    expect((await call("tip", { tip: other })).tied).toEqual([]);
    await sit("Bo");
    const { tied } = await call("tip", { tip: other });
    expect(tied.map(({ name, ties }) => [name, ties])).toEqual([["Ana", ["family_in_place", "knows_person"]]]);
    await act("tie-decided", { tip: other, person: tied[0]?.key ?? "", may_read: true });
    await sit("Ana");
    expect((await call("open", { tip: other })).content?.narrative).toBe(OTHER);
    expect(await find("market")).toEqual([other]);
  });

  it("write words sealed, and give them back to who may read", async () => {
    await act("noted", { tip: one }, "who guards the side door?");
    await act("translated", { tip: one, language: "en", method: "human", certified: false }, "I saw the ambulance at the side door.");
    const { content } = await call("tip", { tip: one });
    expect(content?.items.at(-2)).toMatchObject({ kind: "noted", words: "who guards the side door?", undoable: true, person: "Ana" });
    expect(content?.translations.map(({ text }) => text)).toEqual(["I saw the ambulance at the side door."]);
    expect(JSON.stringify(open.casebook.events)).not.toContain("side door");
    expect(await refused(act("tagged", { tip: one, set: "organs", code: "heart" }, "words"))).toBe("bad-field");
    expect(await refused(act("noted", { tip: one }))).toBe("bad-field");
  });

  it("count tips without telling a small number", async () => {
    const { total, tables } = await call("overview", {});
    expect(total).toBeNull();
    expect(tables.map(({ name }) => name)).toContain("where");
    for (const { counts } of tables) for (const { count } of counts) expect(count === null || count === 0).toBe(true);
  });

  it("suggest what looks alike", async () => {
    expect((await call("tip", { tip: one })).content?.alike).toEqual([{ id: copy, percent: 100, equal: true }]);
  });

  it("hide a grade, its reasons and its note until both are there", async () => {
    const grade = (information: number) => ({ tip: one, source: "F", information, reasons: ["copied_text"] });
    await act("graded", { ...grade(2), note: null }, "I am nearly sure");
    expect((await call("tip", { tip: one })).row.grade).toBe("F2, not settled");
    await sit("Bo");
    await call("declare", { tip: one, ties: [] });
    const blind = await call("tip", { tip: one });
    expect(blind.content).toMatchObject({ mayGrade: true, mayReconcile: false });
    expect(blind.row.grade).toBe("");
    expect(JSON.stringify(blind)).not.toMatch(/F2|nearly sure|copied/);
    await act("graded", { ...grade(4), note: null });
    const both = await call("tip", { tip: one });
    expect(both.row.grade).toBe("F2 / F4, not settled");
    expect(both.content).toMatchObject({ mayGrade: false, mayReconcile: true });
    const waiting = { ...NO_FILTER, todo: "to-reconcile", offset: 0, limit: 9 } as const;
    expect((await call("inbox", waiting)).rows.map(({ id }) => id)).toEqual([one]);
    await act("reconciled", grade(3));
    await sit("Ana");
    await act("reconciled", grade(3));
    expect((await call("tip", { tip: one })).row.grade).toBe("F3");
    expect((await call("inbox", waiting)).total).toBe(0);
  });

  it("filter by what this person may know, and nothing else", async () => {
    const found = async (filter: Partial<InboxFilter>): Promise<string[]> =>
      (await call("inbox", { ...NO_FILTER, ...filter, offset: 0, limit: 9 })).rows.map(({ id }) => id).sort();
    await sit("Ana");
    await act("tagged", { tip: other, set: "organs", code: "heart" });
    expect(await found({ tag: "organs/heart" })).toEqual([other]);
    expect(await found({ tag: "organs/kidney" })).toEqual([]);
    expect(await found({ grade: "settled" })).toEqual([one]);
    expect(await found({ grade: "3" })).toEqual([one]);
    expect(await found({ grade: "not-settled" })).toEqual([copy, other].sort());
    expect(await found({ files: true })).toEqual([]);
    expect(await found({ language: "zh-Hans" })).toEqual([]);
    expect(await found({ todo: "mine" })).toEqual([copy, one, other].sort());
    // Bo stays out of the other tip, and no filter tells him of it.
    await sit("Bo");
    expect(await found({ todo: "mine" })).toEqual([one]);
    await call("declare", { tip: other, ties: ["financial"] });
    expect(await found({ tag: "organs/heart" })).toEqual([]);
    expect(await found({ grade: "not-settled" })).toEqual([copy]);
    expect(await found({})).toHaveLength(3);
    await sit("Ana");
  });

  it("keep each person's filters for that person, sealed, and forget them without a trace", async () => {
    const filter = { ...NO_FILTER, query: "side door", tag: "organs/heart", grade: "3" } as const;
    const events = open.casebook.events.length;
    await call("save-filter", { name: "mine \u202E", filter: NO_FILTER });
    await call("save-filter", { name: "door", filter: NO_FILTER });
    expect((await call("save-filter", { name: "door", filter })).filters).toMatchObject([{ name: "door", filter }, {}]);
    await sit("Bo");
    expect((await call("filters", {})).filters).toEqual([]);
    await sit("Ana");
    expect((await call("filters", {})).filters).toHaveLength(2);
    const people = join(open.casebook.folder, "people");
    const kept = (await readdir(people)).filter((name) => name.endsWith(".filters.jwe"));
    expect(kept).toHaveLength(1);
    expect(await readFile(join(people, kept[0]!), "utf8")).not.toContain("door");
    // One person's file in another's place is noticed.
    const bo = open.casebook.people.find(({ name }) => name === "Bo")?.key ?? "";
    await copyFile(join(people, kept[0]!), join(people, `${bo}.filters.jwe`));
    await sit("Bo");
    expect(await refused(call("filters", {}))).toBe("casebook-damaged");
    await rm(join(people, `${bo}.filters.jwe`));
    await sit("Ana");
    expect((await call("forget-filter", { name: "door" })).filters.map(({ name }) => name)).toEqual(["mine \u202E"]);
    expect(open.casebook.events.length).toBe(events);
  });

  it("undo by a further event, and only what can be", async () => {
    const { event } = await act("flagged", { tip: copy, flag: "urgent_safety", on: true });
    expect((await call("tip", { tip: copy })).row.flags).toEqual(["urgent_safety"]);
    await act("undone", { event });
    expect((await call("tip", { tip: copy })).row.flags).toEqual([]);
    expect(open.casebook.events.at(-2)?.act.kind).toBe("flagged");
    expect(await refused(act("undone", { event }))).toBe("no-such-item");
    const items = (await call("tip", { tip: copy })).content?.items ?? [];
    expect(items.filter(({ undoable }) => undoable)).toEqual([]);
  });

  it("destroy a tip by two people's signatures, and then find nothing of it", async () => {
    await act("proposed", { subject: { what: "destroy-tip", tip: copy } });
    const mine = await call("decisions", {});
    expect(mine.open).toMatchObject([{ by: "Ana", mayConfirm: false, mayReject: true }]);
    const { proposal } = mine.open[0]!;
    expect(await refused(act("confirmed", { proposal }))).toBe("needs-another-person");
    expect((await sit("Bo")).decisions).toBe(1);
    await act("confirmed", { proposal });
    expect(await find("救护")).toEqual([one]);
    expect(await call("tip", { tip: copy })).toMatchObject({ row: { destroyed: true, files: null }, content: null });
    expect((await call("tip", { tip: one })).content?.alike).toEqual([]);
  });

  it("list exactly what leaves", async () => {
    const { batches, replies } = await call("outbox", {});
    expect(batches).toMatchObject([{ batch: 1, size: 3 }]);
    expect(replies).toEqual([]);
    expect(await refused(call("reply", { tip: one, text: "Thank you.", challenge: false }))).toBe("no-reply-wanted");
  });

  it("let nobody sit down who is not there", async () => {
    expect(await refused(sit("Eve"))).toBe("usage");
    expect((await call("desk", {})).person.name).toBe("Bo");
  });

  it("count as use, except for the question whether the window is open", async () => {
    uses = 0;
    expect(await call("alive", {})).toEqual({ read: 3, total: 3, work: null });
    expect(uses).toBe(0);
    await call("desk", {});
    expect(uses).toBe(1);
    await call("lock", {});
    expect(locked).toBe(true);
  });

  it("refuse whatever else is sent, and write nothing", async () => {
    const before = open.casebook.events.length;
    for (const name of ["constructor", "__proto__", "nothing"]) expect(await refused(api.answer(name, {}))).toBe("not-found");
    for (const kind of ["opened", "imported", "replied", "declared", "tip-opened", "outbox", "toString"])
      expect(await refused(act(kind, { tip: one })), kind).toBe("bad-field");
    const json = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "inbox",
          "save-filter",
          "forget-filter",
          "tip",
          "declare",
          "open",
          "file",
          "words",
          "page",
          "play",
          "act",
          "reply",
          "handover",
        ),
        json,
        async (name, request) => {
          expect(await refused(api.answer(name, request as Json))).not.toBe("allowed");
        },
      ),
      { numRuns: 300 },
    );
    expect(open.casebook.events.length).toBe(before);
  });
});
