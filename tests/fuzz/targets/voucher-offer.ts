/** Offers of vouchers, as an operator's page and a stick bring them. */
import { toBase64 } from "../../../src/protocol/encoding.ts";
import { formatVoucherOffer, parseVoucherOffer } from "../../../src/protocol/format/voucher.ts";
import { formatOfBytes } from "../engine/format.ts";

const modulus = toBase64(new Uint8Array(384).fill(0x8f));

export const target = formatOfBytes(
  parseVoucherOffer,
  formatVoucherOffer,
  () => [formatVoucherOffer({ amount: 500, currency: "USD", expires: "2027-06-30", least: 20, modulus, version: 1 })],
  1_000,
);
