import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equal } from "../../../src/protocol/bytes.ts";
import { fromUtf8, utf8 } from "../../../src/protocol/encoding.ts";
import {
  flag,
  formatJson,
  hex,
  integer,
  type Json,
  list,
  matching,
  nullable,
  oneOf,
  parseJson,
  record,
  text,
} from "../../../src/protocol/format/json.ts";

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

  it.each([
    ["lists", "[".repeat(16) + "]".repeat(16)],
    ["objects", '{"a":'.repeat(15) + "{}" + "}".repeat(15)],
    ["both, one beside the other", `[${Array(20).fill('{"a":[]}').join(",")}]`],
    ["brackets in a text", `["${"[{".repeat(20)}"]`],
    ["brackets in a text after a quotation mark in it", `["\\"${"[{".repeat(20)}"]`],
    ["brackets in a text after a backslash in it", `["\\\\","${"[{".repeat(20)}"]`],
  ])("is read up to sixteen deep: %s", (_, some) => {
    expect(fromUtf8(formatJson(parseJson(utf8(some))))).toBe(some);
  });

  it.each([
    ["lists", "[".repeat(17) + "]".repeat(17)],
    ["objects", '{"a":'.repeat(16) + "{}" + "}".repeat(16)],
    ["after a text", `["\\"[[[",${"[".repeat(16)}${"]".repeat(16)}]`],
    ["after a text that ends with a backslash", `["\\\\",${"[".repeat(16)}${"]".repeat(16)}]`],
  ])("is not read seventeen deep: %s", (_, some) => {
    expect(() => parseJson(utf8(some))).toThrow(expect.objectContaining({ code: "not-canonical-json" }));
  });

  it.each<[string, Json, string]>([
    ["half of a character", "\ud800", "not-utf8"],
    ["half of a character in a name", { "\ud800": 1 }, "not-utf8"],
    ["a fraction", 1.5, "bad-field"],
    ["minus nothing", -0, "bad-field"],
    ["a number that is no safe integer", 2 ** 53, "bad-field"],
    ["what is no number", Number.NaN, "bad-field"],
  ])("is not written of %s", (_, value, code) => {
    expect(() => formatJson(value)).toThrow(expect.objectContaining({ code }));
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

  it.each<[string, (value: Json, where: string) => unknown, readonly Json[], readonly Json[]]>([
    ["a text of two to three units", text(3, 2), ["ab", "abc"], ["a", "abcd", 2, ["a", "b"], null]],
    ["a text of any length up to one", text(1), ["", "a"], ["ab"]],
    ["a text that matches as a whole", matching(/[a-c]{2}/), ["ab"], ["abc", "xab", "abab", "a", "", ["ab"], 1]],
    ["two bytes in hexadecimal", hex(2), ["00ff"], ["00f", "00ff0", "00fF", "00fg", "g0ff", 0, ["00ff", "00ff", "00ff", "00ff"]]],
    ["an integer from 2 to 3", integer(2, 3), [2, 3], [1, 4, "2", [2], null]],
    ["a flag", flag, [true, false], ["true", 0, 1, null]],
    ["one of three values", oneOf(["a", 1, false]), ["a", 1, false], ["b", "1", true, null, 0]],
    ["nothing, or a flag", nullable(flag), [null, true], ["null", 0]],
    ["a list of up to two", list(flag, 2), [[], [true], [true, false]], [[true, true, true], [1], "", {}, null]],
    ["an object without fields", record({}), [{}], [[], { a: 1 }, "", null, 1]],
  ])("take %s and nothing else", (_, reader, taken, refused) => {
    for (const value of taken) expect(reader(value, "thing")).toEqual(value);
    for (const value of refused) expect(() => reader(value, "thing")).toThrow(expect.objectContaining({ code: "bad-field" }));
  });

  it("say which field it was", () => {
    const reader = record({ list: list(record({ size: flag }), 3) });
    expect(() => reader({ list: [{ size: true }, { size: 1 }] }, "thing")).toThrow(
      expect.objectContaining({ code: "bad-field", where: "thing.list[1].size" }),
    );
    expect(() => reader({ other: [] }, "thing")).toThrow(expect.objectContaining({ code: "bad-field", where: "thing.list" }));
  });

  it("do not take what an object has by nature for its field", () => {
    expect(() => record({ toString: flag })({ a: true }, "thing")).toThrow(expect.objectContaining({ where: "thing.toString" }));
    expect(() => record({ constructor: matching(/.*/) })({ a: "" }, "thing")).toThrow(expect.objectContaining({ code: "bad-field" }));
  });

  it("never repeat the input in a message", () => {
    expect(() => read({ name: "MARKER", size: 1, form: "MARKER", more: null }, "thing")).toThrow(/^(?!.*MARKER)/);
  });
});
