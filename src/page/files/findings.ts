/**
 * What a file was found to give away, by kind, with a few words of it to show. The words come from the file and so from anybody: they are cut, and freed of
 * everything that cannot be seen or that turns the direction of writing.
 */

/** Kinds of traces, in the order in which they are shown. */
export const TRAITS = [
  "place",
  "author",
  "editor",
  "person",
  "company",
  "serial",
  "camera",
  "date",
  "program",
  "path",
  "title",
  "comments",
  "changes",
  "versions",
  "edits",
  "preview",
  "hidden",
  "track",
  "embedded",
  "maker",
  "ids",
  "colour",
  "signature",
] as const;
export type Trait = (typeof TRAITS)[number];

/** One kind of trace and examples of it. */
export interface Finding {
  readonly trait: Trait;
  /** At most {@link MOST_VALUES}; none if there is nothing worth showing. */
  readonly values: readonly string[];
}

const MOST_VALUES = 4;
/** Most characters of a value. */
const LONGEST_VALUE = 80;

/** Collects findings. */
export class Findings {
  /** Whether parts of the file were not looked at. */
  partly = false;
  readonly #values = new Map<Trait, Set<string>>();

  /** Notes a trace; `value` may be anything that stood in the file. */
  note(trait: Trait, value = ""): void {
    const values = this.#values.get(trait) ?? new Set();
    this.#values.set(trait, values);
    const shown = shownText(value);
    if (shown !== "" && values.size < MOST_VALUES) values.add(shown);
  }

  /** Notes a trace only if there are words in `value`. */
  noteText(trait: Trait, value: string): void {
    if (shownText(value) !== "") this.note(trait, value);
  }

  /** Notes everything that `other` holds. */
  include(other: Findings): void {
    for (const { trait, values } of other.list()) for (const value of values.length === 0 ? [""] : values) this.note(trait, value);
    this.partly ||= other.partly;
  }

  list(): readonly Finding[] {
    return TRAITS.flatMap((trait) => {
      const values = this.#values.get(trait);
      return values === undefined ? [] : [{ trait, values: [...values] }];
    });
  }
}

/** A text as it can be shown on one line. */
function shownText(text: string): string {
  const clean = text
    .slice(0, 1_000)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\ufffd]+/gu, " ")
    .trim();
  const characters = Array.from(clean);
  return characters.length <= LONGEST_VALUE ? clean : `${characters.slice(0, LONGEST_VALUE).join("")}…`;
}

/** Bytes of a text field that says nothing of its encoding: UTF-8, else as one octet a character. Ends at the first zero octet. */
export function fieldText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const field = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(field);
  } catch {
    return new TextDecoder("gb18030").decode(field);
  }
}
