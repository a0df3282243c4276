/** Lists of words, as the page fetches them from a server that may be hostile. */
import { formatWordList, parseWordList } from "../../../src/protocol/format/word-list.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseWordList,
  formatWordList,
  () => [formatWordList(["abandon", "ability", "able"]), formatWordList(["的", "一", "是"]), formatWordList(["가격", "가끔", "가난"])],
  300,
);
