import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  dueOf,
  offersOf,
  openingReturn,
  type ReceivedText,
  type ReturnEvent,
  type Returning,
  updateReturn,
} from "../../../src/page/compose/return.ts";
import { WORD_LISTS } from "../../../src/page/compose/state.ts";
import { wordsOf } from "../../../src/protocol/crypto/codename.ts";

let loaded: ReturnEvent;
let chinese: ReturnEvent;
let words: readonly string[];

beforeAll(async () => {
  const english = await wordsOf("english");
  loaded = { type: "list-loaded", list: "english", words: english };
  chinese = { type: "list-loaded", list: "simplified-chinese", words: await wordsOf("simplified-chinese") };
  words = english.slice(100, 112);
});

function after(...events: readonly ReturnEvent[]): Returning {
  return events.reduce(updateReturn, openingReturn("english"));
}

const typed = (text: string): ReturnEvent => ({ type: "typed", text });
const ENTER: ReturnEvent = { type: "enter" };
const LOOK: ReturnEvent = { type: "look" };
const allTyped = (): ReturnEvent[] => [loaded, typed(words.join(" "))];

function reply(id: string, challenge: string | null = null, date = "2026-11-01"): ReceivedText {
  return { id, date, text: `Reply ${id}`, challenge };
}

const answered = (...replies: readonly ReceivedText[]): ReturnEvent => ({ type: "answered", replies });
const toReplies = (...replies: readonly ReceivedText[]): ReturnEvent[] => [...allTyped(), LOOK, answered(...replies)];
const GO: ReturnEvent = { type: "go-on", way: "writing" };

describe("entering the words", () => {
  it("takes a word that is finished by a space or the Enter key, and one that is picked", () => {
    const one = after(loaded, typed("aban"));
    expect([one.entered, one.typed, offersOf(one)]).toEqual([[], "aban", ["abandon"]]);
    expect(after(loaded, typed("aban"), ENTER).entered).toEqual(["abandon"]);
    const two = after(loaded, typed("abandon "), typed("abi"), { type: "picked", word: "ability" });
    expect([two.entered, two.at, two.typed]).toEqual([["abandon", "ability"], 2, ""]);
  });

  it("takes all twelve at once, with numbers and line ends", () => {
    const state = after(loaded, typed(words.map((word, at) => `${String(at + 1)}. ${word}`).join("\n")));
    expect([state.entered, state.at, state.problem]).toEqual([words, 12, null]);
    expect(updateReturn(state, LOOK).phase).toBe("asking");
  });

  it("takes what was typed before the list came", () => {
    expect(after(typed(words.join(" ")), loaded).entered).toEqual(words);
  });

  it("takes Chinese words without anything between them", () => {
    const state = after({ type: "list-chosen", list: "simplified-chinese" }, chinese, typed("的一是在不了有和人这中大"));
    expect(state.entered.join("")).toBe("的一是在不了有和人这中大");
    expect(after({ type: "list-chosen", list: "simplified-chinese" }, chinese, typed("的")).entered).toEqual(["的"]);
  });

  it("goes to the first that is no word and says so, one after the other", () => {
    const wrong = after(loaded, typed(["abandon", "qqqqqq", "ability", "abandn"].join(" ")));
    expect([wrong.at, wrong.typed, wrong.problem]).toEqual([1, "qqqqqq", "not-in-list"]);
    const next = [typed("zoo"), ENTER].reduce(updateReturn, wrong);
    expect([next.at, next.typed, next.problem, offersOf(next)]).toEqual([3, "abandn", "not-in-list", ["abandon"]]);
    const right = updateReturn(next, { type: "picked", word: "abandon" });
    expect([right.entered, right.at, right.problem]).toEqual([["abandon", "zoo", "ability", "abandon"], 4, null]);
  });

  it("lets each word be changed, and nothing else", () => {
    const changing = after(...allTyped(), { type: "edit", at: 4 });
    expect([changing.at, changing.typed]).toEqual([4, words[4]]);
    const changed = [typed("zoo"), ENTER].reduce(updateReturn, changing);
    expect([changed.entered[4], changed.at]).toEqual(["zoo", 12]);
    expect(changed.entered.filter((word, at) => word !== words[at])).toEqual(["zoo"]);
  });

  it("asks with all twelve only, a last word that is still being typed included", () => {
    expect(after(loaded, LOOK).problem).toBe("too-few");
    const eleven = [loaded, typed(`${words.slice(0, 11).join(" ")} `)];
    expect(after(...eleven, LOOK)).toMatchObject({ phase: "words", problem: "too-few" });
    expect(after(...eleven, typed(words[11] ?? ""), LOOK).phase).toBe("asking");
    expect(after(...eleven, typed("qqqqqq"), LOOK)).toMatchObject({ phase: "words", problem: "not-in-list", at: 11 });
    expect(after(...allTyped(), { type: "edit", at: 3 }, typed(""), LOOK).phase).toBe("asking");
  });

  it("does not take more than twelve", () => {
    const state = after(loaded, typed([...words, "zoo"].join(" ")));
    expect([state.entered, state.problem]).toEqual([[], "too-many"]);
    expect(after(loaded, typed("abandon "), typed(words.slice(0, 12).join(" "))).entered).toEqual(words);
  });

  it("names no word when they do not belong together, and lets all be changed", () => {
    const state = after(...allTyped(), LOOK, { type: "do-not-belong" });
    expect(state).toMatchObject({ phase: "words", problem: "do-not-belong", at: 12, entered: words });
  });

  it("begins anew in another list, and asks for a list again that did not come", () => {
    expect(after(...allTyped(), { type: "list-chosen", list: "korean" })).toEqual(openingReturn("korean"));
    const failed = after({ type: "list-failed", list: "english" });
    expect(failed.problem).toBe("list-unreachable");
    expect(updateReturn(failed, { type: "list-chosen", list: "english" }).problem).toBeNull();
    expect(after({ type: "list-chosen", list: "korean" }, loaded).index).toBeNull();
  });
});

describe("reading replies", () => {
  it("forgets the words when the mailbox has answered, and shows replies by their days, to be deleted unless the witness keeps them", () => {
    const state = after(...toReplies(reply("b", null, "2026-11-09"), reply("a")));
    expect([state.phase, state.entered, state.typed]).toEqual(["replies", [], ""]);
    expect(state.replies.map(({ id, remove, removed }) => [id, remove, removed])).toEqual([
      ["a", true, false],
      ["b", true, false],
    ]);
    expect(dueOf(state)).toEqual(["a", "b"]);
    expect(dueOf(updateReturn(state, { type: "remove", id: "a", on: false }))).toEqual(["b"]);
  });

  it.each([[[]], [["a"]], [["a", "b", "c", "d"]]])("asks once more before it goes on, and only once, with %j there", (ids) => {
    const state = after(...toReplies(...ids.map((id) => reply(id))), GO);
    expect(state.phase).toBe("finishing");
    const gone = updateReturn(state, answered());
    expect([gone.phase, gone.replies.every(({ removed }) => removed)]).toEqual(["writing", true]);
    const again = [{ type: "resumed" } as const, { type: "go-on", way: "finished" } as const].reduce(updateReturn, gone);
    expect(again.phase).toBe("finished");
  });

  it("shows what only found room when others were deleted, and keeps what was kept", () => {
    const kept = after(...toReplies(reply("a"), reply("b"), reply("c"), reply("d")), { type: "remove", id: "d", on: false }, GO);
    const more = updateReturn(kept, answered(reply("d"), reply("e")));
    expect(more).toMatchObject({ phase: "replies", newer: true, told: false });
    expect(more.replies.map(({ id, removed }) => [id, removed])).toEqual([
      ["a", true],
      ["b", true],
      ["c", true],
      ["d", false],
      ["e", false],
    ]);
    expect(dueOf(more)).toEqual(["e"]);
    const gone = [GO, answered(reply("d"))].reduce(updateReturn, more);
    expect([gone.phase, gone.replies.map(({ removed }) => removed)]).toEqual(["writing", [true, true, true, false, true]]);
  });

  it("never asks to delete more than four at once", () => {
    expect(dueOf(after(...toReplies(...["a", "b", "c", "d", "e", "f"].map((id) => reply(id)))))).toHaveLength(4);
  });

  it("answers one challenge at most, and only where there is one", () => {
    const state = after(...toReplies(reply("a", "Program"), reply("b", "Program"), reply("c")));
    const prove = (id: string, on: boolean): ReturnEvent => ({ type: "prove", id, on });
    expect([prove("c", true)].reduce(updateReturn, state).proof).toBeNull();
    expect([prove("a", true), prove("b", true)].reduce(updateReturn, state).proof).toBe("b");
    expect([prove("a", true), prove("b", false)].reduce(updateReturn, state).proof).toBe("a");
    expect([prove("a", true), prove("a", false)].reduce(updateReturn, state).proof).toBeNull();
  });

  it("waits, says so, and lets the witness go on without deleting", () => {
    const pause = { why: "offline", seconds: 3 } as const;
    expect(after(...allTyped(), LOOK, { type: "paused", pause }).pause).toEqual(pause);
    expect(after(...allTyped(), LOOK, { type: "refused" })).toMatchObject({ phase: "words", problem: "refused", entered: words });
    const waiting = after(...toReplies(reply("a")), GO, { type: "paused", pause });
    const skipped = updateReturn(waiting, { type: "skip" });
    expect(skipped).toMatchObject({ phase: "writing", pause: null, told: true });
    expect(skipped.replies[0]?.removed).toBe(false);
    expect(updateReturn(waiting, { type: "refused" })).toMatchObject({ phase: "replies", problem: "refused" });
  });
});

it("survives any events in any order", () => {
  const event: fc.Arbitrary<ReturnEvent> = fc.oneof(
    fc.constantFrom<ReturnEvent>(
      ENTER,
      LOOK,
      GO,
      { type: "go-on", way: "finished" },
      { type: "skip" },
      { type: "resumed" },
      { type: "refused" },
    ),
    fc.constantFrom<ReturnEvent>({ type: "do-not-belong" }, { type: "paused", pause: null }, answered(), answered(reply("a", "Program"))),
    fc.record({
      type: fc.constant("typed" as const),
      text: fc.string({ unit: fc.constantFrom("a", "b", "z", "的", "가", "ཀ", "ئ", " ", "1", ",", "\n"), maxLength: 30 }),
    }),
    fc.record({ type: fc.constant("edit" as const), at: fc.integer({ min: -2, max: 14 }) }),
    fc.record({ type: fc.constant("list-chosen" as const), list: fc.constantFrom(...WORD_LISTS) }),
    fc.record({ type: fc.constantFrom("remove" as const, "prove" as const), id: fc.constantFrom("a", "b"), on: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), fc.boolean(), (events, filled) => {
      const state = after(...(filled ? allTyped() : [loaded]), ...events);
      expect(state.entered.length).toBeLessThanOrEqual(12);
      expect(state.at).toBeLessThanOrEqual(12);
      if (state.phase === "writing" || state.phase === "finished") expect(state.told).toBe(true);
    }),
  );
});
