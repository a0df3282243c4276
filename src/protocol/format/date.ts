/**
 * Dates without a clock: `YYYY-MM-DD` (RFC 3339 full-date) of the proleptic Gregorian calendar, and days counted from 1970-01-01. Years 1970 to 9999.
 * `Date` is not used: protocol code cannot ask what day it is.
 */
import { Refusal } from "../errors.ts";

/** Of UTC, which knows no leap seconds here: a day number times this is a Unix time. */
export const SECONDS_A_DAY = 86_400;

/** The day number that a moment (milliseconds since 1970, UTC) lies in. */
export function dayOf(milliseconds: number): number {
  return Math.floor(milliseconds / (SECONDS_A_DAY * 1000));
}

/** Days from 1970-01-01 to 9999-12-31. */
const LAST_DAY = 2_932_896;

/** Day number (0 is 1970-01-01) of a date. @throws {Refusal} `bad-field` on anything that is not a real day written in this form. */
export function parseDate(text: string): number {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null) throw new Refusal("bad-field", "date");
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1970 || month < 1 || month > 12 || day < 1) throw new Refusal("bad-field", "date");
  const number = dayNumber(year, month, day);
  if (number > LAST_DAY || formatDate(number) !== text) throw new Refusal("bad-field", "date");
  return number;
}

/** `YYYY-MM-DD` of a day number from 0 to 2,932,896; anything else is a bug. */
export function formatDate(day: number): string {
  if (!Number.isSafeInteger(day) || day < 0 || day > LAST_DAY) throw new Error("a day is out of range");
  // Years are taken to begin on 1 March, so that the leap day comes last; eras are 400 years of 146,097 days.
  const sinceMarch = day + 719_468;
  const era = Math.floor(sinceMarch / 146_097);
  const inEra = sinceMarch - era * 146_097;
  const yearOfEra = Math.floor((inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365);
  const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * inYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const dayOfMonth = inYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(dayOfMonth).padStart(2, "0")}`;
}

/** The date `days` days later (earlier if negative). @throws {Refusal} `bad-field` if `date` is none. */
export function addDays(date: string, days: number): string {
  return formatDate(parseDate(date) + days);
}

function dayNumber(year: number, month: number, day: number): number {
  const fromMarch = month <= 2 ? year - 1 : year;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + inYear - 719_468;
}
