/**
 * The three state machines, as data: from each state, the states that may follow. Three and not one, so that who may see which can differ: a credibility grader never sees a
 * claim. What begins a machine is its first state; a state with nothing after it is an end.
 */

/** A tip. `opened` comes by opening; everything else is somebody's decision. */
export const TIP_MACHINE = {
  received: ["opened"],
  opened: ["spam", "out_of_scope", "duplicate", "insufficient", "triaged"],
  spam: ["closed"],
  out_of_scope: ["closed"],
  duplicate: ["closed"],
  insufficient: ["follow_up_asked", "closed"],
  triaged: ["follow_up_asked", "under_corroboration", "closed"],
  follow_up_asked: ["follow_up_received", "follow_up_lapsed"],
  follow_up_received: ["follow_up_asked", "triaged", "under_corroboration", "closed"],
  follow_up_lapsed: ["under_corroboration", "closed"],
  under_corroboration: ["corroborated", "uncorroborated", "contradicted", "follow_up_asked"],
  corroborated: ["under_corroboration", "closed"],
  uncorroborated: ["under_corroboration", "closed"],
  contradicted: ["under_corroboration", "closed"],
  closed: [],
} as const;

/** A referral. `approved` and `sent` come by two people's signatures only. */
export const REFERRAL_MACHINE = {
  draft: ["sanitised"],
  sanitised: ["draft", "approved"],
  approved: ["draft", "sent"],
  sent: ["acknowledged"],
  acknowledged: ["accepted", "declined", "more_requested"],
  more_requested: ["draft"],
  accepted: ["outcome"],
  declined: [],
  outcome: [],
} as const;

/** A claim to a reward, in the reward officer's own casebook. `approved` is the agency's decision, not ours. */
export const CLAIM_MACHINE = {
  reserved: ["presented", "lapsed"],
  presented: ["eligibility_check", "void_duplicate", "lapsed"],
  eligibility_check: ["nominated", "void_duplicate", "lapsed"],
  nominated: ["committee"],
  committee: ["approved", "denied"],
  approved: ["ag_concurrence", "payable"],
  ag_concurrence: ["payable", "denied"],
  payable: ["paid"],
  paid: ["receipt_filed"],
  receipt_filed: ["reported_30d"],
  reported_30d: [],
  denied: [],
  lapsed: [],
  void_duplicate: [],
} as const;

export type TipStateName = keyof typeof TIP_MACHINE;
export type ReferralStateName = keyof typeof REFERRAL_MACHINE;

/** Whether `to` may follow `from`. */
export function mayFollow<S extends string>(machine: Readonly<Record<S, readonly S[]>>, from: S, to: S): boolean {
  return machine[from].includes(to);
}

/** The names of a machine's states. */
export function statesOf<S extends string>(machine: Readonly<Record<S, readonly S[]>>): S[] {
  return Object.keys(machine) as S[];
}
