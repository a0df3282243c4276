/**
 * Manifests: the text of the signed note that comes first in a bundle (README, section 9) and lists everything else in it, in order.
 *
 *     <origin>/bundle/v1
 *     to review | server
 *     sequence <eight digits>
 *     previous <hexadecimal: SHA-256 of the signed manifest before this one in the same direction; zeros for the first>
 *     <sha256> <size> <path>          once for each entry
 *
 * Paths are relative, at most 100 characters of `a-z 0-9 . _ -` between slashes, no segment `.` or `..`: they come from the other machine.
 */
import { Refusal } from "../errors.ts";
import { NAME } from "./note.ts";
import { formatNumber, parseNumber } from "./number.ts";

/** Which way a bundle goes. */
export type Direction = "review" | "server";

/** One file of a bundle. */
export interface ManifestEntry {
  /** Hexadecimal, 32 bytes. */
  readonly sha256: string;
  /** In bytes, 0 to 8 GiB - 1: what a ustar header can say. */
  readonly size: number;
  readonly path: string;
}

/** A bundle's table of contents. */
export interface Manifest {
  readonly origin: string;
  readonly to: Direction;
  /** From 1, without gaps, for each direction. */
  readonly sequence: number;
  /** Hexadecimal, 32 bytes. */
  readonly previous: string;
  readonly entries: readonly ManifestEntry[];
}

/** `previous` of the first bundle of a direction. */
export const NO_PREVIOUS = "0".repeat(64);

const HEAD = new RegExp(`^(${NAME})/bundle/v1\nto (review|server)\nsequence ([0-9]{8})\nprevious ([0-9a-f]{64})\n`, "u");
const ENTRY = /^([0-9a-f]{64}) (0|[1-9][0-9]{0,9}) ([a-z0-9._/-]{1,100})$/;
const LARGEST = 8 * 2 ** 30 - 1;

/** The note text of a manifest. What `parseManifest` would refuse is a bug here. */
export function formatManifest(manifest: Manifest): string {
  const { origin, to, sequence, previous, entries } = manifest;
  const head = `${origin}/bundle/v1\nto ${to}\nsequence ${formatNumber(sequence)}\nprevious ${previous}\n`;
  const text = head + entries.map((entry) => `${entry.sha256} ${String(entry.size)} ${entry.path}\n`).join("");
  try {
    parseManifest(text);
  } catch (cause) {
    throw new Error("a manifest would not be valid", { cause });
  }
  return text;
}

/** The manifest in a note's text. @throws {Refusal} `bad-manifest`, also for a path that comes twice or is called `manifest`. */
export function parseManifest(text: string): Manifest {
  const head = HEAD.exec(text);
  if (head === null || !text.endsWith("\n")) throw new Refusal("bad-manifest", "head");
  const [whole, origin = "", to = "", sequence = "", previous = ""] = head;
  const rest = text.slice(whole.length, -1);
  const lines = whole.length === text.length ? [] : rest.split("\n");
  const entries = lines.map(parseEntry);
  if (new Set(entries.map((entry) => entry.path)).size !== entries.length) throw new Refusal("bad-manifest", "entries");
  if (sequence === "00000000") throw new Refusal("bad-manifest", "sequence");
  return { origin, to: to === "review" ? "review" : "server", sequence: parseNumber(sequence, "sequence"), previous, entries };
}

function parseEntry(line: string): ManifestEntry {
  const match = ENTRY.exec(line);
  if (match === null) throw new Refusal("bad-manifest", "entry");
  const [, sha256 = "", digits = "", path = ""] = match;
  const size = Number(digits);
  const safe = path !== "manifest" && path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
  if (!safe || size > LARGEST) throw new Refusal("bad-manifest", "entry");
  return { sha256, size, path };
}
