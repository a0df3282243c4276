/**
 * One tip as one person may see it. Before their declaration, or with a tie, there are only the facts of the inbox; then the whole text, everything that holds about it, and what
 * may be done next. The other grader's grade, its note and its reasons are left out until both are there.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { Act } from "../casebook/event.ts";
import { openReplies } from "../casebook/replies.ts";
import { findTip, readRecord, type ShelvedTip, threadsOf } from "../casebook/shelf.ts";
import { openWords } from "../casebook/tip-keys.ts";
import { mayFollow, statesOf, TIP_MACHINE } from "../triage/machines.ts";
import { checkEvent } from "../triage/rules.ts";
import { type Item, gradesFor, hasRole, itemsOf, onLegalHold, readingOf, type TipState } from "../triage/state.ts";
import { answerText, placeInThread, QUESTIONS } from "../views.ts";
import { hasOpened, rowOf } from "./inbox.ts";
import { nameOf, sentenceOf } from "./sentences.ts";
import type { TipIndex } from "./tip-index.ts";
import type { HeldItem, TipAnswer, TipContent } from "./wire.ts";

/** Whether `person` may do this now, as rules.ts has it. */
export function isAllowed(casebook: Casebook, person: string, act: Act): boolean {
  const { events } = casebook;
  try {
    checkEvent(casebook.state, { sequence: events.length + 1, previous: events.at(-1)?.link ?? "", person, at: "", act });
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** The tip with this id. @throws {Refusal} `no-such-tip`, `tip-destroyed` is no refusal here: it is said in the row. */
export async function tipFor(casebook: Casebook, index: TipIndex, person: string, id: string): Promise<TipAnswer> {
  const tip = casebook.state.tip(id);
  const mayRead = !tip.destroyed && readingOf(tip, person) === "may-read";
  const opened = mayRead && hasOpened(tip, person);
  return {
    row: rowOf(tip, index, person),
    batch: tip.entry.batch,
    commitment: tip.entry.commitment,
    opened,
    tied: tiedPeople(casebook, tip, person),
    content: opened ? await contentOf(casebook, index, tip, person) : null,
  };
}

function tiedPeople(casebook: Casebook, tip: TipState, person: string): TipAnswer["tied"] {
  if (tip.destroyed || !hasRole(casebook.state, person, ["lead"])) return [];
  const ties = new Map(itemsOf(tip, "declared").map(({ person: key, act }) => [key, act.ties]));
  return [...ties]
    .filter(([key]) => key !== person && readingOf(tip, key) === "recused")
    .map(([key, list]) => ({ key, name: nameOf(casebook.state, key), ties: list }));
}

async function contentOf(casebook: Casebook, index: TipIndex, tip: TipState, person: string): Promise<TipContent> {
  const { state } = casebook;
  const { id, thread } = tip.entry;
  const shelved = findTip(casebook, id);
  const record = await readRecord(casebook, shelved);
  const { answers, attachments, reply } = record.tip;
  const may = (act: Act): boolean => isAllowed(casebook, person, act);
  const shown = (other: string): boolean => readingOf(state.tip(other), person) !== "recused";
  const items = await itemsFor(casebook, shelved, tip, person);
  const threadTips = threadsOf(casebook).find(([first]) => first?.entry.thread === thread) ?? [];
  const grade = { tip: id, source: "F", information: 6, reasons: [] } as const;
  return {
    narrative: answers.narrative,
    answers: QUESTIONS.map(([field, question]) => ({ question, answer: answerText(field, answers[field]) })),
    files: attachments.map((file, number) => ({
      name: file.name,
      type: file.type,
      form: file.form,
      size: file.size,
      sha256: record.hashes[number] ?? "",
    })),
    wantsReply: reply !== null,
    thread: threadTips
      .filter(({ entry }) => entry.id !== id && shown(entry.id))
      .map(({ entry }) => ({ id: entry.id, place: placeInThread(entry.sequence) })),
    alike: index
      .alike(id)
      .filter((other) => shown(other.id))
      .map(({ id: other, likeness, equal }) => ({ id: other, percent: Math.round(100 * likeness), equal })),
    items,
    replies: (await openReplies(casebook, shelved)).map(({ reply: { date, text, challenge }, outbox }) => ({
      date,
      text,
      challenge,
      outbox,
    })),
    translations: await translationsOf(casebook, shelved, tip),
    moves: statesOf(TIP_MACHINE).filter((to) => to !== "opened" && mayFollow(TIP_MACHINE, tip.state, to)),
    mayGrade: may({ kind: "graded", ...grade, reasons: [], note: null }),
    mayReconcile: may({ kind: "reconciled", ...grade, reasons: [] }),
    onHold: onLegalHold(tip),
  };
}

async function itemsFor(casebook: Casebook, { bundle, entry }: ShelvedTip, tip: TipState, person: string): Promise<HeldItem[]> {
  const { state } = casebook;
  const key = await casebook.tipKeys.of(bundle, entry.id);
  const visible = new Set(gradesFor(tip, person).map(({ event }) => event));
  const held: HeldItem[] = [];
  for (const item of tip.items) {
    const { act, event, at } = item;
    if (act.kind === "graded" && !visible.has(event)) continue;
    const sealed = sealedIn(item);
    held.push({
      event,
      kind: act.kind,
      person: nameOf(state, item.person),
      at,
      says: sentenceOf(act, entry.id, state),
      words: sealed === null ? null : await openWords(sealed, key),
      quote: "quote" in act ? act.quote : null,
      undoable: isAllowed(casebook, person, { kind: "undone", event }),
      open: act.kind === "task-set" && !state.isDone(event),
    });
  }
  return held;
}

/** Words about the tip in an item, sealed; translations and replies are shown elsewhere. */
function sealedIn({ act }: Item): string | null {
  if (act.kind === "graded") return act.note;
  return act.kind === "noted" || act.kind === "question-noted" || act.kind === "task-set" ? act.sealed : null;
}

async function translationsOf(casebook: Casebook, { bundle, entry }: ShelvedTip, tip: TipState): Promise<TipContent["translations"]> {
  const key = await casebook.tipKeys.of(bundle, entry.id);
  return Promise.all(
    itemsOf(tip, "translated").map(async ({ event, act }) => ({ event, language: act.language, text: await openWords(act.sealed, key) })),
  );
}
