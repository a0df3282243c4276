import fc from "fast-check";
import { expect, it } from "vitest";
import { wordsOf } from "../../../src/protocol/crypto/codename.ts";
import { loadWords } from "../../../src/protocol/crypto/word-lists.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { formatWordList, parseWordList } from "../../../src/protocol/format/word-list.ts";

it.each(["english", "simplified-chinese", "traditional-chinese", "korean"] as const)(
  "the list in %s comes back as it was, also in the form that checksums are made of",
  async (list) => {
    const words = await wordsOf(list);
    const read = parseWordList(formatWordList(words));
    expect(read).toEqual(words);
    expect(read.map((word) => word.normalize("NFKD"))).toEqual(await loadWords(list));
  },
);

it("any words come back as they were", () => {
  const word = fc.string({ minLength: 1, unit: "grapheme" }).filter((some) => !/[A-Z]/.test(some));
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.constantFrom("able", "about", "above", "a")), { maxLength: 12 }), (words) => {
      expect(parseWordList(formatWordList(words))).toEqual(words);
    }),
  );
});

it("any text is refused or is the one text of its words", () => {
  const near = fc.array(fc.constantFrom("A", "B", "C", "a", "b", "能"), { maxLength: 8 }).map((some) => some.join(""));
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: "binary" })), (text) => {
      let words;
      try {
        words = parseWordList(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      expect(formatWordList(words)).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

it.each(["", "Abel"])("words with capital letters or nothing in them are a bug: %j", (word) => {
  expect(() => formatWordList(["able", word])).toThrow("these words cannot be in a list");
});
