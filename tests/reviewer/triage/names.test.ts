/** Names that may be one name, in the scripts in which they come. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameLikeness } from "../../../src/reviewer/triage/names.ts";
import type { NameLikeness } from "../../../src/reviewer/triage/written-names.ts";

const how = (one: string, other: string, romanised: string | null = null, otherRomanised: string | null = null): NameLikeness | null =>
  nameLikeness({ text: one, romanised }, { text: other, romanised: otherRomanised });

describe("names are alike", () => {
  it("with the same letters, whatever stands between, in traditional characters, forms and accents too", () => {
    expect(how("Wang Wei", "wáng-wěi")).toBe("same_letters");
    expect(how("烏魯木齊醫院", "乌鲁木齐 医院")).toBe("same_letters");
    expect(how("王伟", "Wang Wei", "Wáng Wěi")).toBe("same_letters");
    expect(how("كېرىم", "کېریم")).toBe("same_letters");
  });

  it("if letters of another alphabet only look the same", () => {
    expect(how("Раvеl", "Pavel")).toBe("looks_the_same");
    expect(how("СТАСУ", "CTACY")).toBe("looks_the_same");
  });

  it("if they sound alike in Uyghur, Cyrillic and Latin letters, in another order too", () => {
    expect(how("ئابدۇللا", "Abdulla")).toBe("sounds_alike");
    expect(how("Абдулла", "ئابدۇللا")).toBe("sounds_alike");
    expect(how("阿卜杜拉", "ئابدۇللا", "Abudulla")).toBe("sounds_alike");
    expect(how("Wei Wang", "王伟", null, "Wang Wei")).toBe("sounds_alike");
    expect(how("Mukhametov", "Mukhametow")).toBe("sounds_alike");
  });

  it("if one stands in the other", () => {
    expect(how("第一医院", "市第一医院")).toBe("part_of_other");
    expect(how("王", "王伟")).toBeNull();
  });

  it("and not if they are short and differ, or have nothing to compare", () => {
    expect(how("Wang", "Wong")).toBeNull();
    expect(how("王伟", "李娜")).toBeNull();
    expect(how("Kidney Centre", "Liver Clinic")).toBeNull();
    expect(how("—", "…")).toBeNull();
    expect(how("\u202E\u200B", "\u2066")).toBeNull();
  });

  it("the same way round, whatever they are, and to themselves if they have letters", () => {
    const name = fc.record({
      text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
      romanised: fc.option(fc.string({ unit: "binary", minLength: 1, maxLength: 40 })),
    });
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(nameLikeness(one, other)).toBe(nameLikeness(other, one));
        const self = nameLikeness(one, one);
        expect(self === null || self === "same_letters" || self === "looks_the_same").toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
