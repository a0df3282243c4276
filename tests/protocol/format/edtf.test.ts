import { describe, expect, it } from "vitest";
import { readEdtf } from "../../../src/protocol/format/edtf.ts";
import { refusalOf } from "../../support/refusals.ts";

describe("a date is read", () => {
  it.each([
    "2016",
    "2016-05",
    "2016-05-21",
    "2016-05-01",
    "2016-01-31",
    "2016~",
    "2016-05?",
    "2016-05-21%",
    "2015/2018",
    "2015-03/2015-03-31",
    "2017/..",
    "../2019",
    "2015~/2018?",
    "2016/2016",
    "2016/2016-05",
    "2016-05-21/2016-05",
    "2016-05-21/2016-05-21",
    "2000-02-29",
    "2024-02-29",
    "0001",
    "9999-12-31",
  ])("when it is %s", (text) => {
    expect(readEdtf(text, "when")).toBe(text);
  });
});

describe("a date is refused", () => {
  it.each([
    ["nothing", ""],
    ["a two-digit year", "16"],
    ["the year zero", "0000"],
    ["month 0", "2016-00"],
    ["month 13", "2016-13"],
    ["day 0", "2016-05-00"],
    ["day 32", "2016-05-32"],
    ["30 February", "2016-02-30"],
    ["29 February of no leap year", "2015-02-29"],
    ["29 February 1900", "1900-02-29"],
    ["one-digit months", "2016-5"],
    ["a time", "2016-05-21T10:00:00Z"],
    ["a season", "2016-21"],
    ["unspecified digits", "201X"],
    ["two signs", "2016~?"],
    ["spaces", " 2016"],
    ["a line end", "2016\n"],
    ["other digits", "２０１６"],
    ["a range without ends", "../.."],
    ["a range of nothing", "/"],
    ["half a range", "2016/"],
    ["a range from something else", "x/2016"],
    ["a range to something else", "2016/x"],
    ["three ends", "2015/2016/2017"],
    ["a range that ends before it begins", "2018/2015"],
    ["a range within a year that ends before it begins", "2016-05-02/2016-05-01"],
    ["words", "last year"],
  ])("when it is %s", async (_what, text) => {
    expect(await refusalOf(() => readEdtf(text, "when"))).toBe("bad-field");
  });

  it("when it is no text", async () => {
    for (const value of [2016, null, ["2016"], {}]) expect(await refusalOf(() => readEdtf(value, "when"))).toBe("bad-field");
  });
});
