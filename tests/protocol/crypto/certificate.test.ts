import { createHash } from "node:crypto";
import { decryptSessionKeys, type Key, readKey, readMessage, readPrivateKey } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes, concat } from "../../../src/protocol/bytes.ts";
import {
  acceptedEpochs,
  epochAt,
  EPOCH_SECONDS,
  extendCertificate,
  generateCertificate,
  openCertificate,
  openSecret,
  trimCertificate,
} from "../../../src/protocol/crypto/certificate.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { patternOf } from "../../support/bytes.ts";
import { type KeyPair, middleOf, newKeyPair, START } from "../../support/certificates.ts";
import { refusalOf } from "../../support/refusals.ts";

const DAY = 86_400;
let program: KeyPair;
let foreign: KeyPair;

beforeAll(async () => {
  program = await newKeyPair("program", 4);
  foreign = await newKeyPair("program", 4);
});

describe("a certificate", () => {
  it("has one subkey of algorithm 35 for each week, windows that touch, and no names of people", async () => {
    const { certificate, publicBytes } = program;
    expect(certificate.purpose).toBe("program");
    expect(certificate.epochs.map(({ from, to }) => [from, to])).toEqual(
      [0, 1, 2, 3].map((week) => [START + week * EPOCH_SECONDS, START + (week + 1) * EPOCH_SECONDS]),
    );
    const key = await readKey({ binaryKey: publicBytes });
    expect(key.keyPacket.version).toBe(6);
    expect(String(key.getAlgorithmInfo().algorithm)).toBe("ed25519");
    expect(key.subkeys.map((subkey) => String(subkey.getAlgorithmInfo().algorithm))).toEqual(Array(4).fill("pqc_mlkem_x25519"));
    expect(key.getUserIDs()).toEqual(["Firsthand program"]);
  });

  it("has fingerprints as RFC 9580 section 5.5.4.3 computes them", () => {
    const { publicBytes, certificate } = program;
    // Primary: new-format header with one length octet, then the body.
    const body = publicBytes.subarray(2, 2 + (publicBytes[1] ?? 0));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    const expected = createHash("sha256")
      .update(Buffer.concat([Buffer.of(0x9b), length, body]))
      .digest("hex");
    expect(certificate.fingerprint).toBe(expected);
  });

  it("of the other purpose is told apart", async () => {
    const rewards = await newKeyPair("rewards", 1);
    expect(rewards.certificate.purpose).toBe("rewards");
    expect(rewards.epoch.certificate).toBe("rewards");
  });

  it("can be extended: the same primary, weeks that follow, old ones and stubs as they were", async () => {
    const { secretBytes, certificate } = await newKeyPair("program", 2);
    const [gone = "", kept = ""] = certificate.epochs.map(({ fingerprint }) => fingerprint);
    const withStub = await (await openSecret(secretBytes)).destroyEpoch(gone);
    const extended = await extendCertificate(withStub, 3);
    const longer = await openCertificate(extended.publicBytes, certificate.fingerprint);
    expect(longer.epochs.map(({ from }) => from)).toEqual([0, 1, 2, 3, 4].map((week) => START + week * EPOCH_SECONDS));
    expect(longer.epochs.slice(0, 2).map(({ fingerprint }) => fingerprint)).toEqual([gone, kept]);
    const secret = await openSecret(extended.secretBytes);
    expect(secret.destroyed).toEqual([gone]);
    for (const epoch of longer.epochs.slice(1)) {
      const key = randomBytes(32);
      expect(await secret.decryptSessionKey(await epoch.encryptSessionKey(key))).toEqual(key);
    }
    const trimmed = await trimCertificate(extended.publicBytes, [longer.epochs[4]?.fingerprint ?? ""]);
    expect((await openCertificate(trimmed, certificate.fingerprint)).epochs).toHaveLength(1);
  });

  it("of a year opens", async () => {
    const { publicBytes, fingerprint } = await generateCertificate({ purpose: "program", start: START, epochs: 52 });
    expect((await openCertificate(publicBytes, fingerprint)).epochs).toHaveLength(52);
  });

  it("can be trimmed to the epochs that are needed", async () => {
    const wanted = program.certificate.epochs.slice(1, 3).map(({ fingerprint }) => fingerprint);
    const trimmed = await trimCertificate(program.publicBytes, wanted);
    const opened = await openCertificate(trimmed, program.certificate.fingerprint);
    expect(opened.epochs.map(({ fingerprint }) => fingerprint)).toEqual(wanted);
    expect(trimmed.length).toBeLessThan(3500);
  });

  it("cannot be trimmed to nothing or to another's epochs", async () => {
    expect(await refusalOf(() => trimCertificate(program.publicBytes, []))).toBe("no-epoch");
    expect(await refusalOf(() => trimCertificate(program.publicBytes, [foreign.epoch.fingerprint]))).toBe("no-epoch");
    const mixed = [program.epoch.fingerprint, foreign.epoch.fingerprint];
    expect(await refusalOf(() => trimCertificate(program.publicBytes, mixed))).toBe("no-epoch");
  });

  it("needs whole days and at least one epoch", async () => {
    await expect(generateCertificate({ purpose: "program", start: START + 1, epochs: 1 })).rejects.toThrow("no such windows");
    await expect(generateCertificate({ purpose: "program", start: START, epochs: 0 })).rejects.toThrow("no such windows");
  });
});

describe("a certificate is refused", () => {
  /** The program's certificate after the library's objects were changed. */
  async function withChange(change: (key: Key, other: Key) => void): Promise<Bytes> {
    const key = await readKey({ binaryKey: program.publicBytes });
    change(key, await readKey({ binaryKey: foreign.publicBytes }));
    return asBytes(key.write());
  }

  const codeOf = (bytes: Bytes, pinned?: string): Promise<string | null> => refusalOf(() => openCertificate(bytes, pinned));

  it("when it is not the pinned one", async () => {
    expect(await codeOf(foreign.publicBytes, program.certificate.fingerprint)).toBe("wrong-certificate");
    expect(await codeOf(program.publicBytes, program.certificate.fingerprint)).toBeNull();
  });

  it("when another's subkey was put in", async () => {
    const bytes = await withChange((key, other) => {
      key.subkeys = [...key.subkeys.slice(0, 1), ...other.subkeys.slice(1, 2)];
    });
    expect(await codeOf(bytes, program.certificate.fingerprint)).toBe("bad-certificate");
  });

  it("when a subkey bears another subkey's binding signature", async () => {
    const bytes = await withChange((key) => {
      const [first, second] = key.subkeys;
      if (first !== undefined && second !== undefined) first.bindingSignatures = second.bindingSignatures;
    });
    expect(await codeOf(bytes)).toBe("bad-certificate");
  });

  it("when a binding signature is missing or there are two", async () => {
    const without = await withChange((key) => {
      for (const subkey of key.subkeys.slice(0, 1)) subkey.bindingSignatures = [];
    });
    expect(await codeOf(without)).toBe("bad-certificate");
    const twice = await withChange((key) => {
      for (const subkey of key.subkeys.slice(0, 1)) subkey.bindingSignatures.push(...subkey.bindingSignatures);
    });
    expect(await codeOf(twice)).toBe("bad-certificate");
  });

  it("when epochs come twice or in another order", async () => {
    const swapped = await withChange((key) => {
      key.subkeys.reverse();
    });
    expect(await codeOf(swapped)).toBe("bad-certificate");
    const twice = await withChange((key) => {
      key.subkeys.push(...key.subkeys.slice(-1));
    });
    expect(await codeOf(twice)).toBe("bad-certificate");
  });

  it("when it has no epoch", async () => {
    const bytes = await withChange((key) => {
      key.subkeys = [];
    });
    expect(await codeOf(bytes)).toBe("bad-certificate");
  });

  it("when it has another user", async () => {
    const bytes = await withChange((key, other) => {
      key.users.push(...other.users);
    });
    expect(await codeOf(bytes)).toBe("bad-certificate");
  });

  it("when it is the secret half", async () => {
    expect(await codeOf(program.secretBytes)).toBe("bad-certificate");
  });

  it("when it is followed or preceded by anything", async () => {
    expect(await codeOf(concat(program.publicBytes, Uint8Array.of(0)))).toBe("bad-certificate");
    expect(await codeOf(concat(program.publicBytes, Uint8Array.of(0xd5, 1, 0)))).toBe("bad-certificate");
    expect(await codeOf(concat(Uint8Array.of(0xca, 3, 0x50, 0x47, 0x50), program.publicBytes))).toBe("bad-certificate");
    expect(await codeOf(concat(program.publicBytes, foreign.publicBytes))).toBe("bad-certificate");
  });

  it("when it is cut or empty", async () => {
    for (let length = 0; length < program.publicBytes.length; length += 97) {
      expect(await codeOf(program.publicBytes.slice(0, length), program.certificate.fingerprint), String(length)).toMatch(
        /^(bad|wrong)-certificate$/,
      );
    }
  });

  it("when any octet of it was changed, but those that nobody signs", async () => {
    const accepted: number[] = [];
    const pinned = program.certificate.fingerprint;
    const one = await trimCertificate(program.publicBytes, [program.epoch.fingerprint]);
    for (let at = 0; at < one.length; at += 3) {
      const bytes = one.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      if ((await codeOf(bytes, pinned)) === null) accepted.push(at);
    }
    // Issuer fields in the unhashed part of a signature are hints; at most the 3 signatures have some.
    expect(accepted.length).toBeLessThanOrEqual(3 * 12);
  });

  it("when it is of a classical kind", async () => {
    const { generateKey } = await import("openpgp");
    for (const v6Keys of [false, true]) {
      const { publicKey } = await generateKey({
        userIDs: { name: "Firsthand program" },
        type: "curve25519",
        subkeys: [{ type: "curve25519", keyExpirationTime: EPOCH_SECONDS }],
        date: new Date(START * 1000),
        format: "binary",
        config: { v6Keys, aeadProtect: true },
      });
      expect(await codeOf(asBytes(publicKey))).toBe("bad-certificate");
    }
  });

  it("when an epoch is longer than a week or never ends", async () => {
    const { generateKey } = await import("openpgp");
    for (const keyExpirationTime of [0, EPOCH_SECONDS - 1, EPOCH_SECONDS + 1]) {
      const { publicKey } = await generateKey({
        userIDs: { name: "Firsthand program" },
        type: "curve25519",
        subkeys: [{ type: "pqc", keyExpirationTime }],
        date: new Date(START * 1000),
        format: "binary",
        config: { v6Keys: true, aeadProtect: true },
      });
      expect(await codeOf(asBytes(publicKey)), String(keyExpirationTime)).toBe("bad-certificate");
    }
  });

  it("when its user ID names somebody", async () => {
    const { generateKey } = await import("openpgp");
    const { publicKey } = await generateKey({
      userIDs: { name: "Somebody" },
      type: "curve25519",
      subkeys: [{ type: "pqc", keyExpirationTime: EPOCH_SECONDS }],
      date: new Date(START * 1000),
      format: "binary",
      config: { v6Keys: true, aeadProtect: true },
    });
    expect(await codeOf(asBytes(publicKey))).toBe("bad-certificate");
  });

  it("when it is anything else", async () => {
    expect(await codeOf(patternOf(2000))).toBe("bad-certificate");
    expect(await codeOf(new Uint8Array(0))).toBe("bad-certificate");
  });
});

describe("the epoch of a moment", () => {
  it("is the one whose window contains it, to the second", () => {
    const { certificate } = program;
    const indexAt = (seconds: number): number => certificate.epochs.indexOf(epochAt(certificate, seconds));
    expect([START, START + EPOCH_SECONDS - 1, START + EPOCH_SECONDS, middleOf(3)].map(indexAt)).toEqual([0, 0, 1, 3]);
  });

  it("is missing before the first and after the last", async () => {
    const { certificate } = program;
    const end = START + 4 * EPOCH_SECONDS;
    for (const seconds of [START - 1, end, 0]) expect(await refusalOf(() => epochAt(certificate, seconds))).toBe("no-epoch");
  });

  it("is the nearest one for a clock that is at most two days wrong", async () => {
    const { certificate } = program;
    const end = START + 4 * EPOCH_SECONDS;
    expect(epochAt(certificate, START - 2 * DAY, 2 * DAY)).toBe(certificate.epochs[0]);
    expect(epochAt(certificate, end - 1 + 2 * DAY, 2 * DAY)).toBe(certificate.epochs[3]);
    expect(epochAt(certificate, middleOf(1), 2 * DAY)).toBe(certificate.epochs[1]);
    for (const seconds of [START - 2 * DAY - 1, end + 2 * DAY]) {
      expect(await refusalOf(() => epochAt(certificate, seconds, 2 * DAY))).toBe("clock-outside-epoch");
    }
  });
});

describe("the gate accepts", () => {
  const accepted = (seconds: number, graceDays: number): number[] =>
    acceptedEpochs(program.certificate, seconds, graceDays).map((epoch) => program.certificate.epochs.indexOf(epoch));

  it("the current epoch", () => {
    expect(accepted(middleOf(1), 0)).toEqual([1]);
  });

  it("the one before for the grace period, to the second, and no older one", () => {
    const begin = START + 2 * EPOCH_SECONDS;
    expect(accepted(begin + 3 * DAY - 1, 3)).toEqual([1, 2]);
    expect(accepted(begin + 3 * DAY, 3)).toEqual([2]);
    expect(accepted(begin, 30)).toEqual([1, 2]);
  });

  it("the next one from two days before its beginning", () => {
    const begin = START + 2 * EPOCH_SECONDS;
    expect(accepted(begin - 2 * DAY - 1, 0)).toEqual([1]);
    expect(accepted(begin - 2 * DAY, 0)).toEqual([1, 2]);
    expect(accepted(START - 2 * DAY, 0)).toEqual([0]);
    expect(accepted(START - 2 * DAY - 1, 0)).toEqual([]);
  });

  it("the last one for the grace period after the end", () => {
    const end = START + 4 * EPOCH_SECONDS;
    expect(accepted(end + DAY, 7)).toEqual([3]);
    expect(accepted(end + 7 * DAY, 7)).toEqual([]);
  });
});

describe("a session key", () => {
  it("comes back from 1,200 octets", async () => {
    const sessionKey = randomBytes(32);
    for (const epoch of program.certificate.epochs) {
      const pkesk = await epoch.encryptSessionKey(sessionKey);
      expect(pkesk.length).toBe(1200);
      expect(await program.secret.decryptSessionKey(pkesk)).toEqual(sessionKey);
    }
  });

  it("does not come back from a changed packet, for another certificate or for an unknown epoch", async () => {
    const pkesk = await program.epoch.encryptSessionKey(randomBytes(32));
    for (const at of [50, 100, 1100, 1199]) {
      const changed = pkesk.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await refusalOf(() => program.secret.decryptSessionKey(changed))).toBe("cannot-decrypt");
    }
    expect(await refusalOf(() => foreign.secret.decryptSessionKey(pkesk))).toBe("wrong-recipient");
    expect(await refusalOf(() => program.secret.decryptSessionKey(pkesk.slice(0, 1199)))).toBe("wrong-recipient");
    expect(await refusalOf(() => program.secret.decryptSessionKey(new Uint8Array(0)))).toBe("wrong-recipient");
  });
});

describe("destroying an epoch", () => {
  it("makes its envelopes impossible to open, here and from the new file", async () => {
    const { certificate, secretBytes, publicBytes } = program;
    const [first, second] = certificate.epochs;
    if (first === undefined || second === undefined) throw new Error("no epochs");
    const sessionKey = randomBytes(32);
    const toFirst = await first.encryptSessionKey(sessionKey);
    const toSecond = await second.encryptSessionKey(sessionKey);
    const secret = await openSecret(secretBytes);
    const after = await secret.destroyEpoch(first.fingerprint);
    for (const holder of [secret, await openSecret(after)]) {
      expect(holder.destroyed).toEqual([first.fingerprint]);
      expect(holder.epochs).toHaveLength(4);
      expect(holder.publicBytes()).toEqual(publicBytes);
      expect(await refusalOf(() => holder.decryptSessionKey(toFirst))).toBe("key-destroyed");
      expect(await holder.decryptSessionKey(toSecond)).toEqual(sessionKey);
    }
  });

  it("leaves none of its secret octets in the new file", async () => {
    const key = await readPrivateKey({ binaryKey: program.secretBytes });
    const [subkey] = key.subkeys;
    const material = (subkey?.keyPacket as unknown as { privateParams: { mlkemSeed: Uint8Array; eccSecretKey: Uint8Array } }).privateParams;
    const secret = await openSecret(program.secretBytes);
    const before = Buffer.from(program.secretBytes);
    const after = Buffer.from(await secret.destroyEpoch(program.epoch.fingerprint));
    for (const octets of [material.mlkemSeed, material.eccSecretKey]) {
      expect(before.includes(Buffer.from(octets))).toBe(true);
      expect(after.includes(Buffer.from(octets))).toBe(false);
    }
  });

  it("leaves the library without a way in too", async () => {
    const secret = await openSecret(program.secretBytes);
    const after = await secret.destroyEpoch(program.epoch.fingerprint);
    const pkesk = await program.epoch.encryptSessionKey(randomBytes(32));
    const message = concat(pkesk, Uint8Array.of(0xd2, 0xff, 0, 0, 0, 52, 2, 9, 3, 12), new Uint8Array(48));
    const attempt = decryptSessionKeys({
      message: await readMessage({ binaryMessage: message }),
      decryptionKeys: await readPrivateKey({ binaryKey: after }),
    });
    await expect(attempt).rejects.toThrow();
  });

  it("can be done to all of them, one after the other, and again", async () => {
    const secret = await openSecret(program.secretBytes);
    for (const fingerprint of secret.epochs) await secret.destroyEpoch(fingerprint);
    const last = await secret.destroyEpoch(secret.epochs[0] ?? "");
    expect((await openSecret(last)).destroyed).toEqual(secret.epochs);
  });

  it("is refused for an epoch that is not there", async () => {
    const secret = await openSecret(program.secretBytes);
    expect(await refusalOf(() => secret.destroyEpoch(foreign.epoch.fingerprint))).toBe("no-epoch");
  });
});

describe("a secret half", () => {
  it("is refused when it is public, cut or something else", async () => {
    for (const bytes of [program.publicBytes, program.secretBytes.slice(0, -1), patternOf(500), new Uint8Array(0)]) {
      expect(await refusalOf(() => openSecret(bytes))).toBe("bad-certificate");
    }
  });
});
