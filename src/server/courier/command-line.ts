/**
 * The command line of the server: understands arguments, runs one command, prints what came of it. Results go to the output, as lines or with
 * `--json` as one object; progress, failures and the event log to the error output. Exit 0: done; 1: refused or failed; 2: not understood.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { dayOf } from "../../protocol/format/date.ts";
import { type Config, loadConfig } from "../config.ts";
import { type Context, openContext } from "../context.ts";
import { loadKeys } from "../keys.ts";
import { backupAnswer, doctorAnswer, guideAnswer, restoreAnswer } from "../operator/answers.ts";
import { openAdminSocket } from "../operator/admin-socket.ts";
import { backUp } from "../operator/backup.ts";
import { restoreFrom } from "../operator/commands.ts";
import { examine, examineOnion } from "../operator/doctor.ts";
import { openEventLog } from "../privacy.ts";
import { serve } from "../serve.ts";
import { isIntakeLogin } from "../store/logins.ts";
import {
  type Answer,
  exportAnswer,
  importAnswer,
  keysAnswer,
  plannedAnswer,
  policyAnswer,
  purgeAnswer,
  sealAnswer,
  statusAnswer,
} from "./answers.ts";
import { confirmClock } from "./clock.ts";
import { takeCosignatures } from "./cosign.ts";
import { exportAgain, exportBundle } from "./export.ts";
import { importBundle } from "./import.ts";
import { takeInventory } from "./inventory.ts";
import { keep } from "./keeper.ts";
import { checkPageLog } from "./page-release.ts";
import type { Progress } from "./progress.ts";
import { purge } from "./purge.ts";
import { takePolicy } from "./retention.ts";
import { startSchedule } from "./schedule.ts";
import { sealBatch } from "./seal.ts";

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
  firsthand backup FILE      the log and what is needed to go on with it, encrypted to KEYS_DIR/operator.pgp; nothing of any tip
      --with-log-key         and the log's signing key: without it a restore needs it from elsewhere
      --with-batch-keys      and sealed batches with their keys: whoever opens the file can then read what a purge destroys here
  firsthand restore FILE     a server again, in an empty DATA_DIR and database; refused if the log went on since
      --checkpoint FILE      the newest checkpoint that an auditor, a cosigner or a mirror has
      --key FILE             the operator's OpenPGP secret key; --passphrase FILE if it is locked
      --log-key FILE         the log's key (keys/log.seed), if the backup does not have it
  firsthand doctor           what is wrong with this installation, running or not, and how to mend it
      --onion                only the onion service's folder, as root: the server's own users cannot look into it
  firsthand inventory        what is stored of sealed batches, signed, for firsthand-auditor inventory
  firsthand help GUIDE       a guide of a page or two: operator, courier, reviewer, auditor, incidents
  firsthand keys             the public keys others need to check this server
      --policy               the policy file for firsthand-auditor
      --log                  only the log's key, made if there is none yet: the page is built for it

With every command:
      --json                 the result as one JSON object
      --help                 this text

Settings are environment variables: DATA_DIR, KEYS_DIR, HOST, EXPOSE, PORT, SOCKET, ADMIN_SOCKET, DATABASE_URL, DATABASE_URL_FILE,
SEAL_AT, ORIGIN, PAGE_DIR, MAX_TIP_MIB, MIN_FREE_MIB, MAX_PENDING_MIB, RESERVE_MIB, IN_FLIGHT_MIB. README.md explains them.
seal, export, import, purge, retention, cosign and inventory work while the server serves. So do several of serve and serve --intake on one DATA_DIR and database,
each with a PORT or SOCKET of its own; of all that keep, one does at a time.

Exit status: 0 done, 1 refused or failed, or doctor found something, 2 not understood.
`;

const OPTIONS = {
  again: { type: "string" },
  "dry-run": { type: "boolean" },
  policy: { type: "boolean" },
  qr: { type: "boolean" },
  today: { type: "string" },
  log: { type: "boolean" },
  intake: { type: "boolean" },
  onion: { type: "boolean" },
  "with-log-key": { type: "boolean" },
  "with-batch-keys": { type: "boolean" },
  checkpoint: { type: "string" },
  key: { type: "string" },
  passphrase: { type: "string" },
  "log-key": { type: "string" },
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
  doctor: { words: [], options: ["onion", "json"] },
  help: { words: ["GUIDE"], options: ["json"] },
  backup: { words: ["FILE"], options: ["with-log-key", "with-batch-keys", "json"] },
  restore: { words: ["FILE"], options: ["checkpoint", "key", "passphrase", "log-key", "json"] },
  inventory: { words: [], options: ["json"] },
  keys: { words: [], options: ["policy", "log", "json"] },
};

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
    return answer.status ?? 0;
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
  if (command === "restore" && (values.checkpoint === undefined || values.key === undefined))
    usage("restore takes --checkpoint FILE, the newest that anybody outside has, and --key FILE");
  if (command === "clock" && !/^\d{4}-\d\d-\d\d$/.test(values.today ?? "")) usage("clock takes --today YYYY-MM-DD");
}

async function runCommand(
  command: string,
  word: string,
  values: Values,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Answer> {
  if (command === "help") return guideAnswer(word);
  if (command === "doctor") return doctorAnswer(await (values.onion === true ? examineOnion(env) : examine(env)));
  const config = loadConfig(env);
  if (command === "restore") return restored(config, word, values);
  if (command === "keys") return keysAnswer(await loadKeys(config), { policy: values.policy === true, log: values.log === true });
  // With intake's own login nothing else can be done.
  const onlyIntake = config.databaseUrl !== null && isIntakeLogin(config.databaseUrl);
  if (onlyIntake && !(command === "serve" && values.intake === true)) throw new Refusal("bad-settings", "DATABASE_URL");
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
      return values["dry-run"] === true ? plannedAnswer(context) : purgeAnswer(await keep(context, keeping, (keeper) => purge(keeper)));
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
    case "backup": {
      const options = { withLogKey: values["with-log-key"] === true, withBatchKeys: values["with-batch-keys"] === true };
      return backupAnswer(await keep(context, keeping, (keeper) => backUp(keeper, resolve(word), options)));
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

async function restored(config: Config, backup: string, values: Values): Promise<Answer> {
  const { checkpoint = "", key = "", passphrase = null, "log-key": logKey = null } = values;
  const progress = progressLines();
  try {
    return restoreAnswer(await restoreFrom(config, { backup, checkpoint, key, passphrase, logKey }, progress.report));
  } finally {
    progress.stop();
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
  const admin = await openAdminSocket(context);
  const serving = await serve(context);
  const schedule = keeps ? startSchedule(context) : null;
  const { address } = serving;
  print({ json: { address }, lines: [`Serving at ${address}. Ctrl-C stops.`] }, json);
  await stop;
  await serving.close();
  await schedule?.stop();
  await admin?.close();
  return { json: { stopped: true }, lines: ["Stopped."] };
}

async function keepUntilStopped(context: Context, progress: Progress, json: boolean): Promise<Answer> {
  await catchUp(context, progress);
  const stop = stopSignal();
  const admin = await openAdminSocket(context);
  const schedule = startSchedule(context);
  print({ json: { keeping: true }, lines: ["Keeping. Ctrl-C stops."] }, json);
  await stop;
  await schedule.stop();
  await admin?.close();
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
