import fc from "fast-check";
import { expect, it } from "vitest";
import { waitAfter } from "../../../src/page/upload/backoff.ts";
import { EstimateOfTime } from "../../../src/page/upload/estimate.ts";

it("waits longer after each failure, up to thirty seconds", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => waitAfter(failures, 0))).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
});

it("takes off a random half at most, and honours what the server asks up to two minutes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const full = waitAfter(failures, 0);
      expect(waitAfter(failures, random)).toBeGreaterThan(full / 2 - 1e-9);
      expect(waitAfter(failures, random)).toBeLessThanOrEqual(full);
    }),
  );
  expect(waitAfter(1, 0.5, 45)).toBe(45);
  expect(waitAfter(1, 0.5, 100_000)).toBe(120);
  expect(waitAfter(6, 0, 2)).toBe(30);
});

it("estimates from the third part on, and not at the end", () => {
  const estimate = new EstimateOfTime(10, 1000);
  expect([1, 2].map((done) => estimate.after(done, 2000))).toEqual([null, null]);
  expect(estimate.after(5, 11_000)).toBe(10);
  expect(estimate.after(10, 11_000)).toBeNull();
});
