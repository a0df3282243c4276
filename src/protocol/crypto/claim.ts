/**
 * Proving a claim: Ed25519 by the claim key over "firsthand/claim/v1" 0x00 ‖ challenge. Specification section 6. The challenge is the hash of what the page shows in words: who
 * asks, on which day, for what, and 32 fresh random bytes. So an old proof is worth nothing, one for another program or purpose neither, and the domain keeps it from
 * standing for anything else.
 */
import type { Bytes } from "../bytes.ts";
import type { ClaimProof } from "../format/claim.ts";
import { type SigningKey, verifySignature } from "./ed25519.ts";
import { toHex } from "../encoding.ts";
import { formatJson } from "../format/json.ts";
import type { Challenge } from "../format/reply.ts";
import { domainHash, withDomain } from "./hash.ts";

const CLAIM_DOMAIN = "firsthand/claim/v1";

/** What stands for a challenge of the day `date`: H("firsthand/challenge/v1" 0x00 ‖ canonical JSON { date, nonce, program, purpose }), 32 bytes. */
export function challengeDigest({ nonce, program, purpose }: Challenge, date: string): Bytes {
  return domainHash("firsthand/challenge/v1", formatJson({ date, nonce: toHex(nonce), program, purpose }));
}

/** Proof that whoever answers `challenge` (32 bytes) holds the claim key. */
export async function signClaimProof(claim: SigningKey, challenge: Bytes): Promise<ClaimProof> {
  if (challenge.length !== 32) throw new Error("a challenge is 32 bytes");
  return { challenge, signature: await claim.sign(withDomain(CLAIM_DOMAIN, challenge)) };
}

/**
 * Returns if `proof` answers `challenge` and is by the public key `claim`. `challenge` is the one that was sent out, not what the proof says.
 * @throws {Refusal} `bad-signature`, also if the proof answers another challenge.
 */
export async function verifyClaimProof(claim: Bytes, proof: ClaimProof, challenge: Bytes): Promise<void> {
  await verifySignature(claim, withDomain(CLAIM_DOMAIN, challenge), proof.signature);
}
