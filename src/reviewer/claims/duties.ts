/**
 * What is due, to whom and until when, from the program's own rules and what happened so far: receipts, reports after a payment, notices before one, reports on a year. The offices of
 * these programs were found to be late with exactly these; so a duty stays on the list, with its day, until it was done.
 */
import { addDays } from "../../protocol/format/date.ts";
import type { Program } from "../../protocol/format/program.ts";
import { type Claim, type ClaimsState, dayOf } from "./state.ts";

/** Something to be done. */
export interface Duty {
  /** Public key of the claim; null for a year. */
  readonly claim: string | null;
  readonly what: string;
  readonly to: string;
  /** Last day, `YYYY-MM-DD`; null if it only has to come before the next step. */
  readonly due: string | null;
  readonly overdue: boolean;
}

/** Open duties on day `today`, the most urgent first. */
export function openDuties(state: ClaimsState, program: Program, today: string): Duty[] {
  const duties = [...[...state.claims.values()].flatMap((claim) => dutiesOf(claim, program)), ...yearlyDuties(state, program, today)];
  return duties
    .map((duty) => ({ ...duty, overdue: duty.due !== null && duty.due < today }))
    .sort((one, other) => ((one.due ?? "") < (other.due ?? "") ? -1 : 1));
}

type OpenDuty = Omit<Duty, "overdue">;

function dutiesOf(claim: Claim, { receipt_days, reports }: Program): OpenDuty[] {
  const duties: OpenDuty[] = [];
  const { id, paid, reward, noticed } = claim;
  const waits = claim.state === "payable" || claim.state === "approved" || claim.state === "ag_concurrence";
  for (const { due, days, name, to } of reports) {
    if (due === "before-payment-in-cryptocurrency" && reward?.form === "crypto" && noticed === null && waits)
      duties.push({ claim: id, what: `${name}, ${String(days)} days before it is paid`, to, due: null });
    if (due === "after-payment" && paid !== null && dayOf(claim, "reported_30d") === null)
      duties.push({ claim: id, what: name, to, due: addDays(paid.date, days) });
  }
  if (paid !== null && receipt_days !== null && dayOf(claim, "receipt_filed") === null)
    duties.push({ claim: id, what: "Receipt of the payment", to: "the file", due: addDays(paid.date, receipt_days) });
  return duties;
}

function yearlyDuties(state: ClaimsState, program: Program, today: string): OpenDuty[] {
  const yearly = program.reports.filter(({ due }) => due === "after-fiscal-year");
  const years = new Set([...state.claims.values()].flatMap(({ paid }) => (paid === null ? [] : [fiscalYearOf(paid.date, program)])));
  return [...years]
    .filter((year) => !state.years.has(year) && yearEnd(year, program) < today)
    .flatMap((year) =>
      yearly.map(({ days, name, to }) => ({
        claim: null,
        what: `${name}, year ${String(year)}`,
        to,
        due: addDays(yearEnd(year, program), days),
      })),
    );
}

/** The program's year in which a day lies, called by the year in which it ends. */
export function fiscalYearOf(date: string, { fiscal_year }: Program): number {
  const year = Number(date.slice(0, 4));
  return fiscal_year === "01-01" || date.slice(5) < fiscal_year ? year : year + 1;
}

/** Last day of a year of the program. */
function yearEnd(year: number, { fiscal_year }: Program): string {
  return fiscal_year === "01-01" ? `${String(year)}-12-31` : addDays(`${String(year)}-${fiscal_year}`, -1);
}
