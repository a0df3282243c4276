/**
 * The secret half of a voucher key: made and used here, on the reward officers' machine, by OpenSSL as Node has it, which works in constant time and blinds its input; the library that the
 * witness's side uses promises neither. RFC 9474 section 4.3: s = RSASP1(m), and a signature that does not give m again never leaves.
 */
import { constants, createPrivateKey, generateKeyPairSync, hkdfSync, privateDecrypt, publicEncrypt } from "node:crypto";
import { asBytes, type Bytes, compare, equal } from "../../protocol/bytes.ts";
import { fromBase64, toBase64 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { VOUCHER_OCTETS } from "../../protocol/format/claim.ts";

/** A fresh key: its modulus and its secret (PKCS #8), both base64. */
export function makeVoucherKey(): { readonly modulus: string; readonly secret: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 8 * VOUCHER_OCTETS, publicExponent: 65_537 });
  const { n = "" } = privateKey.export({ format: "jwk" });
  return {
    modulus: toBase64(Buffer.from(n, "base64url")),
    secret: toBase64(privateKey.export({ format: "der", type: "pkcs8" })),
  };
}

/** The blind signature of `blinded`, {@link VOUCHER_OCTETS} bytes both. @throws {Refusal} `bad-field` if `blinded` is no number below the modulus. */
export function signBlindly(secret: string, blinded: Bytes): Bytes {
  const key = createPrivateKey({ key: Buffer.from(fromBase64(secret)), format: "der", type: "pkcs8" });
  let signature: Bytes;
  try {
    signature = asBytes(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, blinded));
  } catch {
    throw new Refusal("bad-field", "blinded");
  }
  if (!equal(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, signature), blinded)) throw new Error("a signature went wrong");
  return signature;
}

/**
 * A number below `modulus` (base64) that looks like any blind signature, for a witness of a round who gets none: drawn from the secret, so that the same round made again gives the same
 * numbers, and two makings side by side do not show which of them are real.
 */
export function fillerNumber(secret: string, modulus: string, round: string, thread: string): Bytes {
  const most = fromBase64(modulus);
  for (let attempt = 0; ; attempt++) {
    const info = `firsthand/voucher-filler/v1\0${round}\0${thread}\0${String(attempt)}`;
    const number = new Uint8Array(hkdfSync("sha256", fromBase64(secret), "", info, VOUCHER_OCTETS));
    if (compare(number, most) < 0) return number;
  }
}
