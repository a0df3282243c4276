/**
 * PNG (W3C PNG, third edition), and cleaning it without touching a pixel.
 *
 *     89 "PNG" 0D 0A 1A 0A   then chunks: u32 length, type, data, u32 checksum; the last is IEND
 *
 * A cleaned copy has the chunks a decoder needs, those that say what colours and transparency mean, and the frames of a moving picture. Texts, times,
 * EXIF, colour profiles, resolution and everything unknown go, and so does what stands after IEND, where some programs leave what was cut away.
 */
import { concat, type Bytes } from "../../protocol/bytes.ts";
import { Assembly } from "./assembly.ts";
import { fieldText, type Findings, type Trait } from "./findings.ts";
import { ascii, has, latin1, Slices, uint, Unreadable } from "./slices.ts";
import { orientationOnly, readTiff } from "./tiff.ts";
import { readXmp } from "./xmp.ts";

const MOST_CHUNKS = 262_144;
/** Most bytes read of a text. */
const LONGEST_TEXT = 1_048_576;

const KEPT = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "bKGD", "cICP", "acTL", "fcTL", "fdAT"];

const KEYWORDS: Readonly<Record<string, Trait>> = {
  Author: "author",
  Copyright: "person",
  Software: "program",
  "Creation Time": "date",
  Source: "camera",
  Title: "title",
  Description: "title",
  Comment: "title",
};

/** Notes what the picture holds; returns a cleaned copy. @throws {Unreadable} if it is no whole PNG. */
export async function readPng(file: Blob, found: Findings): Promise<Blob> {
  const bytes = new Slices(file);
  const copy = new Assembly(file);
  copy.keep(0, 8);
  let at = 8;
  for (let chunks = 0; chunks < MOST_CHUNKS; chunks++) {
    const head = await bytes.bytes(at, 8);
    const type = latin1(head.subarray(4));
    const data = at + 8;
    const end = data + uint(head, 0, 4) + 4;
    if (!/^[A-Za-z]{4}$/.test(type) || end > file.size || (chunks === 0) !== (type === "IHDR")) throw new Unreadable("damaged");
    if (KEPT.includes(type)) copy.keep(at, end);
    else if (type === "eXIf") copy.add(await turnedOnly(file.slice(data, end - 4), found));
    else noteChunk(type, await bytes.upTo(data, Math.min(LONGEST_TEXT, end - 4 - data)), found);
    at = end;
    if (type !== "IEND") continue;
    if (at < file.size) found.note("hidden");
    return copy.toBlob();
  }
  throw new Unreadable("large");
}

async function turnedOnly(exif: Blob, found: Findings): Promise<Bytes> {
  try {
    const orientation = await readTiff(exif, found, "picture");
    return orientation > 1 ? chunk("eXIf", orientationOnly(orientation)) : new Uint8Array(0);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    found.note("hidden");
    return new Uint8Array(0);
  }
}

function chunk(type: string, data: Bytes): Bytes {
  const checked = concat(ascii(type), data);
  const frame = new DataView(new ArrayBuffer(8));
  frame.setUint32(0, data.length);
  frame.setUint32(4, checksum(checked));
  return concat(new Uint8Array(frame.buffer, 0, 4), checked, new Uint8Array(frame.buffer, 4, 4));
}

/** CRC-32 as PNG has it, bit by bit: for a few octets only. */
function checksum(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ ((rest & 1) === 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}

function noteChunk(type: string, data: Uint8Array, found: Findings): void {
  if (type === "tIME" && data.length >= 7) {
    found.note("date", [uint(data, 0, 2), data[2], data[3]].map((part) => String(part ?? 0).padStart(2, "0")).join("-"));
  } else if (type === "tEXt" || type === "zTXt" || type === "iTXt") noteText(type, data, found);
  else if (type === "iCCP") found.note("colour");
  else if (type === "caBX") found.note("signature");
  else if (type !== "pHYs" && type !== "hIST" && type !== "sPLT") found.note("hidden");
}

/** Keyword, zero, then for tEXt the text; iTXt has flags, language and translated keyword before it. What is compressed is named only. */
function noteText(type: string, data: Uint8Array, found: Findings): void {
  const end = Math.max(0, data.indexOf(0));
  const keyword = latin1(data.subarray(0, Math.min(79, end)));
  const trait = KEYWORDS[keyword] ?? "hidden";
  if (type === "tEXt") {
    found.note(trait, fieldText(data.subarray(end + 1)));
    return;
  }
  const translated = data.indexOf(0, end + 3);
  const text = data.indexOf(0, translated + 1) + 1;
  if (type === "zTXt" || data[end + 1] !== 0 || translated < 0 || text === 0) found.note(trait);
  else if (keyword === "XML:com.adobe.xmp") {
    found.note("hidden");
    readXmp(fieldText(data.subarray(text)), found);
  } else found.note(trait, fieldText(data.subarray(text)));
}

/** Whether a file begins as PNG does. */
export function isPng(head: Uint8Array): boolean {
  return head[0] === 0x89 && has(head, 1, "PNG\r\n\x1a\n");
}
