/** The gate's rules by themselves, at their edges and without a server: what a part and a whole tip must be. `gate.test.ts` sees them over HTTP. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { sealEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { PART_SIZE, partDigest } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { envelopeLength } from "../../../src/protocol/format/envelope.ts";
import { LARGEST_CONTENT, SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { checkFirstPart, checkPlace, checkWhole, FINAL_REFUSALS, LAST_PART, type PartFact } from "../../../src/server/intake/gate.ts";
import { patternOf, streamOf } from "../../support/bytes.ts";
import { type KeyPair, newKeyPair } from "../../support/certificates.ts";
import { refusalOf } from "../../support/refusals.ts";

/** Octets of an envelope of three parts, the last of 17. */
const THREE_PARTS = 2 * PART_SIZE + 17;

test("the last part that any tip can have is that of the largest one", () => {
  expect(LAST_PART).toBe(8001);
  expect((LAST_PART - 1) * PART_SIZE).toBeLessThan(envelopeLength(LARGEST_CONTENT));
});

test("what makes a tip be forgotten is this and nothing else; the rest may be tried again", () => {
  expect([...FINAL_REFUSALS].sort()).toEqual([
    "armoured",
    "commitment-repeated",
    "digest-mismatch",
    "legacy-encryption",
    "not-openpgp",
    "not-post-quantum",
    "part-out-of-range",
    "part-too-large",
    "too-large",
    "truncated",
    "wrong-chunk-size",
    "wrong-framing",
    "wrong-length",
    "wrong-recipient",
    "wrong-recipients",
  ]);
});

describe("the first part", () => {
  let program: KeyPair;
  let envelope: Bytes;
  beforeAll(async () => {
    program = await newKeyPair("program", 1);
    const sealing = sealEnvelope(streamOf(randomBytes(SMALLEST_CLASS)), SMALLEST_CLASS, program.epoch);
    envelope = await collect(sealing, envelopeLength(SMALLEST_CLASS));
  });
  const accepted = (): Set<string> => new Set([program.epoch.fingerprint]);

  test("tells how long the whole is", () => {
    expect(checkFirstPart(envelope, accepted(), SMALLEST_CLASS)).toBe(envelope.length);
  });

  test("is refused if the content is larger by one octet than the server takes", async () => {
    expect(await refusalOf(() => checkFirstPart(envelope, accepted(), SMALLEST_CLASS - 1))).toBe("too-large");
  });

  test("is refused if it is for an epoch that is not accepted now", async () => {
    expect(await refusalOf(() => checkFirstPart(envelope, new Set(["0".repeat(64)]), SMALLEST_CLASS))).toBe("wrong-recipient");
    expect(await refusalOf(() => checkFirstPart(envelope, new Set(), SMALLEST_CLASS))).toBe("wrong-recipient");
  });
});

describe("the place of a part", () => {
  test.each([
    [1, PART_SIZE, THREE_PARTS],
    [2, PART_SIZE, THREE_PARTS],
    [3, 17, THREE_PARTS],
    [1, 17, 17],
    [1, PART_SIZE, PART_SIZE],
    [2, PART_SIZE, 2 * PART_SIZE],
  ])("part %i of %i octets, of %i octets in all, has one", (part, length, declared) => {
    expect(() => {
      checkPlace(part, length, declared);
    }).not.toThrow();
  });

  test.each([
    [0, PART_SIZE, THREE_PARTS, "part-out-of-range"],
    [-1, PART_SIZE, THREE_PARTS, "part-out-of-range"],
    [4, PART_SIZE, THREE_PARTS, "part-out-of-range"],
    [2, 1, PART_SIZE, "part-out-of-range"],
    [3, PART_SIZE, 2 * PART_SIZE, "part-out-of-range"],
    [1, PART_SIZE - 1, THREE_PARTS, "wrong-length"],
    [1, PART_SIZE + 1, THREE_PARTS, "wrong-length"],
    [3, 16, THREE_PARTS, "wrong-length"],
    [3, 18, THREE_PARTS, "wrong-length"],
    [3, PART_SIZE, THREE_PARTS, "wrong-length"],
  ] as const)("part %i of %i octets, of %i octets in all, has none: %s", async (part, length, declared, code) => {
    expect(
      await refusalOf(() => {
        checkPlace(part, length, declared);
      }),
    ).toBe(code);
  });
});

describe("a whole tip", () => {
  const hashes = [1, 2, 3].map((seed) => patternOf(32, seed));
  const facts: readonly PartFact[] = hashes.map((sha256, index) => ({
    part: index + 1,
    length: index === 2 ? 17 : PART_SIZE,
    sha256,
    declared: index === 0 ? THREE_PARTS : null,
  }));
  const digest = partDigest(THREE_PARTS, hashes);
  const refused = (some: readonly PartFact[], parts = 3, stated = digest): Promise<string | null> =>
    refusalOf(() => checkWhole(some, parts, stated));

  test("is one in whatever order its parts came, and is not changed by looking at it", () => {
    const reversed = facts.toReversed();
    expect(checkWhole(reversed, 3, digest)).toBe(THREE_PARTS);
    expect(reversed.map(({ part }) => part)).toEqual([3, 2, 1]);
  });

  test("is missing a part, whichever it is", async () => {
    for (const missing of [1, 2, 3]) expect(await refused(facts.filter(({ part }) => part !== missing))).toBe("part-missing");
    expect(await refused([])).toBe("part-missing");
    expect(await refused([], 0)).toBe("part-missing");
  });

  test("needs the first part to have said how long it is", async () => {
    expect(await refused(facts.map((fact) => ({ ...fact, declared: null })))).toBe("part-missing");
    expect(await refused(facts.map((fact) => ({ ...fact, part: fact.part + 1, declared: THREE_PARTS })))).toBe("part-missing");
  });

  test("has as many parts as its length needs, whatever was meant", async () => {
    for (const parts of [0, 2, 4]) expect(await refused(facts, parts)).toBe("wrong-length");
  });

  test("has no part beyond its end, and none of another length", async () => {
    const beyond: PartFact = { part: 4, length: 17, sha256: patternOf(32, 4), declared: null };
    expect(await refused([...facts, beyond])).toBe("part-out-of-range");
    expect(await refused(facts.map((fact) => (fact.part === 2 ? { ...fact, length: 17 } : fact)))).toBe("wrong-length");
  });

  test("has no part twice", async () => {
    const [, second] = facts;
    expect(await refused([...facts, second!])).toBe("part-missing");
  });

  test("has the digest of its parts in their order, and of its length", async () => {
    expect(await refused(facts, 3, partDigest(THREE_PARTS, hashes.toReversed()))).toBe("digest-mismatch");
    expect(await refused(facts, 3, partDigest(THREE_PARTS + 1, hashes))).toBe("digest-mismatch");
    expect(await refused(facts, 3, randomBytes(32))).toBe("digest-mismatch");
  });
});
