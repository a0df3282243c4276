/**
 * `firsthand-auditor`: words in, an exit code out. 0: nothing was found. 1: something was. 2: it could not be checked, because the command was not understood,
 * the log could not be reached, or the memory could not be read or written.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Fault, Refusal } from "../protocol/errors.ts";
import { parseDate } from "../protocol/format/date.ts";
import { type LogPolicy, parseLogPolicy } from "../protocol/format/log-policy.ts";
import { audit } from "./audit.ts";
import { logAt } from "./fetch.ts";
import { progressBar } from "./progress.ts";
import { asJson, asText } from "./report.ts";

/** Where a command writes. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly error: { write(text: string): unknown; readonly isTTY?: boolean };
}

const HELP = `firsthand-auditor: checks a log of Firsthand without seeing any tip

  firsthand-auditor verify PLACE --policy FILE [--state FOLDER] [--today DATE] [--json]

  PLACE           address of the server (http:// or https://), or a folder with a copy of its log
  --policy FILE   the keys to trust: a log policy you got from the program, not from the server
  --state FOLDER  remember the checkpoint; the next audit shows that the log only grew since
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
    const files = await logAt(order.place);
    const bar = progressBar(streams.error, "Reading entries");
    let report;
    try {
      report = await audit({
        files,
        policy: await readPolicy(order.policy),
        stateFolder: order.state,
        today: order.today,
        progress: bar.update,
      });
    } finally {
      bar.end();
    }
    streams.out.write(json ? asJson(report) : asText(report, files.name));
    return report.findings.length === 0 ? 0 : 1;
  } catch (error) {
    const message = explain(error);
    streams.error.write(`firsthand-auditor: ${message}\n`);
    if (error instanceof Refusal && error.code === "usage") streams.error.write("Try: firsthand-auditor --help\n");
    if (json) streams.out.write(`${JSON.stringify({ verdict: "not-checked", message })}\n`);
    return 2;
  }
}

interface Words {
  readonly place: string;
  readonly policy: string;
  readonly state: string | null;
  readonly today: string;
}

/** Null: help was asked for. @throws {Refusal} `usage`. */
function parseWords(words: readonly string[]): Words | null {
  const { values, positionals } = split(words);
  if (values.help === true || positionals[0] === "help") return null;
  const [command, place, ...more] = positionals;
  if (command === undefined) throw new Refusal("usage", "say what to do: verify");
  if (command !== "verify") throw new Refusal("usage", "the one thing it does is verify");
  if (place === undefined) throw new Refusal("usage", "say which log: an address or a folder");
  if (more.length > 0) throw new Refusal("usage", "one log at a time");
  if (values.policy === undefined) throw new Refusal("usage", "--policy FILE is needed: without keys to trust nothing can be checked");
  const today = values.today ?? new Date().toISOString().slice(0, 10);
  try {
    parseDate(today);
  } catch {
    throw new Refusal("usage", "--today is a day as YYYY-MM-DD");
  }
  return { place, policy: values.policy, state: values.state ?? null, today };
}

function split(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        policy: { type: "string" },
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
