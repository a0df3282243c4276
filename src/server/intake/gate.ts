/**
 * The gate: what can be checked of a tip without any key. Nothing passes that the page would not have made, and what is refused leaves nothing behind.
 *
 * An envelope has one canonical framing (specification section 4), so its first part tells everything about the others: how many there are and how long
 * each is. All values here are attacker-controlled.
 */
import { equal } from "../../protocol/bytes.ts";
import { PART_SIZE, partDigest } from "../../protocol/crypto/hash.ts";
import { Refusal, type RefusalCode } from "../../protocol/errors.ts";
import { envelopeLength, parseTipFraming } from "../../protocol/format/envelope.ts";
import { LARGEST_CONTENT } from "../../protocol/format/padding.ts";

/** Number of the last part that any tip can have. */
export const LAST_PART = Math.ceil(envelopeLength(LARGEST_CONTENT) / PART_SIZE);

/** Refusals after which nothing of a tip is kept. All others leave what has arrived, so that the upload can go on. */
export const FINAL_REFUSALS: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "truncated",
  "not-openpgp",
  "armoured",
  "not-post-quantum",
  "wrong-recipient",
  "wrong-recipients",
  "legacy-encryption",
  "wrong-chunk-size",
  "wrong-framing",
  "wrong-length",
  "too-large",
  "part-too-large",
  "part-out-of-range",
  "digest-mismatch",
  "commitment-repeated",
]);

/** What is known of a part that has arrived. */
export interface PartFact {
  readonly part: number;
  readonly length: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /** Octets of the whole envelope, as part 1 states them. */
  readonly declared: number | null;
}

/**
 * Checks the first part of a tip.
 * @param accepted fingerprints of the epochs that are accepted now.
 * @returns octets of the whole envelope.
 * @throws {Refusal} what {@link parseTipFraming} refuses, `wrong-recipient`, `too-large`.
 */
export function checkFirstPart(body: Uint8Array, accepted: ReadonlySet<string>, maxTipBytes: number): number {
  const { recipient, length, content } = parseTipFraming(body);
  if (!accepted.has(recipient)) throw new Refusal("wrong-recipient");
  if (content > maxTipBytes) throw new Refusal("too-large");
  return length;
}

/** Octets of a part in an envelope of `declared` octets. @throws {Refusal} `part-out-of-range` if it has no such part. */
function expectedLength(part: number, declared: number): number {
  const before = (part - 1) * PART_SIZE;
  if (part < 1 || before >= declared) throw new Refusal("part-out-of-range");
  return Math.min(PART_SIZE, declared - before);
}

/** Checks that a part of `length` octets has its place. @throws {Refusal} `part-out-of-range`, `wrong-length`. */
export function checkPlace(part: number, length: number, declared: number): void {
  if (length !== expectedLength(part, declared)) throw new Refusal("wrong-length");
}

/**
 * Checks that a tip is whole: every part there, each of its length, as many as were meant, and the digest that of these bytes.
 * @returns octets of the envelope.
 * @throws {Refusal} `part-missing`, `part-out-of-range`, `wrong-length`, `digest-mismatch`.
 */
export function checkWhole(facts: readonly PartFact[], parts: number, digest: Uint8Array): number {
  const ordered = facts.toSorted((a, b) => a.part - b.part);
  const declared = ordered[0]?.part === 1 ? ordered[0].declared : null;
  if (declared === null) throw new Refusal("part-missing");
  if (parts !== Math.ceil(declared / PART_SIZE)) throw new Refusal("wrong-length");
  for (const { part, length } of ordered) checkPlace(part, length, declared);
  if (ordered.length !== parts) throw new Refusal("part-missing");
  const hashes = ordered.map(({ sha256 }) => sha256);
  if (!equal(partDigest(declared, hashes), digest)) throw new Refusal("digest-mismatch");
  return declared;
}
