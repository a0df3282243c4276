/** The inbox: which tips somebody sees in which order, and what stands in a row. Whoever stays out of a tip learns nothing of its words here, not even that a search found it. */
import type { CasebookState, TipState } from "../triage/state.ts";
import { gradesFor, itemsOf, readingOf, settledGrade } from "../triage/state.ts";
import { flagsOn, ListedTip, listedTips, type PersonalStanding, personalStanding, type Standing, standingOf } from "./standing.ts";
import type { TipIndex } from "./tip-index.ts";
import type { InboxAnswer, InboxFilter, InboxRequest, InboxRow } from "./wire.ts";

/** What the list needs to know of all tips at once. */
export type InboxIndex = Pick<TipIndex, "find" | "factsOf">;

/** The rows from `offset` of those that fit, the newest first. */
export function inboxOf(state: CasebookState, index: InboxIndex, person: string, request: InboxRequest): InboxAnswer {
  const tips = candidates(state, index, request.query)
    .filter((listed) => fits(listed, index, person, request))
    .map(({ tip }) => tip);
  const { offset, limit } = request;
  return { total: tips.length, offset, rows: tips.slice(offset, offset + limit).map((tip) => rowOf(tip, index, person)) };
}

function candidates(state: CasebookState, index: InboxIndex, query: string): ListedTip[] {
  if (query.trim() === "") return listedTips(state).toReversed();
  return index.find(query).map((id) => new ListedTip(state.tip(id)));
}

function fits(listed: ListedTip, index: InboxIndex, person: string, filter: InboxFilter): boolean {
  const { tip } = listed;
  const { query, state, flag, todo, tag, language, grade, files } = filter;
  if (state !== null && tip.state !== state) return false;
  if (flag !== null && !flagsOn(tip, listed.standing()).includes(flag)) return false;
  // What is asked from here on, whoever stays out of a tip does not learn of it.
  const isInside = query.trim() !== "" || tag !== null || language !== null || grade !== null || files;
  if (!isInside && todo === "everything") return true;
  const standing = listed.standing();
  const mine = personalStanding(standing, person);
  if (isInside && mine.reading === "recused") return false;
  if (tag !== null && !standing.tags.includes(tag)) return false;
  if (grade !== null && !gradeFits(standing, grade)) return false;
  if (language !== null && listed.facts(index)?.language !== language) return false;
  if (files && (listed.facts(index)?.files ?? 0) === 0) return false;
  if (todo === "everything") return true;
  return !tip.destroyed && (todo === "mine" ? mine.reading === "may-read" && mine.worked : todoOf(standing, mine) === todo);
}

/** By the settled grade only: what a single grader gave shows in no list but their own. */
function gradeFits({ settled }: Standing, wanted: NonNullable<InboxFilter["grade"]>): boolean {
  if (wanted === "settled" || wanted === "not-settled") return (settled !== null) === (wanted === "settled");
  return String(settled?.information ?? "") === wanted;
}

/** What this person has to do with a tip next, or `null`. */
function todoOf({ grades, settled }: Standing, { reading, opened, graded }: PersonalStanding): InboxFilter["todo"] | null {
  if (reading === "recused") return null;
  if (!opened) return "to-read";
  if (grades < 2) return graded ? null : "to-grade";
  return graded && settled === null ? "to-reconcile" : null;
}

/** Whether somebody opened the text. */
export function hasOpened(tip: TipState, person: string): boolean {
  return personalStanding(standingOf(tip), person).opened;
}

/** A tip as it stands in the list. */
export function rowOf(tip: TipState, index: Pick<InboxIndex, "factsOf">, person: string): InboxRow {
  const { entry, date, state, destroyed } = tip;
  const reading = readingOf(tip, person);
  const facts = reading === "recused" ? null : index.factsOf(entry.id);
  const tags = reading === "recused" ? [] : [...new Set(itemsOf(tip, "tagged").map(({ act }) => act.code))];
  return {
    id: entry.id,
    date,
    state,
    reading,
    destroyed,
    tags,
    flags: flagsOn(tip, standingOf(tip)),
    grade: reading === "recused" ? "" : gradeText(tip, person),
    language: facts?.language ?? null,
    files: facts?.files ?? null,
  };
}

function gradeText(tip: TipState, person: string): string {
  const settled = settledGrade(tip);
  if (settled !== null) return `${settled.source}${String(settled.information)}`;
  const seen = gradesFor(tip, person).map(({ act }) => `${act.source}${String(act.information)}`);
  return seen.length === 0 ? "" : `${seen.join(" / ")}, not settled`;
}
