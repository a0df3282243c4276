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
/** Of each thing that is looked for. */
const MOST_MATCHES = 1_024;
const LONGEST_STREAM = 4_194_304;
/** Bytes of all streams of objects, unpacked. */
const MOST_UNPACKED = 33_554_432;
const LONGEST_STRING = 1_024;
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
const ENDING = /startxref\s{1,4}(\d{1,12})/g;
const PACKET = /<x:xmpmeta/g;
const EXIF = /Exif\0\0/g;
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
    this.#objects(text, bytes, length);
    for (const { index } of this.#matches(PACKET, text, length)) {
      const close = text.indexOf("</x:xmpmeta>", index);
      this.#found.note("hidden");
      readXmp(fieldText(bytes.subarray(index, close < 0 ? index + OVERLAP : close)), this.#found);
    }
    for (const { index } of this.#matches(EXIF, text, length)) await this.#exif(at + index + 6);
    for (const { index } of this.#matches(OBJECT_STREAM, text, length)) await this.#stream(text, at, index);
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
  #objects(text: string, bytes: Bytes, length: number): void {
    for (const match of this.#matches(ENTRY, text, length)) {
      const trait = ENTRIES[match[1] ?? ""];
      if (trait === undefined) continue;
      const value = readString(bytes, match.index + match[0].length);
      this.#found.noteText(trait, trait === "date" ? dateText(value) : value);
    }
    for (const [pattern, trait] of MARKS) if (pattern.test(text)) this.#found.note(trait);
    for (const { index } of this.#matches(REMARK, text, length)) {
      this.#found.note("comments");
      const { from, around } = objectAround(text, index);
      for (const { index: at, 0: entry } of around.matchAll(REMARK_AUTHOR)) {
        this.#found.noteText("person", readString(bytes, from + at + entry.length));
      }
    }
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
  async #stream(text: string, at: number, index: number): Promise<void> {
    const start = /stream\r?\n/.exec(text.slice(index, index + AROUND));
    const begin = index + (start === null ? 0 : start.index + start[0].length);
    const dictionary = objectAround(text, index).around.split("stream", 1)[0] ?? "";
    const stated = /\/Length\s{1,8}(\d{1,9})(?!\d|\s{1,8}\d{1,5}\s{1,8}R)/.exec(dictionary)?.[1];
    const close = stated === undefined ? text.indexOf("endstream", begin) : begin + Number(stated);
    if (start === null || close < 0 || close - begin > LONGEST_STREAM || !dictionary.includes("/FlateDecode")) {
      this.#found.partly = true;
      return;
    }
    const end = stated === undefined ? close - (/\r?\n$|\r$/.exec(text.slice(close - 2, close))?.[0].length ?? 0) : close;
    try {
      const pieces = unzlibbed(this.#file.slice(at + begin, at + end), this.#allowance);
      for await (const bytes of pieces) this.#objects(latin1(bytes), bytes, bytes.length);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#found.partly = true;
    }
  }
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
  const near = bytes.subarray(from, from + 2 * LONGEST_STRING);
  const end = near.indexOf(0x3e);
  const digits = latin1(end < 0 ? near : near.subarray(0, end)).replaceAll(/[^0-9A-Fa-f]/g, "");
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
