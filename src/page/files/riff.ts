/**
 * RIFF: pictures in WebP (RFC 9649) and sound in WAV.
 *
 *     "RIFF" u32 length, "WEBP" or "WAVE", then chunks: type, u32 length, data, a zero if the length is odd. Little endian.
 *
 * A cleaned copy has the chunks with the picture or the sound and nothing else. The header of an extended WebP says what else there is, so it is written anew.
 */
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { Assembly } from "./assembly.ts";
import { fieldText, type Findings, type Trait } from "./findings.ts";
import { ascii, has, latin1, Slices, uint, Unreadable } from "./slices.ts";
import { orientationOnly, readTiff } from "./tiff.ts";
import { readXmp } from "./xmp.ts";

const MOST_CHUNKS = 65_536;
const LONGEST_TEXT = 1_048_576;

const KEPT = ["VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "fmt ", "fact", "data"];
/** Padding. */
const EMPTY = ["JUNK", "junk", "PAD ", "FLLR"];
/** As JPEG has it; some programs write it here too. */
const EXIF = "Exif\0\0";
/** Bits of a WebP header: colour profile, EXIF, XMP. */
const PROFILE_BIT = 0x20;
const EXIF_BIT = 0x08;
const XMP_BIT = 0x04;

/** Entries of a LIST of kind INFO. */
const INFO: Readonly<Record<string, Trait>> = {
  IART: "person",
  IENG: "person",
  ITCH: "person",
  ICOP: "person",
  ISFT: "program",
  ICRD: "date",
  INAM: "title",
  ICMT: "title",
  ISBJ: "title",
};

interface Chunk {
  readonly type: string;
  readonly at: number;
  readonly data: number;
  readonly length: number;
  /** After the data and its padding. */
  readonly end: number;
}

/** Notes what the file holds; returns a cleaned copy. @throws {Unreadable} if it is not whole. */
export async function readRiff(file: Blob, found: Findings): Promise<Blob> {
  const bytes = new Slices(file);
  const chunks = await readChunks(bytes, found);
  const copy = new Assembly(file);
  const rest: (Bytes | Chunk)[] = [];
  for (const chunk of chunks) {
    if (KEPT.includes(chunk.type)) rest.push(chunk);
    else if (chunk.type === "VP8X") rest.push(await withoutFlags(bytes, chunk));
    else if (chunk.type === "EXIF") rest.push(await turnedOnly(file.slice(chunk.data, chunk.data + chunk.length), found));
    else await noteChunk(bytes, chunk, found);
  }
  // The flag stands before the EXIF that it announces.
  const header = rest[0];
  const turned = rest.some((piece) => piece instanceof Uint8Array && piece !== header && piece.length > 0);
  if (header instanceof Uint8Array && turned) header[8] = (header[8] ?? 0) | EXIF_BIT;
  const length = rest.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.end - piece.at), 4);
  copy.add(concat(ascii("RIFF"), littleEndian(length)));
  copy.keep(8, 12);
  for (const piece of rest) {
    if (piece instanceof Uint8Array) copy.add(piece);
    else copy.keep(piece.at, piece.end);
  }
  return copy.toBlob();
}

async function readChunks(bytes: Slices, found: Findings): Promise<Chunk[]> {
  const head = await bytes.bytes(0, 12);
  const end = 8 + uint(head, 4, 4, "little");
  if (end > bytes.size) throw new Unreadable("damaged");
  if (end < bytes.size) found.note("hidden");
  const chunks: Chunk[] = [];
  for (let at = 12; at < end;) {
    if (chunks.length >= MOST_CHUNKS || at + 8 > end) throw new Unreadable("damaged");
    const type = latin1(await bytes.bytes(at, 4));
    const length = uint(await bytes.bytes(at + 4, 4), 0, 4, "little");
    // Some programs leave out the padding after the last chunk.
    const next = Math.min(end, at + 8 + length + (length % 2));
    if (at + 8 + length > end) throw new Unreadable("damaged");
    chunks.push({ type, at, data: at + 8, length, end: next });
    at = next;
  }
  return chunks;
}

function littleEndian(value: number): Bytes {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

async function withoutFlags(bytes: Slices, { at, end }: Chunk): Promise<Bytes> {
  const header = Uint8Array.from(await bytes.bytes(at, end - at));
  if (header.length !== 18) throw new Unreadable("damaged");
  header[8] = (header[8] ?? 0) & ~(PROFILE_BIT | EXIF_BIT | XMP_BIT);
  return header;
}

async function turnedOnly(exif: Blob, found: Findings): Promise<Bytes> {
  try {
    const prefix = has(await new Slices(exif).upTo(0, EXIF.length), 0, EXIF) ? EXIF.length : 0;
    const orientation = await readTiff(exif.slice(prefix), found, "picture");
    if (orientation === 1) return new Uint8Array(0);
    const tiff = orientationOnly(orientation);
    return concat(ascii("EXIF"), littleEndian(tiff.length), tiff);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    found.note("hidden");
    return new Uint8Array(0);
  }
}

async function noteChunk(bytes: Slices, { type, data, length }: Chunk, found: Findings): Promise<void> {
  if (EMPTY.includes(type)) return;
  const content = await bytes.upTo(data, Math.min(length, LONGEST_TEXT));
  if (type === "ICCP") found.note("colour");
  else if (type === "XMP " || type === "_PMX") {
    found.note("hidden");
    readXmp(fieldText(content), found);
  } else if (type === "LIST" && latin1(content.subarray(0, 4)) === "INFO") noteInfo(content, found);
  else if (type === "bext" && content.length >= 338) {
    found.noteText("title", fieldText(content.subarray(0, 256)));
    found.noteText("person", fieldText(content.subarray(256, 288)));
    found.noteText("serial", fieldText(content.subarray(288, 320)));
    found.noteText("date", fieldText(content.subarray(320, 330)));
    found.note("hidden");
  } else found.note("hidden");
}

function noteInfo(content: Uint8Array, found: Findings): void {
  for (let at = 4; at + 8 <= content.length;) {
    const length = uint(content, at + 4, 4, "little");
    const trait = INFO[latin1(content.subarray(at, at + 4))] ?? "hidden";
    found.note(trait, fieldText(content.subarray(at + 8, at + 8 + length)));
    at += 8 + length + (length % 2);
  }
}
