/**
 * Certificates and their epochs. Specification section 2: OpenPGP version 6 (RFC 9580), an Ed25519 primary that certifies, one ML-KEM-768+X25519 subkey
 * (RFC 9980, algorithm 35) for each window of seven days, windows that do not overlap. In packets, and in nothing but these:
 *
 *     primary key, direct-key signature (0x1F), user ID, its certification (0x13), then per epoch: subkey, binding signature (0x18)
 *
 * The library reads much more: revocations, further users, unknown packets that it drops. A certificate with any of it is refused, because the page, the gate and
 * the review machine must see the same epochs in the same bytes.
 *
 * The secret half belongs to the review machine alone. An epoch's secret is destroyed by turning its subkey into a stub (GnuPG's `gnu-dummy` S2K), which
 * keeps the public record; whoever holds an older copy of the file still has the secret.
 */
import {
  decryptSessionKeys,
  encryptSessionKey,
  generateKey,
  type Key,
  type PrivateKey,
  readKey,
  readMessage,
  readPrivateKey,
  type Subkey,
} from "openpgp";
import { asBytes, type Bytes, concat, equal, u32 } from "../bytes.ts";
import { toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { SECONDS_A_DAY } from "../format/date.ts";
import { PKESK_LENGTH, SEIPD_PARAMETERS, TAG_LENGTH } from "../format/envelope.ts";

/** Numbers of RFC 9580 and RFC 9980, by hand: the library's `enums` have no types that the compiler finds. */
const ED25519 = 27;
const ML_KEM_768_X25519 = 35;
/** Key flags: encrypt communications and storage. */
const ENCRYPTS = 0x0c;
const GCM = 3;

/** Seconds in an epoch: seven days. */
export const EPOCH_SECONDS = 604_800;
/** How long before its window an epoch is already accepted: clocks are often wrong. */
const EARLY_DAYS = 2;

/** What a certificate is for. */
export type Purpose = "program" | "rewards";
const USER_IDS: Readonly<Record<Purpose, string>> = { program: "Firsthand program", rewards: "Firsthand rewards" };

/** One window's subkey, its binding verified. */
export interface EpochKey {
  /** 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** First second of the window (Unix time). */
  readonly from: number;
  /** First second after it. */
  readonly to: number;
  readonly certificate: Purpose;
  /** A PKESK packet of {@link PKESK_LENGTH} octets with the 32-byte session key. */
  encryptSessionKey(sessionKey: Bytes): Promise<Bytes>;
}

/** A certificate all of whose signatures hold. */
export interface Certificate {
  /** Of the primary key, 64 hexadecimal digits. */
  readonly fingerprint: string;
  readonly purpose: Purpose;
  /** In the order of their windows; at least one. */
  readonly epochs: readonly EpochKey[];
}

/** A certificate's secret half, in memory. */
export interface SecretCertificate {
  readonly fingerprint: string;
  /** Fingerprints of all epochs, in order, with or without their secret. */
  readonly epochs: readonly string[];
  /** Fingerprints of those whose secret is gone. */
  readonly destroyed: readonly string[];
  /**
   * The session key in a PKESK packet.
   * @throws {Refusal} `wrong-recipient` if it is for no epoch of this certificate, `key-destroyed`, `cannot-decrypt`.
   */
  decryptSessionKey(pkesk: Bytes): Promise<Bytes>;
  /** Destroys an epoch's secret here and returns the secret half without it, to be written over the old one. @throws {Refusal} `no-epoch`. */
  destroyEpoch(fingerprint: string): Promise<Bytes>;
  /** The public half. */
  publicBytes(): Bytes;
}

const STRICT = { ignoreUnsupportedPackets: false, ignoreMalformedPackets: false, enableParsingV5Entities: false };

/** The library wants its own kind of time; this is not a clock. */
export function dateOf(unixSeconds: number): Date {
  // eslint-disable-next-line no-restricted-globals -- the library's parameter type, from a time that was given
  return new Date(unixSeconds * 1000);
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function badCertificate(where: string): never {
  throw new Refusal("bad-certificate", where);
}

/**
 * The certificate in `bytes`, every signature verified.
 * @param pinned the primary's fingerprint, 64 hexadecimal digits; without it, whose certificate it is remains for the caller to decide.
 * @throws {Refusal} `bad-certificate` on another kind or encoding, `wrong-certificate` if the fingerprint is not the pinned one.
 */
export async function openCertificate(bytes: Bytes, pinned?: string): Promise<Certificate> {
  let key: Key;
  try {
    key = await readKey({ binaryKey: bytes, config: STRICT });
  } catch {
    return badCertificate("packets");
  }
  if (key.isPrivate() || !equal(key.write(), bytes)) badCertificate("packets");
  if (pinned !== undefined && key.getFingerprint() !== pinned) throw new Refusal("wrong-certificate");
  const purpose = purposeOf(key);
  await verifySelfSignatures(key);
  const epochs: EpochKey[] = [];
  for (const subkey of key.subkeys) epochs.push(await openEpoch(key, subkey, purpose));
  if (epochs.some(({ from }, index) => from < (epochs[index - 1]?.to ?? 0))) badCertificate("overlapping epochs");
  return { fingerprint: key.getFingerprint(), purpose, epochs };
}

/** Checks which packets there are, and of which kinds. */
function purposeOf(key: Key): Purpose {
  const packets = key.toPacketList().map((packet) => {
    const { tag } = packet.constructor as unknown as { tag: number };
    return "signatureType" in packet ? `${String(tag)}:${String(packet.signatureType)}` : String(tag);
  });
  const isExpected = packets.every((kind, index) => kind === (["6", "2:31", "13", "2:19"][index] ?? (index % 2 === 0 ? "14" : "2:24")));
  if (!isExpected || packets.length < 6 || packets.length % 2 !== 0) badCertificate("packets");
  if (key.keyPacket.version !== 6 || key.keyPacket.algorithm !== ED25519) badCertificate("primary key");
  const name = key.getUserIDs()[0];
  return name === USER_IDS.program ? "program" : name === USER_IDS.rewards ? "rewards" : badCertificate("user ID");
}

async function verifySelfSignatures(key: Key): Promise<void> {
  try {
    for (const subkey of [key.subkeys[0], key.subkeys.at(-1)]) {
      const date = subkey?.getCreationTime();
      await key.verifyPrimaryKey(date, undefined, undefined);
      await key.users[0]?.verify(date);
    }
  } catch {
    badCertificate("self-signature");
  }
}

async function openEpoch(key: Key, subkey: Subkey, certificate: Purpose): Promise<EpochKey> {
  const { keyPacket } = subkey;
  if (keyPacket.version !== 6 || keyPacket.algorithm !== ML_KEM_768_X25519) badCertificate("subkey");
  const from = secondsOf(subkey.getCreationTime());
  try {
    const binding = await subkey.verify(dateOf(from));
    const isWindow = binding.keyNeverExpires === false && binding.keyExpirationTime === EPOCH_SECONDS && binding.signatureNeverExpires;
    if (!isWindow || binding.keyFlags?.length !== 1 || binding.keyFlags[0] !== ENCRYPTS) badCertificate("binding signature");
  } catch {
    badCertificate("binding signature");
  }
  return {
    fingerprint: subkey.getFingerprint(),
    from,
    to: from + EPOCH_SECONDS,
    certificate,
    encryptSessionKey: async (sessionKey) => {
      if (sessionKey.length !== 32) throw new Error("a session key is 32 bytes");
      const packet = await encryptSessionKey({
        data: sessionKey,
        algorithm: "aes256",
        aeadAlgorithm: "gcm",
        encryptionKeys: key.toPublic(),
        encryptionKeyIDs: subkey.getKeyID(),
        date: dateOf(from),
        format: "binary",
      });
      return asBytes(packet);
    },
  };
}

/**
 * The epoch of a moment. With `slackSeconds`, for a device whose clock may be wrong, the nearest epoch that is at most so far away.
 * @throws {Refusal} `no-epoch`, or with slack `clock-outside-epoch`, if there is none.
 */
export function epochAt(certificate: Certificate, unixSeconds: number, slackSeconds = 0): EpochKey {
  const distance = ({ from, to }: EpochKey): number => Math.max(from - unixSeconds, unixSeconds - (to - 1), 0);
  const [nearest] = certificate.epochs.toSorted((a, b) => distance(a) - distance(b));
  if (nearest !== undefined && distance(nearest) <= slackSeconds) return nearest;
  throw new Refusal(slackSeconds > 0 ? "clock-outside-epoch" : "no-epoch");
}

/** The epochs that the gate accepts: the one before for `graceDays` after its end, the current one, and the next one from two days before its beginning. */
export function acceptedEpochs(certificate: Certificate, unixSeconds: number, graceDays: number): EpochKey[] {
  const before = certificate.epochs.findLast(({ to }) => to <= unixSeconds);
  return certificate.epochs.filter((epoch) => {
    if (epoch.to <= unixSeconds) return epoch === before && unixSeconds < epoch.to + graceDays * SECONDS_A_DAY;
    return unixSeconds >= epoch.from - EARLY_DAYS * SECONDS_A_DAY;
  });
}

/** The same certificate with only these epochs. @throws {Refusal} `no-epoch` if one of them is not in it, `bad-certificate`. */
export async function trimCertificate(bytes: Bytes, fingerprints: readonly string[]): Promise<Bytes> {
  await openCertificate(bytes);
  const key = await readKey({ binaryKey: bytes, config: STRICT });
  const kept = key.subkeys.filter((subkey) => fingerprints.includes(subkey.getFingerprint()));
  if (kept.length === 0 || kept.length !== new Set(fingerprints).size) throw new Refusal("no-epoch");
  key.subkeys = kept;
  return asBytes(key.write());
}

/**
 * A new certificate of `epochs` weeks (1 to 520) from `start` (Unix seconds, a midnight UTC).
 * `secretBytes` is not locked: it must not touch a disk before `lockSecret` of `lock.ts`.
 */
export async function generateCertificate(wanted: {
  readonly purpose: Purpose;
  readonly start: number;
  readonly epochs: number;
}): Promise<{ publicBytes: Bytes; secretBytes: Bytes; fingerprint: string }> {
  const { purpose, start, epochs } = wanted;
  if (!Number.isSafeInteger(start) || start % SECONDS_A_DAY !== 0 || !(epochs >= 1 && epochs <= 520)) throw new Error("no such windows");
  const { publicKey, privateKey } = await generateKey({
    type: "curve25519",
    userIDs: { name: USER_IDS[purpose] },
    date: dateOf(start),
    subkeys: Array.from({ length: epochs }, (_, index) => ({
      type: "pqc" as const,
      date: dateOf(start + index * EPOCH_SECONDS),
      keyExpirationTime: EPOCH_SECONDS,
    })),
    format: "binary",
    config: { v6Keys: true, aeadProtect: true, preferredAEADAlgorithm: GCM },
  });
  const publicBytes = asBytes(publicKey);
  const { fingerprint } = await openCertificate(publicBytes);
  return { publicBytes, secretBytes: asBytes(privateKey), fingerprint };
}

/**
 * The same certificate with `epochs` more weeks (1 to 520) directly after its last one, from its unlocked secret half. Everything in it stays as it was, stubs of destroyed epochs too.
 * `secretBytes` of the answer is not locked either. @throws {Refusal} `bad-certificate`.
 */
export async function extendCertificate(secretBytes: Bytes, epochs: number): Promise<{ publicBytes: Bytes; secretBytes: Bytes }> {
  if (!(Number.isSafeInteger(epochs) && epochs >= 1 && epochs <= 520)) throw new Error("no such windows");
  const { fingerprint, epochs: before } = await openCertificate((await openSecret(secretBytes)).publicBytes());
  const start = before.at(-1)?.to ?? badCertificate("epochs");
  let key = await readPrivateKey({ binaryKey: secretBytes, config: STRICT });
  for (let index = 0; index < epochs; index++) {
    key = await key.addSubkey({
      type: "pqc",
      date: dateOf(start + index * EPOCH_SECONDS),
      keyExpirationTime: EPOCH_SECONDS,
      config: { v6Keys: true, aeadProtect: true, preferredAEADAlgorithm: GCM },
    });
  }
  const publicBytes = asBytes(key.toPublic().write());
  if ((await openCertificate(publicBytes, fingerprint)).epochs.length !== before.length + epochs) throw new Error("a week is missing");
  return { publicBytes, secretBytes: asBytes(key.write()) };
}

/** Opens an unlocked secret half. @throws {Refusal} `bad-certificate` as {@link openCertificate} does for its public half. */
export async function openSecret(secretBytes: Bytes): Promise<SecretCertificate> {
  let key: PrivateKey;
  try {
    key = await readPrivateKey({ binaryKey: secretBytes, config: STRICT });
  } catch {
    return badCertificate("secret half");
  }
  const publicBytes = asBytes(key.toPublic().write());
  const { fingerprint, epochs } = await openCertificate(publicBytes);
  const subkeys = new Map(key.subkeys.map((subkey) => [subkey.getFingerprint(), subkey]));
  return {
    fingerprint,
    epochs: epochs.map((epoch) => epoch.fingerprint),
    get destroyed() {
      return [...subkeys].filter(([, subkey]) => isDestroyed(subkey)).map(([name]) => name);
    },
    decryptSessionKey: async (pkesk) => {
      const subkey = subkeys.get(toHex(pkesk.subarray(6, 38)));
      if (subkey === undefined || pkesk.length !== PKESK_LENGTH) throw new Refusal("wrong-recipient");
      if (isDestroyed(subkey)) throw new Refusal("key-destroyed");
      return decryptPacket(key, pkesk);
    },
    destroyEpoch: (name) => {
      const packet = subkeys.get(name)?.keyPacket;
      if (packet === undefined || !("makeDummy" in packet)) return Promise.reject(new Refusal("no-epoch"));
      packet.makeDummy();
      return Promise.resolve(asBytes(key.write()));
    },
    publicBytes: () => publicBytes.slice(),
  };
}

function isDestroyed({ keyPacket }: Subkey): boolean {
  return !("isDummy" in keyPacket) || keyPacket.isDummy();
}

async function decryptPacket(key: PrivateKey, pkesk: Bytes): Promise<Bytes> {
  // The library wants a message. An empty encrypted packet tells it which kind of session key this is.
  const rest = concat(Uint8Array.from(SEIPD_PARAMETERS.slice(1)), new Uint8Array(32 + TAG_LENGTH));
  const message = concat(pkesk, Uint8Array.of(0xd2, 0xff), u32(rest.length), rest);
  try {
    const found = await decryptSessionKeys({ message: await readMessage({ binaryMessage: message, config: STRICT }), decryptionKeys: key });
    const [sessionKey] = found;
    if (sessionKey?.data.length === 32) return asBytes(sessionKey.data);
  } catch {
    throw new Refusal("cannot-decrypt");
  }
  throw new Refusal("cannot-decrypt");
}
