/**
 * Locked secrets: one OpenPGP message under a passphrase, SKESK version 6 with Argon2id (RFC 9580 sections 3.7.1.4 and 5.3.2) and SEIPD version 2, AES-256-GCM.
 *
 * One message around the whole secret half and not a passphrase on each of its packets: every packet would have its own salt, and 53 derivations take half a
 * minute. The passphrase is random bytes, 32 from a quorum, given to the library as lower-case hexadecimal: so `sq` or any other tool opens it too.
 * Argon2id with 64 MiB, 3 passes, 4 lanes is RFC 9106's second recommended choice. Never needed on the page: Tor Browser's safer levels have no WebAssembly.
 */
import { createMessage, decrypt, encrypt, readMessage } from "openpgp";
import { asBytes, type Bytes } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { dateOf } from "./certificate.ts";

const ARGON2 = 4;
const GCM = 3;
/** 2^21 KiB: what unlocking may be made to allocate. */
const MOST_MEMORY_EXPONENT = 21;

const ARGON2_PARAMETERS = { passes: 3, parallelism: 4, memoryExponent: 16 };

/** The message. `passphrase` is 16 or more random bytes. About half a second of work. */
export async function lockSecret(secret: Bytes, passphrase: Bytes): Promise<Bytes> {
  if (passphrase.length < 16) throw new Error("the passphrase is too short");
  const locked = await encrypt({
    message: await createMessage({ binary: secret, date: dateOf(0) }),
    passwords: toHex(passphrase),
    format: "binary",
    config: { aeadProtect: true, preferredAEADAlgorithm: GCM, s2kType: ARGON2, s2kArgon2Params: ARGON2_PARAMETERS },
  });
  // SKESK version 6, then nothing this program wrote would be anything else; the library falls back silently.
  if (locked[0] !== 0xc3 || locked[2] !== 6) throw new Error("the lock has another shape than expected");
  return asBytes(locked);
}

/** The secret again. @throws {Refusal} `cannot-unlock` on a wrong passphrase or anything else that does not open. */
export async function unlockSecret(locked: Bytes, passphrase: Bytes): Promise<Bytes> {
  try {
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: locked }),
      passwords: toHex(passphrase),
      format: "binary",
      config: { maxArgon2MemoryExponent: MOST_MEMORY_EXPONENT, allowUnauthenticatedMessages: false },
    });
    return asBytes(data);
  } catch {
    throw new Refusal("cannot-unlock");
  }
}
