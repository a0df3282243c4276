/** Texts of receipts. */
import { formatReceipt, parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseReceipt,
  formatReceipt,
  () => [formatReceipt({ origin: "tips.test/log", commitment: new Uint8Array(32).fill(7), batch: 12 })],
  500,
);
