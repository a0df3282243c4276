import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchSize } from "../../../src/server/courier/batch-size.ts";

describe("size of a batch", () => {
  it("is 64 when nothing came, and as long as a quarter of it can be decoys", () => {
    expect(batchSize(0)).toBe(64);
    expect(batchSize(48)).toBe(64);
  });

  it("doubles with the first tip that would leave too few decoys", () => {
    expect(batchSize(49)).toBe(128);
    expect(batchSize(96)).toBe(128);
    expect(batchSize(97)).toBe(256);
  });

  it("is the smallest 64·2^j that leaves at least a quarter for decoys", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (tips) => {
        const size = batchSize(tips);
        const doublings = Math.log2(size / 64);
        expect(Number.isInteger(doublings)).toBe(true);
        expect(size - tips).toBeGreaterThanOrEqual(size / 4);
        if (doublings > 0) expect(size / 2 - tips).toBeLessThan(size / 8);
      }),
    );
  });
});
