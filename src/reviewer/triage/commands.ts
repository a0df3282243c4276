/**
 * The commands about tips that write an act and nothing else: what the window's forms do, for who works without it. Every rule is rules.ts's: declaration before opening, opening before
 * working, no other grade before one's own.
 */
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { Act } from "../casebook/event.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { openReplies } from "../casebook/replies.ts";
import { findTip, readRecord, threadsOf } from "../casebook/shelf.ts";
import { sealWords } from "../casebook/tip-keys.ts";
import { asWriter, type Desk } from "../desk.ts";
import { readInput } from "../input-file.ts";
import { type Answer, tipView } from "../views.ts";
import { gradesFor, itemsOf, readingOf, settledGrade, type TipState } from "./state.ts";

/** Whose casebook it is, when an act is made. */
export interface Making {
  readonly casebook: Casebook;
  readonly person: ActingPerson;
}

/** Writes the act that `make` makes. @throws {Refusal} the first rule that it breaks. */
export function record(make: (making: Making) => Promise<Act> | Act, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const act = await make({ casebook, person });
    const { sequence } = await casebook.append(act, person, desk.now);
    return { json: { event: sequence, kind: act.kind }, lines: [`Event ${String(sequence)}.`] };
  });
}

/** The id that begins like this. */
export function tipIn({ casebook }: Making, prefix: string): string {
  return findTip(casebook, prefix).entry.id;
}

/** A file's text, sealed under a tip's key. @throws {Refusal} `usage` if it is empty. */
export async function sealedFrom({ casebook }: Making, prefix: string, file: string): Promise<string> {
  const { bundle, entry } = findTip(casebook, prefix);
  const text = fromUtf8(await readInput(file))
    .replaceAll("\r\n", "\n")
    .trimEnd();
  if (text === "") throw new Refusal("usage", "the text is empty");
  return sealWords(text, await casebook.tipKeys.of(bundle, entry.id));
}

/** Opens a tip's text for a person who declared, writes down that they did, and shows it with the grades that they may see. */
export function openForReading(prefix: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const shelved = findTip(casebook, prefix);
    const { id, thread } = shelved.entry;
    const opened = itemsOf(casebook.state.tip(id), "tip-opened").some((item) => item.person === person.key);
    // Asked again even if it was opened before: a tie may have come since.
    if (!opened || readingOf(casebook.state.tip(id), person.key) !== "may-read")
      await casebook.append({ kind: "tip-opened", tip: id }, person, desk.now);
    const tip = casebook.state.tip(id);
    const shown = (other: string): boolean => readingOf(casebook.state.tip(other), person.key) !== "recused";
    const threadTips = (threadsOf(casebook).find(([first]) => first?.entry.thread === thread) ?? []).filter(({ entry }) => shown(entry.id));
    const view = tipView(shelved, await readRecord(casebook, shelved), threadTips, await openReplies(casebook, shelved));
    const grades = gradesOf(casebook, tip, person.key);
    return {
      json: { ...view.json, state: tip.state, grades, settled: settledGrade(tip) !== null },
      lines: [
        ...view.lines,
        `State ${tip.state}.`,
        ...grades.map(
          ({ by, source, information, reasons }) => `Grade ${source}${String(information)} by ${by}: ${reasons.join(", ") || "no reason"}`,
        ),
      ],
    };
  });
}

function gradesOf(casebook: Casebook, tip: TipState, person: string) {
  return gradesFor(tip, person).map(({ event, person: by, act }) => ({
    event,
    by: casebook.state.people.get(by)?.name ?? by,
    source: act.source,
    information: act.information,
    reasons: act.reasons,
  }));
}
