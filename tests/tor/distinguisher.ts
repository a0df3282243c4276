/**
 * Can two kinds of session be told apart by what was seen of them on the line? Three simple classifiers, each tried on every session with all the others to learn from; and
 * how often labels dealt out by chance would have done as well, which is what chance would say if there were nothing to learn.
 *
 * What a session is to them: bytes and records each way, how long it took, how many changes of direction, and how often each run of three records occurs (direction and
 * size in cells).
 */
import { randomInt } from "node:crypto";
import type { Seen } from "./guard-line.ts";

const CELL = 514;

/** A session as a row of numbers; the words of all sessions are the columns. */
type Row = readonly number[];

/** How well a classifier did. */
export interface Verdict {
  readonly classifier: string;
  /** Share of sessions whose kind it named rightly, 0 to 1. */
  readonly accuracy: number;
  /** Share of deals by chance that were named at least as well, the real one among them. */
  readonly p: number;
}

/** @param sessions of both kinds. @param second for each whether it is of the second kind. */
export function tryToTell(sessions: readonly (readonly Seen[])[], second: readonly boolean[], deals: number): Verdict[] {
  const counts = sessions.map(countsOf);
  const totals = standardised(counts.map(({ totals: row }) => row));
  const inHowMany = new Map<string, number>();
  for (const { grams } of counts) for (const word of grams.keys()) inHowMany.set(word, (inHowMany.get(word) ?? 0) + 1);
  // What one or two sessions have is noise.
  const words = [...inHowMany].filter(([, sessions]) => sessions > 2).map(([word]) => word);
  const all = standardised(counts.map(({ totals: row, grams }) => [...row, ...words.map((word) => grams.get(word) ?? 0)]));
  const classifiers: readonly (readonly [string, (labels: readonly boolean[]) => number])[] = [
    ["nearest centre of the totals", (labels) => nearestCentre(totals, labels)],
    ["five nearest by totals", nearest(totals, 5)],
    ["five nearest by totals and runs of three records", nearest(all, 5)],
  ];
  return classifiers.map(([classifier, accuracyFor]) => {
    const accuracy = accuracyFor(second);
    let asGood = 1;
    for (let deal = 1; deal < deals; deal++) if (accuracyFor(shuffled(second)) >= accuracy) asGood++;
    return { classifier, accuracy, p: asGood / deals };
  });
}

function countsOf(session: readonly Seen[]): { totals: Row; grams: Map<string, number> } {
  const sum = (out: boolean): number => session.reduce((total, seen) => total + (seen.out === out ? seen.length : 0), 0);
  const count = (out: boolean): number => session.filter((seen) => seen.out === out).length;
  const turns = session.filter((seen, index) => index > 0 && seen.out !== session[index - 1]?.out).length;
  const took = (session.at(-1)?.at ?? 0) - (session[0]?.at ?? 0);
  const signs = session.map(({ out, length }) => `${out ? ">" : "<"}${String(Math.round(length / CELL))}`);
  const grams = new Map<string, number>();
  for (let index = 2; index < signs.length; index++) {
    const gram = signs.slice(index - 2, index + 1).join("");
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
  }
  return { totals: [sum(true), sum(false), count(true), count(false), turns, took], grams };
}

/** Each column with mean 0 and spread 1; one that is the same everywhere is 0. */
function standardised(rows: readonly Row[]): Row[] {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, column) => {
    const values = rows.map((row) => row[column] ?? 0);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const spread = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
    return values.map((value) => (spread === 0 ? 0 : (value - mean) / spread));
  });
  return rows.map((_, row) => columns.map((column) => column[row] ?? 0));
}

function distance(one: Row, other: Row): number {
  return one.reduce((total, value, index) => total + (value - (other[index] ?? 0)) ** 2, 0);
}

/** By votes of the nearest sessions. */
function nearest(rows: readonly Row[], neighbours: number): (labels: readonly boolean[]) => number {
  const order = rows.map((row, own) =>
    rows
      .map((other, index) => ({ index, far: distance(row, other) }))
      .filter(({ index }) => index !== own)
      .sort((a, b) => a.far - b.far)
      .slice(0, neighbours)
      .map(({ index }) => index),
  );
  return (labels) => share(labels, (own) => order[own]?.filter((index) => labels[index]).length ?? 0, neighbours / 2);
}

/** By which kind's centre, without the session itself, is nearer. */
function nearestCentre(rows: readonly Row[], labels: readonly boolean[]): number {
  const sums = [false, true].map((kind) =>
    (rows[0] ?? []).map((_, column) => rows.reduce((total, row, index) => total + (labels[index] === kind ? (row[column] ?? 0) : 0), 0)),
  );
  const sizes = [false, true].map((kind) => labels.filter((label) => label === kind).length);
  const far = (own: number, kind: 0 | 1): number => {
    const mine = labels[own] === (kind === 1);
    const row = rows[own] ?? [];
    const size = (sizes[kind] ?? 0) - (mine ? 1 : 0);
    return distance(
      row,
      (sums[kind] ?? []).map((sum, column) => (sum - (mine ? (row[column] ?? 0) : 0)) / size),
    );
  };
  return share(labels, (own) => far(own, 0) - far(own, 1), 0);
}

/** Share of sessions named rightly, which are of the second kind if `score` is above `half`. */
function share(labels: readonly boolean[], score: (own: number) => number, half: number): number {
  return labels.filter((label, own) => score(own) > half === label).length / labels.length;
}

function shuffled(labels: readonly boolean[]): boolean[] {
  const dealt = [...labels];
  for (let index = dealt.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [dealt[index], dealt[other]] = [dealt[other] ?? false, dealt[index] ?? false];
  }
  return dealt;
}
