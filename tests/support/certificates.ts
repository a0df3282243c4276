/** Certificates for tests: three epochs from a fixed day, so that no test depends on today. */
import type { Bytes } from "../../src/protocol/bytes.ts";
import {
  type Certificate,
  type EpochKey,
  EPOCH_SECONDS,
  generateCertificate,
  openCertificate,
  openSecret,
  type SecretCertificate,
} from "../../src/protocol/crypto/certificate.ts";

/** 2026-06-01T00:00:00Z. */
export const START = 1_780_272_000;

/** A moment in the middle of epoch `index`. */
export function middleOf(index: number): number {
  return START + index * EPOCH_SECONDS + EPOCH_SECONDS / 2;
}

/** A certificate with both halves. */
export interface KeyPair {
  readonly publicBytes: Bytes;
  readonly secretBytes: Bytes;
  readonly certificate: Certificate;
  readonly secret: SecretCertificate;
  readonly epoch: EpochKey;
}

/** A new certificate; `epoch` is its first. */
export async function newKeyPair(purpose: "program" | "rewards" = "program", epochs = 3): Promise<KeyPair> {
  const { publicBytes, secretBytes } = await generateCertificate({ purpose, start: START, epochs });
  const certificate = await openCertificate(publicBytes);
  const [epoch] = certificate.epochs;
  if (epoch === undefined) throw new Error("no epoch");
  return { publicBytes, secretBytes, certificate, secret: await openSecret(secretBytes), epoch };
}
