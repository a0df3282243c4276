/**
 * Receipts: the text of the note the server signs for a witness. It says that commitment `c` will be in batch `batch` or an earlier one; if it is not, the
 * receipt proves it.
 *
 *     <origin>/receipt/v1
 *     c <hexadecimal>
 *     batch <eight digits>
 */
import type { Bytes } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { NAME } from "./note.ts";
import { formatNumber, parseNumber } from "./number.ts";

/** What a receipt says. */
export interface Receipt {
  readonly origin: string;
  /** c, 32 bytes. */
  readonly commitment: Bytes;
  /** The last batch it may be in, from 1. */
  readonly batch: number;
}

const FORM = new RegExp(`^(${NAME})/receipt/v1\nc ([0-9a-f]{64})\nbatch ([0-9]{8})\n$`, "u");

/** The note text of a receipt. */
export function formatReceipt(receipt: Receipt): string {
  const text = `${receipt.origin}/receipt/v1\nc ${toHex(receipt.commitment)}\nbatch ${formatNumber(receipt.batch)}\n`;
  if (!FORM.test(text) || receipt.batch < 1) throw new Error("a receipt has an origin, a commitment of 32 bytes and a batch from 1");
  return text;
}

/** The receipt in a note's text. @throws {Refusal} `bad-receipt`. */
export function parseReceipt(text: string): Receipt {
  const match = FORM.exec(text);
  if (match === null || match[3] === "00000000") throw new Refusal("bad-receipt");
  return { origin: match[1] ?? "", commitment: fromHex(match[2] ?? "", 32), batch: parseNumber(match[3] ?? "", "batch") };
}
