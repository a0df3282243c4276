import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { challengeDigest, signClaimProof, verifyClaimProof } from "../../../src/protocol/crypto/claim.ts";
import { deriveKeys, newCodename } from "../../../src/protocol/crypto/codename.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { refusalOf } from "../../support/refusals.ts";

describe("the proof of a claim", () => {
  it("stands for one program, purpose, day and question", async () => {
    const { claim } = await deriveKeys(newCodename());
    const asked = { nonce: randomBytes(32), program: "Program", purpose: "claim" } as const;
    const proof = await signClaimProof(claim, challengeDigest(asked, "2026-11-24"));
    await verifyClaimProof(claim.publicKey, proof, challengeDigest(asked, "2026-11-24"));
    for (const other of [
      challengeDigest({ ...asked, program: "Other" }, "2026-11-24"),
      challengeDigest({ ...asked, nonce: randomBytes(32) }, "2026-11-24"),
      challengeDigest(asked, "2026-11-25"),
    ])
      expect(await refusalOf(() => verifyClaimProof(claim.publicKey, proof, other))).toBe("bad-signature");
  });

  it("answers the challenge that was sent and no other", async () => {
    const { claim, thread } = await deriveKeys(newCodename());
    const challenge = randomBytes(32);
    const proof = await signClaimProof(claim, challenge);
    await verifyClaimProof(claim.publicKey, proof, challenge);
    expect(await refusalOf(() => verifyClaimProof(claim.publicKey, proof, randomBytes(32)))).toBe("bad-signature");
    expect(await refusalOf(() => verifyClaimProof(thread.publicKey, proof, challenge))).toBe("bad-signature");
    const changed = { ...proof, signature: randomBytes(64) };
    expect(await refusalOf(() => verifyClaimProof(claim.publicKey, changed, challenge))).toBe("bad-signature");
  });

  it("can be checked with OpenSSL and the specification alone", async () => {
    const { claim } = await deriveKeys(newCodename());
    const challenge = randomBytes(32);
    const { signature } = await signClaimProof(claim, challenge);
    const key = createPublicKey({
      key: Buffer.from(`302a300506032b6570032100${toHex(claim.publicKey)}`, "hex"),
      format: "der",
      type: "spki",
    });
    expect(verify(null, Buffer.concat([Buffer.from("firsthand/claim/v1\0"), challenge]), key, signature)).toBe(true);
  });

  it("is made of a whole challenge only", async () => {
    const { claim } = await deriveKeys(newCodename());
    await expect(signClaimProof(claim, randomBytes(16))).rejects.toThrow("32 bytes");
  });
});
