/**
 * Archives: POSIX ustar (IEEE Std 1003.1, pax, "ustar Interchange Format") in one canonical form, so that any `tar` opens them and nothing can be hidden in
 * them. Specification section 5. A header of 512 octets:
 *
 *     0    path (100), zero-filled     124  size, 11 octal digits, NUL    257  "ustar" NUL "00"
 *     100  "0000600" NUL               136  time, 11 zeros, NUL           265  all the rest zero: no owner names,
 *     108  owner "0000000" NUL         148  checksum, 6 digits, NUL SP         no device, no prefix
 *     116  group "0000000" NUL         156  "0", an ordinary file
 *
 * Content is padded with zeros to 512; two zero blocks end the archive. Inside a sealed tip zeros go on to the size class. Reading compares each header with
 * the one that would have been written: links, devices, long names, sparse files, pax records and second encodings of a number do not exist here.
 *
 * Paths are chosen by this software, never by a witness: see {@link tarHeader}.
 */
import { asBytes, type Bytes, equal, type Source } from "../bytes.ts";
import { utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { PieceReader } from "../piece-reader.ts";

const BLOCK = 512;
/** Two zero blocks. */
const END = 2 * BLOCK;
/** Largest size that fits eleven octal digits: 8 GiB - 1. */
const LARGEST_FILE = 8 ** 11 - 1;
/** Pieces of zeros are at most this long. */
const ZEROS = 65_536;

/** A file to be written. */
export interface TarFile {
  readonly path: string;
  readonly size: number;
  readonly open: () => Source;
}

/** A file being read. `body` gives exactly `size` bytes; what is left of it is skipped when the next entry is asked for. */
export interface TarEntry {
  readonly path: string;
  readonly size: number;
  readonly body: AsyncGenerator<Bytes, void, undefined>;
}

/** Whether `path` is one to 100 of `a-z 0-9 . _ - /`, relative, without empty segments and without `.` and `..`. */
export function isTarPath(path: string): boolean {
  if (!/^[a-z0-9._/-]{1,100}$/.test(path)) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

/** The 512 octets before a file of `size` bytes. Throws a bug on a path or size that cannot be written. */
export function tarHeader(path: string, size: number): Bytes {
  if (!isTarPath(path) || !Number.isSafeInteger(size) || size < 0 || size > LARGEST_FILE)
    throw new Error("no header for this path or size");
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, text: string): void => {
    header.set(utf8(text), offset);
  };
  put(0, path);
  put(100, "0000600\0" + "0000000\0" + "0000000\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0" + "        " + "0");
  put(257, "ustar\0" + "00");
  const sum = header.reduce((total, octet) => total + octet, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}

/** Octets of an archive of files of these sizes, with its two zero blocks. */
export function tarLength(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + BLOCK + size + gapAfter(size), END);
}

function gapAfter(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/**
 * The archive of these files, in their order. With `total`, zeros go on until it is that long; it must be at least {@link tarLength}.
 * @throws {Refusal} `bad-archive` if a file gives other than its `size` bytes (it changed while being read).
 */
export async function* writeTar(files: Iterable<TarFile> | AsyncIterable<TarFile>, total?: number): AsyncGenerator<Bytes, void, undefined> {
  let written = 0;
  for await (const file of files) {
    const { path, size } = file;
    yield tarHeader(path, size);
    let left = size;
    for await (const piece of file.open()) {
      left -= piece.length;
      if (left < 0) throw new Refusal("bad-archive", "a file grew while it was read");
      if (piece.length > 0) yield asBytes(piece);
    }
    if (left > 0) throw new Refusal("bad-archive", "a file shrank while it was read");
    if (gapAfter(size) > 0) yield new Uint8Array(gapAfter(size));
    written += BLOCK + size + gapAfter(size);
  }
  let zeros = total === undefined ? END : total - written;
  if (zeros < END) throw new Error("the archive is longer than its total");
  for (; zeros > 0; zeros -= ZEROS) yield new Uint8Array(Math.min(zeros, ZEROS));
}

/**
 * The files of an archive, in their order. With `total`, it must be exactly that long, zeros to the end; without, the two zero blocks are its end.
 * @throws {Refusal} `bad-archive` on anything {@link writeTar} would not have written; `truncated` and `trailing-bytes` on a wrong end.
 */
export async function* readTar(source: Source, total?: number): AsyncGenerator<TarEntry, void, undefined> {
  const stream = new PieceReader(source);
  try {
    for (;;) {
      const header = await stream.exactly(BLOCK);
      if (isZero(header)) break;
      const { path, size } = parseHeader(header);
      const unread = { left: size };
      yield { path, size, body: bodyOf(stream, unread) };
      while (unread.left > 0) unread.left -= (await stream.atMost(unread.left)).length;
      if (!isZero(await stream.exactly(gapAfter(size)))) badArchive();
    }
    await readEnd(stream, total);
  } finally {
    await stream.close();
  }
}

/** What is left of a file. `readTar` shares `unread`, so it knows where the next header is even if the receiver stopped early. */
async function* bodyOf(stream: PieceReader, unread: { left: number }): AsyncGenerator<Bytes, void, undefined> {
  while (unread.left > 0) {
    const piece = await stream.atMost(unread.left);
    unread.left -= piece.length;
    yield piece;
  }
}

function parseHeader(header: Bytes): { path: string; size: number } {
  const end = header.indexOf(0);
  const path = String.fromCharCode(...header.subarray(0, end < 0 || end > 100 ? 100 : end));
  const digits = String.fromCharCode(...header.subarray(124, 135));
  const size = Number.parseInt(digits, 8);
  if (!isTarPath(path) || !/^[0-7]{11}$/.test(digits) || !equal(tarHeader(path, size), header)) badArchive();
  return { path, size };
}

async function readEnd(stream: PieceReader, total: number | undefined): Promise<void> {
  if (!isZero(await stream.exactly(BLOCK))) badArchive();
  if (total === undefined) {
    if ((await stream.next()) !== null) throw new Refusal("trailing-bytes");
    return;
  }
  for (let piece = await stream.next(); piece !== null; piece = await stream.next()) {
    if (!isZero(piece)) badArchive();
  }
  if (stream.read < total) throw new Refusal("truncated");
  if (stream.read > total) throw new Refusal("trailing-bytes");
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((octet) => octet === 0);
}

function badArchive(): never {
  throw new Refusal("bad-archive");
}
