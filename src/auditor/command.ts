/**
 * `firsthand-auditor`: words in, an exit code out. 0: nothing was found. 1: something was, or what was asked for was refused. 2: it could not be checked, because the
 * command was not understood, a log, site or cosigner could not be reached, or a file could not be read or written.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asBytes, type Bytes } from "../protocol/bytes.ts";
import { fromUtf8 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { type LogPolicy, parseLogPolicy } from "../protocol/format/log-policy.ts";
import { guideFile } from "../protocol/guides.ts";
import type { LogTrust } from "../protocol/tlog/verify.ts";
import { addCheckpoint, type CosignerDesk } from "./add-checkpoint.ts";
import { audit } from "./audit.ts";
import { cosignLog } from "./cosign.ts";
import { serveCosigner } from "./cosign-server.ts";
import { makeCosigner, readCosigner } from "./cosigner-key.ts";
import { addressOf, logAt, siteAt } from "./fetch.ts";
import { HistoryGatherer } from "./history.ts";
import { compareInventory } from "./inventory.ts";
import { comparePage } from "./page.ts";
import { progressBar } from "./progress.ts";
import { checkProof, openReceipt, prove, type Wanted } from "./prove.ts";
import { trustOf } from "./reading.ts";
import {
  answerAsJson,
  answerAsText,
  auditAsJson,
  auditAsText,
  checkedAsJson,
  checkedAsText,
  cosigningAsJson,
  cosigningAsText,
  fullReportAsJson,
  inventoryAsJson,
  inventoryAsText,
  pageAsJson,
  pageAsText,
  provingAsJson,
  provingAsText,
} from "./report.ts";
import { reportPage } from "./report-page.ts";
import { readSubmission, submit } from "./submit.ts";
import {
  type AnswerWords,
  type CheckWords,
  type CosignWords,
  HELP,
  type HelpWords,
  type InventoryWords,
  type KeygenWords,
  type PageWords,
  parseWords,
  type ProveWords,
  type ReportWords,
  type ServeWords,
  type SubmitWords,
  type VerifyWords,
  type Words,
} from "./words.ts";

/** Where a command writes. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly error: { write(text: string): unknown; readonly isTTY?: boolean };
}

/** What commands have in common. */
interface Telling extends Streams {
  readonly json: boolean;
}

/** A report ready to be written, and how many findings it has. */
interface Done {
  readonly findings: number;
  readonly text: string;
}

/** Runs the command with these words (without `node` and the script) and returns its exit code. Writes to nothing but `streams`, the state folder and `--out`. */
export async function run(words: readonly string[], streams: Streams): Promise<0 | 1 | 2> {
  const json = words.includes("--json");
  try {
    const order = parseWords(words, Date.now());
    if (order === null) {
      streams.out.write(HELP);
      return 0;
    }
    const { findings, text } = await obey(order, { ...streams, json });
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

function obey(order: Words, telling: Telling): Promise<Done> {
  switch (order.command) {
    case "verify":
      return verify(order, telling);
    case "report":
      return report(order, telling);
    case "inventory":
      return inventory(order, telling);
    case "page":
      return page(order, telling);
    case "prove":
      return proveEntry(order, telling);
    case "check":
      return check(order, telling);
    case "keygen":
      return keygen(order, telling);
    case "cosign":
      return cosign(order, telling);
    case "answer":
      return answer(order, telling);
    case "serve":
      return serve(order, telling);
    case "submit":
      return submitTo(order, telling);
    case "help":
      return guide(order, telling);
  }
}

/** Runs `work` with a progress bar. */
async function withBar<T>({ error }: Streams, work: (update: (done: number, total: number) => void) => Promise<T>): Promise<T> {
  const bar = progressBar(error, "Reading entries");
  try {
    return await work(bar.update);
  } finally {
    bar.end();
  }
}

async function verify({ place, policy, state, today, cosignedWithin, line }: VerifyWords, telling: Telling): Promise<Done> {
  const files = await logAt(place, line);
  const trusted = await readPolicy(policy);
  const report = await withBar(telling, (progress) =>
    audit({ files, policy: trusted, stateFolder: state, today, cosignedWithin, progress }),
  );
  return { findings: report.findings.length, text: telling.json ? auditAsJson(report) : auditAsText(report, files.name) };
}

async function report({ place, policy, state, today, cosignedWithin, out, line }: ReportWords, telling: Telling): Promise<Done> {
  const files = await logAt(place, line);
  const trusted = await readPolicy(policy);
  const history = new HistoryGatherer();
  const visit = history.add.bind(history);
  const audited = await withBar(telling, (progress) =>
    audit({ files, policy: trusted, stateFolder: state, today, cosignedWithin, progress, visit }),
  );
  const told = audited.batches === null ? null : await history.end(files);
  await writeOut(join(out, "report.json"), fullReportAsJson(audited, told));
  await writeOut(join(out, "report.html"), reportPage(audited, told, files.name));
  const written = `\nWritten: ${join(out, "report.html")}, report.json\n`;
  return { findings: audited.findings.length, text: telling.json ? auditAsJson(audited) : `${auditAsText(audited, files.name)}${written}` };
}

async function inventory({ place, policy, state, file, line }: InventoryWords, telling: Telling): Promise<Done> {
  const files = await logAt(place, line);
  const trusted = await readPolicy(policy);
  const note = await readGiven(file, "the inventory");
  const report = await withBar(telling, (progress) => compareInventory({ files, policy: trusted, stateFolder: state, note, progress }));
  return { findings: report.findings.length, text: telling.json ? inventoryAsJson(report) : inventoryAsText(report) };
}

async function page({ place, policy, state, list, line }: PageWords, telling: Telling): Promise<Done> {
  const site = siteAt(place, line);
  const report = await withBar(telling, async (progress) => {
    const log =
      policy === null ? null : { files: await logAt(place, line), policy: await readPolicy(policy), stateFolder: state, progress };
    return comparePage({ site, log, expected: list });
  });
  return { findings: report.findings.length, text: telling.json ? pageAsJson(report) : pageAsText(report) };
}

async function proveEntry({ place, policy, state, receipt, entry, out, line }: ProveWords, telling: Telling): Promise<Done> {
  const trust = trustOf(await readPolicy(policy));
  const files = await logAt(place, line);
  const wanted: Wanted =
    receipt === null
      ? { kind: "entry", index: entry ?? 0 }
      : { kind: "receipt", receipt: await openReceipt(await readGiven(receipt, "the receipt"), trust.log) };
  const proving = await withBar(telling, (progress) => prove({ files, stateFolder: state, progress }, trust, wanted));
  if (proving.proof !== null) await writeOut(out, proving.proof);
  return { findings: proving.findings.length, text: telling.json ? provingAsJson(proving) : provingAsText(proving, out) };
}

async function check({ proof, policy, receipt }: CheckWords, { json }: Telling): Promise<Done> {
  const trust = trustOf(await readPolicy(policy));
  const file = await readGiven(proof, "the proof");
  const note = receipt === null ? null : await readGiven(receipt, "the receipt");
  return orRefused(json, async () => {
    const checked = await checkProof(file, trust, note === null ? null : await openReceipt(note, trust.log));
    return { findings: 0, text: json ? checkedAsJson(checked) : checkedAsText(checked) };
  });
}

async function keygen({ name, out }: KeygenWords, { json }: Telling): Promise<Done> {
  const { vkey } = await makeCosigner(name, out);
  return { findings: 0, text: json ? `${JSON.stringify({ vkey: vkey.text })}\n` : `${vkey.text}\n` };
}

async function cosign({ place, policy, key, state, out, line }: CosignWords, telling: Telling): Promise<Done> {
  const files = await logAt(place, line);
  const trust = trustOf(await readPolicy(policy));
  const cosigner = await readCosigner(key);
  const done = await withBar(telling, (progress) => cosignLog({ files, trust, cosigner, stateFolder: state, now: Date.now(), progress }));
  const note = done.note === null ? null : fromUtf8(done.note);
  if (note !== null && out !== null) await writeOut(out, note);
  return { findings: done.findings.length, text: telling.json ? cosigningAsJson(done, note) : cosigningAsText(done, note, out) };
}

async function answer({ request, out, ...at }: AnswerWords, { json }: Telling): Promise<Done> {
  const body = await readGiven(request, "the request");
  const given = await addCheckpoint(body, await deskOf(at), Date.now());
  if (given.status === 200 && out !== null) await writeOut(out, given.lines);
  return { findings: given.status === 200 ? 0 : 1, text: json ? answerAsJson(given) : answerAsText(given, out) };
}

async function serve({ host, port, ...at }: ServeWords, { json, out }: Telling): Promise<Done> {
  const desk = await deskOf(at);
  const stop = stopSignal();
  const server = await serveCosigner(host, port, desk);
  const { address } = server;
  out.write(json ? `${JSON.stringify({ address })}\n` : `Cosigning ${desk.log.name} at ${address}/add-checkpoint. Ctrl-C stops.\n`);
  await stop;
  await server.stop();
  return { findings: 0, text: json ? `${JSON.stringify({ stopped: true })}\n` : "Stopped.\n" };
}

async function submitTo({ place, policy, to, old, out, line }: SubmitWords, { json }: Telling): Promise<Done> {
  const trust = trustOf(await readPolicy(policy));
  const address = to === null ? null : addressOf(to, line);
  const files = await logAt(place, line);
  return orRefused(json, async () => {
    const submission = await readSubmission(files, trust);
    const text = fromUtf8(address === null ? await submission.request(old ?? 0) : await submit(submission, address, trust, line));
    if (out !== null) await writeOut(out, text);
    const { size } = submission.checkpoint;
    const what = address === null ? "request" : "checkpoint";
    if (json) return { findings: 0, text: `${JSON.stringify({ verdict: "done", size, [what]: text })}\n` };
    return { findings: 0, text: out === null ? text : `Written: ${out}, for ${String(size)} entries.\n` };
  });
}

/** What `work` does, or its refusal as the one finding: then it was checked, and does not hold. */
async function orRefused(json: boolean, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === "usage" || error.code === "not-found") throw error;
    const { code, message } = error;
    return { findings: 1, text: json ? `${JSON.stringify({ verdict: "refused", code, message })}\n` : `Refused: ${code}. ${message}\n` };
  }
}

async function deskOf({ policy, key, state }: { policy: string; key: string; state: string }): Promise<CosignerDesk> {
  const { log }: LogTrust = trustOf(await readPolicy(policy));
  return { log, cosigner: await readCosigner(key), stateFolder: state };
}

function stopSignal(): Promise<void> {
  return new Promise((done) => {
    const stop = (): void => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      done();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
  });
}

async function writeOut(path: string, content: string | Bytes): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (error) {
    throw new Fault(`writing ${path}`, error);
  }
}

async function readGiven(path: string, what: string): Promise<Bytes> {
  try {
    return asBytes(await readFile(path));
  } catch (error) {
    throw new Fault(`reading ${what} ${path}`, error);
  }
}

/** A guide for people. In an archive as in a checkout they lie two folders above the program. */
async function guide({ guide: name }: HelpWords, { json }: Telling): Promise<Done> {
  const path = fileURLToPath(new URL(`../../deploy/guides/${guideFile(name)}`, import.meta.url));
  const text = fromUtf8(await readGiven(path, "the guide"));
  return { findings: 0, text: json ? `${JSON.stringify({ guide: text })}\n` : text };
}

async function readPolicy(path: string): Promise<LogPolicy> {
  return parseLogPolicy(await readGiven(path, "the policy"));
}

function explain(error: unknown): string {
  if (error instanceof Refusal) {
    if (error.code === "usage" && error.where !== undefined) return `The command was not understood: ${error.where}.`;
    if (error.code === "not-found" && error.where === "checkpoint") return "There is no log at this place: it has no checkpoint.";
    return error.message;
  }
  // A bug is not a finding and not the user's mistake: it ends the program with its trace.
  if (!(error instanceof Fault)) throw error;
  const reasons: string[] = [];
  for (let cause: unknown = error.cause; cause instanceof Error && reasons.length < 3; cause = cause.cause) reasons.push(cause.message);
  return [error.message, ...reasons].filter((reason) => reason !== "").join(" ");
}
