/**
 * What can be done with a referral beside drafting and deciding (triage/acts.ts): one strict reader for each kind. Who may do what and when, rules.ts beside this decides.
 *
 * What an author writes and what the fixed dossier says is sealed under a key that needs every tip's key of the referral (dossier-key.ts): with any of these tips destroyed, nothing of
 * it can be read in the casebook any more. A removal says where, how many characters and why, never what.
 */
import { Refusal } from "../../protocol/errors.ts";
import { flag, hex, integer, list, matching, nullable, oneOf, type Reader, record, text } from "../../protocol/format/json.ts";
import { DATE, NUMBER, tipId } from "../casebook/identifiers.ts";
import { OUTCOMES } from "../triage/vocabulary.ts";

/** Why words were taken out of what a witness wrote. */
export const REMOVAL_REASONS = [
  "endangers_operation",
  "identifies_family",
  "identifies_other_witness",
  "identifies_source",
  "identifies_victim",
  "not_relevant",
  "privileged",
] as const;

/** What an agency answers, in the words of the referral's machine. */
export const ANSWERS = ["acknowledged", "accepted", "declined", "more_requested", "outcome"] as const;

/** Longest sealed dossier, characters. */
const LONGEST = 64_000_000;

const sealedLong: Reader<string> = (value, where) => matching(/[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/)(text(LONGEST, 1)(value, where), where);

/** A stretch of one text: the narrative if `text` is 0, else the translation that event brought. UTF-16 units, the end not included. */
const removal = record({
  tip: tipId,
  text: integer(0, 99_999_999),
  start: integer(0, 599_999),
  end: integer(1, 600_000),
});

const removed: Reader<{
  kind: "removed";
  referral: number;
  from: ReturnType<typeof removal>;
  reason: (typeof REMOVAL_REASONS)[number];
}> = (value, where) => {
  const read = record({ kind: oneOf(["removed"]), referral: NUMBER, from: removal, reason: oneOf(REMOVAL_REASONS) })(value, where);
  if (read.from.start >= read.from.end) throw new Refusal("bad-field", `${where}.from`);
  return read;
};

/** An outcome says which; nothing else does. */
const answered: Reader<{
  kind: "agency-answered";
  referral: number;
  answer: (typeof ANSWERS)[number];
  outcome: (typeof OUTCOMES)[number] | null;
  date: string;
  reference: string | null;
  documents: { sha256: string; size: number }[];
  words: string | null;
}> = (value, where) => {
  const read = record({
    kind: oneOf(["agency-answered"]),
    referral: NUMBER,
    answer: oneOf(ANSWERS),
    outcome: nullable(oneOf(OUTCOMES)),
    /** Day on which it was given. */
    date: DATE,
    /** The agency's own number of the case. */
    reference: nullable(text(200, 1)),
    /** What came with it, kept in the casebook (documents.ts). */
    documents: list(record({ sha256: hex(32), size: integer(0, Number.MAX_SAFE_INTEGER) }), 100),
    /** What was said, sealed. */
    words: nullable(sealedLong),
  })(value, where);
  if ((read.answer === "outcome") !== (read.outcome !== null)) throw new Refusal("bad-field", `${where}.outcome`);
  return read;
};

/** Everything that can be done with a referral, by kind. */
export const REFERRAL_ACTS = {
  /** The rewards program that referrals are made for from now on: its canonical file. */
  "program-recorded": record({ kind: oneOf(["program-recorded"]), program: text(400_000, 2) }),
  /** What the author writes (statement.ts), whole, over what was written before. */
  "dossier-written": record({ kind: oneOf(["dossier-written"]), referral: NUMBER, sealed: sealedLong }),
  removed,
  /** Whether a tip's attachment (counted from 0) goes along. What was never decided does not. */
  "exhibit-chosen": record({
    kind: oneOf(["exhibit-chosen"]),
    referral: NUMBER,
    exhibit: record({ tip: tipId, attachment: integer(0, 998) }),
    included: flag,
  }),
  /** The dossier as it is to be approved: `sha256` of its canonical bytes. From here on the referral is sanitised. */
  "dossier-fixed": record({ kind: oneOf(["dossier-fixed"]), referral: NUMBER, sha256: hex(32), sealed: sealedLong }),
  /** The approved dossier was sealed to an agency: `sha256` of the sealed file, `manifest` of what is in it, `agency` the fingerprint of the certificate. */
  "dossier-packed": record({
    kind: oneOf(["dossier-packed"]),
    referral: NUMBER,
    sha256: hex(32),
    manifest: hex(32),
    agency: matching(/[0-9a-f]{40}(?:[0-9a-f]{24})?/),
  }),
  "agency-answered": answered,
};

/** An act of these. */
export type ReferralAct = ReturnType<(typeof REFERRAL_ACTS)[keyof typeof REFERRAL_ACTS]>;
