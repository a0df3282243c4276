/** The commands `referral` and `verify-dossier`: understands their arguments. */
import type { Desk } from "../desk.ts";
import { DESK_OPTIONS, deskOf } from "../desk-options.ts";
import { OUTCOMES } from "../triage/vocabulary.ts";
import type { Answer } from "../views.ts";
import { actionIn, type Actions, codeIn, dayIn, numberIn, parseWords, usage, type ValuesOf } from "../words-of.ts";
import { ANSWERS, REMOVAL_REASONS } from "./acts.ts";
import * as commands from "./commands.ts";
import { readCertificate, verifyDossier } from "./verify.ts";

export const REFERRAL_HELP = `firsthand-reviewer referral: from tips to an agency. N is the number of a referral.

  referral program FILE              the rewards program, program.json, that referrals are made for; a lead records it
  referral draft TITLE --tip ID      a draft of one or several tips; --tip may be repeated
  referral list
  referral show N                    its texts as they would leave, its exhibits, what the agency answered

  referral remove N --words FILE --reason CODE       every place where these words stand, in every text
  referral remove N --source T1 --from A --to B --reason CODE       characters A to B of one text; --text N for a translation
      CODE: ${REMOVAL_REASONS.join(", ")}
  referral keep EVENT                takes a removal back
  referral exhibit N X1 include|withhold             exhibits stay here unless they are included
  referral form N FILE               a form for what only people know
  referral write N FILE              what was written into it
  referral view N FILE               the dossier as a page to be read
  referral fix N                     the dossier as it is to be approved; refused if removed words still stand anywhere
  referral approve N                 by somebody who is no author; then \`confirm\` by another
  referral pack N DIR --agency FILE  into a new folder, sealed to the agency's OpenPGP certificate
      --no-pdf                       without the PDF, which needs a browser
  referral send N FILE               the sealed file leaves; then \`confirm\` by another
  referral reopen N                  a draft again

  referral answered N ANSWER --date DATE     ANSWER: ${ANSWERS.join(", ")}
      --outcome CODE                 ${OUTCOMES.join(", ")}
      --reference TEXT  --words FILE  --document FILE, which may be repeated
  referral document N SHA256 FILE    a document of the agency into a new file
  referral tell N --text FILE        the same reply to every witness of it
      --challenge                    and ask each for a proof of the claim to a reward

  firsthand-reviewer verify-dossier FOLDER --key FILE
                                     checks a dossier that was received; FILE is the program certificate, program.pgp.
                                     Needs no casebook. Exit 0: whole and approved, 1: not, 2: not understood
`;

const OPTIONS = {
  ...DESK_OPTIONS,
  tip: { type: "string", multiple: true },
  words: { type: "string" },
  reason: { type: "string" },
  source: { type: "string" },
  text: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  agency: { type: "string" },
  "no-pdf": { type: "boolean" },
  date: { type: "string" },
  outcome: { type: "string" },
  reference: { type: "string" },
  document: { type: "string", multiple: true },
  challenge: { type: "boolean" },
} as const;

type Values = ValuesOf<typeof OPTIONS>;

/** Words after each action, and the options it takes besides those of every command on a casebook. */
const ACTIONS: Actions<keyof typeof OPTIONS> = {
  program: { words: ["FILE"], options: [] },
  draft: { words: ["TITLE"], options: ["tip"] },
  list: { words: [], options: [] },
  show: { words: ["N"], options: [] },
  remove: { words: ["N"], options: ["words", "reason", "source", "text", "from", "to"] },
  keep: { words: ["EVENT"], options: [] },
  exhibit: { words: ["N", "X1", "include|withhold"], options: [] },
  form: { words: ["N", "FILE"], options: [] },
  write: { words: ["N", "FILE"], options: [] },
  view: { words: ["N", "FILE"], options: [] },
  fix: { words: ["N"], options: [] },
  approve: { words: ["N"], options: [] },
  pack: { words: ["N", "DIR"], options: ["agency", "no-pdf"] },
  send: { words: ["N", "FILE"], options: [] },
  reopen: { words: ["N"], options: [] },
  answered: { words: ["N", "ANSWER"], options: ["date", "outcome", "reference", "words", "document"] },
  document: { words: ["N", "SHA256", "FILE"], options: [] },
  tell: { words: ["N"], options: ["text", "challenge"] },
};

/** Runs `referral …`. @throws {Refusal} `usage`, or what the command refuses. */
export async function runReferral(args: readonly string[], now: Date, say: (sentence: string) => void): Promise<Answer> {
  const { action, words, values } = actionIn("referral", args, OPTIONS, ACTIONS, Object.keys(DESK_OPTIONS));
  return answerTo(action, words, values, deskOf(values, now, say));
}

function answerTo(action: string, [first = "", second = "", third = ""]: readonly string[], values: Values, desk: Desk): Promise<Answer> {
  switch (action) {
    case "program":
      return commands.recordProgram(first, desk);
    case "draft":
      return commands.draft(first, values.tip ?? usage("referral draft needs --tip ID"), desk);
    case "list":
      return commands.listReferrals(desk);
    case "keep":
      return commands.keep(number(first), desk);
  }
  const referral = number(first);
  switch (action) {
    case "show":
      return commands.showReferral(referral, desk);
    case "remove":
      return commands.remove(referral, removing(values), codeIn(REMOVAL_REASONS, values.reason, "--reason"), desk);
    case "exhibit":
      return commands.chooseExhibit(referral, second, codeIn(["include", "withhold"], third, "the last word") === "include", desk);
    case "form":
      return commands.form(referral, second, desk);
    case "write":
      return commands.write(referral, second, desk);
    case "view":
      return commands.view(referral, second, desk);
    case "fix":
      return commands.fix(referral, desk);
    case "approve":
      return commands.approve(referral, desk);
    case "pack":
      return pack(referral, second, values, desk);
    case "send":
      return commands.send(referral, second, desk);
    case "reopen":
      return commands.reopen(referral, desk);
    case "answered":
      return commands.answered(referral, agencyAnswer(second, values), desk);
    case "document":
      return commands.readAnswerDocument(
        referral,
        /^[0-9a-f]{64}$/.test(second) ? second : usage("a document is named by its 64 digits"),
        third,
        desk,
      );
    case "tell":
      return commands.tell(referral, values.text ?? usage("referral tell needs --text FILE"), values.challenge === true, desk);
    default:
      throw new Error("an action is listed and not there");
  }
}

async function pack(referral: number, folder: string, values: Values, desk: Desk): Promise<Answer> {
  const agency = await readCertificate(values.agency ?? usage("referral pack needs --agency FILE"));
  return commands.pack(referral, folder, { agency, pdf: values["no-pdf"] !== true }, desk);
}

function removing({ words, source, text, from, to }: Values): commands.Removing {
  if (words !== undefined) return source === undefined ? { wordsFile: words } : usage("either --words or --source");
  if (source === undefined || from === undefined || to === undefined) return usage("say --words FILE, or --source, --from and --to");
  const [start, end] = [numberIn("--from", from, 0, 700_000), numberIn("--to", to, 0, 700_000)];
  if (start >= end) usage("--to comes after --from");
  return { source, text: text === undefined ? 0 : number(text), start, end };
}

function agencyAnswer(answer: string, values: Values): commands.AgencyAnswer {
  const { date, outcome, reference, words, document } = values;
  return {
    answer: codeIn(ANSWERS, answer, "the answer"),
    outcome: outcome === undefined ? null : codeIn(OUTCOMES, outcome, "--outcome"),
    date: dayIn("--date", date),
    reference: reference ?? null,
    wordsFile: words,
    documentFiles: document ?? [],
  };
}

/** What a referral, an event or a text is called by. */
function number(given: string): number {
  return numberIn("the number of a referral, an event or a text", given, 1, 99_999_999);
}

/** Runs `verify-dossier …`. `sound` is false if anything is wrong. */
export async function runVerifyDossier(args: readonly string[], now: Date): Promise<{ answer: Answer; sound: boolean }> {
  const { values, positionals } = parseWords(args, { key: { type: "string" }, json: { type: "boolean" } });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) return usage("after verify-dossier comes FOLDER");
  const key = await readCertificate(values.key ?? usage("verify-dossier needs --key FILE"));
  const { reference, findings, approvedBy } = await verifyDossier(folder, key, Math.floor(now.getTime() / 1000));
  const lines =
    findings.length === 0
      ? [
          `Dossier ${reference ?? ""} is whole, signed by this certificate, and approved by two people:`,
          ...approvedBy.map((person) => `  ${person}`),
        ]
      : findings.map(({ where, what }) => `${where}: ${what}`);
  return { answer: { json: { reference, findings, approved_by: approvedBy }, lines }, sound: findings.length === 0 };
}
