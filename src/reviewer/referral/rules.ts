/**
 * Who may do what with a dossier, and when; called by triage/rules.ts.
 *
 * - Words are removed, exhibits chosen and statements written in a draft only, by reviewers who may read every tip of it and have opened what they work on.
 * - Whoever did any of this, or drafted the referral, is an author. Two people who are not approve it: one proposes, another confirms.
 * - What leaves is what was packed after the approval. Answers come to what was sent.
 */
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { parseProgram } from "../../protocol/format/program.ts";
import { mayFollow, REFERRAL_MACHINE } from "../triage/machines.ts";
import { type CasebookState, readingOf, type Referral, type TipState } from "../triage/state.ts";
import type { ActOf } from "../casebook/event.ts";
import type { ReferralAct } from "./acts.ts";

/** @throws {Refusal} `no-such-item`. */
export function requireReferral(state: CasebookState, number: number): Referral {
  const referral = state.referrals.get(number);
  if (referral === undefined) throw new Refusal("no-such-item", "referral");
  return referral;
}

/** @throws {Refusal} with the first rule that `act` breaks. */
export function checkReferralAct(state: CasebookState, act: ReferralAct, person: string): void {
  if (act.kind === "program-recorded") {
    parseProgram(utf8(act.program));
    return;
  }
  const referral = requireReferral(state, act.referral);
  switch (act.kind) {
    case "removed":
    case "exhibit-chosen":
    case "dossier-written":
    case "dossier-fixed": {
      if (referral.state !== "draft") throw new Refusal("wrong-state", referral.state);
      for (const tip of referral.drafted.act.tips) requireOpened(state.tip(tip), person);
      const about = act.kind === "removed" ? act.from.tip : act.kind === "exhibit-chosen" ? act.exhibit.tip : null;
      if (about !== null && !referral.drafted.act.tips.includes(about)) throw new Refusal("no-such-tip", "not of this referral");
      if (act.kind === "removed" && act.from.text > 0) requireTranslation(state, act.from);
      if (act.kind === "dossier-fixed" && lastOf(state, "dossier-written", act.referral) === null)
        throw new Refusal("wrong-state", "nothing is written yet");
      return;
    }
    case "dossier-packed":
      if (referral.state !== "approved") throw new Refusal("wrong-state", referral.state);
      return;
    case "agency-answered":
      if (!mayFollow(REFERRAL_MACHINE, referral.state, act.answer)) throw new Refusal("wrong-state", act.answer);
      return;
  }
}

/** @throws {Refusal} `wrong-state` if that removal's referral is no draft any more. */
export function checkRemovalUndo(state: CasebookState, { referral }: ActOf<"removed">): void {
  if (requireReferral(state, referral).state !== "draft") throw new Refusal("wrong-state", "it is fixed");
}

/** @throws {Refusal} `needs-another-person` if `person` is an author of the referral. */
export function requireNoAuthor(state: CasebookState, referral: number, person: string): void {
  if (authorsOf(state, referral).has(person)) throw new Refusal("needs-another-person", "a referral of one's own");
}

/** Public keys of whoever drafted a referral or changed what it says. */
export function authorsOf(state: CasebookState, referral: number): ReadonlySet<string> {
  const authors = new Set<string>();
  for (const { act, person, sequence } of state.events) {
    if (sequence === referral && act.kind === "referral-drafted") authors.add(person);
    const isWork =
      act.kind === "removed" || act.kind === "exhibit-chosen" || act.kind === "dossier-written" || act.kind === "dossier-fixed";
    if (isWork && act.referral === referral) authors.add(person);
  }
  return authors;
}

/** The last act of a kind about a referral, or `null`; of the whole casebook, or since the referral last came to another state. */
export function lastOf<K extends Exclude<ReferralAct["kind"], "program-recorded">>(
  state: CasebookState,
  kind: K,
  referral: number,
  since: "ever" | "since it was approved" = "ever",
): ActOf<K> | null {
  const after = since === "ever" ? 0 : (state.referrals.get(referral)?.moves.at(-1)?.event ?? 0);
  const found = state.events.findLast(
    ({ act, sequence }) => sequence > after && act.kind === kind && "referral" in act && act.referral === referral,
  );
  return (found?.act ?? null) as ActOf<K> | null;
}

function requireOpened(tip: TipState, person: string): void {
  if (tip.destroyed) throw new Refusal("tip-destroyed");
  const reading = readingOf(tip, person);
  if (reading === "recused") throw new Refusal("recused");
  if (reading === "undeclared") throw new Refusal("conflict-undeclared");
  if (!tip.items.some(({ act, person: by }) => act.kind === "tip-opened" && by === person)) throw new Refusal("wrong-state", "not opened");
}

function requireTranslation(state: CasebookState, { tip, text }: ActOf<"removed">["from"]): void {
  const act = state.held(text)?.act;
  if (act?.kind !== "translated" || act.tip !== tip) throw new Refusal("no-such-item", "translation");
}
