/**
 * Acknowledgements: the text of the note the review machine signs once it holds every item of a batch. It is published whole, so a server cannot
 * acknowledge for itself.
 *
 *     <origin>/acknowledgement/v1
 *     batch <eight digits>
 *     root <hexadecimal: SHA-256 of the batch's commitments joined, in their order>
 *     date <YYYY-MM-DD>
 */
import type { Bytes } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { NAME } from "./note.ts";
import { formatNumber, parseNumber } from "./number.ts";

/** What an acknowledgement says. */
export interface Acknowledgement {
  readonly origin: string;
  /** From 1. */
  readonly batch: number;
  /** 32 bytes; see `batchRoot` in `crypto/bundle.ts`. */
  readonly root: Bytes;
  /** By the clock of the review machine. */
  readonly date: string;
}

const FORM = new RegExp(`^(${NAME})/acknowledgement/v1\nbatch ([0-9]{8})\nroot ([0-9a-f]{64})\ndate ([0-9]{4}-[0-9]{2}-[0-9]{2})\n$`, "u");

/** Path below the log's address of the acknowledgement of a batch. */
export function acknowledgementPath(batch: number): string {
  return `acknowledgements/${formatNumber(batch)}`;
}

/** The note text of an acknowledgement. What `parseAcknowledgement` would refuse is a bug here. */
export function formatAcknowledgement(acknowledgement: Acknowledgement): string {
  const { origin, batch, root, date } = acknowledgement;
  const text = `${origin}/acknowledgement/v1\nbatch ${formatNumber(batch)}\nroot ${toHex(root)}\ndate ${date}\n`;
  try {
    parseAcknowledgement(text);
  } catch (cause) {
    throw new Error("an acknowledgement would not be valid", { cause });
  }
  return text;
}

/** The acknowledgement in a note's text. @throws {Refusal} `bad-acknowledgement`. */
export function parseAcknowledgement(text: string): Acknowledgement {
  const match = FORM.exec(text);
  if (match === null) throw new Refusal("bad-acknowledgement");
  const [, origin = "", batch = "", root = "", date = ""] = match;
  try {
    parseDate(date);
    return { origin, batch: parseNumber(batch, "batch", 1), root: fromHex(root, 32), date };
  } catch (error) {
    throw new Refusal("bad-acknowledgement", error instanceof Refusal ? error.where : undefined);
  }
}
