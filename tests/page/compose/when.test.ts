import fc from "fast-check";
import { expect, it } from "vitest";
import { readWhen } from "../../../src/page/compose/when.ts";
import { readEdtf } from "../../../src/protocol/format/edtf.ts";

const NOTHING = { from: "", to: "", about: false, ongoing: false };

it.each([
  [{}, null],
  [{ about: true }, null],
  [{ from: "2016" }, "2016"],
  [{ from: " 2016 ", about: true }, "2016~"],
  [{ from: "2015", to: "2018" }, "2015/2018"],
  [{ from: "2015", to: "2015" }, "2015"],
  [{ from: "2015", to: "2018", about: true }, "2015~/2018~"],
  [{ from: "2017", ongoing: true }, "2017/.."],
  [{ from: "2017", to: "nonsense", ongoing: true }, "2017/.."],
  [{ from: "٢٠١٦" }, "2016"],
  [{ from: "۲۰۱۶" }, "2016"],
  [{ from: "༢༠༡༦" }, "2016"],
  [{ from: "２０１６" }, "2016"],
  [{ from: "2018", to: "2015" }, "wrong"],
  [{ to: "2015" }, "wrong"],
  [{ ongoing: true }, "wrong"],
  [{ from: "16" }, "wrong"],
  [{ from: "1899" }, "wrong"],
  [{ from: "May 2016" }, "wrong"],
])("reads %j as %j", (fields, expected) => {
  expect(readWhen({ ...NOTHING, ...fields })).toBe(expected);
});

it("gives what the vocabulary reads, or says that it cannot", () => {
  const year = fc.oneof(fc.constantFrom("", "2016", "2018", "1900", "2100"), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(year, year, fc.boolean(), fc.boolean(), (from, to, about, ongoing) => {
      const when = readWhen({ from, to, about, ongoing });
      if (when !== null && when !== "wrong") expect(readEdtf(when, "when")).toBe(when);
    }),
  );
});
