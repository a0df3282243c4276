/** The words of `firsthand-auditor`: which commands there are, what each takes, and what people are told about them. */
import { parseArgs } from "node:util";
import { Refusal } from "../protocol/errors.ts";
import { parseDate } from "../protocol/format/date.ts";
import { type Line, lineThrough } from "./line.ts";

export const HELP = `firsthand-auditor: checks a log of Firsthand, and the page its witnesses are given, without seeing any tip

  firsthand-auditor verify PLACE --policy FILE [--state FOLDER] [--today DATE] [--cosigned-within DAYS]
  firsthand-auditor report PLACE --policy FILE --out FOLDER [as verify]
  firsthand-auditor inventory PLACE --policy FILE --file FILE [--state FOLDER]
  firsthand-auditor page SITE [--policy FILE [--state FOLDER]] [--list SHA256]
  firsthand-auditor prove PLACE --policy FILE (--receipt FILE | --entry INDEX) --out FILE [--state FOLDER]
  firsthand-auditor check PROOF --policy FILE [--receipt FILE]
  firsthand-auditor keygen NAME --out FILE
  firsthand-auditor cosign PLACE --policy FILE --key FILE --state FOLDER [--out FILE]
  firsthand-auditor answer REQUEST --policy FILE --key FILE --state FOLDER [--out FILE]
  firsthand-auditor serve HOST:PORT --policy FILE --key FILE --state FOLDER
  firsthand-auditor submit PLACE --policy FILE (--to URL | --old SIZE) [--out FILE]
  firsthand-auditor help GUIDE

  verify          every signature, entry and rule of a log
  report          verify, and write report.html (to look at) and report.json into a folder
  inventory       what the server says it still has (firsthand inventory, a file) against the log
  page            every file of the page that SITE serves: against the page's list of files, and the list against
                  the newest one in the log (--policy), or against one you know from building the page (--list), or both
  prove           is what a receipt promises in the log? Reads all of the log, and writes a proof for offline use
  check           does a proof hold, and is it of this receipt?
  keygen          make a cosigner's key; prints its public half, for policies
  cosign          check that the log only grew since the checkpoint seen last, read all of it, and sign the new one
  answer, serve   cosign what somebody brings: a request in a file, or over HTTP (C2SP tlog-witness, add-checkpoint)
  submit          take the log's checkpoint to a cosigner (--to), or write the request for one (--old)
  help            a guide of a page or two: operator, courier, reviewer, auditor, incidents

  PLACE           address of the server (http:// or https://), or a folder with a copy of its log
  SITE            address of the server (http:// or https://)
  --policy FILE   the keys to trust (C2SP tlog-policy): get it from the program, not from the server
  --proxy ADDRESS reach PLACE, SITE and URL through a SOCKS5 proxy that resolves the names, such as Tor:
                  socks5h://127.0.0.1:9050
  --out           folder of the report; file of the new key, proof, request, or cosigned checkpoint (otherwise printed)
  --key FILE      the cosigner's key
  --to URL        the cosigner's address
  --old SIZE      size of the log when that cosigner signed last; 0 if never
  --list SHA256   the hash of manifest.json that npm run build printed
  --state FOLDER  remember the checkpoint; the next time shows that the log only grew since
  --today DATE    judge as of this day, YYYY-MM-DD; otherwise today by this machine's clock (UTC)
  --cosigned-within DAYS   how old the cosignatures that the policy asks for may be
  --json          write the result as JSON
  --help          show this

  Exit code: 0 nothing found, 1 something found, 2 could not be checked.
`;

interface Always {
  readonly line: Line;
}

interface LogWords extends Always {
  readonly place: string;
  readonly policy: string;
  readonly state: string | null;
}

/** How a log is judged. */
export interface VerifyWords extends LogWords {
  readonly command: "verify";
  /** `YYYY-MM-DD`. */
  readonly today: string;
  readonly cosignedWithin: number | null;
}

/** As `verify`, and where the report goes. */
export interface ReportWords extends Omit<VerifyWords, "command"> {
  readonly command: "report";
  readonly out: string;
}

/** A log and the inventory's file. */
export interface InventoryWords extends LogWords {
  readonly command: "inventory";
  readonly file: string;
}

/** A site, and what its page is held against. */
export interface PageWords extends Always {
  readonly command: "page";
  readonly place: string;
  readonly policy: string | null;
  readonly state: string | null;
  readonly list: string | null;
}

/** Which entry is to be proven. */
export interface ProveWords extends LogWords {
  readonly command: "prove";
  readonly receipt: string | null;
  readonly entry: number | null;
  readonly out: string;
}

/** A proof's file. */
export interface CheckWords extends Always {
  readonly command: "check";
  readonly proof: string;
  readonly policy: string;
  readonly receipt: string | null;
}

/** A new key. */
export interface KeygenWords extends Always {
  readonly command: "keygen";
  readonly name: string;
  readonly out: string;
}

interface CosignerWords extends Always {
  readonly policy: string;
  readonly key: string;
  readonly state: string;
}

/** A log to be cosigned. */
export interface CosignWords extends CosignerWords {
  readonly command: "cosign";
  readonly place: string;
  readonly out: string | null;
}

/** A request on a stick. */
export interface AnswerWords extends CosignerWords {
  readonly command: "answer";
  readonly request: string;
  readonly out: string | null;
}

/** Where to listen for requests. */
export interface ServeWords extends CosignerWords {
  readonly command: "serve";
  readonly host: string;
  readonly port: number;
}

/** A log whose checkpoint is taken to a cosigner. */
export interface SubmitWords extends Always {
  readonly command: "submit";
  readonly place: string;
  readonly policy: string;
  readonly to: string | null;
  readonly old: number | null;
  readonly out: string | null;
}

/** A guide for people. */
export interface HelpWords extends Always {
  readonly command: "help";
  readonly guide: string;
}

/** What is to be done. */
export type Words =
  | VerifyWords
  | ReportWords
  | InventoryWords
  | PageWords
  | ProveWords
  | CheckWords
  | KeygenWords
  | CosignWords
  | AnswerWords
  | ServeWords
  | SubmitWords
  | HelpWords;

const OPTIONS = {
  policy: { type: "string" },
  list: { type: "string" },
  state: { type: "string" },
  today: { type: "string" },
  "cosigned-within": { type: "string" },
  file: { type: "string" },
  receipt: { type: "string" },
  entry: { type: "string" },
  out: { type: "string" },
  key: { type: "string" },
  to: { type: "string" },
  old: { type: "string" },
  proxy: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Options of every command. */
const EVERYWHERE: readonly string[] = ["json", "help"];

/** Options that have a value. */
type Option = Exclude<keyof typeof OPTIONS, "json" | "help">;
type Values = Readonly<Partial<Record<Option, string>>>;

/** What each command works on, and which options it takes. */
const COMMANDS: Readonly<
  Record<Words["command"], { readonly missing: string; readonly tooMany: string; readonly options: readonly Option[] }>
> = {
  verify: { ...objects("log", "an address or a folder"), options: ["policy", "state", "today", "cosigned-within", "proxy"] },
  report: { ...objects("log", "an address or a folder"), options: ["policy", "state", "today", "cosigned-within", "out", "proxy"] },
  inventory: { ...objects("log", "an address or a folder"), options: ["policy", "state", "file", "proxy"] },
  page: { ...objects("site", "an address"), options: ["policy", "state", "list", "proxy"] },
  prove: { ...objects("log", "an address or a folder"), options: ["policy", "state", "receipt", "entry", "out", "proxy"] },
  check: { ...objects("proof", "a file"), options: ["policy", "receipt"] },
  keygen: { ...objects("name", "the one the key has"), options: ["out"] },
  cosign: { ...objects("log", "an address or a folder"), options: ["policy", "key", "state", "out", "proxy"] },
  answer: { ...objects("request", "a file"), options: ["policy", "key", "state", "out"] },
  serve: { ...objects("address", "HOST:PORT to listen on"), options: ["policy", "key", "state"] },
  submit: { ...objects("log", "an address or a folder"), options: ["policy", "to", "old", "out", "proxy"] },
  help: { ...objects("guide", "its name"), options: [] },
};

function objects(what: string, how: string): { missing: string; tooMany: string } {
  return { missing: `say which ${what}: ${how}`, tooMany: `one ${what} at a time` };
}

/** Null: help was asked for. `now` in milliseconds since 1970. @throws {Refusal} `usage`. */
export function parseWords(words: readonly string[], now: number): Words | null {
  const { values, positionals } = split(words);
  const given: Values = values;
  if (values.help === true || (positionals[0] === "help" && positionals.length === 1)) return null;
  const [command, object, ...more] = positionals;
  const all = Object.keys(COMMANDS).join(", ");
  if (command === undefined) throw usage(`say what to do: ${all}`);
  if (!isCommand(command)) throw usage(`it can do these things: ${all}`);
  const { missing, tooMany, options } = COMMANDS[command];
  if (object === undefined) throw usage(missing);
  if (more.length > 0) throw usage(tooMany);
  const strange = (Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).find(
    (one) => values[one] !== undefined && !EVERYWHERE.includes(one) && !options.some((allowed) => allowed === one),
  );
  if (strange !== undefined) throw usage(`--${strange} is not for ${command}`);
  return wordsOf(command, object, given, lineThrough(given.proxy ?? null), now);
}

function wordsOf(command: Words["command"], object: string, given: Values, line: Line, now: number): Words {
  const optional = { state: given.state ?? null, out: given.out ?? null };
  switch (command) {
    case "page":
      return pageWords(object, given, line);
    case "help":
      return { command, line, guide: object };
    case "keygen":
      return { command, line, name: object, out: needed(given, "out", "FILE", "where the key is kept") };
    case "verify":
    case "report": {
      const judged = { line, place: object, policy: policyOf(given), state: optional.state, ...dayOf(given, now) };
      if (command === "verify") return { command, ...judged };
      return { command, ...judged, out: needed(given, "out", "FOLDER", "where the report goes") };
    }
    case "inventory": {
      const file = needed(given, "file", "FILE", "what firsthand inventory wrote");
      return { command, line, place: object, policy: policyOf(given), state: optional.state, file };
    }
    case "prove": {
      const [receipt, entry] = either(given, "receipt", "entry");
      const out = needed(given, "out", "FILE", "where the proof goes");
      return {
        command,
        line,
        place: object,
        policy: policyOf(given),
        state: optional.state,
        receipt,
        entry: wholeNumber(entry, "entry"),
        out,
      };
    }
    case "check":
      return { command, line, proof: object, policy: policyOf(given), receipt: given.receipt ?? null };
    case "cosign":
      return { command, line, place: object, ...cosignerOf(given), out: optional.out };
    case "answer":
      return { command, line, request: object, ...cosignerOf(given), out: optional.out };
    case "serve":
      return { command, line, ...addressToListenOn(object), ...cosignerOf(given) };
    case "submit": {
      const [to, old] = either(given, "to", "old");
      return { command, line, place: object, policy: policyOf(given), to, old: wholeNumber(old, "old"), out: optional.out };
    }
  }
}

function usage(what: string): Refusal {
  return new Refusal("usage", what);
}

function isCommand(word: string): word is Words["command"] {
  return Object.hasOwn(COMMANDS, word);
}

function needed(given: Values, option: Option, value: string, why: string): string {
  const text = given[option];
  if (text === undefined) throw usage(`--${option} ${value} is needed: ${why}`);
  return text;
}

function policyOf(given: Values): string {
  return needed(given, "policy", "FILE", "without keys to trust nothing can be checked");
}

function cosignerOf(given: Values): { policy: string; key: string; state: string } {
  return {
    policy: policyOf(given),
    key: needed(given, "key", "FILE", "the cosigner's key, made by keygen"),
    state: needed(given, "state", "FOLDER", "a cosigner must remember what it signed"),
  };
}

/** Exactly one of two options. */
function either(given: Values, one: Option, other: Option): [one: string | null, other: string | null] {
  const [first, second] = [given[one], given[other]];
  if ((first === undefined) === (second === undefined)) throw usage(`either --${one} or --${other} is needed`);
  return [first ?? null, second ?? null];
}

function wholeNumber(text: string, option: Option): number;
function wholeNumber(text: string | null, option: Option): number | null;
function wholeNumber(text: string | null, option: Option): number | null {
  if (text === null) return null;
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw usage(`--${option} is a whole number`);
  return value;
}

function dayOf(given: Values, now: number): { today: string; cosignedWithin: number | null } {
  const today = given.today ?? new Date(now).toISOString().slice(0, 10);
  try {
    parseDate(today);
  } catch {
    throw usage("--today is a day as YYYY-MM-DD");
  }
  return { today, cosignedWithin: wholeNumber(given["cosigned-within"] ?? null, "cosigned-within") };
}

function pageWords(place: string, { policy, list, state }: Values, line: Line): PageWords {
  if (policy === undefined && list === undefined) {
    throw usage("--policy FILE or --list SHA256 is needed: a page that agrees with its own list shows nothing");
  }
  if (state !== undefined && policy === undefined) throw usage("--state goes with --policy");
  if (list !== undefined && !/^[0-9a-f]{64}$/.test(list)) throw usage("--list is 64 hexadecimal digits");
  return { command: "page", line, place, policy: policy ?? null, state: state ?? null, list: list ?? null };
}

function addressToListenOn(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/\s]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw usage("the address to listen on is HOST:PORT");
  return { host: match[1] ?? match[2] ?? "", port };
}

function split(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    // parseArgs names the option in its first sentence, and then gives advice about dashes.
    throw new Refusal("usage", error instanceof Error ? (error.message.split(". ")[0] ?? "") : undefined);
  }
}
