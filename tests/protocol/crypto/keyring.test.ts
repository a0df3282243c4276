import { beforeAll, describe, expect, it } from "vitest";
import { CLOCK_SLACK, epochsAt, openKeyring, splitCertificates } from "../../../src/protocol/crypto/keyring.ts";
import { concat } from "../../../src/protocol/bytes.ts";
import { EPOCH_SECONDS } from "../../../src/protocol/crypto/certificate.ts";
import { type KeyPair, middleOf, newKeyPair, START } from "../../support/certificates.ts";
import { refusalOf } from "../../support/refusals.ts";

let program: KeyPair;
let rewards: KeyPair;
let other: KeyPair;

beforeAll(async () => {
  program = await newKeyPair("program");
  rewards = await newKeyPair("rewards");
  other = await newKeyPair("program");
});

function pinned(): { program: string; rewards: string } {
  return { program: program.certificate.fingerprint, rewards: rewards.certificate.fingerprint };
}

describe("the keys file", () => {
  it("opens as the program's certificate and then the rewards'", async () => {
    const keyring = await openKeyring(concat(program.publicBytes, rewards.publicBytes), pinned());
    expect(keyring.program.fingerprint).toBe(program.certificate.fingerprint);
    expect(keyring.rewards.fingerprint).toBe(rewards.certificate.fingerprint);
  });

  it("is refused with another program's certificate", async () => {
    expect(await refusalOf(() => openKeyring(concat(other.publicBytes, rewards.publicBytes), pinned()))).toBe("wrong-certificate");
  });

  it("is refused when the two are swapped, missing, doubled or followed by anything", async () => {
    const swapped = { program: rewards.certificate.fingerprint, rewards: program.certificate.fingerprint };
    const files: [Parameters<typeof openKeyring>[0], ReturnType<typeof pinned>][] = [
      [concat(rewards.publicBytes, program.publicBytes), swapped],
      [program.publicBytes, pinned()],
      [new Uint8Array(0), pinned()],
      [concat(program.publicBytes, rewards.publicBytes, rewards.publicBytes), pinned()],
      [concat(program.publicBytes, rewards.publicBytes, new Uint8Array(1)), pinned()],
    ];
    for (const [bytes, pins] of files) expect(await refusalOf(() => openKeyring(bytes, pins))).toBe("bad-certificate");
  });

  it("is refused with a changed, missing or added byte anywhere", async () => {
    const whole = concat(program.publicBytes, rewards.publicBytes);
    for (let at = 0; at < whole.length; at += 397) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(await refusalOf(() => openKeyring(changed, pinned()))).not.toBeNull();
    }
    expect(await refusalOf(() => openKeyring(whole.slice(0, -1), pinned()))).not.toBeNull();
  });

  it("is cut where a new primary key begins", () => {
    expect(splitCertificates(concat(program.publicBytes, rewards.publicBytes))).toEqual([program.publicBytes, rewards.publicBytes]);
  });
});

describe("the device's clock", () => {
  it("may be two days outside the epochs and not a second more", () => {
    const keyring = { program: program.certificate, rewards: rewards.certificate };
    const end = START + 3 * EPOCH_SECONDS;
    expect(epochsAt(keyring, middleOf(1)).program.from).toBe(START + EPOCH_SECONDS);
    expect(epochsAt(keyring, START - CLOCK_SLACK).program.from).toBe(START);
    expect(() => epochsAt(keyring, START - CLOCK_SLACK - 1)).toThrow();
    expect(epochsAt(keyring, end - 1 + CLOCK_SLACK).rewards.to).toBe(end);
    expect(() => epochsAt(keyring, end + CLOCK_SLACK)).toThrow();
  });
});
