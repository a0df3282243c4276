/** Events of a casebook: one form, signed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import {
  type Act,
  type Event,
  formatSignedEvent,
  NOTHING_BEFORE,
  parseSignedEvent,
  personName,
} from "../../../src/reviewer/casebook/event.ts";
import { USUAL_ROLES } from "../../../src/reviewer/casebook/roles.ts";
import { refusalOf } from "../../support/refusals.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const number = fc.integer({ min: 1, max: 99_999_999 });
const id = hash.map((hex) => hex.slice(0, 12));
const counts = {
  size: fc.nat(99),
  tips: fc.nat(99),
  decoys: fc.nat(99),
  unreadable: fc.nat(99),
  not_included: fc.nat(99),
  missing: fc.nat(99),
};

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant("opened" as const),
    origin: fc.string({ minLength: 1, maxLength: 20 }),
    program: hash,
    rewards: hash,
    review: fc.string({ minLength: 1, maxLength: 20 }),
    people: fc.array(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 20 }),
        key: hash,
        roles: fc.subarray([...USUAL_ROLES], { minLength: 1 }),
      }),
      { maxLength: 3 },
    ),
    grace_days: fc.nat(366),
    demo: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("log-key-pinned" as const), vkey: fc.string({ minLength: 1, maxLength: 100 }) }),
  fc.record({
    kind: fc.constant("imported" as const),
    bundle: number,
    manifest: hash,
    checkpoint: fc.record({ size: fc.maxSafeNat(), root: hash }),
    batches: fc.array(fc.record({ batch: number, date: fc.constant("2026-06-01"), root: hash, ...counts }), { maxLength: 3 }),
    tips: fc.array(
      fc.record({ id, batch: number, position: fc.nat(999), commitment: hash, digest: hash, thread: hash, sequence: fc.nat(999) }),
      { maxLength: 3 },
    ),
    troubled: fc.array(
      fc.record({
        batch: number,
        position: fc.nat(999),
        digest: hash,
        problem: fc.constantFrom("unreadable" as const, "not-included" as const),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant("outbox" as const),
    bundle: number,
    previous: hash,
    manifest: hash,
    acknowledgements: fc.array(fc.record({ batch: number, note: fc.string({ minLength: 1, maxLength: 50 }) }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("replied" as const),
    tip: id,
    mailbox: hash,
    date: fc.constant("2026-06-01"),
    text: fc.constant("aa..bb.cc.dd"),
    challenge: fc.option(hash),
    asked: fc.option(fc.record({ nonce: hash, program: fc.constant("示例"), purpose: fc.constant("claim" as const) })),
    sealed: fc.base64String({ minLength: 4, maxLength: 5976 }),
  }),
  fc.record({ kind: fc.constant("extracted" as const), tip: id }),
);

const seed = randomBytes(32);

async function eventOf(act: Act): Promise<Event> {
  const { publicKey } = await signingKeyFromSeed(seed);
  return { sequence: 7, previous: NOTHING_BEFORE, person: toHex(publicKey), at: "2026-06-01T12:00:00Z", act };
}

describe("an event", () => {
  it("is read as it was written, whatever was done", async () => {
    const key = await signingKeyFromSeed(seed);
    await fc.assert(
      fc.asyncProperty(acts, async (act) => {
        const event = await eventOf(act);
        const { link, ...read } = await parseSignedEvent(await formatSignedEvent(event, key));
        expect(link).toMatch(/^[0-9a-f]{64}$/);
        expect(read).toEqual(event);
        expect(await formatSignedEvent(read, key)).toEqual(await formatSignedEvent(event, key));
      }),
    );
  });

  it("is refused with any byte changed", async () => {
    const bytes = await formatSignedEvent(await eventOf({ kind: "extracted", tip: "0123456789ab" }), await signingKeyFromSeed(seed));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(await refusalOf(() => parseSignedEvent(changed))).not.toBeNull();
      }),
    );
  });

  it("is refused when somebody else signed it, or when it says more than it should", async () => {
    const act = { kind: "extracted", tip: "0123456789ab" } as const;
    const event = await eventOf(act);
    const other = await signingKeyFromSeed(randomBytes(32));
    expect(await refusalOf(async () => parseSignedEvent(await formatSignedEvent(event, other)))).toBe("bad-signature");
    const talkative = { ...event, act: { ...act, why: "because" } };
    expect(await refusalOf(async () => parseSignedEvent(await formatSignedEvent(talkative, await signingKeyFromSeed(seed))))).toBe(
      "bad-field",
    );
    const signed = fromUtf8(await formatSignedEvent(event, await signingKeyFromSeed(seed)));
    expect(await refusalOf(() => parseSignedEvent(utf8(`${signed} `)))).toBe("not-canonical-json");
  });

  it("never crashes on hostile bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await refusalOf(() => parseSignedEvent(new Uint8Array(bytes)))).not.toBeNull();
      }),
    );
  });
});

it("a person's name is visible text of at most 64 characters", async () => {
  expect(personName("Айгүл 아이굴")).toBe("Айгүл 아이굴");
  for (const name of ["", " a", "a\n", "a\u202Eb", "x".repeat(65)]) expect(await refusalOf(() => personName(name))).toBe("bad-field");
});
