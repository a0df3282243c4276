/**
 * `firsthand-auditor`: words in, an exit code out. 0: nothing was found. 1: something was. 2: it could not be checked, because the command was not understood,
 * the log or the site could not be reached, or the memory could not be read or written.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Fault, Refusal } from "../protocol/errors.ts";
import { parseDate } from "../protocol/format/date.ts";
import { type LogPolicy, parseLogPolicy } from "../protocol/format/log-policy.ts";
import { audit } from "./audit.ts";
import { cosignLog, makeCosigner, readCosigner } from "./cosign.ts";
import { logAt, siteAt } from "./fetch.ts";
import { HistoryGatherer } from "./history.ts";
import { comparePage } from "./page.ts";
import { progressBar } from "./progress.ts";
import { trustOf } from "./reading.ts";
import { auditAsJson, auditAsText, cosigningAsJson, cosigningAsText, fullReportAsJson, pageAsJson, pageAsText } from "./report.ts";
import { reportPage } from "./report-page.ts";

/** Where a command writes. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly error: { write(text: string): unknown; readonly isTTY?: boolean };
}

const HELP = `firsthand-auditor: checks a log of Firsthand, and the page its witnesses are given, without seeing any tip

  firsthand-auditor verify PLACE --policy FILE [--state FOLDER] [--today DATE] [--json]
  firsthand-auditor report PLACE --policy FILE --out FOLDER [--state FOLDER] [--today DATE] [--json]
  firsthand-auditor page SITE [--policy FILE [--state FOLDER]] [--list SHA256] [--json]
  firsthand-auditor keygen NAME --out FILE [--json]
  firsthand-auditor cosign PLACE --policy FILE --key FILE --state FOLDER [--out FILE] [--json]

  verify          every signature, entry and rule of a log
  report          verify, and write report.html (to look at) and report.json into a folder
  page            every file of the page that SITE serves: against the page's list of files, and the list against
                  the newest one in the log (--policy), or against one you know from building the page (--list), or both
  keygen          make a cosigner's key; prints its public half, for policies
  cosign          check that the log only grew since the checkpoint seen last, and sign the new one

  PLACE           address of the server (http:// or https://), or a folder with a copy of its log
  SITE            address of the server (http:// or https://)
  --policy FILE   the keys to trust: a log policy you got from the program, not from the server
  --out           folder of the report; file of the new key; file for the cosigned checkpoint (otherwise it is printed)
  --key FILE      the cosigner's key
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
    const { findings, text } = await obey(order, json, streams);
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

function obey(order: Words, json: boolean, streams: Streams): Promise<Done> {
  switch (order.command) {
    case "verify":
      return verify(order, json, streams);
    case "report":
      return report(order, json, streams);
    case "page":
      return page(order, json, streams);
    case "keygen":
      return keygen(order, json);
    case "cosign":
      return cosign(order, json, streams);
  }
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

async function report({ place, policy, state, today, out }: ReportWords, json: boolean, streams: Streams): Promise<Done> {
  const files = await logAt(place);
  const history = new HistoryGatherer();
  const bar = progressBar(streams.error, "Reading entries");
  try {
    const audited = await audit({
      files,
      policy: await readPolicy(policy),
      stateFolder: state,
      today,
      progress: bar.update,
      visit: (index, leaf) => {
        history.add(index, leaf);
      },
    });
    const told = audited.batches === null ? null : await history.end(files);
    const full = fullReportAsJson(audited, told);
    await writeOut(join(out, "report.json"), full);
    await writeOut(join(out, "report.html"), reportPage(audited, told, files.name));
    const text = json ? auditAsJson(audited) : `${auditAsText(audited, files.name)}\nWritten: ${join(out, "report.html")}, report.json\n`;
    return { findings: audited.findings.length, text };
  } finally {
    bar.end();
  }
}

async function keygen({ name, out }: KeygenWords, json: boolean): Promise<Done> {
  const { vkey } = await makeCosigner(name, out);
  return { findings: 0, text: json ? `${JSON.stringify({ vkey: vkey.text })}\n` : `${vkey.text}\n` };
}

async function cosign({ place, policy, key, state, out }: CosignWords, json: boolean, streams: Streams): Promise<Done> {
  const files = await logAt(place);
  const trust = trustOf(await readPolicy(policy));
  const cosigner = await readCosigner(key);
  const bar = progressBar(streams.error, "Reading entries");
  try {
    const done = await cosignLog({ files, trust, cosigner, stateFolder: state, now: Date.now(), progress: bar.update });
    const note = done.note === null ? null : new TextDecoder().decode(done.note);
    if (note !== null && out !== null) await writeOut(out, note);
    return { findings: done.findings.length, text: json ? cosigningAsJson(done, note) : cosigningAsText(done, note, out) };
  } finally {
    bar.end();
  }
}

async function writeOut(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw new Fault(`writing ${path}`, error);
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

interface ReportWords extends Omit<VerifyWords, "command"> {
  readonly command: "report";
  readonly out: string;
}

interface KeygenWords {
  readonly command: "keygen";
  readonly name: string;
  readonly out: string;
}

interface CosignWords {
  readonly command: "cosign";
  readonly place: string;
  readonly policy: string;
  readonly key: string;
  readonly state: string;
  readonly out: string | null;
}

interface PageWords {
  readonly command: "page";
  readonly place: string;
  readonly policy: string | null;
  readonly state: string | null;
  readonly list: string | null;
}

type Words = VerifyWords | ReportWords | PageWords | KeygenWords | CosignWords;

/** Options of each command besides --json. */
const COMMANDS = {
  verify: ["policy", "state", "today"],
  report: ["policy", "state", "today", "out"],
  page: ["policy", "state", "list"],
  keygen: ["out"],
  cosign: ["policy", "key", "state", "out"],
} as const;

/** What a command works on. */
const OBJECTS: Readonly<Record<keyof typeof COMMANDS, readonly [missing: string, tooMany: string]>> = {
  verify: ["say which log: an address or a folder", "one log at a time"],
  report: ["say which log: an address or a folder", "one log at a time"],
  page: ["say which site: an address", "one site at a time"],
  keygen: ["say which name the key has", "one name at a time"],
  cosign: ["say which log: an address or a folder", "one log at a time"],
};

/** Null: help was asked for. @throws {Refusal} `usage`. */
function parseWords(words: readonly string[]): Words | null {
  const { values, positionals } = split(words);
  if (values.help === true || positionals[0] === "help") return null;
  const [command, place, ...more] = positionals;
  if (command === undefined) throw new Refusal("usage", "say what to do: verify, report, page, keygen or cosign");
  if (!isCommand(command)) throw new Refusal("usage", "it can do these things: verify, report, page, keygen and cosign");
  const [missing, tooMany] = OBJECTS[command];
  if (place === undefined) throw new Refusal("usage", missing);
  if (more.length > 0) throw new Refusal("usage", tooMany);
  const { policy, list, state = null, today, out, key } = values;
  const allowed: readonly string[] = COMMANDS[command];
  const strange = (["policy", "list", "state", "today", "out", "key"] as const).find(
    (one) => values[one] !== undefined && !allowed.includes(one),
  );
  if (strange !== undefined) throw new Refusal("usage", `--${strange} is not for ${command}`);
  if (command === "page") return parsePageWords(place, { policy, list, state });
  if (command === "keygen") {
    if (out === undefined) throw new Refusal("usage", "--out FILE is needed: where the key is kept");
    return { command, name: place, out };
  }
  if (policy === undefined) throw new Refusal("usage", "--policy FILE is needed: without keys to trust nothing can be checked");
  if (command === "cosign") {
    if (key === undefined) throw new Refusal("usage", "--key FILE is needed: the cosigner's key, made by keygen");
    if (state === null) throw new Refusal("usage", "--state FOLDER is needed: a cosigner must remember what it signed");
    return { command, place, policy, key, state, out: out ?? null };
  }
  const day = today ?? new Date().toISOString().slice(0, 10);
  try {
    parseDate(day);
  } catch {
    throw new Refusal("usage", "--today is a day as YYYY-MM-DD");
  }
  if (command === "verify") return { command, place, policy, state, today: day };
  if (out === undefined) throw new Refusal("usage", "--out FOLDER is needed: where the report goes");
  return { command, place, policy, state, today: day, out };
}

function isCommand(word: string): word is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, word);
}

interface PageOptions {
  readonly policy: string | undefined;
  readonly list: string | undefined;
  readonly state: string | null;
}

function parsePageWords(place: string, { policy, list, state }: PageOptions): PageWords {
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
        out: { type: "string" },
        key: { type: "string" },
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
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new Fault(`reading the policy ${path}`, error);
  }
  return parseLogPolicy(bytes);
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
