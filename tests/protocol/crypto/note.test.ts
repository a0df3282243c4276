/** Vectors: the documentation example of golang.org/x/mod/sumdb/note (its key, note and signature). Everything else round-trips. */
import { describe, expect, test } from "vitest";
import { asBytes, type Bytes, concat, u64 } from "../../../src/protocol/bytes.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { cosignedAt, cosignerFromSeed, formatVkey, isCosigner, openNote, parseVkey } from "../../../src/protocol/crypto/note.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { toBase64, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { formatNote, parseNote } from "../../../src/protocol/format/note.ts";
import { signerOf } from "../../support/memory-log.ts";

const GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n" +
  "\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

const refusal = (code: string): unknown => expect.objectContaining({ code });

/** Cosigns the way C2SP tlog-cosignature says, from its text alone. */
async function cosign(note: Bytes, name: string, seed: Bytes, time: number): Promise<{ vkey: ReturnType<typeof formatVkey>; note: Bytes }> {
  const key = await signingKeyFromSeed(seed);
  const vkey = formatVkey(name, key.publicKey, 4);
  const { text, signatures } = parseNote(note);
  const signature = concat(u64(time), await key.sign(utf8(`cosignature/v1\ntime ${String(time)}\n${text}`)));
  return { vkey, note: formatNote({ text, signatures: [...signatures, { name, id: vkey.id, signature }] }) };
}

/** A verifier key of any type, with the id that it should have; `length` octets follow the type. */
function vkeyOfType(type: number, length = 32): string {
  const key = concat(Uint8Array.of(type), new Uint8Array(length));
  return `x+${toHex(sha256(utf8("x\n"), key).slice(0, 4))}+${toBase64(key)}`;
}

describe("a signed note", () => {
  test("of Go's documentation opens", async () => {
    const vkey = parseVkey(GO_VKEY);
    expect(vkey.text).toBe(GO_VKEY);
    const { text, signers } = await openNote(utf8(GO_NOTE), [vkey]);
    expect(text).toBe("If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n");
    expect(signers).toEqual([vkey]);
  });

  test("opens with the key that signed it and says which", async () => {
    const [log, review] = await Promise.all([signerOf("log.example"), signerOf("review.example")]);
    const note = await log.sign("log.example/test/v1\nsomething\n");
    const opened = await openNote(note, [review.vkey, parseVkey(log.vkey.text)]);
    expect(opened.signers.map(({ name }) => name)).toEqual(["log.example"]);
  });

  test("is refused if the text, the signature or the key is another", async () => {
    const [log, other] = await Promise.all([signerOf("log.example"), signerOf("log.example", "another seed")]);
    const note = await log.sign("log.example/test/v1\nsomething\n");
    await expect(openNote(note, [other.vkey])).rejects.toEqual(refusal("unknown-signer"));
    await expect(openNote(note, [])).rejects.toEqual(refusal("unknown-signer"));
    for (const place of [0, 12, note.length - 20]) {
      const changed = note.slice();
      changed[place] = changed[place] === 0x41 ? 0x42 : 0x41;
      await expect(openNote(changed, [log.vkey])).rejects.toThrow();
    }
  });

  test("is refused if a key of ours signed twice", async () => {
    const log = await signerOf("log.example");
    const { text, signatures } = parseNote(await log.sign("text\n"));
    const twice = formatNote({ text, signatures: [...signatures, ...signatures] });
    await expect(openNote(twice, [log.vkey])).rejects.toEqual(refusal("bad-signature"));
  });

  test("is not opened by a signature that has our key's id and another name", async () => {
    const log = await signerOf("log.example");
    const { text, signatures } = parseNote(await log.sign("text\n"));
    const renamed = formatNote({ text, signatures: signatures.map((one) => ({ ...one, name: "other.example" })) });
    await expect(openNote(renamed, [log.vkey])).rejects.toEqual(refusal("unknown-signer"));
  });

  test("keeps to its purpose: a signature over one text does not open another", async () => {
    const log = await signerOf("log.example");
    const { signatures } = parseNote(await log.sign("log.example/receipt/v1\n"));
    const swapped = formatNote({ text: "log.example/bundle/v1\n", signatures });
    await expect(openNote(swapped, [log.vkey])).rejects.toEqual(refusal("bad-signature"));
  });

  test("may be cosigned, with a time that counts", async () => {
    const log = await signerOf("log.example");
    const cosigned = await cosign(await log.sign("text\n"), "cosigner.example", asBytes(new Uint8Array(32).fill(9)), 1_700_000_000);
    const opened = await openNote(cosigned.note, [log.vkey, cosigned.vkey]);
    expect(opened.signers).toEqual([log.vkey, cosigned.vkey]);

    const { text, signatures } = parseNote(cosigned.note);
    const later = signatures.map((one) =>
      one.name === "cosigner.example" ? { ...one, signature: concat(u64(1_700_000_001), one.signature.slice(8)) } : one,
    );
    await expect(openNote(formatNote({ text, signatures: later }), [log.vkey, cosigned.vkey])).rejects.toEqual(refusal("bad-signature"));
  });
});

describe("a verifier key", () => {
  test.each([
    ["with another name", GO_VKEY.replace("Peter", "Petra")],
    ["with another id", GO_VKEY.replace("c74f20a3", "c74f20a4")],
    ["of an unknown type", vkeyOfType(2)],
    ["with something after its key", vkeyOfType(1, 33)],
    ["of a public key that is not base64", "x+00000000+A=A="],
    ["without a name", GO_VKEY.replace("PeterNeumann", "")],
    ["with white space", ` ${GO_VKEY}`],
    ["cut short", GO_VKEY.slice(0, -4)],
    ["that is empty", ""],
  ])("%s is refused", (_, text) => {
    expect(() => parseVkey(text)).toThrow(refusal("bad-vkey"));
  });

  test("of a known type is taken, also with an id that begins with zeros", () => {
    expect(parseVkey(vkeyOfType(1)).type).toBe(1);
    expect(parseVkey(vkeyOfType(4)).type).toBe(4);
    let attempt = 0;
    const small = (): string => formatVkey(`key-${String(attempt)}`, new Uint8Array(32)).text;
    while (!small().includes("+0")) attempt++;
    expect(parseVkey(small()).text).toBe(small());
  });

  test("cannot be made of a name or a key that none has", () => {
    for (const name of ["", "two words", "a+b"]) expect(() => formatVkey(name, new Uint8Array(32))).toThrow(Error);
    for (const length of [0, 31, 33]) expect(() => formatVkey("name", new Uint8Array(length))).toThrow(Error);
  });
});

describe("a cosigner", () => {
  const SEED = asBytes(new Uint8Array(32).fill(9));
  const NAME = "cosigner.example";

  test("signs what the specification says, and its time can be read", async () => {
    const note = await (await signerOf("log.example")).sign("text\n");
    const cosigner = await cosignerFromSeed(NAME, SEED);
    for (const time of [1, 1_700_000_000]) {
      const expected = await cosign(note, NAME, SEED, time);
      const signature = await cosigner.cosign("text\n", time);
      expect(cosigner.vkey).toEqual(expected.vkey);
      expect(signature).toEqual(parseNote(expected.note).signatures.at(-1));
      expect(cosignedAt(cosigner.vkey, signature)).toBe(time);
    }
  });

  test("is told from a signer", async () => {
    const signer = await signerOf("log.example");
    const cosigner = await cosignerFromSeed(NAME, SEED);
    expect([isCosigner(cosigner.vkey), isCosigner(signer.vkey)]).toEqual([true, false]);
    const signature = await cosigner.cosign("text\n", 1);
    expect(() => cosignedAt(signer.vkey, signature)).toThrow(Error);
  });

  test("has no time that is none", async () => {
    const cosigner = await cosignerFromSeed(NAME, SEED);
    for (const time of [0, -1, 1.5, Number.NaN, 2 ** 53])
      await expect(cosigner.cosign("text\n", time)).rejects.toThrow("a cosignature has a time");
  });

  test("is not believed with a signature of another length", async () => {
    const cosigner = await cosignerFromSeed(NAME, SEED);
    const { signature, ...rest } = await cosigner.cosign("text\n", 1);
    for (const other of [signature.slice(0, 3), signature.slice(0, 71), concat(signature, new Uint8Array(1))]) {
      const note = formatNote({ text: "text\n", signatures: [{ ...rest, signature: other }] });
      await expect(openNote(note, [cosigner.vkey])).rejects.toEqual(refusal("bad-signature"));
    }
  });
});
