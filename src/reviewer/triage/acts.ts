/**
 * What can be done with tips, version 1: a closed union, one strict reader for each kind. Who may do what and when, state.ts decides; here is only the form.
 *
 * Words about one tip (notes, translations, questions) are sealed under that tip's own key inside the event (`sealed`, a compact JWE, see casebook/tip-keys.ts): events are
 * never removed, but with the key of a destroyed tip its words are gone from every event too. Codes, offsets of quotes, names of entities and titles of referrals are not
 * sealed in that way and outlive a tip.
 */
import { Refusal } from "../../protocol/errors.ts";
import { flag, hex, integer, list, matching, nullable, oneOf, type Reader, record, text } from "../../protocol/format/json.ts";
import { DATE, NUMBER, personKey, tipId } from "../casebook/identifiers.ts";
import { roles } from "../casebook/roles.ts";
import { CLAIM_SUBJECTS } from "../claims/acts.ts";
import { REFERRAL_MACHINE, statesOf, TIP_MACHINE } from "./machines.ts";
import {
  CERTAINTIES,
  CLOSE_REASONS,
  ELEMENTS,
  ENTITY_KINDS,
  FLAGS,
  INDEPENDENCE,
  INFORMATION_GRADES,
  LINKS,
  OUTCOMES,
  REASONS,
  RETENTION_CLASSES,
  SOURCE_GRADES,
  STANCES,
  TAGS,
  TIES,
} from "./vocabulary.ts";

/** Longest sealed text, characters: 100,000 characters of any script, sealed. */
const LONGEST_SEALED = 600_000;

/** Text sealed under a tip's key. */
export const sealedText: Reader<string> = (value, where) =>
  matching(/[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/)(text(LONGEST_SEALED, 1)(value, where), where);

/** Codes in alphabetical order, none twice: one form of a set. */
function setOf<const T extends string>(codes: readonly T[]): Reader<T[]> {
  return (value, where) => {
    const read = list(oneOf(codes), codes.length)(value, where);
    if (!read.every((code, index) => index === 0 || (read[index - 1] ?? "") < code)) throw new Refusal("bad-field", where);
    return read;
  };
}

const stretch = record({ start: integer(0, 99_999), end: integer(1, 100_000) });

/** A stretch of a narrative, UTF-16 units, the end not included. */
export type Quote = ReturnType<typeof stretch>;

const quote: Reader<Quote> = (value, where) => {
  const read = stretch(value, where);
  if (read.start >= read.end) throw new Refusal("bad-field", where);
  return read;
};

/** A name as it is written, and its romanisation. Never first and last name: many people here have no such two. */
const name = record({ text: text(200, 1), romanised: nullable(text(200, 1)) });

const TAG_SETS = Object.keys(TAGS) as (keyof typeof TAGS)[];

/** A tag that its set has. */
const tagged: Reader<{ kind: "tagged"; tip: string; set: keyof typeof TAGS; code: string }> = (value, where) => {
  const read = record({ kind: oneOf(["tagged"]), tip: tipId, set: oneOf(TAG_SETS), code: text(40, 1) })(value, where);
  if (!(TAGS[read.set] as readonly string[]).includes(read.code)) throw new Refusal("bad-field", `${where}.code`);
  return read;
};

/** Closing says why, being a duplicate says of which; nothing else says either. */
const moved: Reader<{
  kind: "moved";
  tip: string;
  to: keyof typeof TIP_MACHINE;
  reason: (typeof CLOSE_REASONS)[number] | null;
  duplicate_of: string | null;
}> = (value, where) => {
  const read = record({
    kind: oneOf(["moved"]),
    tip: tipId,
    to: oneOf(statesOf(TIP_MACHINE)),
    reason: nullable(oneOf(CLOSE_REASONS)),
    duplicate_of: nullable(tipId),
  })(value, where);
  if ((read.to === "closed") !== (read.reason !== null)) throw new Refusal("bad-field", `${where}.reason`);
  if ((read.to === "duplicate") !== (read.duplicate_of !== null)) throw new Refusal("bad-field", `${where}.duplicate_of`);
  return read;
};

const referralMoved: Reader<{
  kind: "referral-moved";
  referral: number;
  to: keyof typeof REFERRAL_MACHINE;
  outcome: (typeof OUTCOMES)[number] | null;
}> = (value, where) => {
  const read = record({
    kind: oneOf(["referral-moved"]),
    referral: NUMBER,
    to: oneOf(statesOf(REFERRAL_MACHINE)),
    outcome: nullable(oneOf(OUTCOMES)),
  })(value, where);
  if ((read.to === "outcome") !== (read.outcome !== null)) throw new Refusal("bad-field", `${where}.outcome`);
  return read;
};

const GRADE = {
  tip: tipId,
  source: oneOf(SOURCE_GRADES),
  information: oneOf(INFORMATION_GRADES),
  reasons: setOf(REASONS),
};

/** What takes two people: one proposes, another confirms. */
const SUBJECTS = {
  /** Destroys a tip: its key, and so its text, files and every sealed word about it. */
  "destroy-tip": record({ what: oneOf(["destroy-tip"]), tip: tipId }),
  /** Destroys the secret of one week of the program certificate; `epoch` is the subkey's fingerprint. */
  "destroy-epoch": record({ what: oneOf(["destroy-epoch"]), epoch: hex(32) }),
  "release-hold": record({ what: oneOf(["release-hold"]), tip: tipId }),
  /** Lets `to` see what a tip tells of its own source. */
  reveal: record({ what: oneOf(["reveal"]), tip: tipId, to: personKey }),
  "approve-referral": record({ what: oneOf(["approve-referral"]), referral: NUMBER }),
  /** The dossier of a referral, as it was fixed; `sha256` is of its bytes, so that both signatures are under exactly these. */
  "approve-dossier": record({ what: oneOf(["approve-dossier"]), referral: NUMBER, sha256: hex(32) }),
  /** The approved referral leaves; `sha256` is of exactly what leaves. */
  "send-referral": record({ what: oneOf(["send-referral"]), referral: NUMBER, sha256: hex(32) }),
  retention: record({ what: oneOf(["retention"]), class: oneOf(RETENTION_CLASSES), days: integer(1, 36_500) }),
  ...CLAIM_SUBJECTS,
  "add-person": record({ what: oneOf(["add-person"]), name: text(64, 1), key: personKey, roles }),
  "remove-person": record({ what: oneOf(["remove-person"]), key: personKey }),
};

/** What was proposed. */
export type Subject = ReturnType<(typeof SUBJECTS)[keyof typeof SUBJECTS]>;

const subject: Reader<Subject> = (value, where) => {
  const what = value !== null && typeof value === "object" && "what" in value ? value.what : null;
  return SUBJECTS[oneOf(Object.keys(SUBJECTS) as Subject["what"][])(what, `${where}.what`)](value, where);
};

/** Everything that can be done in triage, by kind. */
export const TRIAGE_ACTS = {
  /** Somebody says before reading what ties them to a tip; an empty list says nothing does. */
  declared: record({ kind: oneOf(["declared"]), tip: tipId, ties: setOf(TIES) }),
  /** A lead decides whether somebody with ties may read. */
  "tie-decided": record({ kind: oneOf(["tie-decided"]), tip: tipId, person: personKey, may_read: flag }),
  /** Somebody opened the text. */
  "tip-opened": record({ kind: oneOf(["tip-opened"]), tip: tipId }),
  tagged,
  coded: record({ kind: oneOf(["coded"]), tip: tipId, element: oneOf(ELEMENTS), stance: oneOf(STANCES), quote: nullable(quote) }),
  graded: record({ kind: oneOf(["graded"]), ...GRADE, note: nullable(sealedText) }),
  /** What the two graders agree on; it holds once both have signed the same. */
  reconciled: record({ kind: oneOf(["reconciled"]), ...GRADE }),
  /** A new entity, called by this event's number. */
  "entity-named": record({ kind: oneOf(["entity-named"]), entity: oneOf(ENTITY_KINDS), name, role: nullable(text(200, 1)) }),
  "alias-added": record({ kind: oneOf(["alias-added"]), entity: NUMBER, name }),
  mentioned: record({ kind: oneOf(["mentioned"]), tip: tipId, entity: NUMBER, quote: nullable(quote), certainty: oneOf(CERTAINTIES) }),
  linked: record({ kind: oneOf(["linked"]), tip: tipId, other: tipId, link: oneOf(LINKS), independent: oneOf(INDEPENDENCE) }),
  /** A narrow question for the witness; `replied` is what is sent. */
  "question-noted": record({ kind: oneOf(["question-noted"]), tip: tipId, sealed: sealedText }),
  "task-set": record({ kind: oneOf(["task-set"]), tip: tipId, sealed: sealedText, person: nullable(personKey), due: nullable(DATE) }),
  "task-done": record({ kind: oneOf(["task-done"]), task: NUMBER }),
  /** `language` is a BCP 47 tag. */
  translated: record({
    kind: oneOf(["translated"]),
    tip: tipId,
    language: matching(/[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}/),
    method: oneOf(["human", "machine"]),
    certified: flag,
    sealed: sealedText,
  }),
  noted: record({ kind: oneOf(["noted"]), tip: tipId, sealed: sealedText }),
  moved,
  flagged: record({ kind: oneOf(["flagged"]), tip: tipId, flag: oneOf(FLAGS), on: flag }),
  /** Somebody looked at this many pictures, pages or films of a tip, for so many seconds in all. */
  exposed: record({ kind: oneOf(["exposed"]), tip: tipId, count: integer(1, 999), seconds: integer(0, 86_400) }),
  /** A new referral, called by this event's number. */
  "referral-drafted": record({ kind: oneOf(["referral-drafted"]), title: text(200, 1), tips: list(tipId, 1000) }),
  "referral-moved": referralMoved,
  /** Called by this event's number. */
  proposed: record({ kind: oneOf(["proposed"]), subject }),
  confirmed: record({ kind: oneOf(["confirmed"]), proposal: NUMBER }),
  /** By somebody else, or taken back. */
  rejected: record({ kind: oneOf(["rejected"]), proposal: NUMBER }),
  /** Takes back what an earlier event did. Both stay in the chain. */
  undone: record({ kind: oneOf(["undone"]), event: NUMBER }),
};
