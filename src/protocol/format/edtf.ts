/**
 * About when something happened: a subset of EDTF (Library of Congress, ISO 8601-2 Annex A), levels 0 and 1.
 *
 *     2016   2016-05   2016-05-21      a year, month or day
 *     2016~  2016-05?  2016-05-21%     approximate, uncertain, both
 *     2015/2018   2017/..   ../2019    a range, open at one end
 *
 * Left out: seasons, unspecified digits (`201X`), years outside 0001 to 9999, times. People are asked for a year or a range; the rest has other words.
 */
import { Refusal } from "../errors.ts";
import type { Reader } from "./json.ts";

const DATE = /^(?<year>[0-9]{4})(?:-(?<month>0[1-9]|1[0-2])(?:-(?<day>[0-9]{2}))?)?[~?%]?$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** First and last day of a date as comparable numbers YYYYMMDD, or `null` if there is no such date. */
function span(text: string): { first: number; last: number } | null {
  const groups = DATE.exec(text)?.groups;
  if (groups === undefined) return null;
  const { year: years, month: months, day: days } = groups;
  const year = Number(years);
  if (year === 0) return null;
  if (months === undefined) return { first: year * 10_000 + 101, last: year * 10_000 + 1231 };
  const month = Number(months);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  const base = year * 10_000 + month * 100;
  if (days === undefined) return { first: base + 1, last: base + length };
  const day = Number(days);
  return day < 1 || day > length ? null : { first: base + day, last: base + day };
}

function isEdtf(text: string): boolean {
  const ends = text.split("/");
  const [from = "", to] = ends;
  if (to === undefined) return span(from) !== null;
  if (ends.length > 2 || (from === ".." && to === "..")) return false;
  const first = span(from);
  const last = span(to);
  if ((first === null && from !== "..") || (last === null && to !== "..")) return false;
  return first === null || last === null || first.first <= last.last;
}

/** What a date or range of the subset above covers. */
export interface EdtfSpan {
  /** First and last day as numbers YYYYMMDD, both included; `null` where a range is open. */
  readonly first: number | null;
  readonly last: number | null;
  /** `~` and `%` */
  readonly approximate: boolean;
  /** `?` and `%` */
  readonly uncertain: boolean;
}

/** The days that `text`, which {@link readEdtf} accepted, covers. @throws {Refusal} `bad-field`. */
export function edtfSpan(text: string): EdtfSpan {
  const [from = "", to = from] = readEdtf(text, "date").split("/");
  return {
    first: span(from)?.first ?? null,
    last: span(to)?.last ?? null,
    approximate: /[~%]/.test(text),
    uncertain: /[?%]/.test(text),
  };
}

/** A date or range of the subset above, as text. @throws {Refusal} `bad-field`, also on a range that ends before it begins. */
export const readEdtf: Reader<string> = (value, where) => {
  if (typeof value !== "string" || !isEdtf(value)) throw new Refusal("bad-field", where);
  return value;
};
