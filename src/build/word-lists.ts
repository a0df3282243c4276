/** The lists of words that a witness can pick, as the page reads them. */
import { WORD_LISTS, type WordListName } from "../page/compose/state.ts";
import { wordsOf } from "../protocol/crypto/codename.ts";
import { formatWordList } from "../protocol/format/word-list.ts";

/** Texts of all lists, by name. */
export async function wordLists(): Promise<ReadonlyMap<WordListName, string>> {
  return new Map(await Promise.all(WORD_LISTS.map(async (list) => [list, formatWordList(await wordsOf(list))] as const)));
}
