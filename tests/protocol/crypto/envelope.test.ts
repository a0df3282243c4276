import { createMessage, decrypt, encrypt, readKey, readMessage, readPrivateKey } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { openEnvelope, openEnvelopeWithSessionKey, sealEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { CHUNK, envelopeLength, FRAMING_LENGTH } from "../../../src/protocol/format/envelope.ts";
import { patternOf, streamOf } from "../../support/bytes.ts";
import { type KeyPair, middleOf, newKeyPair } from "../../support/certificates.ts";
import { openWithOpenSsl } from "../../support/openpgp-oracle.ts";
import { refusalOf } from "../../support/refusals.ts";

let program: KeyPair;
beforeAll(async () => {
  program = await newKeyPair();
});

/** Around the chunk boundary: the literal packet's header takes 12 octets. */
const LENGTHS = [0, 1, 1024, 65_536, CHUNK - 13, CHUNK - 12, CHUNK - 11, 2 * CHUNK - 12, 2 * CHUNK - 11, 3 * CHUNK];

function seal(content: Bytes, pieces?: number): Promise<Bytes> {
  return collect(sealEnvelope(streamOf(content, pieces), content.length, program.epoch), envelopeLength(content.length));
}

async function open(envelope: Uint8Array, pieces?: number): Promise<Bytes> {
  const { content } = await openEnvelope(streamOf(envelope, pieces), (pkesk) => program.secret.decryptSessionKey(pkesk));
  return collect(content, 10_000_000);
}

describe("an envelope", () => {
  it.each(LENGTHS)("of %i octets comes back, in pieces of any length", async (length) => {
    const content = patternOf(length);
    const envelope = await seal(content, 1000);
    expect(envelope.length).toBe(envelopeLength(length));
    expect(await open(envelope)).toEqual(content);
    expect(await open(envelope, 4097)).toEqual(content);
  });

  it.each(LENGTHS)("of %i octets is opened by the OpenPGP library", async (length) => {
    const content = patternOf(length);
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: await seal(content) }),
      decryptionKeys: await readPrivateKey({ binaryKey: program.secretBytes }),
      format: "binary",
    });
    expect(new Uint8Array(data)).toEqual(content);
  });

  it.each(LENGTHS)("of %i octets is opened by OpenSSL and the text of the RFCs", async (length) => {
    const content = patternOf(length);
    expect(new Uint8Array(openWithOpenSsl(await seal(content), program.secretBytes))).toEqual(content);
  });

  it("of the library is opened by OpenSSL, so that the oracle can tell", async () => {
    const envelope = await encrypt({
      message: await createMessage({ binary: patternOf(100), date: new Date(0) }),
      encryptionKeys: (await readKey({ binaryKey: program.publicBytes })).toPublic(),
      date: new Date(middleOf(0) * 1000),
      format: "binary",
      config: { aeadProtect: true },
    });
    expect(new Uint8Array(openWithOpenSsl(envelope, program.secretBytes))).toEqual(patternOf(100));
  });

  it("is for one epoch only: it opens when the others are destroyed, and not when its own is", async () => {
    const { certificate, secret } = await newKeyPair();
    const [first, second] = certificate.epochs;
    if (first === undefined || second === undefined) throw new Error("no second epoch");
    const content = patternOf(10);
    const envelope = await collect(sealEnvelope(streamOf(content), 10, second), 10_000);
    const sessionKey = (pkesk: Bytes): Promise<Bytes> => secret.decryptSessionKey(pkesk);
    await secret.destroyEpoch(first.fingerprint);
    expect(await collect((await openEnvelope(streamOf(envelope), sessionKey)).content, 10)).toEqual(content);
    await secret.destroyEpoch(second.fingerprint);
    expect(await refusalOf(() => openEnvelope(streamOf(envelope), sessionKey))).toBe("key-destroyed");
  });

  it("has its own session key, salt and ephemeral key every time", async () => {
    const [a, b] = [await seal(patternOf(100)), await seal(patternOf(100))];
    expect(a.length).toBe(b.length);
    for (const [from, to] of [
      [39, 71],
      [71, 1159],
      [1160, 1200],
      [1210, 1242],
      [1242, 1300],
    ]) {
      expect(a.subarray(from, to)).not.toEqual(b.subarray(from, to));
    }
  });

  it("opens with its session key alone", async () => {
    const content = patternOf(5000);
    const envelope = await seal(content);
    const sessionKey = await program.secret.decryptSessionKey(envelope.slice(0, 1200));
    const { content: opened, framing } = await openEnvelopeWithSessionKey(streamOf(envelope), sessionKey);
    expect(framing.content).toBe(5000);
    expect(await collect(opened, 5000)).toEqual(content);
  });

  it("does not open with another session key", async () => {
    const { content } = await openEnvelopeWithSessionKey(streamOf(await seal(patternOf(10))), new Uint8Array(32));
    expect(await refusalOf(() => collect(content, 10))).toBe("not-authentic");
    expect(await refusalOf(async () => openEnvelopeWithSessionKey(streamOf(await seal(patternOf(10))), new Uint8Array(16)))).toBe(
      "cannot-decrypt",
    );
  });

  it("is not begun for content of another length than announced", async () => {
    await expect(collect(sealEnvelope(streamOf(patternOf(9)), 10, program.epoch), 10_000)).rejects.toThrow("announced length");
    await expect(collect(sealEnvelope(streamOf(patternOf(11)), 10, program.epoch), 10_000)).rejects.toThrow("announced length");
    await expect(collect(sealEnvelope(streamOf(patternOf(CHUNK * 2)), CHUNK, program.epoch), 10_000_000)).rejects.toThrow(
      "announced length",
    );
  });

  it("goes out chunk by chunk: sealing does not wait for the end of the content", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      for (; given < 40; given++) {
        await Promise.resolve();
        yield patternOf(CHUNK);
      }
    }
    const sealed = sealEnvelope(endless(), 40 * CHUNK, program.epoch);
    for (let piece = 0; piece < 3; piece++) await sealed.next();
    expect(given).toBeLessThan(5);
    await sealed.return();
  });
});

describe("a changed envelope", () => {
  const content = patternOf(3 * CHUNK);
  let envelope: Bytes;
  beforeAll(async () => {
    envelope = await seal(content);
  });
  const chunkAt = (index: number): [number, number] => [FRAMING_LENGTH + index * (CHUNK + 16), FRAMING_LENGTH + (index + 1) * (CHUNK + 16)];

  it("with one bit flipped anywhere behind the framing does not open", async () => {
    const places = [
      FRAMING_LENGTH,
      FRAMING_LENGTH + 20,
      ...chunkAt(1),
      chunkAt(0)[1] - 1,
      envelope.length - 17,
      envelope.length - 16,
      envelope.length - 1,
    ];
    for (const at of places) {
      const changed = envelope.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(await refusalOf(() => open(changed)), String(at)).toBe("not-authentic");
    }
  });

  it("with another salt does not open", async () => {
    const changed = envelope.slice();
    changed[1210] = (changed[1210] ?? 0) ^ 1;
    expect(await refusalOf(() => open(changed))).toBe("not-authentic");
  });

  it("gives out only chunks that were authenticated", async () => {
    const changed = envelope.slice();
    const [at] = chunkAt(2);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const { content: opened } = await openEnvelope(streamOf(changed), (pkesk) => program.secret.decryptSessionKey(pkesk));
    const given: Bytes[] = [];
    const code = await refusalOf(async () => {
      for await (const piece of opened) given.push(piece);
    });
    expect(code).toBe("not-authentic");
    expect(concat(...given)).toEqual(content.subarray(0, 2 * CHUNK - 12));
  });

  it("with two chunks swapped, one repeated or one left out does not open", async () => {
    const [head, a, b, rest] = [
      envelope.subarray(0, FRAMING_LENGTH),
      envelope.subarray(...chunkAt(0)),
      envelope.subarray(...chunkAt(1)),
      envelope.subarray(chunkAt(1)[1]),
    ];
    for (const attack of [
      concat(head, b, a, rest),
      concat(head, a, a, rest),
      concat(head, b, b, rest),
      concat(head, a, rest),
      concat(head, a, b, b, rest),
    ]) {
      expect(await refusalOf(() => open(attack))).toBe("not-authentic");
    }
  });

  it("cut anywhere, also between chunks or before the last tag, does not open", async () => {
    for (const length of [FRAMING_LENGTH, FRAMING_LENGTH + 1, ...chunkAt(1), chunkAt(2)[1], envelope.length - 16, envelope.length - 1]) {
      expect(await refusalOf(() => open(envelope.subarray(0, length))), String(length)).toBe("not-authentic");
    }
    expect(await refusalOf(() => open(envelope.subarray(0, FRAMING_LENGTH - 1)))).toBe("truncated");
  });

  it("with anything behind it does not open", async () => {
    expect(await refusalOf(() => open(concat(envelope, Uint8Array.of(0))))).toBe("not-authentic");
    expect(await refusalOf(() => open(concat(envelope, envelope)))).toBe("not-authentic");
  });

  it("cut to fewer chunks with its length made to fit does not open", async () => {
    const shorter = envelope.slice(0, envelopeLength(2 * CHUNK - 12));
    new DataView(shorter.buffer).setUint32(1202, shorter.length - 1206);
    expect(await refusalOf(() => open(shorter))).toBe("wrong-framing");
  });

  it("under another's framing does not open", async () => {
    const other = await seal(content);
    expect(await refusalOf(() => open(concat(other.subarray(0, FRAMING_LENGTH), envelope.subarray(FRAMING_LENGTH))))).toBe("not-authentic");
    expect(await refusalOf(() => open(concat(other.subarray(0, 1200), envelope.subarray(1200))))).toBe("not-authentic");
  });

  it("closes its source", async () => {
    let closed = 0;
    async function* source(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* streamOf(bytes, 10_000);
      } finally {
        closed++;
      }
    }
    const key = (pkesk: Bytes): Promise<Bytes> => program.secret.decryptSessionKey(pkesk);
    await refusalOf(async () => collect((await openEnvelope(source(concat(envelope, envelope)), key)).content, 10_000_000));
    await refusalOf(() => openEnvelope(source(patternOf(20_000)), key));
    const { content: opened } = await openEnvelope(source(envelope), key);
    await opened.next();
    await opened.return();
    expect(closed).toBe(3);
  });
});

describe("what is inside", () => {
  it("is one literal packet without name or date, or is refused", async () => {
    // The library writes another inner framing, in an outer one made to look like ours.
    const sessionKey = new Uint8Array(32).fill(7);
    const pkesk = await program.epoch.encryptSessionKey(sessionKey);
    const inner = patternOf(50);
    const whole = await encrypt({
      message: await createMessage({ binary: inner, filename: "names.txt", date: new Date(0) }),
      sessionKey: { data: sessionKey, algorithm: "aes256", aeadAlgorithm: "gcm" },
      format: "binary",
      config: { aeadProtect: true, aeadChunkSizeByte: 12 },
    });
    const body = new Uint8Array(whole.subarray(2));
    expect([...body.subarray(0, 4)]).toEqual([2, 9, 3, 12]);
    const header = new Uint8Array(6);
    header.set([0xd2, 0xff]);
    new DataView(header.buffer).setUint32(2, body.length);
    expect(await refusalOf(() => open(concat(pkesk, header, body)))).toBe("wrong-framing");
  });
});
