/**
 * Where the page has its lists of words: the list of its language stands in the document, so that nobody waits for it and asking for it tells nothing; the others are
 * files beside the page's script, asked for when a witness picks them. Stands in the built page for `protocol/crypto/word-lists.ts`.
 */
import type { loadWords as loadWordsOfLibrary } from "../protocol/crypto/word-lists.ts";
import { parseWordList } from "../protocol/format/word-list.ts";

/** Milliseconds for a list: a few kilobytes. */
const PATIENCE = 120_000;

const loaded = new Map<string, Promise<string[]>>();

/** As the other one; what did not come is asked for again next time. */
export const loadWords: typeof loadWordsOfLibrary = (list) => {
  const words = loaded.get(list) ?? fetchWords(list);
  loaded.set(list, words);
  words.catch(() => loaded.delete(list));
  return words;
};

async function fetchWords(list: string): Promise<string[]> {
  const inDocument = wordsInDocument(list);
  if (inDocument !== null) return inDocument;
  const response = await fetch(`/assets/words-${list}.txt`, {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error("the list did not come");
  return readWords(await response.text());
}

/** The words of a list that stands in the document, decomposed; `null` if it does not. */
export function wordsInDocument(list: string): string[] | null {
  const block = document.getElementById(`words-${list}`);
  return block === null ? null : readWords(JSON.parse(block.textContent) as string);
}

function readWords(text: string): string[] {
  return parseWordList(text).map((word) => word.normalize("NFKD"));
}
