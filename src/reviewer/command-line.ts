/**
 * The command line of the review machine: understands arguments, runs one command, prints what it says. Results go to the output, as lines or with `--json` as one
 * object; progress, questions and failures to the error output. Exit 0: done; 1: refused, failed, or `verify` found damage; 2: not understood.
 */
import { Fault, Refusal } from "../protocol/errors.ts";
import { newPerson, planOf, quorumOf, typingOf } from "./ceremony-options.ts";
import { CLAIMS_HELP, runClaims } from "./claims/command-line.ts";
import { runVouchers, VOUCHERS_HELP } from "./claims/voucher-command-line.ts";
import { COMMANDS, OPTIONS, type Values } from "./command-options.ts";
import * as commands from "./commands.ts";
import * as decisions from "./decisions.ts";
import { PROPOSABLE, type Proposable } from "./decisions.ts";
import type { Desk } from "./desk.ts";
import { deskOf } from "./desk-options.ts";
import { extendProgram, extendRewards } from "./extend.ts";
import { guide } from "./guide.ts";
import { HELP } from "./help.ts";
import { OVERRIDE, requireIsolation } from "./isolation.ts";
import { REFERRAL_HELP, runReferral, runVerifyDossier } from "./referral/command-line.ts";
import { replaceCards } from "./replace-cards.ts";
import { runRetention } from "./retention-options.ts";
import { runTip, TIP_HELP } from "./triage/command-line.ts";
import type { Answer } from "./views.ts";
import { showWindow } from "./window/window.ts";
import { actionIn, numberIn, usage } from "./words-of.ts";

/** Commands whose arguments are understood elsewhere. */
const APART: Readonly<Record<string, { readonly help: string; readonly run: (args: readonly string[], now: Date) => Promise<Ended> }>> = {
  referral: { help: REFERRAL_HELP, run: async (args, now) => ({ answer: await runReferral(args, now, say), sound: true }) },
  claims: { help: CLAIMS_HELP, run: async (args, now) => ({ answer: await runClaims(args, now, say), sound: true }) },
  tip: { help: TIP_HELP, run: async (args, now) => ({ answer: await runTip(args, now, say), sound: true }) },
  vouchers: { help: VOUCHERS_HELP, run: async (args, now) => ({ answer: await runVouchers(args, now, say), sound: true }) },
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
    if (args.length === 0 || args.includes("--help")) {
      process.stdout.write(HELP);
      return args.length === 0 ? 2 : 0;
    }
    const { action, words, values } = actionIn(null, args, OPTIONS, COMMANDS, []);
    return answered(await runCommand(action, words, values), json);
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
    return { answer: await runRetention(first, second, values, now), sound: true };
  }
  if (command === "extend" && values.rewards !== undefined) {
    if (values.again === true || values.casebook !== undefined || values.person !== undefined || values.pass !== undefined)
      usage("--rewards goes with --epochs and --shares only");
    requireIsolation({ practice: false, override }, say);
    const epochs = numberIn("--epochs", values.epochs ?? "52", 1, 520);
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
      const epochs = values.again === true ? 0 : numberIn("--epochs", values.epochs ?? "52", 1, 520);
      return extendProgram(first, epochs, desk);
    }
    case "window":
      return showWindow(numberIn("--lock-after", values["lock-after"] ?? "10", 1, 120), desk);
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
      return decisions.propose(proposable(first), second, () => newPerson(second, values["new-pass"], say), desk);
    case "confirm":
    case "reject":
      return decisions.decide(numberIn(command, first, 1, 99_999_999), command === "confirm", desk);
    case "replace-cards":
      return replaceCards(first, { ...quorumOf(values), typing: (demo) => typingOf(values, demo) }, desk);
    case "proposals":
      return decisions.proposals(desk);
    default:
      throw new Error("a command is listed and not there");
  }
}

function proposable(what: string): Proposable {
  return PROPOSABLE.find((known) => known === what) ?? usage(`what can be proposed here: ${PROPOSABLE.join(", ")}`);
}
