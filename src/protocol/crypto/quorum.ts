/**
 * Quorums: a 32-byte secret split k of n by Shamir's scheme over GF(256) (`shamir-secret-sharing`, audited), each share on a card of 32 words.
 *
 *     0   1   version, 1
 *     1   1   k: shares needed
 *     2   4   set: first octets of H("firsthand/quorum/v1" 0x00 ‖ secret)
 *     6   33  the library's share: 32 octets and the abscissa
 *     39  5   checksum: first octets of H("firsthand/share/v1" 0x00 ‖ the above); only in words
 *
 * 44 octets are 32 words of 11 bits of BIP-39's English list. The set tells cards of different ceremonies apart and shows whether joining gave the secret;
 * it tells 32 bits of a hash of 256 random bits, which helps nobody. With k = 1 there is nothing to share: each card bears the secret, and says so by its k.
 */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { combine, split } from "shamir-secret-sharing";
import { asBytes, type Bytes, concat, equal } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { domainHash } from "./hash.ts";

const SECRET_LENGTH = 32;
const SHARE_LENGTH = 39;
const CHECKSUM_LENGTH = 5;
const WORD_BITS = 11;
const WORD_COUNT = ((SHARE_LENGTH + CHECKSUM_LENGTH) * 8) / WORD_BITS;
const WORDS_IN_LINE = 8;
const VERSION = 1;
const MOST_SHARES = 255;

function setOf(secret: Bytes): Bytes {
  return domainHash("firsthand/quorum/v1", secret).slice(0, 4);
}

/** `n` shares of a 32-byte secret, any `k` of which give it back. 1 ≤ k ≤ n ≤ 255. Throws a bug on other numbers. */
export async function splitSecret(secret: Bytes, k: number, n: number): Promise<Bytes[]> {
  if (secret.length !== SECRET_LENGTH) throw new Error("a secret to be shared is 32 bytes");
  if (!(Number.isSafeInteger(k) && Number.isSafeInteger(n) && k >= 1 && k <= n && n <= MOST_SHARES)) throw new Error("no such quorum");
  const inner = k === 1 ? Array.from({ length: n }, (_, index) => concat(secret, Uint8Array.of(index + 1))) : await split(secret, n, k);
  return inner.map((share) => concat(Uint8Array.of(VERSION, k), setOf(secret), share));
}

/** How many shares of its set a share says are needed. @throws {Refusal} `bad-share`. */
export function sharesNeeded(share: Bytes): number {
  const k = share[1] ?? 0;
  if (share.length !== SHARE_LENGTH || share[0] !== VERSION || k < 1) throw new Refusal("bad-share");
  return k;
}

/**
 * The secret of enough shares of one set, in any order; a share given twice counts once.
 * @throws {Refusal} `not-enough-shares`; `bad-share` if one is damaged or of another set.
 */
export async function joinShares(shares: readonly Bytes[]): Promise<Bytes> {
  const different = [...new Map(shares.map((share) => [toHex(share), share])).values()];
  const [first] = different;
  if (first === undefined) throw new Refusal("not-enough-shares");
  const k = sharesNeeded(first);
  const sameSet = different.every((share) => share.length === SHARE_LENGTH && equal(share.subarray(0, 6), first.subarray(0, 6)));
  if (!sameSet) throw new Refusal("bad-share");
  if (different.length < k) throw new Refusal("not-enough-shares");
  const secret = k === 1 ? first.slice(6, 6 + SECRET_LENGTH) : await combineInner(different.slice(0, k));
  if (!equal(setOf(secret), first.subarray(2, 6))) throw new Refusal("bad-share");
  return secret;
}

async function combineInner(shares: readonly Bytes[]): Promise<Bytes> {
  try {
    return asBytes(await combine(shares.map((share) => share.slice(6))));
  } catch {
    throw new Refusal("bad-share");
  }
}

/** A share as four lines of eight words, for a card. */
export function shareToWords(share: Bytes): string {
  sharesNeeded(share);
  const bytes = concat(share, checksumOf(share));
  const words: string[] = [];
  for (let index = 0; index < WORD_COUNT; index++) {
    let value = 0;
    for (let bit = index * WORD_BITS; bit < (index + 1) * WORD_BITS; bit++)
      value = value * 2 + (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
    words.push(wordlist[value] ?? "");
  }
  const lines = Array.from({ length: WORD_COUNT / WORDS_IN_LINE }, (_, line) =>
    words.slice(line * WORDS_IN_LINE, (line + 1) * WORDS_IN_LINE),
  );
  return lines.map((line) => line.join(" ")).join("\n");
}

function checksumOf(share: Uint8Array): Bytes {
  return domainHash("firsthand/share/v1", share).slice(0, CHECKSUM_LENGTH);
}

/** The share of 32 words in any case and with any spacing. @throws {Refusal} `bad-share` on an unknown word, another number or a wrong checksum. */
export function wordsToShare(text: string): Bytes {
  const words = text.trim().toLowerCase().split(/\s+/);
  if (words.length !== WORD_COUNT) throw new Refusal("bad-share");
  const bytes = new Uint8Array(SHARE_LENGTH + CHECKSUM_LENGTH);
  words.forEach((word, index) => {
    const value = wordlist.indexOf(word);
    if (value < 0) throw new Refusal("bad-share");
    for (let bit = 0; bit < WORD_BITS; bit++) {
      const at = index * WORD_BITS + bit;
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((value >> (WORD_BITS - 1 - bit)) & 1) << (7 - (at & 7)));
    }
  });
  const share = bytes.slice(0, SHARE_LENGTH);
  if (!equal(checksumOf(share), bytes.subarray(SHARE_LENGTH))) throw new Refusal("bad-share");
  sharesNeeded(share);
  return share;
}
