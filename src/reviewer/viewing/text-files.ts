/**
 * Text files as text. Most are UTF-8; older ones from the places this is about are in national encodings, and no program can tell these apart for certain: which one was used is
 * always said, and a person may choose another. What is unseen in the text is made visible where it is drawn (hostile-text.ts).
 */
import { Refusal } from "../../protocol/errors.ts";

/** Encodings that can be chosen, by their names in the WHATWG encoding standard. */
export const ENCODINGS = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "gb18030",
  "big5",
  "euc-kr",
  "shift_jis",
  "windows-1251",
  "windows-1252",
  "windows-1254",
  "windows-1256",
  "koi8-r",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Most characters that are shown, UTF-16 units. */
export const MOST_CHARACTERS = 200_000;
/** Bytes that hold at least as many characters in any of the encodings. */
const MOST_BYTES = 4 * MOST_CHARACTERS;

export interface ShownText {
  readonly text: string;
  readonly encoding: Encoding;
  /** Whether the file goes on after what is shown. */
  readonly cut: boolean;
}

/** The beginning of a text file. `chosen`: by a person; `null`: found out. @throws {Refusal} `not-viewable` if it is no text in the chosen encoding. */
export function shownText(file: Uint8Array, chosen: Encoding | null): ShownText {
  const head = file.subarray(0, MOST_BYTES);
  const found = chosen === null ? guessed(head) : decoded(head, chosen, chosen === "utf-8" || chosen.startsWith("utf-16"));
  if (found === null) throw new Refusal("not-viewable", chosen ?? "text");
  const text = found.text.replaceAll("\r\n", "\n");
  // Never between the two halves of a character.
  const shown = text.slice(0, MOST_CHARACTERS).replace(/[\uD800-\uDBFF]$/, "");
  return { text: shown, encoding: found.encoding, cut: shown.length < text.length || head.length < file.length };
}

type Decoded = Omit<ShownText, "cut">;

/** By its mark, or strictly UTF-8, or strictly GB 18030 with Chinese in it, or else Western: in that every byte is a character. */
function guessed(head: Uint8Array): Decoded | null {
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) return decoded(head, "utf-16le", false);
  if (first === 0xfe && second === 0xff) return decoded(head, "utf-16be", false);
  const utf8 = decoded(head, "utf-8", true);
  if (utf8 !== null) return utf8;
  const chinese = decoded(head, "gb18030", true);
  if (chinese !== null && /\p{Script=Han}{2}/u.test(chinese.text)) return chinese;
  return decoded(head, "windows-1252", false);
}

/** What is cut in the middle of a character at the end is no mistake. */
function decoded(head: Uint8Array, encoding: Encoding, strict: boolean): Decoded | null {
  try {
    return { text: new TextDecoder(encoding, { fatal: strict }).decode(head, { stream: true }), encoding };
  } catch {
    return null;
  }
}
