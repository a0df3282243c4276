/**
 * What a PDF (ISO 32000-2) gives away. The file is searched, not interpreted: also objects that a later version of the file replaced are still in it, and are
 * what the witness has to know of. Streams of objects are unpacked and searched too.
 *
 * PDF files are not cleaned. To take out what is not seen one has to write the whole file anew and reach everything that is drawn; programs that do so
 * miss things, and none that is small enough for this page is kept in order. A picture of each page is safer.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { fieldText, type Findings, type Trait } from "./findings.ts";
import { Allowance, unzlibbed } from "./inflate.ts";
import { latin1, Slices, Unreadable } from "./slices.ts";
import { readTiff } from "./tiff.ts";
import { readXmp } from "./xmp.ts";

/** Bytes searched from the beginning and from the end of a file. */
const MOST_EACH_END = 16_777_216;
const WINDOW = 1_048_576;
/** What is found may reach this far past the end of a window. */
const OVERLAP = 131_072;
const MOST_STREAMS = 512;
const LONGEST_STREAM = 4_194_304;
/** Bytes of all streams of objects, unpacked. */
const MOST_UNPACKED = 33_554_432;
const LONGEST_STRING = 1_024;
/** How far around a remark its author's name is looked for. */
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
};
const ENTRY = new RegExp(`/(${Object.keys(ENTRIES).join("|")})\\s{0,8}(?=[(<])`, "g");

/** What is named without words. */
const MARKS: readonly (readonly [RegExp, Trait])[] = [
  [/\/EmbeddedFiles?\b|\/JavaScript\b|\/RichMedia\b/, "embedded"],
  [/\/ByteRange\b/, "signature"],
  [/\/PieceInfo\b/, "hidden"],
  [/\/Thumb\b/, "preview"],
];
const REMARK = /\/Subtype\s{0,8}\/(?:Text|FreeText|Highlight|Underline|Squiggly|StrikeOut|Ink|Stamp|Caret|FileAttachment)\b/g;
const REMARK_AUTHOR = /\/T\s{0,8}(?=[(<])/g;
const OBJECT_STREAM = /\/Type\s{0,8}\/ObjStm\b/g;

/** Notes what the file holds. @throws {Unreadable} `locked` if it is encrypted. */
export async function readPdf(file: Blob, found: Findings): Promise<null> {
  const search = new Search(file, found);
  const near = Math.min(file.size, MOST_EACH_END);
  const far = Math.max(near, file.size - MOST_EACH_END);
  if (far > near) found.partly = true;
  for (let at = 0; at < near; at += WINDOW) await search.window(at, near);
  for (let at = far; at < file.size; at += WINDOW) await search.window(at, file.size);
  if (search.endings > 1) found.note("versions", String(search.endings));
  return null;
}

class Search {
  /** How often a version of the file ends: each program that adds to a file writes an ending of its own. */
  endings = 0;
  readonly #file: Blob;
  readonly #bytes: Slices;
  readonly #found: Findings;
  readonly #allowance = new Allowance(MOST_UNPACKED);
  #streams = 0;

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
    for (const { index, 1: offset } of text.matchAll(/startxref\s{1,4}(\d{1,12})/g))
      if (index < length && Number(offset) > 0) this.endings++;
    searchText(text, bytes, length, this.#found);
    for (let begin = text.indexOf("<x:xmpmeta"); begin >= 0 && begin < length; begin = text.indexOf("<x:xmpmeta", begin + 1)) {
      const close = text.indexOf("</x:xmpmeta>", begin);
      this.#found.note("hidden");
      readXmp(fieldText(bytes.subarray(begin, close < 0 ? begin + OVERLAP : close)), this.#found);
    }
    for (let begin = text.indexOf("Exif\0\0"); begin >= 0 && begin < length; begin = text.indexOf("Exif\0\0", begin + 1)) {
      await this.#exif(at + begin + 6);
    }
    for (const { index } of text.matchAll(OBJECT_STREAM)) if (index < length) await this.#objects(text, at, index);
  }

  /** EXIF of a picture in the file. */
  async #exif(at: number): Promise<void> {
    try {
      await readTiff(this.#file.slice(at, at + 65_536), this.#found, "picture");
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
  }

  /** A stream of objects: `<< … /ObjStm … /Length n … >> stream`, data, `endstream`. */
  async #objects(text: string, at: number, index: number): Promise<void> {
    const start = /stream\r?\n/g;
    start.lastIndex = index;
    const begin = start.exec(text) === null ? -1 : start.lastIndex;
    const dictionary = text.slice(Math.max(0, text.lastIndexOf("obj", index)), begin);
    if (begin < 0 || begin - index > AROUND || !dictionary.includes("/FlateDecode") || ++this.#streams > MOST_STREAMS) {
      this.#found.partly = true;
      return;
    }
    const raw = latin1(await this.#bytes.upTo(at + begin, LONGEST_STREAM));
    const close = raw.indexOf("endstream");
    const stated = Number(/\/Length\s{1,8}(\d{1,10})(?!\s{1,8}\d{1,5}\s{1,8}R)\b/.exec(dictionary)?.[1] ?? Number.NaN);
    const length = stated <= close ? stated : raw.slice(0, Math.max(0, close)).replace(/\r?\n$|\r$/, "").length;
    try {
      const packed = this.#file.slice(at + begin, at + begin + length);
      for await (const bytes of unzlibbed(packed, this.#allowance)) searchText(latin1(bytes), bytes, bytes.length, this.#found);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#found.partly = true;
    }
  }
}

function searchText(text: string, bytes: Bytes, length: number, found: Findings): void {
  for (const match of text.matchAll(ENTRY)) {
    const trait = ENTRIES[match[1] ?? ""];
    if (trait === undefined || match.index >= length) continue;
    const value = readString(bytes, match.index + match[0].length);
    found.noteText(trait, trait === "date" ? dateText(value) : value);
  }
  for (const [pattern, trait] of MARKS) if (pattern.test(text)) found.note(trait);
  for (const { index } of text.matchAll(REMARK)) {
    if (index >= length) continue;
    found.note("comments");
    noteRemark(text, bytes, index, found);
  }
}

/** The author of a remark: the title entry of the object around it. */
function noteRemark(text: string, bytes: Bytes, index: number, found: Findings): void {
  const from = Math.max(0, index - AROUND, text.lastIndexOf("endobj", index));
  const end = text.indexOf("endobj", index);
  const around = text.slice(from, end < 0 ? index + AROUND : Math.min(end, index + AROUND));
  for (const { index: at, 0: entry } of around.matchAll(REMARK_AUTHOR))
    found.noteText("person", readString(bytes, from + at + entry.length));
}

/** `D:20160512103000+08'00'` as `2016-05-12`. */
function dateText(value: string): string {
  return value.replace(/^D:(\d{4})(\d{2})?(\d{2})?.*$/, (_whole, year: string, month?: string, day?: string) =>
    [year, month, day].filter((part) => part !== undefined).join("-"),
  );
}

/** A string that begins at `at`: in parentheses, with escapes, or hexadecimal in angle brackets. UTF-16 or UTF-8 with a mark, else Latin. */
function readString(bytes: Bytes, at: number): string {
  const octets = bytes[at] === 0x28 ? literalOctets(bytes, at + 1) : hexOctets(bytes, at + 1);
  const [first, second] = octets;
  const string = Uint8Array.from(octets);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(string);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(string);
  return fieldText(string);
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12 };

function literalOctets(bytes: Bytes, from: number): number[] {
  const octets: number[] = [];
  let depth = 1;
  for (let at = from; at < bytes.length && octets.length < LONGEST_STRING; at++) {
    const octet = bytes[at] ?? 0;
    if (octet === 0x5c) {
      const octal = /^[0-7]{1,3}/.exec(latin1(bytes.subarray(at + 1, at + 4)))?.[0];
      const escaped = bytes[++at] ?? 0;
      if (octal !== undefined) {
        octets.push(Number.parseInt(octal, 8) & 0xff);
        at += octal.length - 1;
      } else if (escaped !== 10 && escaped !== 13) octets.push(ESCAPES[String.fromCharCode(escaped)] ?? escaped);
      continue;
    }
    if (octet === 0x28) depth++;
    if (octet === 0x29 && --depth === 0) break;
    octets.push(octet);
  }
  return octets;
}

function hexOctets(bytes: Bytes, from: number): number[] {
  const end = bytes.indexOf(0x3e, from);
  const digits = latin1(bytes.subarray(from, Math.min(end < 0 ? from : end, from + 2 * LONGEST_STRING))).replaceAll(/[^0-9A-Fa-f]/g, "");
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
