/**
 * Which names may be one name, across scripts: people and hospitals are written by hand, in Chinese, Uyghur, Kazakh, Tibetan and Latin letters, each time a little differently. Only hints; nothing is
 * joined by them. A name is compared as it is written and as it is romanised, folded as searches fold it (fold.ts), in four ways, the strongest first:
 *
 * - `same_letters`: the same letters and digits, whatever stands between them;
 * - `looks_the_same`: the same once Cyrillic and Greek letters that look Latin are Latin, which no search finds and no eye sees;
 * - `sounds_alike`: Uyghur and Cyrillic letters become Latin ones by their usual sounds, then one or two letters may differ in a long word, and words may stand in another order;
 * - `part_of_other`: one stands inside the other, as 第一医院 does in 市第一医院.
 *
 * Chinese and Tibetan have no sounds here: a name in them is heard only if somebody wrote its romanisation beside it.
 */
import { LATIN_LOOKS } from "../look-alikes.ts";
import { foldText } from "./fold.ts";
import type { NameLikeness, WrittenName } from "./written-names.ts";

/** Usual sounds of Uyghur letters, after folding (kaf, yeh and heh are one form each), and of Cyrillic ones. Hamza on its chair only carries a vowel. */
const SOUNDS: ReadonlyMap<string, string> = new Map(
  [
    "ئ: ا:a ە:e ب:b پ:p ت:t ج:j چ:ch خ:x د:d ر:r ز:z ژ:zh س:s ش:sh غ:gh ف:f ق:q ك:k گ:g ڭ:ng ل:l م:m ن:n ھ:h و:o ۇ:u ۆ:o ۈ:u ۋ:w ې:e ي:i",
    "ع: ح:h ص:s ض:z ط:t ظ:z ث:s ذ:z ة:e ء:",
    "а:a ә:e б:b в:w г:g ғ:gh д:d е:e ё:yo ж:zh җ:j з:z и:i й:y к:k қ:q л:l м:m н:n ң:ng о:o ө:o п:p р:r с:s т:t у:u ұ:u ү:u ф:f х:x һ:h ц:ts ч:ch ш:sh щ:sh ъ: ы:i і:i ь: э:e ю:yu я:ya",
  ]
    .join(" ")
    .split(" ")
    .map((pair) => {
      const [letter = "", sound = ""] = pair.split(":");
      return [letter, sound] as const;
    }),
);

const LETTERS = /[\p{L}\p{M}\p{N}]+/gu;
const NOT_LATIN_LETTERS = /[^a-z0-9]/;

/** One way to write a name, made comparable. */
interface Written {
  readonly letters: string;
  readonly looks: string;
  /** Latin words in alphabetical order without a gap; empty if nothing is known of the sound. */
  readonly sounds: string;
}

/** Names are compared again and again; an act's name is one object as long as the casebook is open. */
const known = new WeakMap<WrittenName, readonly Written[]>();

function writtenOf(name: WrittenName): readonly Written[] {
  const before = known.get(name);
  if (before !== undefined) return before;
  const written = [name.text, ...(name.romanised === null ? [] : [name.romanised])].map(comparable);
  known.set(name, written);
  return written;
}

function comparable(text: string): Written {
  const words: readonly string[] = foldText(text).match(LETTERS) ?? [];
  const looks = Array.from(text.normalize("NFKC"), (letter) => LATIN_LOOKS.get(letter) ?? letter).join("");
  return {
    letters: words.join(""),
    looks: (foldText(looks).match(LETTERS) ?? []).join(""),
    sounds: words.map(soundOf).sort().join(""),
  };
}

/** A word in Latin letters, none twice in a row; empty if some letter of it has no sound here. */
function soundOf(word: string): string {
  const latin = Array.from(word, (letter) => SOUNDS.get(letter) ?? letter).join("");
  return NOT_LATIN_LETTERS.test(latin.replaceAll(/\p{M}/gu, "")) ? "" : latin.replaceAll(/(.)\1/g, "$1");
}

/** How two names are alike, or `null`. */
export function nameLikeness(one: WrittenName, other: WrittenName): NameLikeness | null {
  const pairs = writtenOf(one).flatMap((left) => writtenOf(other).map((right) => [left, right] as const));
  const is = (alike: (left: Written, right: Written) => boolean): boolean => pairs.some(([left, right]) => alike(left, right));
  if (is((left, right) => left.letters !== "" && left.letters === right.letters)) return "same_letters";
  if (is((left, right) => left.looks !== "" && left.looks === right.looks)) return "looks_the_same";
  if (is((left, right) => isNear(left.sounds, right.sounds))) return "sounds_alike";
  return is((left, right) => isPart(left.letters, right.letters) || isPart(right.letters, left.letters)) ? "part_of_other" : null;
}

/** Whether the letters of one name stand anywhere in another, as it is written or romanised. */
export function nameHas(name: WrittenName, letters: WrittenName): boolean {
  const wanted = writtenOf(letters)[0]?.letters ?? "";
  return wanted !== "" && writtenOf(name).some((written) => written.letters.includes(wanted));
}

/** Whether `part`, long enough to say something, stands inside `whole`. */
function isPart(part: string, whole: string): boolean {
  const least = /^\p{Script=Han}/u.test(part) ? 2 : 4;
  return part.length >= least && part.length < whole.length && whole.includes(part);
}

/** Whether two words differ in so few letters that they may be one: none in short ones, one from five letters on, two from nine on. */
function isNear(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  if (length < 3) return false;
  const most = length < 5 ? 0 : length < 9 ? 1 : 2;
  return Math.abs(one.length - other.length) <= most && distance(one, other) <= most;
}

/** Letters to be changed, put in or left out (Levenshtein). Names are at most 200 characters. */
function distance(one: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const now = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = (before[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      now.push(Math.min(changed, (before[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1));
    }
    before = now;
  }
  return before[other.length] ?? 0;
}
