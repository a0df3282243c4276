import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claim, CLAIM_LENGTH, formatClaim, parseClaim } from "../../../src/protocol/format/claim.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

const CLAIM: Claim = { claim: patternOf(32, 1), proof: null, thread: patternOf(32, 2) };

describe("a claim part", () => {
  const proof = { challenge: patternOf(32, 3), signature: patternOf(64, 4) };

  it("comes back, whether a reward is wanted, being claimed, or not", () => {
    for (const claim of [CLAIM, { ...CLAIM, proof }, { ...CLAIM, claim: null }]) expect(parseClaim(formatClaim(claim))).toEqual(claim);
  });

  it("has one length, sealed and open", () => {
    expect(formatClaim(CLAIM)).toHaveLength(1024);
    expect(formatClaim({ ...CLAIM, proof })).toHaveLength(1024);
    expect(formatClaim({ ...CLAIM, claim: null })).toHaveLength(1024);
    expect(CLAIM_LENGTH).toBe(2310);
  });

  const voucher = { blinded: patternOf(384, 5), key: patternOf(32, 6), signature: patternOf(64, 7) };

  it("comes back when it asks for a voucher, and is no longer then", () => {
    const asking = { ...CLAIM, voucher };
    expect(parseClaim(formatClaim(asking))).toEqual(asking);
    expect(formatClaim(asking)).toHaveLength(1024);
  });

  it("asks for a voucher in the name of a claim only, and proves nothing in the same breath", async () => {
    expect(await refusalOf(() => formatClaim({ ...CLAIM, claim: null, voucher }))).toBe("bad-tip");
    expect(await refusalOf(() => formatClaim({ ...CLAIM, proof, voucher }))).toBe("bad-tip");
    expect(await refusalOf(() => formatClaim({ ...CLAIM, voucher: { ...voucher, blinded: patternOf(383) } }))).toBe("bad-tip");
  });

  it("proves no claim without a claim", async () => {
    expect(await refusalOf(() => formatClaim({ ...CLAIM, claim: null, proof }))).toBe("bad-tip");
  });

  it("is refused in any other form", async () => {
    const bytes = formatClaim({ ...CLAIM, proof });
    const asking = formatClaim({ ...CLAIM, voucher });
    for (const other of [bytes.slice(0, 1023), new Uint8Array(1024), new Uint8Array(0), patternOf(1024), new Uint8Array(1024).fill(32)]) {
      expect(await refusalOf(() => parseClaim(other))).toBe("bad-tip");
    }
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1023 }), fc.nat({ max: 255 }), fc.constantFrom(bytes, asking), async (at, octet, whole) => {
        const attacked = whole.slice();
        attacked[at] = octet;
        const read: { claim?: Claim } = {};
        const code = await refusalOf(() => (read.claim = parseClaim(attacked)));
        if (read.claim !== undefined) expect(formatClaim(read.claim)).toEqual(attacked);
        else expect(code).toBe("bad-tip");
      }),
      { numRuns: 500 },
    );
  });
});
