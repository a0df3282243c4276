/**
 * Receipts with their signature: a signed note (`format/receipt.ts` has its text) with exactly one signature, the log key's. Specification section 8.
 *
 * More signatures than that one would be room for a mark by which a saved receipt could be told from others, so they are refused.
 */
import { Refusal } from "../errors.ts";
import { parseReceipt, type Receipt } from "../format/receipt.ts";
import { openNote, type Vkey } from "./note.ts";

/** Longest receipt, bytes: a name of 255 units twice, and the rest. */
export const LONGEST_RECEIPT = 2_048;

/**
 * The receipt in a note that `log` signed.
 * @throws {Refusal} `bad-note`, `bad-receipt` (no receipt at all), `unknown-signer`, `bad-signature`, `wrong-origin`.
 */
export async function openReceipt(bytes: Uint8Array, log: Vkey): Promise<Receipt> {
  const { text, note } = await openNote(bytes, [log], LONGEST_RECEIPT);
  if (note.signatures.length !== 1) throw new Refusal("bad-receipt", "signatures");
  const receipt = parseReceipt(text);
  if (receipt.origin !== log.name) throw new Refusal("wrong-origin");
  return receipt;
}
