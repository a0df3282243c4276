import { beforeAll, describe, expect, test } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { formatVkey, type NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { type DecidedPolicy, ONE_PERSON, openRetentionNote, signRetentionNote } from "../../../src/protocol/crypto/retention-note.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { parseNote } from "../../../src/protocol/format/note.ts";
import { formatRetention, type RetentionPolicy } from "../../../src/protocol/format/retention.ts";
import { NO_NOTE_BEFORE } from "../../../src/protocol/format/retention-note.ts";
import { signerOf } from "../../support/memory-log.ts";
import { firstPolicyNote, nextPolicyNote, policySigners } from "../../support/retention-notes.ts";

const ORIGIN = "log.example/firsthand";
const POLICY: RetentionPolicy = { daysAfterAcknowledgement: 30, daysAtMost: 180, graceDays: 8, unacknowledged: "keep" };
const SHORTER: RetentionPolicy = { ...POLICY, daysAfterAcknowledgement: 7 };

let review: NoteSigner;
let people: [NoteSigner, NoteSigner, NoteSigner];
let first: Bytes;
let before: DecidedPolicy;
beforeAll(async () => {
  review = await signerOf(`${ORIGIN}/review`);
  people = await policySigners(ORIGIN);
  first = await firstPolicyNote(ORIGIN, POLICY, review);
  before = await openRetentionNote(first, { origin: ORIGIN, review: review.vkey, before: null });
});

const open = (bytes: Bytes, after: DecidedPolicy | null = before): Promise<DecidedPolicy> =>
  openRetentionNote(bytes, { origin: ORIGIN, review: review.vkey, before: after });

describe("the policy a log begins with", () => {
  test("is the review key's word, and names who may change it", () => {
    expect(before).toMatchObject({ number: 1, previous: NO_NOTE_BEFORE, policy: POLICY, signed: first });
    expect(before.sha256).toBe(toHex(sha256(formatRetention(POLICY))));
    expect(before.keys.map(({ text }) => text)).toEqual(people.map(({ vkey }) => vkey.text).sort());
  });

  test("counts for nothing if anybody else signed it", async () => {
    const { text } = parseNote(first);
    for (const other of [people[0], await signerOf(`${ORIGIN}/review`, "somebody else")]) {
      await expect(open(await other.sign(text), null)).rejects.toMatchObject({ code: "policy-not-signed" });
    }
  });

  test("is of one log only", async () => {
    const other = await firstPolicyNote("log.example/other", POLICY, review);
    await expect(open(other, null)).rejects.toMatchObject({ code: "wrong-origin" });
  });
});

describe("a change", () => {
  test("is decided by any two of the people, and the next by two of those that it names", async () => {
    const [one, two, three] = people;
    for (const pair of [[one, two], [three, one], people]) {
      expect(await open(await nextPolicyNote(first, { policy: SHORTER }, pair))).toMatchObject({ number: 2, policy: SHORTER });
    }
    const newcomer = await signerOf(`${ORIGIN}/retention/4`);
    const signers = [three.vkey.text, newcomer.vkey.text].sort();
    const second = await nextPolicyNote(first, { policy: SHORTER, signers }, [one, two]);
    const decided = await open(second);
    expect(await open(await nextPolicyNote(second, { policy: POLICY }, [newcomer, three]), decided)).toMatchObject({ number: 3 });
    const byThoseBefore = await nextPolicyNote(second, { policy: POLICY }, [one, two]);
    await expect(open(byThoseBefore, decided)).rejects.toMatchObject({ code: "policy-not-signed" });
  });

  test("by one person, by nobody who may, or by one person twice is none", async () => {
    const [one, two] = people;
    const alone = await nextPolicyNote(first, { policy: SHORTER }, [one]);
    await expect(open(alone)).rejects.toMatchObject({ code: "policy-not-signed", where: ONE_PERSON });
    const byNobody = await nextPolicyNote(first, { policy: SHORTER }, [review]);
    await expect(open(byNobody)).rejects.toMatchObject({ code: "policy-not-signed", where: undefined });
    const { text, signatures } = parseNote(alone);
    await expect(signRetentionNote(text, signatures, one)).rejects.toThrow("once");
    await expect(signRetentionNote("some other text\n", [], one)).rejects.toMatchObject({ code: "bad-policy" });
    // Another key of the same name is somebody else, and so is another name with the same number.
    const { name, id } = one.vkey;
    const others = [
      { name, id: id ^ 1 },
      { name: `${name}0`, id },
    ].map((other) => ({ ...other, id: other.id >>> 0, signature: new Uint8Array(64) }));
    expect(parseNote(await signRetentionNote(text, others, one)).signatures).toHaveLength(3);
    const twice = Buffer.from(alone).toString("utf8");
    const doubled = new TextEncoder().encode(twice + twice.slice(twice.lastIndexOf("\u2014")));
    await expect(open(doubled)).rejects.toMatchObject({ code: "bad-signature" });
    // The same key under two names is one person.
    const alias = formatVkey(`${ORIGIN}/retention/9`, one.vkey.publicKey);
    const signers = [one.vkey.text, alias.text].sort();
    const named = await nextPolicyNote(first, { policy: SHORTER, signers }, [one, two]);
    await expect(open(named)).rejects.toMatchObject({ code: "bad-policy", where: "signers" });
  });

  test("is void if a byte of it changes after it was signed", async () => {
    const signed = await nextPolicyNote(first, { policy: SHORTER }, people);
    const text = Buffer.from(signed).toString("utf8").replace('"days_at_most":180', '"days_at_most":190');
    await expect(open(new TextEncoder().encode(text))).rejects.toMatchObject({ code: "bad-signature" });
  });

  test("follows the one before by number and by hash", async () => {
    for (const change of [{ number: 3 }, { previous: "1".repeat(64) }]) {
      await expect(open(await nextPolicyNote(first, change, people))).rejects.toMatchObject({ code: "bad-policy" });
    }
    await expect(open(first)).rejects.toMatchObject({ code: "bad-policy", where: "number" });
  });
});
