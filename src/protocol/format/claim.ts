/**
 * The claim part: what the reward officer can read of a tip. Specification section 6. 1,024 bytes: canonical JSON
 * `{ claim: null | public key, thread: public key, version: 1 }`, then zeros. It is in every tip and always as long, so neither reviewers nor anybody else can
 * see whether a reward is wanted.
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

/** Public keys, 32 bytes each. */
export interface Claim {
  /** `null` if no reward is wanted. */
  readonly claim: Bytes | null;
  readonly thread: Bytes;
}

/** The 1,024 bytes. */
export function formatClaim({ claim, thread }: Claim): Bytes {
  const content = new Uint8Array(CLAIM_CONTENT);
  content.set(formatJson({ claim: claim && toHex(claim), thread: toHex(thread), version: 1 }));
  return content;
}

const bytes32: Reader<Bytes> = (value, where) => fromHex(hex(32)(value, where));
const readClaim = record({ claim: nullable(bytes32), thread: bytes32, version: oneOf([1]) });

/** The claim in 1,024 bytes. @throws {Refusal} `bad-tip` on anything {@link formatClaim} would not have written. */
export function parseClaim(content: Uint8Array): Claim {
  const end = content.indexOf(0);
  if (content.length !== CLAIM_CONTENT || end < 0 || content.subarray(end).some((octet) => octet !== 0))
    throw new Refusal("bad-tip", "claim");
  try {
    const { claim, thread } = readClaim(parseJson(content.subarray(0, end)), "claim");
    return { claim, thread };
  } catch {
    throw new Refusal("bad-tip", "claim");
  }
}
