/**
 * Sealing and opening envelopes: one PKESK of algorithm 35 made by `openpgp`, then a SEIPD packet of version 2 (RFC 9580 section 5.13.2) written here, over the
 * platform's AES-GCM. Specification section 4.
 *
 * Why not `openpgp.encrypt`: it falls back to SEIPD version 1 without a word when a recipient lacks a feature flag, frames the inner literal packet by how the
 * stream happens to be cut (so equal contents get unequal lengths), and holds no limit on the chunk size when it reads. The packet itself is few lines:
 *
 *     AD        = D2 02 09 03 0C                     packet header, version, AES-256, GCM, chunk octet
 *     key ‖ iv  = HKDF-SHA-256(session key, salt, info = AD), 32 + 4 octets
 *     nonce i   = iv ‖ u64 i
 *     chunk i   = AES-256-GCM(key, nonce i, AD, plaintext of 262,144 octets, the last shorter)
 *     end       = the tag over nothing under nonce n, AD ‖ u64 octets of plaintext, n = number of chunks
 */
import { type Bytes, concat, equal, rechunk, type Source, u32, u64 } from "../bytes.ts";
import { Refusal } from "../errors.ts";
import {
  CHUNK,
  envelopeLength,
  type Framing,
  FRAMING_LENGTH,
  LITERAL_HEADER_LENGTH,
  parseFraming,
  PKESK_LENGTH,
  SEIPD_BODY_OFFSET,
  SEIPD_PARAMETERS,
  TAG_LENGTH,
} from "../format/envelope.ts";
import { PieceReader } from "../piece-reader.ts";
import type { EpochKey } from "./certificate.ts";
import { hkdf } from "./hash.ts";
import { randomBytes } from "./random.ts";

const PARAMETERS: Bytes = Uint8Array.from(SEIPD_PARAMETERS);
const SALT_LENGTH = 32;

/** Gives the 32-byte session key of an envelope. @throws {Refusal} `cannot-decrypt` or another code if it cannot. */
export type SessionKeyOf = (pkesk: Bytes, framing: Framing) => Promise<Bytes>;

/** An envelope whose framing is right and whose session key is known. */
export interface OpenedEnvelope {
  readonly framing: Framing;
  /** The content, authenticated piece by piece. Only when it ends without a throw is it known to be whole. @throws {Refusal} `not-authentic`. */
  readonly content: AsyncGenerator<Bytes, void, undefined>;
}

/** Number the chunks, seal or open each, and the end. */
export interface ChunkCipher {
  seal(index: number, plain: Bytes): Promise<Bytes>;
  /** @throws {Refusal} `not-authentic`. */
  open(index: number, sealed: Bytes): Promise<Bytes>;
  sealEnd(chunks: number, plainLength: number): Promise<Bytes>;
  /** @throws {Refusal} `not-authentic`. */
  openEnd(chunks: number, plainLength: number, tag: Bytes): Promise<void>;
}

/** The cipher of a SEIPD packet with the one set of parameters. `sessionKey` and `salt` are 32 bytes each. */
export async function chunkCipher(sessionKey: Bytes, salt: Bytes): Promise<ChunkCipher> {
  const derived = await hkdf(sessionKey, salt, PARAMETERS, 36);
  const key = await crypto.subtle.importKey("raw", derived.slice(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  const iv = derived.slice(32);
  const gcm = (index: number, additionalData: Bytes): { name: "AES-GCM"; iv: Bytes; additionalData: Bytes } => {
    return { name: "AES-GCM", iv: concat(iv, u64(index)), additionalData };
  };
  const open = async (index: number, additionalData: Bytes, sealed: Bytes): Promise<Bytes> => {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(gcm(index, additionalData), key, sealed));
    } catch {
      throw new Refusal("not-authentic");
    }
  };
  const endData = (plainLength: number): Bytes => concat(PARAMETERS, u64(plainLength));
  return {
    seal: async (index, plain) => new Uint8Array(await crypto.subtle.encrypt(gcm(index, PARAMETERS), key, plain)),
    open: (index, sealed) => open(index, PARAMETERS, sealed),
    sealEnd: async (chunks, plainLength) =>
      new Uint8Array(await crypto.subtle.encrypt(gcm(chunks, endData(plainLength)), key, new Uint8Array(0))),
    openEnd: async (chunks, plainLength, tag) => {
      await open(chunks, endData(plainLength), tag);
    },
  };
}

/** What stands before `content` octets in a literal packet: `CB FF`, length, `b`, no name, date zero. */
export function literalHeader(content: number): Bytes {
  return concat(Uint8Array.of(0xcb, 0xff), u32(content + 6), Uint8Array.of(0x62, 0), u32(0));
}

/**
 * The envelope around `contentLength` bytes, under a fresh session key. The first piece is the framing, then one piece a chunk.
 * Throws a bug if the content is not that long, or if the library made another kind of PKESK than the one there is.
 */
export async function* sealEnvelope(content: Source, contentLength: number, to: EpochKey): AsyncGenerator<Bytes, void, undefined> {
  const length = envelopeLength(contentLength);
  const sessionKey = randomBytes(32);
  const salt = randomBytes(SALT_LENGTH);
  const pkesk = await to.encryptSessionKey(sessionKey);
  if (pkesk.length !== PKESK_LENGTH) throw new Error("the session key packet has another shape than expected");
  const seipdHeader = concat(Uint8Array.of(0xd2, 0xff), u32(length - SEIPD_BODY_OFFSET), PARAMETERS.slice(1));
  const framing = concat(pkesk, seipdHeader, salt);
  if (parseFraming(framing).recipient !== to.fingerprint) throw new Error("the session key packet is for another recipient");
  yield framing;

  const cipher = await chunkCipher(sessionKey, salt);
  const plainLength = contentLength + LITERAL_HEADER_LENGTH;
  let sealed = 0;
  let chunks = 0;
  for await (const plain of rechunk(prefixed(literalHeader(contentLength), content), CHUNK, new Uint8Array(CHUNK))) {
    sealed += plain.length;
    if (sealed > plainLength) break;
    yield await cipher.seal(chunks++, plain);
  }
  if (sealed !== plainLength) throw new Error("the content does not have the announced length");
  yield await cipher.sealEnd(chunks, plainLength);
}

async function* prefixed(first: Bytes, rest: Source): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* rest;
}

/**
 * Reads the framing and asks for the session key; the content is read and decrypted as it is asked for.
 * @throws {Refusal} of `parseFraming` and of `sessionKeyOf`.
 */
export async function openEnvelope(envelope: Source, sessionKeyOf: SessionKeyOf): Promise<OpenedEnvelope> {
  const stream = new PieceReader(envelope);
  try {
    const first = await stream.exactly(FRAMING_LENGTH);
    const framing = parseFraming(first);
    const sessionKey = await sessionKeyOf(first.slice(0, PKESK_LENGTH), framing);
    if (sessionKey.length !== 32) throw new Refusal("cannot-decrypt");
    const salt = first.slice(FRAMING_LENGTH - SALT_LENGTH);
    return { framing, content: openContent(stream, framing, await chunkCipher(sessionKey, salt)) };
  } catch (error) {
    await stream.close();
    throw error;
  }
}

/** As {@link openEnvelope}, with the session key at hand: nothing secret of a certificate is needed. */
export function openEnvelopeWithSessionKey(envelope: Source, sessionKey: Bytes): Promise<OpenedEnvelope> {
  return openEnvelope(envelope, () => Promise.resolve(sessionKey));
}

async function* openContent(stream: PieceReader, framing: Framing, cipher: ChunkCipher): AsyncGenerator<Bytes, void, undefined> {
  const plainLength = framing.content + LITERAL_HEADER_LENGTH;
  const chunks = Math.ceil(plainLength / CHUNK);
  try {
    for (let index = 0; index < chunks; index++) {
      const size = Math.min(CHUNK, plainLength - index * CHUNK);
      const plain = await cipher.open(index, await sealedBytes(stream, size + TAG_LENGTH));
      if (index > 0) {
        yield plain;
        continue;
      }
      if (!equal(plain.subarray(0, LITERAL_HEADER_LENGTH), literalHeader(framing.content))) throw new Refusal("wrong-framing");
      if (plain.length > LITERAL_HEADER_LENGTH) yield plain.subarray(LITERAL_HEADER_LENGTH);
    }
    await cipher.openEnd(chunks, plainLength, await sealedBytes(stream, TAG_LENGTH));
    if ((await stream.next()) !== null) throw new Refusal("not-authentic");
  } finally {
    await stream.close();
  }
}

async function sealedBytes(stream: PieceReader, length: number): Promise<Bytes> {
  try {
    return await stream.exactly(length);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal("not-authentic") : error;
  }
}
