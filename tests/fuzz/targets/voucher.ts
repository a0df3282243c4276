/** Vouchers, as anybody can bring one to a payer. */
import { formatVoucher, parseVoucher } from "../../../src/protocol/format/voucher.ts";
import { formatOfBytes } from "../engine/format.ts";

export const target = formatOfBytes(
  parseVoucher,
  formatVoucher,
  () => [formatVoucher({ key: new Uint8Array(32).fill(1), message: new Uint8Array(64).fill(2), signature: new Uint8Array(384).fill(3) })],
  1_000,
);
