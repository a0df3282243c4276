import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { decrypt, encryptSessionKey, readMessage } from "openpgp";
import { describe, expect, it } from "vitest";
import { type Bytes, concat } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { mailboxHash, openMailboxAnswer, openReply, sealReply } from "../../../src/protocol/crypto/reply.ts";
import { fromBase64, fromHex, toHex } from "../../../src/protocol/encoding.ts";
import { formatReply, type Reply } from "../../../src/protocol/format/reply.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

const REPLY: Reply = {
  challenge: { nonce: patternOf(32), program: "Program", purpose: "claim" },
  date: "2026-08-01",
  text: "What colour was the door?",
};

/** A reply of which nothing is ours: the SKESK packet by the OpenPGP library, the SEIPD packet by OpenSSL, from the RFC's text. */
async function sealByOthers(content: Bytes, replyKey: Bytes): Promise<Bytes> {
  const sessionKey = randomBytes(32);
  const skesk = await encryptSessionKey({
    data: sessionKey,
    algorithm: "aes256",
    aeadAlgorithm: "gcm",
    passwords: toHex(replyKey),
    format: "binary",
    config: { aeadProtect: true, preferredAEADAlgorithm: 3, s2kType: 3, s2kIterationCountByte: 0 },
  });
  const plain = Buffer.concat([Buffer.from("cbff000010e2620000000000", "hex"), content]);
  const salt = randomBytes(32);
  const parameters = Buffer.of(0xd2, 2, 9, 3, 12);
  const keys = Buffer.from(hkdfSync("sha256", sessionKey, salt, parameters, 36));
  const seal = (index: number, additional: Buffer, body: Buffer): Buffer => {
    const nonce = Buffer.concat([keys.subarray(32), Buffer.alloc(7), Buffer.of(index)]);
    const cipher = createCipheriv("aes-256-gcm", keys.subarray(0, 32), nonce);
    cipher.setAAD(additional);
    return Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  };
  const length = Buffer.alloc(8);
  length.writeUInt32BE(plain.length, 4);
  const end = seal(1, Buffer.concat([parameters, length]), Buffer.alloc(0));
  return concat(skesk, Buffer.from("d2ff0000112c0209030c", "hex"), salt, seal(0, parameters, plain), end);
}

/** Session key in a SKESK packet and content of the SEIPD packet, by OpenSSL, from the RFC's text. */
function openWithOpenSsl(sealed: Uint8Array, replyKey: Bytes): Buffer {
  const bytes = Buffer.from(sealed);
  const salted = Buffer.concat([bytes.subarray(9, 17), Buffer.from(toHex(replyKey))]);
  const repeated = Buffer.alloc(1024);
  for (let at = 0; at < 1024; at++) repeated[at] = salted[at % salted.length] ?? 0;
  const derived = createHash("sha256").update(repeated).digest();
  const open = (key: Buffer, nonce: Buffer, additional: Buffer, body: Buffer): Buffer => {
    const cipher = createDecipheriv("aes-256-gcm", key, nonce);
    cipher.setAAD(additional);
    cipher.setAuthTag(body.subarray(-16));
    return Buffer.concat([cipher.update(body.subarray(0, -16)), cipher.final()]);
  };
  const skesk = Buffer.of(0xc3, 6, 9, 3);
  const wrapping = Buffer.from(hkdfSync("sha256", derived, Buffer.alloc(0), skesk, 32));
  const sessionKey = open(wrapping, bytes.subarray(18, 30), skesk, bytes.subarray(30, 78));
  const seipd = Buffer.of(0xd2, 2, 9, 3, 12);
  const keys = Buffer.from(hkdfSync("sha256", sessionKey, bytes.subarray(88, 120), seipd, 36));
  return open(keys.subarray(0, 32), Buffer.concat([keys.subarray(32), Buffer.alloc(8)]), seipd, bytes.subarray(120, -16));
}

describe("a reply", () => {
  const key = randomBytes(32);

  it("comes back under its key and has 4,480 octets whatever it says", async () => {
    for (const reply of [REPLY, { ...REPLY, challenge: null }, { ...REPLY, text: "门".repeat(1300) }]) {
      const sealed = await sealReply(reply, key);
      expect(sealed).toHaveLength(4480);
      expect(await openReply(sealed, key)).toEqual(reply);
    }
  });

  it("is never the same twice", async () => {
    expect(await sealReply(REPLY, key)).not.toEqual(await sealReply(REPLY, key));
  });

  it("opens with the OpenPGP library and the key in hexadecimal as password", async () => {
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: await sealReply(REPLY, key) }),
      passwords: [toHex(key)],
      format: "binary",
    });
    expect(new Uint8Array(data)).toEqual(formatReply(REPLY));
  });

  it("opens with OpenSSL and the specification alone", async () => {
    const plain = openWithOpenSsl(await sealReply(REPLY, key), key);
    expect(plain.subarray(0, 12).toString("hex")).toBe("cbff000010e2620000000000");
    expect(new Uint8Array(plain.subarray(12))).toEqual(formatReply(REPLY));
  });

  it("made by others opens too", async () => {
    const sealed = await sealByOthers(formatReply(REPLY), key);
    expect(await openReply(sealed, key)).toEqual(REPLY);
  });

  it("whose content is not a reply is refused", async () => {
    const content = formatReply(REPLY);
    content[content.length - 1] = 1;
    expect(await refusalOf(async () => openReply(await sealByOthers(content, key), key))).toBe("bad-reply");
  });

  it("does not open under another key, when it was changed, or when it is something else", async () => {
    const sealed = await sealReply(REPLY, key);
    expect(await refusalOf(() => openReply(sealed, randomBytes(32)))).toBe("cannot-decrypt");
    const changed = (at: number): Bytes => {
      const copy = sealed.slice();
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    for (const at of [9, 16, 18, 29, 30, 77]) expect(await refusalOf(() => openReply(changed(at), key))).toBe("cannot-decrypt");
    for (const at of [88, 119, 120, 4463, 4464, 4479]) expect(await refusalOf(() => openReply(changed(at), key))).toBe("not-authentic");
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 17, 78, 83, 84, 87])
      expect(await refusalOf(() => openReply(changed(at), key))).toBe("bad-reply");
    for (const other of [sealed.slice(1), new Uint8Array(0), randomBytes(4480)])
      expect(await refusalOf(() => openReply(other, key))).toBe("bad-reply");
  });

  it("is made with whole keys only", async () => {
    await expect(sealReply(REPLY, randomBytes(16))).rejects.toThrow("32 bytes");
    expect(await refusalOf(() => sealReply({ ...REPLY, text: "a".repeat(5000) }, key))).toBe("too-large");
  });

  it("opens as it did on the day this was written", async () => {
    const vector = JSON.parse(await readFile(new URL("../../vectors/reply.json", import.meta.url), "utf8")) as Record<string, string>;
    const { key: replyKey = "", sealed = "", text = "" } = vector;
    expect(await openReply(fromBase64(sealed), fromHex(replyKey))).toEqual({ challenge: null, date: "2026-08-01", text });
  });
});

describe("a mailbox", () => {
  it("is known to the server by the SHA-256 of its id", () => {
    expect(toHex(mailboxHash(new Uint8Array(32)))).toBe(createHash("sha256").update(Buffer.alloc(32)).digest("hex"));
    expect(() => mailboxHash(new Uint8Array(31))).toThrow("32 bytes");
  });

  it("gives the replies among the random bytes, each with the hash by which it can be deleted", async () => {
    const key = randomBytes(32);
    const first = await sealReply(REPLY, key);
    const second = await sealReply({ ...REPLY, challenge: null }, key);
    const foreign = await sealReply(REPLY, randomBytes(32));
    const received = await openMailboxAnswer(concat(first, foreign, randomBytes(4480), second), key);
    expect(received.map(({ reply }) => reply)).toEqual([REPLY, { ...REPLY, challenge: null }]);
    expect(received.map(({ hash }) => toHex(hash))).toEqual(
      [first, second].map((sealed) => createHash("sha256").update(sealed).digest("hex")),
    );
    expect(await openMailboxAnswer(randomBytes(4 * 4480), key)).toEqual([]);
    expect(await refusalOf(() => openMailboxAnswer(randomBytes(4 * 4480 - 1), key))).toBe("bad-reply");
  });
});
