/** What a reviewer waits for in the window with 100,000 tips: each filter of the inbox, a search with all of them, and entities by name. */
import type { Act } from "../../src/reviewer/casebook/event.ts";
import { TipSearch } from "../../src/reviewer/triage/search.ts";
import { entitiesFor } from "../../src/reviewer/window/entities.ts";
import { type InboxIndex, inboxOf } from "../../src/reviewer/window/inbox.ts";
import { NO_FILTER } from "../../src/reviewer/window/page/state.ts";
import type { InboxFilter } from "../../src/reviewer/window/wire.ts";
import { entryOf, importOf, keyOf, Story, tipNamed } from "../support/casebook-story.ts";
import type { Result } from "./target.ts";

const TIPS = 100_000;
const ENTITIES = 2_000;
const WORDS = ["ambulance", "救护车", "دوختۇر", "night", "医院", "list"];
const LANGUAGES = ["en", "ug", "zh-Hans"];

/** Six events for each tip: two people read all and grade, some tips are tagged, flagged or mention somebody. */
function storyOf(): Story {
  const story = new Story(0);
  story.did("f", importOf(Array.from({ length: TIPS }, (_, number) => entryOf(number))));
  const entities = Array.from({ length: ENTITIES }, (_, number) =>
    story.did("b", {
      kind: "entity-named",
      entity: "person",
      name: { text: `王${String(number)}`, romanised: `Wang ${String(number)}` },
      role: null,
    }),
  );
  for (let number = 0; number < TIPS; number++) {
    const tip = tipNamed(number);
    const grade: Act = { kind: "graded", tip, source: "F", information: 4, reasons: [], note: null };
    story.opened("b", tip);
    if (number % 2 === 0) story.opened("c", tip);
    story.did("b", grade);
    if (number % 4 === 0) story.did("c", grade);
    if (number % 3 === 0) story.did("b", { kind: "tagged", tip, set: "organs", code: "kidney" });
    if (number % 50 === 0) story.did("b", { kind: "flagged", tip, flag: "urgent_safety", on: true });
    if (number % 10 === 0)
      story.did("b", { kind: "mentioned", tip, entity: entities[number % ENTITIES] ?? 0, quote: null, certainty: "certain" });
  }
  return story;
}

/** Milliseconds of a processor, the slowest of some rounds after one to warm up: on a machine with nothing else to do, what somebody waits. */
function slowest(work: () => unknown): number {
  let most = 0;
  for (let round = 0; round < 6; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) most = Math.max(most, (user + system) / 1000);
  }
  return most;
}

const FILTERS: Readonly<Record<string, Partial<InboxFilter>>> = {
  "no filter": {},
  state: { state: "opened" },
  flag: { flag: "urgent_safety" },
  tag: { tag: "organs/kidney" },
  language: { language: "ug" },
  grade: { grade: "not-settled" },
  files: { files: true },
  "to read": { todo: "to-read" },
  "to grade": { todo: "to-grade" },
  "to reconcile": { todo: "to-reconcile" },
  mine: { todo: "mine" },
  "a word of every third tip": { query: "ambulance" },
  "that word and every filter": {
    query: "ambulance",
    state: "opened",
    tag: "organs/kidney",
    language: "en",
    grade: "not-settled",
    todo: "mine",
  },
};

/** The slowest filter, the slowest search and entities by name, each beside a look at every tip's state. */
export function benchInbox(): Result[] {
  const { state } = storyOf();
  const search = new TipSearch();
  search.add(
    Array.from({ length: TIPS }, (_, number) => ({
      id: tipNamed(number),
      texts: [`${number % 3 === 0 ? "ambulance" : "car"} ${WORDS[number % WORDS.length] ?? ""} ${String(number)}`],
    })),
  );
  const facts = new Map(
    Array.from({ length: TIPS }, (_, number) => [
      tipNamed(number),
      { language: LANGUAGES[number % LANGUAGES.length] ?? null, files: number % 5, where: null },
    ]),
  );
  const index: InboxIndex = { find: (query) => search.find(query, TIPS), factsOf: (id) => facts.get(id) ?? null };
  const person = keyOf("c");
  const waits = Object.entries(FILTERS).map(
    ([name, filter]) => [name, slowest(() => inboxOf(state, index, person, { ...NO_FILTER, ...filter, offset: 0, limit: 100 }))] as const,
  );
  const entities = slowest(() => entitiesFor(state, person, { query: "wang 19", kind: null }));
  search.close();
  const looking = slowest(() => [...state.tips.values()].reverse().filter((tip) => tip.state === "triaged").length);
  const atOnce = { name: "what a person takes for at once", value: 100 };
  const told = (isSearch: boolean): Result[] =>
    waits
      .filter(([name]) => name.includes("word") === isSearch)
      .map(([name, value]) => ({
        name: `${isSearch ? "search" : "filter"} of ${String(TIPS)} tips in the window: ${name}`,
        value,
        unit: "CPU-ms",
        baseline: atOnce,
        target: { ratio: 1, aim: "at-most" },
      }));
  return [
    ...told(false),
    ...told(true),
    {
      name: "the slowest of these filters",
      value: Math.max(...waits.filter(([name]) => !name.includes("word")).map(([, value]) => value)),
      unit: "CPU-ms",
      baseline: { name: "looking at the state of every tip", value: looking },
      target: { ratio: 50, aim: "at-most" },
    },
    {
      name: `finding one of ${String(ENTITIES)} entities by name`,
      value: entities,
      unit: "CPU-ms",
      baseline: atOnce,
      target: { ratio: 1, aim: "at-most" },
    },
  ];
}
