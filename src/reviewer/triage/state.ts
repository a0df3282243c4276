/**
 * The state of a casebook: what its events, read in order, come to. The same events always give the same state; nothing else goes in, no clock and no file. What is
 * allowed is not decided here but in rules.ts, which looks at the state before each event.
 *
 * A tip's state is a list of items, one for each act about it that still holds. Undoing takes an item off the list; the event stays in the chain. What an event brought into
 * the world (entity, referral, task, proposal) is called by that event's number.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { Act, ActOf, Person, SignedEvent, TipEntry } from "../casebook/event.ts";
import { ClaimsState } from "../claims/state.ts";
import type { Role } from "../casebook/roles.ts";
import type { ReferralStateName, TipStateName } from "./machines.ts";

/** An act that is about one tip. */
export type TipAct = Extract<Act, { tip: string }>;

/** An act that holds, with who did it and where it stands in the chain. */
export interface Item<A extends Act = TipAct> {
  readonly event: number;
  /** Public key of who did it. */
  readonly person: string;
  readonly at: string;
  readonly act: A;
}

/** A tip, as far as anybody worked on it. */
export interface TipState {
  readonly entry: TipEntry;
  readonly bundle: number;
  /** Day its batch was sealed. */
  readonly date: string;
  readonly state: TipStateName;
  readonly destroyed: boolean;
  /** Number of the event that released the last legal hold, or 0. */
  readonly released: number;
  /** Everything about it that holds, in order; a link stands in both tips' lists. */
  readonly items: readonly Item[];
}

/** Somebody or something that tips speak of. */
export interface Entity {
  readonly named: Item<ActOf<"entity-named">>;
  readonly aliases: readonly Item<ActOf<"alias-added">>[];
}

export interface Referral {
  readonly drafted: Item<ActOf<"referral-drafted">>;
  readonly state: ReferralStateName;
  readonly moves: readonly Item<ActOf<"referral-moved"> | ActOf<"confirmed"> | ActOf<"dossier-fixed"> | ActOf<"agency-answered">>[];
}

export interface Proposal {
  readonly proposed: Item<ActOf<"proposed">>;
  readonly state: "open" | "confirmed" | "rejected";
  /** Who confirmed or rejected it. */
  readonly by: string | null;
}

/** A person, now or formerly of this casebook. */
export interface KnownPerson extends Person {
  readonly active: boolean;
}

/** What a person may do with a tip's text. */
export type Reading = "undeclared" | "recused" | "may-read";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Writable<T, L extends keyof T> = Mutable<Omit<T, L>> & { -readonly [K in L]: T[K] extends readonly (infer I)[] ? I[] : never };

/** Shared by all tips nobody worked on. */
const NONE: never[] = [];

export class CasebookState {
  readonly #events: SignedEvent[] = [];
  readonly #tips = new Map<string, Writable<TipState, "items">>();
  readonly #people = new Map<string, Mutable<KnownPerson>>();
  readonly #entities = new Map<number, Writable<Entity, "aliases">>();
  readonly #referrals = new Map<number, Writable<Referral, "moves">>();
  readonly #proposals = new Map<number, Mutable<Proposal>>();
  readonly #tasksDone = new Set<number>();
  readonly #undone = new Set<number>();
  readonly #destroyedEpochs = new Set<string>();
  readonly #retention = new Map<string, number>();
  /** Claims, in a casebook of reward officers. */
  readonly claims = new ClaimsState();

  /** Every event, the first first. */
  get events(): readonly SignedEvent[] {
    return this.#events;
  }
  /** Tips by id, in the order they came. */
  get tips(): ReadonlyMap<string, TipState> {
    return this.#tips;
  }
  /** People by public key, also those who left. */
  get people(): ReadonlyMap<string, KnownPerson> {
    return this.#people;
  }
  get entities(): ReadonlyMap<number, Entity> {
    return this.#entities;
  }
  get referrals(): ReadonlyMap<number, Referral> {
    return this.#referrals;
  }
  get proposals(): ReadonlyMap<number, Proposal> {
    return this.#proposals;
  }
  /** Fingerprints of weeks whose secret two people decided to destroy. */
  get destroyedEpochs(): ReadonlySet<string> {
    return this.#destroyedEpochs;
  }
  /** Days by retention class. */
  get retention(): ReadonlyMap<string, number> {
    return this.#retention;
  }

  /** The act of an event that happened and holds, or `null`. */
  held(event: number): SignedEvent | null {
    return this.#undone.has(event) ? null : (this.#events[event - 1] ?? null);
  }

  /** Whether a task is done. */
  isDone(task: number): boolean {
    return this.#tasksDone.has(task);
  }

  /** @throws {Refusal} `no-such-tip`. */
  tip(id: string): TipState {
    const tip = this.#tips.get(id);
    if (tip === undefined) throw new Refusal("no-such-tip");
    return tip;
  }

  /** Takes in the next event, which the rules allow. */
  apply(event: SignedEvent): void {
    this.#events.push(event);
    const { act } = event;
    switch (act.kind) {
      case "opened":
        for (const person of act.people) this.#people.set(person.key, { ...person, active: true });
        return;
      case "imported": {
        const dates = new Map(act.batches.map(({ batch, date }) => [batch, date]));
        const state = { bundle: act.bundle, state: "received", destroyed: false, released: 0 } as const;
        for (const entry of act.tips) this.#tips.set(entry.id, { ...state, entry, date: dates.get(entry.batch) ?? "", items: NONE });
        return;
      }
      case "proposed":
        this.#proposals.set(event.sequence, { proposed: itemOf(event, act), state: "open", by: null });
        return;
      case "confirmed":
      case "rejected":
        this.#decide(event, act);
        return;
      case "entity-named":
        this.#entities.set(event.sequence, { named: itemOf(event, act), aliases: [] });
        return;
      case "alias-added":
        this.#entities.get(act.entity)?.aliases.push(itemOf(event, act));
        return;
      case "referral-drafted":
        this.#referrals.set(event.sequence, { drafted: itemOf(event, act), state: "draft", moves: [] });
        return;
      case "referral-moved":
        this.#moveReferral(act.referral, act.to, itemOf(event, act));
        return;
      case "dossier-fixed":
        this.#moveReferral(act.referral, "sanitised", itemOf(event, act));
        return;
      case "agency-answered":
        this.#moveReferral(act.referral, act.answer, itemOf(event, act));
        return;
      case "task-done":
        this.#tasksDone.add(act.task);
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
        this.claims.apply(event, act);
        return;
      case "undone":
        this.#undo(act.event);
        return;
      default:
        if ("tip" in act) this.#note(event, act);
    }
  }

  #note(event: SignedEvent, act: TipAct): void {
    const item = itemOf(event, act);
    for (const id of tipsIn(act)) {
      const tip = this.#tips.get(id);
      if (tip === undefined) continue;
      if (tip.items === NONE) tip.items = [item];
      else tip.items.push(item);
      tip.state = stateOf(tip.items);
    }
  }

  #moveReferral(number: number, to: ReferralStateName, item: Referral["moves"][number]): void {
    const referral = this.#referrals.get(number);
    if (referral === undefined) return;
    referral.state = to;
    referral.moves.push(item);
  }

  #decide(event: SignedEvent, act: ActOf<"confirmed"> | ActOf<"rejected">): void {
    const proposal = this.#proposals.get(act.proposal);
    if (proposal === undefined) return;
    proposal.state = act.kind;
    proposal.by = event.person;
    if (act.kind === "confirmed") this.#carryOut(proposal.proposed, event, itemOf(event, act));
  }

  #carryOut({ act: { subject }, person: proposer }: Proposal["proposed"], event: SignedEvent, item: Item<ActOf<"confirmed">>): void {
    switch (subject.what) {
      case "destroy-tip":
      case "release-hold": {
        const tip = this.#tips.get(subject.tip);
        if (tip === undefined) return;
        if (subject.what === "destroy-tip") tip.destroyed = true;
        else tip.released = event.sequence;
        return;
      }
      case "destroy-epoch":
        this.#destroyedEpochs.add(subject.epoch);
        return;
      case "approve-referral":
      case "approve-dossier":
        this.#moveReferral(subject.referral, "approved", item);
        return;
      case "send-referral":
        this.#moveReferral(subject.referral, "sent", item);
        return;
      case "decide-claim":
      case "make-payable":
      case "record-payment":
      case "sign-voucher":
      case "reveal-payee":
        this.claims.decide(subject, event, proposer);
        return;
      case "retention":
        this.#retention.set(subject.class, subject.days);
        return;
      case "add-person": {
        const { name, key, roles } = subject;
        this.#people.set(key, { name, key, roles, active: true });
        return;
      }
      case "remove-person": {
        const person = this.#people.get(subject.key);
        if (person !== undefined) person.active = false;
        return;
      }
      case "reveal":
    }
  }

  #undo(number: number): void {
    const act = this.held(number)?.act;
    this.#undone.add(number);
    if (act?.kind === "task-done") this.#tasksDone.delete(act.task);
    if (act?.kind === "entity-named") this.#entities.delete(number);
    if (act?.kind === "alias-added") {
      const entity = this.#entities.get(act.entity);
      if (entity !== undefined) entity.aliases = entity.aliases.filter(({ event }) => event !== number);
    }
    if (act === undefined || !("tip" in act)) return;
    for (const id of tipsIn(act)) {
      const tip = this.#tips.get(id);
      if (tip === undefined) continue;
      tip.items = tip.items.filter(({ event }) => event !== number);
      tip.state = stateOf(tip.items);
    }
  }
}

/** The items of one kind. */
export function itemsOf<K extends TipAct["kind"]>(tip: TipState, kind: K): Item<Extract<TipAct, { kind: K }>>[] {
  return tip.items.filter((item): item is Item<Extract<TipAct, { kind: K }>> => item.act.kind === kind);
}

/** What `person` may do with a tip's text: their last declaration counts, and what a lead decided after it. */
export function readingOf(tip: TipState, person: string): Reading {
  let reading: Reading = "undeclared";
  for (const { act, person: by } of tip.items) {
    if (act.kind === "declared" && by === person) reading = act.ties.length === 0 ? "may-read" : "recused";
    if (act.kind === "tie-decided" && act.person === person && reading !== "undeclared") reading = act.may_read ? "may-read" : "recused";
  }
  return reading;
}

/** Whether nothing of a tip may be destroyed. */
export function onLegalHold(tip: TipState): boolean {
  return tip.items.some(({ act, event }) => act.kind === "flagged" && act.flag === "legal_hold" && event > tip.released);
}

/** The grades that `person` may see: until both graders gave theirs, only their own. */
export function gradesFor(tip: TipState, person: string): Item<ActOf<"graded">>[] {
  const grades = itemsOf(tip, "graded");
  return grades.length < 2 ? grades.filter((grade) => grade.person === person) : grades;
}

/** The grade both graders signed, or `null`. */
export function settledGrade(tip: TipState): ActOf<"reconciled"> | null {
  const last = new Map(itemsOf(tip, "reconciled").map((item) => [item.person, item.act]));
  const [one, other] = itemsOf(tip, "graded").map(({ person }) => last.get(person));
  if (one === undefined || other === undefined) return null;
  const same = one.source === other.source && one.information === other.information && one.reasons.join() === other.reasons.join();
  return same ? other : null;
}

/** How much somebody looked at. */
export interface Exposure {
  readonly count: number;
  readonly seconds: number;
}

/** How many pictures, pages and films somebody looked at on a day (`YYYY-MM-DD`), in all tips, and how long: for their own care. */
export function exposureOf(state: CasebookState, person: string, day: string): Exposure {
  const acts = state.events.flatMap(({ act, person: by, at }) =>
    act.kind === "exposed" && by === person && at.startsWith(day) ? [act] : [],
  );
  return { count: acts.reduce((sum, { count }) => sum + count, 0), seconds: acts.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** Whether a person of this key is active and has one of these roles. */
export function hasRole(state: CasebookState, person: string, roles: readonly Role[]): boolean {
  const known = state.people.get(person);
  return known?.active === true && known.roles.some((role) => roles.includes(role));
}

function itemOf<A extends Act>({ sequence, person, at }: SignedEvent, act: A): Item<A> {
  return { event: sequence, person, at, act };
}

function tipsIn(act: TipAct): string[] {
  return act.kind === "linked" ? [act.tip, act.other] : [act.tip];
}

function stateOf(items: readonly Item[]): TipStateName {
  let state: TipStateName = "received";
  for (const { act } of items) {
    if (act.kind === "moved") state = act.to;
    if (act.kind === "tip-opened" && state === "received") state = "opened";
  }
  return state;
}
