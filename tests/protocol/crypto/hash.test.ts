import { createHash, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asBytes, concat, u64 } from "../../../src/protocol/bytes.ts";
import { fromHex, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { signingKeyFromSeed, verifySignature } from "../../../src/protocol/crypto/ed25519.ts";
import { commitmentOf, digestOf, hkdf, PART_SIZE, partDigest, sha256, withDomain } from "../../../src/protocol/crypto/hash.ts";
import { randomBelow, randomBytes } from "../../../src/protocol/crypto/random.ts";

function opensslSha256(...pieces: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

describe("hashes", () => {
  it("SHA-256 agrees with OpenSSL", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(toHex(sha256(bytes))).toBe(opensslSha256(bytes));
      }),
    );
  });

  it.each([0, 1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 3 * PART_SIZE])(
    "the part digest of %i bytes is the one of the specification",
    async (length) => {
      const bytes = randomBytes(length);
      const hashes: Buffer[] = [];
      for (let at = 0; at < length; at += PART_SIZE) {
        hashes.push(Buffer.from(opensslSha256(bytes.subarray(at, at + PART_SIZE)), "hex"));
      }
      const expected = opensslSha256(utf8("firsthand/parts/v1\0"), u64(length), concat(...hashes));
      const found = await digestOf([bytes.subarray(0, 7), bytes.subarray(7)]);
      expect(toHex(found.digest)).toBe(expected);
      expect(found.length).toBe(length);
    },
  );

  it("the commitment is the one of the specification", () => {
    const nonce = randomBytes(32);
    const digest = randomBytes(32);
    expect(toHex(commitmentOf(nonce, digest))).toBe(opensslSha256(utf8("firsthand/received/v1\0"), nonce, digest));
  });

  it("HKDF agrees with OpenSSL", async () => {
    const secret = randomBytes(16);
    const found = await hkdf(secret, utf8("firsthand/v1"), utf8("mailbox"), 32);
    expect(toHex(found)).toBe(Buffer.from(hkdfSync("sha256", secret, "firsthand/v1", "mailbox", 32)).toString("hex"));
  });
});

describe("what is wrong with the caller", () => {
  const hash = new Uint8Array(32);

  it("is a bug: hashes of more or fewer parts than the length has", () => {
    for (const [length, parts] of [
      [0, 1],
      [1, 0],
      [PART_SIZE, 2],
      [PART_SIZE + 1, 1],
    ] as const) {
      expect(() =>
        partDigest(
          length,
          Array.from({ length: parts }, () => hash),
        ),
      ).toThrow(Error);
    }
  });

  it("is a bug: a nonce or digest that is not 32 bytes", () => {
    for (const length of [0, 31, 33]) {
      expect(() => commitmentOf(new Uint8Array(length), hash)).toThrow(Error);
      expect(() => commitmentOf(hash, new Uint8Array(length))).toThrow(Error);
    }
  });
});

it("what is signed stands behind its domain and one zero octet", () => {
  expect(toHex(withDomain("ab", Uint8Array.of(1, 2)))).toBe("6162000102");
});

describe("Ed25519", () => {
  // RFC 8032 section 7.1, tests 1 to 3
  it.each([
    [
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
  ])("signs as RFC 8032 says, seed %s", async (seed, publicKey, message, signature) => {
    const key = await signingKeyFromSeed(fromHex(seed));
    expect(toHex(key.publicKey)).toBe(publicKey);
    expect(toHex(await key.sign(fromHex(message)))).toBe(signature);
    await verifySignature(key.publicKey, fromHex(message), fromHex(signature));
  });

  it("refuses a changed message, signature or key", async () => {
    const key = await signingKeyFromSeed(randomBytes(32));
    const message = randomBytes(20);
    const signature = await key.sign(message);
    const changed = asBytes(Uint8Array.from(signature, (byte, index) => (index === 3 ? byte ^ 1 : byte)));
    for (const [publicKey, said, signed] of [
      [key.publicKey, randomBytes(20), signature],
      [key.publicKey, message, changed],
      [randomBytes(32), message, signature],
      [new Uint8Array(3), message, signature],
      [key.publicKey, message, new Uint8Array(1)],
    ] as const) {
      await expect(verifySignature(publicKey, said, signed)).rejects.toMatchObject({ code: "bad-signature" });
    }
  });
});

describe("random numbers", () => {
  it("stay below their bound and fill more than WebCrypto gives at once", () => {
    for (let round = 0; round < 500; round++) expect(randomBelow(3)).toBeLessThan(3);
    expect(
      randomBytes(200_000)
        .subarray(199_000)
        .some((byte) => byte !== 0),
    ).toBe(true);
  });
});
