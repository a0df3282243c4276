/** Tiles of entries: the first octet of an input says how many there should be. */
import { formatEntries, parseEntries } from "../../../src/protocol/format/tile.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

export const target: Target = {
  longest: 2000,
  seeds: () =>
    [1, 2, 5].map((count) => Buffer.concat([Uint8Array.of(count), formatEntries(Array.from({ length: count }, () => new Uint8Array(9)))])),
  run: (input) => {
    const [count = 0] = input;
    const tile = input.slice(1);
    const entries = accepted(() => parseEntries(tile, count));
    if (entries !== undefined && count > 0) sameAgain(tile, formatEntries(entries));
  },
};
