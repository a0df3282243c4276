/**
 * OpenPGP for what leaves towards an agency (README, section 15): a detached signature by the primary key of the program certificate, and encryption to a certificate
 * that somebody else made. Theirs may be of any version and algorithm that the library takes for sound, and the message is of the kind their certificate says it can read;
 * nothing here is asked of it that section 2 asks of our own certificates.
 */
import { createMessage, decrypt, encrypt, type Key, readKey, readMessage, readPrivateKey, readSignature, sign, verify } from "openpgp";
import { asBytes, type Bytes } from "../bytes.ts";
import { fromUtf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { dateOf } from "./certificate.ts";

const ARMOUR = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/** Signature of `data` by the primary key in `secret` (an unlocked OpenPGP private key), made at `unixSeconds`. Salted: no two are the same. */
export async function signDetached(secret: Bytes, data: Bytes, unixSeconds: number): Promise<Bytes> {
  const signature = await sign({
    message: await createMessage({ binary: data }),
    signingKeys: await readPrivateKey({ binaryKey: secret }),
    detached: true,
    format: "binary",
    date: dateOf(unixSeconds),
  });
  return asBytes(signature);
}

/**
 * Returns if `signature` is by the certificate `signer` over `data`, whenever it was made before `unixSeconds`.
 * @throws {Refusal} `bad-certificate`, `bad-signature`.
 */
export async function verifyDetached(signer: Bytes, data: Bytes, signature: Bytes, unixSeconds: number): Promise<void> {
  const key = await foreignKey(signer);
  try {
    const { signatures } = await verify({
      message: await createMessage({ binary: data }),
      signature: await readSignature({ binarySignature: signature }),
      verificationKeys: key.toPublic(),
      date: dateOf(unixSeconds),
      format: "binary",
    });
    const [first] = signatures;
    if (signatures.length === 1 && first !== undefined) {
      await first.verified;
      return;
    }
  } catch {
    // What is wrong with it is not told apart.
  }
  throw new Refusal("bad-signature");
}

/** A certificate of somebody else. */
export interface ForeignCertificate {
  /** Of its primary key, hexadecimal: 40 or 64 digits. */
  readonly fingerprint: string;
  /** `data` as a message that only its holder can read. */
  encrypt(data: Bytes): Promise<Bytes>;
}

/**
 * The certificate in `bytes`, binary or armoured, if one can encrypt to it at `unixSeconds`.
 * @throws {Refusal} `bad-certificate`.
 */
export async function foreignCertificate(bytes: Bytes, unixSeconds: number): Promise<ForeignCertificate> {
  const key = await foreignKey(bytes);
  const date = dateOf(unixSeconds);
  try {
    await key.getEncryptionKey(undefined, date);
  } catch {
    throw new Refusal("bad-certificate", "nothing can be encrypted to it");
  }
  return {
    fingerprint: key.getFingerprint(),
    encrypt: async (data) =>
      asBytes(await encrypt({ message: await createMessage({ binary: data }), encryptionKeys: key.toPublic(), format: "binary", date })),
  };
}

/**
 * What a message holds, by the unlocked private key `secret`.
 * @throws {Refusal} `cannot-decrypt`.
 */
export async function decryptWith(secret: Bytes, message: Bytes, unixSeconds: number): Promise<Bytes> {
  try {
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: message }),
      decryptionKeys: await readPrivateKey({ binaryKey: secret }),
      format: "binary",
      date: dateOf(unixSeconds),
    });
    return asBytes(data);
  } catch {
    throw new Refusal("cannot-decrypt");
  }
}

async function foreignKey(bytes: Bytes): Promise<Key> {
  try {
    const armoured = bytes[0] === ARMOUR.charCodeAt(0);
    const key = armoured ? await readKey({ armoredKey: fromUtf8(bytes) }) : await readKey({ binaryKey: bytes });
    if (!key.isPrivate()) return key;
  } catch {
    // Whatever it is, it is no certificate.
  }
  throw new Refusal("bad-certificate");
}
