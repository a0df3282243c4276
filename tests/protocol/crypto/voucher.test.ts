/** Vouchers: the library against RFC 9474's own example, and both sides of ours against each other. */
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Bytes, concat, equal } from "../../../src/protocol/bytes.ts";
import { type SigningKey, signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { askForVoucher, finishVoucher, verifyVoucher, voucherMark } from "../../../src/protocol/crypto/voucher.ts";
import { verifyVoucherRequest, voucherKeyName } from "../../../src/protocol/crypto/voucher-request.ts";
import { fromHex, toHex } from "../../../src/protocol/encoding.ts";
import {
  findVoucherAnswer,
  formatVoucher,
  formatVoucherAnswer,
  formatVoucherOffer,
  parseVoucher,
  parseVoucherOffer,
  type VoucherOffer,
} from "../../../src/protocol/format/voucher.ts";
import { fillerNumber, makeVoucherKey, signBlindly } from "../../../src/reviewer/claims/voucher-key.ts";
import { refusalOf } from "../../support/refusals.ts";

const made = makeVoucherKey();
const TERMS = { amount: 500, currency: "USD", expires: "2027-06-30", least: 20, version: 1 } as const;
const OFFER: VoucherOffer = { ...TERMS, modulus: made.modulus };
let claim: SigningKey;

beforeAll(async () => {
  claim = await signingKeyFromSeed(randomBytes(32));
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the library", () => {
  it("gives RFC 9474's example octet by octet, and OpenSSL signs the same", async () => {
    const vector = JSON.parse(await readFile(new URL("../../vectors/rfc9474.json", import.meta.url), "utf8")) as Record<string, string>;
    const of = (name: string): Bytes => fromHex(vector[name] ?? "");
    const [p, q, inv] = ["p", "q", "inv"].map((name) => BigInt(`0x${vector[name] ?? ""}`)) as [bigint, bigint, bigint];
    const [n, e] = [p * q, 65_537n];
    const d = inverse(e, (p - 1n) * (q - 1n));
    const jwk = {
      kty: "RSA",
      n: url(n),
      e: url(e),
      d: url(d),
      p: url(p),
      q: url(q),
      dp: url(d % (p - 1n)),
      dq: url(d % (q - 1n)),
      qi: url(inverse(q, p)),
    };
    const algorithm = { name: "RSA-PSS", hash: "SHA-384" };
    const publicKey = await crypto.subtle.importKey("jwk", { kty: "RSA", n: jwk.n, e: jwk.e }, algorithm, true, ["verify"]);

    // The library draws prefix, salt and blinding in this order.
    vi.spyOn(crypto, "getRandomValues")
      .mockReturnValueOnce(of("msg_prefix"))
      .mockReturnValueOnce(of("salt"))
      .mockReturnValueOnce(fromHex(inverse(inv, n).toString(16).padStart(1024, "0")));
    const suite = RSABSSA.SHA384.PSS.Randomized();
    const message = suite.prepare(of("msg"));
    expect(equal(message, concat(of("msg_prefix"), of("msg")))).toBe(true);
    const blinded = await suite.blind(publicKey, message);
    expect(toHex(blinded.blindedMsg)).toBe(vector["blinded_msg"]);
    expect(toHex(blinded.inv)).toBe(vector["inv"]);

    const secret = createPrivateKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "pkcs8" });
    const blindSignature = signBlindly(secret.toString("base64"), of("blinded_msg"));
    expect(toHex(blindSignature)).toBe(vector["blind_sig"]);
    const signature = await suite.finalize(publicKey, message, blindSignature, blinded.inv);
    expect(toHex(signature)).toBe(vector["sig"]);
    expect(await suite.verify(publicKey, signature, message)).toBe(true);
  });
});

describe("a voucher", () => {
  it("comes of a request, a blind signature and what was kept, and verifies as RSA-PSS anywhere", async () => {
    const { request, secret } = await askForVoucher(OFFER, claim);
    await verifyVoucherRequest(claim.publicKey, request);
    const voucher = await finishVoucher(OFFER, secret, signBlindly(made.secret, request.blinded));
    await verifyVoucher(voucher, OFFER);
    expect(parseVoucher(formatVoucher(voucher))).toEqual(voucher);
    expect(toHex(voucher.key)).toBe(toHex(voucherKeyName(OFFER)));
    const seen = toHex(concat(request.blinded, request.signature));
    expect(seen).not.toContain(toHex(voucher.message).slice(0, 32));
    expect(toHex(voucherMark(voucher))).not.toBe(toHex(voucherMark({ ...voucher, message: randomBytes(64) })));
  });

  it("does not come of an answer to somebody else, of a filler, or under another key", async () => {
    const { request, secret } = await askForVoucher(OFFER, claim);
    const other = await askForVoucher(OFFER, claim);
    const wrong = [
      signBlindly(made.secret, other.request.blinded),
      fillerNumber(made.secret, OFFER.modulus, "round", "thread"),
      signBlindly(makeVoucherKey().secret, new Uint8Array([0, ...request.blinded.slice(1)])),
      new Uint8Array(383),
    ];
    for (const answer of wrong) expect(await refusalOf(() => finishVoucher(OFFER, secret, answer))).toBe("bad-signature");
    const voucher = await finishVoucher(OFFER, secret, signBlindly(made.secret, request.blinded));
    for (const offer of [
      { ...OFFER, amount: 501 },
      { ...OFFER, expires: "2028-06-30" },
      { ...TERMS, modulus: makeVoucherKey().modulus },
    ])
      expect(await refusalOf(() => verifyVoucher(voucher, offer))).toBe("bad-signature");
    expect(await refusalOf(() => verifyVoucher({ ...voucher, message: randomBytes(64) }, OFFER))).toBe("bad-signature");
  });

  it("is asked for by the claim's holder only, and for one key", async () => {
    const { request } = await askForVoucher(OFFER, claim);
    const another = await signingKeyFromSeed(randomBytes(32));
    expect(await refusalOf(() => verifyVoucherRequest(another.publicKey, request))).toBe("bad-signature");
    for (const changed of [
      { ...request, key: randomBytes(32) },
      { ...request, blinded: randomBytes(384) },
    ])
      expect(await refusalOf(() => verifyVoucherRequest(claim.publicKey, changed))).toBe("bad-signature");
  });

  it("has the key that its offer's modulus says", () => {
    const jwk = createPublicKey(createPrivateKey({ key: Buffer.from(made.secret, "base64"), format: "der", type: "pkcs8" })).export({
      format: "jwk",
    });
    expect(Buffer.from(jwk.n ?? "", "base64url").toString("base64")).toBe(made.modulus);
    expect(jwk.e).toBe("AQAB");
  });

  it("is asked with numbers below the modulus only", async () => {
    expect(await refusalOf(() => signBlindly(made.secret, new Uint8Array(384).fill(255)))).toBe("bad-field");
  });
});

describe("fillers", () => {
  it("are the same for the same round and witness, and for no other", () => {
    const of = (round: string, thread: string) => toHex(fillerNumber(made.secret, OFFER.modulus, round, thread));
    expect(of("a", "b")).toBe(of("a", "b"));
    expect(new Set([of("a", "b"), of("a", "c"), of("b", "b")]).size).toBe(3);
  });
});

describe("the forms", () => {
  it("of an offer is one and strict", async () => {
    expect(parseVoucherOffer(formatVoucherOffer(OFFER))).toEqual(OFFER);
    const even = Buffer.from(OFFER.modulus, "base64");
    even.writeUInt8(even.readUInt8(383) & 254, 383);
    const short = Buffer.from(OFFER.modulus, "base64");
    short.writeUInt8(1, 0);
    for (const changed of [
      ...[{ least: 1 }, { amount: 0 }, { currency: "usd" }, { expires: "2027-02-30" }, { expires: "soon" }],
      ...[{ modulus: "" }, { modulus: even.toString("base64") }, { modulus: short.toString("base64") }, { modulus: "!".repeat(512) }],
    ])
      expect(await refusalOf(() => formatVoucherOffer({ ...OFFER, ...changed }))).toBe("bad-field");
  });

  it("of an answer is found in a message however a page broke its lines", async () => {
    const answer = randomBytes(384);
    const text = `Hello.\n\n${formatVoucherAnswer(answer)}\nBye.`;
    expect(findVoucherAnswer(text)).toEqual(answer);
    expect(findVoucherAnswer(text.replaceAll(/.{40}/g, "$&\r\n"))).toEqual(answer);
    expect(await refusalOf(() => findVoucherAnswer("Hello."))).toBe("truncated");
    expect(await refusalOf(() => findVoucherAnswer("BEGIN VOUCHER ANSWER\nAAAA\nEND VOUCHER ANSWER"))).toBe("bad-field");
  });

  it("of a voucher is one: what is read would have been written", async () => {
    const bytes = formatVoucher({ key: randomBytes(32), message: randomBytes(64), signature: randomBytes(384) });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), async (at, octet) => {
        const attacked = bytes.slice();
        attacked[at] = octet;
        const read: { bytes?: Bytes } = {};
        const code = await refusalOf(() => (read.bytes = formatVoucher(parseVoucher(attacked))));
        if (read.bytes !== undefined) expect(read.bytes).toEqual(attacked);
        else expect(["not-canonical-json", "bad-field", "not-base64", "not-hex"]).toContain(code);
      }),
      { numRuns: 300 },
    );
  });
});

function inverse(a: bigint, modulus: bigint): bigint {
  let [r, next, s, other] = [a % modulus, modulus, 1n, 0n];
  while (next !== 0n) [r, next, s, other] = [next, r % next, other, s - (r / next) * other];
  return ((s % modulus) + modulus) % modulus;
}

function url(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex").toString("base64url");
}
