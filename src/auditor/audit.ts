/**
 * One audit of one log, in the order in which later steps rest on earlier ones:
 *
 * 1. the checkpoint: signed by the log, cosigned by enough;
 * 2. every entry and tile against its root;
 * 3. growth from the checkpoint seen last;
 * 4. what the entries say, and the files they name: only if 2 holds, because otherwise they are nobody's words.
 *
 * Known gaps: the policy's `witness_program` is not looked at, since the log has fingerprints of epochs only; `page` and `audit` entries are checked for their form.
 *
 * Everything from the log's side is hostile. What goes wrong there is a finding; what goes wrong here (no connection, a full disk) is thrown.
 */
import { type Bytes, equal } from "../protocol/bytes.ts";
import { batchRoot } from "../protocol/crypto/bundle.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { openNote, parseVkey, type Vkey } from "../protocol/crypto/note.ts";
import { fromHex, toHex, utf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { acknowledgementPath, parseAcknowledgement } from "../protocol/format/acknowledgement.ts";
import type { Checkpoint } from "../protocol/format/checkpoint.ts";
import type { LogPolicy } from "../protocol/format/log-policy.ts";
import { parseLeaf } from "../protocol/format/leaf.ts";
import { parseRetention, policyPath, type RetentionPolicy } from "../protocol/format/retention.ts";
import { type LogTrust, verifyCheckpoint, verifyGrowth, walkLog } from "../protocol/tlog/verify.ts";
import { type LogFiles, TilesAhead } from "./fetch.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { checkRetention } from "./retention.ts";
import { type Batch, LogRules } from "./rules.ts";
import { keepConflict, lastSeen, rememberSeen } from "./state.ts";

/** What an audit is told. */
export interface AuditOrder {
  readonly files: LogFiles;
  readonly policy: LogPolicy;
  /** Folder of the last seen checkpoints; null if nothing is remembered. */
  readonly stateFolder: string | null;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Entries read so far. */
  progress(done: number, total: number): void;
}

/** What an audit says. */
export interface AuditReport {
  readonly origin: string;
  readonly today: string;
  /** Null if the checkpoint is not the log's: then nothing else was checked. */
  readonly checkpoint: { readonly size: number; readonly root: string } | null;
  /** Size when it was last seen; null if it never was, or nothing is remembered. */
  readonly seenBefore: number | null;
  /** Null if the entries are not those of the checkpoint, so that what they say was not checked. */
  readonly batches: { readonly sealed: number; readonly items: number; readonly acknowledged: number; readonly purged: number } | null;
  readonly findings: readonly Finding[];
  /** Where a checkpoint that contradicts the one seen last was kept. */
  readonly conflict: string | null;
}

const LONGEST_CHECKPOINT = 1_000_000;
const LONGEST_FILE = 65_536;
/** After so many damaged or missing tiles the log is not read further: a hostile one may claim any number of entries. */
const MOST_FAULTS = 100;
/** Files asked for at the same time. */
const TOGETHER = 8;

/**
 * Audits.
 * @throws {Refusal} `bad-vkey` or `bad-policy` for the policy, `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged.
 * @throws {Fault} if the log cannot be reached or the memory not be written.
 */
export async function audit(order: AuditOrder): Promise<AuditReport> {
  const { files, policy, stateFolder, today } = order;
  const trust = { log: parseVkey(policy.log), cosigners: policy.cosigners.map(parseVkey), quorum: policy.quorum };
  const review = parseVkey(policy.review);
  const findings: Finding[] = [];
  const report = (code: FindingCode, where: string): void => {
    findings.push({ code, where });
  };
  const base = { origin: trust.log.name, today, findings };

  const note = await readOrNull(files, "checkpoint", LONGEST_CHECKPOINT);
  if (note === null) throw new Refusal("not-found", "checkpoint");
  const checkpoint = note === "too-large" ? null : await openCheckpoint(note, trust, report);
  if (note === "too-large") report("checkpoint-invalid", "checkpoint");
  if (checkpoint === null || note === "too-large") return { ...base, checkpoint: null, seenBefore: null, batches: null, conflict: null };

  const seenNote = stateFolder === null ? null : await lastSeen(stateFolder, trust.log.name);
  const seen = seenNote === null ? null : await openSeen(seenNote, trust.log);

  const tiles = new TilesAhead(files, checkpoint.size);
  const rules = new LogRules({ log: hashOf(policy.log), review: hashOf(policy.review) }, today);
  const entries = await readEntries(checkpoint, tiles, rules, order);
  findings.push(...entries.faults);

  let conflict: string | null = null;
  if (seen !== null && stateFolder !== null) {
    const grown = await checkGrowth(seen, checkpoint, tiles);
    if (grown !== null) report(grown, "checkpoint");
    if (grown === "log-shrunk" || grown === "log-forked") conflict = await keepConflict(stateFolder, trust.log.name, note);
  }

  let batches: AuditReport["batches"] = null;
  if (entries.authentic) {
    findings.push(...rules.findings, ...(await checkNamedFiles(files, rules, trust.log, review, today)));
    batches = count([...rules.batches.values()]);
  }
  // Seen is what was read in full and extends what was seen before.
  const extended = !findings.some(({ code }) => code === "log-shrunk" || code === "log-forked" || code === "growth-not-shown");
  if (stateFolder !== null && entries.authentic && extended) await rememberSeen(stateFolder, trust.log.name, note);

  const { size, root } = checkpoint;
  return { ...base, checkpoint: { size, root: toHex(root) }, seenBefore: seen?.size ?? null, batches, conflict };
}

function hashOf(text: string): string {
  return toHex(sha256(utf8(text)));
}

async function openCheckpoint(
  note: Bytes,
  trust: LogTrust,
  report: (code: FindingCode, where: string) => void,
): Promise<Checkpoint | null> {
  try {
    return await verifyCheckpoint(note, trust);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "unknown-signer" && error.where === "cosigners") {
      report("cosigners-too-few", "checkpoint");
      return openCheckpoint(note, { log: trust.log }, report);
    }
    report(error.code === "wrong-origin" ? "checkpoint-foreign" : "checkpoint-invalid", "checkpoint");
    return null;
  }
}

/** The remembered checkpoint was checked before it was written: if it does not open now, the memory is damaged and nothing can be said about growth. */
async function openSeen(note: Bytes, log: Vkey): Promise<Checkpoint> {
  try {
    return await verifyCheckpoint(note, { log });
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("bad-checkpoint", "the one remembered in the state folder");
    throw error;
  }
}

async function checkGrowth(seen: Checkpoint, checkpoint: Checkpoint, tiles: TilesAhead): Promise<FindingCode | null> {
  try {
    await verifyGrowth(seen, checkpoint, tiles);
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code === "log-shrunk" || error.code === "log-forked" ? error.code : "growth-not-shown";
  }
}

/** Reads all entries, or until there are too many faults. `authentic`: they are exactly those whose root is signed. `faults` has one finding for one fault, not its consequences too. */
async function readEntries(
  checkpoint: Checkpoint,
  tiles: TilesAhead,
  rules: LogRules,
  order: AuditOrder,
): Promise<{ authentic: boolean; faults: Finding[] }> {
  const refusals: Refusal[] = [];
  const invalid: Finding[] = [];
  let read = 0;
  const enough = new Error("enough faults");
  try {
    await walkLog(checkpoint, tiles, {
      leaf: (index, entry) => {
        order.progress(++read, checkpoint.size);
        try {
          rules.add(index, parseLeaf(entry));
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          invalid.push({ code: "entry-invalid", where: `entry ${String(index)}` });
        }
      },
      fault: (refusal) => {
        if (refusals.push(refusal) >= MOST_FAULTS) throw enough;
      },
    });
  } catch (error) {
    if (error !== enough) throw error;
    read = -1;
  }
  rules.end();

  const rootWrong = refusals.some(({ code }) => code === "bad-proof");
  const faults = refusals.flatMap((refusal): Finding[] => {
    const where = refusal.where ?? "";
    const ofEntries = where.startsWith("tile/entries/");
    if (refusal.code === "not-found") return [{ code: ofEntries ? "entries-missing" : "tile-missing", where }];
    if (refusal.code === "bad-proof") return [];
    return [{ code: ofEntries ? "entries-malformed" : "tile-wrong", where }];
  });
  if (!rootWrong) {
    const authentic = read === checkpoint.size;
    return { authentic, faults: authentic ? [...faults, ...invalid] : faults };
  }
  // The root is another one. If hash tiles and entries disagree, the entries are the changed ones, and the tiles above differ only in consequence.
  const changed = faults.filter(({ code, where }) => code === "tile-wrong" && where.startsWith("tile/0/"));
  if (changed.length === 0) return { authentic: false, faults: [...faults, { code: "root-wrong", where: "checkpoint" }] };
  const others = faults.filter(({ code }) => code !== "tile-wrong");
  const entries = changed.map(({ where }): Finding => ({ code: "entries-wrong", where: where.replace("tile/0/", "tile/entries/") }));
  return { authentic: false, faults: [...others, ...entries] };
}

/** Retention policies and acknowledgements: files beside the log whose hashes are in it. */
async function checkNamedFiles(files: LogFiles, rules: LogRules, log: Vkey, review: Vkey, today: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const policies = new Map<string, RetentionPolicy>();
  for (const hash of rules.policies) {
    const policy = await readPolicy(files, hash);
    if (typeof policy === "string") findings.push({ code: policy, where: policyPath(hash) });
    else policies.set(hash, policy);
  }
  const batches = [...rules.batches.values()];
  for (let at = 0; at < batches.length; at += TOGETHER) {
    const some = batches.slice(at, at + TOGETHER);
    const found = await Promise.all(some.map((batch) => checkAcknowledgement(files, batch, log, review)));
    found.forEach((code, place) => {
      const number = some[place]?.sealed.batch ?? 0;
      if (code !== null) findings.push({ code, where: acknowledgementPath(number) });
    });
  }
  for (const batch of batches) {
    const policy = policies.get(batch.sealed.policy);
    if (policy !== undefined) findings.push(...checkRetention(batch, policy, today));
  }
  return findings;
}

async function readPolicy(files: LogFiles, hash: string): Promise<RetentionPolicy | FindingCode> {
  const bytes = await readOrNull(files, policyPath(hash), LONGEST_FILE);
  if (bytes === null) return "policy-missing";
  if (bytes === "too-large" || toHex(sha256(bytes)) !== hash) return "policy-wrong";
  try {
    return parseRetention(bytes);
  } catch (error) {
    if (error instanceof Refusal) return "policy-wrong";
    throw error;
  }
}

async function checkAcknowledgement(files: LogFiles, batch: Batch, log: Vkey, review: Vkey): Promise<FindingCode | null> {
  const leaf = batch.acknowledged;
  if (leaf === null) return null;
  const note = await readOrNull(files, acknowledgementPath(leaf.batch), LONGEST_FILE);
  if (note === null) return "acknowledgement-missing";
  if (note === "too-large" || toHex(sha256(note)) !== leaf.sha256) return "acknowledgement-wrong";
  let text: string;
  try {
    ({ text } = await openNote(note, [review]));
  } catch (error) {
    if (error instanceof Refusal) return "acknowledgement-unsigned";
    throw error;
  }
  try {
    const { origin, batch: number, root } = parseAcknowledgement(text);
    const items = batchRoot(batch.commitments.map((c) => fromHex(c, 32)));
    return origin === log.name && number === leaf.batch && equal(root, items) ? null : "acknowledgement-foreign";
  } catch (error) {
    if (error instanceof Refusal) return "acknowledgement-foreign";
    throw error;
  }
}

async function readOrNull(files: LogFiles, path: string, limit: number): Promise<Bytes | "too-large" | null> {
  try {
    return await files.read(path, limit);
  } catch (error) {
    if (error instanceof Refusal && error.code === "too-large") return "too-large";
    throw error;
  }
}

function count(batches: readonly Batch[]): NonNullable<AuditReport["batches"]> {
  return {
    sealed: batches.length,
    items: batches.reduce((sum, batch) => sum + batch.commitments.length, 0),
    acknowledged: batches.filter((batch) => batch.acknowledged !== null).length,
    purged: batches.filter((batch) => batch.purged !== null).length,
  };
}
