/**
 * EXIF, which is a TIFF file (TIFF 6.0; tags of EXIF 2.32) inside pictures, and TIFF files themselves.
 *
 *     offset 0   "II" little or "MM" big endian, 42, u32 offset of the first directory
 *     directory  u16 count, count × (u16 tag, u16 type, u32 number of values, u32 value or its offset), u32 offset of the next directory
 *
 * TIFF files are not cleaned: their directories point to each other by position, and cameras' raw formats hide private ones.
 */
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { fieldText, type Findings, type Trait } from "./findings.ts";
import { has, Slices, uint, Unreadable } from "./slices.ts";
import { readXmp } from "./xmp.ts";

const MOST_DIRECTORIES = 64;
const MOST_ENTRIES = 1_024;
/** Most bytes read of one text. */
const LONGEST_TEXT = 4_096;
const LONGEST_XMP = 1_048_576;
const MOST_PACKETS = 4;
/** Octets of one value, by type. */
const WIDTHS = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

const CAMERA = { make: 0x010f, model: 0x0110, host: 0x013c };
const ORIENTATION = 0x0112;
const EXIF_DIRECTORY = 0x8769;
const GPS_DIRECTORY = 0x8825;
const XMP = 0x02bc;
const THUMBNAIL = 0x0201;

/** Tags of the main and the EXIF directory whose text is shown. */
const TEXTS: Readonly<Record<number, Trait>> = {
  0x010d: "title",
  0x010e: "title",
  0x0131: "program",
  0x0132: "date",
  0x013b: "person",
  0x8298: "person",
  0x9003: "date",
  0x9004: "date",
  0xa430: "person",
  0xa431: "serial",
  0xa435: "serial",
  0xc62f: "serial",
};
/** Texts of Windows, two octets a character. */
const WIDE_TEXTS: Readonly<Record<number, Trait>> = {
  0x9c9b: "title",
  0x9c9c: "title",
  0x9c9d: "person",
  0x9c9e: "title",
  0x9c9f: "title",
};
/** Tags that are named without showing what is in them. */
const MARKS: Readonly<Record<number, Trait>> = {
  0x83bb: "hidden",
  0x8649: "hidden",
  0x8773: "colour",
  0x927c: "maker",
  0x9286: "hidden",
  0xa420: "ids",
  0xc634: "maker",
  0xc65d: "ids",
};

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where the value's first octet lies. */
  readonly at: number;
  readonly length: number;
}

/**
 * Notes what the directories hold. `inside` says whether this is EXIF in a picture, whose second directory is a preview, or a TIFF file, where it is a page.
 * Returns how the picture is to be turned, 1 to 8, as EXIF counts.
 * @throws {Unreadable} if it is not TIFF.
 */
export async function readTiff(tiff: Blob, found: Findings, inside: "picture" | "file"): Promise<number> {
  const bytes = new Slices(tiff);
  const head = await bytes.bytes(0, 8);
  const order = has(head, 0, "II*\0") ? "little" : has(head, 0, "MM\0*") ? "big" : null;
  if (order === null) throw new Unreadable("damaged");
  let orientation = 1;
  let camera = "";
  let packets = 0;
  const queue: { at: number; kind: "main" | "exif" | "gps"; index: number }[] = [{ at: uint(head, 4, 4, order), kind: "main", index: 0 }];
  const seen = new Set<number>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { at, kind, index } = next;
    if (at === 0 || seen.has(at)) continue;
    if (seen.size >= MOST_DIRECTORIES) throw new Unreadable("damaged");
    seen.add(at);
    const { entries, following } = await readDirectory(bytes, at, order);
    if (kind === "main") queue.push({ at: following, kind, index: index + 1 });
    if (inside === "picture" && index > 0) {
      if (entries.some(({ tag }) => tag === THUMBNAIL)) found.note("preview");
      continue;
    }
    for (const entry of entries) {
      if (kind === "gps") await noteGps(bytes, entry, found);
      else if (entry.tag === EXIF_DIRECTORY) queue.push({ at: await integer(bytes, entry, order), kind: "exif", index: 0 });
      else if (entry.tag === GPS_DIRECTORY) queue.push({ at: await integer(bytes, entry, order), kind: "gps", index: 0 });
      else if (entry.tag === ORIENTATION) orientation = await integer(bytes, entry, order);
      else if (entry.tag === CAMERA.make) camera = await text(bytes, entry);
      else if (entry.tag === CAMERA.model) camera = `${camera} ${await text(bytes, entry)}`;
      else if (entry.tag === CAMERA.host) found.noteText("camera", await text(bytes, entry));
      else if (entry.tag === XMP && ++packets <= MOST_PACKETS) readXmp(fieldText(await value(bytes, entry, LONGEST_XMP)), found);
      else await noteTag(bytes, entry, found);
    }
  }
  found.noteText("camera", camera);
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

async function readDirectory(bytes: Slices, at: number, order: "big" | "little"): Promise<{ entries: Entry[]; following: number }> {
  const count = uint(await bytes.bytes(at, 2), 0, 2, order);
  if (count > MOST_ENTRIES) throw new Unreadable("damaged");
  const directory = await bytes.upTo(at + 2, count * 12 + 4);
  const entries: Entry[] = [];
  for (let index = 0; index < count && index * 12 + 12 <= directory.length; index++) {
    const entry = index * 12;
    const type = uint(directory, entry + 2, 2, order);
    const number = uint(directory, entry + 4, 4, order);
    const length = number * (WIDTHS[type] ?? 0);
    const offset = length <= 4 ? at + 2 + entry + 8 : uint(directory, entry + 8, 4, order);
    if (length > 0) entries.push({ tag: uint(directory, entry, 2, order), type, count: number, at: offset, length });
  }
  // Some cameras leave out the offset of the next directory.
  return { entries, following: directory.length === count * 12 + 4 ? uint(directory, count * 12, 4, order) : 0 };
}

/** The value's octets, at most `most`, and only those that are there: a text that points outside is no reason to see nothing. */
async function value(bytes: Slices, { at, length }: Entry, most: number): Promise<Bytes> {
  return asBytes(await bytes.upTo(at, Math.min(length, most)));
}

async function text(bytes: Slices, entry: Entry): Promise<string> {
  return fieldText(await value(bytes, entry, LONGEST_TEXT));
}

async function integer(bytes: Slices, entry: Entry, order: "big" | "little"): Promise<number> {
  const octets = await value(bytes, entry, 4);
  if (entry.type === 3 && octets.length >= 2) return uint(octets, 0, 2, order);
  return entry.type === 4 && octets.length === 4 ? uint(octets, 0, 4, order) : 0;
}

/** EXIF has colons in dates too. */
function dateText(value: string): string {
  return value.replace(/^(\d{4}):(\d{2}):/, "$1-$2-");
}

async function noteTag(bytes: Slices, entry: Entry, found: Findings): Promise<void> {
  const shown = TEXTS[entry.tag];
  const wide = WIDE_TEXTS[entry.tag];
  const mark = MARKS[entry.tag];
  if (shown !== undefined) found.noteText(shown, shown === "date" ? dateText(await text(bytes, entry)) : await text(bytes, entry));
  if (wide !== undefined) found.noteText(wide, new TextDecoder("utf-16le").decode(await value(bytes, entry, LONGEST_TEXT)));
  if (mark !== undefined) found.note(mark);
}

/** Latitude, longitude, their references, and the names of places and methods. */
async function noteGps(bytes: Slices, entry: Entry, found: Findings): Promise<void> {
  if (entry.tag === 0x001d) found.noteText("date", dateText(await text(bytes, entry)));
  else if (entry.tag !== 0) found.note("place");
}

/** EXIF that says nothing but how the picture is to be turned: 26 octets. */
export function orientationOnly(orientation: number): Bytes {
  return Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0);
}
