/**
 * Everything that has a date about a tip and about those linked to it, for one person: when a witness says it happened, when their messages came, replies, what is due, what was done. Linked tips are
 * followed as far as this person has opened them; of the others they learn only how many there are, and of those they stay out of nothing.
 */
import { Refusal } from "../../protocol/errors.ts";
import { formatDate } from "../../protocol/format/date.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { findTip, readRecord, threadsOf } from "../casebook/shelf.ts";
import { gradesFor, itemsOf, readingOf, type TipState } from "../triage/state.ts";
import { placeInThread } from "../views.ts";
import { MOST_TIMELINE_TIPS, type TimelineAnswer } from "./case-wire.ts";
import { hasOpened } from "./inbox.ts";
import { nameOf, sentenceOf } from "./sentences.ts";

type Why = TimelineAnswer["tips"][number]["why"];
type Entry = TimelineAnswer["entries"][number];

/** The timeline of a tip. @throws {Refusal} `no-such-tip`; `conflict-undeclared` before this person opened it, `tip-destroyed`. */
export async function timelineFor(casebook: Casebook, person: string, id: string): Promise<TimelineAnswer> {
  const { state } = casebook;
  const tip = state.tip(id);
  if (tip.destroyed) throw new Refusal("tip-destroyed");
  if (!isOpen(tip, person)) throw new Refusal("conflict-undeclared");
  const { group, unopened } = groupOf(casebook, person, tip);
  const entries: Entry[] = [];
  for (const one of group.keys()) entries.push(...(await entriesOf(casebook, person, state.tip(one))));
  return { tip: id, tips: [...group].map(([one, why]) => ({ id: one, why })), unopened: unopened.size, entries };
}

function isOpen(tip: TipState, person: string): boolean {
  return !tip.destroyed && readingOf(tip, person) === "may-read" && hasOpened(tip, person);
}

/** The tip, and step by step those linked to it or of the same witness. */
function groupOf(casebook: Casebook, person: string, first: TipState): { group: Map<string, Why>; unopened: Set<string> } {
  const { state } = casebook;
  const threads = new Map(threadsOf(casebook).flatMap((thread) => thread.map(({ entry }) => [entry.id, thread] as const)));
  const group = new Map<string, Why>([[first.entry.id, "this"]]);
  const unopened = new Set<string>();
  const take = (id: string, why: Why): void => {
    const tip = state.tip(id);
    if (group.has(id) || group.size === MOST_TIMELINE_TIPS || tip.destroyed || readingOf(tip, person) === "recused") return;
    if (isOpen(tip, person)) group.set(id, why);
    else unopened.add(id);
  };
  // A map gives also what is put into it meanwhile.
  for (const id of group.keys()) {
    for (const { act } of itemsOf(state.tip(id), "linked")) take(act.tip === id ? act.other : act.tip, act.link);
    for (const { entry } of threads.get(id) ?? []) take(entry.id, "same_witness");
  }
  return { group, unopened };
}

async function entriesOf(casebook: Casebook, person: string, tip: TipState): Promise<Entry[]> {
  const { state } = casebook;
  const { id, sequence } = tip.entry;
  const { answers } = (await readRecord(casebook, findTip(casebook, id))).tip;
  const seen = new Set(gradesFor(tip, person).map(({ event }) => event));
  const entries: Entry[] = [{ tip: id, what: "came", when: tip.date, says: `its batch was sealed, ${placeInThread(sequence)}` }];
  if (answers.when !== null) entries.push({ tip: id, what: "said", when: answers.when, says: "it happened, the witness says" });
  // A follow-up's number is its day on the witness's clock.
  if (sequence > 0) entries.push({ tip: id, what: "came", when: formatDate(sequence), says: "written, by the witness's clock" });
  for (const { act, event, person: by, at } of tip.items) {
    if (act.kind === "graded" && !seen.has(event)) continue;
    const says = `${sentenceOf(act, id, state)}, ${nameOf(state, by)}`;
    if (act.kind === "replied") entries.push({ tip: id, what: "replied", when: act.date, says });
    else entries.push({ tip: id, what: "work", when: at.slice(0, 10), says });
    if (act.kind === "task-set" && act.due !== null && !state.isDone(event)) entries.push({ tip: id, what: "due", when: act.due, says });
  }
  return entries;
}
