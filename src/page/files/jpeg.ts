/**
 * JPEG (ITU-T T.81; JFIF, EXIF, XMP, ICC, MPF as they are stored in it), and cleaning it without touching a pixel.
 *
 *     FF D8   then segments FF marker u16 length payload; after FF DA compressed data up to the next marker; FF D9
 *
 * A cleaned copy has the segments that decoding needs and nothing else: tables, frames, scans; a JFIF header without its preview; the first twelve octets
 * of Adobe's APP14, which tell how colours are coded; and, if the picture has to be turned, EXIF that says only how. Colour profiles go: they can name one
 * camera or one screen, and without them colours look a little different. What stands after the end goes too: further pictures, films, depth maps, or what
 * a program that cut the picture left behind.
 */
import { concat, type Bytes } from "../../protocol/bytes.ts";
import { Assembly } from "./assembly.ts";
import { fieldText, type Findings } from "./findings.ts";
import { ascii, has, Slices, uint, Unreadable } from "./slices.ts";
import { orientationOnly, readTiff } from "./tiff.ts";
import { readXmp } from "./xmp.ts";

const MOST_SEGMENTS = 65_536;
/** Segments of EXIF and of XMP that are read; pictures have one. */
const MOST_READ = 16;
/** Larger pictures are not searched for their end. */
const LARGEST = 536_870_912;

const EXIF = "Exif\0\0";
const XMP = "http://ns.adobe.com/xap/1.0/\0";

/** Markers that decoding needs: frames, tables, restart interval, lines, hierarchy. Not C8, which is reserved. */
function isNeeded(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) || (marker >= 0xda && marker <= 0xdf);
}

/** Notes what the picture holds; returns a cleaned copy. @throws {Unreadable} if it is no whole JPEG. */
export async function readJpeg(file: Blob, found: Findings): Promise<Blob> {
  if (file.size > LARGEST) throw new Unreadable("large");
  const bytes = new Slices(file);
  const copy = new Assembly(file);
  copy.keep(0, 2);
  let at = 2;
  let turned = false;
  let read = 0;
  for (let segments = 0; segments < MOST_SEGMENTS; segments++) {
    const { marker, start } = await markerAt(bytes, at);
    if (marker === 0xd9) {
      copy.keep(start, start + 2);
      if (start + 2 < file.size) found.note("hidden");
      return copy.toBlob();
    }
    const length = uint(await bytes.bytes(start + 2, 2), 0, 2);
    if (length < 2) throw new Unreadable("damaged");
    const end = start + 2 + length;
    const payload = await bytes.bytes(start + 4, length - 2);
    at = marker === 0xda ? await endOfScan(bytes, end) : end;
    if (isNeeded(marker)) copy.keep(start, at);
    else if (marker === 0xe0) copy.add(jfifOnly(payload, found));
    else if (marker === 0xee) copy.add(adobeOnly(payload));
    else if (marker === 0xe1 && ++read > MOST_READ) found.note("hidden");
    else if (marker === 0xe1 && has(payload, 0, EXIF)) {
      const orientation = await readExif(file.slice(start + 4 + EXIF.length, end), found);
      if (orientation > 1 && !turned) copy.add(segment(0xe1, concat(ascii(EXIF), orientationOnly(orientation))));
      turned = turned || orientation > 1;
    } else noteSegment(marker, payload, found);
  }
  throw new Unreadable("damaged");
}

/** The marker at `at`, past octets FF that fill. */
async function markerAt(bytes: Slices, at: number): Promise<{ marker: number; start: number }> {
  for (let fill = 0; fill < 65_536; fill++) {
    const two = await bytes.bytes(at + fill, 2);
    if (two[0] !== 0xff) break;
    if (two[1] !== 0xff) return { marker: two[1] ?? 0, start: at + fill };
  }
  throw new Unreadable("damaged");
}

/** Where compressed data ends: at the first marker that is neither an escaped FF nor a restart. */
async function endOfScan(bytes: Slices, from: number): Promise<number> {
  for (let at = from; ;) {
    const window = await bytes.from(at);
    const mark = window.indexOf(0xff);
    if (mark < 0) at += window.length;
    else {
      const after = (await bytes.bytes(at + mark, 2))[1] ?? 0;
      if (after === 0 || (after >= 0xd0 && after <= 0xd7)) at += mark + 2;
      else if (after === 0xff) at += mark + 1;
      else return at + mark;
    }
  }
}

function segment(marker: number, payload: Bytes): Bytes {
  const length = payload.length + 2;
  return concat(Uint8Array.of(0xff, marker, length >> 8, length & 0xff), payload);
}

const NOTHING = new Uint8Array(0);

function jfifOnly(payload: Uint8Array, found: Findings): Bytes {
  if (!has(payload, 0, "JFIF\0") || payload.length < 14) {
    found.note(has(payload, 0, "JFXX\0") ? "preview" : "hidden");
    return NOTHING;
  }
  if (payload.length > 14) found.note("preview");
  const head = Uint8Array.from(payload.subarray(0, 14));
  head.fill(0, 12);
  return segment(0xe0, head);
}

function adobeOnly(payload: Uint8Array): Bytes {
  return has(payload, 0, "Adobe") && payload.length >= 12 ? segment(0xee, Uint8Array.from(payload.subarray(0, 12))) : NOTHING;
}

/** EXIF that cannot be read is still there. */
async function readExif(exif: Blob, found: Findings): Promise<number> {
  try {
    return await readTiff(exif, found, "picture");
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    found.note("hidden");
    return 1;
  }
}

function noteSegment(marker: number, payload: Uint8Array, found: Findings): void {
  if (marker === 0xfe) found.note("title", fieldText(payload));
  else if (marker === 0xe1 && has(payload, 0, XMP)) readXmp(fieldText(payload.subarray(XMP.length)), found);
  else if (marker === 0xe2 && has(payload, 0, "ICC_PROFILE\0")) found.note("colour");
  else if (marker === 0xe2 && has(payload, 0, "MPF\0")) found.note("preview");
  else if (marker === 0xeb && has(payload, 0, "JP")) found.note("signature");
  else if (marker === 0xed && has(payload, 0, "Photoshop 3.0\0")) noteIptc(payload, found);
  else if (marker >= 0xe0 && marker <= 0xef) found.note("hidden");
  else throw new Unreadable("damaged");
}

/** IPTC-IIM: 1C 02, number of the field, u16 length, text. */
function noteIptc(payload: Uint8Array, found: Findings): void {
  found.note("hidden");
  for (let at = payload.indexOf(0x1c); at >= 0; at = payload.indexOf(0x1c, at + 1)) {
    if (payload[at + 1] !== 2 || at + 5 > payload.length) continue;
    const text = fieldText(payload.subarray(at + 5, at + 5 + Math.min(400, uint(payload, at + 3, 2))));
    const field = payload[at + 2];
    if (field === 80 || field === 122 || field === 110) found.noteText("person", text);
    if ((field === 90 || field === 92) && text !== "") found.note("place");
    if (field === 120 || field === 105) found.noteText("title", text);
  }
}
