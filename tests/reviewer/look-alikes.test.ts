/** Letters that look like others, and the many texts in which nothing is hinted at. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookAlikesIn } from "../../src/reviewer/look-alikes.ts";

describe("letters that look like others", () => {
  it.each([
    ["Cyrillic letters in a Latin word", "see p\u0430yp\u0430l there", "p\u0430yp\u0430l", /^Latin and Cyrillic \(а\) in one word/],
    ["a Latin letter in a Cyrillic word", "город Ka\u0448гар", "Ka\u0448гар", /^Cyrillic and Latin \(K, a\)/],
    ["a Greek letter in a Latin word", "D\u03BFctor", "D\u03BFctor", /Greek \(ο\)/],
    [
      "a word that only looks Latin",
      "He said \u0441\u043E\u0441\u043E twice",
      "\u0441\u043E\u0441\u043E",
      /every letter looks Latin and is Cyrillic/,
    ],
    ["typographic letters among plain ones", "Ur\u{1D42E}mqi", "Ur\u{1D42E}mqi", /typographic/],
    ["a radical instead of a character", "去\u2F2F厂", "\u2F2F", /Han character/],
    ["digits of two scripts", "1\u0662\u0663", "1\u0662\u0663", /digits of two scripts/],
  ])("are hinted at: %s", (_what, text, word, why) => {
    const hints = lookAlikesIn(text);
    expect(hints.map(({ start, end }) => text.slice(start, end))).toEqual([word]);
    expect(hints[0]?.why).toMatch(why);
  });

  it.each([
    "我在A栋3楼，B超室旁边，穿T恤的人。",
    "مەن ئۈرۈمچىدە كۆردۈم، 2019-يىلى، DNA.",
    "ང་ཡིས་མཐོང་། ༢༠༡༩ 2019",
    "Мен көрдім. Сосо, осы, хор, Ана.",
    "나는 A동에서 보았다.",
    "Dr. Müller, naïve café, Ürümqi, Qurbanjan ’s",
    "ＡＢＣ１２３，２０１９年A栋12号，第①层",
    "Ψ is a letter; so is Ω.",
  ])("are not seen in %s", (text) => {
    expect(lookAlikesIn(text)).toEqual([]);
  });

  it("are stretches of the text, in order, never more than a hundred", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        let before = 0;
        for (const { start, end } of lookAlikesIn(text)) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          before = end;
        }
      }),
    );
    expect(lookAlikesIn("p\u0430y ".repeat(500))).toHaveLength(100);
  });
});
