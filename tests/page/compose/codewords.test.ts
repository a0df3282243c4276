import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { indexWords, isWord, MOST_OFFERED, offersFor, piecesOf, type WordIndex, wordFor } from "../../../src/page/compose/codewords.ts";
import { WORD_LISTS, type WordListName } from "../../../src/page/compose/state.ts";
import { wordsOf } from "../../../src/protocol/crypto/codename.ts";

/** Letters of several scripts, whole and cut, and what stands between words. */
const CHARACTERS = [
  "a",
  "B",
  "z",
  "ａ",
  "的",
  "一",
  "가",
  "ㄱ",
  "\u1100",
  "\u0301",
  "ئ",
  "ང",
  "1",
  " ",
  "\n",
  "\u3000",
  ",",
  "\u{1f600}",
  "\ud83d",
  "\0",
];

const lists = new Map<WordListName, readonly string[]>();
let english: WordIndex;
let korean: WordIndex;
let chinese: WordIndex;

beforeAll(async () => {
  for (const list of WORD_LISTS) lists.set(list, await wordsOf(list));
  english = indexWords(lists.get("english") ?? []);
  korean = indexWords(lists.get("korean") ?? []);
  chinese = indexWords(lists.get("simplified-chinese") ?? []);
});

describe("completion", () => {
  it("offers the words that begin so, the whole word first", () => {
    expect(offersFor("aba", english)).toEqual(["abandon"]);
    expect(offersFor("act", english)).toEqual(["act", "action", "actor", "actress", "actual"]);
    expect(offersFor("AB", english).length).toBe(MOST_OFFERED);
    expect(offersFor("a", english)).toEqual([]);
  });

  it("begins Korean words with their letters, in the middle of a syllable too", () => {
    const word = korean.words.find(([, own]) => own === "가격")?.[1] ?? "";
    expect(offersFor("가겨", korean)).toContain(word);
    expect(offersFor("가ㄱ".normalize("NFKD"), korean)).toContain(word);
  });

  it("offers nothing where a word is one character", () => {
    expect(chinese.single).toBe(true);
    expect(offersFor("的", chinese)).toEqual([]);
  });
});

describe("correction", () => {
  it.each([
    ["abandn", "abandon"],
    ["abanddon", "abandon"],
    ["abnadon", "abandon"],
    ["zooo", "zoo"],
    ["wite", "wife"],
  ])("offers for %s the word %s", (typed, word) => {
    expect(offersFor(typed, english)).toContain(word);
  });

  it("offers nothing for what is far from every word", () => {
    expect(offersFor("qqqqqq", english)).toEqual([]);
  });

  it("finds each word with one letter too many, and is quiet about any text", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2047 }), fc.nat({ max: 7 }), (at, place) => {
        const word = english.words[at]?.[1] ?? "";
        const wrong = `${word.slice(0, place)}q${word.slice(place)}`;
        const offers = offersFor(wrong, english);
        expect(offers.length === MOST_OFFERED || offers.includes(word)).toBe(true);
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 20 }), (text) => {
        expect(offersFor(text, korean).length).toBeLessThanOrEqual(MOST_OFFERED);
        for (const piece of piecesOf(text, chinese)) wordFor(piece, english);
      }),
      { numRuns: 50 },
    );
  });
});

describe("words in a text", () => {
  it.each(WORD_LISTS)("are found again in any form, between numbers and commas, in %s", (list) => {
    const words = lists.get(list) ?? [];
    const index = indexWords(words);
    const some = Array.from({ length: 12 }, (_, at) => words[at * 170] ?? "");
    const text = some.map((word, at) => `${String(at + 1)}. ${word.toUpperCase().normalize("NFD")},\n`).join("");
    expect(piecesOf(text, index).map((piece) => wordFor(piece, index))).toEqual(some);
    expect(some.every((word) => isWord(word, index))).toBe(true);
  });

  it("are single characters in Chinese, with nothing between them", () => {
    const text = (lists.get("simplified-chinese") ?? []).slice(0, 12).join("");
    expect(piecesOf(text, chinese)).toHaveLength(12);
    expect(piecesOf("ＡＢ的", chinese)).toEqual(["ＡＢ", "的"]);
  });

  it("may be cut off after three letters that only one word begins with, and wide letters are letters", () => {
    expect(wordFor("aban", english)).toBe("abandon");
    expect(wordFor("ab", english)).toBeNull();
    expect(wordFor("abs", english)).toBeNull();
    expect(wordFor("ａｂａｎｄｏｎ", english)).toBe("abandon");
  });
});
