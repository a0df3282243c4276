/**
 * The vault: every secret of the review machine in one file, `vault.locked`, under 256 random bits that only exist as shares on cards. One file means one slow
 * derivation to open it, and one thing to destroy.
 *
 *     vault.locked = lockSecret(canonical JSON { version: 2, casebook: 32-byte key, wrapping: [32-byte keys], program: secret certificate,
 *                    review: 32-byte seed }), bytes in base64
 *
 * It is written over, whole, when the secret of a week is destroyed and when the cards are replaced. A copy made before is still what it was: see README.md, "Destroying".
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { joinShares } from "../../protocol/crypto/quorum.ts";
import { lockSecret, unlockSecret } from "../../protocol/crypto/lock.ts";
import { fromBase64, toBase64 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatJson, list, oneOf, parseJson, record, text } from "../../protocol/format/json.ts";

/** Name of the vault's file in a casebook. */
export const VAULT_FILE = "vault.locked";

/** The review machine's secrets. */
export interface Vault {
  /** AES-256 key of events and people. */
  readonly casebook: Bytes;
  /** Keys around the tips' keys, see tip-keys.ts: one, or the new and the old one. */
  readonly wrapping: readonly Bytes[];
  /** The program certificate with its secret parts, an OpenPGP private key. */
  readonly program: Bytes;
  /** Ed25519 seed of the review key. */
  readonly review: Bytes;
}

const reader = record({
  version: oneOf([2]),
  casebook: text(44, 44),
  wrapping: list(text(44, 44), 2),
  program: text(16_000_000, 4),
  review: text(44, 44),
});

/** The file of a vault, locked under `secret` (32 bytes). */
export async function lockVault(vault: Vault, secret: Bytes): Promise<Bytes> {
  const { casebook, wrapping, program, review } = vault;
  const json = formatJson({
    version: 2,
    casebook: toBase64(casebook),
    wrapping: wrapping.map(toBase64),
    program: toBase64(program),
    review: toBase64(review),
  });
  return lockSecret(json, secret);
}

/**
 * The vault that these shares open. Takes a second or two: a slow derivation.
 * @throws {Refusal} `bad-share`, `not-enough-shares`, `cannot-unlock`, `casebook-damaged`.
 */
export async function openVault(file: Bytes, shares: readonly Bytes[]): Promise<Vault> {
  const json = await unlockSecret(file, await joinShares([...shares]));
  try {
    const fields = reader(parseJson(json), "vault");
    if (fields.wrapping.length === 0) throw new Refusal("bad-field", "wrapping");
    const wrapping = fields.wrapping.map((key) => fromBase64(key));
    return { casebook: fromBase64(fields.casebook), wrapping, program: fromBase64(fields.program), review: fromBase64(fields.review) };
  } catch {
    throw new Refusal("casebook-damaged", "vault");
  }
}
