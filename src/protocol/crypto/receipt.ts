/**
 * Receipts with their signature: a signed note (`format/receipt.ts` has its text) with exactly one signature, the log key's. Specification section 8.
 *
 * More signatures than that one would be room for a mark by which a saved receipt could be told from others, so they are refused. With only one there is nothing to
 * choose among, so this does without `openNote`: every witness's page carries it.
 */
import { utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { parseNote } from "../format/note.ts";
import { parseReceipt, type Receipt } from "../format/receipt.ts";
import { verifySignature } from "./ed25519.ts";
import type { Vkey } from "./note.ts";

/** Longest receipt, bytes: a name of 255 units twice, and the rest. */
export const LONGEST_RECEIPT = 2_048;

/** What of the log's key a receipt is checked with. Its type is 1. */
export type ReceiptKey = Pick<Vkey, "name" | "id" | "publicKey">;

/**
 * The receipt in a note that `log` signed.
 * @throws {Refusal} `bad-note`, `bad-receipt` (no receipt at all), `unknown-signer`, `bad-signature`, `wrong-origin`.
 */
export async function openReceipt(bytes: Uint8Array, log: ReceiptKey): Promise<Receipt> {
  const { text, signatures } = parseNote(bytes, LONGEST_RECEIPT);
  const [only, ...more] = signatures;
  if (only === undefined || more.length > 0) throw new Refusal("bad-receipt", "signatures");
  if (only.name !== log.name || only.id !== log.id) throw new Refusal("unknown-signer");
  await verifySignature(log.publicKey, utf8(text), only.signature);
  const receipt = parseReceipt(text);
  if (receipt.origin !== log.name) throw new Refusal("wrong-origin");
  return receipt;
}
