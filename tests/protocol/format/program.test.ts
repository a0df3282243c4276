import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equal } from "../../../src/protocol/bytes.ts";
import { fromUtf8, utf8 } from "../../../src/protocol/encoding.ts";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { formatJson, type Json } from "../../../src/protocol/format/json.ts";
import { checkOffer, formatProgram, parseProgram, type PerLanguage, type Program, shownIn } from "../../../src/protocol/format/program.ts";
import { VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";
import { refusalOf } from "../../support/refusals.ts";

const PROGRAM: Program = {
  approvals: [{ by: "An agency", condition: null, step: "nomination" }],
  authority: [{ covers: "Everything.", paragraph: "1 Code 1" }],
  cap: { amount: 5_000_000, currency: "USD" },
  checked: "2026-11-24",
  contact: ["By letter."],
  example: false,
  fiscal_year: "10-01",
  handling: ["For officials only."],
  ineligible: { en: ["Nobody."], ko: ["아무도"] },
  name: { en: "A program" },
  note: "",
  notices: [{ en: { lines: ["Some words."], title: "A notice" } }],
  offer: { address: "https://program.test/offer", from: "2026-01-01", lines: { en: ["Up to a lot."], ug: ["مۇكاپات"] }, to: "2026-12-31" },
  receipt_days: 30,
  reports: [{ days: 30, due: "after-payment", name: "A report", to: "Somebody" }],
  version: 2,
};

/** The same as plain JSON, to be spoiled. */
function plain(): { [key: string]: Json } {
  return JSON.parse(fromUtf8(formatProgram(PROGRAM))) as { [key: string]: Json };
}

const line = fc.string({ minLength: 1, maxLength: 40 }).filter((some) => some.trim() === some);
const lines = fc.array(line, { minLength: 1, maxLength: 3 });
const date = fc.integer({ min: 0, max: 40_000 }).map(formatDate);

function perLanguage<T>(value: fc.Arbitrary<T>): fc.Arbitrary<PerLanguage<T>> {
  const others = VOCABULARY.language.filter((tag) => tag !== "en");
  return fc
    .record({ en: value, others: fc.dictionary(fc.constantFrom(...others), value) })
    .map(({ en, others: more }) => ({ ...more, en }));
}

const program: fc.Arbitrary<Program> = fc.record({
  approvals: fc.array(
    fc.record({
      by: line,
      condition: fc.option(line),
      step: fc.constantFrom("nomination" as const, "committee" as const, "concurrence" as const, "decision" as const),
    }),
    { maxLength: 4 },
  ),
  authority: fc.array(fc.record({ covers: line, paragraph: line }), { maxLength: 3 }),
  cap: fc.option(fc.record({ amount: fc.integer({ min: 1, max: 1_000_000_000 }), currency: fc.constantFrom("USD", "EUR") })),
  checked: date,
  contact: fc.array(line, { maxLength: 3 }),
  example: fc.boolean(),
  fiscal_year: fc.constantFrom("01-01", "10-01"),
  handling: fc.array(line, { maxLength: 2 }),
  ineligible: fc.option(perLanguage(lines)),
  name: perLanguage(line),
  note: fc.string({ maxLength: 100 }),
  notices: fc.array(perLanguage(fc.record({ lines, title: line })), { maxLength: 2 }),
  offer: fc.option(
    fc
      .record({ address: fc.option(fc.constant("http://a.test/")), days: fc.tuple(date, fc.option(date)), lines: perLanguage(lines) })
      .map(({ address, days: [one, other], lines: own }) => {
        const [from = "", to = null] = other === null ? [one] : [one, other].sort();
        return { address, from, lines: own, to };
      }),
  ),
  receipt_days: fc.option(fc.integer({ min: 1, max: 3_650 })),
  reports: fc.array(
    fc.record({
      days: fc.integer({ min: 1, max: 3_650 }),
      due: fc.constantFrom("after-payment" as const, "after-fiscal-year" as const),
      name: line,
      to: line,
    }),
    { maxLength: 2 },
  ),
  version: fc.constant(2 as const),
});

describe("a program's file", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(program, (some) => {
        expect(parseProgram(formatProgram(some))).toEqual(some);
      }),
    );
  });

  it("is read only in the form in which it is written, whatever the bytes", () => {
    const written = formatProgram(PROGRAM);
    const spoiled = fc
      .tuple(fc.nat({ max: written.length - 1 }), fc.integer({ min: 0, max: 255 }))
      .map(([at, octet]) => Uint8Array.from(written, (own, index) => (index === at ? octet : own)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), spoiled), (bytes) => {
        let read;
        try {
          read = parseProgram(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-program" });
          return;
        }
        expect(equal(formatProgram(read), bytes)).toBe(true);
      }),
    );
  });

  it.each<[what: string, change: { readonly [key: string]: Json }]>([
    ["another version", { version: 3 }],
    ["a field that nobody knows", { more: 1 }],
    ["a language that the page does not have", { name: { en: "A", tlh: "B" } }],
    ["no English", { name: { ko: "가" } }],
    ["an empty line", { ineligible: { en: [""] } }],
    ["no lines", { ineligible: { en: [] } }],
    ["a line end in a line", { ineligible: { en: ["a\nb"] } }],
    ["a character that turns the direction", { ineligible: { en: ["a\u202eb"] } }],
    ["text that is not composed", { ineligible: { en: ["e\u0301"] } }],
    ["a space at an end", { name: { en: "A " } }],
    ["a day that is none", { checked: "2026-02-30" }],
    ["an offer that ends before it begins", { offer: { address: null, from: "2026-02-01", lines: { en: ["a"] }, to: "2026-01-31" } }],
    ["an address that would run", { offer: { address: "javascript:alert(1)", from: "2026-01-01", lines: { en: ["a"] }, to: null } }],
    ["a cap of nothing", { cap: { amount: 0, currency: "USD" } }],
    ["a currency in words", { cap: { amount: 1, currency: "dollars" } }],
    ["a step that nobody knows", { approvals: [{ by: "a", condition: null, step: "luck" }] }],
    ["a report that is due at once", { reports: [{ days: 0, due: "after-payment", name: "a", to: "b" }] }],
  ])("is refused with %s", async (_what, change) => {
    expect(await refusalOf(() => parseProgram(formatJson({ ...plain(), ...change })))).toBe("bad-program");
  });

  it("is refused when a field is missing, whichever", async () => {
    for (const name of Object.keys(plain())) {
      const rest = Object.fromEntries(Object.entries(plain()).filter(([own]) => own !== name));
      expect(await refusalOf(() => parseProgram(formatJson(rest))), name).toBe("bad-program");
    }
  });

  it("names the field that is wrong and never what stands in it", () => {
    expect(() => parseProgram(formatJson({ ...plain(), name: { en: "MARKER\n" } }))).toThrow(/^(?=.*program\.name\.en)(?!.*MARKER)/);
  });

  it("is no page's when it begins with a byte order mark or ends with a line end", async () => {
    const text = fromUtf8(formatProgram(PROGRAM));
    for (const other of [`\ufeff${text}`, `${text}\n`]) expect(await refusalOf(() => parseProgram(utf8(other)))).toBe("bad-program");
  });
});

describe("an offer", () => {
  it.each([
    ["2025-12-31", "offer-not-current"],
    ["2026-01-01", null],
    ["2026-12-31", null],
    ["2027-01-01", "offer-not-current"],
  ])("of 2026 is shown on %s: %s", async (today, refusal) => {
    expect(
      await refusalOf(() => {
        checkOffer(PROGRAM, today);
      }),
    ).toBe(refusal);
  });

  it("that is not there, or has no end, never ends", () => {
    expect(() => {
      checkOffer({ ...PROGRAM, offer: null }, "9999-12-31");
      checkOffer({ ...PROGRAM, offer: { address: null, from: "2026-01-01", lines: { en: ["a"] }, to: null } }, "9999-12-31");
    }).not.toThrow();
  });

  it("of vouchers makes it version 3, ends with their last day, and is refused in any other version", async () => {
    const offer = { amount: 500, currency: "USD", expires: "2026-06-30", least: 20, modulus: "/".repeat(512), version: 1 } as const;
    const vouching: Program = { ...PROGRAM, voucher: { lines: { en: ["Bring it."] }, offer } };
    const written = JSON.parse(fromUtf8(formatProgram(vouching))) as { [key: string]: Json };
    expect(written["version"]).toBe(3);
    expect(parseProgram(formatProgram(vouching))).toEqual(vouching);
    expect(await refusalOf(() => parseProgram(formatJson({ ...written, version: 2 })))).toBe("bad-program");
    expect(await refusalOf(() => parseProgram(formatJson({ ...written, voucher: null })))).toBe("bad-program");
    expect(
      await refusalOf(() => {
        checkOffer(vouching, "2026-07-01");
      }),
    ).toBe("offer-not-current");
    expect(
      await refusalOf(() => {
        checkOffer(vouching, "2026-06-30");
      }),
    ).toBe(null);
  });

  it("is shown in the language it was written in, else in English", () => {
    expect(shownIn({ en: "a", ko: "가" }, "ko")).toEqual({ language: "ko", shown: "가" });
    expect(shownIn({ en: "a", ko: "가" }, "bo")).toEqual({ language: "en", shown: "a" });
  });
});
