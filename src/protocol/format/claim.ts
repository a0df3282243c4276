/**
 * The claim part: what the reward officer can read of a tip. Specification section 6. 1,024 bytes: canonical JSON
 * `{ claim: null | public key, proof: null | { challenge, signature }, thread: public key, version: 1 }`, then zeros. It is in every tip and always as long, so
 * neither reviewers nor anybody else can see whether a reward is wanted or a claim is being proved.
 *
 * Version 2 asks for a voucher (section 17) and is as long: `{ claim, thread, version: 2, voucher: { blinded, key, signature } }`.
 */
import { type Bytes } from "../bytes.ts";
import { fromBase64, fromHex, toBase64, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { envelopeLength } from "./envelope.ts";
import { formatJson, hex, nullable, oneOf, parseJson, type Reader, record, text } from "./json.ts";

/** Bytes of a claim part's content. */
export const CLAIM_CONTENT = 1024;
/** Octets of the sealed claim part: 2,310. */
export const CLAIM_LENGTH = envelopeLength(CLAIM_CONTENT);

/** Octets of a voucher key's modulus, and of everything that is signed under it. They stand here and not in voucher.ts so that the page carries no more of it. */
export const VOUCHER_OCTETS = 384;

/** Answers a challenge of the reward officer. Whether it holds is `verifyClaimProof`'s to say. */
export interface ClaimProof {
  /** What is answered, 32 bytes. */
  readonly challenge: Bytes;
  /** By the claim key, 64 bytes. */
  readonly signature: Bytes;
}

/** Asks for a voucher under a key. Whether the claim's holder did is `verifyVoucherRequest`'s to say. */
export interface ClaimVoucher {
  /** 384 bytes. */
  readonly blinded: Bytes;
  /** The key's name, 32 bytes. */
  readonly key: Bytes;
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
  /** Left out unless a voucher is asked for, and then there is a claim and no proof. */
  readonly voucher?: ClaimVoucher;
}

/** The 1,024 bytes. @throws {Refusal} `bad-tip` if {@link parseClaim} would not read them. */
export function formatClaim({ claim, proof, thread, voucher }: Claim): Bytes {
  if (voucher !== undefined && proof !== null) throw new Refusal("bad-tip", "claim");
  const content = new Uint8Array(CLAIM_CONTENT);
  const common = { claim: claim && toHex(claim), thread: toHex(thread) };
  content.set(
    formatJson(
      voucher === undefined
        ? { ...common, proof: proof && { challenge: toHex(proof.challenge), signature: toHex(proof.signature) }, version: 1 }
        : {
            ...common,
            version: 2,
            voucher: { blinded: toBase64(voucher.blinded), key: toHex(voucher.key), signature: toHex(voucher.signature) },
          },
    ),
  );
  parseClaim(content);
  return content;
}

/** {@link VOUCHER_OCTETS} bytes in base64. @throws {Refusal} `bad-field`, `not-base64`. */
export const voucherOctets: Reader<Bytes> = (value, where) => {
  const octets = fromBase64(text((4 * VOUCHER_OCTETS) / 3)(value, where));
  if (octets.length !== VOUCHER_OCTETS) throw new Refusal("bad-field", where);
  return octets;
};

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
const readAsking = record({
  claim: bytesOf(32),
  thread: bytesOf(32),
  version: oneOf([2]),
  voucher: record<{ [K in keyof ClaimVoucher]: Bytes }>({ blinded: voucherOctets, key: bytesOf(32), signature: bytesOf(64) }),
});

/** The claim in 1,024 bytes. @throws {Refusal} `bad-tip` on anything {@link formatClaim} would not have written. */
export function parseClaim(content: Uint8Array): Claim {
  const end = content.indexOf(0);
  if (content.length !== CLAIM_CONTENT || end < 0 || content.subarray(end).some((octet) => octet !== 0))
    throw new Refusal("bad-tip", "claim");
  try {
    const json = parseJson(content.subarray(0, end));
    if (json !== null && typeof json === "object" && "voucher" in json) {
      const { claim, thread, voucher } = readAsking(json, "claim");
      return { claim, proof: null, thread, voucher };
    }
    const { claim, proof, thread } = readClaim(json, "claim");
    if (proof !== null && claim === null) throw new Refusal("bad-field", "proof");
    return { claim, proof, thread };
  } catch {
    throw new Refusal("bad-tip", "claim");
  }
}
