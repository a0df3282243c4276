/** Dates on one scale: where each begins and ends between the first and the last, and how it is said. Pure. */
import { edtfSpan } from "../../../protocol/format/edtf.ts";
import type { TimelineAnswer } from "../case-wire.ts";

type Entry = TimelineAnswer["entries"][number];

/** An entry with its place: `start` and `end` from 0, the first day of all, to 1, the end of the last. */
export interface Placed {
  readonly entry: Entry;
  readonly start: number;
  readonly end: number;
  readonly openStart: boolean;
  readonly openEnd: boolean;
  readonly approximate: boolean;
  readonly uncertain: boolean;
}

const DAY_MS = 86_400_000;

/** Days since 1970 of a number YYYYMMDD. */
function dayOf(date: number): number {
  const moment = new Date(0);
  moment.setUTCFullYear(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100);
  return moment.getTime() / DAY_MS;
}

/** The entries in order of time, with the first and last day of the scale, days since 1970. */
export function placed(entries: readonly Entry[]): { readonly entries: readonly Placed[]; readonly first: number; readonly last: number } {
  const spans = entries.map((entry) => {
    const { first, last, ...rest } = edtfSpan(entry.when);
    return { entry, from: first === null ? null : dayOf(first), to: last === null ? null : dayOf(last) + 1, ...rest };
  });
  // What is open is a day long at least.
  const days = spans.flatMap(({ from, to }) => [from ?? (to ?? 0) - 1, to ?? (from ?? 0) + 1]);
  const [first, last] = [
    days.reduce((one, other) => Math.min(one, other), Infinity),
    days.reduce((one, other) => Math.max(one, other), -Infinity),
  ];
  const length = Math.max(1, last - first);
  const ordered = spans.sort(
    (one, other) => (one.from ?? -Infinity) - (other.from ?? -Infinity) || (one.to ?? Infinity) - (other.to ?? Infinity),
  );
  return {
    first,
    last,
    entries: ordered.map(({ entry, from, to, approximate, uncertain }) => ({
      entry,
      start: from === null ? 0 : (from - first) / length,
      end: to === null ? 1 : (to - first) / length,
      openStart: from === null,
      openEnd: to === null,
      approximate,
      uncertain,
    })),
  };
}

/** A date or range in words: `2015 or later`, `about 2016-05`, `2016, uncertain`. */
export function dateWords(when: string): string {
  const { approximate, uncertain } = edtfSpan(when);
  const [from = "", to] = when.replaceAll(/[~?%]/g, "").split("/");
  const plain = to === undefined ? from : from === ".." ? `${to} or earlier` : to === ".." ? `${from} or later` : `${from} to ${to}`;
  return `${approximate ? "about " : ""}${plain}${uncertain ? ", uncertain" : ""}`;
}
