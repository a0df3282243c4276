/**
 * `firsthand-auditor`: words in, an exit code out. 0: nothing was found. 1: something was. 2: it could not be checked, because the command was not understood,
 * the log or the site could not be reached, or the memory could not be read or written.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Fault, Refusal } from "../protocol/errors.ts";
import { parseDate } from "../protocol/format/date.ts";
import { type LogPolicy, parseLogPolicy } from "../protocol/format/log-policy.ts";
import { audit } from "./audit.ts";
import { logAt, siteAt } from "./fetch.ts";
import { comparePage } from "./page.ts";
import { progressBar } from "./progress.ts";
import { auditAsJson, auditAsText, pageAsJson, pageAsText } from "./report.ts";

/** Where a command writes. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly error: { write(text: string): unknown; readonly isTTY?: boolean };
}

const HELP = `firsthand-auditor: checks a log of Firsthand, and the page its witnesses are given, without seeing any tip

  firsthand-auditor verify PLACE --policy FILE [--state FOLDER] [--today DATE] [--json]
  firsthand-auditor page SITE [--policy FILE [--state FOLDER]] [--list SHA256] [--json]

  verify          every signature, entry and rule of a log
  page            every file of the page that SITE serves: against the page's list of files, and the list against
                  the newest one in the log (--policy), or against one you know from building the page (--list), or both

  PLACE           address of the server (http:// or https://), or a folder with a copy of its log
  SITE            address of the server (http:// or https://)
  --policy FILE   the keys to trust: a log policy you got from the program, not from the server
  --list SHA256   the hash of manifest.json that npm run build printed
  --state FOLDER  remember the checkpoint; the next time shows that the log only grew since
  --today DATE    judge as of this day, YYYY-MM-DD; otherwise today by this machine's clock (UTC)
  --json          write the report as JSON
  --help          show this

  Exit code: 0 nothing found, 1 something found, 2 could not be checked.
`;

/** Runs the command with these words (without `node` and the script) and returns its exit code. Writes to nothing but `streams` and the state folder. */
export async function run(words: readonly string[], streams: Streams): Promise<0 | 1 | 2> {
  const json = words.includes("--json");
  try {
    const order = parseWords(words);
    if (order === null) {
      streams.out.write(HELP);
      return 0;
    }
    const { findings, text } = order.command === "verify" ? await verify(order, json, streams) : await page(order, json, streams);
    streams.out.write(text);
    return findings === 0 ? 0 : 1;
  } catch (error) {
    const message = explain(error);
    streams.error.write(`firsthand-auditor: ${message}\n`);
    if (error instanceof Refusal && error.code === "usage") streams.error.write("Try: firsthand-auditor --help\n");
    if (json) streams.out.write(`${JSON.stringify({ verdict: "not-checked", message })}\n`);
    return 2;
  }
}

/** A report ready to be written, and how many findings it has. */
interface Done {
  readonly findings: number;
  readonly text: string;
}

async function verify({ place, policy, state, today }: VerifyWords, json: boolean, streams: Streams): Promise<Done> {
  const files = await logAt(place);
  const bar = progressBar(streams.error, "Reading entries");
  try {
    const report = await audit({ files, policy: await readPolicy(policy), stateFolder: state, today, progress: bar.update });
    return { findings: report.findings.length, text: json ? auditAsJson(report) : auditAsText(report, files.name) };
  } finally {
    bar.end();
  }
}

async function page({ place, policy, state, list }: PageWords, json: boolean, streams: Streams): Promise<Done> {
  const site = siteAt(place);
  const bar = progressBar(streams.error, "Reading entries");
  try {
    const log =
      policy === null ? null : { files: await logAt(place), policy: await readPolicy(policy), stateFolder: state, progress: bar.update };
    const report = await comparePage({ site, log, expected: list });
    return { findings: report.findings.length, text: json ? pageAsJson(report) : pageAsText(report) };
  } finally {
    bar.end();
  }
}

interface VerifyWords {
  readonly command: "verify";
  readonly place: string;
  readonly policy: string;
  readonly state: string | null;
  readonly today: string;
}

interface PageWords {
  readonly command: "page";
  readonly place: string;
  readonly policy: string | null;
  readonly state: string | null;
  readonly list: string | null;
}

/** Null: help was asked for. @throws {Refusal} `usage`. */
function parseWords(words: readonly string[]): VerifyWords | PageWords | null {
  const { values, positionals } = split(words);
  if (values.help === true || positionals[0] === "help") return null;
  const [command, place, ...more] = positionals;
  if (command === undefined) throw new Refusal("usage", "say what to do: verify or page");
  if (command !== "verify" && command !== "page") throw new Refusal("usage", "it does two things: verify and page");
  if (place === undefined)
    throw new Refusal("usage", command === "verify" ? "say which log: an address or a folder" : "say which site: an address");
  if (more.length > 0) throw new Refusal("usage", command === "verify" ? "one log at a time" : "one site at a time");
  const { policy, list, state = null, today } = values;
  if (command === "page") return parsePageWords(place, { policy, list, state, today });
  if (list !== undefined) throw new Refusal("usage", "--list is for page");
  if (policy === undefined) throw new Refusal("usage", "--policy FILE is needed: without keys to trust nothing can be checked");
  const day = today ?? new Date().toISOString().slice(0, 10);
  try {
    parseDate(day);
  } catch {
    throw new Refusal("usage", "--today is a day as YYYY-MM-DD");
  }
  return { command, place, policy, state, today: day };
}

interface PageOptions {
  readonly policy: string | undefined;
  readonly list: string | undefined;
  readonly state: string | null;
  readonly today: string | undefined;
}

function parsePageWords(place: string, { policy, list, state, today }: PageOptions): PageWords {
  if (today !== undefined) throw new Refusal("usage", "--today is for verify");
  if (policy === undefined && list === undefined) {
    throw new Refusal("usage", "--policy FILE or --list SHA256 is needed: a page that agrees with its own list shows nothing");
  }
  if (state !== null && policy === undefined) throw new Refusal("usage", "--state goes with --policy");
  if (list !== undefined && !/^[0-9a-f]{64}$/.test(list)) throw new Refusal("usage", "--list is 64 hexadecimal digits");
  return { command: "page", place, policy: policy ?? null, state, list: list ?? null };
}

function split(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        policy: { type: "string" },
        list: { type: "string" },
        state: { type: "string" },
        today: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // parseArgs names the option in its first sentence, and then gives advice about dashes.
    throw new Refusal("usage", error instanceof Error ? (error.message.split(". ")[0] ?? "") : undefined);
  }
}

async function readPolicy(path: string): Promise<LogPolicy> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Fault(`reading the policy ${path}`, error);
  }
  // An editor's newline at the end is not part of it.
  return parseLogPolicy(new TextEncoder().encode(text.replace(/\n$/, "")));
}

function explain(error: unknown): string {
  if (error instanceof Refusal) {
    if (error.code === "usage" && error.where !== undefined) return `The command was not understood: ${error.where}.`;
    if (error.code === "not-found") return "There is no log at this place: it has no checkpoint.";
    return error.message;
  }
  // A bug is not a finding and not the user's mistake: it ends the program with its trace.
  if (!(error instanceof Fault)) throw error;
  const reasons: string[] = [];
  for (let cause: unknown = error.cause; cause instanceof Error && reasons.length < 3; cause = cause.cause) reasons.push(cause.message);
  return [error.message, ...reasons].filter((reason) => reason !== "").join(" ");
}
