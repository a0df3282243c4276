/** Finding tips in the scripts they are written in, and tips that are like others. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { foldText } from "../../../src/reviewer/triage/fold.ts";
import { Likeness } from "../../../src/reviewer/triage/likeness.ts";
import { TipSearch } from "../../../src/reviewer/triage/search.ts";

const TEXTS: Readonly<Record<string, string>> = {
  hans: "我在医院看见器官被摘取。王医生知道。",
  hant: "我在醫院看見器官被摘取。",
  ug: "مەن دوختۇرخانىدا كۆردۈم، يەكشەنبە",
  bo: "ངས་སྨན་ཁང་ནང་མཐོང་བྱུང་།",
  kk: "Мен ауруханада көрдім",
  ko: "저는 병원에서 장기를 보았습니다",
  en: "I saw the surgeon in Xīnjiāng, ward 12.",
};

const search = new TipSearch();
search.add(Object.entries(TEXTS).map(([id, text]) => ({ id, texts: [text] })));
afterAll(() => {
  search.close();
});

describe("a tip is found", () => {
  it.each<[string, string, string[]]>([
    ["by a Chinese word of two characters, in both ways of writing", "器官", ["hant", "hans"]],
    ["by a simplified word in a traditional text", "医院", ["hant", "hans"]],
    ["by a traditional word in a simplified text", "醫院", ["hant", "hans"]],
    ["by one character", "王", ["hans"]],
    ["by a longer stretch, and only if it stands there in a row", "看见器官", ["hant", "hans"]],
    ["by no stretch that is not in a row", "看器官", []],
    ["by a Uyghur word", "دوختۇرخانىدا", ["ug"]],
    ["by the beginning of one", "دوختۇر", ["ug"]],
    ["by presentation forms, tatweel and the other kaf", "ﻣﻪﻥ کـــۆردۈم", ["ug"]],
    ["by the other yeh", "یەكشەنبە", ["ug"]],
    ["by a Tibetan syllable", "སྨན", ["bo"]],
    ["by two Tibetan syllables in a row", "སྨན་ཁང", ["bo"]],
    ["by no two that are not", "སྨན་ནང", []],
    ["by a Kazakh word in capitals", "АУРУХАНАДА", ["kk"]],
    ["by a Korean word without its particle", "병원", ["ko"]],
    ["by a Latin word without its tones", "xinjiang", ["en"]],
    ["by digits of another script", "ward ༡༢", ["en"]],
    ["by two words anywhere", "12 surgeon", ["en"]],
    ["by nothing in a query without words", "?! \u200B", []],
  ])("%s", (_what, query, ids) => {
    expect(search.find(query)).toEqual(ids);
  });

  it("no more once it was removed, and by its new text once it was replaced", () => {
    const own = new TipSearch();
    own.add([
      { id: "a", texts: ["alpha", "beta"] },
      { id: "b", texts: ["alpha"] },
    ]);
    expect(own.find("alpha")).toEqual(["b", "a"]);
    own.remove("b");
    own.add([{ id: "a", texts: ["gamma"] }]);
    expect([own.find("alpha"), own.find("beta"), own.find("gamma")]).toEqual([[], [], ["a"]]);
    own.close();
  });

  it("or not, but no query breaks the search or gets into its language", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom('" OR word:*', "NEAR(a b)", "word : a", "a*")), (query) => {
        expect(search.find(query).every((id) => id in TEXTS)).toBe(true);
      }),
    );
  });

  it("by any stretch of any text in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
        const own = new TipSearch();
        own.add([{ id: "x", texts: [text] }]);
        const found = own.find(text);
        own.close();
        expect(found).toEqual(/[\p{L}\p{N}]/u.test(foldText(text)) || found.length > 0 ? ["x"] : []);
      }),
      { numRuns: 50 },
    );
  });
});

describe("folding", () => {
  it("comes to an end: what is folded stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const once = foldText(text);
        expect(foldText(once)).toBe(once);
      }),
    );
  });
});

describe("likeness", () => {
  const long =
    "在二零一六年的冬天，我在医院的三楼看见许多人被带去抽血检查，没有人告诉他们为什么。后来有些人再也没有回来，他们的家人也没有得到任何消息。";
  const likeness = new Likeness();
  likeness.add("one", long);
  likeness.add("same", long.replaceAll("，", " , ").replace("后来", "後來"));
  likeness.add("edited", long.replace("三楼", "四楼"));
  likeness.add("other", "Мен ауруханада көрдім, олар қайтып келмеді. Ешкім ештеңе айтпады, бәрі үнсіз қалды.");
  likeness.add("short", "abc");

  it("names equal tips first, then those that are alike, and nothing else", () => {
    const found = likeness.of("one");
    expect(found.map(({ id, equal }) => [id, equal])).toEqual([
      ["same", true],
      ["edited", false],
    ]);
    expect(found[1]?.likeness).toBeGreaterThan(0.6);
    expect([likeness.of("other"), likeness.of("short"), likeness.of("nobody")]).toEqual([[], [], []]);
  });

  it("forgets", () => {
    const own = new Likeness();
    for (const id of ["a", "b"]) own.add(id, long);
    own.remove("b");
    expect(own.of("a")).toEqual([]);
  });
});
