import { expect, it } from "vitest";
import type { Examined } from "../../../src/page/files/examine.ts";
import { kindOf } from "../../../src/page/files/kind.ts";
import { reportOn } from "../../../src/page/files/report.ts";
import { files } from "../../../src/page/locales/en.ts";
import { lookInto } from "../../../src/page/files/desk.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import { jpegOf, MARK, pdfOf } from "../../support/sample-files.ts";

const NOTHING: Examined = { seen: "looked", partly: false, found: [], cleaned: null };
const PHOTO = { name: "a.jpg", type: "image/jpeg" };

it("says what was found, and asks how to send what can be cleaned", () => {
  const copy = new Blob(["12345"]);
  const report = reportOn(
    {
      seen: "looked",
      partly: true,
      found: [
        { trait: "place", values: [] },
        { trait: "author", values: ["Li", "Wang"] },
      ],
      cleaned: { file: copy, left: ["comments", "changes"] },
    },
    PHOTO,
    files,
  );
  expect(report).toEqual({
    notes: [files.partly, files.found],
    traces: [
      { label: files.traits.place, values: [] },
      { label: files.traits.author, values: ["Li", "Wang"] },
    ],
    advice: [],
    choice: {
      question: files.choice,
      named: files.choiceNamed,
      original: files.original,
      cleaned: files.cleaned,
      hint: `${files.same} ${files.left} Comments or notes · Recorded changes, such as deleted text`,
      size: 5,
    },
  });
});

it("says that nothing was found without promising that nothing is there", () => {
  expect(reportOn(NOTHING, PHOTO, files)).toEqual({ notes: [files.nothing], traces: [], advice: [], choice: null });
});

it("says plainly what cannot be cleaned, and what to do with a PDF instead", () => {
  const found: Examined = { ...NOTHING, found: [{ trait: "author", values: [] }] };
  expect(reportOn(found, { name: "a.tif", type: "" }, files).advice).toEqual([files.cannotClean]);
  expect(reportOn(found, { name: "a.pdf", type: "" }, files).advice).toEqual([files.cannotClean, files.pages]);
});

it("says why a file cannot be looked into, and what such a file may hold", () => {
  for (const seen of ["unknown", "damaged", "locked", "large"] as const) {
    expect(reportOn({ ...NOTHING, seen }, { name: "a.doc", type: "" }, files)).toEqual({
      notes: [files[seen]],
      traces: [],
      advice: [files.kinds.document],
      choice: null,
    });
  }
});

it.each(LANGUAGES.map(({ tag, files: words }) => [tag, words] as const))("speaks %s", async (_tag, words) => {
  const photo = await lookInto(new File([jpegOf()], "a.jpg", { type: "image/jpeg" }), words);
  expect(photo.report.traces.map(({ label }) => label)).toContain(words.traits.place);
  expect(photo.report.choice?.size).toBe(photo.cleaned?.size);
  expect(JSON.stringify(photo.report)).toContain(MARK);
  const pdf = await lookInto(new File([pdfOf()], "a.pdf"), words);
  expect([pdf.report.choice?.size, pdf.report.advice]).toEqual([pdf.cleaned?.size, [words.pages]]);
  const signed = await lookInto(new File(["%PDF-1.7 /ByteRange [0 1 2 3]"], "b.pdf"), words);
  expect([signed.cleaned, signed.report.choice, signed.report.advice]).toEqual([null, null, [words.cannotClean, words.pages]]);
});

it.each([
  ["IMG_1.JPG", "", "image"],
  ["scan.pdf", "", "pdf"],
  ["report.docx", "", "document"],
  ["录音.amr", "", "media"],
  ["all.zip", "", "archive"],
  ["noending", "image/png", "image"],
  ["noending", "application/pdf", "pdf"],
  ["constructor", "", "other"],
  ["a.constructor", "", "other"],
])("takes %s (%s) for a file of the kind %s", (name, type, kind) => {
  expect(kindOf(name, type)).toBe(kind);
});
