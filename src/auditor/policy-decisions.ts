/**
 * Who decided on each retention policy of the log? The first one is signed by the review key, each later one by two of the people named by the one before; notes
 * and signatures are published whole, so this needs no key but the review key. The chain is followed as far as it holds: what comes after a break is not judged.
 */
import { sha256 } from "../protocol/crypto/hash.ts";
import type { Vkey } from "../protocol/crypto/note.ts";
import { type DecidedPolicy, ONE_PERSON, openRetentionNote } from "../protocol/crypto/retention-note.ts";
import { toHex } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import type { PolicyLeaf } from "../protocol/format/leaf.ts";
import { LONGEST_RETENTION_NOTE, retentionNotePath } from "../protocol/format/retention-note.ts";
import type { LogFiles } from "./fetch.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { readOrNull } from "./reading.ts";

/** What is wrong with how the policies of a log were decided. `entries` are all of them, in order. @throws {Fault} if the log cannot be reached. */
export async function checkDecisions(files: LogFiles, entries: readonly PolicyLeaf[], origin: string, review: Vkey): Promise<Finding[]> {
  let before: DecidedPolicy | null = null;
  for (const entry of entries) {
    const decided: DecidedPolicy | FindingCode = await decisionOf(files, entry, { origin, review, before });
    if (typeof decided === "string") return [{ code: decided, where: retentionNotePath(entry.number) }];
    before = decided;
  }
  return [];
}

async function decisionOf(
  files: LogFiles,
  entry: PolicyLeaf,
  expected: { origin: string; review: Vkey; before: DecidedPolicy | null },
): Promise<DecidedPolicy | FindingCode> {
  const note = await readOrNull(files, retentionNotePath(entry.number), LONGEST_RETENTION_NOTE);
  if (note === null) return "policy-note-missing";
  if (note === "too-large" || toHex(sha256(note)) !== entry.note) return "policy-note-wrong";
  try {
    const decided = await openRetentionNote(note, expected);
    const told = decided.number === entry.number && decided.from === entry.from && decided.sha256 === entry.sha256;
    return told ? decided : "policy-note-wrong";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "bad-signature") return "policy-unsigned";
    if (error.code !== "policy-not-signed") return "policy-note-wrong";
    return error.where === ONE_PERSON ? "policy-one-signature" : "policy-unsigned";
  }
}
