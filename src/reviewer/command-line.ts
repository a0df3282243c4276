/**
 * The command line of the review machine: understands arguments, runs one command, prints what it says. Results go to the output, as lines or with `--json` as one
 * object; progress, questions and failures to the error output. Exit 0: done; 1: refused, failed, or `verify` found damage; 2: not understood.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Fault, Refusal } from "../protocol/errors.ts";
import { parseDate } from "../protocol/format/date.ts";
import { MOST_SIGNERS, SIGNERS_NEEDED } from "../protocol/format/retention-note.ts";
import { personName } from "./casebook/event.ts";
import { type CeremonyPlan, checkOrigin, USUAL_RETENTION } from "./ceremony.ts";
import type { NewPerson } from "./casebook/people.ts";
import { type Role, ROLES, roles, USUAL_ROLES } from "./casebook/roles.ts";
import * as commands from "./commands.ts";
import * as decisions from "./decisions.ts";
import { replaceCards } from "./replace-cards.ts";
import type { TypingBack } from "./cards.ts";
import { PROPOSABLE, type Proposable } from "./decisions.ts";
import type { Desk } from "./desk.ts";
import { extendProgram, extendRewards } from "./extend.ts";
import { guide } from "./guide.ts";
import { OVERRIDE, requireIsolation } from "./isolation.ts";
import { readOwnSecret } from "./own-secret.ts";
import * as retention from "./retention.ts";
import { deskOf } from "./desk-options.ts";
import { CLAIMS_HELP, runClaims } from "./claims/command-line.ts";
import { REFERRAL_HELP, runReferral, runVerifyDossier } from "./referral/command-line.ts";
import type { Answer } from "./views.ts";
import { showWindow } from "./window/window.ts";

const HELP = `firsthand-reviewer: reads tips on a machine that has no network.

  firsthand-reviewer ceremony DIR --origin NAME    make all keys and a casebook in a new folder
      --epochs N            weeks the certificates last, 1 to 520 (52)
      --quorum K/N          any K of N cards open the secrets (1/1)
      --start DATE          first day of the first week, YYYY-MM-DD (today)
      --keep-days N         days the server keeps what was acknowledged (30)
      --signers N           people who may sign changes of that, any two together (3)
      --person NAME[=ROLES] who will work in the casebook; may be repeated (reviewer). Roles, by commas: lead,
                            reviewer, translator, importer (all four), or reward_officer alone
      --passphrases FILE    a line for each person, in order; who has none gets a card
      --demo                keys to try things out, marked as such, and people's keys without a lock
      --practice            the same, with every step of a real ceremony
      --verify-from FILE    what was typed back from the printed cards, - for what is piped in; else the keyboard

  firsthand-reviewer import FILE     take in a bundle from the server
      --log-key FILE        the log's verifier key, or what \`firsthand keys\` prints; needed once, then pinned
  firsthand-reviewer window          read, grade and decide in a browser on this machine; says its address
      --lock-after MINUTES  without use it locks after these, 1 to 120 (10)
  firsthand-reviewer list            every tip, those of one witness together
  firsthand-reviewer show ID         one tip; the first digits of its id will do
  firsthand-reviewer extract ID DIR  a tip's files into a new folder
  firsthand-reviewer reply ID        answer a tip; what is said leaves sealed with the next outbox
      --text FILE           what is said, plain text: about 4,100 Latin letters or 1,370 Chinese characters
      --challenge           ask for a proof of the claim to a reward
  firsthand-reviewer outbox FILE     a bundle for the server: what is held here, and replies
      --again               the last one once more, byte for byte
  firsthand-reviewer metrics FILE    counts and medians as CSV into a new file; counts below 5 are kept back
  firsthand-reviewer status          counts, keys, what is waiting
  firsthand-reviewer verify          whether the casebook is whole
      --against FOLDER      and how a copy of it in that folder stands to it
  firsthand-reviewer help GUIDE      a guide of a page or two: operator, courier, reviewer, auditor, incidents

  firsthand-reviewer referral …      from tips to an agency: referral --help
  firsthand-reviewer claims …        rewards, in the reward officers' own casebook: claims --help
  firsthand-reviewer verify-dossier FOLDER --key FILE      checks a dossier that an agency received

What takes two people, one to propose and another to confirm:
  firsthand-reviewer propose WHAT WHICH    destroy-tip ID, destroy-epoch FINGERPRINT, release-hold ID,
                                     add-person NAME[=ROLES], remove-person NAME
      --new-pass FILE       passphrase or card of who is to be added
  firsthand-reviewer confirm N       somebody else's proposal; it is done at once
  firsthand-reviewer reject N        a proposal is off
  firsthand-reviewer proposals       what waits for a second person

When a holder changes or a card is lost, and after a tip was destroyed:
  firsthand-reviewer replace-cards DIR     new cards in a new folder; the old ones open nothing here any more
      --quorum K/N, --verify-from FILE     as in the ceremony

Before the certificates run out, a year at a time:
  firsthand-reviewer extend DIR      more weeks for the program certificate; its public half into a new folder, for the server's KEYS_DIR
      --epochs N            weeks, 1 to 520 (52)
      --again               no more weeks, only the public half once more
      --rewards FILE        the same for the rewards certificate, rewards.locked; the file is written over. It needs
                            no casebook, and --shares are of its own cards

  firsthand-reviewer retention change FILE --current NOTE
                                     how long the server keeps tips from now on, into a new file; one of the people signs
      --keep-days N         days what was acknowledged is kept
      --at-most N           days anything acknowledged is kept, from its own day
      --grace-days N        days an epoch is accepted longer than it lasts
      --unacknowledged X    keep or destroy what nobody acknowledged in time
      --from DATE           first day of batches it is for (today)
      --signers FILE        verifier keys of those who may sign the change after it, one a line (the same people)
  firsthand-reviewer retention sign FILE --current NOTE
                                     the signature of another of them; then firsthand retention FILE on the server
  firsthand-reviewer retention show FILE
  firsthand-reviewer retention card FILE --origin NAME --number N
                                     the card of one more person, in a new file
      NOTE is /log/policies/NUMBER, or retention.note of the ceremony; the person's card is read from --shares FILE

With every command on a casebook:
      --casebook DIR        the casebook (./casebook)
      --shares FILE         share cards; may be repeated; without it they are asked for
      --person NAME         who acts, if the casebook knows several people
      --pass FILE           that person's passphrase or card; without it it is asked for
With every command:
      --i-know-this-machine-has-a-network   goes on in spite of it; the casebook records it
      --json                the result as one JSON object
      --help                this text

Exit status: 0 done, 1 refused or failed or damage found, 2 not understood.
`;

const OPTIONS = {
  origin: { type: "string" },
  epochs: { type: "string" },
  quorum: { type: "string" },
  start: { type: "string" },
  "keep-days": { type: "string" },
  "at-most": { type: "string" },
  "grace-days": { type: "string" },
  unacknowledged: { type: "string" },
  from: { type: "string" },
  current: { type: "string" },
  number: { type: "string" },
  signers: { type: "string" },
  demo: { type: "boolean" },
  practice: { type: "boolean" },
  "verify-from": { type: "string" },
  "log-key": { type: "string" },
  text: { type: "string" },
  challenge: { type: "boolean" },
  again: { type: "boolean" },
  casebook: { type: "string" },
  shares: { type: "string", multiple: true },
  person: { type: "string", multiple: true },
  pass: { type: "string" },
  passphrases: { type: "string" },
  "new-pass": { type: "string" },
  against: { type: "string" },
  "lock-after": { type: "string" },
  rewards: { type: "string" },
  [OVERRIDE]: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const AT_A_CASEBOOK = ["casebook", "shares", "person", "pass", OVERRIDE, "json"] as const;

/** Words after each command, and the options it takes. */
const COMMANDS: Readonly<Record<string, { readonly words: readonly string[]; readonly options: readonly (keyof typeof OPTIONS)[] }>> = {
  ceremony: {
    words: ["DIR"],
    options: [
      "origin",
      "epochs",
      "quorum",
      "start",
      "keep-days",
      "signers",
      "person",
      "passphrases",
      "demo",
      "practice",
      "verify-from",
      OVERRIDE,
      "json",
    ],
  },
  retention: {
    words: ["change|sign|show|card", "FILE"],
    options: [
      "current",
      "keep-days",
      "at-most",
      "grace-days",
      "unacknowledged",
      "from",
      "signers",
      "origin",
      "number",
      "shares",
      OVERRIDE,
      "json",
    ],
  },
  extend: { words: ["DIR"], options: ["epochs", "again", "rewards", ...AT_A_CASEBOOK] },
  import: { words: ["FILE"], options: ["log-key", ...AT_A_CASEBOOK] },
  window: { words: [], options: ["lock-after", ...AT_A_CASEBOOK] },
  list: { words: [], options: AT_A_CASEBOOK },
  show: { words: ["ID"], options: AT_A_CASEBOOK },
  extract: { words: ["ID", "DIR"], options: AT_A_CASEBOOK },
  reply: { words: ["ID"], options: ["text", "challenge", ...AT_A_CASEBOOK] },
  outbox: { words: ["FILE"], options: ["again", ...AT_A_CASEBOOK] },
  metrics: { words: ["FILE"], options: AT_A_CASEBOOK },
  status: { words: [], options: AT_A_CASEBOOK },
  verify: { words: [], options: ["against", ...AT_A_CASEBOOK] },
  propose: { words: ["WHAT", "WHICH"], options: ["new-pass", ...AT_A_CASEBOOK] },
  confirm: { words: ["N"], options: AT_A_CASEBOOK },
  reject: { words: ["N"], options: AT_A_CASEBOOK },
  proposals: { words: [], options: AT_A_CASEBOOK },
  help: { words: ["GUIDE"], options: ["json"] },
  "replace-cards": { words: ["DIR"], options: ["quorum", "verify-from", ...AT_A_CASEBOOK] },
};

type Values = ReturnType<typeof parse>["values"];

const DAY = 86_400;

/** Commands whose arguments are understood elsewhere. */
const APART: Readonly<Record<string, { readonly help: string; readonly run: (args: readonly string[], now: Date) => Promise<Ended> }>> = {
  referral: { help: REFERRAL_HELP, run: async (args, now) => ({ answer: await runReferral(args, now, say), sound: true }) },
  claims: { help: CLAIMS_HELP, run: async (args, now) => ({ answer: await runClaims(args, now, say), sound: true }) },
  "verify-dossier": { help: REFERRAL_HELP, run: runVerifyDossier },
};

/** What a command gave; `sound` is false if it found damage. */
interface Ended {
  readonly answer: Answer;
  readonly sound: boolean;
}

function answered({ answer, sound }: Ended, json: boolean): 0 | 1 {
  process.stdout.write(json ? `${JSON.stringify(answer.json)}\n` : answer.lines.map((line) => `${line}\n`).join(""));
  return sound ? 0 : 1;
}

/** Runs one command. Returns the exit status; throws only bugs. */
export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const json = args.includes("--json");
  try {
    const [name = ""] = args;
    if (Object.hasOwn(APART, name) && args.includes("--help")) {
      process.stdout.write(APART[name]?.help ?? "");
      return 0;
    }
    const apart = Object.hasOwn(APART, name) ? await APART[name]?.run(args.slice(1), new Date()) : undefined;
    if (apart !== undefined) return answered(apart, json);
    const { values, positionals } = parse(args);
    if (values.help === true || (positionals.length === 0 && args.length === 0)) {
      process.stdout.write(HELP);
      return values.help === true ? 0 : 2;
    }
    const [command = "", ...words] = positionals;
    checkUsage(command, words, values);
    return answered(await runCommand(command, words, values), json);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Fault)) throw error;
    const code = error instanceof Refusal ? error.code : "fault";
    say(json ? JSON.stringify({ error: code, message: describe(error) }) : `firsthand-reviewer: ${describe(error)}`);
    if (code === "usage" && !json) say("firsthand-reviewer --help says more.");
    return code === "usage" ? 2 : 1;
  }
}

/** A fault is told with what the system said: on this machine that is for the person in front of it. */
function describe(error: Refusal | Fault): string {
  return error instanceof Fault && error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message;
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function usage(what: string): never {
  throw new Refusal("usage", what);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch {
    return usage("an option is unknown or lacks its value");
  }
}

function checkUsage(command: string, words: readonly string[], values: Values): void {
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (known === undefined) return usage(command === "" ? "a command is missing" : "there is no such command");
  if (words.length !== known.words.length) usage(`after ${command} comes ${known.words.join(" ") || "nothing"}`);
  const strange = Object.keys(values).find((option) => !known.options.some((allowed) => allowed === option));
  if (strange !== undefined) usage(`${command} takes no --${strange}`);
}

async function runCommand(command: string, words: readonly string[], values: Values): Promise<Ended> {
  const [first = "", second = ""] = words;
  const now = new Date();
  const override = values[OVERRIDE] === true;
  if (command === "help") return { answer: await guide(first), sound: true };
  if (command === "ceremony") {
    const plan = await planOf(values, now);
    requireIsolation({ practice: plan.demo, override }, say);
    return { answer: await commands.ceremony(first, plan, { now, say }), sound: true };
  }
  if (command === "retention") {
    requireIsolation({ practice: first === "show", override }, say);
    return { answer: await retentionCommand(first, second, values, now), sound: true };
  }
  if (command === "extend" && values.rewards !== undefined) {
    if (values.again === true || values.casebook !== undefined || values.person !== undefined || values.pass !== undefined)
      usage("--rewards goes with --epochs and --shares only");
    requireIsolation({ practice: false, override }, say);
    const epochs = wholeNumber("--epochs", values.epochs ?? "52", 1, 520);
    return { answer: await extendRewards(first, values.rewards, epochs, values.shares ?? []), sound: true };
  }
  const desk = deskOf(values, now, say);
  if (command === "verify") return commands.verify(values.against, desk);
  return { answer: await answerTo(command, first, second, values, desk), sound: true };
}

function answerTo(command: string, first: string, second: string, values: Values, desk: Desk): Promise<Answer> {
  switch (command) {
    case "import":
      return commands.importFile(first, values["log-key"], desk);
    case "extend": {
      const epochs = values.again === true ? 0 : wholeNumber("--epochs", values.epochs ?? "52", 1, 520);
      return extendProgram(first, epochs, desk);
    }
    case "window":
      return showWindow(wholeNumber("--lock-after", values["lock-after"] ?? "10", 1, 120), desk);
    case "list":
      return commands.list(desk);
    case "show":
      return commands.show(first, desk);
    case "extract":
      return commands.extract(first, second, desk);
    case "reply":
      return commands.reply(first, values.text ?? usage("reply needs --text FILE"), values.challenge === true, desk);
    case "outbox":
      return commands.outbox(first, values.again === true, desk);
    case "metrics":
      return commands.metrics(first, desk);
    case "status":
      return commands.status(desk);
    case "propose":
      return decisions.propose(proposable(first), second, () => newPerson(second, values["new-pass"]), desk);
    case "confirm":
    case "reject":
      return decisions.decide(wholeNumber(command, first, 1, 99_999_999), command === "confirm", desk);
    case "replace-cards":
      return replaceCards(first, { ...quorumOf(values), typing: (demo) => typingOf(values, demo) }, desk);
    case "proposals":
      return decisions.proposals(desk);
    default:
      throw new Error("a command is listed and not there");
  }
}

function retentionCommand(action: string, file: string, values: Values, now: Date): Promise<Answer> {
  const cards = values.shares ?? [];
  switch (action) {
    case "change": {
      const current = values.current ?? usage("retention change needs --current NOTE");
      const from = values.from ?? now.toISOString().slice(0, 10);
      startOf(from, now);
      return retention.changePolicy(file, { current, change: policyChangeOf(values), from, signersFile: values.signers, cards });
    }
    case "sign":
      return retention.signChange(file, values.current ?? usage("retention sign needs --current NOTE"), cards);
    case "show":
      return retention.showPolicy(file);
    case "card": {
      const origin = checkOrigin(values.origin ?? usage("retention card needs --origin"));
      return retention.addSigner(file, origin, wholeNumber("--number", values.number ?? "", 1, 999));
    }
    default:
      return usage("after retention comes change, sign, show or card");
  }
}

function policyChangeOf(values: Values): retention.PolicyChange {
  const { unacknowledged } = values;
  if (unacknowledged !== undefined && unacknowledged !== "keep" && unacknowledged !== "destroy")
    return usage("--unacknowledged is keep or destroy");
  const days = (option: "keep-days" | "at-most" | "grace-days"): number | undefined => {
    const text = values[option];
    return text === undefined ? undefined : wholeNumber(`--${option}`, text, 0, 36_500);
  };
  const asked = {
    daysAfterAcknowledgement: days("keep-days"),
    daysAtMost: days("at-most"),
    graceDays: days("grace-days"),
    unacknowledged,
  };
  const change = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as retention.PolicyChange;
  if (Object.keys(change).length === 0 && values.signers === undefined) usage("say what changes");
  return change;
}

function quorumOf(values: Values): { needed: number; shares: number } {
  const quorum = /^([0-9]{1,3})\/([0-9]{1,3})$/.exec(values.quorum ?? "1/1");
  const [needed, shares] = [Number(quorum?.[1] ?? 0), Number(quorum?.[2] ?? 0)];
  if (needed < 1 || needed > shares || shares > 255) usage("a quorum is K/N, 1 ≤ K ≤ N ≤ 255");
  return { needed, shares };
}

/** Cards are typed back, except in a demo. */
function typingOf(values: Values, demo: boolean): TypingBack {
  const path = values["verify-from"];
  if (path !== undefined) return { from: "file", path };
  if (demo) return { from: "nowhere" };
  return process.stdin.isTTY ? { from: "keyboard" } : usage("cards are typed back: at a keyboard, or give --verify-from FILE");
}

async function planOf(values: Values, now: Date): Promise<CeremonyPlan> {
  const people = (values.person ?? ["reviewer"]).map(personOf);
  if (new Set(people.map(({ name }) => name)).size !== people.length) usage("two people have the same name");
  if (!people.some(({ roles }) => roles.includes("lead"))) usage("one of the people has to be a lead");
  const passphrases = await readPassphrases(values.passphrases);
  return {
    origin: checkOrigin(values.origin ?? usage("ceremony needs --origin")),
    start: startOf(values.start, now),
    epochs: wholeNumber("--epochs", values.epochs ?? "52", 1, 520),
    ...quorumOf(values),
    people: people.map((person, index) => ({ ...person, passphrase: passphrases[index]?.trim() || null })),
    retention: { ...USUAL_RETENTION, daysAfterAcknowledgement: wholeNumber("--keep-days", values["keep-days"] ?? "30", 0, 180) },
    signers: wholeNumber("--signers", values.signers ?? "3", SIGNERS_NEEDED, MOST_SIGNERS),
    demo: values.demo === true || values.practice === true,
    typing: typingOf(values, values.demo === true),
  };
}

async function readPassphrases(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const content = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Fault("reading the passphrases", cause);
  });
  return content.split(/\r?\n/);
}

/** A person as they are named on the command line: `NAME` or `NAME=role,role`. */
function personOf(argument: string): { name: string; roles: Role[] } {
  const [name = "", list] = argument.split("=", 2);
  if (list === undefined) return { name: nameOf(name), roles: [...USUAL_ROLES] };
  try {
    return { name: nameOf(name), roles: roles(list.split(",").sort(), "roles") };
  } catch {
    return usage(`roles are ${ROLES.join(", ")}; the reward officer has no other`);
  }
}

function proposable(what: string): Proposable {
  return PROPOSABLE.find((known) => known === what) ?? usage(`what can be proposed here: ${PROPOSABLE.join(", ")}`);
}

async function newPerson(argument: string, passFile: string | undefined): Promise<NewPerson> {
  const file = passFile ?? usage("add-person needs --new-pass FILE");
  return { ...personOf(argument), secret: await readOwnSecret(file, say) };
}

function nameOf(name: string): string {
  try {
    return personName(name);
  } catch {
    return usage("a person's name is 1 to 64 characters, none of them unseen");
  }
}

function startOf(date: string | undefined, now: Date): number {
  if (date === undefined) return Math.floor(now.getTime() / 1000 / DAY) * DAY;
  try {
    return parseDate(date) * DAY;
  } catch {
    return usage("a date is YYYY-MM-DD");
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
  if (value < least || value > most) usage(`${option} is a whole number from ${String(least)} to ${String(most)}`);
  return value;
}
