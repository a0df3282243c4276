/**
 * What a program manager wants to know, as counts and medians; never a word of a tip. Small counts are kept back (triage/suppression.ts), in the window too: before a declaration nobody is to learn
 * from a count what one tip says. Tips that the person stays out of are left out altogether, and grades count only once both are there.
 */
import { formatCsv } from "./csv.ts";
import { addDays } from "../protocol/format/date.ts";
import { REFERRAL_MACHINE, statesOf, TIP_MACHINE } from "./triage/machines.ts";
import { type CasebookState, itemsOf, onLegalHold, readingOf, settledGrade, type TipState } from "./triage/state.ts";
import { countText, tellable, tellableTotal, type Told } from "./triage/suppression.ts";
import { OUTCOMES, type RETENTION_CLASSES, TAGS } from "./triage/vocabulary.ts";

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

/** Everything, for one person, on day `today` (`YYYY-MM-DD`). `codesOf`: `null` for tips that were not read in. */
export function metricsFor(state: CasebookState, codesOf: (tip: string) => TipCodes | null, person: string, today: string): Metrics {
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
    measures: [
      ...durations(tips, firstAnswers(state)),
      ...shares(tips, firstAnswers(state)),
      pastRetention(state, there, today),
      ...dates(state),
    ],
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

/** When a tip's witness was first answered, by the tip. */
function firstAnswers({ events }: CasebookState): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { act, at } of events) if (act.kind === "replied" && !first.has(act.tip)) first.set(act.tip, at);
  return first;
}

/** Days from the batch to the first opening, the first answer and the end, and from the opening to the first grade. */
function durations(tips: readonly TipState[], answers: ReadonlyMap<string, string>): Measure[] {
  const opened: number[] = [];
  const graded: number[] = [];
  const answered: number[] = [];
  const closed: number[] = [];
  const daysFrom = (date: string, at: string): number => (Date.parse(at) - Date.parse(`${date}T00:00:00Z`)) / DAY_MS;
  for (const tip of tips) {
    const [first] = itemsOf(tip, "tip-opened");
    const [grade] = settledGrade(tip) === null ? [] : itemsOf(tip, "graded");
    const answer = answers.get(tip.entry.id);
    const end = itemsOf(tip, "moved").find(({ act }) => act.to === "closed");
    if (first !== undefined) opened.push(daysFrom(tip.date, first.at));
    if (answer !== undefined) answered.push(daysFrom(tip.date, answer));
    if (end !== undefined) closed.push(daysFrom(tip.date, end.at));
    if (first !== undefined && grade !== undefined) graded.push((Date.parse(grade.at) - Date.parse(first.at)) / DAY_MS);
  }
  return [
    { name: "days_to_opening", value: medianText(opened) },
    { name: "days_from_opening_to_grade", value: medianText(graded) },
    { name: "days_to_answer", value: medianText(answered) },
    { name: "days_to_closure", value: medianText(closed) },
  ];
}

function medianText(days: readonly number[]): string {
  if (tellableTotal(days.length) === null || days.length === 0) return "too few";
  const sorted = days.toSorted((one, other) => one - other);
  return Math.max(0, sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(0);
}

/** Shares of tips, in percent. A share tells a count, so it is kept back as a table of two would be. */
function shares(tips: readonly TipState[], answers: ReadonlyMap<string, string>): Measure[] {
  const pairs = tips
    .map((tip) => itemsOf(tip, "graded").map(({ act }) => `${act.source}${String(act.information)}`))
    .filter((pair) => pair.length === 2);
  const asked = tips.filter((tip) => itemsOf(tip, "moved").some(({ act }) => act.to === "follow_up_asked"));
  const decided = tips.filter(({ state }) => state === "corroborated" || state === "uncorroborated" || state === "contradicted");
  return [
    share("opened", tips, (tip) => itemsOf(tip, "tip-opened").length > 0),
    share("answered", tips, ({ entry }) => answers.has(entry.id)),
    share("graded_by_two", tips, (tip) => itemsOf(tip, "graded").length === 2),
    share("graders_agree", pairs, ([one, other]) => one === other),
    share("duplicates", tips, ({ state }) => state === "duplicate"),
    share("follow_ups_answered", asked, (tip) => itemsOf(tip, "moved").some(({ act }) => act.to === "follow_up_received")),
    share("corroborated", decided, ({ state }) => state === "corroborated"),
    { name: "kappa", value: kappaText(pairs) },
  ];
}

/** Tips that are kept for longer than the casebook's own retention says; none that a legal hold keeps. */
function pastRetention(state: CasebookState, tips: readonly TipState[], today: string): Measure {
  const referred = new Set([...state.referrals.values()].flatMap(({ drafted }) => drafted.act.tips));
  const late = tips.filter((tip) => {
    const last = itemsOf(tip, "moved").at(-1);
    const days = state.retention.get(retentionClassOf(tip, referred) ?? "");
    return last !== undefined && days !== undefined && !onLegalHold(tip) && addDays(last.at.slice(0, 10), days) < today;
  });
  return { name: "past_retention", value: countText(tellableTotal(late.length)) };
}

/** The class a tip is kept by; `null` while it is worked on or once it was referred. What was closed keeps the class of the state before. */
function retentionClassOf(tip: TipState, referred: ReadonlySet<string>): (typeof RETENTION_CLASSES)[number] | null {
  const states = itemsOf(tip, "moved").map(({ act }) => act.to);
  const state = tip.state === "closed" ? states.at(-2) : tip.state;
  if (state === "spam" || state === "out_of_scope") return state;
  return tip.state === "closed" && !referred.has(tip.entry.id) ? "triaged_not_referred" : null;
}

/** Days of what happens seldom and must not be forgotten. */
function dates({ events }: CasebookState): Measure[] {
  const replaced = events.findLast(({ act }) => act.kind === "cards-replaced");
  return [
    { name: "ceremony", value: events[0]?.at.slice(0, 10) ?? "never" },
    { name: "cards_replaced", value: replaced?.at.slice(0, 10) ?? "never" },
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
