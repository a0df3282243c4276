/**
 * Sealing and opening replies: SKESK of version 6 and SEIPD of version 2 over the platform's AES-GCM (RFC 9580 sections 5.3.2, 5.13.2). Specification section 10.
 *
 *     passphrase  = the reply key in hexadecimal: 256 random bits, so the S2K needs no stretching and has the smallest count there is
 *     K           = SHA-256 over salt ‖ passphrase, repeated to 1,024 octets           (section 3.7.1.3, count octet 0)
 *     KEK         = HKDF-SHA-256(K, no salt, info = C3 06 09 03), 32 octets
 *     session key = AES-256-GCM(KEK, nonce, C3 06 09 03), then as in an envelope
 *
 * Why not `openpgp`: the page opens replies, and the library is most of what a page could weigh; this is the little of it that is needed.
 */
import { type Bytes, concat, equal } from "../bytes.ts";
import { toHex, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { LITERAL_HEADER_LENGTH } from "../format/envelope.ts";
import { parseMailboxAnswer } from "../format/mailbox.ts";
import {
  formatReply,
  formatSealedReply,
  parseReply,
  parseSealedReply,
  type Reply,
  REPLY_CONTENT,
  SKESK_PARAMETERS,
} from "../format/reply.ts";
import { chunkCipher, literalHeader } from "./envelope.ts";
import { hkdf, sha256 } from "./hash.ts";
import { randomBytes } from "./random.ts";

const PARAMETERS: Bytes = Uint8Array.from(SKESK_PARAMETERS);
/** What count octet 0 stands for: (16 + 0) · 2^6 octets. */
const HASHED_LENGTH = 1024;

/**
 * The reply in 4,480 octets, under the reply key (32 bytes).
 * @throws {Refusal} `too-large` if the text does not fit, `bad-reply` if it is empty or the date is none.
 */
export async function sealReply(reply: Reply, replyKey: Bytes): Promise<Bytes> {
  const plain = concat(literalHeader(REPLY_CONTENT), formatReply(reply));
  const sessionKey = randomBytes(32);
  const passphraseSalt = randomBytes(8);
  const nonce = randomBytes(12);
  const salt = randomBytes(32);
  const wrapping = await keyEncryptionKey(replyKey, passphraseSalt);
  const wrappedKey = new Uint8Array(await crypto.subtle.encrypt(gcm(nonce), wrapping, sessionKey));
  const cipher = await chunkCipher(sessionKey, salt);
  const chunk = await cipher.seal(0, plain);
  return formatSealedReply({ passphraseSalt, nonce, wrappedKey, salt, chunk, endTag: await cipher.sealEnd(1, plain.length) });
}

/**
 * The reply in a sealed one.
 * @throws {Refusal} `bad-reply` if it is not in its one form, outside or inside; `cannot-decrypt` if it is under another key; `not-authentic` if it was changed.
 */
export async function openReply(sealed: Uint8Array, replyKey: Bytes): Promise<Reply> {
  const { passphraseSalt, nonce, wrappedKey, salt, chunk, endTag } = parseSealedReply(sealed);
  const cipher = await chunkCipher(await unwrap(wrappedKey, nonce, await keyEncryptionKey(replyKey, passphraseSalt)), salt);
  const plain = await cipher.open(0, chunk);
  await cipher.openEnd(1, plain.length, endTag);
  if (!equal(plain.subarray(0, LITERAL_HEADER_LENGTH), literalHeader(REPLY_CONTENT))) throw new Refusal("bad-reply");
  return parseReply(plain.subarray(LITERAL_HEADER_LENGTH));
}

/** A reply that came, and the SHA-256 of its octets, by which it can be deleted. */
export interface ReceivedReply {
  readonly reply: Reply;
  readonly hash: Bytes;
}

/**
 * The replies in a mailbox's answer, in its order. Places that do not open are passed over: they are the server's random bytes, or something that nobody can
 * read and that the server could as well have left out.
 * @throws {Refusal} `bad-reply` if the answer does not have its length.
 */
export async function openMailboxAnswer(answer: Uint8Array, replyKey: Bytes): Promise<ReceivedReply[]> {
  const received: ReceivedReply[] = [];
  for (const sealed of parseMailboxAnswer(answer)) {
    try {
      received.push({ reply: await openReply(sealed, replyKey), hash: sha256(sealed) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return received;
}

/** What the server knows of a mailbox: SHA-256 of its id. `id` is 32 bytes. */
export function mailboxHash(id: Bytes): Bytes {
  if (id.length !== 32) throw new Error("a mailbox id is 32 bytes");
  return sha256(id);
}

type WrappingKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

async function keyEncryptionKey(replyKey: Bytes, salt: Bytes): Promise<WrappingKey> {
  if (replyKey.length !== 32) throw new Error("a reply key is 32 bytes");
  const salted = concat(salt, utf8(toHex(replyKey)));
  const hashed = new Uint8Array(HASHED_LENGTH);
  for (let at = 0; at < HASHED_LENGTH; at += salted.length) hashed.set(salted.subarray(0, HASHED_LENGTH - at), at);
  const key = await hkdf(sha256(hashed), new Uint8Array(0), PARAMETERS, 32);
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function unwrap(wrappedKey: Bytes, nonce: Bytes, key: WrappingKey): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(gcm(nonce), key, wrappedKey));
  } catch {
    throw new Refusal("cannot-decrypt");
  }
}

function gcm(iv: Bytes): { name: "AES-GCM"; iv: Bytes; additionalData: Bytes } {
  return { name: "AES-GCM", iv, additionalData: PARAMETERS };
}
