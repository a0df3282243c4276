/**
 * "About when?" as two years and two ticks, and as the EDTF string of the vocabulary. Years only: an exact day may identify a witness, so the page has no
 * field for one.
 */

/** The fields as typed; years are free text until {@link readWhen} has looked at them. */
export interface WhenFields {
  readonly from: string;
  readonly to: string;
  /** The years are a guess. */
  readonly about: boolean;
  /** It still goes on. */
  readonly ongoing: boolean;
}

/** Nothing answered. */
export const NO_WHEN: WhenFields = { from: "", to: "", about: false, ongoing: false };

/** The earliest and the latest year that is taken. */
const EARLIEST = 1900;
const LATEST = 2100;

/** Digits of other scripts by which people may type a year: Arabic-Indic, Persian, Tibetan, full width. */
const ZEROS = [0x0660, 0x06f0, 0x0f20, 0xff10] as const;

/** The year in a text, `null` if the text is empty, `"wrong"` if it is no year from 1900 to 2100. */
function readYear(text: string): number | null | "wrong" {
  let digits = "";
  for (const character of text.trim()) {
    const point = character.codePointAt(0) ?? 0;
    const zero = ZEROS.find((first) => point >= first && point <= first + 9);
    digits += zero === undefined ? character : String(point - zero);
  }
  if (digits === "") return null;
  if (!/^\d{4}$/.test(digits)) return "wrong";
  const year = Number(digits);
  return year >= EARLIEST && year <= LATEST ? year : "wrong";
}

/** The EDTF string (`2016`, `2016~`, `2015/2018`, `2017/..`), `null` if nothing was answered, `"wrong"` if it cannot be read. */
export function readWhen(fields: WhenFields): string | null {
  const from = readYear(fields.from);
  const to = fields.ongoing ? null : readYear(fields.to);
  if (from === "wrong" || to === "wrong") return "wrong";
  if (from === null) return to === null && !fields.ongoing ? null : "wrong";
  const mark = fields.about ? "~" : "";
  if (fields.ongoing) return `${String(from)}${mark}/..`;
  if (to === null || to === from) return `${String(from)}${mark}`;
  return to < from ? "wrong" : `${String(from)}${mark}/${String(to)}${mark}`;
}
