/**
 * Hashes. SHA-256 throughout (FIPS 180-4), with a domain in front wherever a hash speaks for something.
 *
 * **Part digest** `D(x) = SHA-256("firsthand/parts/v1" 0x00 ‖ u64 length ‖ SHA-256(part 1) ‖ …)`, parts of 512 KiB, the last shorter, none for nothing.
 * WebCrypto cannot hash a stream and JavaScript hashing at Tor Browser's *Safer* level takes 0.6-0.8 s per MB, so each part is hashed natively.
 */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { asBytes, type Bytes, concat, rechunk, u64 } from "../bytes.ts";
import { utf8 } from "../encoding.ts";

/** Bytes in a part: 512 KiB. */
export const PART_SIZE = 524_288;

/** SHA-256 of all pieces one after another, 32 bytes; in JavaScript, for small things. */
export function sha256(...pieces: readonly Uint8Array[]): Bytes {
  const hash = nobleSha256.create();
  for (const piece of pieces) hash.update(piece);
  return asBytes(hash.digest());
}

/** SHA-256 by the platform, for anything that may be large. */
export async function sha256Native(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** `SHA-256(domain 0x00 ‖ pieces)`: the hash of something for one purpose. */
export function domainHash(domain: string, ...pieces: readonly Uint8Array[]): Bytes {
  return sha256(utf8(domain), Uint8Array.of(0), ...pieces);
}

/** `D` of something of `length` bytes whose parts have these SHA-256. Throws a bug if the number of parts does not fit. */
export function partDigest(length: number, partHashes: readonly Uint8Array[]): Bytes {
  if (partHashes.length !== Math.ceil(length / PART_SIZE)) throw new Error("the number of parts does not fit the length");
  return domainHash("firsthand/parts/v1", u64(length), ...partHashes);
}

/** `D` of a whole stream, and its length; one part in memory at a time. */
export async function digestOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<{ digest: Bytes; length: number }> {
  const hashes: Bytes[] = [];
  let length = 0;
  for await (const part of rechunk(source, PART_SIZE)) {
    hashes.push(await sha256Native(part));
    length += part.length;
  }
  return { digest: partDigest(length, hashes), length };
}

/** HKDF-SHA-256 (RFC 5869), `length` bytes. */
export async function hkdf(secret: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 8 * length));
}

/** The commitment `c = SHA-256("firsthand/received/v1" 0x00 ‖ r ‖ D(envelope))`, 32 bytes. `nonce` is r, `digest` is D, 32 bytes each. */
export function commitmentOf(nonce: Bytes, digest: Bytes): Bytes {
  if (nonce.length !== 32 || digest.length !== 32) throw new Error("nonce and digest are 32 bytes each");
  return domainHash("firsthand/received/v1", nonce, digest);
}

/** Several byte strings as one for signing under a domain: `domain 0x00 ‖ bytes`. */
export function withDomain(domain: string, bytes: Uint8Array): Bytes {
  return concat(utf8(domain), Uint8Array.of(0), bytes);
}
