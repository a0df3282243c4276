import { describe, expect, it } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { examine } from "../../../src/page/files/examine.ts";
import { boxOf, heicOf, jpegOf, movieOf, mp3Of, pngOf, riffOf, webpOf } from "../../support/sample-files.ts";

async function cleaned(bytes: Uint8Array<ArrayBuffer>): Promise<Buffer> {
  const examined = await examine(new Blob([bytes]));
  return Buffer.from((await examined.cleaned?.file.arrayBuffer()) ?? new ArrayBuffer());
}

/** The markers of a JPEG up to its first scan. */
function markers(jpeg: Buffer): number[] {
  const found: number[] = [];
  for (let at = 2; jpeg[at] === 0xff && found.at(-1) !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) found.push(jpeg[at + 1] ?? 0);
  return found;
}

function chunkTypes(png: Buffer): string[] {
  const types: string[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) types.push(png.toString("latin1", at + 4, at + 8));
  return types;
}

describe("a cleaned JPEG", () => {
  it("is the same picture, byte for byte, without what was around it", async () => {
    expect(await cleaned(jpegOf({ turned: 1 }))).toEqual(Buffer.from(jpegOf({ clean: true })));
  });

  it("still says how it is to be turned, and nothing else", async () => {
    const turned = await cleaned(jpegOf({ turned: 6 }));
    expect(markers(turned)).toEqual([0xe0, 0xe1, 0xdb, 0xc0, 0xc4, 0xc4, 0xda]);
    expect(turned.length).toBe(jpegOf({ clean: true }).length + 36);
  });

  it("keeps further scans, restart marks and escaped octets, and loses the preview of its header", async () => {
    const plain = Buffer.from(jpegOf({ clean: true }));
    const scan = plain.subarray(plain.indexOf(Buffer.from([0xff, 0xda])), -2);
    const more = concat(
      plain.subarray(0, -2),
      Uint8Array.of(0xff, 0, 1, 0xff, 0xd3, 2, 0xff, 0xff, 0xff, 0),
      scan,
      Uint8Array.of(0xff, 0xd9),
    );
    const preview = concat(
      more.subarray(0, 4),
      Uint8Array.of(0, 19),
      more.subarray(6, 18),
      Uint8Array.of(1, 1, 9, 9, 9),
      more.subarray(20),
    );
    expect(await cleaned(preview)).toEqual(Buffer.from(more));
  });

  it("is not made of one that is cut off or holds what JPEG does not have", async () => {
    const plain = jpegOf();
    for (const broken of [plain.subarray(0, -60), concat(plain.subarray(0, 2), Uint8Array.of(0xff, 0x01, 0, 2), plain.subarray(2))]) {
      expect(await examine(new Blob([broken]))).toMatchObject({ seen: "damaged", cleaned: null });
    }
  });
});

describe("a cleaned PNG", () => {
  it("has the picture's chunks, and how it is to be turned", async () => {
    expect(chunkTypes(await cleaned(pngOf()))).toEqual(["IHDR", "eXIf", "IDAT", "IDAT", "IEND"]);
  });
});

describe("a cleaned WebP", () => {
  it("has a header that announces what is there", async () => {
    const webp = await cleaned(webpOf());
    expect(webp.readUInt32LE(4)).toBe(webp.length - 8);
    expect(webp[20]).toBe(0x08);
    expect([...webp.toString("latin1").matchAll(/VP8X|VP8L|EXIF|XMP |ICCP|QURB/g)].map(([type]) => type)).toEqual(["VP8X", "VP8L", "EXIF"]);
  });

  it("is not made of one that is shorter than it says", async () => {
    expect((await examine(new Blob([riffOf("WEBP", Buffer.from("VP8L\x64\0\0\0 too short"))]))).seen).toBe("damaged");
  });
});

describe("a cleaned film", () => {
  it("has every box in its place, and its pictures and sound untouched", async () => {
    const before = Buffer.from(movieOf());
    const after = await cleaned(movieOf());
    expect(after.length).toBe(before.length);
    const content = boxOf("mdat", Buffer.from("pictures and sound"));
    expect(after.indexOf(content)).toBe(before.indexOf(content));
    for (const type of ["moov", "trak", "mdia", "mvhd", "tkhd", "mdhd", "hdlr"]) expect(after.indexOf(type)).toBe(before.indexOf(type));
    expect(after.includes("udta") || after.includes("uuid") || after.includes("meta")).toBe(false);
  });
});

describe("a cleaned HEIC", () => {
  it("differs only where its EXIF and XMP lie", async () => {
    const before = Buffer.from(heicOf());
    const after = await cleaned(heicOf());
    const from = before.indexOf("mdat") + 4;
    const to = before.indexOf("pixels");
    expect([after.subarray(0, from), after.subarray(to)]).toEqual([before.subarray(0, from), before.subarray(to)]);
    expect(after.subarray(from, from + 8)).toEqual(Buffer.from([0, 0, 0, 0, 0x4d, 0x4d, 0, 42]));
  });
});

describe("cleaned MP3", () => {
  it("is the sound alone", async () => {
    expect(await cleaned(mp3Of())).toEqual(Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)]));
  });
});
