/** Files that were made to harm: whatever their bytes, looking into them ends, says something, and throws nothing. */
import fc from "fast-check";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { examine } from "../../../src/page/files/examine.ts";
import { Findings } from "../../../src/page/files/findings.ts";
import { edited, KEEP, unescapeXml } from "../../../src/page/files/xml.ts";
import {
  boxOf,
  docxOf,
  exifOf,
  heicOf,
  jpegOf,
  movieOf,
  mp3Of,
  odtOf,
  pdfOf,
  pngOf,
  wavOf,
  webpOf,
  xlsxOf,
  zipOf,
} from "../../support/sample-files.ts";

const SAMPLES = [jpegOf(), pngOf(), webpOf(), wavOf(), heicOf(), movieOf(), mp3Of(), pdfOf(), docxOf(), xlsxOf(), odtOf(), exifOf()];
/** A fixed seed: what fails once fails again. */
const RUNS = { seed: 20_261_124, numRuns: 250 };

/** What holds of every file. */
async function holds(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const { seen, cleaned, found } = await examine(new Blob([bytes]));
  expect(["looked", "unknown", "damaged", "locked", "large"]).toContain(seen);
  for (const value of found.flatMap(({ values }) => values)) expect(value).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^.{83}/u);
  if (cleaned === null) return;
  const again = await examine(cleaned.file);
  expect([again.seen, ...again.found.map(({ trait }) => trait)]).toEqual(["looked", ...cleaned.left]);
}

describe("any bytes", () => {
  it("behind any beginning that is known", async () => {
    const heads = SAMPLES.map((sample) => sample.subarray(0, 16));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), (head, rest) => holds(concat(head, rest))),
      RUNS,
    );
  });

  it("in a whole file, here and there", async () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      byte: fc.constantFrom(0, 1, 0x20, 0x3c, 0x7f, 0x80, 0xd9, 0xff),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SAMPLES), fc.array(change, { minLength: 1, maxLength: 6 }), async (sample, changes) => {
        const bytes = Uint8Array.from(sample);
        for (const { at, byte } of changes) bytes[Math.floor(at * bytes.length)] = byte;
        await holds(bytes);
      }),
      RUNS,
    );
  });

  it("of which a piece is missing or stands twice", async () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SAMPLES), place, place, async (sample, from, to) => {
        await holds(concat(sample.subarray(0, from * sample.length), sample.subarray(to * sample.length)));
      }),
      RUNS,
    );
  });

  it("cut off at any place of a picture", async () => {
    for (const sample of [jpegOf(), pngOf(), webpOf()]) {
      for (let length = 12; length < sample.length; length += 7) await holds(sample.subarray(0, length));
    }
  });
});

describe("XML", () => {
  const name = fc.constantFrom("a", "b:c", "ns:name", "ཀ");
  const text = fc.constantFrom("text", "&amp;", "བོད", "\u{1f600}", " ", "a > b");
  const attributes = fc.constantFrom("", ' x="1"', " x='a>b' y:z=\"&lt;\"");
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.tuple(name, attributes).map(([tag, inside]) => `<${tag}${inside}/>`),
      fc
        .tuple(
          name,
          attributes,
          fc.array(fc.oneof(text, fc.constant("<![CDATA[<x>]]>"), fc.constant("<?p i?>"), tie("tree")), { maxLength: 4 }),
        )
        .map(([tag, inside, children]) => `<${tag}${inside}>${children.join("")}</${tag}>`),
    ),
  }));

  async function through(chunks: readonly string[]): Promise<string> {
    let written = "";
    const source = (async function* () {
      await Promise.resolve();
      yield* chunks;
    })();
    for await (const chunk of edited(source, { element: () => KEEP, text: () => undefined })) written += chunk;
    return written;
  }

  it("that nothing is done to comes out as it went in, however it was cut into pieces", async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.array(fc.nat(200), { maxLength: 8 }), async (xml, cuts) => {
        const places = [0, ...cuts.filter((cut) => cut < xml.length).sort((a, b) => a - b), xml.length];
        const chunks = places.slice(1).map((end, index) => xml.slice(places[index], end));
        expect(await through(chunks)).toBe(xml);
      }),
      RUNS,
    );
  });

  it("loses its remarks", async () => {
    expect(await through(["<a><!-- a > b", " --", "><b/></a>"])).toBe("<a><b/></a>");
  });

  it("has its references resolved when it is shown, and no others", () => {
    expect(unescapeXml("&lt;&#x674E;&#26446;&amp;lt;&nbsp;&#x110000;")).toBe("<李李&lt;&nbsp;\ufffd");
  });
});

describe("traps", () => {
  it("an archive that is endless when unpacked is said to be too large", async () => {
    const member = new Uint8Array(1_048_576).fill(0x20);
    const parts: Record<string, string | Uint8Array> = {};
    for (let index = 0; index < 264; index++) parts[`word/x${String(index)}.xml`] = concat(Buffer.from("<a>"), member, Buffer.from("</a>"));
    const archive = docxOf(parts);
    expect(archive.length).toBeLessThan(2_000_000);
    expect((await examine(new Blob([archive]))).seen).toBe("large");
  });

  it("an archive whose entries overlap, or are elsewhere under another name, is damaged", async () => {
    const archive = Buffer.from(docxOf());
    const directory = archive.lastIndexOf(Buffer.from("PK\x01\x02"));
    const first = archive.indexOf(Buffer.from("PK\x01\x02"));
    const overlapping = Buffer.from(archive);
    archive.copy(overlapping, directory + 42, first + 42, first + 46);
    const renamed = Buffer.from(archive);
    renamed.write("X", archive.indexOf("[Content_Types]"));
    const shorter = Buffer.from(archive);
    shorter.writeUInt32LE(3, first + 24);
    for (const bytes of [overlapping, renamed, shorter]) expect((await examine(new Blob([bytes]))).seen).toBe("damaged");
  });

  it("an archive with two parts of one name, or an encrypted one, is not taken for a document", async () => {
    expect((await examine(new Blob([zipOf({ "[Content_Types].xml": "<a/>", "[content_types].xml": "<a/>" })]))).seen).toBe("damaged");
    const locked = Buffer.from(docxOf());
    locked.writeUInt16LE(1, locked.indexOf(Buffer.from("PK\x01\x02")) + 8);
    expect((await examine(new Blob([locked]))).seen).toBe("locked");
  });

  it("directories that lead in a circle are followed once", async () => {
    // One directory with an EXIF directory that is itself.
    const circle = Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8);
    expect(await examine(new Blob([circle]))).toMatchObject({ seen: "looked", found: [] });
  });

  it("boxes that claim more than there is, or nest without end, are damaged or left", async () => {
    let nested = boxOf("free");
    for (let depth = 0; depth < 2_000; depth++) nested = boxOf("trak", nested);
    expect((await examine(new Blob([boxOf("ftyp", Buffer.from("isom")), boxOf("moov", nested)]))).seen).toBe("looked");
    const claiming = Uint8Array.of(0, 0, 0, 1, 0x6d, 0x6f, 0x6f, 0x76, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    expect((await examine(new Blob([boxOf("ftyp", Buffer.from("isom")), claiming]))).seen).toBe("damaged");
  });

  it("a stream of a PDF that is endless when unpacked leaves the rest to be said", async () => {
    const endless = deflateRawSync(Buffer.alloc(60_000_000, 0x20), { level: 9 });
    const zlib = concat(Uint8Array.of(0x78, 0xda), endless, Uint8Array.of(0, 0, 0, 0));
    const pdf = new Blob(["%PDF-1.7 1 0 obj << /Author (Li) /Type /ObjStm /Filter /FlateDecode >> stream\n", zlib, "\nendstream endobj"]);
    const examined = await examine(pdf);
    expect([examined.seen, examined.partly, examined.found[0]?.values]).toEqual(["looked", true, ["Li"]]);
  });

  it("a PDF in which every word promises a picture, a packet, a stream or a remark is searched in a moment", async () => {
    for (const word of [
      "Exif\0\0",
      "<x:xmpmeta",
      "/Type /ObjStm ",
      "/Subtype /Text ",
      "/Author (\\(",
      "obj << /Type /ObjStm /FlateDecode >> stream\n",
    ]) {
      const examined = await examine(new Blob(["%PDF-1.7\n", word.repeat(2_000_000 / word.length)]));
      expect(examined.seen).toBe("looked");
    }
  });

  it("a picture whose EXIF and XMP never end is read in part, and loses all of it", async () => {
    const plain = jpegOf({ clean: true });
    const exif = jpegOf().subarray(20, 20 + 2 + (jpegOf()[22] ?? 0) * 256 + (jpegOf()[23] ?? 0));
    const many = concat(plain.subarray(0, 20), ...new Array<Uint8Array>(2_000).fill(exif), plain.subarray(20));
    const { cleaned } = await examine(new Blob([many]));
    expect([cleaned?.file.size, cleaned?.left]).toEqual([plain.length + 36, []]);
  });

  it("words that turn the direction of writing, or that nobody can see, are shown without that", () => {
    const found = new Findings();
    found.note("author", "\u202egnol\u2066 a\u0000b\u200b\n c\ufeff");
    found.note("author", "x".repeat(500));
    found.note("author", "\u202e\u0007");
    found.note("author", "\ud800half");
    expect(found.list()).toEqual([{ trait: "author", values: ["gnol a b c", `${"x".repeat(80)}…`, "half"] }]);
    for (let index = 0; index < 100; index++) found.note("author", String(index));
    expect(found.list()[0]?.values.length).toBe(4);
  });
});
