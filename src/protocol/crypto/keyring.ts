/**
 * The certificates the page encrypts to: fetched from this site, believed only because their primary keys are the pinned ones and every signature holds.
 *
 * `/keys.pgp` is the trimmed program certificate followed by the trimmed reward certificate, both binary. A version 6 certificate starts with packet type 6
 * (octet C6) and has no other packet of that type, so the second one starts at the second C6.
 */
import { type Bytes, readInteger } from "../bytes.ts";
import { type Certificate, epochAt, type EpochKey, openCertificate } from "./certificate.ts";
import { Refusal } from "../errors.ts";

/** Seconds by which a device's clock may be outside an epoch: two days. */
export const CLOCK_SLACK = 172_800;

/** Both certificates, verified. */
export interface Keyring {
  readonly program: Certificate;
  readonly rewards: Certificate;
}

/** Fingerprints of the two primary keys, hexadecimal. */
export interface PinnedFingerprints {
  readonly program: string;
  readonly rewards: string;
}

/**
 * Opens `/keys.pgp`.
 * @throws {Refusal} `bad-certificate` if these are not two certificates of the right purposes, `wrong-certificate` if they are not the pinned ones.
 */
export async function openKeyring(bytes: Bytes, pinned: PinnedFingerprints): Promise<Keyring> {
  const [first, second, ...more] = splitCertificates(bytes);
  if (first === undefined || second === undefined || more.length > 0) throw new Refusal("bad-certificate", "number of certificates");
  const program = await openCertificate(first, pinned.program);
  const rewards = await openCertificate(second, pinned.rewards);
  if (program.purpose !== "program" || rewards.purpose !== "rewards") throw new Refusal("bad-certificate", "purpose");
  return { program, rewards };
}

/** The epochs to seal to at `unixSeconds` by the device's clock. @throws {Refusal} `clock-outside-epoch`. */
export function epochsAt(keyring: Keyring, unixSeconds: number): { program: EpochKey; rewards: EpochKey } {
  return { program: epochAt(keyring.program, unixSeconds, CLOCK_SLACK), rewards: epochAt(keyring.rewards, unixSeconds, CLOCK_SLACK) };
}

/** Cuts a row of binary certificates before each primary key packet. @throws {Refusal} `bad-certificate` if it is no row of whole packets of known length. */
export function splitCertificates(bytes: Bytes): Bytes[] {
  const starts: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    if (tag < 0xc0 || (at === 0 && tag !== 0xc6)) throw new Refusal("bad-certificate", "packets");
    if (tag === 0xc6) starts.push(at);
    at = packetEnd(bytes, at + 1);
  }
  if (at !== bytes.length) throw new Refusal("bad-certificate", "packets");
  return starts.map((start, index) => bytes.slice(start, starts[index + 1]));
}

/** Where the packet whose length octets start at `at` ends (RFC 9580 section 4.2.1). Partial lengths do not occur in certificates. */
function packetEnd(bytes: Bytes, at: number): number {
  const first = readInteger(bytes, at, 1);
  if (first < 192) return at + 1 + first;
  if (first < 224) return at + 2 + (readInteger(bytes, at, 2) - 0xc000 + 192);
  if (first === 255) return at + 5 + readInteger(bytes, at + 1, 4);
  throw new Refusal("bad-certificate", "packets");
}
