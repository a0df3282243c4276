/**
 * Who may do what with claims, and when; called by triage/rules.ts. Claims are in a casebook of reward officers only, and reviewers' casebooks have none: a casebook is
 * one or the other from its first event on.
 *
 * - A proof counts once, for the witness whose mailbox the challenge went to, and in no other claim.
 * - An agency nominates, and only what an agency accepted. Questions about who may be paid are asked before that, and here only.
 * - What decides, pays or reveals takes two officers. No payment before the decision, the concurrence that the program always asks for, and notice where it is due.
 * - Shares of one referral never come to more than the whole, a reward never to more than the program's cap.
 */
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { addDays } from "../../protocol/format/date.ts";
import { parseProgram, type Program } from "../../protocol/format/program.ts";
import { CLAIM_MACHINE, mayFollow } from "../triage/machines.ts";
import type { CasebookState } from "../triage/state.ts";
import type { ActOf } from "../casebook/event.ts";
import type { ClaimAct, ClaimSubject } from "./acts.ts";
import { type Claim, dayOf, referralsOf } from "./state.ts";
import { checkVoucherAct, checkVoucherSubject } from "./voucher-rules.ts";

/** Whether this is the casebook of reward officers. */
export function isRewardsCasebook({ events: [first] }: CasebookState): boolean {
  return first?.act.kind === "opened" && first.act.people.every(({ roles }) => roles.includes("reward_officer"));
}

/** @throws {Refusal} `no-such-item`. */
export function requireClaim({ claims }: CasebookState, id: string): Claim {
  const claim = claims.claims.get(id);
  if (claim === undefined) throw new Refusal("no-such-item", "claim");
  return claim;
}

/** The program that was recorded last, or `null`. */
export function recordedProgram({ events }: CasebookState): Program | null {
  const act = events.findLast((event) => event.act.kind === "program-recorded")?.act;
  return act?.kind === "program-recorded" ? parseProgram(utf8(act.program)) : null;
}

/** @throws {Refusal} with the first rule that `act` breaks. `at` is when it is done, as events have it. */
export function checkClaimAct(state: CasebookState, act: ClaimAct, at: string): void {
  if (isRewardsCasebook(state) === (act.kind === "claims-handed-over")) throw new Refusal("not-allowed", "not in this casebook");
  switch (act.kind) {
    case "claims-handed-over":
      for (const tip of act.tips) state.tip(tip);
      return;
    case "claims-taken-in":
      checkTaken(state, act);
      return;
    case "claim-asked":
      requireState(requireClaim(state, act.claim), "eligibility_check");
      return;
    case "claim-moved":
      checkMove(state, requireClaim(state, act.claim), act);
      return;
    case "notice-filed":
      if (requireClaim(state, act.claim).reward?.form !== "crypto") throw new Refusal("nothing-to-do", "it is not paid in cryptocurrency");
      return;
    case "payee-sealed":
      if (dayOf(requireClaim(state, act.claim), "approved") === null) throw new Refusal("wrong-state", "not before a decision");
      return;
    case "voucher-key-made":
    case "vouchers-asked":
    case "vouchers-signed":
      checkVoucherAct(state.claims, act, at.slice(0, 10));
      return;
    case "year-reported":
      if (state.claims.years.has(act.year)) throw new Refusal("already-there", "report");
      return;
  }
}

/** What is taken in once is not taken in again, and a proof that was used, or is another witness's, is no proof. */
function checkTaken({ claims }: CasebookState, act: ActOf<"claims-taken-in">): void {
  const challenges = new Map([...claims.challenges, ...act.challenges.map((challenge) => [challenge.digest, challenge] as const)]);
  const answered = new Set(claims.answered);
  const seen = new Set(claims.tips.keys());
  for (const { tip, thread, claim, proof, refused } of act.tips) {
    if (seen.has(tip)) throw new Refusal("already-there", "tip");
    seen.add(tip);
    if (proof === null) continue;
    if (claim === null || refused !== null || challenges.get(proof)?.thread !== thread || answered.has(proof))
      throw new Refusal("casebook-damaged", "a proof that counts for nothing");
    answered.add(proof);
  }
}

function checkMove(state: CasebookState, claim: Claim, { to, by, document }: ActOf<"claim-moved">): void {
  if (!mayFollow(CLAIM_MACHINE, claim.state, to)) throw new Refusal("wrong-state", to);
  if (to === "nominated") {
    if (by === null) throw new Refusal("bad-field", "which agency nominates");
    if (claim.asked === null) throw new Refusal("wrong-state", "the questions come first");
    const accepted = referralsOf(state.claims, claim).some((referral) => referral.state === "accepted" || referral.state === "outcome");
    if (!accepted) throw new Refusal("wrong-state", "no agency accepted a referral of it");
  }
  if ((to === "receipt_filed" || to === "reported_30d") && document === null) throw new Refusal("bad-field", "document");
}

/** @throws {Refusal} if a subject cannot be carried out as things are. */
export function checkClaimSubject(state: CasebookState, subject: ClaimSubject): void {
  const claim = requireClaim(state, subject.claim);
  const program = recordedProgram(state);
  switch (subject.what) {
    case "decide-claim":
      requireState(claim, "committee");
      if (subject.reward !== null) checkReward(state, claim, program, subject.reward);
      return;
    case "make-payable": {
      if (!mayFollow(CLAIM_MACHINE, claim.state, "payable")) throw new Refusal("wrong-state", "payable");
      const always = program?.approvals.some(({ step, condition }) => step === "concurrence" && condition === null) === true;
      if (always && claim.state !== "ag_concurrence") throw new Refusal("wrong-state", "concurrence comes first");
      return;
    }
    case "record-payment":
      requireState(claim, "payable");
      checkNotice(claim, program, subject.date);
      if (claim.reward?.form === "voucher" && (state.claims.vouchers.asked.get(claim.id)?.signed ?? null) === null)
        throw new Refusal("wrong-state", "its voucher was not signed");
      return;
    case "sign-voucher":
      checkVoucherSubject(state.claims, claim, subject);
      return;
    case "reveal-payee":
      if (claim.payee === null) throw new Refusal("no-such-item", "payee");
  }
}

function checkReward(state: CasebookState, claim: Claim, program: Program | null, { money, share }: NonNullable<Claim["reward"]>): void {
  if (program === null) throw new Refusal("wrong-state", "no program is recorded");
  if (program.ineligible !== null && claim.asked?.official_duties !== "no")
    throw new Refusal("not-allowed", "the program does not pay for what officials tell as part of their duties, or it is not known");
  const { cap } = program;
  if (cap !== null && (cap.currency !== money.currency || money.amount > cap.amount)) throw new Refusal("not-allowed", "more than the cap");
  for (const { tips } of referralsOf(state.claims, claim)) {
    const others = [...state.claims.claims.values()].filter((other) => other !== claim && other.tips.some(({ tip }) => tips.includes(tip)));
    const total = others.reduce((sum, other) => sum + (other.reward?.share ?? 0), share);
    if (total > 10_000) throw new Refusal("not-allowed", "shares come to more than the whole");
  }
}

function checkNotice({ reward, noticed }: Claim, program: Program | null, date: string): void {
  if (reward?.form !== "crypto") return;
  const days = Math.max(
    0,
    ...(program?.reports ?? []).filter(({ due }) => due === "before-payment-in-cryptocurrency").map((report) => report.days),
  );
  if (days > 0 && (noticed === null || addDays(noticed, days) > date))
    throw new Refusal("wrong-state", "notice of the cryptocurrency comes first");
}

function requireState({ state }: Claim, wanted: Claim["state"]): void {
  if (state !== wanted) throw new Refusal("wrong-state", state);
}
