/** Pictures and documents in the making, for whoever looks at them: small ones, and ones that unfold to what no machine holds. */
import { crc32, deflateSync } from "node:zlib";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { utf8 } from "../../src/protocol/encoding.ts";

function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function chunk(type: string, data: Uint8Array): Bytes {
  const checked = concat(utf8(type), data);
  return concat(u32(data.length), checked, u32(crc32(checked)));
}

/** A PNG of one colour; without one, black and white, a bit for each pixel. `lines`: how many it really has. */
export function plainPng(width: number, height: number, colour: readonly [number, number, number] | null, lines = height): Bytes {
  const octets = colour === null ? Math.ceil(Math.min(width, 1_000_000) / 8) : 3 * width;
  const line = Buffer.alloc(1 + octets, 0);
  if (colour !== null) for (let at = 0; at < octets; at++) line[1 + at] = colour[at % 3] ?? 0;
  const pixels = Buffer.concat(Array.from({ length: lines }, () => line));
  return concat(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk("IHDR", concat(u32(width), u32(height), Uint8Array.of(colour === null ? 1 : 8, colour === null ? 0 : 2, 0, 0, 0))),
    chunk("IDAT", deflateSync(pixels, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  );
}

/** A PNG of a QR code: rows of squares, `1` for a dark one, four pixels each. */
export function codePng(rows: readonly string[]): Bytes {
  const side = 4 * rows.length;
  const lines = rows.flatMap((row) => {
    const pixels = Array.from(row).flatMap((square) => Array.from({ length: 4 }, () => (square === "1" ? 0 : 255)));
    return Array.from({ length: 4 }, () => Buffer.from([0, ...pixels]));
  });
  return concat(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk("IHDR", concat(u32(side), u32(side), Uint8Array.of(8, 0, 0, 0, 0))),
    chunk("IDAT", deflateSync(Buffer.concat(lines))),
    chunk("IEND", new Uint8Array(0)),
  );
}

/** A PDF with a page for each line of words. */
export function pagesPdf(...lines: readonly string[]): Bytes {
  const kids = lines.map((_, index) => `${String(10 + 2 * index)} 0 R`).join(" ");
  const pages = lines.map((line, index) => {
    const [page, content] = [10 + 2 * index, 11 + 2 * index];
    const drawing = `BT /F 24 Tf 40 700 Td (${line}) Tj ET`;
    return `${String(page)} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents ${String(content)} 0 R>>endobj
${String(content)} 0 obj<</Length ${String(drawing.length)}>>stream
${drawing}
endstream endobj
`;
  });
  return utf8(`%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[${kids}]/Count ${String(lines.length)}>>endobj
3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
${pages.join("")}trailer<</Root 1 0 R>>
%%EOF`);
}
