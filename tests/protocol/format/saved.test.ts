import fc from "fast-check";
import { expect, it } from "vitest";
import { asBytes, concat } from "../../../src/protocol/bytes.ts";
import { formatSavedHeader, parseSavedHeader, SAVED_HEADER_LENGTH } from "../../../src/protocol/format/saved.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

const HEADER = formatSavedHeader(patternOf(32));

it("holds the commitment in a padding packet of RFC 9580", () => {
  expect([...HEADER.subarray(0, 2)]).toEqual([0xc0 | 21, 32]);
  expect(HEADER).toHaveLength(SAVED_HEADER_LENGTH);
  expect(parseSavedHeader(HEADER)).toEqual(patternOf(32));
});

it("is refused when it is shorter or longer, or another packet", async () => {
  expect(await refusalOf(() => parseSavedHeader(HEADER.slice(0, 33)))).toBe("truncated");
  expect(await refusalOf(() => parseSavedHeader(concat(HEADER, Uint8Array.of(0))))).toBe("trailing-bytes");
  for (const [at, octet] of [
    [0, 0xc1],
    [0, 0x55],
    [1, 31],
    [1, 0xff],
  ] as const) {
    const other = HEADER.slice();
    other[at] = octet;
    expect(await refusalOf(() => parseSavedHeader(other))).toBe("wrong-framing");
  }
});

it("is written again as it was read", async () => {
  const header = fc.uint8Array({ maxLength: 40 }).map(asBytes);
  const likely = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((commitment) => concat(HEADER.subarray(0, 2), commitment));
  await fc.assert(
    fc.asyncProperty(fc.oneof(header, likely), async (bytes) => {
      const read: { commitment?: Uint8Array } = {};
      await refusalOf(() => (read.commitment = parseSavedHeader(bytes)));
      if (read.commitment !== undefined) expect(formatSavedHeader(read.commitment)).toEqual(bytes);
    }),
  );
});
