/**
 * Tables for spreadsheets (RFC 4180, UTF-8). A spreadsheet runs what looks like a formula, so no cell begins like one: what does gets an apostrophe before it, whatever characters that are not seen stand
 * in front. Those are shown by their numbers, and a line break inside a cell is a space; every cell is quoted, so no separator of any locale ends it.
 */
import { visibleLine } from "./hostile-text.ts";

/** What spreadsheets take for the beginning of a formula, in full-width forms too; and a tab or a line break, behind which one could hide. */
const FORMULA = /^[\s"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\u2212|%]/u;

/** A number is a number, negative ones too. */
const NUMBER = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** The text of a table, its first row the names of its columns. */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
}

function cellOf(text: string): string {
  const shown = visibleLine(text.replaceAll(/[\r\n\t\u2028\u2029]+/g, " "));
  const safe = FORMULA.test(shown) && !NUMBER.test(shown) ? `'${shown}` : shown;
  return `"${safe.replaceAll('"', '""')}"`;
}
