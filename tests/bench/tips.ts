/** Tips as intake sees them, made quickly: one framing, and random octets after it. That is all that the gate can see. */
import { type Bytes, rechunk } from "../../src/protocol/bytes.ts";
import { type Certificate, epochAt } from "../../src/protocol/crypto/certificate.ts";
import { sealEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { PART_SIZE, partDigest, sha256Native } from "../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { SMALLEST_CLASS } from "../../src/protocol/format/padding.ts";
import type { Sender } from "./sender.ts";

/** A tip of one part. */
export interface Tip {
  readonly tip: Bytes;
  readonly body: Bytes;
  /** SHA-256 of the body. */
  readonly sha256: Bytes;
  readonly commitment: Bytes;
  readonly digest: Bytes;
  /** Body of the POST. */
  readonly completion: Bytes;
}

/** Tips of the smallest class. `now` in milliseconds chooses their epoch. */
export async function makeTips(program: Certificate, count: number, now = Date.now()): Promise<Tip[]> {
  const content = rechunk([randomBytes(SMALLEST_CLASS)], PART_SIZE);
  const [envelope] = await Array.fromAsync(rechunk(sealEnvelope(content, SMALLEST_CLASS, epochAt(program, now / 1000)), PART_SIZE));
  if (envelope === undefined) throw new Error("an envelope has a part");
  return Promise.all(
    Array.from({ length: count }, async () => {
      const body = envelope.slice();
      body.set(randomBytes(1024), body.length - 1024);
      const sha256 = await sha256Native(body);
      const commitment = randomBytes(32);
      const digest = partDigest(body.length, [sha256]);
      const completion = formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: 1 });
      return { tip: randomBytes(16), body, sha256, commitment, digest, completion };
    }),
  );
}

/** Parts of one envelope of `content` octets. `now` in milliseconds chooses its epoch. */
export async function makeParts(program: Certificate, content: number, now = Date.now()): Promise<Bytes[]> {
  return Array.fromAsync(rechunk(sealEnvelope(blocks(content), content, epochAt(program, now / 1000)), PART_SIZE));
}

async function* blocks(octets: number): AsyncGenerator<Bytes> {
  const block = randomBytes(1_048_576);
  for (let sent = 0; sent < octets; sent += block.length)
    yield await Promise.resolve(block.subarray(0, Math.min(block.length, octets - sent)));
}

/** Media type of a part. */
export const OCTETS = "application/octet-stream";

/** Sends a tip of one part and completes it. */
export async function sendTip(sender: Sender, { tip, body, completion }: Tip): Promise<void> {
  const id = toHex(tip);
  await sender.send("PUT", `/tips/${id}/parts/1`, OCTETS, body, 204);
  await sender.send("POST", `/tips/${id}`, "application/json", completion, 200);
}

/** Sends parts, one after another. `id` in hexadecimal. */
export async function sendParts(sender: Sender, id: string, parts: readonly Bytes[]): Promise<void> {
  for (const [index, part] of parts.entries()) await sender.send("PUT", `/tips/${id}/parts/${String(index + 1)}`, OCTETS, part, 204);
}

/** Seconds that `workers` at once need for all `items`. */
export async function secondsFor<T>(
  items: readonly T[],
  workers: number,
  work: (item: T, worker: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item, worker);
    }),
  );
  return (performance.now() - begin) / 1000;
}
