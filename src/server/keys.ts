/**
 * Keys the server has: its own log key, and the public keys of the program.
 *
 * The log key is 32 random bytes in `keys/log.seed` below the data folder, made at first start and never in PostgreSQL. Whoever reads it can sign
 * another history of the log, receipts and bundles; cosigners and everybody who kept a checkpoint would notice, and no tip could be opened with it.
 *
 * KEYS_DIR comes from the key ceremony: `program.pgp`, `rewards.pgp`, `review.vkey`, `retention.note`; and `cosigners`, if there are any, one verifier key a line. A file `DEMO` in it marks keys whose secrets
 * are public.
 */
import { createPrivateKey, sign } from "node:crypto";
import { join } from "node:path";
import type { Bytes } from "../protocol/bytes.ts";
import { type Certificate, openCertificate } from "../protocol/crypto/certificate.ts";
import { type SigningKey, signingKeyFromSeed } from "../protocol/crypto/ed25519.ts";
import { type NoteSigner, noteSignerOf, parseVkey, type Vkey } from "../protocol/crypto/note.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { type DecidedPolicy, openRetentionNote } from "../protocol/crypto/retention-note.ts";
import { fromUtf8 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { FOR_INTAKE_TOO, readIfThere, writeOnceDurably } from "./store/durable-file.ts";

/** Everything below is checked when it is loaded. */
export interface Keys {
  /** Name of the log, of its key, and first line of every checkpoint. */
  readonly origin: string;
  readonly logSigner: NoteSigner;
  /** Who signs what comes back from the review machine. */
  readonly review: Vkey;
  /** Whose cosignatures are published with the checkpoint. At most 32. */
  readonly cosigners: readonly Vkey[];
  readonly program: Certificate;
  readonly rewards: Certificate;
  /** The files as they are, to be trimmed for the page. */
  readonly programBytes: Bytes;
  readonly rewardsBytes: Bytes;
  /** The signed note of the ceremony's retention policy, unchecked: it counts at the first start only, see {@link openFirstPolicy}. */
  readonly retentionNote: Bytes;
  /** Whether the secrets of these keys are public. */
  readonly demo: boolean;
}

/** Where keys are, as the settings have it. */
export interface KeyPlaces {
  readonly dataDir: string;
  readonly keysDir: string;
  readonly origin: string;
}

const SEED_LENGTH = 32;
/** As many as a log policy may name. */
const MOST_COSIGNERS = 32;

/** The last signed checkpoint, kept outside PostgreSQL. */
export function lastCheckpointPath(dataDir: string): string {
  return join(dataDir, "checkpoint.last");
}

/** The file with the seed of the log's key. */
export function logSeedPath(dataDir: string): string {
  return join(dataDir, "keys", "log.seed");
}

/**
 * Reads all keys, and makes the log key at first start.
 * @throws {Refusal} `keys-missing` with the name of the file; `demo-keys` under an onion address; what is wrong with a key.
 */
export async function loadKeys(places: KeyPlaces): Promise<Keys> {
  const file = async (name: string): Promise<Bytes> => {
    const bytes = await readIfThere(join(places.keysDir, name));
    if (bytes === null) throw new Refusal("keys-missing", name);
    return bytes;
  };
  const certificate = async (bytes: Bytes, purpose: Certificate["purpose"]): Promise<Certificate> => {
    const opened = await openCertificate(bytes);
    if (opened.purpose !== purpose) throw new Refusal("wrong-certificate", `${purpose}.pgp`);
    return opened;
  };
  const programBytes = await file("program.pgp");
  const rewardsBytes = await file("rewards.pgp");
  const retentionNote = await file("retention.note");
  const review = parseVkey(fromUtf8(await file("review.vkey")).trimEnd());
  const demo = (await readIfThere(join(places.keysDir, "DEMO"))) !== null;
  if (demo && /\.onion(?:$|[/:])/.test(places.origin)) throw new Refusal("demo-keys");
  return {
    origin: places.origin,
    logSigner: noteSignerOf(places.origin, await signingInThisThread(await logSeed(places.dataDir))),
    review,
    cosigners: await cosignersIn(join(places.keysDir, "cosigners")),
    program: await certificate(programBytes, "program"),
    rewards: await certificate(rewardsBytes, "rewards"),
    programBytes,
    rewardsBytes,
    retentionNote,
    demo,
  };
}

/**
 * The retention policy of the ceremony, with which a log begins. Later ones are in the log and not in KEYS_DIR (store/retention-policies.ts).
 * @throws {Refusal} as `openRetentionNote`.
 */
export function openFirstPolicy({ origin, review, retentionNote }: Keys): Promise<DecidedPolicy> {
  return openRetentionNote(retentionNote, { origin, review, before: null });
}

/** A signing key that does not go to another thread and back, which takes longer than a signature. Every tip gets one. */
async function signingInThisThread(seed: Bytes): Promise<SigningKey> {
  const { publicKey } = await signingKeyFromSeed(seed);
  const [d, x] = [seed, publicKey].map((bytes) => Buffer.from(bytes).toString("base64url"));
  const secret = createPrivateKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", d: d ?? "", x: x ?? "" } });
  return { publicKey, sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, secret))) };
}

/** @throws {Refusal} `bad-vkey`, also if there are too many. */
async function cosignersIn(path: string): Promise<Vkey[]> {
  const bytes = await readIfThere(path);
  const lines = bytes === null ? [] : fromUtf8(bytes).split("\n");
  const texts = lines.filter((line) => line !== "");
  if (texts.length > MOST_COSIGNERS) throw new Refusal("bad-vkey", "too many cosigners");
  return texts.map(parseVkey);
}

/** The log key's seed. A log that has a checkpoint has had a key: a new one is then no first start but a loss. */
async function logSeed(dataDir: string): Promise<Bytes> {
  const path = logSeedPath(dataDir);
  const there = await readIfThere(path);
  if (there?.length === SEED_LENGTH) return there;
  if (there !== null || (await readIfThere(lastCheckpointPath(dataDir))) !== null) throw new Refusal("keys-missing", "log.seed");
  // Two processes that start at once sign with one key.
  return writeOnceDurably(path, randomBytes(SEED_LENGTH), FOR_INTAKE_TOO);
}
