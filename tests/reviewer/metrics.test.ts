/** Counts that leave: small ones are kept back, and nothing of a table runs as a formula. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCsv } from "../../src/reviewer/csv.ts";
import { metricRows, metricsFor, type TipCodes } from "../../src/reviewer/metrics.ts";
import { LEAST_TOLD, tellable } from "../../src/reviewer/triage/suppression.ts";
import { keyOf, Story, tipNamed } from "../support/casebook-story.ts";

describe("a table of counts", () => {
  it("never tells a count from 1 to 4, nor lets one be reckoned from the rest", () => {
    const counts = fc
      .dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 40 }))
      .map((cells) => new Map(Object.entries(cells)));
    fc.assert(
      fc.property(counts, (table) => {
        const told = tellable(table);
        const kept = [...table].filter(([name]) => told.get(name) === null);
        for (const [name, count] of table) {
          if (told.get(name) !== null) expect(told.get(name)).toBe(count);
          if (count > 0 && count < LEAST_TOLD) expect(told.get(name)).toBeNull();
        }
        if (kept.length === 0 || kept.length === table.size) return;
        // Whoever knows the total knows what the kept ones come to; each could be at least five numbers.
        const sum = kept.reduce((total, [, count]) => total + count, 0);
        expect(kept.length).toBeGreaterThanOrEqual(2);
        expect(sum - kept.length).toBeGreaterThanOrEqual(LEAST_TOLD - 1);
      }),
    );
  });

  it("keeps back a second count when one alone would follow from the total", () => {
    const told = tellable(
      new Map([
        ["a", 2],
        ["b", 9],
        ["c", 30],
        ["d", 0],
      ]),
    );
    expect([...told.values()]).toEqual([null, null, 30, 0]);
    expect([...tellable(new Map([["a", 0], ["b", 12]])).values()]).toEqual([0, 12]); // prettier-ignore
    expect([...tellable(new Map([["a", 0], ["b", 1]])).values()]).toEqual([null, null]); // prettier-ignore
  });
});

describe("a spreadsheet", () => {
  it.each([
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =cmd|' /C calc'!A0",
    '"=1',
    "'=1",
    "−1",
    "|x",
    "%x",
  ])("does not take %j for a formula", (text) => {
    const cell = formatCsv([[text]]);
    expect(cell).toMatch(/^"'/);
    expect(cell.slice(0, -2)).not.toMatch(/[\r\n\t]/);
  });

  it("keeps numbers, quotes, hidden characters and text of any script apart", () => {
    expect(formatCsv([["-12", "3.5", 'a"b', "新疆,x"]])).toBe('"-12","3.5","a""b","新疆,x"\r\n');
    expect(formatCsv([["\u202E=1"]])).not.toContain("\u202E");
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 20 }), { minLength: 1, maxLength: 4 }), (cells) => {
        const text = formatCsv([cells]);
        expect(text.slice(0, -2)).not.toMatch(/[\r\n]/);
        expect(text.match(/^"(?:[^"]|"")*"(?:,"(?:[^"]|"")*")*\r\n$/)).not.toBeNull();
      }),
    );
  });
});

describe("metrics", () => {
  const codes = new Map<string, TipCodes>(
    Array.from({ length: 20 }, (_, index) => [
      tipNamed(index + 1),
      { language: index < 12 ? "ug" : "zh-Hans", where: index === 0 ? "CN-XZ" : "CN-XJ" },
    ]),
  );
  const of = (story: Story, letter: string) => metricsFor(story.state, (id) => codes.get(id) ?? null, keyOf(letter), "2026-08-01");
  const countsOf = (story: Story, letter: string, name: string) => of(story, letter).tables.find((table) => table.name === name)?.counts;

  it("count states, places and languages, and keep the only tip of a place back", () => {
    const story = new Story(20);
    for (let number = 1; number <= 6; number++) story.opened("b", tipNamed(number));
    expect(countsOf(story, "a", "state")?.get("received")).toBe(14);
    expect(countsOf(story, "a", "state")?.get("opened")).toBe(6);
    expect(countsOf(story, "a", "language")?.get("ug")).toBe(12);
    expect(countsOf(story, "a", "where")?.get("CN-XZ")).toBeNull();
    expect(countsOf(story, "a", "where")?.get("CN-XJ")).toBeNull();
    expect(metricRows(of(story, "a"))).toContainEqual(["language", "ug", "12"]);
  });

  it("tell what is kept for longer than it may be, but not what a hold keeps, and days of the ceremony", () => {
    const story = new Story(20);
    const spam = Array.from({ length: 8 }, (_, index) => tipNamed(index + 1));
    for (const tip of spam) {
      story.opened("b", tip);
      story.did("b", { kind: "moved", tip, to: "spam", reason: null, duplicate_of: null });
    }
    const valueOf = (name: string) => of(story, "a").measures.find((measure) => measure.name === name)?.value;
    expect(valueOf("past_retention")).toBe("0");
    const proposal = story.did("b", { kind: "proposed", subject: { what: "retention", class: "spam", days: 30 } });
    story.did("a", { kind: "confirmed", proposal });
    expect(valueOf("past_retention")).toBe("8");
    const [held = ""] = spam;
    story.opened("a", held);
    story.did("a", { kind: "flagged", tip: held, flag: "legal_hold", on: true });
    expect(valueOf("past_retention")).toBe("7");
    for (const tip of spam.slice(1, 4)) story.did("b", { kind: "moved", tip, to: "closed", reason: "not_actionable", duplicate_of: null });
    expect(valueOf("past_retention")).toBe("7");
    expect([valueOf("ceremony"), valueOf("cards_replaced")]).toEqual(["2026-06-01", "never"]);
  });

  it("leave out tips that the person stays out of, and a grade the other grader has not met", () => {
    const story = new Story(20);
    for (let number = 1; number <= 6; number++) {
      const tip = tipNamed(number);
      story.did("b", { kind: "declared", tip, ties: ["knows_person"] });
      story.opened("c", tip);
      story.did("c", { kind: "graded", tip, source: "F", information: 3, reasons: [], note: null });
    }
    expect(of(story, "b").total).toBe(14);
    expect(of(story, "a").total).toBe(20);
    expect(of(story, "a").measures.find(({ name }) => name === "graders_agree")?.value).toBe("too few");
    expect(JSON.stringify(metricRows(of(story, "a")))).not.toContain("F3");
  });
});
