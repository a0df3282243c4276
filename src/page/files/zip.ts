/**
 * ZIP (APPNOTE.TXT 6.3), as office documents use it: stored or deflated entries, no volumes, no encryption, nothing above 4 GiB.
 *
 * The directory at the end is what counts, and each entry must be where it says, without overlap, under the same name. What is written is a new archive: entries
 * that are kept are ranges of the original as they are packed there; times are 1980-01-01, extra fields and remarks are gone.
 */
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { Slices, uint, Unreadable } from "./slices.ts";

const MOST_ENTRIES = 16_384;
const MOST_DIRECTORY = 8_388_608;
const LONGEST_REMARK = 65_535;
const END_LENGTH = 22;
const LOCAL_LENGTH = 30;
const CENTRAL_LENGTH = 46;
const UTF8_NAMES = 0x0800;
const ENCRYPTED = 0x2041;
/** 1980-01-01: the zero of these dates. */
const DATE = 0x0021;

/** One file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly packed: Blob;
  readonly method: "stored" | "deflated";
  readonly crc: number;
  /** Unpacked. */
  readonly size: number;
}

/** The entries in the order in which they lie in the file. @throws {Unreadable} `damaged`, `locked` or `large`. */
export async function readZip(file: Blob): Promise<readonly ZipEntry[]> {
  const bytes = new Slices(file);
  const { count, length, at } = await findEnd(bytes);
  if (count > MOST_ENTRIES || length > MOST_DIRECTORY) throw new Unreadable("large");
  const directory = Uint8Array.from(await bytes.bytes(at, length));
  const listed: { entry: Omit<ZipEntry, "packed">; name: Bytes; local: number; length: number }[] = [];
  let next = 0;
  for (let index = 0; index < count; index++) {
    const head = directory.subarray(next, next + CENTRAL_LENGTH);
    if (head.length < CENTRAL_LENGTH || uint(head, 0, 4) !== 0x504b0102) throw new Unreadable("damaged");
    const nameLength = uint(head, 28, 2, "little");
    const name = directory.slice(next + CENTRAL_LENGTH, next + CENTRAL_LENGTH + nameLength);
    next += CENTRAL_LENGTH + nameLength + uint(head, 30, 2, "little") + uint(head, 32, 2, "little");
    if (next > directory.length) throw new Unreadable("damaged");
    listed.push({ entry: entryOf(head, name), name, local: uint(head, 42, 4, "little"), length: uint(head, 20, 4, "little") });
  }
  const entries: ZipEntry[] = [];
  let free = 0;
  for (const { entry, name, local, length: packed } of listed.toSorted((a, b) => a.local - b.local)) {
    const head = await bytes.bytes(local, LOCAL_LENGTH);
    const start = local + LOCAL_LENGTH + uint(head, 26, 2, "little") + uint(head, 28, 2, "little");
    const own = await bytes.bytes(local + LOCAL_LENGTH, name.length);
    const same = uint(head, 26, 2, "little") === name.length && own.every((octet, index) => octet === name[index]);
    if (uint(head, 0, 4) !== 0x504b0304 || !same || local < free || start + packed > at) throw new Unreadable("damaged");
    free = start + packed;
    entries.push({ ...entry, packed: file.slice(start, free) });
  }
  if (new Set(entries.map(({ name }) => name.toLowerCase())).size !== entries.length) throw new Unreadable("damaged");
  return entries;
}

async function findEnd(bytes: Slices): Promise<{ count: number; length: number; at: number }> {
  const start = Math.max(0, bytes.size - END_LENGTH - LONGEST_REMARK);
  const tail = await bytes.bytes(start, bytes.size - start);
  for (let at = tail.length - END_LENGTH; at >= 0; at--) {
    if (uint(tail, at, 4) !== 0x504b0506 || at + END_LENGTH + uint(tail, at + 20, 2, "little") !== tail.length) continue;
    const end = tail.subarray(at, at + END_LENGTH);
    const count = uint(end, 10, 2, "little");
    const length = uint(end, 12, 4, "little");
    const offset = uint(end, 16, 4, "little");
    if (uint(end, 4, 4) !== 0 || uint(end, 8, 2, "little") !== count || offset + length > start + at) throw new Unreadable("damaged");
    return { count, length, at: offset };
  }
  throw new Unreadable("damaged");
}

function entryOf(head: Uint8Array, name: Uint8Array): Omit<ZipEntry, "packed"> {
  const flags = uint(head, 8, 2, "little");
  const method = uint(head, 10, 2, "little");
  if ((flags & ENCRYPTED) !== 0) throw new Unreadable("locked");
  if (method !== 0 && method !== 8) throw new Unreadable("damaged");
  return {
    name: nameOf(name),
    method: method === 0 ? "stored" : "deflated",
    crc: uint(head, 16, 4, "little"),
    size: uint(head, 24, 4, "little"),
  };
}

/** Names inside documents are UTF-8, mostly ASCII, with slashes. @throws {Unreadable} `damaged` on any other. */
function nameOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unreadable("damaged");
  }
}

/** The archive of these entries. */
export function formatZip(entries: readonly ZipEntry[], type: string): Blob {
  const parts: (Blob | Bytes)[] = [];
  const directory: Bytes[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    // What local and central header have in common: version, flags, method, time, date, checksum, lengths.
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true);
    common.setUint16(2, UTF8_NAMES, true);
    common.setUint16(4, entry.method === "stored" ? 0 : 8, true);
    common.setUint16(8, DATE, true);
    common.setUint32(10, entry.crc, true);
    common.setUint32(14, entry.packed.size, true);
    common.setUint32(18, entry.size, true);
    common.setUint16(22, name.length, true);
    const shared = new Uint8Array(common.buffer);
    const place = new DataView(new ArrayBuffer(14));
    place.setUint32(10, at, true);
    parts.push(Uint8Array.of(0x50, 0x4b, 3, 4), shared, name, entry.packed);
    directory.push(concat(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), shared, new Uint8Array(place.buffer), name));
    at += LOCAL_LENGTH + name.length + entry.packed.size;
  }
  const list = concat(...directory);
  const end = new DataView(new ArrayBuffer(END_LENGTH));
  end.setUint32(0, 0x504b0506);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, list.length, true);
  end.setUint32(16, at, true);
  return new Blob([...parts, list, end], { type });
}
