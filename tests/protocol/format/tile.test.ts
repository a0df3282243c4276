import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatEntries, parseEntries, parseTilePath, tilePath } from "../../../src/protocol/format/tile.ts";

describe("a tile's path", () => {
  test.each([
    ["tile/0/000", 0, 0, 256],
    ["tile/0/001.p/5", 0, 1, 5],
    ["tile/entries/x001/x234/067", "entries", 1_234_067, 256],
    ["tile/3/x001/000.p/255", 3, 1000, 255],
  ] as const)("is %s as C2SP has it", (path, level, index, width) => {
    expect(tilePath(level, index, width)).toBe(path);
    expect(parseTilePath(path)).toEqual({ level, index, width });
  });

  test("is read as it was written", () => {
    const level = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant("entries" as const));
    fc.assert(
      fc.property(level, fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (one, index, width) => {
        expect(parseTilePath(tilePath(one, index, width))).toEqual({ level: one, index, width });
      }),
    );
  });

  test.each([
    "tile/7/000",
    "tile/0/0",
    "tile/0/x000/001",
    "tile/0/000.p/256",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/00/000",
    "tile/data/000",
    "../tile/0/000",
    "",
  ])("is refused as %j", (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });
});

describe("an entries tile", () => {
  test("holds entries of 0 to 65,535 bytes", () => {
    const entries = [new Uint8Array(0), new Uint8Array(65_535).fill(7), Uint8Array.of(1)];
    expect(parseEntries(formatEntries(entries), 3)).toEqual(entries);
  });

  test("is refused with another count than expected", () => {
    const tile = formatEntries([Uint8Array.of(1), Uint8Array.of(2)]);
    for (const count of [0, 1, 3, 256]) expect(() => parseEntries(tile, count)).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });
});
