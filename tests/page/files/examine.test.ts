import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { type Examined, examine } from "../../../src/page/files/examine.ts";
import type { Trait } from "../../../src/page/files/findings.ts";
import { LARGEST_SLICE } from "../../../src/page/files/slices.ts";
import {
  boxOf,
  docxOf,
  exifOf,
  heicOf,
  jpegOf,
  MARK,
  movieOf,
  mp3Of,
  odtOf,
  pdfOf,
  pngOf,
  riffChunk,
  riffOf,
  wavOf,
  webpOf,
  xlsxOf,
} from "../../support/sample-files.ts";

/** Everything that is found in the EXIF of the samples. */
const EXIF: readonly Trait[] = ["place", "person", "serial", "camera", "date", "program", "preview", "maker"];

interface Sample {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly found: readonly Trait[];
  /** What a cleaned copy still has; `null` if there is none. */
  readonly left: readonly Trait[] | null;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  jpeg: { bytes: jpegOf(), found: [...EXIF, "author", "title", "hidden", "colour", "signature"], left: [] },
  png: { bytes: pngOf(), found: [...EXIF, "author", "title", "hidden", "colour"], left: [] },
  webp: { bytes: webpOf(), found: [...EXIF, "author", "hidden", "colour"], left: [] },
  heic: { bytes: heicOf(), found: [...EXIF, "author"], left: [] },
  tiff: { bytes: exifOf(), found: [...EXIF.filter((trait) => trait !== "preview"), "title"], left: null },
  wav: { bytes: wavOf(), found: ["person", "date", "hidden"], left: [] },
  mp3: { bytes: mp3Of(), found: ["person", "program", "title", "hidden"], left: [] },
  mov: { bytes: movieOf(), found: ["place", "author", "camera", "date", "program", "title", "hidden"], left: [] },
  "mov with a track of places": {
    bytes: movieOf("meta"),
    found: ["place", "author", "camera", "date", "program", "title", "hidden", "track"],
    left: ["track"],
  },
  pdf: {
    bytes: pdfOf(),
    found: ["place", "author", "person", "date", "program", "comments", "versions", "hidden"],
    left: ["comments", "versions"],
  },
  docx: {
    bytes: docxOf(),
    found: [
      ...EXIF,
      "author",
      "editor",
      "company",
      "path",
      "title",
      "comments",
      "changes",
      "edits",
      "hidden",
      "ids",
      "colour",
      "signature",
    ],
    left: ["comments", "changes"],
  },
  xlsx: { bytes: xlsxOf(), found: ["person", "path", "comments", "hidden"], left: ["comments", "hidden"] },
  odt: {
    bytes: odtOf(),
    found: [...EXIF, "author", "editor", "path", "title", "comments", "changes", "versions", "edits", "hidden", "colour", "signature"],
    left: ["comments", "changes"],
  },
};

function traits({ found }: Examined): Trait[] {
  return found.map(({ trait }) => trait).sort();
}

async function bytesOf(file: Blob): Promise<Buffer> {
  return Buffer.from(await file.arrayBuffer());
}

/** All bytes of a file, those of an archive's entries unpacked. */
async function contents(file: Blob): Promise<Buffer[]> {
  const bytes = await bytesOf(file);
  if (!bytes.subarray(0, 2).equals(Buffer.from("PK"))) return [bytes];
  return [bytes, ...Object.values(unzipSync(bytes)).map((entry) => Buffer.from(entry))];
}

describe.each(Object.entries(SAMPLES))("%s", (_name, { bytes, found, left }) => {
  it("is seen to give away what was planted in it", async () => {
    const examined = await examine(new Blob([bytes]));
    expect([examined.seen, examined.partly]).toEqual(["looked", false]);
    expect(traits(examined)).toEqual([...found].sort());
    expect(examined.found.flatMap(({ values }) => values).some((value) => value.includes(MARK))).toBe(true);
  });

  it(left === null ? "is not cleaned" : "is cleaned of every planted word, and of nothing more the second time", async () => {
    const { cleaned } = await examine(new Blob([bytes], { type: "x/y" }));
    expect(cleaned?.left ?? null).toEqual(left);
    if (cleaned === null) return;
    for (const content of await contents(cleaned.file)) {
      expect(content.includes(MARK)).toBe(false);
      expect(content.includes(Buffer.from(MARK, "utf16le"))).toBe(false);
    }
    expect(cleaned.file.type).toBe("x/y");
    const again = await examine(cleaned.file);
    expect(again.seen).toBe("looked");
    expect(traits(again)).toEqual([...cleaned.left].sort());
    expect(again.cleaned).toBeNull();
  });
});

describe("what is not known", () => {
  it("is said to be so: text, old documents, nothing at all", async () => {
    const nothing = { seen: "unknown", partly: false, found: [], cleaned: null };
    for (const bytes of [
      "",
      "x",
      "A plain text, longer than a head.",
      "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old document",
      Buffer.from("\ufeffUnicode text of Windows", "utf16le"),
    ]) {
      expect(await examine(new Blob([bytes]))).toMatchObject(nothing);
    }
  });

  it("does not offer a copy of a file in which nothing is found", async () => {
    for (const bytes of [
      jpegOf({ clean: true }),
      riffOf("WAVE", riffChunk("fmt ", new Uint8Array(16)), riffChunk("data", new Uint8Array(3))),
    ]) {
      expect(await examine(new Blob([bytes]))).toMatchObject({ seen: "looked", found: [], cleaned: null });
    }
  });
});

/** A file that notes how much of it is read at once. */
class Watched extends Blob {
  readonly reads: number[];

  constructor(inside: Blob, reads: number[]) {
    super([inside]);
    this.reads = reads;
  }

  override slice(start?: number, end?: number): Blob {
    return new Watched(super.slice(start, end), this.reads);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    this.reads.push(this.size);
    return super.arrayBuffer();
  }
}

describe("memory", () => {
  it("stays bounded however long a film or a PDF is, and a copy refers to the file instead of holding it", async () => {
    const million = new Blob([new Uint8Array(1_048_576)]);
    const long = new Array<Blob>(96).fill(million);
    const head = Buffer.from([6, 0, 0, 8]); // 96 MiB and the header's 8 octets
    const film = new Blob([boxOf("ftyp", Buffer.from("isom")), head, "mdat", ...long, movieOf()]);
    const pdf = new Blob([pdfOf(), ...long, `<< /Author (Last ${MARK}) >>`]);
    for (const file of [film, pdf]) {
      const reads: number[] = [];
      const examined = await examine(new Watched(file, reads));
      expect(examined.seen).toBe("looked");
      expect(Math.max(...reads)).toBeLessThanOrEqual(LARGEST_SLICE);
      expect(examined.partly).toBe(file === pdf);
      if (file === film) {
        expect(examined.cleaned?.file.size).toBe(film.size);
        expect(reads.reduce((sum, read) => sum + read, 0)).toBeLessThan(8 * LARGEST_SLICE);
      }
    }
  });
});

describe("office documents", () => {
  it("keep their text, open in another program, and refer to nothing that is gone", async () => {
    for (const bytes of [docxOf(), xlsxOf(), odtOf()]) {
      const { cleaned } = await examine(new Blob([bytes]));
      const before = unzipSync(bytes);
      const after = unzipSync(await bytesOf(cleaned?.file ?? new Blob()));
      const names = Object.keys(after);
      expect(Object.keys(before).filter((name) => names.includes(name))).toEqual(names);
      const content = ["word/document.xml", "xl/worksheets/sheet1.xml", "content.xml"].find((name) => name in after) ?? "";
      const words = (xml: Uint8Array | undefined): string =>
        strFromU8(xml ?? new Uint8Array()).replaceAll(
          /<office:(?:annotation|change-info)>.*?<\/office:(?:annotation|change-info)>|<[^>]*>/g,
          "",
        );
      expect(words(after[content])).toBe(words(before[content]));
      for (const [part, xml] of Object.entries(after).filter(([name]) => name.endsWith(".rels"))) {
        const base = new URL(part.replace(/_rels\/[^/]*$/, ""), "zip:///");
        const targets = [...strFromU8(xml).matchAll(/Target="([^"]*)"(?! TargetMode)/g)].map(([, target = ""]) =>
          new URL(target, base).pathname.slice(1),
        );
        expect(
          targets.filter((target) => target !== "word/media/image1.jpeg" && target !== "xl/workbook.xml" && !names.includes(target)),
        ).toEqual([]);
      }
      const listed = [...strFromU8(after["[Content_Types].xml"] ?? new Uint8Array()).matchAll(/PartName="\/([^"]*)"/g)].map(
        ([, name = ""]) => name,
      );
      expect(listed.filter((name) => !names.includes(name))).toEqual([]);
    }
  });

  it("keep an OpenDocument's type first and as it is", async () => {
    const { cleaned } = await examine(new Blob([odtOf()]));
    expect((await bytesOf(cleaned?.file ?? new Blob())).subarray(30, 77).toString()).toBe(
      "mimetypeapplication/vnd.oasis.opendocument.text",
    );
  });

  it("that are encrypted are said to be locked", async () => {
    expect((await examine(new Blob([odtOf("<manifest:encryption-data/>")]))).seen).toBe("locked");
  });

  it("whose parts cannot be cleaned say so", async () => {
    const more = {
      "word/embeddings/oleObject1.bin": "object",
      "word/media/image2.jpeg": jpegOf().subarray(0, 700),
      "word/footnotes.xml": '<w:x xmlns:w="w"><w:instrText>INCLUDEPICTURE "C:\\\\scans\\\\1.jpg"</w:instrText></w:x>',
    };
    const examined = await examine(new Blob([docxOf(more)]));
    expect(examined.cleaned?.left).toEqual([
      "place",
      "person",
      "serial",
      "camera",
      "date",
      "program",
      "path",
      "comments",
      "changes",
      "preview",
      "hidden",
      "embedded",
      "maker",
    ]);
  });

  it("with broken XML, a DTD, or another coding are said to be damaged", async () => {
    for (const xml of ["<a><b></a>", "<a", "text", "", "<!DOCTYPE a><a/>", "<a/><b/>", "<a x=1/>", Uint8Array.of(0xff, 0xfe, 0x3c, 0)]) {
      expect((await examine(new Blob([docxOf({ "word/styles.xml": xml })]))).seen, String(xml)).toBe("damaged");
    }
  });
});

describe("PDF", () => {
  it("that are encrypted are said to be locked", async () => {
    expect((await examine(new Blob([pdfOf(), "trailer << /Encrypt 9 0 R >>"]))).seen).toBe("locked");
  });

  it("made for the web count as one version", async () => {
    const examined = await examine(
      new Blob(["%PDF-1.7\nstartxref\n0\n%%EOF\n", `1 0 obj << /Author (${MARK}) >> endobj\nstartxref\n99\n%%EOF\n`]),
    );
    expect(traits(examined)).toEqual(["author"]);
  });

  it("are read however their strings are written", async () => {
    const written = ["(a\\(b\\)\\061\\n(c))", "<E69D8E>", "<feff 4e00>", "(\xfe\xff\x4e\x00)", "(\\\r\nd)"];
    const pdf = Buffer.from(`%PDF-1.4 ${written.map((string) => `/Author ${string}`).join(" ")}`, "latin1");
    const [finding] = (await examine(new Blob([pdf]))).found;
    expect(finding?.values).toEqual(["a(b)1 (c)", "李", "一", "d"]);
  });
});
