/** The veil over ids and hashes of tips that wait: the same value is found again in its generation, and nowhere else. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equal } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { Pending } from "../../../src/server/store/pending.ts";

const value = fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ minLength: 32, maxLength: 32 }));

describe("the veil", () => {
  const key = randomBytes(32);
  const pending = new Pending(7, key);

  test("comes off again, keeps lengths, and is the same each time", () => {
    fc.assert(
      fc.property(value, (some) => {
        const veiled = pending.veil(some);
        expect(veiled.length).toBe(some.length);
        expect(equal(veiled, pending.veil(some))).toBe(true);
        expect(equal(pending.unveil(veiled), some)).toBe(true);
        expect(equal(veiled, some)).toBe(false);
      }),
    );
  });

  test("is another under another generation's key", () => {
    const some = randomBytes(32);
    expect(equal(pending.veil(some), new Pending(7, randomBytes(32)).veil(some))).toBe(false);
  });

  test("does not share its key with the bodies", () => {
    const body = randomBytes(100);
    const stored = pending.encryptPart(randomBytes(16), 1, body);
    expect(equal(stored.subarray(12, 112), body)).toBe(false);
    expect(() => pending.decryptPart(randomBytes(16), 1, stored)).toThrow(expect.objectContaining({ code: "not-authentic" }));
  });
});
