/**
 * The gate. An input is an envelope's first {@link FRAMING_LENGTH} octets, then pairs of octets that make up what is said to have arrived: part and length, from which
 * {@link checkWhole} has to find out what is whole.
 */
import { PART_SIZE, partDigest } from "../../../src/protocol/crypto/hash.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { envelopeLength, FRAMING_LENGTH, parseTipFraming } from "../../../src/protocol/format/envelope.ts";
import { isSizeClass, LARGEST_CONTENT, SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { checkFirstPart, checkPlace, checkWhole, LAST_PART, type PartFact } from "../../../src/server/intake/gate.ts";
import { accepted, holds, type Target } from "../engine/target.ts";

const EPOCH = "07".repeat(32);
const ACCEPTED = new Set([EPOCH]);
const MOST = 16 * 1_048_576;

function framing(content: number): Uint8Array<ArrayBuffer> {
  const first = new Uint8Array(FRAMING_LENGTH).fill(0x5a);
  first.set([0xc1, 0xc3, 0xed, 6, 33, 6, ...new Uint8Array(32).fill(7), 35]);
  first.set([40], 1159);
  const view = new DataView(first.buffer);
  first.set([0xd2, 0xff], 1200);
  view.setUint32(1202, envelopeLength(content) - 1206);
  first.set([2, 9, 3, 12], 1206);
  return first;
}

/** Parts as the octets say: number, and how much of a full part. */
function factsIn(octets: Uint8Array, declared: number): PartFact[] {
  const facts: PartFact[] = [];
  for (let at = 0; at + 1 < octets.length; at += 2) {
    const part = octets[at] ?? 0;
    const kind = octets[at + 1] ?? 0;
    const rest = declared - (part - 1) * PART_SIZE;
    const length = kind < 128 ? Math.min(PART_SIZE, Math.max(rest, 0)) : kind;
    facts.push({ part, length, sha256: new Uint8Array(32).fill(part), declared: part === 1 ? declared : null });
  }
  return facts;
}

function seed(content: number, parts: readonly number[]): Uint8Array {
  return Buffer.concat([framing(content), Uint8Array.from(parts.flatMap((part) => [part, 0]))]);
}

export const target: Target = {
  longest: FRAMING_LENGTH + 80,
  seeds: () => [
    seed(SMALLEST_CLASS, [1]),
    seed(1_048_576, [3, 1, 2]),
    seed(LARGEST_CONTENT, [1]),
    seed(4 * 1_048_576, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
  ],
  run: (input) => {
    const framed = accepted(() => parseTipFraming(input));
    if (framed !== undefined) {
      const { recipient, length, content } = framed;
      holds(recipient === toHex(input.subarray(6, 38)), "the recipient is not the one named");
      holds(isSizeClass(content) && length === envelopeLength(content), "a length was accepted that no size class has");
      const written = framing(content);
      const fixed = [...Array(6).keys(), 38, 1159, ...Array.from({ length: 10 }, (_, place) => 1200 + place)];
      holds(
        fixed.every((place) => input[place] === written[place]),
        "a second framing was accepted",
      );
    }
    const declared = accepted(() => checkFirstPart(input, ACCEPTED, MOST));
    if (declared === undefined) return;
    holds(framed?.recipient === EPOCH && framed.content <= MOST, "the gate accepted what it is not to accept");
    const facts = factsIn(input.subarray(FRAMING_LENGTH), declared);
    for (const { part, length } of facts) {
      const placed = accepted(() => {
        checkPlace(part, length, declared);
        return true;
      });
      holds(placed === undefined || (part >= 1 && part <= LAST_PART && (part - 1) * PART_SIZE + length <= declared), "a part has no place");
    }
    const parts = Math.ceil(declared / PART_SIZE);
    const hashes = facts.toSorted((a, b) => a.part - b.part).map(({ sha256 }) => sha256);
    const digest = hashes.length === parts ? partDigest(declared, hashes) : new Uint8Array(32);
    const whole = accepted(() => checkWhole(facts, parts, digest));
    if (whole === undefined) return;
    const total = facts.reduce((sum, { length }) => sum + length, 0);
    holds(whole === declared && total === declared && new Set(facts.map(({ part }) => part)).size === parts, "half a tip is called whole");
  },
};
