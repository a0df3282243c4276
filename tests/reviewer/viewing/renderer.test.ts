/** The renderer's real process, and files made to break it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { Refusal } from "../../../src/protocol/errors.ts";
import { kindOf } from "../../../src/reviewer/viewing/kinds.ts";
import { LONGEST_SIDE, VEIL_SIDE } from "../../../src/reviewer/viewing/renderer-frame.ts";
import { confinement, drawPage, parseDrawn, wordsOf } from "../../../src/reviewer/viewing/renderer.ts";
import { docxOf, jpegOf, odtOf, pngOf } from "../../support/sample-files.ts";
import { pagesPdf, plainPng } from "../../support/pictures.ts";

async function outcome(file: Uint8Array, type = kindOf(file).type): Promise<string> {
  try {
    const { width, height } = await drawPage(file, type, 0, 1600);
    return `${String(width)} × ${String(height)}`;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** A PDF whose one page has this content, deflated `times` times. */
function pdfWith(content: Uint8Array, times: number, box = "0 0 100 100"): Uint8Array {
  let stream = content;
  for (let round = 0; round < times; round++) stream = deflateSync(stream, { level: 9 });
  const filters = Array.from({ length: times }, () => "/FlateDecode").join(" ");
  return concat(
    utf8(`%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[${box}]/Contents 4 0 R>>endobj
4 0 obj<</Length ${String(stream.length)}/Filter[${filters}]>>stream
`),
    stream,
    utf8("\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"),
  );
}

describe("the renderer", () => {
  it("draws pictures as they are, turned as they say, no larger than they are", async () => {
    const { pages, width, height, pixels } = await drawPage(plainPng(3, 2, [200, 30, 40]), "image/png", 0, 1600);
    expect([pages, width, height]).toEqual([1, 3, 2]);
    expect([...pixels.subarray(0, 6)]).toEqual([200, 30, 40, 200, 30, 40]);
    expect(await outcome(jpegOf())).toBe("8 × 16");
    expect(await outcome(pngOf())).toBe("16 × 8");
  }, 60_000);

  it("draws a veil in which nothing can be made out", async () => {
    const { width, height } = await drawPage(plainPng(400, 200, [1, 2, 3]), "image/png", 0, VEIL_SIDE);
    expect(Math.max(width, height)).toBe(VEIL_SIDE);
  }, 60_000);

  it("draws documents page by page, and gives their words", async () => {
    const pdf = pagesPdf("The first page", "The second page");
    const second = await drawPage(pdf, "application/pdf", 1, 300);
    expect([second.pages, second.height]).toEqual([2, 300]);
    // A page that is not there is the last.
    expect((await drawPage(pdf, "application/pdf", 99, 300)).pixels).toEqual(second.pixels);
    expect(await wordsOf(pdf, "application/pdf")).toContain("The second page");
    expect(await wordsOf(docxOf(), kindOf(docxOf()).type)).toContain("The list of names");
    expect(await outcome(odtOf())).toMatch(/^\d+ × 1600$/);
  }, 60_000);

  it.each([
    ["a picture of 900 million pixels in 150 kB", () => plainPng(30_000, 30_000, null), /^too-costly$/],
    [
      "a picture that says it is two thousand million pixels wide",
      () => plainPng(2_000_000_000, 1, null, 1),
      /^(?:too-costly|not-viewable)$/,
    ],
    ["a page as large as a country", () => pdfWith(utf8("0 0 1 1 re f"), 1, "0 0 100000000 1"), /^(?:\d+ × \d+|too-costly|not-viewable)$/],
    ["a page of 100 MB of zeros, deflated twice", () => pdfWith(new Uint8Array(100_000_000), 2), /^(?:\d+ × \d+|too-costly|not-viewable)$/],
    [
      "a document that is an archive bomb",
      () => zipSync({ "word/document.xml": new Uint8Array(100_000_000) }),
      /^(?:too-costly|not-viewable)$/,
    ],
    [
      "a document that includes itself over and over",
      () =>
        zipSync({
          "[Content_Types].xml": strToU8("<Types/>"),
          "word/document.xml": strToU8(`<!DOCTYPE x [<!ENTITY a "${"a".repeat(99)}">${entities(9)}]><x>&i;</x>`),
        }),
      /^(?:\d+ × \d+|too-costly|not-viewable)$/,
    ],
    [
      "elements ten thousand deep",
      () => zipSync({ "word/document.xml": strToU8("<w>".repeat(10_000)) }),
      /^(?:\d+ × \d+|too-costly|not-viewable)$/,
    ],
    ["half a picture", () => jpegOf().subarray(0, 40), /^not-viewable$/],
    ["a GIF that is a script", () => utf8("GIF89a=1;alert(1)//"), /^not-viewable$/],
    ["a PDF that is a web page", () => utf8("%PDF-1.4\n<html><script>alert(1)</script>"), /^not-viewable$/],
    ["nothing", () => new Uint8Array(0), /^not-viewable$/],
  ])(
    "survives %s",
    async (_name, make, expected) => {
      const file = make();
      expect(await outcome(file, kindOf(file).type || "application/pdf")).toMatch(expected);
    },
    120_000,
  );

  it("may read its own code and nothing else, write nothing, start nothing, and has little memory", async () => {
    const attempts = [
      `require("fs").readFileSync("/etc/hostname")`,
      `require("fs").writeFileSync("/tmp/firsthand-renderer", "x")`,
      `require("child_process").execFileSync("true")`,
      `new (require("worker_threads").Worker)("1", { eval: true })`,
      `new WebAssembly.Memory({ initial: 20000 })`,
      `new Function("return 1")`,
    ];
    const script = attempts.map((attempt) => `try { ${attempt}; console.log("done") } catch { console.log("refused") }`).join("\n");
    const { stdout } = await promisify(execFile)(process.execPath, [...confinement(["/nowhere"]), "--eval", script], { env: {} });
    expect(stdout.trim().split("\n")).toEqual(attempts.map(() => "refused"));
  }, 60_000);

  it("is believed in nothing: only whole pages in bounds are taken", () => {
    const header = (...numbers: number[]): Uint8Array =>
      concat(Uint8Array.of(0), ...numbers.map((number) => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)));
    expect(parseDrawn(concat(header(7, 2, 1), new Uint8Array(6)))).toMatchObject({ pages: 7, width: 2, height: 1 });
    const wrong = [
      header(0, 1, 1),
      header(1, 0, 1),
      header(1, LONGEST_SIDE + 1, 1),
      header(1, 0xffffffff, 0xffffffff),
      concat(header(1, 2, 1), new Uint8Array(7)),
      Uint8Array.of(1),
      Uint8Array.of(9),
      new Uint8Array(0),
    ];
    for (const answer of wrong) expect(() => parseDrawn(answer)).toThrow(expect.objectContaining({ code: "not-viewable" }));
    expect(() => parseDrawn(Uint8Array.of(2))).toThrow(expect.objectContaining({ code: "too-costly" }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (answer) => {
        try {
          const { width, height, pixels } = parseDrawn(answer);
          expect(pixels.length).toBe(3 * width * height);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});

/** Entities `b` to `i`, each ten times the one before. */
function entities(rounds: number): string {
  return Array.from({ length: rounds - 1 }, (_, round) => {
    const [name, before] = [String.fromCharCode(98 + round), String.fromCharCode(97 + round)];
    return `<!ENTITY ${name} "${`&${before};`.repeat(10)}">`;
  }).join("");
}
