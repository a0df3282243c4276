/** Claim parts: an input stands for its octets and zeros after them, since the length is fixed. */
import { CLAIM_CONTENT, formatClaim, parseClaim } from "../../../src/protocol/format/claim.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";
import { withZeros, withoutZeros } from "../engine/zeros.ts";

const key = new Uint8Array(32).fill(3);
const proof = { challenge: new Uint8Array(32).fill(4), signature: new Uint8Array(64).fill(5) };
const voucher = { blinded: new Uint8Array(384).fill(6), key: new Uint8Array(32).fill(7), signature: new Uint8Array(64).fill(8) };

export const target: Target = {
  longest: CLAIM_CONTENT + 1,
  seeds: () =>
    [
      formatClaim({ claim: null, proof: null, thread: key }),
      formatClaim({ claim: key, proof, thread: key }),
      formatClaim({ claim: key, proof: null, thread: key, voucher }),
    ].map(withoutZeros),
  run: (input) => {
    const content = withZeros(input, CLAIM_CONTENT);
    const claim = accepted(() => parseClaim(content));
    if (claim !== undefined) sameAgain(content, formatClaim(claim));
  },
};
