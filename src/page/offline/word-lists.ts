/** The offline page has all lists of words in its document. Stands there for `protocol/crypto/word-lists.ts`. */
import type { loadWords as loadWordsOfLibrary } from "../../protocol/crypto/word-lists.ts";
import { wordsInDocument } from "../word-lists.ts";

/** As the other one. */
export const loadWords: typeof loadWordsOfLibrary = (list) => {
  const words = wordsInDocument(list);
  return words === null ? Promise.reject(new Error("the list is not in the document")) : Promise.resolve(words);
};
