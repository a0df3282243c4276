/** The inbox: which tips somebody sees in which order, and what stands in a row. Whoever stays out of a tip learns nothing of its words here, not even that a search found it. */
import type { CasebookState, TipState } from "../triage/state.ts";
import { gradesFor, itemsOf, readingOf, settledGrade } from "../triage/state.ts";
import type { TipIndex } from "./tip-index.ts";
import type { InboxAnswer, InboxFilter, InboxRequest, InboxRow } from "./wire.ts";

/** The rows from `offset` of those that fit, the newest first. */
export function inboxOf(state: CasebookState, index: TipIndex, person: string, request: InboxRequest): InboxAnswer {
  const tips = candidates(state, index, request.query).filter((tip) => fits(tip, index, person, request));
  const { offset, limit } = request;
  return { total: tips.length, offset, rows: tips.slice(offset, offset + limit).map((tip) => rowOf(tip, index, person)) };
}

function candidates(state: CasebookState, index: TipIndex, query: string): TipState[] {
  if (query.trim() === "") return [...state.tips.values()].reverse();
  return index.find(query).map((id) => state.tip(id));
}

function fits(tip: TipState, index: TipIndex, person: string, filter: InboxFilter): boolean {
  const { query, state, flag, todo, tag, language, grade, files } = filter;
  if (state !== null && tip.state !== state) return false;
  if (flag !== null && !flagsOf(tip).includes(flag)) return false;
  // What is asked from here on, whoever stays out of a tip does not learn of it.
  const isInside = query.trim() !== "" || tag !== null || language !== null || grade !== null || files;
  if (isInside && readingOf(tip, person) === "recused") return false;
  if (tag !== null && !itemsOf(tip, "tagged").some(({ act }) => `${act.set}/${act.code}` === tag)) return false;
  if (grade !== null && !gradeFits(tip, grade)) return false;
  if (language !== null && index.factsOf(tip.entry.id)?.language !== language) return false;
  if (files && (index.factsOf(tip.entry.id)?.files ?? 0) === 0) return false;
  if (todo === "mine") return isMine(tip, person);
  return todo === "everything" || todoOf(tip, person) === todo;
}

/** By the settled grade only: what a single grader gave shows in no list but their own. */
function gradeFits(tip: TipState, wanted: NonNullable<InboxFilter["grade"]>): boolean {
  const settled = settledGrade(tip);
  if (wanted === "settled" || wanted === "not-settled") return (settled !== null) === (wanted === "settled");
  return String(settled?.information ?? "") === wanted;
}

/** Whether somebody opened the text of a tip that they may read, or did something about it. */
function isMine(tip: TipState, person: string): boolean {
  return (
    !tip.destroyed &&
    readingOf(tip, person) === "may-read" &&
    tip.items.some((item) => item.person === person && item.act.kind !== "declared")
  );
}

/** What this person has to do with a tip next, or `null`. */
function todoOf(tip: TipState, person: string): InboxFilter["todo"] | null {
  if (tip.destroyed || readingOf(tip, person) === "recused") return null;
  if (!hasOpened(tip, person)) return "to-read";
  const grades = itemsOf(tip, "graded");
  const mine = grades.some((grade) => grade.person === person);
  if (grades.length < 2) return mine ? null : "to-grade";
  return mine && settledGrade(tip) === null ? "to-reconcile" : null;
}

/** Whether somebody opened the text. */
export function hasOpened(tip: TipState, person: string): boolean {
  return itemsOf(tip, "tip-opened").some((item) => item.person === person);
}

/** A tip as it stands in the list. */
export function rowOf(tip: TipState, index: TipIndex, person: string): InboxRow {
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
    flags: flagsOf(tip),
    grade: reading === "recused" ? "" : gradeText(tip, person),
    language: facts?.language ?? null,
    files: facts?.files ?? null,
  };
}

/** Flags that are on: the last word about each counts. */
function flagsOf(tip: TipState): string[] {
  const on = new Map<string, boolean>();
  for (const { act, event } of itemsOf(tip, "flagged")) {
    if (act.flag !== "legal_hold" || event > tip.released) on.set(act.flag, act.on);
  }
  return [...on].filter(([, is]) => is).map(([flag]) => flag);
}

function gradeText(tip: TipState, person: string): string {
  const settled = settledGrade(tip);
  if (settled !== null) return `${settled.source}${String(settled.information)}`;
  const seen = gradesFor(tip, person).map(({ act }) => `${act.source}${String(act.information)}`);
  return seen.length === 0 ? "" : `${seen.join(" / ")}, not settled`;
}
