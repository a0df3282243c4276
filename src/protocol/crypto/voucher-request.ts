/**
 * What a voucher key is called, and asking for a voucher under it in the name of a claim. Apart from voucher.ts, so that the page and the review machine, which blind nothing, do not
 * load the blind signatures' library. Specification section 17.
 */
import { type Bytes, concat } from "../bytes.ts";
import type { ClaimVoucher } from "../format/claim.ts";
import { formatVoucherOffer, type VoucherOffer } from "../format/voucher.ts";
import { type SigningKey, verifySignature } from "./ed25519.ts";
import { domainHash, withDomain } from "./hash.ts";

const REQUEST_DOMAIN = "firsthand/voucher-request/v1";

/** A key's name: H("firsthand/voucher-key/v1" 0x00 ‖ the offer), 32 bytes. */
export function voucherKeyName(offer: VoucherOffer): Bytes {
  return domainHash("firsthand/voucher-key/v1", formatVoucherOffer(offer));
}

/** A request for the voucher that is blinded in `blinded`, signed by the claim key. */
export async function signVoucherRequest(offer: VoucherOffer, blinded: Bytes, claim: SigningKey): Promise<ClaimVoucher> {
  const key = voucherKeyName(offer);
  return { blinded, key, signature: await claim.sign(asked(key, blinded)) };
}

/** Returns if the holder of the public key `claim` asked for this. @throws {Refusal} `bad-signature`. */
export async function verifyVoucherRequest(claim: Bytes, { blinded, key, signature }: ClaimVoucher): Promise<void> {
  await verifySignature(claim, asked(key, blinded), signature);
}

function asked(key: Bytes, blinded: Bytes): Bytes {
  return withDomain(REQUEST_DOMAIN, concat(key, blinded));
}
