/**
 * Reports as documents: on one payment (amount, to whom, the acts, the significance of the information), on a year, and on inducements (which sources of a referral hold a
 * sealed claim: what a prosecutor has to be able to disclose, and graders never saw). Each as HTML to be printed and as JSON with the same content. A payee is a reference that only the payment officer can resolve.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { Program } from "../../protocol/format/program.ts";
import { documentOf, html, prose, table } from "../html.ts";
import { fiscalYearOf } from "./duties.ts";
import { type Claim, claimantsOf, type ClaimsState, dayOf, type HandedReferral, referralsOf } from "./state.ts";

/** A report in both forms. */
export interface Report {
  readonly json: Readonly<Record<string, unknown>>;
  readonly document: string;
}

/** Which report is wanted: of a payment, a year or a referral's inducements. */
export type WantedReport = { readonly claim: string } | { readonly year: number } | { readonly referral: number };

/** On one payment. @throws {Refusal} `wrong-state` if nothing was paid. */
export function paymentReport(state: ClaimsState, program: Program, claim: Claim): Report {
  const { paid, reward } = claim;
  if (paid === null || reward === null) throw new Refusal("wrong-state", "nothing was paid");
  const referrals = referralsOf(state, claim).map(({ referral, title, reference, outcome, summary, significance }) => ({
    ...{ referral, title, agency_reference: reference, outcome, acts: summary, significance },
  }));
  const steps = claim.steps.map(({ to, date, by, officers }) => ({ step: to, date, by, officers: officers.length }));
  const json = {
    report: "payment",
    program: program.name.en,
    ...{ amount: reward.money.amount, currency: reward.money.currency, form: reward.form, share_percent: reward.share / 100 },
    ...{ paid: paid.date, recipient: paid.recipient, claim: claim.id, steps, referrals },
  };
  const title = `Report of a reward: ${program.name.en}`;
  const body = html`<h1>${title}</h1>
    ${table(
      ["What", ""],
      [
        [
          "Amount",
          `${String(reward.money.amount)} ${reward.money.currency}, ${reward.form}, ${String(reward.share / 100)} % of what the referral earned`,
        ],
        ["Paid on", paid.date],
        ["To whom", `Recipient ${paid.recipient}, whom the payment officer knows`],
      ],
    )}${referrals.map(
      (referral) =>
        html`<h2>${referral.title}</h2>
          <p>Agency's number: ${referral.agency_reference ?? "none"}. Outcome: ${referral.outcome ?? "not known yet"}.</p>
          <h3>The acts</h3>
          ${prose(referral.acts)}
          <h3>Significance of the information</h3>
          ${prose(referral.significance)}`,
    )}
    <h2>Steps</h2>
    ${table(
      ["Step", "Day", "By", "Officers who signed"],
      steps.map(({ step, date, by, officers }) => [step, date, by ?? "", officers]),
    )}`;
  return { json, document: documentOf(title, body) };
}

/** On a year of the program. */
export function yearReport(state: ClaimsState, program: Program, year: number): Report {
  const inYear = (date: string | null): boolean => date !== null && fiscalYearOf(date, program) === year;
  const claims = [...state.claims.values()];
  const count = (step: Parameters<typeof dayOf>[1]): number => claims.filter((claim) => inYear(dayOf(claim, step))).length;
  const paid = claims.filter((claim) => inYear(claim.paid?.date ?? null));
  const totals: Record<string, number> = {};
  for (const { reward } of paid)
    if (reward !== null) totals[reward.money.currency] = (totals[reward.money.currency] ?? 0) + reward.money.amount;
  const steps = (["reserved", "presented", "nominated", "approved", "denied", "paid", "receipt_filed", "reported_30d"] as const).map(
    (step) => ({ step, claims: count(step) }),
  );
  const payments = paid.map(({ paid: payment, reward, ...claim }) => ({
    ...{
      recipient: payment?.recipient ?? "",
      paid: payment?.date ?? "",
      amount: reward?.money.amount ?? 0,
      currency: reward?.money.currency ?? "",
    },
    receipt: claim.steps.find(({ to }) => to === "receipt_filed")?.date ?? null,
    reported: claim.steps.find(({ to }) => to === "reported_30d")?.date ?? null,
  }));
  const json = { report: "year", program: program.name.en, year, steps, totals, payments };
  const title = `Rewards in the year ${String(year)}: ${program.name.en}`;
  const body = html`<h1>${title}</h1>
    <h2>Claims that came to each step</h2>
    ${table(
      ["Step", "Claims"],
      steps.map(({ step, claims: number }) => [step, number]),
    )}
    <h2>Paid</h2>
    ${table(
      ["Currency", "Total"],
      Object.entries(totals).map(([currency, total]) => [currency, total]),
    )}
    <h2>Payments</h2>
    ${table(
      ["Recipient", "Paid", "Amount", "Receipt", "Reported"],
      payments.map(({ recipient, paid: day, amount, currency, receipt, reported }) => [
        recipient,
        day,
        `${String(amount)} ${currency}`,
        receipt ?? "missing",
        reported ?? "missing",
      ]),
    )}`;
  return { json, document: documentOf(title, body) };
}

/** Which sources of a referral hold a claim, and in which order they came. */
export function inducementReport(state: ClaimsState, referral: HandedReferral): Report {
  const claimants = claimantsOf(state, referral);
  const sources = referral.tips.map((tip, index) => {
    const holder = claimants.find(({ claim }) => claim.tips.some((own) => own.tip === tip));
    return {
      source: `T${String(index + 1)}`,
      sealed_claim: holder !== undefined,
      proved: holder !== undefined && holder.claim.state !== "reserved",
      place: holder?.place ?? null,
    };
  });
  const json = { report: "inducements", referral: referral.referral, title: referral.title, sources };
  const title = `Inducements: referral ${String(referral.referral)}`;
  const body = html`<h1>${title}</h1>
    <p dir="auto">${referral.title}</p>
    <p>Those who read and graded could not see this.</p>
    ${table(
      ["Source", "Sealed claim", "Proved", "Place in the log among claims"],
      sources.map(({ source, sealed_claim, proved, place }) => [source, sealed_claim ? "yes" : "no", proved ? "yes" : "no", place ?? ""]),
    )}`;
  return { json, document: documentOf(title, body) };
}
