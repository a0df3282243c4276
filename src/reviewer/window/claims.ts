/**
 * The reward officers' casebook at the window: claims, what is due, and what takes two officers. The calls that both casebooks have (desk, decisions, handover, lock) are here once more,
 * since nothing of the reviewers' may be reachable: no tip, no inbox, no import, and at the reviewers' casebook none of these. What is done is done by the commands' own functions.
 */
import { join } from "node:path";
import { fromBase64, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { flag, hex, integer, type Json, nullable, oneOf, type Reader, record, text } from "../../protocol/format/json.ts";
import { settle, type OpenCasebook } from "../casebook/destroy.ts";
import type { Act } from "../casebook/event.ts";
import { DATE, NUMBER } from "../casebook/identifiers.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { CLAIM_SUBJECTS, STEPS, type WantedSubject } from "../claims/acts.ts";
import * as commands from "../claims/commands.ts";
import { type Duty, openDuties } from "../claims/duties.ts";
import type { WantedReport } from "../claims/reports.ts";
import { recordedProgram, requireClaim } from "../claims/rules.ts";
import { type Claim, claimantsOf, referralsOf } from "../claims/state.ts";
import { visibleLine } from "../hostile-text.ts";
import { secretOf } from "../own-secret.ts";
import { recordProgram } from "../referral/commands.ts";
import type { Subject } from "../triage/acts.ts";
import type { ClaimAnswer, ClaimCalls, ClaimSaid, ClaimsAnswer } from "./claim-wire.ts";
import { bytesGiven, givenFile } from "./given-file.ts";
import { openDecisions } from "./open-decisions.ts";
import { isAllowed } from "./reading.ts";
import { seatOf, type Seated } from "./seat.ts";
import { nameOf } from "./sentences.ts";
import type { Sitting } from "./sitting.ts";
import { sticks, writeToFolder } from "./stick.ts";
import type { Calls, DeskAnswer } from "./wire.ts";

/** What both casebooks answer. */
type Shared = "desk" | "alive" | "act" | "decisions" | "handover" | "lock";
type Answered = ClaimCalls & Pick<Calls, Shared>;

const claimId = hex(32);
const folder = text(4096, 1);
const document = nullable(givenFile);
const answer = oneOf(["no", "unknown", "yes"]);
const nothing: Reader<Record<string, never>> = record({});

/** A subject without its claim, read by the reader of its kind. */
const wanted: Reader<WantedSubject> = (value, where) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refusal("bad-field", where);
  const fields = value as Readonly<Record<string, Json>>;
  const what = oneOf(Object.keys(CLAIM_SUBJECTS) as (keyof typeof CLAIM_SUBJECTS)[])(fields["what"] ?? null, `${where}.what`);
  if (Object.hasOwn(fields, "claim")) throw new Refusal("bad-field", `${where}.claim`);
  const read = CLAIM_SUBJECTS[what]({ ...fields, claim: "0".repeat(64) }, where);
  return Object.fromEntries(Object.entries(read).filter(([field]) => field !== "claim")) as unknown as WantedSubject;
};

/** One of a payment, a year and a referral. */
const report: Reader<WantedReport> = (value, where) => {
  const fields = (value ?? {}) as Readonly<Record<string, Json>>;
  if (Object.hasOwn(fields, "claim")) return record({ claim: claimId })(value, where);
  return Object.hasOwn(fields, "year") ? record({ year: integer(2000, 9999) })(value, where) : record({ referral: NUMBER })(value, where);
};

const READERS: { readonly [K in keyof ClaimCalls]: Reader<ClaimCalls[K][0]> } = {
  claims: nothing,
  claim: record({ claim: claimId }),
  "claims-program": record({ file: givenFile }),
  "claims-take-in": record({ file: givenFile }),
  "claim-step": record({ claim: claimId, to: oneOf(STEPS), date: DATE, by: nullable(text(200, 1)), document }),
  "claim-asked": record({ claim: claimId, official_duties: answer, took_part: answer, other_claimants: answer }),
  "claim-notice": record({ claim: claimId, date: DATE, document }),
  "claim-propose": record({ claim: claimId, wanted }),
  "claim-payee": record({ claim: claimId, words: text(40_000, 1), certificate: givenFile }),
  "claim-payee-file": record({ claim: claimId, folder }),
  "claims-preview": record({ report }),
  "claims-report": record({ report, folder, pdf: flag }),
};

const decision = record({ act: record({ kind: oneOf(["confirmed", "rejected"]), proposal: NUMBER }), words: nullable(text(1)) });
const handover = record({ person: text(64, 1), secret: text(4096) });

/** Answers calls on a reward officers' casebook of which this process is the writer. */
export class ClaimsApi {
  #open: OpenCasebook;
  #person: ActingPerson;
  readonly #sitting: Sitting;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(sitting: Sitting) {
    this.#sitting = sitting;
    this.#open = sitting.open;
    this.#person = sitting.person;
  }

  /** There are no tips to read in. */
  fill(): Promise<void> {
    return Promise.resolve();
  }

  /** No bundles come here. @throws {Refusal} `not-found`. */
  takeIn(): Promise<never> {
    return Promise.reject(new Refusal("not-found"));
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#turn;
  }

  /** Answers one call, after those before it. @throws {Refusal} {@link Fault} */
  answer(name: string, request: Json): Promise<unknown> {
    const calls = this.#calls();
    if (!Object.hasOwn(calls, name)) return Promise.reject(new Refusal("not-found"));
    const call: (request: Json) => Promise<unknown> = calls[name as keyof Answered];
    if (name === "alive") return call(request);
    this.#sitting.onUse();
    const answered = this.#turn.then(() => call(request));
    this.#turn = answered.catch(() => undefined);
    return answered;
  }

  #calls(): { readonly [K in keyof Answered]: (request: Json) => Promise<Answered[K][1]> } {
    const reading =
      <K extends keyof ClaimCalls>(name: K, answering: (given: ClaimCalls[K][0], desk: Seated) => Promise<ClaimCalls[K][1]>) =>
      (request: Json): Promise<ClaimCalls[K][1]> =>
        answering(READERS[name](request, "claim"), this.#seat());
    return {
      desk: () => Promise.resolve(this.#desk()),
      alive: () => Promise.resolve({ read: 0, total: 0, work: null }),
      decisions: () => Promise.resolve({ open: openDecisions(this.#open.casebook, this.#person.key) }),
      act: async (given) => {
        const { sequence } = await this.#open.casebook.append(decision(given, "act").act, this.#person, this.#sitting.now());
        this.#open = { ...this.#open, vault: await settle(this.#open) };
        return { event: sequence };
      },
      handover: async (given) => {
        const { person, secret } = handover(given, "handover");
        this.#person = await this.#open.casebook.person(person, secret === "" ? null : await secretOf(secret));
        this.#sitting.player.forget();
        return this.#desk();
      },
      lock: () => {
        this.#sitting.onLock();
        return Promise.resolve({});
      },
      claims: reading("claims", (_, desk) => listed(desk)),
      claim: reading("claim", ({ claim }, desk) => shown(claim, desk)),
      "claims-program": reading("claims-program", async ({ file }, desk) => {
        const { lines } = await recordProgram(bytesGiven(file), desk);
        return said(null, lines);
      }),
      "claims-take-in": reading("claims-take-in", async ({ file }, desk) => {
        const { lines } = await commands.importClaims(bytesGiven(file), desk);
        return said(null, lines);
      }),
      "claim-step": reading("claim-step", async ({ claim, document: given, ...step }, desk) => {
        const { lines } = await commands.recordStep(claim, step, given === null ? undefined : bytesGiven(given), desk);
        return said(claim, lines);
      }),
      "claim-asked": reading("claim-asked", async ({ claim, ...answers }, desk) => {
        const { lines } = await commands.recordAnswers(claim, answers, desk);
        return said(claim, lines);
      }),
      "claim-notice": reading("claim-notice", async ({ claim, date, document: given }, desk) => {
        const { lines } = await commands.recordNotice(claim, date, given === null ? undefined : bytesGiven(given), desk);
        return said(claim, lines);
      }),
      "claim-propose": reading("claim-propose", async ({ claim, wanted: subject }, desk) => {
        await commands.proposeForClaim(claim, subject, desk);
        return said(claim, ["Proposed. Nothing has happened yet: another officer has to confirm it."]);
      }),
      "claim-payee": reading("claim-payee", async ({ claim, words, certificate }, desk) => {
        const { lines } = await commands.sealPayee(claim, utf8(words), bytesGiven(certificate), desk);
        return said(claim, [...lines, "Nobody at this casebook can read it any more."]);
      }),
      "claim-payee-file": reading("claim-payee-file", writePayee),
      "claims-preview": reading("claims-preview", ({ report: wantedReport }, desk) =>
        Promise.resolve({
          path: this.#sitting.player.offerPage(commands.reportOf(desk.seated.open.casebook, wantedReport).document),
        }),
      ),
      "claims-report": reading("claims-report", async ({ report: wantedReport, folder: place, pdf }, desk) => {
        const below = join(place, nameOfReport(wantedReport, desk));
        const { lines } = await commands.writeReport(wantedReport, below, pdf, desk);
        return said("claim" in wantedReport ? wantedReport.claim : null, lines);
      }),
    };
  }

  #seat(): Seated {
    return seatOf(this.#open, this.#person, this.#sitting.now());
  }

  #desk(): DeskAnswer {
    const { key, name, roles } = this.#person;
    const { casebook } = this.#open;
    return {
      person: { key, name, roles },
      people: casebook.people.map((person) => ({ key: person.key, name: person.name })),
      practice: casebook.opened.demo,
      decisions: openDecisions(casebook, key).filter(({ mayConfirm }) => mayConfirm).length,
      lockMinutes: this.#sitting.lockMinutes,
      exposure: { count: 0, seconds: 0 },
      officers: true,
    };
  }
}

function said(claim: string | null, lines: readonly string[]): ClaimSaid {
  return { claim, says: lines.join(" ") };
}

function dutiesAt({ now, seated: { open } }: Seated): Duty[] {
  const { state } = open.casebook;
  const program = recordedProgram(state);
  return program === null ? [] : openDuties(state.claims, program, now.toISOString().slice(0, 10));
}

const isAbout =
  (claim: string) =>
  (subject: Subject): boolean =>
    "claim" in subject && subject.claim === claim;

async function listed(desk: Seated): Promise<ClaimsAnswer> {
  const { open, person } = desk.seated;
  const { claims } = open.casebook.state;
  const duties = dutiesAt(desk);
  const rows = [...claims.claims.values()].map((claim) => ({
    claim: claim.id,
    state: claim.state,
    batch: claim.tips[0]?.batch ?? 0,
    tips: claim.tips.length,
    overdue: duties.some((duty) => duty.claim === claim.id && duty.overdue),
    waiting: openDecisions(open.casebook, person.key, isAbout(claim.id)).length > 0,
  }));
  return {
    program: recordedProgram(open.casebook.state)?.name.en ?? null,
    duties,
    rows: rows.sort((one, other) => one.batch - other.batch),
    referrals: [...claims.referrals.values()].map(({ referral, title, state, outcome }) => ({
      referral,
      title: visibleLine(title),
      state,
      outcome,
    })),
    places: await sticks(),
  };
}

async function shown(id: string, desk: Seated): Promise<ClaimAnswer> {
  const { open, person } = desk.seated;
  const { state } = open.casebook;
  const claim = requireClaim(state, id);
  const { tips, steps, asked, reward, paid, noticed, payee, revealed } = claim;
  const challenges = [...state.claims.challenges].filter(([, { thread }]) => thread === claim.thread);
  return {
    claim: id,
    state: claim.state,
    tips: tips.map(({ tip, batch, date, proof, refused }) => ({ tip, batch, date, proved: proof !== null, refused })),
    challenges: challenges.map(([digest, { date, program }]) => ({
      date,
      program: visibleLine(program),
      answered: state.claims.answered.has(digest),
    })),
    steps: steps.map(({ to, date, by, officers }) => ({
      to,
      date,
      by: by === null ? null : visibleLine(by),
      officers: officers.map((key) => nameOf(state, key)),
    })),
    asked: asked && { official_duties: asked.official_duties, took_part: asked.took_part, other_claimants: asked.other_claimants },
    reward,
    paid,
    noticed,
    payee: payee && { certificate: payee.certificate, revealed },
    referrals: referralsOf(state.claims, claim).map((referral) => ({
      referral: referral.referral,
      title: visibleLine(referral.title),
      state: referral.state,
      claimants: claimantsOf(state.claims, referral).map(({ claim: other, place }) => ({
        claim: other.id,
        place,
        share: other.reward?.share ?? null,
      })),
    })),
    duties: dutiesAt(desk).filter((duty) => duty.claim === id),
    waiting: openDecisions(open.casebook, person.key, isAbout(id)),
    may: allowed(desk, claim),
    places: await sticks(),
  };
}

const UNKNOWN = "0".repeat(64);

/** What rules.ts lets this officer do now, asked with values that no rule is about. */
function allowed({ now, seated: { open, person } }: Seated, { id, state, payee, paid }: Claim): ClaimAnswer["may"] {
  const date = now.toISOString().slice(0, 10);
  const may = (act: Act): boolean => isAllowed(open.casebook, person.key, act);
  const propose = (subject: Subject): boolean => may({ kind: "proposed", subject });
  const sealed = payee?.certificate ?? "0".repeat(40);
  return {
    steps: STEPS.filter((to) => may({ kind: "claim-moved", claim: id, to, date, by: "-", document: UNKNOWN })),
    ask: state === "eligibility_check",
    decide: propose({ what: "decide-claim", claim: id, date, reward: null }),
    makePayable: propose({ what: "make-payable", claim: id, date }),
    pay: propose({ what: "record-payment", claim: id, date, recipient: "-" }),
    notice: may({ kind: "notice-filed", claim: id, date, document: null }),
    sealPayee: may({ kind: "payee-sealed", claim: id, certificate: sealed, sealed: "AAAA" }),
    reveal: propose({ what: "reveal-payee", claim: id }),
    report: paid !== null,
  };
}

/** @throws {Refusal} `no-such-item`, `needs-another-person` as the command has it. */
async function writePayee(
  { claim: id, folder: place }: ClaimCalls["claim-payee-file"][0],
  { seated: { open } }: Seated,
): Promise<ClaimSaid> {
  const { payee, revealed } = requireClaim(open.casebook.state, id);
  if (payee === null) throw new Refusal("no-such-item", "payee");
  if (!revealed) throw new Refusal("needs-another-person", "reveal-payee");
  const name = `payee-${id.slice(0, 16)}.pgp`;
  await writeToFolder(place, name, [fromBase64(payee.sealed)]);
  return said(id, [`Written: ${name}. It opens with the key of ${payee.certificate} only.`]);
}

function nameOfReport(wantedReport: WantedReport, { now }: Seated): string {
  const day = now.toISOString().slice(0, 10);
  if ("claim" in wantedReport) return `report-payment-${wantedReport.claim.slice(0, 16)}-${day}`;
  return "year" in wantedReport ? `report-year-${String(wantedReport.year)}` : `report-inducements-${String(wantedReport.referral)}-${day}`;
}
