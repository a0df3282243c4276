import fc from "fast-check";
import { expect, it } from "vitest";
import { answersOf, attachmentLabel } from "../../../src/page/compose/answers.ts";
import { EMPTY_DRAFT } from "../../../src/page/compose/state.ts";

it("sends an account alone as an account alone", () => {
  expect(answersOf({ ...EMPTY_DRAFT, narrative: "ཁོང་ཚོས།" })).toEqual({
    narrative: "ཁོང་ཚོས།",
    basis: null,
    witness_category: null,
    event_types: [],
    when: null,
    where: null,
    evidence_held: [],
    sharing: "ask_me_first",
    language: null,
  });
});

it("mends half characters that an input method left behind", () => {
  expect(answersOf({ ...EMPTY_DRAFT, narrative: "a\ud83d" }).narrative).toBe("a\ufffd");
});

it("keeps the end of a name that is too long, where its kind stands", () => {
  const { name } = attachmentLabel(`${"长".repeat(300)}.pdf`, "");
  expect(name.length).toBe(255);
  expect(name.endsWith(".pdf")).toBe(true);
});

it("keeps hostile names as they are but for NUL", () => {
  expect(attachmentLabel("../..\\\u{202e}gpj.exe\0", "text/html").name).toBe("../..\\\u{202e}gpj.exe\u{fffd}");
  expect(attachmentLabel("", "").name).toBe("file");
});

it("gives a name and a type that a tip can hold, whatever the device says", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), fc.string({ unit: "binary", maxLength: 300 }), (name, type) => {
      const label = attachmentLabel(name, type);
      expect(label.name.length).toBeGreaterThan(0);
      expect(label.name.length).toBeLessThanOrEqual(255);
      expect(label.name.includes("\0")).toBe(false);
      expect(label.type.length).toBeLessThanOrEqual(127);
      expect(label.name.isWellFormed() && label.type.isWellFormed()).toBe(true);
    }),
  );
});
