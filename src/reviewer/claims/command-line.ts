/** The command `claims`: understands its arguments. */
import { readFile } from "node:fs/promises";
import { Fault } from "../../protocol/errors.ts";
import { personName } from "../casebook/event.ts";
import type { Desk } from "../desk.ts";
import { DESK_OPTIONS, deskOf } from "../desk-options.ts";
import { OVERRIDE, requireIsolation } from "../isolation.ts";
import { readCertificate } from "../referral/verify.ts";
import type { Answer } from "../views.ts";
import { showWindow } from "../window/window.ts";
import { actionIn, type Actions, codeIn, dayIn, numberIn, usage, type ValuesOf } from "../words-of.ts";
import { FORMS, STEPS } from "./acts.ts";
import * as commands from "./commands.ts";
import type { Reward } from "./state.ts";

export const CLAIMS_HELP = `firsthand-reviewer claims: rewards, kept apart from those who judge what was written.

At the reviewers' casebook:
  claims export FILE                 claim parts of tips that were not handed over yet, sealed, and how referrals stand
      --all                          of every tip

At the reward officers' casebook, which the rewards cards of the ceremony open:
  claims open DIR --rewards FILE --public DIR --shares FILE --person NAME --person NAME
                                     makes it, for two officers or more; FILE is rewards.locked, --public the ceremony's public folder
      --passphrases FILE             a line for each officer, in order
  referral program FILE              the rewards program: its cap, who is not paid, what is due
  claims import FILE                 takes a hand-over in: claims, and proofs that hold
  claims list, claims show CLAIM     CLAIM: the first eight digits of a claim or more
  claims step CLAIM STEP --date DATE STEP: ${STEPS.join(", ")}
      --by TEXT                      which agency, committee or office
      --document FILE                the receipt or report; its hash is kept
  claims asked CLAIM --official-duties X --took-part X --other-claimants X      X: yes, no, unknown
  claims notice CLAIM --date DATE    committees were told of a payment in cryptocurrency
  claims payee CLAIM FILE --to CERTIFICATE       who is paid and how, sealed to the payment officer
  claims due                         what is due, and what is late
  claims metrics FILE                counts, medians and costs as CSV into a new file; counts below 5 are kept back
  claims window                      all of this in a browser on this machine; locks after ten minutes without use

What takes two officers: one proposes, another says \`confirm N\`
  claims decide CLAIM --date DATE --amount N --currency USD --form FORM --share PERCENT      FORM: ${FORMS.join(", ")}
  claims decide CLAIM --date DATE --denied
  claims payable CLAIM --date DATE
  claims paid CLAIM --date DATE --recipient REFERENCE        a reference of the payment officer's, never a name
  claims reveal CLAIM                then claims payee-file CLAIM FILE writes the sealed payee

Reports, into a new folder as page, PDF and JSON (--no-pdf leaves that out):
  claims report-payment CLAIM DIR
  claims report-year YEAR DIR        YEAR: the one in which the program's year ends
  claims report-inducements REFERRAL DIR         which sources hold a claim, for those who have to disclose it
`;

/** Minutes without use after which the window locks; `firsthand-reviewer window` opens the same with others. */
const LOCK_AFTER = 10;

const OPTIONS = {
  ...DESK_OPTIONS,
  all: { type: "boolean" },
  rewards: { type: "string" },
  public: { type: "string" },
  passphrases: { type: "string" },
  date: { type: "string" },
  by: { type: "string" },
  document: { type: "string" },
  "official-duties": { type: "string" },
  "took-part": { type: "string" },
  "other-claimants": { type: "string" },
  to: { type: "string" },
  amount: { type: "string" },
  currency: { type: "string" },
  form: { type: "string" },
  share: { type: "string" },
  denied: { type: "boolean" },
  recipient: { type: "string" },
  "no-pdf": { type: "boolean" },
} as const;

type Values = ValuesOf<typeof OPTIONS>;

const ACTIONS: Actions<keyof typeof OPTIONS> = {
  export: { words: ["FILE"], options: ["all"] },
  open: { words: ["DIR"], options: ["rewards", "public", "passphrases"] },
  import: { words: ["FILE"], options: [] },
  list: { words: [], options: [] },
  show: { words: ["CLAIM"], options: [] },
  step: { words: ["CLAIM", "STEP"], options: ["date", "by", "document"] },
  asked: { words: ["CLAIM"], options: ["official-duties", "took-part", "other-claimants"] },
  notice: { words: ["CLAIM"], options: ["date", "document"] },
  payee: { words: ["CLAIM", "FILE"], options: ["to"] },
  "payee-file": { words: ["CLAIM", "FILE"], options: [] },
  due: { words: [], options: [] },
  metrics: { words: ["FILE"], options: [] },
  window: { words: [], options: [] },
  decide: { words: ["CLAIM"], options: ["date", "amount", "currency", "form", "share", "denied"] },
  payable: { words: ["CLAIM"], options: ["date"] },
  paid: { words: ["CLAIM"], options: ["date", "recipient"] },
  reveal: { words: ["CLAIM"], options: [] },
  "report-payment": { words: ["CLAIM", "DIR"], options: ["no-pdf"] },
  "report-year": { words: ["YEAR", "DIR"], options: ["no-pdf"] },
  "report-inducements": { words: ["REFERRAL", "DIR"], options: ["no-pdf"] },
};

/** Runs `claims …`. @throws {Refusal} `usage`, or what the command refuses. */
export async function runClaims(args: readonly string[], now: Date, say: (sentence: string) => void): Promise<Answer> {
  const { action, words, values } = actionIn("claims", args, OPTIONS, ACTIONS, Object.keys(DESK_OPTIONS));
  if (action === "open") return openClaims(words[0] ?? "", values, now, say);
  return answerTo(action, words, values, deskOf(values, now, say));
}

async function openClaims(folder: string, values: Values, now: Date, say: (sentence: string) => void): Promise<Answer> {
  const { rewards, public: publicFolder, person = [], passphrases, shares = [] } = values;
  if (rewards === undefined || publicFolder === undefined) return usage("claims open needs --rewards FILE and --public DIR");
  const demo = await readFile(`${publicFolder}/DEMO`).then(
    () => true,
    () => false,
  );
  requireIsolation({ practice: demo, override: values[OVERRIDE] === true }, say);
  const lines = passphrases === undefined ? [] : (await readText(passphrases)).split(/\r?\n/);
  const officers = person.map((name, index) => ({ name: personName(name), passphrase: lines[index]?.trim() || null }));
  return commands.openClaims(folder, { lockedFile: rewards, shareFiles: shares, publicFolder, officers }, now);
}

function answerTo(action: string, [first = "", second = ""]: readonly string[], values: Values, desk: Desk): Promise<Answer> {
  const { date, document } = values;
  const pdf = values["no-pdf"] !== true;
  switch (action) {
    case "export":
      return commands.exportClaims(first, values.all === true, desk);
    case "import":
      return commands.importClaims(first, desk);
    case "list":
      return commands.listClaims(desk);
    case "show":
      return commands.showClaim(first, desk);
    case "step": {
      const step = { to: codeIn(STEPS, second, "the step"), date: dayIn("--date", date), by: values.by ?? null };
      return commands.recordStep(first, step, document, desk);
    }
    case "asked":
      return commands.recordAnswers(first, answersIn(values), desk);
    case "notice":
      return commands.recordNotice(first, dayIn("--date", date), document, desk);
    case "payee":
      return payee(first, second, values, desk);
    case "payee-file":
      return commands.writePayee(first, second, desk);
    case "due":
      return commands.listDuties(desk);
    case "metrics":
      return commands.writeClaimMetrics(first, desk);
    case "window":
      return showWindow(LOCK_AFTER, desk);
    case "decide":
      return commands.proposeForClaim(first, { what: "decide-claim", date: dayIn("--date", date), reward: rewardIn(values) }, desk);
    case "payable":
      return commands.proposeForClaim(first, { what: "make-payable", date: dayIn("--date", date) }, desk);
    case "paid": {
      const recipient = /^[A-Za-z0-9-]{1,40}$/.exec(values.recipient ?? "")?.[0];
      if (recipient === undefined) return usage("--recipient is a reference of letters, digits and hyphens");
      return commands.proposeForClaim(first, { what: "record-payment", date: dayIn("--date", date), recipient }, desk);
    }
    case "reveal":
      return commands.proposeForClaim(first, { what: "reveal-payee" }, desk);
    case "report-payment":
      return commands.writeReport({ claim: first }, second, pdf, desk);
    case "report-year":
      return commands.writeReport({ year: numberIn("the year", first, 2000, 9999) }, second, pdf, desk);
    case "report-inducements":
      return commands.writeReport({ referral: numberIn("the number of a referral", first, 1, 99_999_999) }, second, pdf, desk);
    default:
      throw new Error("an action is listed and not there");
  }
}

async function payee(claim: string, file: string, { to }: Values, desk: Desk): Promise<Answer> {
  return commands.sealPayee(claim, file, await readCertificate(to ?? usage("claims payee needs --to CERTIFICATE")), desk);
}

function answersIn(values: Values) {
  const answers = ["no", "unknown", "yes"] as const;
  return {
    official_duties: codeIn(answers, values["official-duties"], "--official-duties"),
    took_part: codeIn(answers, values["took-part"], "--took-part"),
    other_claimants: codeIn(answers, values["other-claimants"], "--other-claimants"),
  };
}

function rewardIn({ denied, amount, currency, form, share }: Values): Reward | null {
  if (denied === true) return amount === undefined ? null : usage("either --denied or --amount");
  const percent = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(share ?? "");
  const hundredths = Number(percent?.[1] ?? 0) * 100 + Number((percent?.[2] ?? "").padEnd(2, "0"));
  if (hundredths < 1 || hundredths > 10_000) return usage("--share is a percentage from 0.01 to 100");
  if (!/^[A-Z]{3}$/.test(currency ?? "")) return usage("--currency is three letters, like USD");
  return {
    form: codeIn(FORMS, form, "--form"),
    money: { amount: numberIn("--amount", amount, 1, 999_999_999), currency: currency ?? "" },
    share: hundredths,
  };
}

function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new Fault("reading the passphrases", cause);
  });
}
