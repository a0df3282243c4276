/** Small files as a series of codes, and every way they can come wrong. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { formatCodes, LONGEST_SCAN, LONGEST_SERIES, parseCodes } from "../../../src/protocol/crypto/code-series.ts";
import { Refusal } from "../../../src/protocol/errors.ts";

function refused(text: string): string {
  try {
    parseCodes(text);
    return "read";
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const DATA = randomBytes(1234);
const CODES = formatCodes(DATA);

describe("codes", () => {
  it("are as the specification has them", () => {
    expect(formatCodes(new TextEncoder().encode("foobar"))).toEqual(["FIRSTHAND:1:1/1:C3AB8FF13720E8AD:MZXW6YTBOI"]);
    expect(CODES.map((code) => code.split(":")[2])).toEqual(["1/3", "2/3", "3/3"]);
    for (const code of CODES) expect(code).toMatch(/^[A-Z0-9:/]+$/);
  });

  it("are read in any order, more than once, as scanners write them", () => {
    const [one, two, three] = CODES;
    expect(parseCodes(`QR-Code:${three!}\r\n\n${one!}\n${three!}\n  ${two!}\n`)).toEqual(DATA);
  });

  it("come back whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1600 }), (data) => {
        expect(parseCodes(formatCodes(data).toReversed().join("\n"))).toEqual(new Uint8Array(data));
      }),
    );
  });

  it("are refused with what is wrong, in words", () => {
    const [one, two, three] = CODES;
    expect(refused("")).toMatch(/none/);
    expect(refused(`${one!}\n${three!}`)).toMatch(/2 of 3/);
    expect(refused(`${one!}\n${formatCodes(randomBytes(600))[1]!}`)).toMatch(/two series/);
    expect(refused(`${CODES.join("\n")}\nhello`)).toMatch(/a line is none/);
    const changed = two!.slice(0, -1) + (two!.endsWith("A") ? "B" : "A");
    expect(refused([one, changed, three].join("\n"))).toMatch(/damaged/);
    expect(refused([...CODES, changed].join("\n"))).toMatch(/two different ones have number 2/);
    expect(refused(one!.replace("1/3", "4/3"))).toMatch(/a line is none/);
    expect(refused("A".repeat(LONGEST_SCAN + 1))).toMatch(/larger/);
    expect(() => formatCodes(new Uint8Array(LONGEST_SERIES + 1))).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(() => formatCodes(new Uint8Array(0))).toThrow(expect.objectContaining({ code: "truncated" }));
    expect(formatCodes(new Uint8Array(LONGEST_SERIES))).toHaveLength(99);
  });

  it("are read totally: codes, or a refusal, and what is read would have been written", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...CODES),
      fc.stringMatching(/^FIRSTHAND:1:[1-3]\/[1-3]:[0-9A-F]{16}:[A-Z2-7]{1,9}$/),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        try {
          const data = parseCodes(lines.join("\n"));
          expect(parseCodes(formatCodes(data).join("\n"))).toEqual(data);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});
