/**
 * Text as it is searched and compared: what readers take for the same word becomes the same characters. Only for looking; what is shown and kept is the text as it was written.
 *
 * - Unicode NFKC and lower case: presentation forms of Arabic letters, full-width letters, ligatures; accents off Latin letters (pinyin with and without tones).
 * - Characters that are not seen, and tatweel, are left out; so are Arabic vowel marks. Uyghur vowels are letters and stay.
 * - Kaf and yeh in their Arabic, Persian and Uyghur forms are one. (Uyghur ى and ي are two letters; they are joined all the same, since keyboards mix them up.)
 *   Heh and the Uyghur vowel that older fonts wrote with heh's presentation forms are one too.
 * - Traditional characters become simplified ones, by OpenCC's table (Apache-2.0), character by character and never the other way: that direction is ambiguous.
 * - Digits of any script become 0 to 9.
 */
import traditional from "opencc-js/dict/TSCharacters";

/** Unseen characters, tatweel, Arabic vowel marks. */
const LEFT_OUT = /[\p{DI}\p{Cf}\u0640\u064B-\u0653\u0670]/gu;
const LATIN_ACCENTS = /(?<=\p{Script=Latin})\p{M}+/gu;
const DIGIT = /(?![0-9])\p{Nd}/gu;

/** One character for another. */
const SAME: ReadonlyMap<string, string> = new Map([
  ["\u06A9", "\u0643"],
  ["\u06AA", "\u0643"],
  ["\u06CC", "\u064A"],
  ["\u0649", "\u064A"],
  ["\u06D2", "\u064A"],
  ["\u0647", "\u06D5"],
  ["\u06C1", "\u06D5"],
  ...traditional.split("|").map((pair) => {
    const [from = "", to = ""] = pair.split(" ");
    return [from, to] as const;
  }),
]);

/** Only what changes is looked up: most characters of a text do not. */
const FOLDED = new RegExp(`[${[...SAME.keys()].join("")}]`, "gu");

/** `text` folded. Never longer than four times itself, mostly as long. */
export function foldText(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(LATIN_ACCENTS, "")
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(LEFT_OUT, "")
    .replaceAll(DIGIT, digit)
    .replaceAll(FOLDED, (character) => SAME.get(character) ?? character);
}

/** Decimal digits stand in tens, in order, in every script; the zero of each is where the digit before is none. */
function digit(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  return String(value);
}
