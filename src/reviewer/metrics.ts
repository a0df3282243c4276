/**
 * What a program manager wants to know, as counts and medians; never a word of a tip. Small counts are kept back (triage/suppression.ts), in the window too: before a declaration nobody is to learn
 * from a count what one tip says. Tips that the person stays out of are left out altogether, and grades count only once both are there.
 */
import { formatCsv } from "./csv.ts";
import { REFERRAL_MACHINE, statesOf, TIP_MACHINE } from "./triage/machines.ts";
import { type CasebookState, itemsOf, readingOf, settledGrade, type TipState } from "./triage/state.ts";
import { countText, tellable, tellableTotal, type Told } from "./triage/suppression.ts";
import { OUTCOMES, TAGS } from "./triage/vocabulary.ts";

/** What a tip's answers say in codes, as far as it was read in. */
export interface TipCodes {
  readonly language: string | null;
  readonly where: string | null;
}

/** Counts of one population by something. */
export interface MetricTable {
  /** A code. */
  readonly name: string;
  readonly counts: Told;
}

/** A number that is no count of a table. */
export interface Measure {
  readonly name: string;
  readonly value: string;
}

export interface Metrics {
  /** Tips that are counted; `null` if too few to tell. */
  readonly total: number | null;
  readonly measures: readonly Measure[];
  readonly tables: readonly MetricTable[];
}

const NOT_SAID = "not_said";
const DAY_MS = 86_400_000;

/** Everything, for one person. `codesOf`: `null` for tips that were not read in. */
export function metricsFor(state: CasebookState, codesOf: (tip: string) => TipCodes | null, person: string): Metrics {
  const tips = [...state.tips.values()].filter((tip) => readingOf(tip, person) !== "recused");
  const there = tips.filter(({ destroyed }) => !destroyed);
  const codes = there.map(({ entry }) => codesOf(entry.id));
  const referrals = [...state.referrals.values()].filter(({ drafted }) =>
    drafted.act.tips.every((id) => readingOf(state.tip(id), person) !== "recused"),
  );
  const outcomes = referrals.flatMap(({ moves }) =>
    moves.flatMap(({ act }) => ("outcome" in act && act.outcome !== null ? [act.outcome] : [])),
  );
  const tagged = (set: keyof typeof TAGS): string[] =>
    there.flatMap((tip) => [...new Set(itemsOf(tip, "tagged").flatMap(({ act }) => (act.set === set ? [act.code] : [])))]);
  return {
    total: tellableTotal(tips.length),
    measures: [...durations(tips), ...shares(tips)],
    tables: [
      table(
        "state",
        statesOf(TIP_MACHINE),
        tips.map((tip) => tip.state),
      ),
      table(
        "where",
        [],
        codes.map((one) => one?.where ?? NOT_SAID),
      ),
      table(
        "language",
        [],
        codes.map((one) => one?.language ?? NOT_SAID),
      ),
      table("victim_group", TAGS.victim_group, tagged("victim_group")),
      table("organs", TAGS.organs, tagged("organs")),
      table(
        "referrals",
        statesOf(REFERRAL_MACHINE),
        referrals.map((referral) => referral.state),
      ),
      table("outcomes", OUTCOMES, outcomes),
    ],
  };
}

function table(name: string, codes: readonly string[], found: readonly string[]): MetricTable {
  const counts = new Map<string, number>(codes.map((code) => [code, 0]));
  for (const code of found) counts.set(code, (counts.get(code) ?? 0) + 1);
  return { name, counts: tellable(new Map([...counts].sort(([one], [other]) => (one < other ? -1 : 1)))) };
}

/** Days from the batch to the first opening, and from there to the first grade. */
function durations(tips: readonly TipState[]): Measure[] {
  const opened: number[] = [];
  const graded: number[] = [];
  for (const tip of tips) {
    const [first] = itemsOf(tip, "tip-opened");
    const [grade] = settledGrade(tip) === null ? [] : itemsOf(tip, "graded");
    if (first !== undefined) opened.push((Date.parse(first.at) - Date.parse(`${tip.date}T00:00:00Z`)) / DAY_MS);
    if (first !== undefined && grade !== undefined) graded.push((Date.parse(grade.at) - Date.parse(first.at)) / DAY_MS);
  }
  return [
    { name: "days_to_opening", value: medianText(opened) },
    { name: "days_from_opening_to_grade", value: medianText(graded) },
  ];
}

function medianText(days: readonly number[]): string {
  if (tellableTotal(days.length) === null || days.length === 0) return "too few";
  const sorted = days.toSorted((one, other) => one - other);
  return Math.max(0, sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(0);
}

/** Shares of tips, in percent. A share tells a count, so it is kept back as a table of two would be. */
function shares(tips: readonly TipState[]): Measure[] {
  const pairs = tips
    .map((tip) => itemsOf(tip, "graded").map(({ act }) => `${act.source}${String(act.information)}`))
    .filter((pair) => pair.length === 2);
  const asked = tips.filter((tip) => itemsOf(tip, "moved").some(({ act }) => act.to === "follow_up_asked"));
  const decided = tips.filter(({ state }) => state === "corroborated" || state === "uncorroborated" || state === "contradicted");
  return [
    share("opened", tips, (tip) => itemsOf(tip, "tip-opened").length > 0),
    share("graded_by_two", tips, (tip) => itemsOf(tip, "graded").length === 2),
    share("graders_agree", pairs, ([one, other]) => one === other),
    share("duplicates", tips, ({ state }) => state === "duplicate"),
    share("follow_ups_answered", asked, (tip) => itemsOf(tip, "moved").some(({ act }) => act.to === "follow_up_received")),
    share("corroborated", decided, ({ state }) => state === "corroborated"),
    { name: "kappa", value: kappaText(pairs) },
  ];
}

function share<T>(name: string, all: readonly T[], is: (one: T) => boolean): Measure {
  const yes = all.filter(is).length;
  const told = tellable(
    new Map([
      ["yes", yes],
      ["no", all.length - yes],
    ]),
  ).get("yes");
  return {
    name,
    value: told === null || told === undefined || all.length === 0 ? "too few" : `${((100 * told) / all.length).toFixed(0)} %`,
  };
}

/** Cohen's kappa of first and second graders: 1 if they agree, 0 if as often as by chance. */
function kappaText(pairs: readonly (readonly string[])[]): string {
  if (pairs.length < 20) return "too few";
  const grades = new Set(pairs.flat());
  const frequency = (place: 0 | 1, grade: string): number => pairs.filter((pair) => pair[place] === grade).length / pairs.length;
  const agreed = pairs.filter(([one, other]) => one === other).length / pairs.length;
  const chance = [...grades].reduce((sum, grade) => sum + frequency(0, grade) * frequency(1, grade), 0);
  return chance === 1 ? "1.00" : ((agreed - chance) / (1 - chance)).toFixed(2);
}

/** The metrics as a table for spreadsheets: what, which, how much. The command and the window write the same bytes. */
export function metricsCsv(metrics: Metrics): string {
  return formatCsv(metricRows(metrics));
}

/** The metrics as rows: what, which, how much. */
export function metricRows({ total, measures, tables }: Metrics): string[][] {
  return [
    ["metric", "value", "amount"],
    ["tips", "", countText(total)],
    ...measures.map(({ name, value }) => [name, "", value]),
    ...tables.flatMap(({ name, counts }) => [...counts].map(([code, count]) => [name, code, countText(count)])),
  ];
}
