import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { dueDays, lastDueDay, nextSealing } from "../../../src/server/courier/timetable.ts";

const DAY = 86_400_000;
const moment = (text: string): number => Date.parse(text);
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / DAY;

describe("timetable", () => {
  it("seals a day from its sealing time on", () => {
    expect(lastDueDay(moment("2026-03-05T03:59:59Z"), "04:00")).toBe(day("2026-03-04"));
    expect(lastDueDay(moment("2026-03-05T04:00:00Z"), "04:00")).toBe(day("2026-03-05"));
  });

  it("names the next sealing time, never the present one", () => {
    expect(nextSealing(moment("2026-03-05T03:00:00Z"), "04:00")).toBe(moment("2026-03-05T04:00:00Z"));
    expect(nextSealing(moment("2026-03-05T04:00:00Z"), "04:00")).toBe(moment("2026-03-06T04:00:00Z"));
  });

  it("keeps the date a batch is sealed for when the work starts after midnight", () => {
    const late = moment("2026-03-06T00:00:01Z");
    expect(dueDays(late, "23:59", day("2026-03-04"), day("2026-03-04"))).toEqual([day("2026-03-05")]);
  });

  it("catches up every missed day in order", () => {
    const now = moment("2026-03-08T12:00:00Z");
    expect(dueDays(now, "04:00", day("2026-03-05"), day("2026-03-05"))).toEqual(["2026-03-06", "2026-03-07", "2026-03-08"].map(day));
    expect(dueDays(now, "04:00", day("2026-03-08"), day("2026-03-08"))).toEqual([]);
  });

  it("never goes back behind a batch that was sealed by hand", () => {
    const now = moment("2026-03-08T12:00:00Z");
    expect(dueDays(now, "04:00", day("2026-03-05"), day("2026-03-08"))).toEqual([day("2026-03-08")]);
    expect(dueDays(now, "04:00", day("2026-03-05"), day("2026-03-09"))).toEqual([]);
  });

  it("catches up sixty days at most", () => {
    const now = moment("2026-03-08T12:00:00Z");
    const days = dueDays(now, "04:00", 0, null);
    expect(days).toHaveLength(60);
    expect(days.at(-1)).toBe(dayOf(now));
  });

  it("gives days in order, none before what was done, whatever the clock says", () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000_000), fc.nat(46_000), fc.option(fc.nat(46_000)), (now, through, lastBatch) => {
        const days = dueDays(now, "23:59", through, lastBatch);
        days.forEach((one, index) => {
          expect(one).toBeGreaterThan(through);
          expect(one).toBeGreaterThanOrEqual(lastBatch ?? 0);
          expect(one).toBeLessThanOrEqual(dayOf(now));
          if (index > 0) expect(one).toBe((days[index - 1] ?? 0) + 1);
        });
      }),
    );
  });
});
