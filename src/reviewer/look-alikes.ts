/**
 * Hints at letters that look like others: a name in which one Latin letter is a Cyrillic one is found by no search and by no eye. Hints only: whoever wrote it may have had no other
 * keyboard, and some languages here are written in two scripts.
 *
 * What is hinted at, in words (letters, marks and digits without a gap):
 *
 * - letters of two alphabets whose letters look alike (Latin, Greek, Cyrillic, Armenian, Cherokee) in one word. Han, Kana, Hangul, Arabic and Tibetan beside Latin are usual: `A栋`.
 * - a word all of whose letters look Latin and are Cyrillic or Greek, in a text that has no word of that script that does not look so;
 * - letters that are typographic forms of others (full-width, mathematical, circled) beside plain ones, and Han characters that are radicals or compatibility forms;
 * - digits of two scripts in one number.
 *
 * The letters that look alike are the usual ones of Unicode's confusables (UTS 39) between these alphabets, upper and lower case; that table's thousands of rarer ones are not here.
 */

/** A stretch of a text with a reason to look twice. UTF-16 units, the end not included. */
export interface LookAlike {
  readonly start: number;
  readonly end: number;
  /** A short sentence. */
  readonly why: string;
}

const ALPHABETS = ["Latin", "Greek", "Cyrillic", "Armenian", "Cherokee"] as const;
type Alphabet = (typeof ALPHABETS)[number];

const OF_ALPHABET: Readonly<Record<Alphabet, RegExp>> = {
  Latin: /\p{Script=Latin}/u,
  Greek: /\p{Script=Greek}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Armenian: /\p{Script=Armenian}/u,
  Cherokee: /\p{Script=Cherokee}/u,
};

/** Cyrillic and Greek letters that look like Latin ones, and the Latin ones. */
const CYRILLIC_AND_GREEK = "аеорсухіјѕһԁԛԝӏАВЕЅІЈКМНОРСТХУԌԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧονυι";
const LATIN = "aeopcyxijshdqwlABESIJKMHOPCTXYGQWABEZHIKMNOPTYXovui";

export const LATIN_LOOKS: ReadonlyMap<string, string> = new Map(
  Array.from(CYRILLIC_AND_GREEK, (letter, index) => [letter, LATIN[index] ?? letter]),
);

const LOOKS_LATIN = new RegExp(`^[${CYRILLIC_AND_GREEK}]+$`, "u");

const FORMS = "\\uFF10-\\uFF19\\uFF21-\\uFF3A\\uFF41-\\uFF5A\\u2460-\\u24FF\\u{1D400}-\\u{1D7FF}\\u{1F130}-\\u{1F189}";

const WORD = /[\p{L}\p{M}\p{N}\u2E80-\u2FDF]+/gu;
/** A typographic form of a letter or digit beside a plain one. */
const TYPOGRAPHIC = new RegExp(`[${FORMS}][0-9A-Za-z]|[0-9A-Za-z][${FORMS}]`, "u");
/** Radicals and compatibility characters that look like ordinary Han characters. */
const ODD_HAN = /[\u2E80-\u2FDF\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/u;

/** Most hints: a text that has more of them is seen to. */
const MOST_HINTS = 100;

/** Words with a reason to look twice, in order; at most a hundred. */
export function lookAlikesIn(text: string): LookAlike[] {
  const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ word, index, alphabets: alphabetsOf(word) }));
  const usual = new Set(words.filter(({ word }) => !LOOKS_LATIN.test(word)).flatMap(({ alphabets }) => alphabets));
  const hints: LookAlike[] = [];
  for (const one of words) {
    const why = reasonFor(one, usual);
    if (why !== null) hints.push({ ...stretchOf(one), why });
    if (hints.length === MOST_HINTS) break;
  }
  return hints;
}

/** The word; in Chinese, which has no gaps, only the character. */
function stretchOf({ word, index }: Word): Omit<LookAlike, "why"> {
  const odd = ODD_HAN.exec(word);
  if (odd === null || alphabetsOf(word).length > 1) return { start: index, end: index + word.length };
  return { start: index + odd.index, end: index + odd.index + odd[0].length };
}

interface Word {
  readonly index: number;
  readonly word: string;
  readonly alphabets: readonly Alphabet[];
}

/** `usual`: alphabets of which the text has words that look like nothing else. */
function reasonFor({ word, alphabets }: Word, usual: ReadonlySet<Alphabet>): string | null {
  if (alphabets.length > 1) return `${rarest(word, alphabets)} in one word: some may stand for others`;
  if (TYPOGRAPHIC.test(word)) return "typographic forms of letters or digits among plain ones";
  if (ODD_HAN.test(word)) return "a Han character in a form that looks like the usual one and is another character";
  if (word.match(/\p{Nd}+/gu)?.some((number) => digitScripts(number) > 1) === true) return "digits of two scripts in one number";
  const [alphabet] = alphabets;
  if (alphabet === undefined || usual.has(alphabet) || word.length === 1 || !LOOKS_LATIN.test(word)) return null;
  return `every letter looks Latin and is ${alphabet}`;
}

function alphabetsOf(word: string): Alphabet[] {
  return ALPHABETS.filter((alphabet) => OF_ALPHABET[alphabet].test(word));
}

/** The letters of each alphabet but the first, by name: `Latin and Cyrillic (а, р)`. */
function rarest(word: string, alphabets: readonly Alphabet[]): string {
  const count = (alphabet: Alphabet): string[] => Array.from(word).filter((letter) => OF_ALPHABET[alphabet].test(letter));
  const [most, ...others] = [...alphabets].sort((one, other) => count(other).length - count(one).length);
  const told = others.map((alphabet) => `${alphabet} (${[...new Set(count(alphabet))].join(", ")})`);
  return [most, ...told].join(" and ");
}

/** Digits of one script stand in tens. */
function digitScripts(number: string): number {
  return new Set(Array.from(number, (digit) => zeroOf(digit.codePointAt(0) ?? 0))).size;
}

function zeroOf(digit: number): number {
  let zero = digit;
  while (digit - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return zero;
}
