/**
 * `npm run demo`: one tip's whole way, by itself, in a temporary folder that is removed at the end. Four machines are four folders; the real commands run as
 * processes, a real browser writes the tip, and after each step the story says what that machine can and cannot see. Whatever is not as it should be ends
 * the demo with exit code 1.
 */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type CommandName, keepRunning, type Outcome, run } from "./command.ts";
import { openMirror } from "./mirror.ts";
import { cannotSee, happens, holds, machine, prints, sees, types } from "./narration.ts";
import { type Exhibit, NARRATIVE, sha256OfFile, writeExhibits } from "./testimony.ts";
import { lookAtBatch, searchServer } from "./thief.ts";
import { findChromium, openBrowser, sendTip } from "./witness.ts";

const ORIGIN = "demo.firsthand.example/log";
const COMMAND_WORDS: Readonly<Record<CommandName, string>> = {
  firsthand: "firsthand",
  reviewer: "firsthand-reviewer",
  auditor: "firsthand-auditor",
  build: "npm run build",
};

/** Something is not as it should be. */
class Off extends Error {}

function expectThat(condition: boolean, what: string): void {
  if (!condition) throw new Off(`This should hold and does not: ${what}`);
  holds(what);
}

/** Folders and undoings of one journey. */
class Journey {
  readonly root: string;
  readonly signal: AbortSignal;
  readonly #undo: (() => Promise<unknown>)[] = [];

  constructor(root: string, signal: AbortSignal) {
    this.root = root;
    this.signal = signal;
  }

  /** A path in the temporary folder; the first part is the machine. */
  at(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** To be undone at the end, last first. */
  later(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo().catch(() => undefined);
  }

  /** Shows and runs a command. @throws {Off} if its exit code is not `code`. */
  async command(name: CommandName, words: readonly string[], env: Record<string, string> = {}, code = 0): Promise<Outcome> {
    this.signal.throwIfAborted();
    types([COMMAND_WORDS[name], ...words.map((word) => word.replace(`${this.root}/`, ""))].join(" "));
    const outcome = await run(name, words, { env, signal: this.signal });
    this.signal.throwIfAborted();
    if (outcome.code !== code) {
      throw new Off(
        `The command ended with exit code ${String(outcome.code)} instead of ${String(code)}.\n${outcome.stdout}${outcome.stderr}`,
      );
    }
    return outcome;
  }
}

function shorten(text: string, journey: Journey): string {
  return text.replaceAll(`${journey.root}/`, "");
}

/** Keys are made where no network is. */
async function ceremony(journey: Journey): Promise<void> {
  machine("Review machine (no network)");
  happens(
    "A key ceremony: two post-quantum certificates with one key a week, the review key, a casebook. Secrets are locked; what opens them is on a card.",
  );
  await journey.command("reviewer", ["ceremony", journey.at("review"), "--origin", ORIGIN, "--epochs", "4", "--demo", "--keep-days", "0"]);
  happens("The public keys go to the server on a stick.");
  await cp(journey.at("review", "public"), journey.at("server", "keys"), { recursive: true });
}

/** Starts the server. @returns its address and the settings its commands need. */
async function startServer(journey: Journey): Promise<{ site: string; env: Record<string, string> }> {
  machine("Intake server");
  const env = {
    DATA_DIR: journey.at("server", "data"),
    KEYS_DIR: journey.at("server", "keys"),
    PAGE_DIR: journey.at("server", "page"),
    HOST: "127.0.0.1",
    PORT: "0",
    MIN_FREE_MIB: "0",
    // Half a day away: the demo seals by itself.
    SEAL_AT: `${String((new Date().getUTCHours() + 12) % 24).padStart(2, "0")}:00`,
  };
  happens(
    "The server makes the log's key. The witness's page is built for all these keys: it will take no receipt that this key did not sign.",
  );
  const key = await journey.command("firsthand", ["keys", "--log"], env);
  const logKey = journey.at("review", "log.vkey");
  await writeFile(logKey, key.stdout);
  await journey.command("build", [], { ...env, LOG_VKEY: logKey });
  happens("The server starts with a PostgreSQL of its own and an empty log.");
  types("firsthand serve");
  const server = keepRunning("firsthand", ["serve", "--json"], { env }, () => undefined);
  journey.later(() => server.stop());
  const { address } = JSON.parse(await server.firstLine()) as { address: string };
  happens(`It listens on ${address}; in earnest, an onion service points to it.`);
  await mkdir(journey.at("auditor"));
  const policy = await journey.command("firsthand", ["keys", "--policy"], env);
  await writeFile(journey.at("auditor", "policy.txt"), policy.stdout.trimEnd());
  return { site: address, env };
}

/** The witness writes and sends. */
async function witness(journey: Journey, chromium: string, site: string): Promise<Exhibit[]> {
  machine("Witness's browser");
  await mkdir(journey.at("witness", "files"), { recursive: true });
  const exhibits = await writeExhibits(journey.at("witness", "files"));
  for (const { what, size } of exhibits) happens(`On the disk: ${what}, ${size.toLocaleString("en-US")} bytes.`);
  journey.signal.throwIfAborted();
  const browser = await openBrowser(chromium, journey.at("witness", "profile"));
  journey.later(() => browser.close());
  const close = (): void => void browser.close().catch(() => undefined);
  journey.signal.addEventListener("abort", close);
  const sent = await sendTip(
    browser,
    site,
    NARRATIVE,
    exhibits.map(({ path }) => path),
    (what) => {
      happens(`The witness ${what}.`);
    },
  );
  journey.signal.removeEventListener("abort", close);
  await browser.close();
  for (const complaint of sent.complaints) prints(complaint);
  expectThat(sent.complaints.length === 0, "the page had nothing to complain about");
  expectThat(sent.onlyHere, "the browser talked to this server only");
  const parts = sent.requests.filter(({ method }) => method === "PUT").length;
  expectThat(parts > 100, `the tip left in ${String(parts)} parts of 512 KiB and got a signed receipt`);
  sees("everything, while the page is open. It stores nothing; the twelve words are on paper only.");
  cannotSee("other tips, or whether anybody else wrote.");
  return exhibits;
}

/** Sealing and export. @returns a sample of a stored row, and the bundle's path on the stick. */
async function sealAndExport(journey: Journey, env: Record<string, string>): Promise<{ sample: Buffer; bundle: string }> {
  machine("Intake server");
  happens(
    "The batch is sealed now instead of at midnight: decoys are made, everything is put in the order of hashes, the log gets one entry for each.",
  );
  prints(shorten((await journey.command("firsthand", ["seal"], env)).stdout, journey));
  const { items, sample } = await lookAtBatch(env["DATA_DIR"] ?? "", 1);
  expectThat(items >= 64, `the batch has ${String(items)} items, one of them real`);
  const words = [...NARRATIVE.split("\n\n"), "工资表", "onerror=alert", "recording.wav"].map((text) => Buffer.from(text.slice(0, 20)));
  const plain = await searchServer(env["DATA_DIR"] ?? "", words);
  expectThat(
    plain.found.length === 0,
    `in ${String(plain.files)} files of the server and its database there is no word of the account and no file's name`,
  );
  const stored = await searchServer(env["DATA_DIR"] ?? "", [sample]);
  expectThat(
    stored.found.length > 0,
    "what was stored of the tip is found by its ciphertext (the same search will be made after the purge)",
  );
  happens("The courier takes the batch on a stick.");
  await mkdir(journey.at("stick"));
  prints(shorten((await journey.command("firsthand", ["export", journey.at("stick")], env)).stdout, journey));
  const [file, ...more] = await readdir(journey.at("stick"));
  if (file === undefined || more.length > 0) throw new Off("There should be one file on the stick.");
  sees("ciphertext, its size, the day. One item is larger than a decoy can be, so it is known to be real: decoys hide small tips only.");
  cannotSee("what is written, by whom, from where, when within the day; which of the smallest items are real.");
  return { sample, bundle: journey.at("stick", file) };
}

interface Shown {
  readonly answers: { readonly narrative: string };
  readonly attachments: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
}

/** Reading, comparing, answering. @returns the outbox's path on the stick. */
async function review(journey: Journey, bundle: string, exhibits: readonly Exhibit[]): Promise<string> {
  machine("Review machine (no network)");
  const desk = ["--casebook", journey.at("review", "casebook"), "--shares", journey.at("review", "cards", "card-1-of-1.txt")];
  happens("The stick arrives. Everything in the bundle is checked: signature, number, order, every hash, every item against the log.");
  const logKey = ["--log-key", journey.at("review", "log.vkey")];
  prints(shorten((await journey.command("reviewer", ["import", bundle, ...desk, ...logKey])).stdout, journey));
  prints((await journey.command("reviewer", ["list", ...desk])).stdout);
  const list = await run("reviewer", ["list", "--json", ...desk], { signal: journey.signal });
  const { tips } = JSON.parse(list.stdout) as { tips: { id: string }[] };
  const [tip] = tips;
  if (tip === undefined || tips.length !== 1) throw new Off("There should be one tip.");
  prints((await journey.command("reviewer", ["show", tip.id, ...desk])).stdout, 40);
  const json = await run("reviewer", ["show", tip.id, "--json", ...desk], { signal: journey.signal });
  const shown = JSON.parse(json.stdout) as Shown;
  expectThat(shown.answers.narrative === NARRATIVE, "the account is the one the witness wrote, in three scripts");
  await journey.command("reviewer", ["extract", tip.id, journey.at("review", "extracted"), ...desk]);
  const manifest = JSON.parse(await readFile(journey.at("review", "extracted", "manifest.json"), "utf8")) as {
    files: { file: string; name: string }[];
  };
  if (manifest.files.length !== exhibits.length) throw new Off("There should be four files.");
  for (const [index, { what, sha256, name }] of exhibits.entries()) {
    const claimed = shown.attachments[index];
    const file = manifest.files[index]?.file ?? "";
    if (claimed?.name !== name) throw new Off(`The name of ${what} should be the one it had.`);
    const same = claimed.sha256 === sha256 && (await sha256OfFile(journey.at("review", "extracted", basename(file)))) === sha256;
    expectThat(same, `${what} arrived byte for byte, as ${file}`);
  }
  happens("What goes back says one thing only: this batch is held here. It is signed by the review key, which the server does not have.");
  const outbox = journey.at("stick", "outbox");
  prints(shorten((await journey.command("reviewer", ["outbox", outbox, ...desk])).stdout, journey));
  sees("the tip, its files, and that they are the ones in the log.");
  cannotSee(
    "where the witness was, their connection, their name unless they gave it; the claim part, which is for the reward officer alone.",
  );
  return outbox;
}

/** Acknowledged batches are destroyed. */
async function purge(journey: Journey, env: Record<string, string>, outbox: string, sample: Buffer): Promise<void> {
  machine("Intake server");
  happens(
    "The acknowledgement is checked, logged and published; then the batch is destroyed, for this program's policy keeps it 0 days longer.",
  );
  prints(shorten((await journey.command("firsthand", ["import", outbox], env)).stdout, journey));
  prints((await journey.command("firsthand", ["purge"], env)).stdout);
  const left = await searchServer(env["DATA_DIR"] ?? "", [sample]);
  expectThat(
    left.found.length === 0,
    `the ciphertext is in none of the ${String(left.files)} files of the server and its database any more`,
  );
  const keys = await readdir(join(env["DATA_DIR"] ?? "", "keys", "batches"));
  expectThat(!keys.some((name) => /^0*1(?:\D|$)/.test(name)), "the batch's key file is gone");
  const again = await journey.command("firsthand", ["export", journey.at("stick"), "--again", "1"], env, 1);
  prints(again.stderr);
  holds("the bundle cannot be made again");
  sees("a log of what happened, and nothing of the tip.");
  cannotSee("that no copy was made before. Nobody can prove that; the log says who would have had to make it.");
}

/** Anybody checks. */
async function audit(journey: Journey, site: string): Promise<void> {
  machine("Auditor's machine");
  happens("Anybody with the policy file checks the whole log: signatures, tree, order, batches, retention.");
  const policy = ["--policy", journey.at("auditor", "policy.txt")];
  const mirror = await openMirror(site, journey.at("auditor", "copy"));
  journey.later(() => mirror.close());
  await journey.command("auditor", ["verify", mirror.url, ...policy, "--state", journey.at("auditor", "state")]);
  happens("What was fetched is kept as a copy, and the copy holds by itself:");
  const damaged = journey.at("auditor", "damaged");
  await cp(journey.at("auditor", "copy"), damaged, { recursive: true });
  const checkpoint = join(damaged, "log", "checkpoint");
  const text = await readFile(checkpoint, "utf8");
  await writeFile(
    checkpoint,
    text.replace(/\n(\d+)\n/, (_, size: string) => `\n${String(Number(size) - 1)}\n`),
  );
  const refused = await run("auditor", ["verify", damaged, ...policy], { signal: journey.signal });
  expectThat(refused.code === 1, "a copy whose size was changed by one is found out");
  sees("that one batch came, was carried away, acknowledged and destroyed in that order, and by which keys.");
  cannotSee("how many tips there were, or anything of them.");
  const { stdout } = await journey.command("auditor", ["verify", journey.at("auditor", "copy"), ...policy]);
  prints(shorten(stdout, journey), 40);
}

async function wholeWay(journey: Journey, chromium: string): Promise<void> {
  for (const folder of ["server", "witness"]) await mkdir(journey.at(folder), { mode: 0o711 });
  await ceremony(journey);
  const { site, env } = await startServer(journey);
  const exhibits = await witness(journey, chromium, site);
  const { sample, bundle } = await sealAndExport(journey, env);
  const outbox = await review(journey, bundle, exhibits);
  await purge(journey, env, outbox, sample);
  await audit(journey, site);
}

async function main(): Promise<number> {
  const chromium = findChromium();
  if (chromium === null) {
    process.stderr.write(
      "The demo needs Chromium, for the witness. On Debian: apt-get install chromium. Elsewhere: CHROMIUM=/path/to/it npm run demo\n",
    );
    return 1;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      interrupted.abort();
    });
  }
  const root = await mkdtemp(join(tmpdir(), "firsthand-demo-"));
  // The database runs as another user where we are root, and has to get at its folder.
  await chmod(root, 0o711);
  const journey = new Journey(root, interrupted.signal);
  journey.later(() => rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  try {
    await wholeWay(journey, chromium);
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.stdout.write("\nStopping …\n");
      return 130;
    }
    if (!(error instanceof Off)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    return 1;
  } finally {
    await journey.close();
  }
}

process.exitCode = await main();
