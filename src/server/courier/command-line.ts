/**
 * The command line of the server: understands arguments, runs one command, prints what came of it. Results go to the output, as lines or with
 * `--json` as one object; progress, failures and the event log to the error output. Exit 0: done; 1: refused or failed; 2: not understood.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { DecidedPolicy } from "../../protocol/crypto/retention-note.ts";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { formatDate } from "../../protocol/format/date.ts";
import { formatLogPolicy } from "../../protocol/format/log-policy.ts";
import { loadConfig } from "../config.ts";
import { type Context, openContext } from "../context.ts";
import { type Keys, loadKeys, openFirstPolicy } from "../keys.ts";
import { openEventLog } from "../privacy.ts";
import { serve } from "../serve.ts";
import { confirmClock } from "./clock.ts";
import { takeCosignatures } from "./cosign.ts";
import { exportAgain, exportBundle, type ExportedBundle } from "./export.ts";
import { importBundle, type ImportedBundle } from "./import.ts";
import { takeInventory } from "./inventory.ts";
import { keep } from "./keeper.ts";
import { checkPageLog } from "./page-release.ts";
import type { Progress } from "./progress.ts";
import { dueBatches, plannedPurges, purge } from "./purge.ts";
import { takePolicy } from "./retention.ts";
import { startSchedule } from "./schedule.ts";
import { sealBatch, type SealedBatch } from "./seal.ts";
import { sentenceFor, statusOf } from "./status.ts";
import { dayOf } from "./timetable.ts";

const HELP = `firsthand: the intake server.

  firsthand serve            serve the page, take in tips, seal a batch a day, purge what is due
      --intake               only serve and take in: sealing and purging is another process's, firsthand keep
  firsthand keep             only seal a batch a day and purge what is due, for one or more of serve --intake
  firsthand seal             seal the batch that is open now, instead of waiting for the timetable
  firsthand export DIR       write the next bundle for the review machine into a folder (the stick)
      --again N              write bundle N once more, byte for byte; nothing is logged
  firsthand import FILE      take in a bundle from the review machine
      --qr                   FILE is the text of its scanned codes, one on a line
  firsthand purge            destroy the batches and replies whose time is over, now
      --dry-run              only say which, and when the others will be
  firsthand retention FILE   take in a change of the retention policy that two people signed
  firsthand cosign FILE      publish the cosignatures in a checkpoint that firsthand-auditor cosigned
  firsthand clock --today DATE  after a pause: say that this machine's date is right (YYYY-MM-DD)
  firsthand status           batches, bundles, what needs a person
  firsthand inventory        what is stored of sealed batches, signed, for firsthand-auditor inventory
  firsthand keys             the public keys others need to check this server
      --policy               the policy file for firsthand-auditor
      --log                  only the log's key, made if there is none yet: the page is built for it

With every command:
      --json                 the result as one JSON object
      --help                 this text

Settings are environment variables: DATA_DIR, KEYS_DIR, HOST, EXPOSE, PORT, SOCKET, DATABASE_URL, SEAL_AT, ORIGIN,
PAGE_DIR, MAX_TIP_MIB, MIN_FREE_MIB, MAX_PENDING_MIB, RESERVE_MIB, IN_FLIGHT_MIB. README.md explains them.
seal, export, import, purge, retention, cosign and inventory work while the server serves. So do several of serve and serve --intake on one DATA_DIR and database,
each with a PORT or SOCKET of its own; of all that keep, one does at a time.

Exit status: 0 done, 1 refused or failed, 2 not understood.
`;

const OPTIONS = {
  again: { type: "string" },
  "dry-run": { type: "boolean" },
  policy: { type: "boolean" },
  qr: { type: "boolean" },
  today: { type: "string" },
  log: { type: "boolean" },
  intake: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Words after each command, and the options it takes. */
const COMMANDS: Readonly<Record<string, { readonly words: readonly string[]; readonly options: readonly (keyof typeof OPTIONS)[] }>> = {
  serve: { words: [], options: ["intake", "json"] },
  keep: { words: [], options: ["json"] },
  seal: { words: [], options: ["json"] },
  export: { words: ["DIR"], options: ["again", "json"] },
  import: { words: ["FILE"], options: ["qr", "json"] },
  purge: { words: [], options: ["dry-run", "json"] },
  retention: { words: ["FILE"], options: ["json"] },
  cosign: { words: ["FILE"], options: ["json"] },
  clock: { words: [], options: ["today", "json"] },
  status: { words: [], options: ["json"] },
  inventory: { words: [], options: ["json"] },
  keys: { words: [], options: ["policy", "log", "json"] },
};

/** What a command has to say: a value for programs, lines for people. */
interface Answer {
  readonly json: object;
  readonly lines: readonly string[];
  /** A file's content instead of lines, without a newline of ours. */
  readonly file?: string;
}

type Values = ReturnType<typeof parse>["values"];

/** How long a command waits for another keeper at work, milliseconds. */
const PATIENCE = 10_000;
/** How long the server waits for one when it starts, milliseconds. */
const PATIENCE_AT_START = 120_000;

/** Runs one command. Returns the exit status; throws only bugs. */
export async function run(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<0 | 1 | 2> {
  const json = args.includes("--json");
  try {
    const { values, positionals } = parse(args);
    if (values.help === true || args.length === 0) {
      process.stdout.write(HELP);
      return values.help === true ? 0 : 2;
    }
    const [command = "", ...words] = positionals;
    checkUsage(command, words, values);
    const answer = await runCommand(command, words[0] ?? "", values, env);
    print(answer, json);
    return 0;
  } catch (error) {
    const known = asKnown(error);
    const code = known instanceof Refusal ? known.code : "fault";
    say(json ? JSON.stringify({ error: code, message: describe(known) }) : `firsthand: ${describe(known)}`);
    if (code === "usage" && !json) say("firsthand --help says more.");
    return code === "usage" ? 2 : 1;
  }
}

function print({ json: value, lines, file }: Answer, json: boolean): void {
  process.stdout.write(file ?? (json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join("")));
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** A failing system call outside our modules is a fault too; anything else is a bug. */
function asKnown(error: unknown): Refusal | Fault {
  if (error instanceof Refusal || error instanceof Fault) return error;
  if (error instanceof Error && "syscall" in error) return new Fault("using a file or device", error);
  throw error;
}

/** A fault is told with the kind of its cause: a code such as ENOSPC, or PostgreSQL's SQLSTATE. */
function describe(error: Refusal | Fault): string {
  const { cause } = error;
  if (!(error instanceof Fault) || !(cause instanceof Error)) return error.message;
  return `${error.message} (${"code" in cause && typeof cause.code === "string" ? cause.code : cause.message})`;
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
  if (values.policy === true && values.log === true) usage("keys takes --policy or --log");
  if (values.again !== undefined && !/^[1-9]\d{0,7}$/.test(values.again)) usage("--again takes the number of a bundle");
  if (command === "clock" && !/^\d{4}-\d\d-\d\d$/.test(values.today ?? "")) usage("clock takes --today YYYY-MM-DD");
}

async function runCommand(
  command: string,
  word: string,
  values: Values,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Answer> {
  const config = loadConfig(env);
  if (command === "keys") return keysAnswer(await loadKeys(config), values);
  // Commands say themselves what they did; only what goes on running keeps a log of events.
  const context = await openContext(
    config,
    command === "serve" || command === "keep" ? { restarts: true } : { log: openEventLog({ write: () => undefined }) },
  );
  const progress = progressLines();
  try {
    return await answerTo(command, word, values, context, progress.report);
  } finally {
    progress.stop();
    await context.close();
  }
}

async function answerTo(command: string, word: string, values: Values, context: Context, progress: Progress): Promise<Answer> {
  const keeping = { progress, patience: PATIENCE };
  switch (command) {
    case "serve":
      return serveUntilStopped(context, progress, { json: values.json === true, keeps: values.intake !== true });
    case "keep":
      return keepUntilStopped(context, progress, values.json === true);
    case "seal":
      return sealAnswer(
        await keep(context, keeping, async (keeper) => {
          // What an interrupted sealing or the timetable sealed just now is what was asked for.
          return keeper.sealed.length > 0 ? keeper.sealed : [await sealBatch(keeper, dayOf(context.clock()), false)];
        }),
      );
    case "export": {
      const again = values.again;
      const folder = resolve(word);
      return exportAnswer(
        await keep(context, keeping, (keeper) =>
          again === undefined ? exportBundle(keeper, folder) : exportAgain(keeper, folder, Number(again)),
        ),
      );
    }
    case "import": {
      return importAnswer(
        await keep(context, keeping, (keeper) => importBundle(keeper, resolve(word), values.qr === true ? "codes" : "bundle")),
      );
    }
    case "purge":
      return purgeAnswer(context, keeping, values["dry-run"] === true);
    case "retention":
      return policyAnswer(await keep(context, keeping, (keeper) => takePolicy(keeper, resolve(word))));
    case "cosign": {
      const cosigners = await keep(context, keeping, (keeper) => takeCosignatures(keeper, resolve(word)));
      return { json: { cosigners }, lines: [`The published checkpoint is cosigned by ${cosigners.join(", ")}.`] };
    }
    case "clock": {
      const today = values.today ?? "";
      await confirmClock(context, today);
      return { json: { today }, lines: [`It is ${today}. Sealing and purging go on.`] };
    }
    case "status":
      return statusAnswer(context);
    case "inventory": {
      const { inventory, note } = await takeInventory(context, PATIENCE);
      return { json: { ...inventory, note: fromUtf8(note) }, lines: [], ...(values.json === true ? {} : { file: fromUtf8(note) }) };
    }
    default:
      throw new Error("a command is listed and not there");
  }
}

async function serveUntilStopped(
  context: Context,
  progress: Progress,
  { json, keeps }: { readonly json: boolean; readonly keeps: boolean },
): Promise<Answer> {
  await checkPageLog(context.config.pageDir, context.keys.logSigner.vkey);
  if (keeps) await catchUp(context, progress);
  const stop = stopSignal();
  const serving = await serve(context);
  const schedule = keeps ? startSchedule(context) : null;
  const { address } = serving;
  print({ json: { address }, lines: [`Serving at ${address}. Ctrl-C stops.`] }, json);
  await stop;
  await serving.close();
  await schedule?.stop();
  return { json: { stopped: true }, lines: ["Stopped."] };
}

async function keepUntilStopped(context: Context, progress: Progress, json: boolean): Promise<Answer> {
  await catchUp(context, progress);
  const stop = stopSignal();
  const schedule = startSchedule(context);
  print({ json: { keeping: true }, lines: ["Keeping. Ctrl-C stops."] }, json);
  await stop;
  await schedule.stop();
  return { json: { stopped: true }, lines: ["Stopped."] };
}

/**
 * What was missed while nobody served. A clock that is wrong, or a database that must not be signed, holds up no witness: tips can still be taken in; the timetable tries
 * again, and says so.
 */
async function catchUp(context: Context, progress: Progress): Promise<void> {
  try {
    await keep(context, { progress, patience: PATIENCE_AT_START }, () => Promise.resolve());
  } catch (error) {
    if (!(error instanceof Refusal) || !["clock-ahead", "clock-behind", "store-went-back"].includes(error.code)) throw error;
    say(`firsthand: ${error.message}`);
  }
}

function stopSignal(): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => {
      done();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}

function sealAnswer(sealed: readonly SealedBatch[]): Answer {
  const list = sealed.map(({ batch, day, size }) => ({ batch, date: formatDate(day), size }));
  return {
    json: { sealed: list },
    lines: list.map(
      ({ batch, date, size }) =>
        `Batch ${String(batch)} is sealed for ${date}: ${String(size)} items, real ones and decoys alike. The log is published.`,
    ),
  };
}

function exportAnswer(exported: ExportedBundle): Answer {
  const { bundle, first, last, path, length } = exported;
  const what = first === last ? `batch ${String(first)}` : `batches ${String(first)} to ${String(last)}`;
  return {
    json: exported,
    lines: [`Bundle ${String(bundle)} with ${what}: ${path}, ${String(length)} bytes. It is flushed to the stick.`],
  };
}

function importAnswer(imported: ImportedBundle): Answer {
  const { bundle, acknowledged, late, replies } = imported;
  const lines = [`Bundle ${String(bundle)} from the review machine is taken in.`];
  if (acknowledged.length > 0) lines.push(`Acknowledged, logged and published: ${batches(acknowledged)}.`);
  if (replies > 0) lines.push(`In their mailboxes: ${replies === 1 ? "1 reply" : `${String(replies)} replies`}.`);
  if (late.length > 0) lines.push(`Too late, and not logged: the acknowledgement of ${batches(late)}, destroyed before it came.`);
  return { json: imported, lines };
}

async function purgeAnswer(context: Context, keeping: { progress: Progress; patience: number }, dryRun: boolean): Promise<Answer> {
  if (dryRun) return plannedAnswer(context);
  const purged = await keep(context, keeping, (keeper) => purge(keeper));
  const destroyed = `${batches(purged.map(({ batch }) => batch))} destroyed: key gone, partitions dropped, nothing found on looking, logged and published.`;
  return { json: { purged }, lines: [purged.length === 0 ? "Nothing is due." : destroyed] };
}

/** What a purge now would destroy, and when it is the turn of what it would leave. */
async function plannedAnswer({ db, clock }: Context): Promise<Answer> {
  const due = await dueBatches(db, dayOf(clock()));
  const planned = await plannedPurges(db);
  const later = planned.filter(({ batch }) => due.every((one) => one.batch !== batch));
  const of = (number: number): string => {
    const { size = 0, date = "" } = planned.find(({ batch }) => batch === number) ?? {};
    return `batch ${String(number)} of ${date}, ${String(size)} items`;
  };
  return {
    json: { due, later },
    lines: [
      ...(due.length === 0 ? ["Nothing is due."] : due.map(({ batch, reason }) => `Due: ${of(batch)} (${reason}).`)),
      ...later.map(({ batch, state, due: day }) => {
        if (day === null) return `Stays until it is acknowledged: ${of(batch)} (${state}).`;
        return `From ${day}: ${of(batch)} (${state}).`;
      }),
    ],
  };
}

function policyAnswer({ number, from, sha256, policy }: DecidedPolicy): Answer {
  const { daysAfterAcknowledgement, daysAtMost, graceDays, unacknowledged } = policy;
  const lines = [
    `Retention policy ${String(number)} is logged and published: ${sha256}.`,
    `Batches of ${from} and later that are sealed from now on stay ${String(daysAfterAcknowledgement)} days after they are acknowledged, ${String(daysAtMost)} days at most.`,
    unacknowledged === "keep"
      ? "What nobody acknowledged stays longer than that, and is an alarm."
      : "What nobody acknowledged is destroyed then too.",
    "Batches that are sealed already keep the policy they were sealed under.",
  ];
  return { json: { number, from, sha256, daysAfterAcknowledgement, daysAtMost, graceDays, unacknowledged }, lines };
}

async function statusAnswer(context: Context): Promise<Answer> {
  const status = await statusOf(context);
  const { batches: count, bundles } = status;
  return {
    json: status,
    lines: [
      `Log ${status.origin}: ${String(status.logSize)} entries.`,
      `Batches: ${String(count.sealed)} sealed, ${String(count.exported)} exported, ${String(count.acknowledged)} acknowledged, ${String(count.purged)} purged.`,
      `Bundles: ${String(bundles.toReview)} to the review machine, ${String(bundles.toServer)} from it.`,
      `Next sealing: ${status.nextSealing}.`,
      ...(status.alarms.length === 0 ? ["Nothing needs attention."] : status.alarms.map((alarm) => `! ${sentenceFor(alarm)}`)),
    ],
  };
}

async function keysAnswer(keys: Keys, { policy, log }: Values): Promise<Answer> {
  const { logSigner, review, cosigners, program, rewards, demo } = keys;
  const file = {
    log: logSigner.vkey.text,
    review: review.text,
    cosigners: cosigners.map(({ text }, number) => ({ name: `cosigner-${String(number + 1)}`, vkey: text })),
    // Who must have cosigned is for the auditor to say, in this file.
    quorum: null,
    witnessProgram: program.fingerprint,
  };
  if (log === true) return { json: {}, lines: [], file: `${file.log}\n` };
  if (policy === true) {
    const text = fromUtf8(formatLogPolicy(file));
    return { json: {}, lines: [], file: text };
  }
  const { sha256: retentionHash } = await openFirstPolicy(keys);
  return {
    json: {
      log: file.log,
      review: file.review,
      program: program.fingerprint,
      rewards: rewards.fingerprint,
      retention: retentionHash,
      demo,
    },
    lines: [
      `Log key:          ${file.log}`,
      `Review key:       ${file.review}`,
      `Program:          ${program.fingerprint}`,
      `Rewards:          ${rewards.fingerprint}`,
      `First retention:  ${retentionHash}`,
      ...(demo ? ["These are demo keys: their secrets are public."] : []),
    ],
  };
}

function batches(numbers: readonly number[]): string {
  return numbers.length === 1 ? `batch ${String(numbers[0])}` : `batches ${numbers.map(String).join(", ")}`;
}

/** Shows the step under way once a second, from the first second on: nothing for what is quick. */
function progressLines(): { report: Progress; stop(): void } {
  let current = "";
  let shown = "";
  const timer = setInterval(() => {
    if (current !== shown) say(`… ${current}`);
    shown = current;
  }, 1000);
  timer.unref();
  return {
    report: (step, done, total) => {
      current = done === undefined || total === undefined ? step : `${step} ${String(done)} of ${String(total)}`;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
