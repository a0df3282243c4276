import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSizeClass, LARGEST_CONTENT, sizeClassOf, SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";

const MIB = 1_048_576;

describe("size classes", () => {
  it("are 64 KiB, 256 KiB, 1 MiB and 4 MiB up to there", () => {
    const found = [0, 1, SMALLEST_CLASS, SMALLEST_CLASS + 1, 262_144, 262_145, MIB, MIB + 1, 4 * MIB].map(sizeClassOf);
    expect(found).toEqual([65_536, 65_536, 65_536, 262_144, 262_144, MIB, MIB, 4 * MIB, 4 * MIB]);
  });

  it("are Padmé in whole MiB above, as worked out by hand", () => {
    // 2^22 to 2^23: steps of 2^17, so every MiB. 2^26 to 2^27: E = 26, S = 5, steps of 2^21. 2^30 to 2^31: steps of 2^25.
    const found = [4 * MIB + 1, 5 * MIB + 1, 65 * MIB, 1025 * MIB].map(sizeClassOf);
    expect(found).toEqual([5 * MIB, 6 * MIB, 66 * MIB, 1056 * MIB]);
  });

  it("end at 4,000 MiB", () => {
    expect(sizeClassOf(LARGEST_CONTENT - 1)).toBe(4000 * MIB);
    expect(() => sizeClassOf(LARGEST_CONTENT + 1)).toThrow("no size class");
    expect(() => sizeClassOf(-1)).toThrow("no size class");
    expect(() => sizeClassOf(1.5)).toThrow("no size class");
  });

  it("hold their content, waste little and are their own class", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4 * MIB + 1, max: LARGEST_CONTENT }), (length) => {
        const size = sizeClassOf(length);
        expect(size).toBeGreaterThanOrEqual(length);
        expect(size / length).toBeLessThanOrEqual(length > 8 * MIB ? 1.125 : 1.25);
        expect(sizeClassOf(size)).toBe(size);
        expect(isSizeClass(size)).toBe(true);
        expect(isSizeClass(size - 1)).toBe(false);
      }),
    );
  });

  it("never shrink when the content grows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LARGEST_CONTENT }), fc.integer({ min: 0, max: LARGEST_CONTENT }), (a, b) => {
        expect(sizeClassOf(Math.min(a, b))).toBeLessThanOrEqual(sizeClassOf(Math.max(a, b)));
      }),
    );
  });

  it("do not include nothing, fractions, what is no number or what is above the largest", () => {
    const none = [0, -65_536, 65_536.5, Number.NaN, Number.POSITIVE_INFINITY, 65_535, 65_537, LARGEST_CONTENT + MIB];
    expect(none.filter(isSizeClass)).toEqual([]);
  });
});
