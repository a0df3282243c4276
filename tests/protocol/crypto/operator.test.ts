/** Streams to an operator, for certificates of both versions, with the tool that operators have, and against what may happen to a file. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { generateKey } from "openpgp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { openOperatorCertificate, openOperatorKey } from "../../../src/protocol/crypto/operator.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { Fault } from "../../../src/protocol/errors.ts";
import { refusalOf } from "../../support/refusals.ts";

/** A little later than now: keys are made in between. */
const soon = (): number => Math.floor(Date.now() / 1000) + 60;
const LIMIT = 5_000_000;
const content = randomBytes(1_000_003);

async function* pieces(...list: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  yield* list;
}

const sealed = async (certificate: Bytes): Promise<Bytes> =>
  collect((await openOperatorCertificate(certificate, soon())).seal(pieces(content.subarray(0, 10), content.subarray(10))), LIMIT);
const opened = async (key: Bytes, message: Uint8Array, passphrase: string | null = null): Promise<Bytes> =>
  collect((await openOperatorKey(key, passphrase)).open(pieces(message)), LIMIT);

describe.each([
  ["version 4", {}],
  ["version 6", { v6Keys: true, aeadProtect: true }],
] as const)("a certificate of %s", (_, config) => {
  let certificate: Bytes;
  let key: Bytes;
  let message: Bytes;
  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKey({
      userIDs: [{ name: "Operator" }],
      format: "armored",
      config,
      passphrase: "long enough",
    });
    [certificate, key] = [utf8(publicKey), utf8(privateKey)];
    message = await sealed(certificate);
  });

  it("gets a message that its key opens, and a wrong passphrase does not", async () => {
    expect(toHex(await opened(key, message, "long enough"))).toBe(toHex(content));
    expect(await refusalOf(() => opened(key, message, "wrong"))).toBe("cannot-unlock");
    expect(await refusalOf(() => opened(key, message))).toBe("cannot-unlock");
  });

  it("gets nothing whole out of a message that was cut or changed", async () => {
    for (const length of [message.length - 1, message.length - 30, message.length >> 1]) {
      expect(await refusalOf(() => opened(key, message.subarray(0, length), "long enough"))).toBe("not-authentic");
    }
    for (const place of [message.length - 5, message.length >> 1]) {
      const changed = message.slice();
      changed[place]! ^= 1;
      expect(await refusalOf(() => opened(key, changed, "long enough"))).toBe("not-authentic");
    }
  });

  it("is of no use to another key", async () => {
    const other = await generateKey({ userIDs: [{ name: "Other" }], format: "binary", config });
    expect(await refusalOf(() => opened(asBytes(other.privateKey), message))).toBe("cannot-decrypt");
    expect(await refusalOf(() => opened(key, utf8("no message at all"), "long enough"))).toBe("cannot-decrypt");
  });
});

describe("what is no certificate", () => {
  it("is refused before anything is written", async () => {
    for (const bytes of [utf8("-----BEGIN nothing"), randomBytes(100), new Uint8Array(0)]) {
      expect(await refusalOf(() => openOperatorCertificate(bytes, soon()))).toBe("bad-certificate");
      expect(await refusalOf(() => openOperatorKey(bytes, null))).toBe("bad-certificate");
    }
    const { publicKey } = await generateKey({ userIDs: [{ name: "Old" }], format: "binary", keyExpirationTime: 100 });
    expect(await refusalOf(() => openOperatorCertificate(asBytes(publicKey), soon() + 1000))).toBe("bad-certificate");
  });

  it("does not hide a disk that breaks", async () => {
    const { publicKey } = await generateKey({ userIDs: [{ name: "Operator" }], format: "binary" });
    const certificate = await openOperatorCertificate(asBytes(publicKey), soon());
    const breaking = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield* pieces(content);
      throw new Fault("reading the backup", undefined);
    };
    await expect(collect(certificate.seal(breaking()), LIMIT)).rejects.toBeInstanceOf(Fault);
  });
});

describe("GnuPG", () => {
  let home: string;
  afterAll(async () => {
    await promisify(execFile)("gpgconf", ["--homedir", home, "--kill", "all"]);
    await rm(home, { recursive: true, force: true });
  });

  it("opens what its own certificate gets", async () => {
    home = await mkdtemp(join(tmpdir(), "fh-gpg-"));
    const gpg = (...words: string[]) => promisify(execFile)("gpg", ["--homedir", home, "--batch", "--quiet", "--passphrase", "", ...words]);
    await gpg("--quick-generate-key", "operator@example.org", "default", "default", "never");
    await gpg("--output", join(home, "certificate"), "--export");
    await writeFile(join(home, "message"), await sealed(asBytes(await readFile(join(home, "certificate"))).slice()));
    await gpg("--output", join(home, "content"), "--decrypt", join(home, "message"));
    expect(toHex(await readFile(join(home, "content")))).toBe(toHex(content));
  });
});
