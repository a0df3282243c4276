/** What the events of a reward officers' casebook come to: claims with their state, the tips they come from, challenges, and referrals as they were last handed over. */
import type { ActOf, SignedEvent } from "../casebook/event.ts";
import type { CLAIM_MACHINE } from "../triage/machines.ts";
import type { ClaimAct, ClaimSubject } from "./acts.ts";
import { VoucherState } from "./voucher-state.ts";

export type ClaimStateName = keyof typeof CLAIM_MACHINE;

/** A tip as it was handed over. */
export type HandedTip = ActOf<"claims-taken-in">["tips"][number];
export type HandedReferral = ActOf<"claims-taken-in">["referrals"][number];
/** What is paid, how, and how much of the whole it is. */
export type Reward = NonNullable<Extract<ClaimSubject, { what: "decide-claim" }>["reward"]>;

/** Something that happened to a claim on a day. */
export interface Step {
  readonly to: ClaimStateName;
  readonly date: string;
  /** Which agency or office, if it was said. */
  readonly by: string | null;
  /** Number of the event, and who signed: one officer, or two. */
  readonly event: number;
  readonly officers: readonly string[];
  readonly document: string | null;
}

/** A claim. */
export interface Claim {
  /** Public key. */
  readonly id: string;
  readonly thread: string;
  readonly state: ClaimStateName;
  readonly steps: readonly Step[];
  /** Its tips, in the order of the log. */
  readonly tips: readonly HandedTip[];
  readonly asked: ActOf<"claim-asked"> | null;
  readonly reward: Reward | null;
  readonly payee: ActOf<"payee-sealed"> | null;
  readonly noticed: string | null;
  readonly paid: { readonly date: string; readonly recipient: string } | null;
  /** Whether two officers let the sealed payee leave. */
  readonly revealed: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] };

export class ClaimsState {
  readonly #claims = new Map<string, Mutable<Claim>>();
  readonly #tips = new Map<string, HandedTip>();
  readonly #challenges = new Map<string, ActOf<"claims-taken-in">["challenges"][number]>();
  readonly #answered = new Set<string>();
  readonly #referrals = new Map<number, HandedReferral>();
  readonly #years = new Map<number, string>();
  readonly vouchers = new VoucherState();

  /** By public key, in the order they came. */
  get claims(): ReadonlyMap<string, Claim> {
    return this.#claims;
  }
  get tips(): ReadonlyMap<string, HandedTip> {
    return this.#tips;
  }
  /** By digest. */
  get challenges(): ReadonlyMap<string, { readonly thread: string; readonly date: string; readonly program: string }> {
    return this.#challenges;
  }
  /** Digests of challenges that were answered. */
  get answered(): ReadonlySet<string> {
    return this.#answered;
  }
  get referrals(): ReadonlyMap<number, HandedReferral> {
    return this.#referrals;
  }
  /** Years that were reported, with the day. */
  get years(): ReadonlyMap<number, string> {
    return this.#years;
  }

  apply(event: SignedEvent, act: ClaimAct): void {
    switch (act.kind) {
      case "claims-handed-over":
        return;
      case "claims-taken-in":
        for (const challenge of act.challenges) this.#challenges.set(challenge.digest, challenge);
        for (const referral of act.referrals) this.#referrals.set(referral.referral, referral);
        for (const tip of act.tips) this.#take(event, tip);
        return;
      case "voucher-key-made":
      case "vouchers-asked":
      case "vouchers-signed":
        this.vouchers.apply(event, act);
        return;
      case "year-reported":
        this.#years.set(act.year, act.date);
        return;
      default: {
        const claim = this.#claims.get(act.claim);
        if (claim === undefined) return;
        if (act.kind === "claim-asked") claim.asked = act;
        if (act.kind === "payee-sealed") [claim.payee, claim.revealed] = [act, false];
        if (act.kind === "notice-filed") claim.noticed = act.date;
        if (act.kind === "claim-moved") move(claim, { ...act, event: event.sequence, officers: [event.person] });
      }
    }
  }

  /** Does what two officers decided. */
  decide(subject: ClaimSubject, event: SignedEvent, proposer: string): void {
    const claim = this.#claims.get(subject.claim);
    if (claim === undefined) return;
    const signed = { by: null, document: null, event: event.sequence, officers: [proposer, event.person] };
    switch (subject.what) {
      case "decide-claim":
        claim.reward = subject.reward;
        move(claim, { to: subject.reward === null ? "denied" : "approved", date: subject.date, ...signed });
        return;
      case "make-payable":
        move(claim, { to: "payable", date: subject.date, ...signed });
        return;
      case "record-payment":
        claim.paid = { date: subject.date, recipient: subject.recipient };
        move(claim, { to: "paid", date: subject.date, ...signed });
        return;
      case "sign-voucher":
        this.vouchers.agree(subject, signed.officers);
        return;
      case "reveal-payee":
        claim.revealed = true;
    }
  }

  #take(event: SignedEvent, tip: HandedTip): void {
    this.#tips.set(tip.tip, tip);
    if (tip.claim === null || tip.refused === "another-thread") return;
    let claim = this.#claims.get(tip.claim);
    const signed = { by: null, document: null, event: event.sequence, officers: [event.person], date: tip.date };
    if (claim === undefined) {
      claim = {
        ...{ id: tip.claim, thread: tip.thread, state: "reserved", steps: [], tips: [], asked: null, reward: null, payee: null },
        ...{ noticed: null, paid: null, revealed: false },
      };
      this.#claims.set(tip.claim, claim);
      move(claim, { to: "reserved", ...signed });
    }
    claim.tips.push(tip);
    claim.tips.sort((one, other) => one.batch - other.batch);
    if (tip.proof === null) return;
    this.#answered.add(tip.proof);
    if (claim.state === "reserved") move(claim, { to: "presented", ...signed });
  }
}

function move(claim: Mutable<Claim>, { to, date, by, event, officers, document }: Step): void {
  claim.state = to;
  claim.steps.push({ to, date, by, event, officers, document });
}

/** The day on which a claim came to a state, or `null`. */
export function dayOf(claim: Claim, state: ClaimStateName): string | null {
  return claim.steps.find(({ to }) => to === state)?.date ?? null;
}

/** Referrals that a claim's tips belong to. */
export function referralsOf(state: ClaimsState, claim: Claim): HandedReferral[] {
  return [...state.referrals.values()].filter(({ tips }) => claim.tips.some(({ tip }) => tips.includes(tip)));
}

/**
 * The claims to one referral, first in the log first. Tips of one batch have no order among them, so two claims that both begin in it have the same place: people decide their shares.
 */
export function claimantsOf(
  state: ClaimsState,
  { tips }: HandedReferral,
): { readonly claim: Claim; readonly batch: number; readonly place: number }[] {
  const found = [...state.claims.values()].flatMap((claim) => {
    const first = claim.tips.find(({ tip }) => tips.includes(tip));
    return first === undefined || claim.state === "void_duplicate" || claim.state === "lapsed" ? [] : [{ claim, batch: first.batch }];
  });
  found.sort((one, other) => one.batch - other.batch);
  return found.map((one) => ({ ...one, place: found.findIndex(({ batch }) => batch === one.batch) + 1 }));
}
