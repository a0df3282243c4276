/**
 * One event of the casebook: something a person did. Signed by that person and chained to the event before, so the casebook is its own chain of custody.
 *
 *     event   = canonical JSON { version: 2, sequence, previous, person, at, act }
 *     signed  = canonical JSON { event: text of the above, signature: Ed25519 over "firsthand/casebook-event/v1" 0x00 ‖ event }
 *     link    = H("firsthand/casebook-chain/v1" 0x00 ‖ signed): the `previous` of the next; zeros before the first
 *
 * `person` is the acting person's public key; who that is stands in the first event, `opened`, or in a confirmed proposal. `at` is the review machine's clock, whole seconds, UTC; that
 * machine has no network to set it by, so the order of events is what the chain says, not what `at` says. The chain is over the signed text, not over the
 * encrypted files, so that a later change of the casebook key leaves it as it is.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { domainHash, withDomain } from "../../protocol/crypto/hash.ts";
import { type SigningKey, verifySignature } from "../../protocol/crypto/ed25519.ts";
import { fromHex, fromUtf8, toHex, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import {
  flag,
  formatJson,
  hex,
  integer,
  type Json,
  list,
  matching,
  nullable,
  oneOf,
  parseJson,
  type Reader,
  record,
  text,
} from "../../protocol/format/json.ts";
import { PURPOSES, REPLY_LENGTH } from "../../protocol/format/reply.ts";
import { CLAIM_ACTS } from "../claims/acts.ts";
import { REFERRAL_ACTS } from "../referral/acts.ts";
import { sealedText, TRIAGE_ACTS } from "../triage/acts.ts";
import { DATE, NUMBER, personKey, tipId } from "./identifiers.ts";
import { roles } from "./roles.ts";

/** `previous` of the first event, and of the first bundle of a direction. */
export const NOTHING_BEFORE = "0".repeat(64);

/** Most items, batches or tips in one event: far above any bundle. */
const MANY = 4_000_000;
const COUNT = integer(0, MANY);

/** A person who may act in this casebook. `key` is an Ed25519 public key. */
const person = record({ name: text(64, 1), key: personKey, roles });

/**
 * What came of one batch. `date` is the day the server sealed it, `root` is H of the logged commitments joined: what is acknowledged. `missing` are items that are in the log and
 * not in the bundle; a batch with any is never acknowledged. `tips + decoys + unreadable + not_included + missing = size`.
 */
const batchResult = record({
  batch: NUMBER,
  date: DATE,
  size: COUNT,
  root: hex(32),
  tips: COUNT,
  decoys: COUNT,
  unreadable: COUNT,
  not_included: COUNT,
  missing: COUNT,
});

/** A tip as the chain knows it. `digest` is D of the sealed tip as received; `thread` and `sequence` are the witness's thread key and the number of this tip in the thread. */
const tipEntry = record({
  id: tipId,
  batch: NUMBER,
  position: COUNT,
  commitment: hex(32),
  digest: hex(32),
  thread: hex(32),
  sequence: integer(0, Number.MAX_SAFE_INTEGER),
});

/** An item that is no tip and no decoy; it is kept sealed as it came. */
const troubledItem = record({ batch: NUMBER, position: COUNT, digest: hex(32), problem: oneOf(["unreadable", "not-included"]) });

/** Everything that can be done, by kind. What is done with tips is in triage/acts.ts, with referrals in referral/acts.ts, with claims in claims/acts.ts. */
const ACTS = {
  /** The ceremony: whose casebook this is. Always the first event and only the first. `program` and `rewards` are the certificates' fingerprints, `review` is a verifier key. */
  opened: record({
    kind: oneOf(["opened"]),
    origin: text(255, 1),
    program: hex(32),
    rewards: hex(32),
    review: text(512, 1),
    people: list(person, 100),
    /** Days that a week's secret is kept after the week's last batch. */
    grace_days: integer(0, 366),
    demo: flag,
  }),
  /** A command was run although this machine had these networks; somebody typed the override. */
  "network-overridden": record({ kind: oneOf(["network-overridden"]), interfaces: list(text(64, 1), 100) }),
  /** Every card was replaced by cards of this quorum, and the key around the tips' keys with them. */
  "cards-replaced": record({ kind: oneOf(["cards-replaced"]), needed: integer(1, 255), shares: integer(1, 255) }),
  /** The program certificate got this many more weeks, the last of which ends before `until`. */
  "certificate-extended": record({ kind: oneOf(["certificate-extended"]), epochs: integer(1, 520), until: DATE }),
  /** Somebody decided to believe this log key. */
  "log-key-pinned": record({ kind: oneOf(["log-key-pinned"]), vkey: text(512, 1) }),
  /** A bundle from the server was taken in. `manifest` is its hash. */
  imported: record({
    kind: oneOf(["imported"]),
    bundle: NUMBER,
    manifest: hex(32),
    checkpoint: record({ size: integer(0, Number.MAX_SAFE_INTEGER), root: hex(32) }),
    batches: list(batchResult, MANY),
    tips: list(tipEntry, MANY),
    troubled: list(troubledItem, MANY),
  }),
  /** A bundle for the server was made, with these acknowledgements: texts of signed notes. */
  outbox: record({
    kind: oneOf(["outbox"]),
    bundle: NUMBER,
    previous: hex(32),
    manifest: hex(32),
    acknowledgements: list(record({ batch: NUMBER, note: text(4096, 1) }), MANY),
  }),
  /**
   * A witness was answered; `text` is sealed under the tip's key. `mailbox` is the hash of the mailbox id, `sealed` the reply as it leaves with the next outbox after this event, base64;
   * `challenge` is what the witness was asked to sign, `asked` what it was made of with the date.
   */
  replied: record({
    kind: oneOf(["replied"]),
    tip: tipId,
    mailbox: hex(32),
    date: DATE,
    text: sealedText,
    challenge: nullable(hex(32)),
    asked: nullable(record({ nonce: hex(32), program: text(200, 1), purpose: oneOf(PURPOSES) })),
    sealed: text(4 * Math.ceil(REPLY_LENGTH / 3), 1),
  }),
  /** A tip's attachments were written out. */
  extracted: record({ kind: oneOf(["extracted"]), tip: tipId }),
  ...TRIAGE_ACTS,
  ...REFERRAL_ACTS,
  ...CLAIM_ACTS,
};

export type Person = ReturnType<typeof person>;
export type BatchResult = ReturnType<typeof batchResult>;
export type TipEntry = ReturnType<typeof tipEntry>;
export type TroubledItem = ReturnType<typeof troubledItem>;

/** What somebody did. */
export type Act = ReturnType<(typeof ACTS)[keyof typeof ACTS]>;

/** An act of one kind. */
export type ActOf<K extends Act["kind"]> = Extract<Act, { kind: K }>;

/** An act with its place in the chain. */
export interface Event {
  readonly sequence: number;
  readonly previous: string;
  readonly person: string;
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly at: string;
  readonly act: Act;
}

/** An event whose signature and form were checked. */
export interface SignedEvent extends Event {
  /** The `previous` of the event after this one. */
  readonly link: string;
}

const EVENT_DOMAIN = "firsthand/casebook-event/v1";
const CHAIN_DOMAIN = "firsthand/casebook-chain/v1";

const anyAct: Reader<Act> = (value, where) => {
  const kinds = Object.keys(ACTS) as Act["kind"][];
  const named = value !== null && typeof value === "object" && "kind" in value ? value.kind : null;
  const kind = oneOf(kinds)(named ?? null, `${where}.kind`);
  return ACTS[kind](value, where);
};

const EVENT = record({
  version: oneOf([2]),
  sequence: NUMBER,
  previous: hex(32),
  person: personKey,
  at: matching(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/),
  act: anyAct,
});

const SIGNED = record({ event: text(Number.MAX_SAFE_INTEGER, 1), signature: hex(64) });

/** `event`, signed by its person: what is encrypted into one file of the casebook. `key` must be the key of `event.person`. */
export async function formatSignedEvent(event: Event, key: SigningKey): Promise<Bytes> {
  const bytes = formatJson({ version: 2, ...event });
  const signature = await key.sign(withDomain(EVENT_DOMAIN, bytes));
  return formatJson({ event: fromUtf8(bytes), signature: toHex(signature) });
}

/**
 * The event in `bytes`, with its signature checked against the key it names. Whether that key is a known person's, and whether the event follows the one before,
 * the chain decides.
 * @throws {Refusal} `not-canonical-json`, `bad-field`, `bad-signature`.
 */
export async function parseSignedEvent(bytes: Bytes): Promise<SignedEvent> {
  const signed = SIGNED(parseJson(bytes), "signed");
  const eventBytes = utf8(signed.event);
  const { sequence, previous, person, at, act } = EVENT(parseJson(eventBytes), "event");
  await verifySignature(fromHex(person, 32), withDomain(EVENT_DOMAIN, eventBytes), fromHex(signed.signature, 64));
  return { sequence, previous, person, at, act, link: linkOf(bytes) };
}

/**
 * An event from a pack (packs.ts), in `bytes` as {@link formatSignedEvent} wrote them: read strictly, its link made, its signature **not** checked.
 * @throws {Refusal} `bad-field`, `not-canonical-json`.
 */
export function readPackedEvent(bytes: Bytes): SignedEvent {
  const signed = SIGNED(jsonOf(fromUtf8(bytes)), "signed");
  const { sequence, previous, person, at, act } = EVENT(jsonOf(signed.event), "event");
  return { sequence, previous, person, at, act, link: linkOf(bytes) };
}

/** Without asking for the canonical form, which was asked for when the event was taken in; the chain is over the very bytes. */
function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Refusal("not-canonical-json");
  }
}

/** The link of a signed event. */
export function linkOf(signed: Bytes): string {
  return toHex(domainHash(CHAIN_DOMAIN, signed));
}

/** @throws {Refusal} `bad-field` if `name` cannot be a person's: 1 to 64 UTF-16 units, no control characters, no space at either end. */
export function personName(name: string): string {
  if (name.length === 0 || name.length > 64 || name.trim() !== name || /\p{C}/u.test(name))
    throw new Refusal("bad-field", "name of a person");
  return name;
}
