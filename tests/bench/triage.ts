/** What a reviewer waits for with 100,000 tips: the state of the casebook from its events, and a search. */
import type { Act } from "../../src/reviewer/casebook/event.ts";
import { Likeness } from "../../src/reviewer/triage/likeness.ts";
import { stateOfEvents } from "../../src/reviewer/triage/rules.ts";
import { TipSearch } from "../../src/reviewer/triage/search.ts";
import { entryOf, importOf, Story, tipNamed } from "../support/casebook-story.ts";
import { processorSeconds, type Result } from "./target.ts";

const TIPS = 100_000;
/** Characters of each text. */
const LENGTH = 300;

/** Text of the most frequent Chinese characters, frequent ones more often, from a fixed seed: hits and misses as in prose. */
function textOf(number: number): string {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  let text = "";
  for (let index = 0; index < LENGTH; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const rank = Math.floor(3000 ** (state / 0x1_0000_0000)) - 1;
    text += String.fromCharCode(0x4e00 + rank);
  }
  return text;
}

/** Wall milliseconds of a query, the slowest of many rounds after one to warm up. */
function slowest(search: TipSearch, queries: readonly string[]): number {
  let most = 0;
  for (let round = 0; round < 6; round++) {
    for (const query of queries) {
      const start = performance.now();
      search.find(query);
      if (round > 0) most = Math.max(most, performance.now() - start);
    }
  }
  return most;
}

/** A search in 100,000 tips, building what it needs, and the state of a casebook with five events for each tip. */
export async function benchSearch(): Promise<Result[]> {
  const search = new TipSearch();
  const texts = Array.from({ length: TIPS }, (_, number) => textOf(number));
  const reading = await processorSeconds(() => {
    for (const text of texts) text.normalize("NFKC").toLowerCase();
  });
  const before = process.memoryUsage().rss;
  const building = await processorSeconds(() => {
    search.add(texts.map((text, number) => ({ id: tipNamed(number), texts: [text] })));
  });
  const memory = Math.round((process.memoryUsage().rss - before) / 1_048_576);
  const rare = texts[50_000]?.slice(100, 108) ?? "";
  const wait = slowest(search, ["一丁", "丁", rare, rare.slice(0, 2), "丁七 一丁 万丈", "xyz"]);
  search.close();

  const likeness = new Likeness();
  const sketching = await processorSeconds(() => {
    texts.forEach((text, number) => {
      likeness.add(tipNamed(number), text);
    });
  });
  return [
    {
      name: `the slowest of six queries in ${String(TIPS)} tips of ${String(LENGTH)} characters`,
      value: wait,
      unit: "ms",
      baseline: { name: "what a person takes for at once", value: 100 },
      target: { ratio: 1, aim: "at-most" },
    },
    {
      name: `filling the index (${String(memory)} MiB)`,
      value: building,
      unit: "CPU-s",
      baseline: { name: "only normalising the same texts", value: reading },
      target: { ratio: 200, aim: "at-most" },
    },
    {
      name: "sketches for near-duplicates",
      value: sketching,
      unit: "CPU-s",
      baseline: { name: "filling the index", value: building },
      target: { ratio: 1, aim: "at-most" },
    },
    await benchState(),
  ];
}

async function benchState(): Promise<Result> {
  const story = new Story(0);
  story.did("f", importOf(Array.from({ length: TIPS }, (_, number) => entryOf(number))));
  for (let number = 0; number < TIPS; number++) {
    const tip = tipNamed(number);
    story.opened("b", tip);
    const acts: Act[] = [
      { kind: "tagged", tip, set: "organs", code: "kidney" },
      { kind: "graded", tip, source: "F", information: 6, reasons: [], note: null },
      { kind: "moved", tip, to: "triaged", reason: null, duplicate_of: null },
    ];
    for (const act of acts) story.did("b", act);
  }
  const { events } = story.state;
  const reducing = await processorSeconds(() => {
    stateOfEvents(events);
  });
  const copying = await processorSeconds(() => {
    JSON.stringify(events);
  });
  return {
    name: `state of a casebook of ${String(TIPS)} tips and ${String(events.length)} events`,
    value: reducing,
    unit: "CPU-s",
    baseline: { name: "writing the same events as JSON", value: copying },
    target: { ratio: 1, aim: "at-most" },
  };
}
