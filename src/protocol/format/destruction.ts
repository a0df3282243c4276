/**
 * Records of destruction: the text of the note the review machine signs once two people had the secret of an epoch destroyed. It is published whole, beside the log's `epoch`
 * entry that says so, so a server cannot claim it by itself. What it is worth: the review key says so; that no copy of the secret is left nobody can show.
 *
 *     <origin>/destroyed/v1
 *     epoch <fingerprint of the subkey, 64 hexadecimal digits>
 *     date <YYYY-MM-DD>
 */
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { NAME } from "./note.ts";

/** What a record says. */
export interface Destruction {
  readonly origin: string;
  /** Fingerprint of the epoch's subkey, 64 hexadecimal digits. */
  readonly epoch: string;
  /** Day it was decided, by the clock of the review machine. */
  readonly date: string;
}

const FORM = new RegExp(`^(${NAME})/destroyed/v1\nepoch ([0-9a-f]{64})\ndate ([0-9]{4}-[0-9]{2}-[0-9]{2})\n$`, "u");

/** Path of the record of an epoch: in a bundle, and below the log's address. */
export function destructionPath(epoch: string): string {
  return `destroyed/${epoch}`;
}

/** The note text of a record. What `parseDestruction` would refuse is a bug here. */
export function formatDestruction({ origin, epoch, date }: Destruction): string {
  const text = `${origin}/destroyed/v1\nepoch ${epoch}\ndate ${date}\n`;
  try {
    parseDestruction(text);
  } catch (cause) {
    throw new Error("a record of destruction would not be valid", { cause });
  }
  return text;
}

/** The record in a note's text. @throws {Refusal} `bad-destruction`. */
export function parseDestruction(text: string): Destruction {
  const match = FORM.exec(text);
  if (match === null) throw new Refusal("bad-destruction");
  const [, origin = "", epoch = "", date = ""] = match;
  try {
    parseDate(date);
  } catch {
    throw new Refusal("bad-destruction", "date");
  }
  return { origin, epoch, date };
}
