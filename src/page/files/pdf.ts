/**
 * What a PDF (ISO 32000-2) gives away. The file is searched, not interpreted: also objects that a later version of the file replaced are still in it, and are
 * what the witness has to know of. Streams of objects and of metadata are unpacked and searched too.
 *
 * A cleaned copy has the same length and the same structure: what was found is overwritten where it stands, with spaces; numbers of the file with zeros; EXIF of
 * pictures with zeros; a stream that was unpacked is packed anew to its old length. So nothing that is drawn can be lost, and nothing has to be understood but the
 * place itself. Pictures of JPEG lose what they would lose by themselves, and are filled up before their end. The alternative, writing the whole file anew, needs a library larger than this page. What cannot be overwritten (earlier versions, files inside, remarks
 * themselves, signatures) stays, and the copy's own findings say so.
 */
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { type Patch, patched } from "./assembly.ts";
import { fieldText, Findings, type Trait } from "./findings.ts";
import { Allowance, unzlibbed } from "./inflate.ts";
import { readJpeg } from "./jpeg.ts";
import { readString } from "./pdf-string.ts";
import { latin1, Slices, Unreadable } from "./slices.ts";
import { readTiff } from "./tiff.ts";
import { readXmp } from "./xmp.ts";
import { zlibbedTo } from "./zlib-fit.ts";

/** Bytes searched from the beginning and from the end of a file. */
const MOST_EACH_END = 16_777_216;
const WINDOW = 1_048_576;
/** What is found may reach this far past the end of a window. */
const OVERLAP = 131_072;
/** Of each thing that is looked for. */
const MOST_MATCHES = 1_024;
const LONGEST_STREAM = 4_194_304;
/** Bytes of all streams of objects, unpacked. */
const MOST_UNPACKED = 33_554_432;
/** How far around a name of an object's kind the rest of the object is looked for. */
const AROUND = 4_096;

const ENTRIES: Readonly<Record<string, Trait>> = {
  Author: "author",
  Creator: "program",
  Producer: "program",
  CreationDate: "date",
  ModDate: "date",
  Title: "title",
  Subject: "title",
  Keywords: "title",
  Company: "company",
  Manager: "person",
  SourceModified: "date",
  LastModified: "date",
  "PTEX.Fullbanner": "program",
  "PTEX.FileName": "path",
};
const ENTRY = new RegExp(`/(${Object.keys(ENTRIES).join("|").replaceAll(".", "\\.")})\\s{0,8}(?=[(<])`, "g");

/** What is named without words. */
const MARKS: readonly (readonly [RegExp, Trait])[] = [
  [/\/EmbeddedFiles?\b|\/JavaScript\b|\/RichMedia\b/, "embedded"],
  [/\/ByteRange\b/, "signature"],
  [/\/PieceInfo\b/, "hidden"],
  [/\/Thumb\b/, "preview"],
];
const REMARK = /\/Subtype\s{0,8}\/(?:Text|FreeText|Highlight|Underline|Squiggly|StrikeOut|Ink|Stamp|Caret|FileAttachment)\b/g;
/** Of a remark: who, and when. */
const REMARK_ENTRY = /\/(T|M)\s{0,8}(?=[(<])/g;
/** A title with one of these beside it is that of a chapter, which readers see. */
const CHAPTER = /\/(?:Parent|Prev|Next|Dest|A)\b/;
/** Two numbers made of time, place and size of the file: they tell that two copies are one. */
const NUMBERS = /\/ID\s{0,8}\[\s{0,8}<([0-9A-Fa-f]{0,256})>\s{0,8}<([0-9A-Fa-f]{0,256})>/g;
const ENDING = /startxref\s{1,4}(\d{1,12})/g;
const PACKET = /<x:xmpmeta/g;
const EXIF = /Exif\0\0/g;
const PACKET_END = "</x:xmpmeta>";
const OBJECT_STREAM = /\/Type\s{0,8}\/ObjStm\b/g;
const METADATA_STREAM = /\/Subtype\s{0,8}\/XML\b/g;
const PICTURE = /\/Filter\s{0,8}\[?\s{0,8}\/DCTDecode\b/g;
/** The last octets of a JPEG; any number of 255 may stand before them. */
const END_OF_PICTURE = 2;
/** Octets of the marker and the length before the word of an EXIF segment of a JPEG. */
const BEFORE_EXIF = 4;

/** Takes note of what shall be overwritten. */
type Overwrite = (from: number, bytes: Bytes) => void;

/** Notes what the file holds; returns a copy without what can be overwritten, `null` if nothing can. @throws {Unreadable} `locked` if it is encrypted. */
export async function readPdf(file: Blob, found: Findings): Promise<Blob | null> {
  const search = new Search(file, found);
  const near = Math.min(file.size, MOST_EACH_END);
  const far = Math.max(near, file.size - MOST_EACH_END);
  if (far > near) found.partly = true;
  for (let at = 0; at < near; at += WINDOW) await search.window(at, near);
  for (let at = far; at < file.size; at += WINDOW) await search.window(at, file.size);
  if (search.endings > 1) found.note("versions", String(search.endings));
  return search.patches.length === 0 ? null : patched(file, apart(search.patches));
}

/** Those that do not reach into one before. What is left out is still there when the copy is searched, and is said then. */
function apart(patches: readonly Patch[]): Patch[] {
  let end = 0;
  return patches
    .toSorted((a, b) => a.from - b.from)
    .filter(({ from, to }) => {
      if (from < end) return false;
      end = to;
      return true;
    });
}

function spaces(length: number): Bytes {
  return new Uint8Array(length).fill(0x20);
}

class Search {
  /** How often a version of the file ends: each program that adds to a file writes an ending of its own. */
  endings = 0;
  readonly patches: Patch[] = [];
  readonly #file: Blob;
  readonly #bytes: Slices;
  readonly #found: Findings;
  readonly #allowance = new Allowance(MOST_UNPACKED);
  readonly #counts = new Map<RegExp, number>();

  constructor(file: Blob, found: Findings) {
    this.#file = file;
    this.#bytes = new Slices(file);
    this.#found = found;
  }

  /** Searches for what begins in the window at `at`, which lies before `end`. */
  async window(at: number, end: number): Promise<void> {
    const bytes = await this.#bytes.upTo(at, WINDOW + OVERLAP);
    const length = Math.min(WINDOW, end - at);
    const text = latin1(bytes);
    if (/\/Encrypt\s{1,8}\d{1,10}\s{1,8}\d{1,5}\s{1,8}R\b/.test(text)) throw new Unreadable("locked");
    // The first of the two endings of a file made for the web points nowhere.
    for (const { 1: offset } of this.#matches(ENDING, text, length)) if (Number(offset) > 0) this.endings++;
    const overwrite: Overwrite = (from, instead) => {
      this.#overwrite(at + from, instead);
    };
    this.#objects(text, bytes, length, overwrite);
    for (const { index, 0: entry, 1: first = "", 2: second = "" } of this.#matches(NUMBERS, text, length)) {
      if (!/[^0]/.test(first + second)) continue;
      this.#found.note("ids");
      overwrite(
        index,
        Uint8Array.from(
          entry.replaceAll(/<[^>]*/g, (digits) => `<${"0".repeat(digits.length - 1)}`),
          (character) => character.charCodeAt(0),
        ),
      );
    }
    for (const { index } of this.#matches(PACKET, text, length)) this.#packet(bytes, text, index, overwrite);
    for (const { index } of this.#matches(EXIF, text, length)) await this.#exif(bytes, at, index);
    for (const { index } of this.#matches(PICTURE, text, length)) await this.#picture(text, at, index);
    for (const { index } of this.#matches(OBJECT_STREAM, text, length)) {
      await this.#stream(text, at, index, (inside, change) => {
        this.#objects(latin1(inside), inside, inside.length, change);
      });
    }
    for (const { index } of this.#matches(METADATA_STREAM, text, length)) {
      await this.#stream(text, at, index, (inside, change) => {
        const packet = latin1(inside);
        const start = packet.search(PACKET);
        if (start >= 0) this.#packet(inside, packet, start, change);
      });
    }
  }

  #overwrite(from: number, bytes: Bytes): void {
    this.patches.push({ from, to: from + bytes.length, bytes });
  }

  /** Matches that begin in the window, of each pattern at most {@link MOST_MATCHES} in the whole file: what is searched may be made of nothing else. */
  *#matches(pattern: RegExp, text: string, length: number): Generator<RegExpExecArray, void, undefined> {
    for (const match of text.matchAll(pattern)) {
      if (match.index >= length) return;
      const count = (this.#counts.get(pattern) ?? 0) + 1;
      this.#counts.set(pattern, count);
      if (count > MOST_MATCHES) {
        this.#found.partly = true;
        return;
      }
      yield match;
    }
  }

  /** Entries of objects, and remarks. */
  #objects(text: string, bytes: Bytes, length: number, overwrite: Overwrite): void {
    for (const { index, 0: entry, 1: name = "" } of this.#matches(ENTRY, text, length)) {
      const trait = ENTRIES[name];
      if (trait === undefined || (name === "Title" && CHAPTER.test(dictionaryAround(text, index)))) continue;
      this.#entry(trait, bytes, index + entry.length, overwrite);
    }
    for (const [pattern, trait] of MARKS) if (pattern.test(text)) this.#found.note(trait);
    for (const { index } of this.#matches(REMARK, text, length)) {
      this.#found.note("comments");
      const { from, around } = objectAround(text, index);
      for (const { index: at, 0: entry, 1: name } of around.matchAll(REMARK_ENTRY)) {
        this.#entry(name === "T" ? "person" : "date", bytes, from + at + entry.length, overwrite);
      }
    }
  }

  /** The string at `at`. */
  #entry(trait: Trait, bytes: Bytes, at: number, overwrite: Overwrite): void {
    const { text, from, to } = readString(bytes, at);
    this.#found.noteText(trait, trait === "date" ? dateText(text) : text);
    if (to !== null && to > from && text.trim() !== "") overwrite(from, spaces(to - from));
  }

  #packet(bytes: Bytes, text: string, index: number, overwrite: Overwrite): void {
    const close = text.indexOf(PACKET_END, index);
    this.#found.note("hidden");
    readXmp(fieldText(bytes.subarray(index, close < 0 ? index + OVERLAP : close)), this.#found);
    if (close >= 0) overwrite(index, spaces(close + PACKET_END.length - index));
  }

  /** EXIF of a picture in the file: a segment of JPEG, `FF E1`, its length with these two octets, and the word at `index` of `bytes`, which begin at `at`. */
  async #exif(bytes: Bytes, at: number, index: number): Promise<void> {
    const begin = at + index + 6;
    try {
      await readTiff(this.#file.slice(begin, begin + 65_536), this.#found, "picture");
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
    const [marker, segment, high = 0, low = 0] = bytes.subarray(Math.max(0, index - BEFORE_EXIF), index);
    const length = high * 256 + low - 2;
    if (index < BEFORE_EXIF || marker !== 0xff || segment !== 0xe1 || length < 6 || at + index + length > this.#file.size) return;
    this.#overwrite(at + index, new Uint8Array(length));
  }

  /** A picture that is a file of JPEG as it stands. */
  async #picture(text: string, at: number, index: number): Promise<void> {
    const { begin, end } = streamAt(text, index) ?? { begin: 0, end: 0 };
    const picture = this.#file.slice(at + begin, at + end);
    const inside = new Findings();
    try {
      const copy = await readJpeg(picture, inside);
      if (inside.list().length > 0 && copy.size <= picture.size)
        this.patches.push({ from: at + begin, to: at + end, bytes: filledUp(copy, picture.size) });
    } catch (error) {
      // Broken, or not whole: then EXIF is searched for, and that is all.
      if (!(error instanceof Unreadable)) throw error;
    }
    this.#found.include(inside);
  }

  /** A stream of objects or metadata, which `look` looks at. */
  async #stream(text: string, at: number, index: number, look: (inside: Bytes, change: Overwrite) => void): Promise<void> {
    const { dictionary, begin, end } = streamAt(text, index) ?? { dictionary: "/Filter", begin: 0, end: 0 };
    // What is not packed lies open, and was searched with everything else.
    if (!dictionary.includes("/Filter")) return;
    if (end === begin || end - begin > LONGEST_STREAM || !dictionary.includes("/FlateDecode")) {
      this.#found.partly = true;
      return;
    }
    try {
      const pieces: Bytes[] = [];
      for await (const piece of unzlibbed(this.#file.slice(at + begin, at + end), this.#allowance)) pieces.push(piece);
      const inside = concat(...pieces);
      const changed = Uint8Array.from(inside);
      let changes = 0;
      look(inside, (from, instead) => {
        changed.set(instead, from);
        changes++;
      });
      // With parameters the octets are not what was packed, but differences of them.
      const packed = changes === 0 || dictionary.includes("/DecodeParms") ? null : await zlibbedTo(end - begin, changed);
      if (packed !== null) this.#overwrite(at + begin, packed);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#found.partly = true;
    }
  }
}

/** A picture of JPEG made as long as `size`, which is not less than it has. */
function filledUp(picture: Blob, size: number): Blob {
  const end = picture.size - END_OF_PICTURE;
  return new Blob([picture.slice(0, end), new Uint8Array(size - picture.size).fill(0xff), picture.slice(end)]);
}

/** The stream of the object around a place: `<< … /Length n … >> stream`, data, `endstream`. `null` if its end cannot be told. */
function streamAt(text: string, index: number): { dictionary: string; begin: number; end: number } | null {
  const start = /stream\r?\n/.exec(text.slice(index, index + AROUND));
  if (start === null) return null;
  const begin = index + start.index + start[0].length;
  const dictionary = objectAround(text, index).around.split("stream", 1)[0] ?? "";
  const stated = /\/Length\s{1,8}(\d{1,9})(?!\d|\s{1,8}\d{1,5}\s{1,8}R)/.exec(dictionary)?.[1];
  if (stated !== undefined) return { dictionary, begin, end: begin + Number(stated) };
  const close = text.indexOf("endstream", begin);
  if (close < 0) return null;
  return { dictionary, begin, end: close - (/\r?\n$|\r$/.exec(text.slice(close - 2, close))?.[0].length ?? 0) };
}

/** The text of the dictionary around a place, as far as it can be told without reading it. */
function dictionaryAround(text: string, index: number): string {
  const start = text.slice(Math.max(0, index - AROUND), index).lastIndexOf("<<");
  const end = text.slice(index, index + AROUND).indexOf(">>");
  return text.slice(start < 0 ? index : Math.max(0, index - AROUND) + start, end < 0 ? index + AROUND : index + end);
}

/** The text of the object around a place, and where it begins. */
function objectAround(text: string, index: number): { from: number; around: string } {
  const start = Math.max(0, index - AROUND);
  const before = text.slice(start, index).lastIndexOf("endobj");
  const from = before < 0 ? start : start + before + "endobj".length;
  const [around = ""] = text.slice(from, index + AROUND).split("endobj", 1);
  return { from, around };
}

/** `D:20160512103000+08'00'` as `2016-05-12`. */
function dateText(value: string): string {
  return value.replace(/^D:(\d{4})(\d{2})?(\d{2})?.*$/, (_whole, year: string, month?: string, day?: string) =>
    [year, month, day].filter((part) => part !== undefined).join("-"),
  );
}
