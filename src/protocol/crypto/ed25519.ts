/**
 * Ed25519 (RFC 8032) by the platform's WebCrypto: Node 24, Chromium 137 and Firefox 129 onwards. What is signed always starts with a domain or is a signed
 * note whose first line is one.
 */
import { type Bytes, concat } from "../bytes.ts";
import { fromBase64, fromHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";

/** A secret that can sign. The seed stays inside. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  /** The 64-byte signature over `message`. */
  sign(message: Bytes): Promise<Bytes>;
}

/** DER of PKCS #8 around a 32-byte Ed25519 seed (RFC 8410 section 7), up to the seed. */
const PKCS8_PREFIX = fromHex("302e020100300506032b657004220420");

/** The signing key of a 32-byte seed. */
export async function signingKeyFromSeed(seed: Bytes): Promise<SigningKey> {
  if (seed.length !== 32) throw new Error("an Ed25519 seed is 32 bytes");
  const secret = await crypto.subtle.importKey("pkcs8", concat(PKCS8_PREFIX, seed), "Ed25519", true, ["sign"]);
  const { x = "" } = await crypto.subtle.exportKey("jwk", secret);
  const publicKey = fromBase64(`${x.replaceAll("-", "+").replaceAll("_", "/")}=`);
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", secret, message)),
  };
}

/** Returns if `signature` is by `publicKey` over `message`. @throws {Refusal} `bad-signature`. */
export async function verifySignature(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<void> {
  let valid = false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    valid = await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    throw new Refusal("bad-signature");
  }
  if (!valid) throw new Refusal("bad-signature");
}
