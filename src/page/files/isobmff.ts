/**
 * ISO base media files (ISO/IEC 14496-12) and QuickTime: films and sound in MP4, MOV, M4A and 3GP, pictures in HEIC and AVIF.
 *
 *     box   u32 length, type, content; length 1: u64 length follows; length 0: to the end of the file
 *
 * What is inside refers to itself by position, so nothing may move. A cleaned copy has the same length: boxes with traces become `free` boxes full of zeros,
 * moments become zero, and the EXIF of a picture becomes EXIF that says nothing. (How a HEIC picture is turned stands elsewhere.) Tracks of data beside
 * picture and sound, in which some cameras record place and movement, lie among the picture's bytes and are left; the copy's own findings say so.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { type Patch, patched } from "./assembly.ts";
import { fieldText, type Findings, type Trait } from "./findings.ts";
import { ascii, has, latin1, Slices, uint, Unreadable } from "./slices.ts";
import { readTiff } from "./tiff.ts";
import { readXmp } from "./xmp.ts";

const MOST_BOXES = 65_536;
const MOST_ITEMS = 4_096;
/** Items with EXIF or XMP; pictures have one or two. */
const MOST_READ = 64;
/** Of one item. */
const MOST_EXTENTS = 256;
/** Most bytes read of a text. */
const LONGEST_TEXT = 1_048_576;
/** Days from 1904, where these files begin to count seconds, to 1970. */
const EPOCH_DAYS = 24_107;

const XMP_UUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";

/** Boxes that only hold what is told about the film. */
const ABOUT = ["udta", "meta", "uuid", "mpvd", "sefd"];
/** Boxes that are walked into. */
const NESTED = ["moov", "trak", "mdia"];
const TIMED = ["mvhd", "tkhd", "mdhd"];
/** Kinds of tracks with data beside picture and sound. */
const DATA_TRACKS = ["meta", "camm", "gpmd", "mett"];

/** Entries of `udta` and `ilst`. */
const ENTRIES: Readonly<Record<string, Trait>> = {
  "\xa9xyz": "place",
  loci: "place",
  "GPS ": "place",
  GPMF: "track",
  "\xa9mak": "camera",
  "\xa9mod": "camera",
  "\xa9swr": "program",
  "\xa9too": "program",
  "\xa9enc": "program",
  "\xa9day": "date",
  "\xa9ART": "person",
  "\xa9aut": "person",
  "\xa9own": "person",
  "\xa9cpy": "person",
  aART: "person",
  auth: "person",
  cprt: "person",
  "\xa9nam": "title",
  "\xa9cmt": "title",
  "\xa9des": "title",
  titl: "title",
  dscp: "title",
  covr: "preview",
};

/** Names of QuickTime's keys. */
const KEYS: readonly (readonly [RegExp, Trait])[] = [
  [/location/i, "place"],
  [/make|model/i, "camera"],
  [/software|version|encoder/i, "program"],
  [/date/i, "date"],
  [/author|artist|director|owner|performer|copyright/i, "person"],
  [/title|comment|description/i, "title"],
  [/identifier/i, "ids"],
];

interface Box {
  readonly type: string;
  readonly at: number;
  /** Where the content begins. */
  readonly data: number;
  readonly end: number;
}

/** Walks through one file. */
class Walk {
  readonly file: Blob;
  readonly bytes: Slices;
  readonly found: Findings;
  readonly patches: Patch[] = [];
  #boxes = 0;

  constructor(file: Blob, found: Findings) {
    this.file = file;
    this.bytes = new Slices(file);
    this.found = found;
  }

  /** The boxes between two places. @throws {Unreadable} `damaged` if one does not fit. */
  async boxes(from: number, to: number): Promise<Box[]> {
    const boxes: Box[] = [];
    for (let at = from; at + 8 <= to;) {
      if (++this.#boxes > MOST_BOXES) throw new Unreadable("damaged");
      const head = await this.bytes.bytes(at, 8);
      const type = latin1(head.subarray(4));
      const short = uint(head, 0, 4);
      // Lists of QuickTime end with four zero octets.
      if (short === 0 && to !== this.bytes.size) break;
      const long = short === 1 ? await this.long(at + 8) : short;
      const data = at + (short === 1 ? 16 : 8) + (type === "uuid" ? 16 : 0);
      const end = short === 0 ? to : at + long;
      if (end > to || end < data) throw new Unreadable("damaged");
      boxes.push({ type, at, data, end });
      at = end;
    }
    return boxes;
  }

  async long(at: number): Promise<number> {
    const octets = await this.bytes.bytes(at, 8);
    return uint(octets, 0, 4) * 4_294_967_296 + uint(octets, 4, 4);
  }

  async text(from: number, to: number): Promise<string> {
    return from >= to ? "" : fieldText(await this.bytes.upTo(from, Math.min(LONGEST_TEXT, to - from)));
  }

  /** Makes a box one that players skip. */
  free({ at, data, end, type }: Box): void {
    const header = type === "uuid" ? data - 16 : data;
    this.patches.push({ from: at + 4, to: at + 8, bytes: ascii("free") }, { from: header, to: end, bytes: null });
  }
}

/** Notes what the file holds; returns a cleaned copy of the same length. @throws {Unreadable} if its boxes do not fit. */
export async function readIsobmff(file: Blob, found: Findings): Promise<Blob> {
  const walk = new Walk(file, found);
  for (const box of await walk.boxes(0, file.size)) {
    if (NESTED.includes(box.type)) await walkInto(walk, box, 0);
    else if (box.type === "meta") await readTopMeta(walk, box);
    else if (ABOUT.includes(box.type)) await readAbout(walk, box);
  }
  return patched(file, walk.patches);
}

async function walkInto(walk: Walk, parent: Box, depth: number): Promise<void> {
  for (const box of await walk.boxes(parent.data, parent.end)) {
    if (NESTED.includes(box.type) && depth < 4) await walkInto(walk, box, depth + 1);
    else if (ABOUT.includes(box.type)) await readAbout(walk, box);
    else if (TIMED.includes(box.type)) await readTimes(walk, box);
    else if (box.type === "hdlr") await readHandler(walk, box);
  }
}

/** Version, three octets of flags, then the moments of making and changing, in four or eight octets each. */
async function readTimes(walk: Walk, { data, end }: Box): Promise<void> {
  const version = (await walk.bytes.bytes(data, 1))[0];
  const width = version === 1 ? 8 : 4;
  const from = data + 4;
  const to = from + 2 * width;
  if (to > end) throw new Unreadable("damaged");
  const seconds = width === 8 ? await walk.long(from) : uint(await walk.bytes.bytes(from, 4), 0, 4);
  const octets = await walk.bytes.bytes(from, 2 * width);
  if (octets.every((octet) => octet === 0)) return;
  const day = Math.floor(seconds / 86_400) - EPOCH_DAYS;
  walk.found.note("date", day > 0 && day < 100_000 ? new Date(day * 86_400_000).toISOString().slice(0, 10) : "");
  walk.patches.push({ from, to, bytes: null });
}

/** The kind of a track stands at octet 8, from octet 24 on the name of the program's part that wrote it. */
async function readHandler(walk: Walk, { data, end }: Box): Promise<void> {
  if (data + 24 > end) throw new Unreadable("damaged");
  if (DATA_TRACKS.includes(latin1(await walk.bytes.bytes(data + 8, 4)))) walk.found.note("track");
  walk.patches.push({ from: data + 24, to: end, bytes: null });
}

/** A box that is told about the film, and goes. */
async function readAbout(walk: Walk, box: Box): Promise<void> {
  try {
    if (box.type === "udta") await noteEntries(walk, box);
    else if (box.type === "meta") await noteMeta(walk, box);
    else if (box.type === "uuid" && has(await walk.bytes.bytes(box.data - 16, 16), 0, XMP_UUID)) {
      walk.found.note("hidden");
      readXmp(await walk.text(box.data, box.end), walk.found);
    } else walk.found.note(box.type === "mpvd" ? "embedded" : "hidden");
  } catch (error) {
    // Makers put things of their own there. It goes, whatever it is.
    if (!(error instanceof Unreadable)) throw error;
    walk.found.note("hidden");
  }
  walk.free(box);
}

async function noteEntries(walk: Walk, parent: Box): Promise<void> {
  for (const box of await walk.boxes(parent.data, parent.end)) {
    if (box.type === "meta") await noteMeta(walk, box);
    else if (box.type === "XMP_") readXmp(await walk.text(box.data, box.end), walk.found);
    else if (box.type !== "free" && box.type !== "skip") {
      const trait = ENTRIES[box.type] ?? "hidden";
      walk.found.note(
        trait,
        trait === "place" || trait === "hidden" ? "" : await walk.text(box.data + (box.type.startsWith("\xa9") ? 4 : 6), box.end),
      );
    }
  }
}

/** QuickTime's `meta` has its boxes at once, that of ISO after four octets. */
async function metaBoxes(walk: Walk, { data, end }: Box): Promise<Box[]> {
  const head = await walk.bytes.upTo(data, Math.min(8, end - data));
  return walk.boxes(has(head, 4, "hdlr") ? data : Math.min(end, data + 4), end);
}

async function noteMeta(walk: Walk, meta: Box): Promise<void> {
  const boxes = await metaBoxes(walk, meta);
  const keyBox = boxes.find(({ type }) => type === "keys");
  const keys = keyBox === undefined ? [] : await readKeys(walk, keyBox);
  for (const list of boxes.filter(({ type }) => type === "ilst")) {
    for (const entry of await walk.boxes(list.data, list.end)) {
      const key = keys[uint(ascii(entry.type), 0, 4) - 1];
      const trait = key === undefined ? (ENTRIES[entry.type] ?? "hidden") : (KEYS.find(([name]) => name.test(key))?.[1] ?? "hidden");
      const [value] = trait === "place" || trait === "ids" || trait === "hidden" ? [] : await walk.boxes(entry.data, entry.end);
      walk.found.note(trait, value === undefined ? "" : await walk.text(value.data + 8, value.end));
    }
  }
}

async function readKeys(walk: Walk, { data, end }: Box): Promise<string[]> {
  const names: string[] = [];
  for (const key of await walk.boxes(data + 8, end)) names.push(await walk.text(key.data, key.end));
  return names;
}

interface Item {
  readonly kind: "exif" | "xmp";
  readonly extents: readonly { readonly from: number; readonly to: number }[];
}

/** The `meta` of a picture describes its items and stays; of a film it goes. */
async function readTopMeta(walk: Walk, meta: Box): Promise<void> {
  const boxes = await metaBoxes(walk, meta);
  const locations = boxes.find(({ type }) => type === "iloc");
  const information = boxes.find(({ type }) => type === "iinf");
  if (locations === undefined || information === undefined) {
    await readAbout(walk, meta);
    return;
  }
  const kinds = await readItemKinds(walk, information);
  const own = boxes.find(({ type }) => type === "idat");
  for (const item of await readLocations(walk, locations, kinds, own)) await readItem(walk, item);
}

/** Items with EXIF or XMP, by their numbers. */
async function readItemKinds(walk: Walk, { data, end }: Box): Promise<Map<number, Item["kind"]>> {
  const version = (await walk.bytes.bytes(data, 1))[0] ?? 0;
  const kinds = new Map<number, Item["kind"]>();
  for (const entry of await walk.boxes(data + (version === 0 ? 6 : 8), end)) {
    if (entry.type !== "infe") continue;
    const content = await walk.bytes.upTo(entry.data, Math.min(256, entry.end - entry.data));
    const wide = content[0] === 3;
    if ((content[0] !== 2 && !wide) || content.length < 12) continue;
    const number = uint(content, 4, wide ? 4 : 2);
    const type = latin1(content.subarray(wide ? 10 : 8, wide ? 14 : 12));
    if (type === "Exif") kinds.set(number, "exif");
    if (type === "mime" && latin1(content).includes("rdf+xml")) kinds.set(number, "xmp");
  }
  return kinds;
}

/** Where those items lie (ISO/IEC 14496-12 section 8.11.3). */
async function readLocations(
  walk: Walk,
  { data, end }: Box,
  kinds: ReadonlyMap<number, Item["kind"]>,
  own: Box | undefined,
): Promise<Item[]> {
  const table = await walk.bytes.bytes(data, end - data);
  let at = 0;
  const next = (octets: number): number => {
    if (at + octets > table.length) throw new Unreadable("damaged");
    const high = octets === 8 ? uint(table, at, 4) : 0;
    const low = octets === 0 ? 0 : uint(table, at + (octets === 8 ? 4 : 0), octets === 8 ? 4 : octets === 4 ? 4 : octets === 2 ? 2 : 1);
    at += octets;
    return high * 4_294_967_296 + low;
  };
  const version = next(4) >>> 24;
  const sizes = [next(1), next(1)].flatMap((both) => [both >> 4, both & 15]);
  const [offsetSize = 0, lengthSize = 0, baseSize = 0, lastSize = 0] = sizes;
  const indexSize = version === 0 ? 0 : lastSize;
  if (version > 2 || [offsetSize, lengthSize, baseSize, indexSize].some((size) => ![0, 4, 8].includes(size)))
    throw new Unreadable("damaged");
  const count = next(version < 2 ? 2 : 4);
  if (count > MOST_ITEMS) throw new Unreadable("large");
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const kind = kinds.get(next(version < 2 ? 2 : 4));
    const method = version === 0 ? 0 : next(2) & 15;
    const elsewhere = next(2) !== 0;
    const base = next(baseSize) + (method === 1 ? (own?.data ?? walk.bytes.size) : 0);
    const length = next(2);
    if (length > MOST_EXTENTS) throw new Unreadable("large");
    const extents = Array.from({ length }, () => {
      next(indexSize);
      const from = base + next(offsetSize);
      return { from, to: from + next(lengthSize) };
    });
    if (kind === undefined) continue;
    if (method > 1 || elsewhere || extents.some(({ from, to }) => to > walk.bytes.size || from > to)) throw new Unreadable("damaged");
    items.push({ kind, extents });
    if (items.length > MOST_READ) throw new Unreadable("large");
  }
  return items;
}

async function readItem(walk: Walk, { kind, extents }: Item): Promise<void> {
  const content = new Blob(extents.map(({ from, to }) => walk.file.slice(from, to)));
  if (content.size > LONGEST_TEXT * 8) throw new Unreadable("large");
  if (kind === "xmp") readXmp(fieldText(new Uint8Array(await content.slice(0, LONGEST_TEXT).arrayBuffer())), walk.found);
  else await readExif(walk, content);
  for (const [index, { from, to }] of extents.entries()) {
    walk.patches.push({ from, to, bytes: kind === "exif" && index === 0 && to - from >= EMPTY_EXIF.length ? emptyExif(to - from) : null });
  }
}

/** Offset to the TIFF header, then a TIFF file with an empty directory. */
const EMPTY_EXIF = Uint8Array.of(0, 0, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0);

function emptyExif(length: number): Bytes {
  const bytes = new Uint8Array(length);
  bytes.set(EMPTY_EXIF);
  return bytes;
}

async function readExif(walk: Walk, content: Blob): Promise<void> {
  try {
    const skip = uint(await new Slices(content).bytes(0, 4), 0, 4);
    await readTiff(content.slice(4 + skip), walk.found, "picture");
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    walk.found.note("hidden");
  }
}
