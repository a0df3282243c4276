/** Text files in the encodings they come in. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { ENCODINGS, MOST_CHARACTERS, shownText } from "../../../src/reviewer/viewing/text-files.ts";

/** “救护车在侧门” in GB 18030, “Привет” in Windows-1251. */
const CHINESE = Uint8Array.of(0xbe, 0xc8, 0xbb, 0xa4, 0xb3, 0xb5, 0xd4, 0xda, 0xb2, 0xe0, 0xc3, 0xc5);
const RUSSIAN = Uint8Array.of(0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2);

describe("a text file", () => {
  it("is read as what it is, and it is said as what", () => {
    expect(shownText(utf8("مەن كۆردۈم\r\nline"), null)).toEqual({ text: "مەن كۆردۈم\nline", encoding: "utf-8", cut: false });
    expect(shownText(Uint8Array.of(0xff, 0xfe, 0x51, 0x65), null)).toEqual({ text: "救", encoding: "utf-16le", cut: false });
    expect(shownText(Uint8Array.of(0xfe, 0xff, 0x65, 0x51), null)).toEqual({ text: "救", encoding: "utf-16be", cut: false });
    expect(shownText(CHINESE, null)).toEqual({ text: "救护车在侧门", encoding: "gb18030", cut: false });
  });

  it("is read as a person says", () => {
    expect(shownText(RUSSIAN, "windows-1251").text).toBe("Привет");
    expect(() => shownText(RUSSIAN, "utf-8")).toThrow(expect.objectContaining({ code: "not-viewable" }));
  });

  it("is cut, never inside a character, and that is said", () => {
    const { text, cut } = shownText(utf8(`a${"\u{1F691}".repeat(MOST_CHARACTERS)}`), null);
    expect(cut).toBe(true);
    expect(text.length).toBeLessThanOrEqual(MOST_CHARACTERS);
    expect(text.isWellFormed()).toBe(true);
  });

  it("never fails when nothing was chosen, and never grows", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(shownText(bytes, null).text.length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it.each(ENCODINGS)("can be read as %s", (encoding) => {
    expect(shownText(utf8("abcdef"), encoding).encoding).toBe(encoding);
  });
});
