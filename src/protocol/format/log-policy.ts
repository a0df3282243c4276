/**
 * What an auditor trusts: the keys of one log, who else must have seen it, and the program it belongs to. Canonical JSON. It comes from the people who run
 * the program, by another way than the server.
 *
 *     { cosigners: [vkey, …], log: vkey, quorum, review: vkey, version: 1, witness_program: fingerprint | null }
 */
import type { Bytes } from "../bytes.ts";
import { Refusal } from "../errors.ts";
import { formatJson, hex, integer, list, nullable, oneOf, parseJson, record, text } from "./json.ts";

/** Keys are texts here; `parseVkey` checks them where they are used. */
export interface LogPolicy {
  /** Verifier key of the log; its name is the origin. */
  readonly log: string;
  /** Verifier key of the review machine. */
  readonly review: string;
  /** Verifier keys of cosigners, at most 32. */
  readonly cosigners: readonly string[];
  /** How many of them must have signed; 0 to their number. */
  readonly quorum: number;
  /** Fingerprint of the program certificate's primary key, hexadecimal, if it is pinned. */
  readonly witnessProgram: string | null;
}

const vkey = text(400, 1);
const reader = record({
  cosigners: list(vkey, 32),
  log: vkey,
  quorum: integer(0, 32),
  review: vkey,
  version: oneOf([1]),
  witness_program: nullable(hex(32)),
});

/** The file of a policy. What `parseLogPolicy` would refuse is a bug here. */
export function formatLogPolicy(policy: LogPolicy): Bytes {
  const bytes = formatJson({
    cosigners: policy.cosigners,
    log: policy.log,
    quorum: policy.quorum,
    review: policy.review,
    version: 1,
    witness_program: policy.witnessProgram,
  });
  try {
    parseLogPolicy(bytes);
  } catch (cause) {
    throw new Error("a log policy would not be valid", { cause });
  }
  return bytes;
}

/** The policy in a file. @throws {Refusal} `bad-policy`. */
export function parseLogPolicy(bytes: Uint8Array): LogPolicy {
  try {
    const fields = reader(parseJson(bytes), "policy");
    if (fields.quorum > fields.cosigners.length) throw new Refusal("bad-field", "quorum");
    return {
      log: fields.log,
      review: fields.review,
      cosigners: fields.cosigners,
      quorum: fields.quorum,
      witnessProgram: fields.witness_program,
    };
  } catch (error) {
    throw new Refusal("bad-policy", error instanceof Refusal ? error.where : undefined);
  }
}
