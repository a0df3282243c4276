/**
 * Taking words out of a text. What stands in their place says why and nothing of what they were, not even how long: `[removed: identifies_source]`. How many characters went,
 * and where, stands in the log of removals.
 */
import { foldText } from "../triage/fold.ts";
import type { REMOVAL_REASONS } from "./acts.ts";

/** A stretch of a text that is not to leave: UTF-16 units, the end not included. */
export interface Removal {
  readonly start: number;
  readonly end: number;
  readonly reason: (typeof REMOVAL_REASONS)[number];
}

/** Folded text shorter than this is no word that could be looked for: it stands everywhere. */
const SHORTEST_FOUND = 2;

/** Removals in order, those that touch or overlap joined under the reason of the first. None beyond `length`. */
function joined(removals: readonly Removal[], length: number): Removal[] {
  const result: Removal[] = [];
  for (const { start, end, reason } of removals.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    const last = result.at(-1);
    const until = Math.min(end, length);
    if (start >= until) continue;
    if (last !== undefined && start <= last.end) result[result.length - 1] = { ...last, end: Math.max(last.end, until) };
    else result.push({ start, end: until, reason });
  }
  return result;
}

/** `text` from `start` to `end` without what is to be removed. */
export function without(text: string, removals: readonly Removal[], start = 0, end = text.length): string {
  let result = "";
  let at = start;
  for (const removal of joined(removals, text.length)) {
    if (removal.end <= start || removal.start >= end) continue;
    result += text.slice(at, Math.max(at, removal.start)) + `[removed: ${removal.reason}]`;
    at = Math.min(end, removal.end);
  }
  return result + text.slice(at, end);
}

/** The words that were removed. */
export function removedWords(text: string, removals: readonly Removal[]): string[] {
  return joined(removals, text.length).map(({ start, end }) => text.slice(start, end));
}

/** Every place in `text` where `words` stand exactly. */
export function placesOf(text: string, words: string): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length))
    places.push({ start: at, end: at + words.length });
  return places;
}

/** Whether readers would find any of `words` in `text`: other case, width, script variant or invisible characters do not hide them. */
export function stillIn(text: string, words: readonly string[]): boolean {
  const folded = foldText(text);
  return words.some((removed) => {
    const wanted = foldText(removed).trim();
    return wanted.length >= SHORTEST_FOUND && folded.includes(wanted);
  });
}

/**
 * Whether any of `words` stands in a file as plain text, in UTF-8 or UTF-16 of either order. Text that the file's own format compresses or encodes is not found: somebody has to
 * look at what goes along.
 */
export function standsIn(file: Uint8Array, words: readonly string[]): boolean {
  const haystack = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  return words.some((removed) => {
    const wanted = removed.trim();
    if (foldText(wanted).length < SHORTEST_FOUND) return false;
    const utf16 = Buffer.from(wanted, "utf16le");
    return [Buffer.from(wanted, "utf8"), utf16, Buffer.from(utf16).swap16()].some((needle) => haystack.includes(needle));
  });
}
