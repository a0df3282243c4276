/**
 * What a program manager wants to know of rewards, from the officers' casebook: claims by how far they came, how long payment, receipt and report took, what an accepted referral cost,
 * what is overdue. Small counts are kept back, as with tips (triage/suppression.ts).
 */
import { formatCsv } from "../csv.ts";
import type { Program } from "../../protocol/format/program.ts";
import { CLAIM_MACHINE, statesOf } from "../triage/machines.ts";
import { countText, tellable, tellableTotal } from "../triage/suppression.ts";
import { openDuties } from "./duties.ts";
import { type Claim, type ClaimsState, type ClaimStateName, dayOf } from "./state.ts";

const DAY_MS = 86_400_000;

/** Rows for a spreadsheet: what, which, how much. `program`: `null` if none is recorded. */
export function claimMetricsCsv(state: ClaimsState, program: Program | null, today: string): string {
  const claims = [...state.claims.values()];
  const reached = new Map(statesOf(CLAIM_MACHINE).map((name) => [name, claims.filter((claim) => dayOf(claim, name) !== null).length]));
  const overdue = program === null ? [] : openDuties(state, program, today).filter((duty) => duty.overdue);
  return formatCsv([
    ["metric", "value", "amount"],
    ["claims", "", countText(tellableTotal(claims.length))],
    ...[...tellable(reached)].map(([name, count]) => ["reached", name, countText(count)]),
    ["days_from_payment_to_receipt", "", medianDays(claims, "receipt_filed")],
    ["days_from_payment_to_report", "", medianDays(claims, "reported_30d")],
    ["overdue", "", String(overdue.length)],
    ...costs(state, claims),
  ]);
}

function medianDays(claims: readonly Claim[], to: ClaimStateName): string {
  const days = claims.flatMap((claim) => {
    const [from, until] = [dayOf(claim, "paid"), dayOf(claim, to)];
    return from === null || until === null ? [] : [(Date.parse(until) - Date.parse(from)) / DAY_MS];
  });
  if (tellableTotal(days.length) === null || days.length === 0) return "too few";
  return String(days.toSorted((one, other) => one - other)[Math.floor(days.length / 2)] ?? 0);
}

/** What was paid for each accepted referral, by currency. */
function costs({ referrals }: ClaimsState, claims: readonly Claim[]): string[][] {
  const accepted = [...referrals.values()].filter(({ state }) => state === "accepted" || state === "outcome").length;
  const paid = new Map<string, number>();
  for (const { paid: payment, reward } of claims)
    if (payment !== null && reward !== null) paid.set(reward.money.currency, (paid.get(reward.money.currency) ?? 0) + reward.money.amount);
  if (accepted === 0 || tellableTotal(accepted) === null) return [["cost_per_accepted_referral", "", "too few"]];
  return [...paid].map(([currency, amount]) => ["cost_per_accepted_referral", currency, (amount / accepted).toFixed(0)]);
}
