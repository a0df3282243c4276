import fc from "fast-check";
import { createMessage, encrypt, generateKey, type PartialConfig, readKey } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes, collect, concat, u32 } from "../../../src/protocol/bytes.ts";
import { sealEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { fromHex, utf8 } from "../../../src/protocol/encoding.ts";
import type { RefusalCode } from "../../../src/protocol/errors.ts";
import { contentLength, envelopeLength, FRAMING_LENGTH, parseFraming, parseTipFraming } from "../../../src/protocol/format/envelope.ts";
import { LARGEST_CONTENT, SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { patternOf, streamOf } from "../../support/bytes.ts";
import { type KeyPair, middleOf, newKeyPair } from "../../support/certificates.ts";
import { refusalOf } from "../../support/refusals.ts";

let program: KeyPair;
let rewards: KeyPair;
let envelope: Bytes;

beforeAll(async () => {
  program = await newKeyPair("program");
  rewards = await newKeyPair("rewards");
  envelope = await collect(sealEnvelope(streamOf(patternOf(SMALLEST_CLASS)), SMALLEST_CLASS, program.epoch), 100_000);
});

/** The framing again from what the parser saw: its opaque fields, and the length. */
function formatFraming(first: Uint8Array, length: number): Bytes {
  const opaque = {
    fingerprint: first.subarray(6, 38),
    kem: first.subarray(39, 1159),
    wrapped: first.subarray(1160, 1200),
    salt: first.subarray(1210, 1242),
  };
  return concat(
    fromHex("c1c3ed062106"),
    opaque.fingerprint,
    fromHex("23"),
    opaque.kem,
    fromHex("28"),
    opaque.wrapped,
    fromHex("d2ff"),
    u32(length - 1206),
    fromHex("0209030c"),
    opaque.salt,
  );
}

/** The envelope with other octets from `offset`. */
function changed(offset: number, hexadecimal: string): Bytes {
  const bytes = envelope.slice();
  bytes.set(fromHex(hexadecimal), offset);
  return bytes;
}

describe("lengths of envelopes", () => {
  it("are those of the specification", () => {
    expect(envelopeLength(1024)).toBe(2310);
    expect(envelopeLength(65_536)).toBe(66_822);
    expect(envelopeLength(262_132)).toBe(1242 + 262_144 + 16 + 16);
    expect(envelopeLength(262_133)).toBe(1242 + 262_145 + 32 + 16);
    expect(envelopeLength(LARGEST_CONTENT)).toBeLessThan(2 ** 32);
  });

  it("give back the content's length, and no other length gives one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LARGEST_CONTENT }), (content) => {
        expect(contentLength(envelopeLength(content))).toBe(content);
      }),
    );
    const possible = new Set(Array.from({ length: 600_000 }, (_, content) => envelopeLength(content)));
    let refused = 0;
    for (let length = 0; length < 600_000; length++) {
      try {
        expect(envelopeLength(contentLength(length))).toBe(length);
      } catch {
        expect(possible.has(length)).toBe(false);
        refused++;
      }
    }
    expect(refused).toBe(1242 + 12 + 16 + 16 + 2 * 16);
  });

  it("outside the classes are refused by name", async () => {
    for (const length of [0, 1242, -1, 1.5, Number.NaN, 2 ** 32 + 1300])
      expect(await refusalOf(() => contentLength(length))).toBe("wrong-length");
  });
});

describe("the framing of an envelope", () => {
  it("is read without a key", () => {
    expect(parseTipFraming(envelope)).toEqual({ recipient: program.epoch.fingerprint, length: 66_822, content: 65_536 });
    expect(parseFraming(envelope.subarray(0, FRAMING_LENGTH))).toEqual(parseTipFraming(envelope));
  });

  it("is written in one way only: any changed octet is refused or opaque", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: FRAMING_LENGTH - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = envelope.slice(0, FRAMING_LENGTH);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        let length = 0;
        const code = await refusalOf(() => (length = parseFraming(bytes).length));
        if (code === null) expect(formatFraming(bytes, length)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
    const fixed = [...Array(6).keys(), 38, 1159, 1200, 1201, 1206, 1207, 1208, 1209];
    for (const at of fixed) {
      for (let change = 1; change < 256; change++) {
        const bytes = envelope.slice(0, FRAMING_LENGTH);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        expect(await refusalOf(() => parseFraming(bytes)), `octet ${String(at)}`).not.toBeNull();
      }
    }
  });

  it("is refused when it is cut anywhere", async () => {
    for (let length = 0; length < FRAMING_LENGTH; length++)
      expect(await refusalOf(() => parseFraming(envelope.subarray(0, length)))).toBe("truncated");
  });

  it("never crashes on hostile bytes", async () => {
    const start = fc.constantFrom("", "c1", "c1c3ed", "c1c3ed0621", "d2", "c3", "85", "2d2d2d2d2d");
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 1300 }), async (prefix, rest) => {
        expect(await refusalOf(() => parseFraming(concat(fromHex(prefix), rest)))).not.toBeNull();
      }),
    );
  });

  it("may hold other contents than tips, of any length", async () => {
    const claim = await collect(sealEnvelope(streamOf(patternOf(1024)), 1024, rewards.epoch), 3000);
    expect(parseFraming(claim).content).toBe(1024);
    expect(await refusalOf(() => parseTipFraming(claim))).toBe("wrong-length");
  });
});

describe("the gate refuses", () => {
  const content = () => createMessage({ binary: patternOf(2000), date: new Date(0) });

  async function byLibrary(options: { keys?: Bytes[]; password?: string; wildcard?: boolean; config?: PartialConfig }): Promise<Bytes> {
    const keys = await Promise.all((options.keys ?? []).map((binaryKey) => readKey({ binaryKey })));
    const sealed = await encrypt({
      message: await content(),
      ...(keys.length > 0 ? { encryptionKeys: keys.map((key) => key.toPublic()) } : {}),
      ...(options.password === undefined ? {} : { passwords: options.password }),
      wildcard: options.wildcard ?? false,
      date: new Date(middleOf(0) * 1000),
      format: "binary",
      config: { aeadProtect: true, ...options.config },
    });
    return asBytes(sealed);
  }

  async function classicalKey(v6: boolean): Promise<Bytes> {
    const { publicKey } = await generateKey({
      userIDs: { name: "classical" },
      type: "curve25519",
      date: new Date((middleOf(0) - 1000) * 1000),
      format: "binary",
      config: { v6Keys: v6, aeadProtect: v6 },
    });
    return asBytes(publicKey);
  }

  async function expectRefusal(bytes: Uint8Array, code: RefusalCode): Promise<void> {
    expect(await refusalOf(() => parseTipFraming(bytes))).toBe(code);
  }

  it("plaintext", async () => {
    await expectRefusal(utf8("I saw what happened at the hospital. ".repeat(50)), "not-openpgp");
    await expectRefusal(new Uint8Array(2000), "not-openpgp");
    await expectRefusal(asBytes((await content()).write()), "not-openpgp");
  });

  it("armoured text", async () => {
    const armoured = await encrypt({
      message: await content(),
      encryptionKeys: (await readKey({ binaryKey: program.publicBytes })).toPublic(),
      date: new Date(middleOf(0) * 1000),
      config: { aeadProtect: true },
    });
    await expectRefusal(utf8(armoured), "armoured");
    await expectRefusal(utf8("-----BEGIN PGP MESSAGE-----\n"), "armoured");
  });

  it("encryption without authentication, SEIPD version 1", async () => {
    await expectRefusal(await byLibrary({ keys: [await classicalKey(false)], config: { aeadProtect: false } }), "legacy-encryption");
    await expectRefusal(changed(1206, "01"), "legacy-encryption");
    await expectRefusal(concat(envelope.subarray(0, 1200), fromHex("d2c3ed01"), patternOf(2000)), "legacy-encryption");
  });

  it("older encrypted packets", async () => {
    await expectRefusal(changed(1200, "c9"), "legacy-encryption");
    await expectRefusal(changed(1200, "d4"), "legacy-encryption");
    await expectRefusal(changed(0, "c9"), "legacy-encryption");
  });

  it("an extra recipient", async () => {
    const both = await byLibrary({ keys: [program.publicBytes, rewards.publicBytes] });
    await expectRefusal(both, "wrong-recipients");
    await expectRefusal(concat(envelope.subarray(0, 1200), both.subarray(0, 1200), envelope.subarray(1200)), "wrong-recipients");
  });

  it("an extra recipient whom the library would skip: a PKESK of an unknown version", async () => {
    await expectRefusal(concat(envelope.subarray(0, 1200), fromHex("c10509aabbccdd"), envelope.subarray(1200)), "wrong-recipients");
  });

  it("an extra recipient in an old-format packet", async () => {
    await expectRefusal(concat(envelope.subarray(0, 1200), fromHex("840506aabbccdd"), envelope.subarray(1200)), "wrong-recipients");
  });

  it("a classical recipient beside the post-quantum one", async () => {
    const classical = await classicalKey(true);
    await expectRefusal(await byLibrary({ keys: [program.publicBytes, classical] }), "wrong-recipients");
    await expectRefusal(await byLibrary({ keys: [classical, program.publicBytes] }), "not-post-quantum");
  });

  it("a classical recipient alone", async () => {
    await expectRefusal(await byLibrary({ keys: [await classicalKey(true)] }), "not-post-quantum");
  });

  it("no recipient", async () => {
    await expectRefusal(envelope.subarray(1200), "wrong-recipients");
  });

  it("a hidden recipient", async () => {
    await expectRefusal(await byLibrary({ keys: [program.publicBytes], wildcard: true }), "wrong-recipients");
  });

  it("a password", async () => {
    await expectRefusal(await byLibrary({ password: "open sesame" }), "wrong-recipients");
  });

  it("a password beside the recipient", async () => {
    const both = await byLibrary({ keys: [program.publicBytes], password: "open sesame" });
    await expectRefusal(both, "wrong-recipients");
  });

  it("a chunk octet above 16, or any other", async () => {
    await expectRefusal(await byLibrary({ keys: [program.publicBytes], config: { aeadChunkSizeByte: 22 } }), "wrong-chunk-size");
    await expectRefusal(changed(1209, "10"), "wrong-chunk-size");
    await expectRefusal(changed(1209, "11"), "wrong-chunk-size");
    await expectRefusal(changed(1209, "00"), "wrong-chunk-size");
  });

  it("another cipher or mode", async () => {
    await expectRefusal(changed(1207, "07"), "legacy-encryption");
    await expectRefusal(changed(1208, "01"), "legacy-encryption");
    await expectRefusal(changed(1208, "02"), "legacy-encryption");
  });

  it("another way to write the same lengths", async () => {
    await expectRefusal(await byLibrary({ keys: [program.publicBytes] }), "wrong-framing");
    const partial = concat(envelope.subarray(0, 1200), fromHex("d2ed"), envelope.subarray(1206));
    await expectRefusal(partial, "wrong-framing");
    const longer = concat(fromHex("c1ff000004ad"), envelope.subarray(3));
    await expectRefusal(longer, "wrong-framing");
    const oldFormat = concat(fromHex("8504ad"), envelope.subarray(3));
    await expectRefusal(oldFormat, "wrong-framing");
  });

  it("an announced length one octet short or one too long", async () => {
    await expectRefusal(changed(1202, "0001004f"), "wrong-length");
    await expectRefusal(changed(1202, "00010051"), "wrong-length");
    expect(parseTipFraming(changed(1202, "00010050")).length).toBe(66_822);
  });

  it("a padding packet or a marker in front", async () => {
    await expectRefusal(concat(fromHex("d50400000000"), envelope), "not-openpgp");
    await expectRefusal(concat(fromHex("ca03504750"), envelope), "not-openpgp");
  });
});
