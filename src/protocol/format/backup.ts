/**
 * What a server's backup has in it: the text of a note signed by the log key, the last file of the backup's archive. Specification section 16.
 *
 *     <origin>/backup/v1
 *     date <YYYY-MM-DD>
 *     size <decimal>                          entries of the log in it
 *     schema <decimal>                        how many migrations the tables had
 *     file <sha256> <size, decimal> <path>    every file before this one, in the archive's order
 */
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { NAME } from "./note.ts";
import { isTarPath } from "./tar.ts";

/** A file of a backup. */
export interface BackupFile {
  /** As in its archive. */
  readonly path: string;
  /** Octets, up to 8 GiB - 1. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** What a backup's note says. */
export interface BackupManifest {
  readonly origin: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Entries of the log, 0 to 2^53-1. */
  readonly size: number;
  /** 1 to 9999. */
  readonly schema: number;
  readonly files: readonly BackupFile[];
}

const HEAD = new RegExp(
  `^(${NAME})/backup/v1\ndate ([0-9]{4}-[0-9]{2}-[0-9]{2})\nsize (0|[1-9][0-9]{0,15})\nschema ([1-9][0-9]{0,3})\n`,
  "u",
);
const FILE = /^file ([0-9a-f]{64}) (0|[1-9][0-9]{0,9}) ([a-z0-9._/-]{1,100})$/;

/** The note text. What `parseBackup` would refuse is a bug here. */
export function formatBackup({ origin, date, size, schema, files }: BackupManifest): string {
  const lines = [
    `${origin}/backup/v1`,
    `date ${date}`,
    `size ${String(size)}`,
    `schema ${String(schema)}`,
    ...files.map((file) => `file ${file.sha256} ${String(file.size)} ${file.path}`),
  ];
  const text = `${lines.join("\n")}\n`;
  try {
    parseBackup(text);
  } catch {
    throw new Error("this is no backup");
  }
  return text;
}

/** Parses the note text, canonical form only; paths are different. @throws {Refusal} `bad-backup`. */
export function parseBackup(text: string): BackupManifest {
  const head = HEAD.exec(text);
  if (head === null) throw new Refusal("bad-backup", "head");
  const [whole, origin = "", date = "", size = "", schema = ""] = head;
  try {
    parseDate(date);
  } catch {
    throw new Refusal("bad-backup", "date");
  }
  if (!Number.isSafeInteger(Number(size))) throw new Refusal("bad-backup", "size");
  const lines = text.slice(whole.length).split("\n");
  if (lines.pop() !== "") throw new Refusal("bad-backup", "end");
  const files = lines.map((line): BackupFile => {
    const [, sha256 = "", octets = "", path] = FILE.exec(line) ?? [];
    if (path === undefined || !isTarPath(path)) throw new Refusal("bad-backup", "file");
    return { path, size: Number(octets), sha256 };
  });
  if (new Set(files.map(({ path }) => path)).size !== files.length) throw new Refusal("bad-backup", "paths");
  return { origin, date, size: Number(size), schema: Number(schema), files };
}
