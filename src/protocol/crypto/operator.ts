/**
 * Streams of any length to the operator of a server, and back: ordinary OpenPGP, for whatever certificate the operator has, version 4 or 6, so that other programs open
 * them too. What the library makes follows the certificate: SEIPD version 2 if it says that it can read it, else version 1 with its modification detection, which is
 * what `gpg` reads. Nothing of a witness is protected by this alone: what is inside is public, or sealed once more.
 *
 * The library's own streams are used here, unlike anywhere else: a backup does not fit into memory. Version 1 is authenticated only at its end, so a reader takes nothing
 * for true, and does nothing, before the stream has ended without a throw.
 */
import { createMessage, decrypt, decryptKey, encrypt, type Key, type PrivateKey, readKey, readMessage, readPrivateKey } from "openpgp";
import { asBytes, type Bytes, rechunk, type Source } from "../bytes.ts";
import { fromUtf8 } from "../encoding.ts";
import { Fault, Refusal } from "../errors.ts";
import { dateOf } from "./certificate.ts";

/** What is handed to the library at once. */
const PIECE = 65_536;

/** A certificate to which the operator's things are encrypted. */
export interface OperatorCertificate {
  /** Of the primary key, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** The stream as one binary message. @throws what `content` throws. */
  seal(content: Source): AsyncGenerator<Bytes, void, undefined>;
}

/** A certificate's secret half, unlocked. */
export interface OperatorKey {
  /** The content of a message. Nothing of it may be believed before it has ended. @throws {Refusal} `cannot-decrypt`, `not-authentic`; what `sealed` throws. */
  open(sealed: Source): AsyncGenerator<Bytes, void, undefined>;
}

/**
 * Reads a certificate, binary or armoured, that has a key for encryption which is valid at `now` (seconds since 1970).
 * @throws {Refusal} `bad-certificate`.
 */
export async function openOperatorCertificate(bytes: Bytes, now: number): Promise<OperatorCertificate> {
  const date = dateOf(now);
  let key: Key;
  try {
    key = isArmoured(bytes) ? await readKey({ armoredKey: fromUtf8(bytes) }) : await readKey({ binaryKey: bytes });
    await key.getEncryptionKey(undefined, date);
  } catch {
    throw new Refusal("bad-certificate", "operator.pgp");
  }
  return {
    fingerprint: key.getFingerprint(),
    seal: async function* (content) {
      const message = await createMessage({ binary: streamOf(content), date: dateOf(0) });
      yield* piecesOf(await encrypt({ message, encryptionKeys: key.toPublic(), date, format: "binary" }), (error) => error);
    },
  };
}

/**
 * Reads a secret key, binary or armoured, and unlocks it.
 * @throws {Refusal} `bad-certificate`; `cannot-unlock` if the passphrase is wrong, or missing.
 */
export async function openOperatorKey(bytes: Bytes, passphrase: string | null): Promise<OperatorKey> {
  let key: PrivateKey;
  try {
    key = isArmoured(bytes) ? await readPrivateKey({ armoredKey: fromUtf8(bytes) }) : await readPrivateKey({ binaryKey: bytes });
  } catch {
    throw new Refusal("bad-certificate", "the operator's secret key");
  }
  try {
    if (!key.isDecrypted()) key = await decryptKey({ privateKey: key, passphrase: passphrase ?? "" });
  } catch {
    throw new Refusal("cannot-unlock");
  }
  return {
    open: async function* (sealed) {
      let data: unknown;
      try {
        const message = await readMessage({ binaryMessage: streamOf(sealed) });
        ({ data } = await decrypt({ message, decryptionKeys: key, format: "binary", config: { allowUnauthenticatedStream: true } }));
      } catch (error) {
        throw error instanceof Fault ? error : new Refusal("cannot-decrypt");
      }
      yield* piecesOf(data, () => new Refusal("not-authentic"));
    },
  };
}

function isArmoured(bytes: Bytes): boolean {
  return bytes[0] === 0x2d;
}

// Streams --------------------------------------------------------------------------------------------------------------------------------------

/** Of a WHATWG stream, what is needed. */
interface Readable {
  getReader(): { read(): Promise<{ done: true } | { done: false; value: Uint8Array }>; cancel(): Promise<void> };
}

/** A source as the library's streams (WHATWG), whose types this program has not: `never` fits everywhere. */
function streamOf(source: Source): never {
  const pieces = rechunk(source, PIECE)[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await pieces.return();
    },
  }) as never;
}

/** What comes out of a stream of the library. Its failures go through `failure`, faults of our own stay as they are. */
async function* piecesOf(stream: unknown, failure: (error: unknown) => unknown): AsyncGenerator<Bytes, void, undefined> {
  const reader = (stream as Readable).getReader();
  try {
    for (;;) {
      let step;
      try {
        step = await reader.read();
      } catch (error) {
        throw error instanceof Fault ? error : failure(error);
      }
      if (step.done) return;
      if (step.value.length > 0) yield asBytes(step.value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
