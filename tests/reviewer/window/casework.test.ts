/** Entities, timelines and proposals by the window's calls, on a real casebook of Ana and Bo; with what hostile hands send. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { formatJson, type Json, parseJson } from "../../../src/protocol/format/json.ts";
import type { OpenCasebook } from "../../../src/reviewer/casebook/destroy.ts";
import { metricsCsv, metricsFor } from "../../../src/reviewer/metrics.ts";
import { WindowApi } from "../../../src/reviewer/window/api.ts";
import { NO_FILTER } from "../../../src/reviewer/window/page/state.ts";
import { Player } from "../../../src/reviewer/window/player.ts";
import type { Calls } from "../../../src/reviewer/window/wire.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { casebookOf } from "../../support/small-casebook.ts";

const NARRATIVES = ["An ambulance came at night.", "An ambulance came in the morning.", "A list of names in a drawer."];
const WHEN = ["2016-05~", "2015/..", null];

let open: OpenCasebook;
let api: WindowApi;
let first: string;
let second: string;
let third: string;

const call = <K extends keyof Calls>(name: K, request: Calls[K][0]): Promise<Calls[K][1]> =>
  api.answer(name, request as unknown as Json) as Promise<Calls[K][1]>;
const act = (kind: string, fields: Record<string, Json>, words: string | null = null) => call("act", { act: { ...fields, kind }, words });
const sit = (person: string) => call("handover", { person, secret: "" });
const find = async (query: string): Promise<string> =>
  (await call("inbox", { ...NO_FILTER, query, offset: 0, limit: 9 })).rows[0]?.id ?? "";
const named = (text: string, romanised: string | null = null, entity = "person") =>
  act("entity-named", { entity, name: { text, romanised }, role: null });

async function refused(answer: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof answer === "function" ? answer() : answer);
    return "allowed";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

beforeAll(async () => {
  ({ open } = await casebookOf((to) =>
    Promise.all(NARRATIVES.map((narrative, index) => tipOf(to, { narrative, when: WHEN[index] ?? null }))),
  ));
  const person = await open.casebook.person("Ana");
  const nothing = (): undefined => undefined;
  api = new WindowApi({ open, person, lockMinutes: 10, player: new Player(), now: () => new Date(), onUse: nothing, onLock: nothing });
  await api.fill();
  [first, second, third] = [await find("night"), await find("morning"), await find("drawer")];
  for (const tip of [first, second]) await call("declare", { tip, ties: [] });
});
afterAll(async () => {
  await api.close();
});

describe("entities", () => {
  it("are made, have aliases in native scripts, are found by any of their names, and are mentioned by tips", async () => {
    const { event: kerim } = await named("كېرىم", "Kerim");
    await act("alias-added", { entity: kerim, name: { text: "克里木", romanised: null } });
    await act("mentioned", { tip: first, entity: kerim, quote: { start: 3, end: 12 }, certainty: "probable" });
    for (const query of ["کېریم", "kerim", "KÉRIM", "克里", "Керим"]) {
      const { rows } = await call("entities", { query, kind: null });
      expect(
        rows.map(({ entity }) => entity),
        query,
      ).toEqual([kerim]);
    }
    expect((await call("entities", { query: "kerim", kind: "facility" })).total).toBe(0);
    const { row, aliases, mentions, named: by } = await call("entity", { entity: kerim });
    expect(row).toMatchObject({ kind: "person", name: { text: "كېرىم" }, tips: 1 });
    expect(aliases.map(({ name }) => name.text)).toEqual(["克里木"]);
    expect(mentions).toMatchObject([{ certainty: "probable", tip: { id: first }, undoable: true }]);
    expect(by).toMatchObject({ person: "Ana", undoable: false });
    await act("undone", { event: aliases[0]?.event ?? 0 });
    expect((await call("entity", { entity: kerim })).aliases).toEqual([]);
  });

  it("that may be one and the same are told of each other, and never joined", async () => {
    const { event: one } = await named("ئابدۇللا");
    const { event: other } = await named("Abdulla", null);
    await named("Abdulla Hospital", null, "facility");
    const { alike } = await call("entity", { entity: one });
    expect(alike.map(({ entity, how }) => [entity, how])).toEqual([[other, "sounds_alike"]]);
    expect((await call("entities", { query: "Абдулла", kind: "person" })).rows.map(({ entity }) => entity).sort()).toEqual(
      [one, other].sort(),
    );
    expect(await refused(call("entity", { entity: 99_999 }))).toBe("no-such-item");
  });

  it("do not tell of a tip that somebody stays out of", async () => {
    const { event } = await named("Side Entrance", null, "facility");
    await act("mentioned", { tip: second, entity: event, quote: null, certainty: "certain" });
    await sit("Bo");
    expect((await call("entity", { entity: event })).mentions).toHaveLength(1);
    await call("declare", { tip: second, ties: ["financial"] });
    const seen = await call("entity", { entity: event });
    expect([seen.row.tips, seen.mentions.length]).toEqual([0, 0]);
    expect(JSON.stringify(seen)).not.toContain(second);
    expect(await refused(act("mentioned", { tip: third, entity: event, quote: null, certainty: "certain" }))).toBe("conflict-undeclared");
    await sit("Ana");
  });
});

describe("a timeline", () => {
  it("is of a tip and of those linked to it, as far as this person opened them", async () => {
    await act("linked", { tip: first, other: second, link: "same_event", independent: "unknown" });
    await call("declare", { tip: third, ties: [] });
    await act("linked", { tip: second, other: third, link: "corroborates", independent: "yes" });
    const { tips, unopened, entries } = await call("timeline", { tip: first });
    expect(tips).toEqual([
      { id: first, why: "this" },
      { id: second, why: "same_event" },
      { id: third, why: "corroborates" },
    ]);
    expect(unopened).toBe(0);
    const said = entries.filter(({ what }) => what === "said").map(({ tip, when }) => [tip, when]);
    expect(said).toEqual([
      [first, "2016-05~"],
      [second, "2015/.."],
    ]);
    expect(entries.filter(({ what }) => what === "came")).toHaveLength(3);
    await act("task-set", { tip: first, person: null, due: "2031-01-02" }, "ask again");
    const due = (await call("timeline", { tip: first })).entries.filter(({ what }) => what === "due");
    expect(due).toMatchObject([{ when: "2031-01-02", tip: first }]);
    expect(JSON.stringify(due)).not.toContain("ask again");
  });

  it("tells nobody of what they have not opened, and shows no grade before one's own", async () => {
    await act("graded", { tip: first, source: "F", information: 2, reasons: [], note: null });
    await sit("Bo");
    expect(await refused(call("timeline", { tip: first }))).toBe("conflict-undeclared");
    await call("declare", { tip: first, ties: [] });
    // The second he stays out of; the third is behind it.
    const bo = await call("timeline", { tip: first });
    expect([bo.tips.length, bo.unopened]).toEqual([1, 0]);
    expect(JSON.stringify(bo.entries)).not.toMatch(/F2|2015\/\.\./);
    await sit("Ana");
    expect(JSON.stringify((await call("timeline", { tip: first })).entries)).toContain("F2");
  });
});

describe("proposals", () => {
  it("of every kind are offered only where the rules allow them, and none happens by one person", async () => {
    const bo = open.casebook.people.find(({ name }) => name === "Bo")?.key ?? "";
    const { event: referral } = await open.casebook
      .append({ kind: "referral-drafted", title: "Case", tips: [first] }, await open.casebook.person("Bo"), new Date())
      .then(({ sequence }) => ({ event: sequence }));
    const offers = async () => (await call("proposing", {})).offers.map(({ subject }) => subject);
    expect(await offers()).toEqual([{ what: "remove-person", key: bo }]);
    await open.casebook.append(
      { kind: "referral-moved", referral, to: "sanitised", outcome: null },
      await open.casebook.person("Bo"),
      new Date(),
    );
    // No referral is approved by its author.
    expect(await offers()).toEqual([
      { what: "approve-referral", referral },
      { what: "remove-person", key: bo },
    ]);
    await sit("Bo");
    expect(JSON.stringify(await offers())).not.toContain("approve-referral");
    await sit("Ana");
    for (const subject of [
      { what: "approve-referral", referral },
      { what: "retention", class: "spam", days: 30 },
      { what: "reveal", tip: first, to: bo },
    ])
      await act("proposed", { subject });
    const { open: waiting } = await call("decisions", {});
    expect(waiting.map(({ mayConfirm }) => mayConfirm)).toEqual([false, false, false]);
    expect((await call("proposing", {})).retention.find((one) => one.class === "spam")?.days).toBeNull();
  });

  it("are confirmed or refused by another person, and it is told who did", async () => {
    const { open: waiting } = await call("decisions", {});
    const spam = waiting.find(({ says }) => says.startsWith("keep spam"))?.proposal ?? 0;
    const reveal = waiting.find(({ says }) => says.startsWith("show the source"))?.proposal ?? 0;
    await sit("Bo");
    await act("confirmed", { proposal: spam });
    await act("rejected", { proposal: reveal });
    const { decided, retention } = await call("proposing", {});
    expect(retention.find((one) => one.class === "spam")?.days).toBe(30);
    expect(decided).toMatchObject([
      { proposal: reveal, confirmed: false, by: "Ana", decidedBy: "Bo" },
      { proposal: spam, confirmed: true, by: "Ana", decidedBy: "Bo" },
    ]);
    await sit("Ana");
  });

  it("do not destroy the secret of a week that is not over, whoever asks", async () => {
    const { openSecret } = await import("../../../src/protocol/crypto/certificate.ts");
    const [epoch = ""] = (await openSecret(open.vault.program)).epochs;
    const subject = { what: "destroy-epoch", epoch } as const;
    expect(await refused(act("proposed", { subject }))).toBe("not-acknowledged");
    // Somebody with a program of their own proposed it all the same.
    const { sequence } = await open.casebook.append({ kind: "proposed", subject }, await open.casebook.person("Bo"), new Date());
    expect(await refused(act("confirmed", { proposal: sequence }))).toBe("not-acknowledged");
    expect(open.casebook.state.destroyedEpochs.size).toBe(0);
    await act("rejected", { proposal: sequence });
  });

  it("bring in somebody who only imports, and who sees nothing of tips", async () => {
    expect(await refused(call("propose-person", { name: "Bo", roles: ["importer"], secret: "" }))).toBe("not-allowed");
    expect(await refused(call("propose-person", { name: "a\u202Eb", roles: ["importer"], secret: "" }))).toBe("bad-field");
    expect(await refused(call("propose-person", { name: "Cem", roles: ["importer"], secret: "too short" }))).toBe("weak-passphrase");
    const { event } = await call("propose-person", { name: "Cem", roles: ["importer"], secret: "a long passphrase of Cem" });
    await sit("Bo");
    await act("confirmed", { proposal: event });
    expect(await refused(call("handover", { person: "Cem", secret: "another long passphrase" }))).toBe("cannot-unlock");
    const desk = await call("handover", { person: "Cem", secret: "a long passphrase of Cem" });
    expect([desk.person.name, desk.decisions]).toEqual(["Cem", 0]);
    expect(await call("importing", {})).toEqual({ next: 2, pinned: true });
    expect(await call("alive", {})).toEqual({ read: 0, total: 0, work: null });
    const events = open.casebook.events.length;
    const asked: Partial<{ [K in keyof Calls]: Calls[K][0] }> = {
      inbox: { ...NO_FILTER, offset: 0, limit: 9 },
      filters: {},
      tip: { tip: first },
      open: { tip: first },
      declare: { tip: third, ties: [] },
      decisions: {},
      proposing: {},
      overview: {},
      "metrics-csv": {},
      entities: { query: "", kind: null },
      timeline: { tip: first },
      outbox: {},
    };
    for (const [name, request] of Object.entries(asked)) expect(await refused(api.answer(name, request as Json)), name).toBe("not-allowed");
    expect(await refused(named("x"))).toBe("not-allowed");
    expect(open.casebook.events.length).toBe(events);
    await sit("Ana");
  });
});

describe("the metrics' CSV", () => {
  it("is the bytes that the command writes, with small counts kept back", async () => {
    const csv = await call("metrics-csv", {});
    const answers = new Map(await Promise.all([first, second, third].map(async (tip) => [tip, (await call("tip", { tip })).row] as const)));
    const ana = (await open.casebook.person("Ana")).key;
    const same = metricsFor(
      open.casebook.state,
      (id) => ({ language: answers.get(id)?.language ?? null, where: null }),
      ana,
      new Date().toISOString().slice(0, 10),
    );
    expect(fromUtf8(csv)).toBe(metricsCsv(same));
    expect(fromUtf8(csv)).toMatch(/^"metric","value","amount"\r\n"tips","","<5 or kept back"\r\n/);
  });
});

describe("hostile names and calls", () => {
  const MARKUP = '<img src=x onerror="alert(1)"><script>alert(1)</script>';
  const NAMES = [
    MARKUP,
    "exe\u202Egnp.Ali",
    "zero\u200Bwidth",
    "\u2066isolated\u2069",
    '=HYPERLINK("x")',
    "a".repeat(200),
    "\uD800",
    "\u0000",
  ];

  it("of entities are kept as they are, found, and told in sentences with what is unseen shown by number", async () => {
    for (const text of NAMES.slice(0, 6)) {
      const { event } = await named(text, text);
      expect((await call("entity", { entity: event })).row.name).toEqual({ text, romanised: text });
      await act("mentioned", { tip: first, entity: event, quote: null, certainty: "possible" });
    }
    const says = (await call("tip", { tip: first })).content?.items.map((item) => item.says).join("\n") ?? "";
    expect(says).toContain("exe<U+202E>gnp.Ali");
    expect(says).toContain("zero<U+200B>width");
    expect(says.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{DI}]/u);
    expect((await call("entities", { query: "zerowidth", kind: null })).total).toBe(1);
  });

  it("are refused when they are too long, empty, of other fields, or no text", async () => {
    const events = open.casebook.events.length;
    const name = { text: "x", romanised: null };
    const bad: Json[] = [
      { entity: "person", name: { text: "a".repeat(201), romanised: null }, role: null },
      { entity: "person", name: { text: "x".repeat(1_000_000), romanised: null }, role: null },
      { entity: "person", name: { text: "", romanised: null }, role: null },
      { entity: "demon", name, role: null },
      { entity: "person", name, role: null, more: 1 },
      { entity: "person", name: { ...name, __proto__: null, toString: "x" }, role: null },
      { entity: "person", name: "x", role: null },
    ];
    for (const fields of bad) expect(await refused(act("entity-named", fields as Record<string, Json>))).not.toBe("allowed");
    for (const request of [{ query: "a".repeat(201), kind: null }, { query: "x" }, { query: "x", kind: "x" }, [], null])
      expect(await refused(api.answer("entities", request as Json))).not.toBe("allowed");
    for (const entity of [0, -1, 1.5, "1", null]) expect(await refused(api.answer("entity", { entity }))).not.toBe("allowed");
    expect(open.casebook.events.length).toBe(events);
  });

  it("do not get past the reader of calls: deep, doubled, or not canonical", async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const deep = `{"query":${"[".repeat(50_000)}${"]".repeat(50_000)},"kind":null}`;
    for (const text of [deep, '{"kind":null,"query":"a","query":"b"}', '{"query":"a","kind":null}'])
      expect(await refused(() => parseJson(bytes(text)))).not.toBe("allowed");
    expect(await refused(() => parseJson(formatJson({ kind: null, query: "a" })))).toBe("allowed");
  });
});
