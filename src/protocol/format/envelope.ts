/**
 * The framing of an envelope: the first 1,242 octets of a message in its one canonical form, readable without any key. Specification section 4; packets of
 * RFC 9580 sections 4.2 (headers), 5.1.2 (PKESK version 6), 5.13.2 (SEIPD version 2); algorithm 35 of RFC 9980.
 *
 *     0     C1 C3 ED              PKESK, two-octet length 1,197
 *     3     06 21 06              version 6, length of what follows, key version 6
 *     6     fingerprint (32)
 *     38    23                    algorithm 35, ML-KEM-768+X25519
 *     39    X25519 (32), ML-KEM ciphertext (1,088)
 *     1159  28 wrapped key (40)
 *     1200  D2 FF u32             SEIPD, five-octet length of the rest
 *     1206  02 09 03 0C           version 2, AES-256, GCM, chunks of 2^18 octets
 *     1210  salt (32)
 *     1242  chunks and tags
 *
 * A general OpenPGP reader would say yes to far more: further recipients, passwords, unknown packets that it skips, chunks of 256 MiB. So nothing is searched
 * for here; each octet stands at its offset or the message is refused, with the code that names what is wrong with it.
 */
import { equal, readInteger } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal, type RefusalCode } from "../errors.ts";
import { isSizeClass, LARGEST_CONTENT } from "./padding.ts";

/** Octets before the ciphertext. */
export const FRAMING_LENGTH = 1242;
/** Octets of the PKESK packet with its header. */
export const PKESK_LENGTH = 1200;
/** Plaintext octets in a chunk: chunk octet 12. */
export const CHUNK = 262_144;
/** Octets of an AES-GCM tag. */
export const TAG_LENGTH = 16;
/** Octets before the content inside: `CB FF`, u32, `b`, no name, date zero. */
export const LITERAL_HEADER_LENGTH = 12;
/** Where the SEIPD packet's header ends: what its length counts starts here. */
export const SEIPD_BODY_OFFSET = 1206;

/** The octets of a SEIPD packet that are also the associated data: header `D2`, version 2, AES-256, GCM, chunk octet 12. */
export const SEIPD_PARAMETERS = [0xd2, 2, 9, 3, 12] as const;

const OFFSET = { fingerprint: 6, algorithm: 38, wrappedLength: 1159, seipd: 1200, version: 1206, salt: 1210 } as const;

/** What can be seen of an envelope without a key. Attacker-controlled, but canonical. */
export interface Framing {
  /** Fingerprint of the epoch subkey, 64 hexadecimal digits. Whether it is an accepted one is not decided here. */
  readonly recipient: string;
  /** Octets of the whole envelope. */
  readonly length: number;
  /** Octets of the content inside. */
  readonly content: number;
}

/** Octets of the envelope around `content` octets (0 to the largest class). */
export function envelopeLength(content: number): number {
  if (!Number.isSafeInteger(content) || content < 0 || content > LARGEST_CONTENT) throw new Error("no envelope holds this much");
  const plain = content + LITERAL_HEADER_LENGTH;
  return FRAMING_LENGTH + plain + TAG_LENGTH * Math.ceil(plain / CHUNK) + TAG_LENGTH;
}

/** Octets of content in an envelope of `length` octets. @throws {Refusal} `wrong-length` if no content gives that length. */
export function contentLength(length: number): number {
  const sealed = length - FRAMING_LENGTH - TAG_LENGTH;
  const content = sealed - TAG_LENGTH * Math.ceil(sealed / (CHUNK + TAG_LENGTH)) - LITERAL_HEADER_LENGTH;
  if (!Number.isSafeInteger(content) || content < 0 || content > LARGEST_CONTENT) throw new Refusal("wrong-length");
  if (envelopeLength(content) !== length) throw new Refusal("wrong-length");
  return content;
}

/**
 * Framing of the envelope that starts with `first`; bytes after the framing are not looked at.
 * @throws {Refusal} with the code that names the first thing wrong; `truncated` if there are fewer than {@link FRAMING_LENGTH} octets and nothing else is wrong.
 */
export function parseFraming(first: Uint8Array): Framing {
  checkPkesk(first);
  checkSeipd(first);
  const length = SEIPD_BODY_OFFSET + readInteger(first, OFFSET.seipd + 2, 4);
  return { recipient: toHex(first.subarray(OFFSET.fingerprint, OFFSET.algorithm)), length, content: contentLength(length) };
}

/** Framing of a tip. @throws {Refusal} as {@link parseFraming}, and `wrong-length` if the content is of no size class. */
export function parseTipFraming(first: Uint8Array): Framing {
  const framing = parseFraming(first);
  if (!isSizeClass(framing.content)) throw new Refusal("wrong-length");
  return framing;
}

/** Requires `octets` at `offset`; `truncated` if the data ends first. */
function expect(first: Uint8Array, offset: number, octets: readonly number[], code: RefusalCode): void {
  octets.forEach((octet, index) => {
    const found = first[offset + index];
    if (found === undefined) throw new Refusal("truncated");
    if (found !== octet) throw new Refusal(code);
  });
}

const ARMOUR = Uint8Array.from("-----BEGIN PGP", (letter) => letter.charCodeAt(0));

/** Packet types of RFC 9580 section 5 that say what somebody tried to send. */
const PACKET = { pkesk: 1, skesk: 3, symmetricallyEncrypted: 9, seipd: 18, aead: 20 } as const;

function packetType(octet: number | undefined): number | null {
  if (octet === undefined || (octet & 0x80) === 0) return null;
  return (octet & 0x40) === 0 ? (octet >> 2) & 15 : octet & 63;
}

function checkPkesk(first: Uint8Array): void {
  if (first.length === 0) throw new Refusal("truncated");
  if (equal(first.subarray(0, ARMOUR.length), ARMOUR)) throw new Refusal("armoured");
  const type = packetType(first[0]);
  if (type === PACKET.skesk || type === PACKET.seipd) throw new Refusal("wrong-recipients");
  if (type === PACKET.symmetricallyEncrypted || type === PACKET.aead) throw new Refusal("legacy-encryption");
  if (type !== PACKET.pkesk) throw new Refusal("not-openpgp");
  checkForeignPkesk(first);
  expect(first, 0, [0xc1, 0xc3, 0xed, 6, 33, 6], "wrong-framing");
  expect(first, OFFSET.algorithm, [35], "not-post-quantum");
  expect(first, OFFSET.wrappedLength, [40], "wrong-framing");
}

/** Names what another well-formed PKESK is: of version 3, without a recipient, or of another algorithm. */
function checkForeignPkesk(first: Uint8Array): void {
  if (first[0] !== 0xc1) throw new Refusal("wrong-framing");
  const lengthOctet = first[1] ?? 0;
  const at = lengthOctet < 192 ? 2 : lengthOctet < 224 ? 3 : lengthOctet === 255 ? 6 : null;
  if (at === null || first.length < 5) return;
  if (first[at] === 3) throw new Refusal("legacy-encryption");
  if (first[at] !== 6) throw new Refusal("wrong-framing");
  const named = first[at + 1];
  if (named === 0) throw new Refusal("wrong-recipients");
  const algorithm = named === undefined ? undefined : first[at + 2 + named];
  if (algorithm !== undefined && algorithm !== 35) throw new Refusal("not-post-quantum");
}

function checkSeipd(first: Uint8Array): void {
  const type = packetType(first[OFFSET.seipd]);
  if (type === PACKET.pkesk || type === PACKET.skesk) throw new Refusal("wrong-recipients");
  if (type === PACKET.symmetricallyEncrypted || type === PACKET.aead) throw new Refusal("legacy-encryption");
  checkForeignSeipd(first);
  expect(first, OFFSET.seipd, [0xd2, 0xff], "wrong-framing");
  expect(first, OFFSET.version, SEIPD_PARAMETERS.slice(1, 4), "legacy-encryption");
  expect(first, OFFSET.version + 3, SEIPD_PARAMETERS.slice(4), "wrong-chunk-size");
  if (first.length < FRAMING_LENGTH) throw new Refusal("truncated");
}

/** Names a SEIPD packet of another version, cipher or chunk size even when its length is written in another way. */
function checkForeignSeipd(first: Uint8Array): void {
  const lengthOctet = first[OFFSET.seipd + 1];
  if (first[OFFSET.seipd] !== 0xd2 || lengthOctet === undefined || lengthOctet === 255) return;
  const at = OFFSET.seipd + (lengthOctet < 192 || lengthOctet >= 224 ? 2 : 3);
  expect(first, at, SEIPD_PARAMETERS.slice(1, 4), "legacy-encryption");
  expect(first, at + 3, SEIPD_PARAMETERS.slice(4), "wrong-chunk-size");
}
