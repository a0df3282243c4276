/**
 * People's signing keys. Each person has an Ed25519 key of their own; its seed lies in the casebook, locked a second time by something only they have. So whoever opens the
 * casebook can read, and cannot sign as anybody else.
 *
 *     people/<public key>.jwe    canonical JSON { version: 1, lock: "own" | "none", seed } under the casebook's key
 *     own:  seed = lockSecret(32-byte seed, own secret), base64       none: the seed itself; practice casebooks only
 *
 * The own secret is 32 bytes: those of a card (a share of one of one, share-cards.ts), or H("firsthand/passphrase/v1" 0x00 ‖ passphrase in NFKC, outer space removed).
 * Either goes through Argon2id (lock.ts of protocol).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../../protocol/bytes.ts";
import { type SigningKey, signingKeyFromSeed } from "../../protocol/crypto/ed25519.ts";
import { domainHash } from "../../protocol/crypto/hash.ts";
import { lockSecret, unlockSecret } from "../../protocol/crypto/lock.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { fromBase64, toBase64, toHex, utf8 } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { formatJson, oneOf, parseJson, record, text } from "../../protocol/format/json.ts";
import { closeBox, openBox } from "./box.ts";
import { writeDurably } from "./durable-file.ts";
import type { Person } from "./event.ts";
import type { Role } from "./roles.ts";

/** A person at the keyboard. */
export interface ActingPerson extends Person {
  readonly signing: SigningKey;
}

/** Somebody who is to get a key. */
export interface NewPerson {
  readonly name: string;
  readonly roles: readonly Role[];
  /** 32 bytes that only they have; `null` in a practice casebook. */
  readonly secret: Bytes | null;
}

/** Shortest passphrase, in characters. It guards against colleagues with an open casebook and against whoever has k cards. */
const SHORTEST_PASSPHRASE = 16;

const keyFile = record({ version: oneOf([1]), lock: oneOf(["none", "own"]), seed: text(4096, 44) });

/** The own secret of a passphrase. @throws {Refusal} `weak-passphrase` below 16 characters. */
export function secretOfPassphrase(passphrase: string): Bytes {
  const plain = passphrase.normalize("NFKC").trim();
  if (Array.from(plain).length < SHORTEST_PASSPHRASE) throw new Refusal("weak-passphrase");
  return domainHash("firsthand/passphrase/v1", utf8(plain));
}

/** Makes a signing key for a new person and puts it into the casebook's folder. They are of the casebook only once an event says so. */
export async function makePerson(folder: string, key: Bytes, { name, roles, secret }: NewPerson): Promise<Person> {
  const seed = randomBytes(32);
  const person: Person = { name, key: toHex((await signingKeyFromSeed(seed)).publicKey), roles: [...roles].sort() };
  const locked = secret === null ? seed : await lockSecret(seed, secret);
  const json = formatJson({ version: 1, lock: secret === null ? "none" : "own", seed: toBase64(locked) });
  await writeDurably(pathOf(folder, person), [await closeBox(json, key, "firsthand-person")]);
  return person;
}

/**
 * A person with their key unlocked. `practice`: a key without a lock is believed.
 * @throws {Refusal} `cannot-unlock` without their secret or with another; `casebook-damaged`.
 */
export async function unlockPerson(
  folder: string,
  key: Bytes,
  person: Person,
  secret: Bytes | null,
  practice: boolean,
): Promise<ActingPerson> {
  const file = await readFile(pathOf(folder, person)).catch((cause: unknown) => {
    throw new Fault("reading the signing key of a person", cause);
  });
  const { lock, seed } = keyFile(parseJson(await openBox(new Uint8Array(file), key, "firsthand-person")), "person");
  if (lock === "none" && !practice) throw new Refusal("casebook-damaged", "signing key without a lock");
  const signing = await signingKeyFromSeed(lock === "none" ? fromBase64(seed) : await unlockSeed(fromBase64(seed), secret));
  if (toHex(signing.publicKey) !== person.key) throw new Refusal("casebook-damaged", "signing key of a person");
  return { ...person, signing };
}

function unlockSeed(locked: Bytes, secret: Bytes | null): Promise<Bytes> {
  if (secret === null) throw new Refusal("cannot-unlock", "signing key of a person");
  return unlockSecret(locked, secret);
}

function pathOf(folder: string, { key }: Person): string {
  return join(folder, "people", `${key}.jwe`);
}
