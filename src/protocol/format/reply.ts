/**
 * A reply to a witness: what is inside, and the outer shape of the message around it. Specification section 10; packets of RFC 9580 sections 5.3.2 (SKESK
 * version 6) and 5.13.2 (SEIPD version 2).
 *
 *     0     C3 4C                 SKESK, one-octet length 76
 *     2     06 1A 09 03           version 6, 26 octets up to the wrapped key, AES-256, GCM
 *     6     0B 03 08              11 octets of S2K: iterated and salted, SHA-256
 *     9     salt (8), count 00
 *     18    nonce (12)
 *     30    wrapped session key (32), tag (16)
 *     78    D2 FF u32             SEIPD, five-octet length of the rest, 4,396
 *     84    02 09 03 0C           version 2, AES-256, GCM, chunks of 2^18 octets
 *     88    salt (32)
 *     120   one chunk: literal packet of 12 + 4,316 octets, tag (16)
 *     4464  end tag (16)
 *
 * The content is canonical JSON `{ challenge: null | { nonce, program, purpose }, date, text, version: 1 }`, then zeros, at least one. One length for every reply: neither the
 * courier nor the server learns how much was said.
 */
import { type Bytes, concat, equal, u32 } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { parseDate } from "./date.ts";
import { LITERAL_HEADER_LENGTH, SEIPD_PARAMETERS, TAG_LENGTH } from "./envelope.ts";
import { formatJson, hex, nullable, oneOf, parseJson, type Reader, record, text } from "./json.ts";

/** Octets of every sealed reply. */
export const REPLY_LENGTH = 4480;

/** The octets of a SKESK packet that are also the associated data: header `C3`, version 6, AES-256, GCM. */
export const SKESK_PARAMETERS = [0xc3, 6, 9, 3] as const;

const SKESK_START: Bytes = Uint8Array.of(0xc3, 76, 6, 26, 9, 3, 11, 3, 8);
const S2K_SALT_LENGTH = 8;
const COUNT: Bytes = Uint8Array.of(0);
const NONCE_LENGTH = 12;
const WRAPPED_KEY_LENGTH = 32 + TAG_LENGTH;
const SEIPD_OFFSET = 78;
const SEIPD_START: Bytes = concat(
  Uint8Array.of(0xd2, 0xff),
  u32(REPLY_LENGTH - SEIPD_OFFSET - 6),
  Uint8Array.from(SEIPD_PARAMETERS.slice(1)),
);
const SEIPD_SALT_LENGTH = 32;

/** Octets of the content: what is left of {@link REPLY_LENGTH}. */
export const REPLY_CONTENT = REPLY_LENGTH - SEIPD_OFFSET - SEIPD_START.length - SEIPD_SALT_LENGTH - LITERAL_HEADER_LENGTH - 2 * TAG_LENGTH;

const REPLY_PATH = /^replies\/([0-9a-f]{64})\/([0-9]{4})$/;

/** A reply's path in a bundle. `mailbox` is the hash of its mailbox id, hexadecimal; `number` is 1 to 9999. */
export function replyPath(mailbox: string, number: number): string {
  const path = `replies/${mailbox}/${String(number).padStart(4, "0")}`;
  if (!REPLY_PATH.test(path) || number < 1) throw new Error("no reply has such a path");
  return path;
}

/** What a path in a bundle says of a reply. @throws {Refusal} `bad-manifest` on anything {@link replyPath} would not have written. */
export function parseReplyPath(path: string): { readonly mailbox: string; readonly number: number } {
  const [, mailbox = "", digits = ""] = REPLY_PATH.exec(path) ?? [];
  if (Number(digits) === 0) throw new Refusal("bad-manifest", "path of a reply");
  return { mailbox, number: Number(digits) };
}

/** What a challenge can be for. A proof for one stands for nothing else. */
export const PURPOSES = ["claim"] as const;

/** Something to be signed with the claim key, in words that the page shows; the day is the reply's. */
export interface Challenge {
  /** 32 random bytes. */
  readonly nonce: Bytes;
  /** Who asks: a program's name, one line of 1 to 200 UTF-16 units without characters that are not seen. */
  readonly program: string;
  readonly purpose: (typeof PURPOSES)[number];
}

/** What a witness reads. */
export interface Reply {
  readonly challenge: Challenge | null;
  /** Day on which it was written, `YYYY-MM-DD`. */
  readonly date: string;
  /** Plain text, not empty. With everything else and JSON's escapes at most 4,315 octets: about 4,100 Latin letters or 1,370 Chinese characters. */
  readonly text: string;
}

/** The 4,316 bytes. @throws {Refusal} `too-large` if the text does not fit, `bad-reply` if {@link parseReply} would not read it. */
export function formatReply({ challenge, date, text: words }: Reply): Bytes {
  const asked = challenge && { nonce: toHex(challenge.nonce), program: challenge.program, purpose: challenge.purpose };
  const json = formatJson({ challenge: asked, date, text: words, version: 1 });
  if (json.length >= REPLY_CONTENT) throw new Refusal("too-large", "reply");
  const content = new Uint8Array(REPLY_CONTENT);
  content.set(json);
  parseReply(content);
  return content;
}

const bytes32: Reader<Bytes> = (value, where) => fromHex(hex(32)(value, where));
const day: Reader<string> = (value, where) => {
  const date = text(10, 10)(value, where);
  parseDate(date);
  return date;
};
/** What turns or hides text, or ends a line: what is signed is what is seen. The same that no line of a program has, and halves of characters. */
const UNSEEN = /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

const programName: Reader<string> = (value, where) => {
  const name = text(200, 1)(value, where);
  if (UNSEEN.test(name)) throw new Refusal("bad-field", where);
  return name;
};
const readChallenge = record({ nonce: bytes32, program: programName, purpose: oneOf(PURPOSES) });
const readReply = record({ challenge: nullable(readChallenge), date: day, text: text(REPLY_CONTENT, 1), version: oneOf([1]) });

/** The reply in 4,316 bytes. @throws {Refusal} `bad-reply` on anything {@link formatReply} would not have written. */
export function parseReply(content: Uint8Array): Reply {
  const end = content.indexOf(0);
  if (content.length !== REPLY_CONTENT || end < 0 || content.subarray(end).some((octet) => octet !== 0)) throw new Refusal("bad-reply");
  try {
    const { challenge, date, text: words } = readReply(parseJson(content.subarray(0, end)), "reply");
    return { challenge, date, text: words };
  } catch {
    throw new Refusal("bad-reply");
  }
}

/** The fields of a sealed reply that are not fixed. */
export interface SealedReplyFields {
  /** Salt of the S2K, 8 octets. */
  readonly passphraseSalt: Bytes;
  /** Nonce under which the session key is wrapped, 12 octets. */
  readonly nonce: Bytes;
  /** Session key and tag, 48 octets. */
  readonly wrappedKey: Bytes;
  /** Salt of the SEIPD packet, 32 octets. */
  readonly salt: Bytes;
  /** The one chunk with its tag, 4,344 octets. */
  readonly chunk: Bytes;
  /** The last tag, 16 octets. */
  readonly endTag: Bytes;
}

/** The 4,480 octets. Throws a bug if a field does not have its length. */
export function formatSealedReply({ passphraseSalt, nonce, wrappedKey, salt, chunk, endTag }: SealedReplyFields): Bytes {
  const sealed = concat(SKESK_START, passphraseSalt, COUNT, nonce, wrappedKey, SEIPD_START, salt, chunk, endTag);
  if (passphraseSalt.length !== S2K_SALT_LENGTH || nonce.length !== NONCE_LENGTH || sealed.length !== REPLY_LENGTH)
    throw new Error("a field of a sealed reply has another length");
  return sealed;
}

/** The fields of 4,480 octets. @throws {Refusal} `bad-reply` if a fixed octet is another one, or the length. Attacker-controlled, but canonical. */
export function parseSealedReply(sealed: Uint8Array): SealedReplyFields {
  if (sealed.length !== REPLY_LENGTH) throw new Refusal("bad-reply");
  let at = 0;
  const take = (length: number): Bytes => new Uint8Array(sealed.slice(at, (at += length)));
  const expect = (octets: Bytes): void => {
    if (!equal(take(octets.length), octets)) throw new Refusal("bad-reply");
  };
  expect(SKESK_START);
  const passphraseSalt = take(S2K_SALT_LENGTH);
  expect(COUNT);
  const nonce = take(NONCE_LENGTH);
  const wrappedKey = take(WRAPPED_KEY_LENGTH);
  expect(SEIPD_START);
  const salt = take(SEIPD_SALT_LENGTH);
  const chunk = take(LITERAL_HEADER_LENGTH + REPLY_CONTENT + TAG_LENGTH);
  return { passphraseSalt, nonce, wrappedKey, salt, chunk, endTag: take(TAG_LENGTH) };
}
