import { decrypt, readMessage } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { lockSecret, unlockSecret } from "../../../src/protocol/crypto/lock.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { patternOf } from "../../support/bytes.ts";
import { refusalOf } from "../../support/refusals.ts";

describe("a locked secret", () => {
  const secret = patternOf(80_000);
  const passphrase = randomBytes(32);
  let locked: Bytes;
  beforeAll(async () => {
    locked = await lockSecret(secret, passphrase);
  });

  it("opens with its passphrase", async () => {
    expect(await unlockSecret(locked, passphrase)).toEqual(secret);
  });

  it("is one OpenPGP message that any tool opens with the passphrase in hexadecimal", async () => {
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: locked }),
      passwords: toHex(passphrase),
      format: "binary",
    });
    expect(new Uint8Array(data)).toEqual(secret);
  });

  it("is locked by Argon2id with 64 MiB, once, and by AES-256-GCM", () => {
    // SKESK: tag 3, length, version 6, count of the next fields, AES-256, GCM, S2K length, Argon2, salt (16), t = 3, p = 4, m = 2^16 KiB.
    expect([...locked.subarray(0, 1), ...locked.subarray(2, 3)]).toEqual([0xc3, 6]);
    expect([...locked.subarray(4, 6)]).toEqual([9, 3]);
    expect(locked[7]).toBe(4);
    expect([...locked.subarray(24, 27)]).toEqual([3, 4, 16]);
    const next = 2 + (locked[1] ?? 0);
    expect(locked[next]).toBe(0xd2);
  });

  it("does not open with another passphrase", async () => {
    expect(await refusalOf(() => unlockSecret(locked, randomBytes(32)))).toBe("cannot-unlock");
  });

  it("does not open when it was changed, cut or is something else", async () => {
    const attempts = [locked.slice(0, -1), locked.slice(0, 40), patternOf(200), new Uint8Array(0)];
    for (const at of [30, 200, locked.length - 1]) {
      const changed = locked.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      attempts.push(changed);
    }
    for (const attempt of attempts) expect(await refusalOf(() => unlockSecret(attempt, passphrase))).toBe("cannot-unlock");
  });

  it("does not make the machine allocate what an attacker wrote into it", async () => {
    const bomb = locked.slice();
    bomb[26] = 31;
    expect(await refusalOf(() => unlockSecret(bomb, passphrase))).toBe("cannot-unlock");
  });

  it("wants a passphrase that cannot be guessed", async () => {
    await expect(lockSecret(secret, new Uint8Array(8))).rejects.toThrow("too short");
  });
});
