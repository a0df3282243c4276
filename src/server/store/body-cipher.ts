/**
 * What PostgreSQL holds of a body: AES-256-GCM under a key that is not in PostgreSQL.
 *
 * | offset | octets | what |
 * | --- | --- | --- |
 * | 0 | 12 | nonce, random |
 * | 12 | … | ciphertext, as long as the body |
 * | … | 16 | tag |
 *
 * The bodies are OpenPGP messages already; this layer exists so that destroying one small key file makes every remnant of a batch in data files, WAL
 * and disk blocks unreadable. `place` (generation, tip, part; or batch, position, part) is authenticated, so a row that was moved does not open. A key
 * is used for far fewer than 2^32 bodies, the limit for random nonces (NIST SP 800-38D section 8.3). Node's synchronous cipher: 512 KiB take less than
 * a millisecond, a thread's way there and back would take as long.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { Refusal } from "../../protocol/errors.ts";

const NONCE = 12;
const TAG = 16;

/** Bytes that {@link encryptBody} adds. */
export const BODY_OVERHEAD = NONCE + TAG;

/**
 * The stored form of `body` for this `place`. `key` is 32 bytes.
 * @param into where it is written, of exactly its length.
 */
export function encryptBody(
  key: Uint8Array,
  place: Uint8Array,
  body: Uint8Array,
  into: Bytes = new Uint8Array(body.length + BODY_OVERHEAD),
): Bytes {
  if (into.length !== body.length + BODY_OVERHEAD) throw new Error("a stored body is longer than the body by its overhead");
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG });
  cipher.setAAD(place);
  into.set(nonce);
  into.set(cipher.update(body), NONCE);
  cipher.final(); // nothing comes of it: the mode has no padding
  into.set(cipher.getAuthTag(), NONCE + body.length);
  return into;
}

/** The body of a stored form. @throws {Refusal} `not-authentic` if key, place or bytes are others. */
export function decryptBody(key: Uint8Array, place: Uint8Array, stored: Uint8Array): Bytes {
  if (stored.length < BODY_OVERHEAD) throw new Refusal("not-authentic");
  const decipher = createDecipheriv("aes-256-gcm", key, stored.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(place);
  decipher.setAuthTag(stored.subarray(stored.length - TAG));
  const body = decipher.update(stored.subarray(NONCE, stored.length - TAG));
  try {
    decipher.final();
  } catch {
    throw new Refusal("not-authentic");
  }
  return asBytes(body);
}
