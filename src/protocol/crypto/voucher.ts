/**
 * Vouchers by RSA blind signatures: RFC 9474, RSABSSA-SHA384-PSS-Randomized, by `@cloudflare/blindrsa-ts`. Specification section 17. Here is what the witness's and the payer's machine do; who
 * signs holds the secret in the reward officers' casebook (src/reviewer/claims/voucher-key.ts).
 *
 * Blinding hides without any assumption: whoever signs cannot find out which voucher came of which signature, not later either and not with a quantum computer. That nobody else can make
 * vouchers rests on RSA, so a key has a last day.
 */
import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { asBytes, type Bytes, concat, equal } from "../bytes.ts";
import { fromBase64, fromHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { type ClaimVoucher, VOUCHER_OCTETS } from "../format/claim.ts";
import type { Voucher, VoucherOffer } from "../format/voucher.ts";
import type { SigningKey } from "./ed25519.ts";
import { domainHash } from "./hash.ts";
import { randomBytes } from "./random.ts";
import { signVoucherRequest, voucherKeyName } from "./voucher-request.ts";

/** DER of a SubjectPublicKeyInfo with an RSA key of 3,072 bits and the exponent 65,537 (RFC 8017 appendix A.1.1), up to the modulus and after it. */
const SPKI_BEFORE = fromHex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100");
const SPKI_AFTER = fromHex("0203010001");

/** What the witness keeps until the answer comes. */
export interface VoucherSecret {
  /** Becomes the voucher's. */
  readonly message: Bytes;
  /** Takes the blinding off, {@link VOUCHER_OCTETS} bytes. */
  readonly inverse: Bytes;
}

const suite = RSABSSA.SHA384.PSS.Randomized();

/** A fresh voucher under `offer`, blinded, and its request signed by the claim key. */
export async function askForVoucher(
  offer: VoucherOffer,
  claim: SigningKey,
): Promise<{ readonly request: ClaimVoucher; readonly secret: VoucherSecret }> {
  const message = asBytes(suite.prepare(randomBytes(32)));
  const { blindedMsg, inv } = await suite.blind(await publicKeyOf(offer), message);
  const request = await signVoucherRequest(offer, asBytes(blindedMsg), claim);
  return { request, secret: { message, inverse: asBytes(inv) } };
}

/** Takes the blinding off. @throws {Refusal} `bad-signature` if the answer is not for this request, or not by this key. */
export async function finishVoucher(offer: VoucherOffer, { message, inverse }: VoucherSecret, blindSignature: Bytes): Promise<Voucher> {
  if (blindSignature.length !== VOUCHER_OCTETS) throw new Refusal("bad-signature");
  try {
    const signature = asBytes(await suite.finalize(await publicKeyOf(offer), message, blindSignature, inverse));
    return { key: voucherKeyName(offer), message, signature };
  } catch {
    // The library has one plain error for each step; all of them mean that this is no signature of this message.
    throw new Refusal("bad-signature");
  }
}

/** Returns if the voucher was signed under `offer`. Whether its day is over or it was paid before is not looked at. @throws {Refusal} `bad-signature`. */
export async function verifyVoucher({ key, message, signature }: Voucher, offer: VoucherOffer): Promise<void> {
  if (!equal(key, voucherKeyName(offer)) || !(await suite.verify(await publicKeyOf(offer), signature, message)))
    throw new Refusal("bad-signature");
}

/** What stands in a list of paid vouchers for this one: H("firsthand/voucher-paid/v1" 0x00 ‖ key ‖ message). */
export function voucherMark({ key, message }: Voucher): Bytes {
  return domainHash("firsthand/voucher-paid/v1", key, message);
}

function publicKeyOf({ modulus }: VoucherOffer) {
  const der = concat(SPKI_BEFORE, fromBase64(modulus), SPKI_AFTER);
  return crypto.subtle.importKey("spki", der, { name: "RSA-PSS", hash: "SHA-384" }, true, ["verify"]);
}
