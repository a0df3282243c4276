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
    "tile/0/000.p/257",
    "tile/0/000.p/5/",
    "tile/0/x999/x999/x999/x999/x999/999",
    "../tile/0/000",
    "",
  ])("is refused as %j", (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });
});

describe("what no tile has", () => {
  test.each([
    ["level", -1, 0, 256],
    ["level", 7, 0, 256],
    ["level", 0.5, 0, 256],
    ["index", 0, -1, 256],
    ["index", 0, 0.5, 256],
    ["index", 0, 2 ** 53, 256],
    ["width", 0, 0, 0],
    ["width", 0, 0, 257],
    ["width", 0, 0, 1.5],
  ])("has no path: %s of %d, %d, %d", (what, level, index, width) => {
    expect(() => tilePath(level, index, width)).toThrow(`a tile's ${what} is out of range`);
  });

  test("is not written: no entry, 257 of them, or one of 65,536 bytes", () => {
    expect(() => formatEntries([])).toThrow("1 to 256");
    expect(() => formatEntries(Array<Uint8Array>(257).fill(new Uint8Array(1)))).toThrow("1 to 256");
    expect(() => formatEntries([new Uint8Array(65_536)])).toThrow("too long");
    expect(formatEntries([new Uint8Array(1)])).toHaveLength(3);
    expect(formatEntries(Array<Uint8Array>(256).fill(new Uint8Array(1)))).toHaveLength(768);
  });
});

describe("an entries tile", () => {
  test("holds entries of 0 to 65,535 bytes", () => {
    const entries = [new Uint8Array(0), new Uint8Array(65_535).fill(7), Uint8Array.of(1), new Uint8Array(0)];
    expect(parseEntries(formatEntries(entries), 4)).toEqual(entries);
  });

  test("is refused wherever it is cut, unless that is between two entries", () => {
    const tile = formatEntries([Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 5, 6)]);
    for (let length = 1; length < tile.length; length++) {
      if (length === 4 || length === 7) continue;
      for (const count of [1, 2, 3])
        expect(() => parseEntries(tile.slice(0, length), count)).toThrow(expect.objectContaining({ code: "bad-tile" }));
    }
  });

  test("is refused with another count than expected", () => {
    const tile = formatEntries([Uint8Array.of(1), Uint8Array.of(2)]);
    for (const count of [0, 1, 3, 256]) expect(() => parseEntries(tile, count)).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });
});
