/** Cleaned copies of PDF files, read by programs that others made: qpdf for their structure, poppler for what is seen. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { examine } from "../../../src/page/files/examine.ts";
import { zlibbedTo } from "../../../src/page/files/zlib-fit.ts";
import { jpegOf, MARK, XMP } from "../../support/sample-files.ts";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh pdf "));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A page with a sentence and a picture with EXIF, properties, a chapter, a remark and a packet; qpdf writes the table of places. */
function document(): Buffer {
  const drawn = "BT /F1 24 Tf 40 700 Td (The list is kept in room 4.) Tj ET q 80 0 0 80 40 500 cm /P Do Q";
  const picture = Buffer.from(jpegOf());
  const objects: (string | Buffer)[][] = [
    ["<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R /Outlines 8 0 R >>"],
    ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
    [
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [10 0 R] /LastModified (D:20160512)\n",
      "/Resources << /Font << /F1 5 0 R >> /XObject << /P 6 0 R >> >> >>",
    ],
    [`<< /Length ${String(drawn.length)} >>\nstream\n${drawn}\nendstream`],
    ["<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"],
    [
      `<< /Type /XObject /Subtype /Image /Width 4 /Height 2 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${String(picture.length)} >>\nstream\n`,
      picture,
      "\nendstream",
    ],
    [`<< /Type /Metadata /Subtype /XML /Length ${String(Buffer.byteLength(XMP))} >>\nstream\n${XMP}\nendstream`],
    ["<< /Type /Outlines /First 9 0 R /Last 9 0 R /Count 1 >>"],
    ["<< /Title (First chapter) /Parent 8 0 R /Dest [3 0 R /Fit] >>"],
    [`<< /Type /Annot /Subtype /Text /Rect [400 700 420 720] /Contents (see here) /T (Reader ${MARK}) /M (D:20160512) >>`],
    [`<< /Author (Li \\(${MARK}\\)) /Title (${MARK} list) /Producer <FEFF674E> /CreationDate (D:20160512103000+08'00') >>`],
  ];
  const bytes = objects.map((parts, index) => [`${String(index + 1)} 0 obj\n`, ...parts, "\nendobj\n"]).flat();
  const pieces = ["%PDF-1.7\n", ...bytes, "trailer\n<< /Root 1 0 R /Info 11 0 R /Size 12 >>\nstartxref\n0\n%%EOF\n"];
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)));
}

async function seen(path: string): Promise<{ text: string; picture: Buffer; chapters: string }> {
  const { stdout: text } = await run("pdftotext", ["-layout", path, "-"]);
  await run("pdftoppm", ["-r", "40", "-png", "-singlefile", path, join(folder, "drawn")]);
  const { stdout } = await run("qpdf", ["--json", "--json-key=outlines", path]);
  return { text, picture: await readFile(join(folder, "drawn.png")), chapters: (JSON.parse(stdout) as { outlines: string }).outlines };
}

it.each([
  ["with everything in the open", ["--object-streams=disable", "--stream-data=preserve"]],
  ["with objects and streams packed", ["--object-streams=generate", "--compress-streams=y", "--recompress-flate"]],
  ["made for the web", ["--linearize", "--object-streams=generate"]],
])("a document %s is cleaned where it stands, and other programs see the same in it", async (_how, settings) => {
  const [source, path, copy] = ["source.pdf", "original.pdf", "copy.pdf"].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(source, document());
  await run("qpdf", ["--warning-exit-0", "--no-warn", ...settings, source, path]);
  const original = await readFile(path);

  const examined = await examine(new Blob([Uint8Array.from(original)]));
  const traits = examined.found.map(({ trait }) => trait);
  expect(traits).toEqual(expect.arrayContaining(["place", "author", "person", "date", "program", "title", "comments", "hidden", "ids"]));
  expect(examined.found.flatMap(({ values }) => values)).not.toContain("First chapter");
  expect(examined.cleaned?.left).toEqual(["comments"]);

  const cleaned = Buffer.from((await examined.cleaned?.file.arrayBuffer()) ?? new ArrayBuffer());
  expect(cleaned.length).toBe(original.length);
  await writeFile(copy, cleaned);
  await run("qpdf", ["--check", copy]);
  expect(await seen(copy)).toEqual(await seen(path));

  // Everything unpacked, by the other program.
  const open = join(folder, "open.pdf");
  await run("qpdf", ["--qdf", "--object-streams=disable", "--stream-data=uncompress", copy, open]);
  for (const bytes of [cleaned, await readFile(open)]) expect([bytes.includes(MARK), bytes.includes("20160512")]).toEqual([false, false]);
  const { stdout } = await run("pdfinfo", [copy]);
  expect(stdout).not.toMatch(/Author: +\S|Title: +\S|Producer: +\S/);
});

it("what is packed to a length has that length, and is what it was but for spaces at its end", async () => {
  const some = fc.uint8Array({ minLength: 0, maxLength: 400 }).map((bytes) => Uint8Array.from(bytes));
  await fc.assert(
    fc.asyncProperty(some, fc.integer({ min: 0, max: 700 }), async (content, length) => {
      const packed = await zlibbedTo(length, content);
      if (packed === null) {
        expect(length).toBeLessThan(content.length + 40);
        return;
      }
      expect(packed.length).toBe(length);
      const unpacked = inflateSync(packed);
      expect(unpacked.subarray(0, content.length).equals(content)).toBe(true);
      expect(unpacked.subarray(content.length).every((octet) => octet === 0x20)).toBe(true);
    }),
  );
});
