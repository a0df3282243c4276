/**
 * Who may do what, and when. Every rule is a refusal with its own code, thrown before anything changes: when an event is written, and just the same when a casebook is
 * opened. Somebody who signs with a program of their own gains nothing by leaving the rules out; such a casebook does not open.
 *
 * - People act by their roles, and only while they are of this casebook.
 * - Nobody works on a tip before declaring what ties them to it; whoever has ties stays out until a lead, somebody else, lets them in.
 * - Two grade, each without the other's grade before their eyes; a grade can be taken back only while the other is not there.
 * - What cannot be made undone takes two people, of whom one is a lead: one proposes, another confirms, and everything is checked again then. An author of a referral does not
 *   approve it at all and does not confirm its sending, nobody confirms their own removal. With one person only, these things cannot be done at all.
 * - Undoing is a further event, by who did it or a lead, and only for what can be undone.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { Act, ActOf, SignedEvent } from "../casebook/event.ts";
import type { Role } from "../casebook/roles.ts";
import { checkClaimAct, checkClaimSubject, isRewardsCasebook } from "../claims/rules.ts";
import { checkReferralAct, checkRemovalUndo, lastOf, requireNoAuthor, requireReferral } from "../referral/rules.ts";
import type { Subject } from "./acts.ts";
import { mayFollow, REFERRAL_MACHINE, TIP_MACHINE } from "./machines.ts";
import { CasebookState, hasRole, type Item, itemsOf, onLegalHold, readingOf, type TipAct, type TipState } from "./state.ts";

const READERS = ["lead", "reviewer", "translator"] as const;
const REVIEWERS = ["lead", "reviewer"] as const;
const EVERYBODY = ["importer", "lead", "reviewer", "reward_officer", "translator"] as const;
const OFFICERS = ["reward_officer"] as const;
/** Reviewers about everything but claims, reward officers about claims and nothing else. */
const DECIDERS = ["lead", "reviewer", "reward_officer"] as const;
const IMPORTERS = ["importer", "lead"] as const;

/** Roles of which one is needed. */
const MAY: Readonly<Record<Act["kind"], readonly Role[]>> = {
  opened: EVERYBODY,
  "log-key-pinned": IMPORTERS,
  imported: IMPORTERS,
  outbox: IMPORTERS,
  "network-overridden": EVERYBODY,
  "cards-replaced": EVERYBODY,
  "certificate-extended": ["lead"],
  replied: REVIEWERS,
  extracted: READERS,
  declared: READERS,
  "tie-decided": ["lead"],
  "tip-opened": READERS,
  tagged: REVIEWERS,
  coded: REVIEWERS,
  graded: REVIEWERS,
  reconciled: REVIEWERS,
  "entity-named": READERS,
  "alias-added": READERS,
  mentioned: READERS,
  linked: REVIEWERS,
  "question-noted": REVIEWERS,
  "task-set": REVIEWERS,
  "task-done": READERS,
  translated: READERS,
  noted: READERS,
  moved: REVIEWERS,
  flagged: REVIEWERS,
  exposed: READERS,
  "referral-drafted": REVIEWERS,
  "referral-moved": REVIEWERS,
  "program-recorded": ["lead", "reward_officer"],
  "claims-handed-over": IMPORTERS,
  "claims-taken-in": OFFICERS,
  "claim-asked": OFFICERS,
  "claim-moved": OFFICERS,
  "notice-filed": OFFICERS,
  "payee-sealed": OFFICERS,
  "year-reported": OFFICERS,
  "voucher-key-made": OFFICERS,
  "vouchers-asked": OFFICERS,
  "vouchers-signed": OFFICERS,
  removed: REVIEWERS,
  "exhibit-chosen": REVIEWERS,
  "dossier-written": REVIEWERS,
  "dossier-fixed": REVIEWERS,
  "dossier-packed": REVIEWERS,
  "agency-answered": REVIEWERS,
  proposed: DECIDERS,
  confirmed: DECIDERS,
  rejected: DECIDERS,
  undone: READERS,
};

/** Acts about a tip that come before reading it, or need no reading. */
const BEFORE_READING: ReadonlySet<Act["kind"]> = new Set(["declared", "tie-decided"]);
/** Acts of commands that are older than declarations; whoever is recused is kept out all the same. */
const WITHOUT_DECLARING: ReadonlySet<Act["kind"]> = new Set(["extracted", "replied"]);

const UNDOABLE: ReadonlySet<Act["kind"]> = new Set([
  "alias-added",
  "coded",
  "entity-named",
  "flagged",
  "graded",
  "linked",
  "mentioned",
  "moved",
  "noted",
  "question-noted",
  "removed",
  "tagged",
  "task-done",
  "task-set",
  "translated",
]);

type Unlinked = Omit<SignedEvent, "link">;

/** @throws {Refusal} with the code of the first rule `event` breaks. */
export function checkEvent(state: CasebookState, { act, person, at }: Unlinked): void {
  if (act.kind === "opened") {
    if (state.events.length > 0) throw new Refusal("casebook-damaged", "it is opened again");
    checkFounders(act, person);
    return;
  }
  if (!hasRole(state, person, MAY[act.kind])) throw new Refusal("not-allowed", act.kind);
  if ("tip" in act) checkTipAct(state, act, person);
  switch (act.kind) {
    case "alias-added":
      requireEntity(state, act.entity);
      return;
    case "referral-drafted":
      for (const id of act.tips) requireReadable(state, id, person);
      return;
    case "referral-moved": {
      const { state: from } = requireReferral(state, act.referral);
      if (act.to === "approved" || act.to === "sent") throw new Refusal("needs-another-person", act.to);
      if (!mayFollow(REFERRAL_MACHINE, from, act.to)) throw new Refusal("wrong-state", act.to);
      return;
    }
    case "program-recorded":
      if (!hasRole(state, person, isRewardsCasebook(state) ? OFFICERS : ["lead"])) throw new Refusal("not-allowed", act.kind);
      checkReferralAct(state, act, person);
      return;
    case "removed":
    case "exhibit-chosen":
    case "dossier-written":
    case "dossier-fixed":
    case "dossier-packed":
    case "agency-answered":
      checkReferralAct(state, act, person);
      return;
    case "claims-handed-over":
    case "claims-taken-in":
    case "claim-asked":
    case "claim-moved":
    case "notice-filed":
    case "payee-sealed":
    case "year-reported":
    case "voucher-key-made":
    case "vouchers-asked":
    case "vouchers-signed":
      checkClaimAct(state, act, at);
      return;
    case "task-done":
      if (state.held(act.task)?.act.kind !== "task-set" || state.isDone(act.task)) throw new Refusal("no-such-item", "task");
      return;
    case "proposed":
      checkSubject(state, act.subject, person);
      return;
    case "confirmed":
    case "rejected":
      checkDecision(state, act, person);
      return;
    case "undone":
      checkUndo(state, act.event, person);
      return;
    case "imported":
      for (const { id } of act.tips) if (state.tips.has(id)) throw new Refusal("casebook-damaged", "a tip comes again");
      return;
    default:
  }
}

/** The state these events come to. @throws {Refusal} if one breaks a rule. */
export function stateOfEvents(events: Iterable<SignedEvent>): CasebookState {
  const state = new CasebookState();
  for (const event of events) {
    checkEvent(state, event);
    state.apply(event);
  }
  return state;
}

function checkFounders({ people }: ActOf<"opened">, person: string): void {
  const keys = new Set(people.map(({ key }) => key));
  const names = new Set(people.map(({ name }) => name));
  const fine = keys.size === people.length && names.size === people.length && keys.has(person);
  if (!fine) throw new Refusal("casebook-damaged", "the people it was opened with");
  const officers = people.filter(({ roles }) => roles.includes("reward_officer")).length;
  if (officers < people.length && !people.some(({ roles }) => roles.includes("lead")))
    throw new Refusal("not-allowed", "a casebook needs a lead");
}

function requireReadable(state: CasebookState, id: string, person: string): TipState {
  const tip = state.tip(id);
  if (tip.destroyed) throw new Refusal("tip-destroyed");
  const reading = readingOf(tip, person);
  if (reading === "recused") throw new Refusal("recused");
  if (reading === "undeclared") throw new Refusal("conflict-undeclared");
  return tip;
}

function requireEntity(state: CasebookState, entity: number): void {
  if (!state.entities.has(entity)) throw new Refusal("no-such-item", "entity");
}

function checkTipAct(state: CasebookState, act: TipAct, person: string): void {
  if (WITHOUT_DECLARING.has(act.kind)) {
    const tip = state.tips.get(act.tip);
    if (tip?.destroyed === true) throw new Refusal("tip-destroyed");
    if (tip !== undefined && readingOf(tip, person) === "recused") throw new Refusal("recused");
    return;
  }
  if (BEFORE_READING.has(act.kind)) {
    const tip = state.tip(act.tip);
    if (tip.destroyed) throw new Refusal("tip-destroyed");
    if (act.kind === "tie-decided") checkTieDecision(tip, act, person);
    return;
  }
  const tip = requireReadable(state, act.tip, person);
  if (act.kind === "tip-opened") return;
  // What is worked on has been opened by whoever works on it.
  if (!tip.items.some((item) => item.act.kind === "tip-opened" && item.person === person)) throw new Refusal("wrong-state", "not opened");
  checkReadTipAct(state, tip, act, person);
}

function checkTieDecision(tip: TipState, act: ActOf<"tie-decided">, person: string): void {
  if (act.person === person) throw new Refusal("needs-another-person", "a tie of one's own");
  if (readingOf(tip, act.person) === "undeclared") throw new Refusal("conflict-undeclared");
}

function checkReadTipAct(state: CasebookState, tip: TipState, act: TipAct, person: string): void {
  switch (act.kind) {
    case "graded": {
      const grades = itemsOf(tip, "graded");
      if (grades.length >= 2 || grades.some((grade) => grade.person === person)) throw new Refusal("already-graded");
      return;
    }
    case "reconciled": {
      const grades = itemsOf(tip, "graded");
      if (grades.length < 2) throw new Refusal("wrong-state", "two grades come first");
      if (!grades.some((grade) => grade.person === person)) throw new Refusal("not-allowed", "only the two graders reconcile");
      return;
    }
    case "mentioned":
      requireEntity(state, act.entity);
      return;
    case "linked":
      if (act.other === act.tip) throw new Refusal("bad-field", "other");
      requireReadable(state, act.other, person);
      return;
    case "task-set":
      if (act.person !== null && !hasRole(state, act.person, READERS)) throw new Refusal("not-allowed", "task");
      return;
    case "moved":
      if (act.to === "opened" || !mayFollow(TIP_MACHINE, tip.state, act.to)) throw new Refusal("wrong-state", act.to);
      if (act.duplicate_of === act.tip) throw new Refusal("bad-field", "duplicate_of");
      if (act.duplicate_of !== null) state.tip(act.duplicate_of);
      return;
    case "flagged":
      if (act.flag === "legal_hold" && !act.on) throw new Refusal("needs-another-person", act.flag);
      return;
    default:
  }
}

/** Whether a subject can be carried out as things are, with `person` taking part. */
function checkSubject(state: CasebookState, subject: Subject, person: string): void {
  if (!hasRole(state, person, isRewardsCasebook(state) ? OFFICERS : REVIEWERS)) throw new Refusal("not-allowed", subject.what);
  if ("tip" in subject && readingOf(state.tip(subject.tip), person) === "recused") throw new Refusal("recused");
  switch (subject.what) {
    case "destroy-tip": {
      const tip = state.tip(subject.tip);
      if (tip.destroyed) throw new Refusal("tip-destroyed");
      if (onLegalHold(tip)) throw new Refusal("on-legal-hold");
      return;
    }
    case "release-hold":
      if (!onLegalHold(state.tip(subject.tip))) throw new Refusal("nothing-to-do", "no legal hold");
      return;
    case "destroy-epoch":
      if (state.destroyedEpochs.has(subject.epoch)) throw new Refusal("key-destroyed");
      return;
    case "reveal":
      requireReadable(state, subject.tip, subject.to);
      return;
    case "approve-referral":
    case "approve-dossier":
      if (requireReferral(state, subject.referral).state !== "sanitised") throw new Refusal("wrong-state", "approved");
      requireNoAuthor(state, subject.referral, person);
      if (subject.what === "approve-dossier" && lastOf(state, "dossier-fixed", subject.referral)?.sha256 !== subject.sha256)
        throw new Refusal("digest-mismatch", "another dossier was fixed");
      return;
    case "send-referral":
      checkSending(state, subject);
      return;
    case "retention":
      return;
    case "decide-claim":
    case "make-payable":
    case "record-payment":
    case "sign-voucher":
    case "reveal-payee":
      if (!isRewardsCasebook(state)) throw new Refusal("not-allowed", "not in this casebook");
      checkClaimSubject(state, subject);
      return;
    case "add-person": {
      if (isRewardsCasebook(state) && !subject.roles.includes("reward_officer"))
        throw new Refusal("not-allowed", "this casebook is the reward officers'");
      const taken = [...state.people.values()].some(({ key, name }) => key === subject.key || name === subject.name);
      if (taken) throw new Refusal("already-there", "person");
      return;
    }
    case "remove-person": {
      if (subject.key === person) throw new Refusal("needs-another-person", "one's own removal");
      if (state.people.get(subject.key)?.active !== true) throw new Refusal("no-such-item", "person");
      const rest = [...state.people.values()].filter(({ active, key }) => active && key !== subject.key);
      if (!rest.some(({ roles }) => roles.includes("lead"))) throw new Refusal("not-allowed", "a casebook needs a lead");
    }
  }
}

/** What leaves is approved, and if a dossier was made, it is what was packed. */
function checkSending(state: CasebookState, { referral, sha256 }: Extract<Subject, { what: "send-referral" }>): void {
  if (requireReferral(state, referral).state !== "approved") throw new Refusal("wrong-state", "sent");
  if (lastOf(state, "dossier-fixed", referral) === null) return;
  const packed = lastOf(state, "dossier-packed", referral, "since it was approved");
  if (packed?.sha256 !== sha256) throw new Refusal("digest-mismatch", "not what was packed since it was approved");
}

function checkDecision(state: CasebookState, act: ActOf<"confirmed"> | ActOf<"rejected">, person: string): void {
  const deciders = isRewardsCasebook(state) ? OFFICERS : REVIEWERS;
  if (!hasRole(state, person, deciders)) throw new Refusal("not-allowed", act.kind);
  const proposal = state.proposals.get(act.proposal);
  if (proposal?.state !== "open") throw new Refusal("no-such-item", "proposal");
  if (act.kind === "rejected") return;
  const { proposed } = proposal;
  const { subject } = proposed.act;
  if (proposed.person === person) throw new Refusal("needs-another-person", subject.what);
  if (!hasRole(state, proposed.person, deciders)) throw new Refusal("not-allowed", "who proposed it has left");
  const officers = isRewardsCasebook(state);
  if (!officers && !hasRole(state, person, ["lead"]) && !hasRole(state, proposed.person, ["lead"]))
    throw new Refusal("not-allowed", "one of the two is a lead");
  if (subject.what === "send-referral") requireNoAuthor(state, subject.referral, person);
  checkSubject(state, subject, person);
}

function checkUndo(state: CasebookState, number: number, person: string): void {
  const event = state.held(number);
  if (event === null) throw new Refusal("no-such-item", "event");
  const { act } = event;
  if (!UNDOABLE.has(act.kind)) throw new Refusal("cannot-undo", act.kind);
  if (event.person !== person && !hasRole(state, person, ["lead"])) throw new Refusal("not-allowed", "undoing what somebody else did");
  if (act.kind === "flagged" && act.flag === "legal_hold") throw new Refusal("needs-another-person", act.flag);
  if (act.kind === "removed") checkRemovalUndo(state, act);
  if (act.kind === "entity-named" && isMentioned(state, number)) throw new Refusal("cannot-undo", "tips mention it");
  if (!("tip" in act)) return;
  const tip = requireReadable(state, act.tip, person);
  if (act.kind === "graded") checkGradeUndo(event, tip, person);
  if (act.kind === "moved" && itemsOf(tip, "moved").at(-1)?.event !== number) throw new Refusal("cannot-undo", "it moved on since");
}

function checkGradeUndo(grade: Unlinked, tip: TipState, person: string): void {
  if (grade.person !== person) throw new Refusal("not-allowed", "the grade of somebody else");
  if (itemsOf(tip, "graded").length >= 2) throw new Refusal("cannot-undo", "both grades are there");
}

function isMentioned(state: CasebookState, entity: number): boolean {
  const mentions = ({ act }: Item): boolean => act.kind === "mentioned" && act.entity === entity;
  for (const tip of state.tips.values()) if (tip.items.some(mentions)) return true;
  return false;
}
