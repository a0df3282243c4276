/** The tips of a referral with their texts and what is removed from them. */
import { utf8 } from "../../protocol/encoding.ts";
import { parseProgram, type Program } from "../../protocol/format/program.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { ActOf, SignedEvent } from "../casebook/event.ts";
import { findTip, readRecord, type ShelvedTip, type TipRecord } from "../casebook/shelf.ts";
import { openWords } from "../casebook/tip-keys.ts";
import { itemsOf, type TipState } from "../triage/state.ts";
import { type Removal, removedWords } from "./redaction.ts";
import { requireReferral } from "./rules.ts";

/** A tip of a referral with everything that can be said of it. */
export interface Source {
  /** `T1`. */
  readonly name: string;
  readonly shelved: ShelvedTip;
  readonly state: TipState;
  readonly record: TipRecord;
  /** The narrative, number 0, and every translation by its event's number. */
  readonly texts: readonly SourceText[];
}

/** A text with what is removed from it. */
export interface SourceText {
  readonly number: number;
  readonly text: string;
  readonly removals: readonly (Removal & { readonly event: SignedEvent })[];
  readonly translation: { readonly act: ActOf<"translated">; readonly person: string } | null;
}

/** The sources of a referral, in its order. @throws {Refusal} `no-such-item`, `tip-destroyed`. */
export async function sourcesOf(casebook: Casebook, referral: number): Promise<Source[]> {
  const { tips } = requireReferral(casebook.state, referral).drafted.act;
  const removals = casebook.events.filter(
    (event): event is SignedEvent & { act: ActOf<"removed"> } =>
      event.act.kind === "removed" && event.act.referral === referral && casebook.state.held(event.sequence) !== null,
  );
  const sources: Source[] = [];
  for (const id of [...new Set(tips)]) {
    const shelved = findTip(casebook, id);
    const record = await readRecord(casebook, shelved);
    const state = casebook.state.tip(id);
    const key = await casebook.tipKeys.of(shelved.bundle, id);
    const removedFrom = (number: number): SourceText["removals"] =>
      removals
        .filter(({ act }) => act.from.tip === id && act.from.text === number)
        .map((event) => ({ start: event.act.from.start, end: event.act.from.end, reason: event.act.reason, event }));
    const texts: SourceText[] = [{ number: 0, text: record.tip.answers.narrative, removals: removedFrom(0), translation: null }];
    for (const { act, event, person } of itemsOf(state, "translated"))
      texts.push({ number: event, text: await openWords(act.sealed, key), removals: removedFrom(event), translation: { act, person } });
    sources.push({ name: `T${String(sources.length + 1)}`, shelved, state, record, texts });
  }
  return sources;
}

/** The words that were removed from any of these sources. */
export function wordsRemoved(sources: readonly Source[]): string[] {
  return sources.flatMap(({ texts }) => texts.flatMap(({ text, removals }) => removedWords(text, removals)));
}

/** The program that referrals are made for, or `null`. */
export function programOf(casebook: Casebook): Program | null {
  const recorded = casebook.acts("program-recorded").at(-1);
  return recorded === undefined ? null : parseProgram(utf8(recorded.program));
}
