import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsManifest } from "../../../src/protocol/crypto/bundle.ts";
import { batchSize, MOST_WAITING } from "../../../src/server/courier/batch-size.ts";

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

  it("is never more than a bundle's manifest can list, as long as full generations are sealed in time", () => {
    const largest = batchSize(98_304);
    expect(largest).toBe(131_072);
    expect(MOST_WAITING).toBeLessThan(98_304);
    const entry = { sha256: "0".repeat(64), size: 4_294_967_295 };
    const items = Array.from({ length: largest }, (_, position) => ({
      ...entry,
      path: `batches/99999999/${String(position).padStart(4, "0")}`,
    }));
    const tiles = Array.from({ length: (3 * largest) / 256 }, () => ({ ...entry, path: "log/tile/entries/x999/x999/999.p/255" }));
    expect(fitsManifest([...items, ...tiles])).toBe(true);
    expect(fitsManifest([...items, ...items])).toBe(false);
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
