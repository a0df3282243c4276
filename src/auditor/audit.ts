/**
 * One audit of one log, in the order in which later steps rest on earlier ones:
 *
 * 1. the checkpoint: signed by the log, cosigned by enough;
 * 2. every entry and tile against its root;
 * 3. growth from the checkpoint seen last;
 * 4. what the entries say, and the files they name: only if 2 holds, because otherwise they are nobody's words.
 *
 * Known gaps: the program's fingerprint in the policy is not looked at, since the log has fingerprints of epochs only; `audit` entries are checked for their form, and `page` entries too: `page.ts` holds them against a site.
 *
 * Everything from the log's side is hostile. What goes wrong there is a finding; what goes wrong here (no connection, a full disk) is thrown.
 */
import { equal } from "../protocol/bytes.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { openNote, parseVkey, type Vkey } from "../protocol/crypto/note.ts";
import { toHex, utf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { acknowledgementPath, parseAcknowledgement } from "../protocol/format/acknowledgement.ts";
import { destructionPath, parseDestruction } from "../protocol/format/destruction.ts";
import type { EpochLeaf } from "../protocol/format/leaf.ts";
import type { Leaf } from "../protocol/format/leaf.ts";
import { parseDate, SECONDS_A_DAY } from "../protocol/format/date.ts";
import { isMet, type LogPolicy } from "../protocol/format/log-policy.ts";
import { parseRetention, policyPath, type RetentionPolicy } from "../protocol/format/retention.ts";
import type { Cosignature } from "../protocol/tlog/verify.ts";
import type { LogFiles } from "./fetch.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { type LogOrder, readLog, readOrNull, trustOf } from "./reading.ts";
import { checkDecisions } from "./policy-decisions.ts";
import { checkRetention } from "./retention.ts";
import { type Batch, LogRules } from "./rules.ts";

/** What an audit is told. */
export interface AuditOrder extends LogOrder {
  readonly policy: LogPolicy;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** How many days old the cosignatures that the policy asks for may be; null: any age. */
  readonly cosignedWithin: number | null;
  /** Given each entry that can be read, in order: nobody's words unless the report has `batches`. */
  readonly visit?: (index: number, leaf: Leaf) => void;
}

/** What an audit says. */
export interface AuditReport {
  readonly origin: string;
  readonly today: string;
  /** Null if the checkpoint is not the log's: then nothing else was checked. */
  readonly checkpoint: { readonly size: number; readonly root: string } | null;
  /** Size when it was last seen; null if it never was, or nothing is remembered. */
  readonly seenBefore: number | null;
  /** The checkpoint's, by cosigners that the policy names, in its order. */
  readonly cosignatures: readonly Cosignature[];
  /** Null if the entries are not those of the checkpoint, so that what they say was not checked. */
  readonly batches: { readonly sealed: number; readonly items: number; readonly acknowledged: number; readonly purged: number } | null;
  readonly findings: readonly Finding[];
  /** Where a checkpoint that contradicts the one seen last was kept. */
  readonly conflict: string | null;
}

const LONGEST_FILE = 65_536;
/** Files asked for at the same time. */
const TOGETHER = 8;

/**
 * Audits.
 * @throws {Refusal} `bad-vkey` or `bad-policy` for the policy, `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged.
 * @throws {Fault} if the log cannot be reached or the memory not be written.
 */
export async function audit(order: AuditOrder): Promise<AuditReport> {
  const { files, policy, today } = order;
  const trust = trustOf(policy);
  const review = parseVkey(policy.review);
  const findings: Finding[] = [];
  const report = (code: FindingCode, where: string): void => {
    findings.push({ code, where });
  };
  const base = { origin: trust.log.name, today, findings };

  const rules = new LogRules({ log: hashOf(policy.log), review: hashOf(policy.review) }, today);
  const log = await readLog(order, trust, report, (index, leaf) => {
    rules.add(index, leaf);
    order.visit?.(index, leaf);
  });
  if (log === null) return { ...base, checkpoint: null, seenBefore: null, cosignatures: [], batches: null, conflict: null };
  rules.end();
  if (order.cosignedWithin !== null && !isFresh(policy, log.cosignatures, parseDate(today) - order.cosignedWithin)) {
    findings.unshift({ code: "cosignature-old", where: "checkpoint" });
  }

  let batches: AuditReport["batches"] = null;
  if (log.authentic) {
    // Not as arguments of one call: a hostile log has more findings than there is stack.
    for (const finding of [...rules.findings, ...(await checkNamedFiles(files, rules, trust.log, review, today))]) findings.push(finding);
    batches = count([...rules.batches.values()]);
  }
  const { seenBefore, cosignatures, conflict } = log;
  const { size, root } = log.checkpoint;
  return { ...base, checkpoint: { size, root: toHex(root) }, seenBefore, cosignatures, batches, conflict };
}

/** Whether the cosignatures of this day (days since 1970) and later are enough, or even all of them are too few, which is another finding. */
function isFresh({ quorum }: LogPolicy, cosignatures: readonly Cosignature[], since: number): boolean {
  const by = (some: readonly Cosignature[]) => (name: string) => some.some((one) => one.name === name);
  const recent = cosignatures.filter(({ time }) => Math.floor(time / SECONDS_A_DAY) >= since);
  return isMet(quorum, by(recent)) || !isMet(quorum, by(cosignatures));
}

function hashOf(text: string): string {
  return toHex(sha256(utf8(text)));
}

/** Retention policies, acknowledgements and records of destroyed epochs: files beside the log whose hashes are in it. */
async function checkNamedFiles(files: LogFiles, rules: LogRules, log: Vkey, review: Vkey, today: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const policies = new Map<string, RetentionPolicy>();
  for (const hash of rules.policies) {
    const policy = await readPolicy(files, hash);
    if (typeof policy === "string") findings.push({ code: policy, where: policyPath(hash) });
    else policies.set(hash, policy);
  }
  findings.push(...(await checkDecisions(files, rules.decisions, log.name, review)));
  const batches = [...rules.batches.values()];
  for (let at = 0; at < batches.length; at += TOGETHER) {
    const some = batches.slice(at, at + TOGETHER);
    const found = await Promise.all(some.map((batch) => checkAcknowledgement(files, batch, log, review)));
    found.forEach((code, place) => {
      const number = some[place]?.sealed.batch ?? 0;
      if (code !== null) findings.push({ code, where: acknowledgementPath(number) });
    });
  }
  for (const leaf of rules.destroyed) {
    const code = await checkDestruction(files, leaf, log, review);
    if (code !== null) findings.push({ code, where: destructionPath(leaf.fingerprint) });
  }
  for (const batch of batches) {
    const policy = policies.get(batch.sealed.policy);
    if (policy !== undefined) findings.push(...checkRetention(batch, policy, today));
  }
  return findings;
}

/** The retention policy that an entry names, or what is wrong with it. @throws {Fault} if the log cannot be reached. */
export async function readPolicy(files: LogFiles, hash: string): Promise<RetentionPolicy | FindingCode> {
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
    return origin === log.name && number === leaf.batch && equal(root, batch.root) ? null : "acknowledgement-foreign";
  } catch (error) {
    if (error instanceof Refusal) return "acknowledgement-foreign";
    throw error;
  }
}

async function checkDestruction(files: LogFiles, leaf: EpochLeaf, log: Vkey, review: Vkey): Promise<FindingCode | null> {
  const note = await readOrNull(files, destructionPath(leaf.fingerprint), LONGEST_FILE);
  if (note === null) return "destruction-missing";
  if (note === "too-large") return "destruction-unsigned";
  let text: string;
  try {
    ({ text } = await openNote(note, [review]));
  } catch (error) {
    if (error instanceof Refusal) return "destruction-unsigned";
    throw error;
  }
  try {
    const { origin, epoch, date } = parseDestruction(text);
    return origin === log.name && epoch === leaf.fingerprint && date >= leaf.to ? null : "destruction-foreign";
  } catch (error) {
    if (error instanceof Refusal) return "destruction-foreign";
    throw error;
  }
}

function count(batches: readonly Batch[]): NonNullable<AuditReport["batches"]> {
  return {
    sealed: batches.length,
    items: batches.reduce((sum, batch) => sum + batch.items, 0),
    acknowledged: batches.filter((batch) => batch.acknowledged !== null).length,
    purged: batches.filter((batch) => batch.purged !== null).length,
  };
}
