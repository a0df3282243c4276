import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equal } from "../../../src/protocol/bytes.ts";
import { fromUtf8, utf8 } from "../../../src/protocol/encoding.ts";
import { formatJson, integer, type Json, list, nullable, oneOf, parseJson, record, text } from "../../../src/protocol/format/json.ts";

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.string({ unit: "binary" }).filter((some) => some.isWellFormed()),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: "binary" }).filter((some) => some.isWellFormed()),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

describe("canonical JSON", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(json, (value) => {
        const bytes = formatJson(value);
        expect(equal(formatJson(parseJson(bytes)), bytes)).toBe(true);
        expect(JSON.parse(fromUtf8(bytes))).toEqual(value);
      }),
    );
  });

  it("sorts keys by UTF-16 units as RFC 8785 section 3.2.3 shows", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji",
    };
    expect(fromUtf8(formatJson(value))).toBe(
      '{"\\r":"Carriage Return","1":"One","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  it.each([
    '{"a":1,"a":1}',
    '{"b":1,"a":1}',
    '{ "a":1}',
    '{"a":1}\n',
    "1.5",
    "1e3",
    "-0",
    "01",
    '"\\u0061"',
    '"\\ud800"',
    "",
    "[1,]",
    "9007199254740993",
    "[".repeat(20) + "]".repeat(20),
    "[".repeat(100_000),
  ])("refuses what it would not have written, case %#", (some) => {
    expect(() => parseJson(utf8(some))).toThrow(expect.objectContaining({ code: "not-canonical-json" }));
  });

  it("refuses any bytes that are not canonical, without crashing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let value;
        try {
          value = parseJson(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "not-canonical-json" });
          return;
        }
        expect(equal(formatJson(value), bytes)).toBe(true);
      }),
    );
  });
});

describe("readers", () => {
  const read = record({ name: text(5, 1), size: integer(0, 9), form: oneOf(["a", "b"]), more: nullable(list(integer(0, 1), 2)) });

  it("give typed values", () => {
    expect(read({ name: "x", size: 9, form: "b", more: [0, 1] }, "thing")).toEqual({ name: "x", size: 9, form: "b", more: [0, 1] });
  });

  it.each<Json>([
    null,
    [],
    {},
    { name: "", size: 1, form: "a", more: null },
    { name: "x", size: 10, form: "a", more: null },
    { name: "x", size: 1, form: "c", more: null },
    { name: "x", size: 1, form: "a", more: [0, 0, 0] },
    { name: "x", size: 1, form: "a" },
    { name: "x", size: 1, form: "a", more: null, extra: 1 },
    { name: "x", size: 1, form: "a", more: null, ["__proto__x"]: 1 },
  ])("refuse everything else, case %#", (value) => {
    expect(() => read(value, "thing")).toThrow(expect.objectContaining({ code: "bad-field" }));
  });

  it("never repeat the input in a message", () => {
    expect(() => read({ name: "MARKER", size: 1, form: "MARKER", more: null }, "thing")).toThrow(/^(?!.*MARKER)/);
  });
});
