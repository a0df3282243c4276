/**
 * Files as a witness might choose them, made from their specifications: small, whole, and with something planted in every place where such files keep what is
 * not seen. Every planted word contains {@link MARK}, so that a copy can be searched for it.
 */
import { crc32, deflateSync } from "node:zlib";
import { strToU8, type Zippable, zipSync } from "fflate";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { utf8 } from "../../src/protocol/encoding.ts";

/** In every planted word. */
export const MARK = "Qurbanjan";

function u16(value: number): Bytes {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function u32(value: number): Bytes {
  return concat(u16(Math.floor(value / 65_536)), u16(value & 0xffff));
}

function text(value: string): Bytes {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

/** A directory of TIFF in the making. Values are ASCII text, or numbers of four octets; a directory is a number filled in later. */
interface Tags {
  readonly [tag: string]: string | number | Tags;
}

/** A big-endian TIFF file with these directories. */
function tiffOf(main: Tags, preview: Tags | null = null): Bytes {
  let body: Bytes = new Uint8Array(0);
  const at = (): number => 8 + body.length;
  const write = (tags: Tags, next: number): number => {
    const entries = Object.entries(tags)
      .map(([tag, value]) => [Number(tag), typeof value === "object" ? write(value, 0) : value] as const)
      .map(([tag, value]) => {
        if (typeof value === "number")
          return concat(u16(tag), u16(tag === 0x0112 ? 3 : 4), u32(1), tag === 0x0112 ? u32(value * 65_536) : u32(value));
        const octets = concat(utf8(value), Uint8Array.of(0));
        const where = at();
        if (octets.length > 4) body = concat(body, octets);
        const inline = concat(octets, new Uint8Array(4)).subarray(0, 4);
        return concat(u16(tag), u16(2), u32(octets.length), octets.length > 4 ? u32(where) : inline);
      });
    const where = at();
    body = concat(body, u16(entries.length), ...entries, u32(next));
    return where;
  };
  const second = preview === null ? 0 : write(preview, 0);
  const first = write(main, second);
  return concat(text("MM\0*"), u32(first), body);
}

/** EXIF of a telephone that was carried somewhere. `turned` is the orientation. */
export function exifOf(turned = 6): Bytes {
  return tiffOf(
    {
      0x010f: `${MARK} Phones`,
      0x0110: "X-9",
      0x0112: turned,
      0x0131: `${MARK} OS 4.4`,
      0x0132: "2016:05:12 10:30:00",
      0x013b: `Artist ${MARK}`,
      0x8769: { 0x9003: "2016:05:12 10:30:00", 0x927c: `${MARK} maker's note`, 0xa430: `Owner ${MARK}`, 0xa431: `SN-${MARK}` },
      0x8825: { 0x0001: "N", 0x0002: `43 49 ${MARK}`, 0x0003: "E", 0x0004: `87 36 ${MARK}` },
    },
    { 0x0201: 4, 0x0202: 4, 0x010e: MARK },
  );
}

/** An XMP packet. */
export const XMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="${MARK} Editor &amp; Co" xmlns:dc="http://purl.org/dc/elements/1.1/" exif:GPSLatitude="43,49.${MARK}N"><dc:creator><rdf:Seq><rdf:li>Writer ${MARK}</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

function segment(marker: number, ...payload: readonly Uint8Array[]): Bytes {
  const all = concat(...payload);
  return concat(Uint8Array.of(0xff, marker), u16(all.length + 2), all);
}

/** A grey picture of 16 by 8 pixels, in baseline JPEG, with everything a telephone and two programs could leave in it. */
export function jpegOf(extra: { readonly turned?: number; readonly clean?: boolean } = {}): Bytes {
  const table = (classAndId: number): Bytes => segment(0xc4, Uint8Array.of(classAndId, 1, ...new Array<number>(15).fill(0), 0));
  const left =
    extra.clean === true
      ? []
      : [
          segment(0xe1, text("Exif\0\0"), exifOf(extra.turned)),
          segment(0xe1, text("http://ns.adobe.com/xap/1.0/\0"), utf8(XMP)),
          segment(0xe2, text("ICC_PROFILE\0\x01\x01"), text(`profile of ${MARK}'s screen`)),
          segment(0xe2, text("MPF\0"), text(MARK)),
          segment(0xeb, text("JP"), text(MARK)),
          segment(0xed, text("Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x14\x1c\x02\x50"), u16(MARK.length), text(MARK)),
          segment(0xe5, text(MARK)),
          segment(0xfe, utf8(`Remark of ${MARK}`)),
        ];
  return concat(
    Uint8Array.of(0xff, 0xd8),
    segment(0xe0, text("JFIF\0"), Uint8Array.of(1, 2, 0, 0, 1, 0, 1, 0, 0)),
    ...left,
    segment(0xdb, Uint8Array.of(0, ...new Array<number>(64).fill(1))),
    segment(0xc0, Uint8Array.of(8, 0, 8, 0, 16, 1, 1, 0x11, 0)),
    table(0x00),
    table(0x10),
    segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)),
    Uint8Array.of(0x0f, 0xff, 0xd9),
    ...(extra.clean === true ? [] : [text(`film behind the picture by ${MARK}`)]),
  );
}

function chunkOf(type: string, data: Uint8Array): Bytes {
  const checked = concat(text(type), data);
  return concat(u32(data.length), checked, u32(crc32(checked)));
}

/** A grey picture of 16 by 8 pixels in PNG, with everything that programs leave in it. */
export function pngOf(): Bytes {
  const rows = Buffer.concat(Array.from({ length: 8 }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(16, 0x80)])));
  return concat(
    text("\x89PNG\r\n\x1a\n"),
    chunkOf("IHDR", concat(u32(16), u32(8), Uint8Array.of(8, 0, 0, 0, 0))),
    chunkOf("iCCP", concat(text(`${MARK}\0\0`), deflateSync("profile"))),
    chunkOf("tEXt", text(`Author\0${MARK}`)),
    chunkOf("tEXt", text(`Software\0${MARK} Shot`)),
    chunkOf("zTXt", concat(text("Comment\0\0"), deflateSync(MARK))),
    chunkOf("iTXt", concat(text("XML:com.adobe.xmp\0\0\0\0\0"), utf8(XMP))),
    chunkOf("tIME", Uint8Array.of(0x07, 0xe0, 5, 12, 10, 30, 0)),
    chunkOf("eXIf", exifOf(6)),
    chunkOf("quRb", text(MARK)),
    chunkOf("IDAT", deflateSync(rows).subarray(0, 7)),
    chunkOf("IDAT", deflateSync(rows).subarray(7)),
    chunkOf("IEND", new Uint8Array(0)),
    text(`what was cut away by ${MARK}`),
  );
}

function u32le(value: number): Bytes {
  return u32(value).toReversed();
}

export function riffChunk(type: string, data: Uint8Array): Bytes {
  return concat(text(type), u32le(data.length), data, new Uint8Array(data.length % 2));
}

export function riffOf(form: string, ...chunks: readonly Uint8Array[]): Bytes {
  const content = concat(text(form), ...chunks);
  return concat(text("RIFF"), u32le(content.length), content);
}

/** One pixel in WebP, extended, with EXIF, XMP and a profile. */
export function webpOf(): Bytes {
  const pixel = Uint8Array.from(atob("LwAAABAHEBERiIj+Bw=="), (character) => character.charCodeAt(0));
  return riffOf(
    "WEBP",
    riffChunk("VP8X", Uint8Array.of(0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    riffChunk("ICCP", text(`profile of ${MARK}`)),
    riffChunk("VP8L", pixel),
    riffChunk("EXIF", exifOf(6)),
    riffChunk("XMP ", utf8(XMP)),
    riffChunk("QURB", text(MARK)),
  );
}

/** A moment of silence in WAV. */
export function wavOf(): Bytes {
  return riffOf(
    "WAVE",
    riffChunk("fmt ", Uint8Array.of(1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0)),
    riffChunk("LIST", concat(text("INFO"), riffChunk("IART", text(`Speaker ${MARK}`)), riffChunk("ICRD", text("2016-05-12")))),
    riffChunk("data", new Uint8Array(100).fill(0x80)),
    riffChunk("id3 ", text(MARK)),
  );
}

export function boxOf(type: string, ...content: readonly Uint8Array[]): Bytes {
  const all = concat(...content);
  return concat(u32(all.length + 8), text(type), all);
}

const FULL = new Uint8Array(4);
/** 12 May 2016 in seconds from 1904. */
const MOMENT = 3_545_807_400;

/** A film without pictures, as telephones write it: place, maker and moments in the usual boxes. `track` is the kind of its one track. */
export function movieOf(track = "vide"): Bytes {
  const told = concat(u16(MARK.length), u16(0x15c7), text(MARK));
  const key = (name: string): Bytes => boxOf("mdta", text(name));
  const value = (index: number, content: string): Bytes => {
    const data = boxOf("data", u32(1), u32(0), text(content));
    return concat(u32(data.length + 8), u32(index), data);
  };
  return concat(
    boxOf("ftyp", text("qt  "), u32(0), text("qt  ")),
    boxOf(
      "moov",
      boxOf("mvhd", FULL, u32(MOMENT), u32(MOMENT), new Uint8Array(88)),
      boxOf(
        "trak",
        boxOf("tkhd", FULL, u32(MOMENT), u32(MOMENT), new Uint8Array(72)),
        boxOf(
          "mdia",
          boxOf("mdhd", Uint8Array.of(1, 0, 0, 0), u32(0), u32(MOMENT), u32(0), u32(MOMENT), new Uint8Array(16)),
          boxOf("hdlr", FULL, u32(0), text(track), new Uint8Array(12), text(`${MARK} Video\0`)),
        ),
        boxOf("udta", boxOf("\xa9nam", told)),
      ),
      boxOf("udta", boxOf("\xa9xyz", told), boxOf("\xa9mod", told), boxOf("XMP_", utf8(XMP)), FULL),
      boxOf(
        "meta",
        boxOf("hdlr", FULL, u32(0), text("mdta"), new Uint8Array(13)),
        boxOf(
          "keys",
          FULL,
          u32(3),
          key("com.apple.quicktime.location.ISO6709"),
          key("com.apple.quicktime.software"),
          key("com.apple.quicktime.creationdate"),
        ),
        boxOf("ilst", value(1, `+43${MARK}`), value(2, `${MARK} OS`), value(3, "2016-05-12T10:30:00+0800")),
      ),
      boxOf("uuid", text("\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"), utf8(XMP)),
    ),
    boxOf("mdat", text("pictures and sound")),
    boxOf("uuid", text("0123456789abcdef"), text(MARK)),
  );
}

/** A picture in HEIC: no pixels, but items with EXIF and XMP in their usual place. */
export function heicOf(): Bytes {
  const exif = concat(u32(6), text("Exif\0\0"), exifOf(6));
  const xmp = utf8(XMP);
  const ftyp = boxOf("ftyp", text("heic"), u32(0), text("mif1heic"));
  const item = (id: number, type: string, rest: Uint8Array): Bytes =>
    boxOf("infe", Uint8Array.of(2, 0, 0, 0), u16(id), u16(0), text(type), text("\0"), rest);
  const meta = (exifAt: number, xmpAt: number): Bytes =>
    boxOf(
      "meta",
      FULL,
      boxOf("hdlr", FULL, u32(0), text("pict"), new Uint8Array(13)),
      boxOf("pitm", FULL, u16(1)),
      boxOf(
        "iinf",
        FULL,
        u16(3),
        item(1, "hvc1", new Uint8Array(0)),
        item(2, "Exif", new Uint8Array(0)),
        item(3, "mime", text("application/rdf+xml\0")),
      ),
      boxOf(
        "iloc",
        FULL,
        Uint8Array.of(0x44, 0x00),
        u16(2),
        ...[u16(2), u16(0), u16(1), u32(exifAt), u32(exif.length)],
        ...[u16(3), u16(0), u16(1), u32(xmpAt), u32(xmp.length)],
      ),
    );
  const start = ftyp.length + meta(0, 0).length + 8;
  return concat(ftyp, meta(start, start + exif.length), boxOf("mdat", exif, xmp, text("pixels")));
}

/** A frame of silence in MP3 with labels before and behind it. */
export function mp3Of(): Bytes {
  const frame = (id: string, content: Uint8Array): Bytes => concat(text(id), u32(content.length), u16(0), content);
  const wide = Uint8Array.from(Buffer.from(`\ufeff录音 ${MARK}`, "utf16le"));
  const frames = concat(
    frame("TIT2", concat(Uint8Array.of(1), wide)),
    frame("TPE1", text(`\0Speaker ${MARK}`)),
    frame("TSSE", text(`\x03${MARK} Recorder`)),
    frame("PRIV", text(MARK)),
  );
  const label = concat(text("ID3\x03\0\0"), Uint8Array.of(0, 0, frames.length >> 7, frames.length & 0x7f), frames);
  const sound = concat(Uint8Array.of(0xff, 0xfb, 0x90, 0x64), new Uint8Array(413));
  const ape = concat(text(MARK), text("APETAGEX"), u32le(2000), u32le(MARK.length + 32), u32le(1), u32le(0), new Uint8Array(8));
  const old = new Uint8Array(128);
  old.set(text(`TAG${MARK}`));
  return concat(label, sound, ape, old);
}

/** A PDF that two programs wrote: names in both versions, in a stream of objects, in XMP and beside a remark. */
export function pdfOf(): Bytes {
  const inside = `12 0 << /Author (Packed ${MARK}) /Producer (Packer) >>`;
  const packed = deflateSync(inside);
  return concat(
    text("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Metadata 5 0 R >>\nendobj\n"),
    text(`2 0 obj\n<< /Author (First \\(${MARK}\\)) /Creator <FEFF674E> /CreationDate (D:20160512103000+08'00') >>\nendobj\n`),
    text(`3 0 obj\n<< /Type /Annot /Subtype /Highlight /Contents (see here) /T (Reader ${MARK}) >>\nendobj\n`),
    concat(
      text(`4 0 obj\n<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length ${String(packed.length)} >>\nstream\n`),
      packed,
      text("\nendstream\nendobj\n"),
    ),
    concat(text("5 0 obj\n<< /Type /Metadata /Subtype /XML >>\nstream\n"), utf8(XMP), text("\nendstream\nendobj\n")),
    text("trailer\n<< /Root 1 0 R /Info 2 0 R >>\nstartxref\n600\n%%EOF\n"),
    text(`2 0 obj\n<< /Author (Second ${MARK}) >>\nendobj\ntrailer\n<< /Prev 600 >>\nstartxref\n1200\n%%EOF\n`),
  );
}

/** An archive of these parts, with times and remarks. The type of an OpenDocument comes first and is not packed. */
export function zipOf(parts: Readonly<Record<string, string | Uint8Array>>): Bytes {
  const files: Zippable = {};
  for (const [name, content] of Object.entries(parts)) {
    files[name] = [typeof content === "string" ? strToU8(content) : content, { level: name === "mimetype" ? 0 : 6 }];
  }
  return Uint8Array.from(zipSync(files, { comment: MARK, mtime: "2016-05-12T10:30:00" }));
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const W =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const CP =
  'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"';

function relationships(...entries: readonly [type: string, target: string, external?: true][]): string {
  const rows = entries.map(
    ([type, target, external], index) =>
      `<Relationship Id="rId${String(index + 1)}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"${external === true ? ' TargetMode="External"' : ""}/>`,
  );
  return `${XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${rows.join("")}</Relationships>`;
}

/** The sentence that the document is about, in the words of {@link docxOf}. */
export const KEPT_TEXT = "The list of names &amp; dates is kept in room 4.";

/** A Word document: properties, remarks, recorded changes, people, a template, a picture with EXIF. `more` are further parts. */
export function docxOf(more: Readonly<Record<string, string | Uint8Array>> = {}): Bytes {
  return zipOf({
    "[Content_Types].xml": `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="jpeg" ContentType="image/jpeg"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/word/people.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.people+xml"/></Types>`,
    "_rels/.rels": relationships(
      ["officeDocument", "word/document.xml"],
      ["core-properties", "docProps/core.xml"],
      ["extended-properties", "docProps/app.xml"],
    ),
    "docProps/core.xml": `${XML}<cp:coreProperties ${CP}><dc:creator>Writer ${MARK}</dc:creator><cp:lastModifiedBy>Changer ${MARK}</cp:lastModifiedBy><cp:revision>17</cp:revision><dcterms:created>2016-05-12T02:30:00Z</dcterms:created></cp:coreProperties>`,
    "docProps/app.xml": `${XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>WPS Office</Application><Company>Hospital of ${MARK}</Company></Properties>`,
    "docProps/thumbnail.jpeg": jpegOf(),
    "word/document.xml": `${XML}<w:document ${W}><w:body><w:p w:rsidR="00A1" w:rsidRDefault="00A1"><w:r><w:t>${KEPT_TEXT}</w:t></w:r><w:drawing><wp:docPr xmlns:wp="urn:wp" id="1" descr="D:\\${MARK}\\scan.jpg"/></w:drawing><w:del w:id="1" w:author="Remover ${MARK}" w:date="2016-05-12T02:30:00Z"><w:r><w:delText>deleted words</w:delText></w:r></w:del><!-- remark of ${MARK} --></w:p></w:body></w:document>`,
    "word/comments.xml": `${XML}<w:comments ${W}><w:comment w:id="0" w:author="Critic ${MARK}" w:initials="${MARK}" w:date="2016-05-12T02:30:00Z"><w:p/></w:comment></w:comments>`,
    "word/people.xml": `${XML}<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"><w15:person w15:author="Critic ${MARK}"/></w15:people>`,
    "word/settings.xml": `${XML}<w:settings ${W}><w:attachedTemplate r:id="rId1"/><w:rsids><w:rsidRoot w:val="00A1"/></w:rsids><w:zoom w:percent="100"/></w:settings>`,
    "word/_rels/settings.xml.rels": relationships(["attachedTemplate", `file:///C:\\Users\\${MARK}\\Normal.dotm`, true]),
    "word/_rels/document.xml.rels": relationships(
      ["comments", "comments.xml"],
      ["people", "people.xml"],
      ["image", "media/image1.jpeg"],
      ["image", `file:///D:\\${MARK}\\scan.jpg`, true],
      ["customXml", "../customXml/item1.xml"],
      ["hyperlink", "https://example.org/", true],
    ),
    "word/media/image1.jpeg": jpegOf(),
    "customXml/item1.xml": `${XML}<p xmlns="urn:x">${MARK}</p>`,
    ...more,
  });
}

/** A workbook with a path, a printer, a hidden sheet and signed remarks. */
export function xlsxOf(): Bytes {
  const S =
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
  return zipOf({
    "[Content_Types].xml": `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" ContentType="application/octet-stream"/></Types>`,
    "_rels/.rels": relationships(["officeDocument", "xl/workbook.xml"]),
    "xl/workbook.xml": `${XML}<workbook ${S}><fileSharing userName="${MARK}"/><x15ac:absPath url="C:\\Users\\${MARK}\\" xmlns:x15ac="urn:x15ac"/><sheets><sheet name="Open" sheetId="1" r:id="rId1"/><sheet name="Secret" state="hidden" sheetId="2" r:id="rId2"/></sheets></workbook>`,
    "xl/worksheets/sheet1.xml": `${XML}<worksheet ${S}><sheetData><row r="1"><c r="A1"><v>42</v></c></row></sheetData><pageSetup orientation="portrait" r:id="rId1"/></worksheet>`,
    "xl/worksheets/_rels/sheet1.xml.rels": relationships(["printerSettings", "../printerSettings/printerSettings1.bin"]),
    "xl/printerSettings/printerSettings1.bin": text(`printer of ${MARK}`),
    "xl/comments1.xml": `${XML}<comments ${S}><authors><author>Clerk ${MARK}</author></authors><commentList><comment ref="A1" authorId="0"><text><t>look</t></text></comment></commentList></comments>`,
    "xl/persons/person.xml": `${XML}<personList xmlns="urn:tc"><person displayName="Clerk ${MARK}" id="{1}" userId="${MARK}@example.org" providerId="AD"/></personList>`,
    "xl/threadedComments/threadedComment1.xml": `${XML}<ThreadedComments xmlns="urn:tc"><threadedComment ref="A1" dT="2016-05-12T02:30:00.00" personId="{1}" id="{2}"><text>look</text></threadedComment></ThreadedComments>`,
  });
}

/** A text in OpenDocument with signed remarks, recorded changes, an earlier version and a picture with EXIF. */
export function odtOf(manifestExtra = ""): Bytes {
  const NS =
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0"';
  const parts: Record<string, string | Uint8Array> = {
    mimetype: "application/vnd.oasis.opendocument.text",
    "content.xml": `${XML}<office:document-content ${NS}><office:body><office:text><text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>Remover ${MARK}</dc:creator><dc:date>2016-05-12T10:30:00</dc:date></office:change-info></text:deletion></text:changed-region></text:tracked-changes><text:p>${KEPT_TEXT}<office:annotation><dc:creator>Critic ${MARK}</dc:creator><dc:date>2016-05-12T10:30:00</dc:date><meta:creator-initials>${MARK}</meta:creator-initials><text:p>look</text:p></office:annotation><text:a xlink:href="file:///home/${MARK}/notes.odt">notes</text:a></text:p></office:text></office:body></office:document-content>`,
    "meta.xml": `${XML}<office:document-meta ${NS}><office:meta><meta:initial-creator>Writer ${MARK}</meta:initial-creator><dc:creator>Changer ${MARK}</dc:creator><meta:editing-cycles>9</meta:editing-cycles><meta:generator>LibreOffice</meta:generator></office:meta></office:document-meta>`,
    "settings.xml": `${XML}<office:document-settings ${NS}><config:config-item config:name="PrinterName" config:type="string">Printer of ${MARK}</config:config-item></office:document-settings>`,
    "Versions/Version1": text(`older ${MARK}`),
    "Thumbnails/thumbnail.png": pngOf(),
    "Pictures/1.jpg": jpegOf(),
    "META-INF/manifest.xml": `${XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/"/><manifest:file-entry manifest:full-path="content.xml">${manifestExtra}</manifest:file-entry><manifest:file-entry manifest:full-path="meta.xml"/><manifest:file-entry manifest:full-path="Thumbnails/thumbnail.png"/></manifest:manifest>`,
  };
  return zipOf(parts);
}
