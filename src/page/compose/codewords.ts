/**
 * Entering words of a BIP-39 list again: completion from the first letters, and the nearest words for what is no word. Pure.
 *
 * Words are compared by their letters in compatibility decomposition (NFKD, as BIP-39 has it) and lower case. So wide letters of Chinese keyboards are Latin ones,
 * and a Korean syllable is begun by its first letters. Where a list's words are single characters, nothing has to divide them and nothing completes them.
 */

/** Words of a list, ready to be looked up. */
export interface WordIndex {
  /** In the list's order: letters and word. */
  readonly words: readonly (readonly [letters: string, word: string])[];
  readonly byLetters: ReadonlyMap<string, string>;
  /** Whether every word is one character. */
  readonly single: boolean;
}

/** Most words that are offered at once. */
export const MOST_OFFERED = 6;
/** Fewest letters for which words are offered. */
const FEWEST_LETTERS = 2;
/** Fewest letters that stand for a word by themselves, if it is the only one that begins so. */
const FEWEST_TO_STAND = 3;

/** What of a word counts. */
export function lettersOf(word: string): string {
  return word.trim().toLowerCase().normalize("NFKD");
}

/** Makes `words` ready. */
export function indexWords(words: readonly string[]): WordIndex {
  const pairs = words.map((word) => [lettersOf(word), word] as const);
  return { words: pairs, byLetters: new Map(pairs), single: words.every((word) => /^.$/u.test(word)) };
}

/** The words in typed or pasted text: numbers, commas and the like only divide them. */
export function piecesOf(text: string, { single }: WordIndex): string[] {
  const pieces = text.split(/[^\p{L}\p{M}]+/u).filter((piece) => piece !== "");
  return single ? pieces.flatMap((piece) => piece.match(/\p{Script=Han}|\P{Script=Han}+/gu) ?? []) : pieces;
}

/** Whether `text` ends with something that divides words. */
export function endsPiece(text: string): boolean {
  return /[^\p{L}\p{M}]$/u.test(text);
}

/** The word of the list that `piece` is, or that alone begins so; `null` if there is none. */
export function wordFor(piece: string, index: WordIndex): string | null {
  const letters = lettersOf(piece);
  const word = index.byLetters.get(letters);
  if (word !== undefined) return word;
  const [first, ...others] = beginningWith(letters, index);
  return letters.length >= FEWEST_TO_STAND && first !== undefined && others.length === 0 ? first : null;
}

/** Whether `word` is in the list. */
export function isWord(word: string, index: WordIndex): boolean {
  return index.byLetters.has(lettersOf(word));
}

/** At most {@link MOST_OFFERED} words for what was typed: those that begin so, the whole word first; if there are none, the nearest. */
export function offersFor(typed: string, index: WordIndex): readonly string[] {
  const letters = lettersOf(typed);
  if (index.single || letters.length < FEWEST_LETTERS) return [];
  const begun = beginningWith(letters, index);
  const whole = index.byLetters.get(letters);
  const offers = whole === undefined ? begun : [whole, ...begun.filter((word) => word !== whole)];
  return (offers.length > 0 ? offers : nearest(letters, index)).slice(0, MOST_OFFERED);
}

function beginningWith(letters: string, { words }: WordIndex): string[] {
  return words.filter(([own]) => own.startsWith(letters)).map(([, word]) => word);
}

/** Words at most one letter away, two if the word is longer than four; nearest first. */
function nearest(letters: string, { words }: WordIndex): string[] {
  const most = letters.length > 4 ? 2 : 1;
  const near = words.flatMap(([own, word]) => {
    if (Math.abs(own.length - letters.length) > most) return [];
    const distance = lettersBetween(letters, own);
    return distance > most ? [] : [{ word, distance }];
  });
  return near.sort((a, b) => a.distance - b.distance).map(({ word }) => word);
}

/** How many letters have to be added, left out, changed or swapped with their neighbour to get from one to the other (optimal string alignment). */
function lettersBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
