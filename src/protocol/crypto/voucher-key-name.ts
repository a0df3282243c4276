/** What a voucher key is called. Apart from voucher.ts, so that who only shows the name does not load the blind signatures' library. Specification section 17. */
import type { Bytes } from "../bytes.ts";
import { formatVoucherOffer, type VoucherOffer } from "../format/voucher.ts";
import { domainHash } from "./hash.ts";

/** H("firsthand/voucher-key/v1" 0x00 ‖ the offer), 32 bytes. */
export function voucherKeyName(offer: VoucherOffer): Bytes {
  return domainHash("firsthand/voucher-key/v1", formatVoucherOffer(offer));
}
