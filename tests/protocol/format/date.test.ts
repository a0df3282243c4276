import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, formatDate, parseDate } from "../../../src/protocol/format/date.ts";

const MS_A_DAY = 86_400_000;
const day = fc.integer({ min: 0, max: 2_932_896 });

describe("a date", () => {
  test("is the one the platform's calendar has", () => {
    fc.assert(
      fc.property(day, (number) => {
        const text = new Date(number * MS_A_DAY).toISOString().slice(0, 10);
        expect(formatDate(number)).toBe(text);
        expect(parseDate(text)).toBe(number);
      }),
      { numRuns: 2000 },
    );
  });

  test("moves over month ends and leap days", () => {
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addDays("2027-02-28", 1)).toBe("2027-03-01");
    expect(addDays("2027-01-01", -1)).toBe("2026-12-31");
    expect(addDays("2100-02-28", 1)).toBe("2100-03-01");
  });

  test.each([
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-1-1",
    "1969-12-31",
    "2026-01-01 ",
    "26-01-01",
    "",
    "2026-04-31",
  ])("is refused as %j", (text) => {
    expect(() => parseDate(text)).toThrow(expect.objectContaining({ code: "bad-field" }));
  });
});
