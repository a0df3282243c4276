/**
 * A list of words as short text, for the witness's page: there every kilobyte is waiting time, and a list compresses by a third better so than word by word.
 *
 *     Aable Dut Cove …     for each word a capital letter, how many of its first UTF-16 units are those of the word before (A none, B one …), then the rest
 *     的一是在 …            a list whose words are all one character: just these
 *
 * (There are no spaces in either.) Words have no capital letters; the lists of BIP-39 have none.
 */
import { Refusal } from "../errors.ts";

const NONE = 65;
const MOST_SHARED = 25;

/** The text of a list. Words with capital letters, or without anything in them, are a bug. */
export function formatWordList(words: readonly string[]): string {
  if (words.some((word) => word === "" || /[A-Z]/.test(word))) throw new Error("these words cannot be in a list");
  if (words.every((word) => /^.$/u.test(word))) return words.join("");
  return words
    .map((word, index) => {
      const before = words[index - 1] ?? "";
      let shared = 0;
      while (shared < MOST_SHARED && shared < word.length && word[shared] === before[shared]) shared++;
      return `${String.fromCharCode(NONE + shared)}${word.slice(shared)}`;
    })
    .join("");
}

/** The words of a text. @throws {Refusal} `bad-field` on what `formatWordList` would not have written. */
export function parseWordList(text: string): string[] {
  const words: string[] = [];
  if (!/[A-Z]/.test(text)) words.push(...(text.match(/./gsu) ?? []));
  else
    for (const [, mark = "", rest = ""] of text.matchAll(/([A-Z])([^A-Z]*)/g)) {
      words.push(`${(words.at(-1) ?? "").slice(0, mark.charCodeAt(0) - NONE)}${rest}`);
    }
  if (words.includes("") || formatWordList(words) !== text) throw new Refusal("bad-field", "words");
  return words;
}
