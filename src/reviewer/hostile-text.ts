/**
 * Text that somebody hostile may have written, made safe to look at. Bidirectional controls turn `exe.fdp` into `pdf.exe`, zero-width characters hide
 * words, control characters drive a terminal. Each is shown by its number, `<U+202E>`, so that a reviewer sees that it is there and where.
 *
 * What is shown: every control, format, private, unassigned and lone surrogate character (Unicode category C), line and paragraph separators, everything
 * Unicode calls default-ignorable (zero-width characters, fillers, variation selectors, tags, soft hyphen), and the empty braille pattern. The
 * mapping can be undone: a text that itself contains `<U+` is shown with its `<` as a number. Look-alike letters are not treated here.
 */

/** Characters that are not seen, or that change how others are seen. Line feed is among them; {@link visibleText} lets it through. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800]|<(?=U\+)/gu;

function byNumber(character: string): string {
  const number = character.codePointAt(0) ?? 0;
  return `<U+${number.toString(16).toUpperCase().padStart(4, "0")}>`;
}

/** `text` in one line: line feeds are shown by number too. For names, types and whatever stands in a list. */
export function visibleLine(text: string): string {
  return text.replaceAll(UNSEEN, byNumber);
}

/** `text` with its line breaks kept, everything else unseen shown by number. For narratives. */
export function visibleText(text: string): string {
  return text.split("\n").map(visibleLine).join("\n");
}

/** A piece of a text as it is shown: `start` to `end` of the original, UTF-16 units. */
export interface VisiblePart {
  readonly shown: string;
  readonly start: number;
  readonly end: number;
  /** Whether a number stands for a character that is not seen. */
  readonly unseen: boolean;
}

/** {@link visibleText} in pieces, in order and without gaps, so that a place in what is shown can be found in the original. */
export function visibleParts(text: string): VisiblePart[] {
  const parts: VisiblePart[] = [];
  let start = 0;
  const plain = (end: number): void => {
    if (end > start) parts.push({ shown: text.slice(start, end), start, end, unseen: false });
  };
  for (const { 0: found, index } of text.matchAll(UNSEEN)) {
    if (found === "\n") continue;
    plain(index);
    start = index + found.length;
    parts.push({ shown: byNumber(found), start: index, end: start, unseen: true });
  }
  plain(text.length);
  return parts;
}

/** JSON for people and programs: indented, and whatever is unseen written as `\uXXXX`, so the file can be looked at with any tool. Ends with a line feed. */
export function visibleJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  const lines = text.split("\n").map((line) => line.replaceAll(/[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800]/gu, asEscape));
  return `${lines.join("\n")}\n`;
}

function asEscape(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index++) escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  return escaped;
}
