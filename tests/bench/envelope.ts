/** Sealing and opening an envelope against the same bytes through bare WebCrypto AES-256-GCM in 1 MiB calls. */
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { generateCertificate, openCertificate, openSecret } from "../../src/protocol/crypto/certificate.ts";
import { openEnvelope, sealEnvelope } from "../../src/protocol/crypto/envelope.ts";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { processorSeconds, type Result } from "./target.ts";

const MIB = 1_048_576;
const AMOUNT = 128;
const ROUNDS = 3;

/** Median processor seconds for 128 MiB. */
export async function benchEnvelope(): Promise<Result[]> {
  const made = await generateCertificate({ purpose: "program", start: 1_795_478_400, epochs: 1 });
  const [epoch] = (await openCertificate(made.publicBytes)).epochs;
  if (epoch === undefined) throw new Error("a certificate without an epoch");
  const secret = await openSecret(made.secretBytes);
  const block = randomBytes(MIB);

  const bare: number[] = [];
  const sealing: number[] = [];
  const opening: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await processorSeconds(() => bareEncryption(block)));
    sealing.push(
      await processorSeconds(async () => {
        for await (const piece of sealEnvelope(blocks(block), AMOUNT * MIB, epoch))
          if (piece.length === 0) throw new Error("an empty piece");
      }),
    );
    const envelope = await Array.fromAsync(sealEnvelope(blocks(block), AMOUNT * MIB, epoch));
    opening.push(
      await processorSeconds(async () => {
        const { content } = await openEnvelope(pieces(envelope), (pkesk) => secret.decryptSessionKey(pkesk));
        for await (const piece of content) if (piece.length === 0) throw new Error("an empty piece");
      }),
    );
  }
  const baseline = { name: "WebCrypto AES-256-GCM of the same bytes", value: median(bare) };
  return [
    { name: "seal 128 MiB", value: median(sealing), unit: "CPU-s", baseline, target: { ratio: 1.4, aim: "at-most" } },
    { name: "open 128 MiB", value: median(opening), unit: "CPU-s", baseline, target: { ratio: 2, aim: "at-most" } },
  ];
}

async function bareEncryption(block: Bytes): Promise<void> {
  const key = await globalThis.crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = new Uint8Array(12);
  for (let index = 0; index < AMOUNT; index++) await globalThis.crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, block);
}

async function* blocks(block: Bytes): AsyncGenerator<Bytes> {
  for (let index = 0; index < AMOUNT; index++) yield await Promise.resolve(block);
}

async function* pieces(all: readonly Bytes[]): AsyncGenerator<Bytes> {
  for (const piece of all) yield await Promise.resolve(piece);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
