/** Hostile text made visible. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleJson, visibleLine, visibleParts, visibleText } from "../../src/reviewer/hostile-text.ts";

const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

describe("hostile text", () => {
  it.each([
    ["a bidirectional override", "pdf\u202Egnp.exe", "pdf<U+202E>gnp.exe"],
    ["isolates", "\u2066a\u2067b\u2068c\u2069", "<U+2066>a<U+2067>b<U+2068>c<U+2069>"],
    ["embeddings", "\u202A\u202B\u202C\u202D", "<U+202A><U+202B><U+202C><U+202D>"],
    ["marks", "\u200E\u200F\u061C", "<U+200E><U+200F><U+061C>"],
    ["zero-width characters", "a\u200Bb\u200Cc\u200Dd\u2060e\uFEFF", "a<U+200B>b<U+200C>c<U+200D>d<U+2060>e<U+FEFF>"],
    ["terminal control", "\u001B[2Jgone\u0007\r\u009B", "<U+001B>[2Jgone<U+0007><U+000D><U+009B>"],
    ["tags outside the basic plane", "\u{E0041}", "<U+E0041>"],
    ["fillers that look like nothing", "\u3164\u115F\uFFA0\u2800", "<U+3164><U+115F><U+FFA0><U+2800>"],
    ["line separators", "a\u2028b\u2029c", "a<U+2028>b<U+2029>c"],
    ["a text that pretends to be our notation", "<U+202E>", "<U+003C>U+202E>"],
  ])("shows %s by number", (_what, hostile, shown) => {
    expect(visibleLine(hostile)).toBe(shown);
  });

  it.each(["我看见了。", "مەن كۆردۈم", "ང་ཡིས་མཐོང་།", "Мен көрдім", "나는 보았다", "a<b> & <U"])("leaves %s as it is", (text) => {
    expect(visibleText(text)).toBe(text);
  });

  it("keeps line breaks of a narrative and shows those of a name", () => {
    expect(visibleText("a\nb\u0000\n")).toBe("a\nb<U+0000>\n");
    expect(visibleLine("a\nb")).toBe("a<U+000A>b");
  });

  it("leaves nothing unseen and can be undone", () => {
    const undo = (shown: string): string =>
      shown.replaceAll(/<U\+([0-9A-F]+)>/g, (_, number: string) => String.fromCodePoint(parseInt(number, 16)));
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[<U+0-9A-F>\u202E\u200B\n]*$/u));
    fc.assert(
      fc.property(text, (hostile) => {
        expect(visibleLine(hostile)).not.toMatch(UNSEEN);
        expect(undo(visibleLine(hostile))).toBe(hostile);
        expect(visibleText(hostile).replaceAll("\n", "")).not.toMatch(UNSEEN);
      }),
    );
  });

  it("escapes the unseen in JSON so that the value stays the same", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), (value) => {
        const json = visibleJson(value);
        expect(json.replaceAll("\n", "")).not.toMatch(UNSEEN);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe("a text in visible pieces", () => {
  it("is the text with unseen characters shown, and each piece knows where it stands in the original", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "救", "\u202E", "\u200B", "\n", "<", "U+", "\u{E0041}", "\uD800") }), (text) => {
        const parts = visibleParts(text);
        expect(parts.map(({ shown }) => shown).join("")).toBe(visibleText(text));
        let end = 0;
        for (const part of parts) {
          expect(part.start).toBe(end);
          if (!part.unseen) expect(part.shown).toBe(text.slice(part.start, part.end));
          ({ end } = part);
        }
        expect(end).toBe(text.length);
      }),
    );
  });
});
