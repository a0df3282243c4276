/**
 * Searches everything a browser left on disk for what must not be there. Looks into files as they are and unpacked: mozLz4 (Firefox's session files), gzip
 * anywhere in a file, and the values of SQLite databases, which may lie in pieces in the file. Words are looked for in the encodings in which browsers write.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { constants, gunzipSync } from "node:zlib";

/** Something to look for, by a name for people. Text is looked for in several encodings, bytes as they are. */
export type Needles = Readonly<Record<string, string | Uint8Array>>;

/** Where something was found. */
export interface Residue {
  readonly name: string;
  /** Below the folder. */
  readonly file: string;
  /** How the file was unpacked, and how the needle was written there. */
  readonly as: string;
}

/** Searches every file below `folder`. */
export async function residueIn(folder: string, needles: Needles): Promise<{ found: Residue[]; files: number }> {
  const patterns = Object.entries(needles).flatMap(([name, needle]) => formsOf(needle).map(([form, bytes]) => ({ name, form, bytes })));
  const found: Residue[] = [];
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const raw = await readFile(path);
    files++;
    for (const [how, bytes] of [["as it is", raw] as const, ...unpack(raw, path)]) {
      for (const { name, form, bytes: pattern } of patterns) {
        if (bytes.includes(pattern)) found.push({ name, file: relative(folder, path), as: `${how}, ${form}` });
      }
    }
  }
  return { found, files };
}

function formsOf(needle: string | Uint8Array): [form: string, bytes: Buffer][] {
  if (typeof needle !== "string") return [["bytes", Buffer.from(needle)]];
  const utf16 = Buffer.from(needle, "utf16le");
  const forms: [string, Buffer][] = [
    ["UTF-8", Buffer.from(needle)],
    ["UTF-8 decomposed", Buffer.from(needle.normalize("NFD"))],
    ["UTF-16LE", utf16],
    ["UTF-16BE", Buffer.from(utf16).swap16()],
    ["UTF-16LE decomposed", Buffer.from(needle.normalize("NFD"), "utf16le")],
    ["percent-encoded", Buffer.from(encodeURIComponent(needle))],
    ["JSON escapes", Buffer.from(needle.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`))],
    ...[0, 1, 2].map((shift): [string, Buffer] => ["base64", Buffer.from(base64Inside(needle, shift))]),
  ];
  // Short patterns would be found by chance.
  const enough = forms.filter(([, bytes]) => bytes.length >= 6);
  return enough.filter(([, bytes], index) => enough.findIndex(([, other]) => other.equals(bytes)) === index);
}

/** The letters of base64 that are the same wherever `text` stands in something longer, at a distance of `shift` modulo 3. */
function base64Inside(text: string, shift: number): string {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
  return whole.slice(shift === 0 ? 0 : 4);
}

const MOZLZ4 = Buffer.from("mozLz40\0", "latin1");
const SQLITE = Buffer.from("SQLite format 3\0", "latin1");
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

function unpack(raw: Buffer, path: string): [how: string, bytes: Buffer][] {
  const unpacked: [string, Buffer][] = [];
  if (raw.subarray(0, MOZLZ4.length).equals(MOZLZ4)) unpacked.push(["mozLz4", lz4Block(raw.subarray(12), raw.readUInt32LE(8))]);
  if (raw.subarray(0, SQLITE.length).equals(SQLITE)) unpacked.push(["SQLite", sqliteValues(path)]);
  for (let at = raw.indexOf(GZIP); at >= 0; at = raw.indexOf(GZIP, at + 1)) {
    try {
      unpacked.push(["gzip", gunzipSync(raw.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH })]);
    } catch {
      // Not the beginning of a gzip stream after all.
    }
  }
  return unpacked;
}

/** One LZ4 block (lz4_Block_format.md): literals, then a match that repeats what came before, and so on. */
function lz4Block(block: Buffer, size: number): Buffer {
  const out = Buffer.alloc(size);
  let at = 0;
  let written = 0;
  const octet = (): number => block[at++] ?? 0;
  const length = (nibble: number): number => {
    let sum = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; sum += more) more = octet();
    return sum;
  };
  while (at < block.length) {
    const token = octet();
    const literals = length(token >> 4);
    block.copy(out, written, at, at + literals);
    at += literals;
    written += literals;
    if (at >= block.length) break;
    const distance = octet() + 256 * octet();
    for (let left = length(token & 15) + 4; left > 0; left--, written++) out[written] = out[written - distance] ?? 0;
  }
  if (written !== size) throw new Error("an LZ4 block does not have its stated length");
  return out;
}

/** Every value of every table, one after another. */
function sqliteValues(path: string): Buffer {
  const database = new DatabaseSync(path, { readOnly: true });
  const values: Buffer[] = [];
  try {
    const tables = database.prepare("select name from sqlite_schema where type = 'table' and sql not like 'create virtual%'").all();
    for (const { name } of tables) {
      const rows = database.prepare(`select * from "${String(name).replaceAll('"', '""')}"`);
      rows.setReadBigInts(true);
      for (const row of rows.iterate()) {
        for (const value of Object.values(row)) {
          if (value !== null) values.push(value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)), Buffer.of(0));
        }
      }
    }
  } finally {
    database.close();
  }
  return Buffer.concat(values);
}
