/**
 * The claim part: what the reward officer can read of a tip. Specification section 6. 1,024 bytes: canonical JSON
 * `{ claim: null | public key, proof: null | { challenge, signature }, thread: public key, version: 1 }`, then zeros. It is in every tip and always as long, so
 * neither reviewers nor anybody else can see whether a reward is wanted or a claim is being proved.
 */
import { type Bytes } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { envelopeLength } from "./envelope.ts";
import { formatJson, hex, nullable, oneOf, parseJson, type Reader, record } from "./json.ts";

/** Bytes of a claim part's content. */
export const CLAIM_CONTENT = 1024;
/** Octets of the sealed claim part: 2,310. */
export const CLAIM_LENGTH = envelopeLength(CLAIM_CONTENT);

/** Answers a challenge of the reward officer. Whether it holds is `verifyClaimProof`'s to say. */
export interface ClaimProof {
  /** What is answered, 32 bytes. */
  readonly challenge: Bytes;
  /** By the claim key, 64 bytes. */
  readonly signature: Bytes;
}

/** Public keys, 32 bytes each. */
export interface Claim {
  /** `null` if no reward is wanted. */
  readonly claim: Bytes | null;
  /** `null` if no challenge is answered, and always if `claim` is. */
  readonly proof: ClaimProof | null;
  readonly thread: Bytes;
}

/** The 1,024 bytes. @throws {Refusal} `bad-tip` if {@link parseClaim} would not read them. */
export function formatClaim({ claim, proof, thread }: Claim): Bytes {
  const content = new Uint8Array(CLAIM_CONTENT);
  content.set(
    formatJson({
      claim: claim && toHex(claim),
      proof: proof && { challenge: toHex(proof.challenge), signature: toHex(proof.signature) },
      thread: toHex(thread),
      version: 1,
    }),
  );
  parseClaim(content);
  return content;
}

const bytesOf =
  (length: number): Reader<Bytes> =>
  (value, where) =>
    fromHex(hex(length)(value, where));
const readClaim = record({
  claim: nullable(bytesOf(32)),
  proof: nullable<ClaimProof>(record({ challenge: bytesOf(32), signature: bytesOf(64) })),
  thread: bytesOf(32),
  version: oneOf([1]),
});

/** The claim in 1,024 bytes. @throws {Refusal} `bad-tip` on anything {@link formatClaim} would not have written. */
export function parseClaim(content: Uint8Array): Claim {
  const end = content.indexOf(0);
  if (content.length !== CLAIM_CONTENT || end < 0 || content.subarray(end).some((octet) => octet !== 0))
    throw new Refusal("bad-tip", "claim");
  try {
    const { claim, proof, thread } = readClaim(parseJson(content.subarray(0, end)), "claim");
    if (proof !== null && claim === null) throw new Refusal("bad-field", "proof");
    return { claim, proof, thread };
  } catch {
    throw new Refusal("bad-tip", "claim");
  }
}
