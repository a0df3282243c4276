/**
 * The twelve words: 128 random bits as BIP-39 words, and the keys derived from the bits. Specification section 1.
 *
 * Keys come from the bits and not from the words, so the list does not matter, and there is no slow hash: 128 random bits need none, and Tor Browser's safer levels
 * have no WebAssembly to compute one in.
 */
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { asBytes, type Bytes } from "../bytes.ts";
import { utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { type SigningKey, signingKeyFromSeed } from "./ed25519.ts";
import { hkdf } from "./hash.ts";
import { randomBytes } from "./random.ts";
import { loadWords, type WordList } from "./word-lists.ts";

const BITS_LENGTH = 16;

/** What the words give. */
export interface CodenameKeys {
  /** Mailbox id, 32 bytes. */
  readonly mailbox: Bytes;
  /** Reply key, 32 bytes. */
  readonly reply: Bytes;
  /** Signs every tip of this witness. */
  readonly thread: SigningKey;
  /** Claims a reward. */
  readonly claim: SigningKey;
}

/** 128 random bits, 16 bytes. */
export function newCodename(): Bytes {
  return randomBytes(BITS_LENGTH);
}

/** The 2,048 words of a list, each in composed form (NFC). Loaded when asked for. */
export async function wordsOf(list: WordList): Promise<readonly string[]> {
  return (await loadWords(list)).map((word) => word.normalize("NFC"));
}

/** The twelve words of 16 bytes, in composed form (NFC). */
export async function codenameToWords(bits: Bytes, list: WordList): Promise<string[]> {
  if (bits.length !== BITS_LENGTH) throw new Error("a codename is 16 bytes");
  return entropyToMnemonic(bits, await loadWords(list))
    .split(" ")
    .map((word) => word.normalize("NFC"));
}

/** The 16 bytes of twelve words in any Unicode normal form and any case. @throws {Refusal} `bad-codename` on unknown words, another number or a wrong checksum. */
export async function wordsToCodename(words: readonly string[], list: WordList): Promise<Bytes> {
  const raw = await loadWords(list);
  const known = new Map(raw.map((word) => [word.normalize("NFKD"), word]));
  const found = words.map((word) => known.get(word.trim().toLowerCase().normalize("NFKD")));
  if (found.length !== 12 || found.includes(undefined)) throw new Refusal("bad-codename");
  try {
    return asBytes(mnemonicToEntropy(found.join(" "), raw));
  } catch {
    throw new Refusal("bad-codename");
  }
}

/** The key under which a witness's own machine keeps what it needs to take a voucher out (specification section 17), 32 bytes. */
export async function voucherKeepsakeKey(bits: Bytes): Promise<Bytes> {
  return hkdf(bits, utf8("firsthand/v1"), utf8("voucher"), 32);
}

/** All keys of 16 bytes. */
export async function deriveKeys(bits: Bytes): Promise<CodenameKeys> {
  if (bits.length !== BITS_LENGTH) throw new Error("a codename is 16 bytes");
  const derive = (info: string): Promise<Bytes> => hkdf(bits, utf8("firsthand/v1"), utf8(info), 32);
  return {
    mailbox: await derive("mailbox"),
    reply: await derive("reply"),
    thread: await signingKeyFromSeed(await derive("thread")),
    claim: await signingKeyFromSeed(await derive("claim")),
  };
}
