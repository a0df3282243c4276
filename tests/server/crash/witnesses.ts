/** Witnesses who send tips to a server that keeps breaking, as the page does: what is refused for the moment is sent again, what was promised is written down. */
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import type { EpochKey } from "../../../src/protocol/crypto/certificate.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { sealTip } from "../../../src/protocol/crypto/tip.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { formatJson } from "../../../src/protocol/format/json.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { pieces } from "../courier/keeper-fixture.ts";

/** Whom tips are sealed to. */
export interface Recipients {
  readonly program: EpochKey;
  readonly rewards: EpochKey;
}

/** What a witness has in hand: without a receipt, nothing was promised. */
export interface Sent {
  readonly id: string;
  readonly commitment: string;
  readonly request: Bytes;
  readonly receipt: string;
}

/** A tip as a page has it before it sends. */
interface Ready {
  readonly id: string;
  readonly parts: readonly Bytes[];
  readonly commitment: string;
  readonly request: Bytes;
}

/** What a server said that is neither yes nor "not now". */
class Unexpected extends Error {}

/** Seals a tip; a large one has two parts. */
async function prepare(recipients: Recipients, large: boolean): Promise<Ready> {
  const attachment = randomBytes(large ? 600_000 : 0);
  const file = {
    name: "file",
    type: "image/jpeg",
    size: attachment.length,
    form: "original",
    open: () => pieces([attachment]),
  } as const;
  const sealed = await sealTip(
    {
      answers: { ...EMPTY_ANSWERS, narrative: "What I saw." },
      attachments: large ? [file] : [],
      thread: await signingKeyFromSeed(randomBytes(32)),
      sequence: 0,
      reply: null,
      claim: null,
    },
    recipients,
  );
  const parts: Bytes[] = [];
  for await (const part of sealed.parts) parts.push(part);
  const { commitment, digest } = sealed.finish();
  const request = formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: parts.length });
  return { id: toHex(randomBytes(16)), parts, commitment: toHex(commitment), request };
}

/** The answer to a request, asked again while the server says "not now". Null if the connection breaks, or `stopped`. */
async function ask(
  address: string,
  path: string,
  method: string,
  type: string,
  body: Bytes,
  stopped: () => boolean,
): Promise<string | null> {
  while (!stopped()) {
    let answer: Response;
    let said: string;
    try {
      answer = await fetch(`${address}${path}`, { method, body, headers: { "content-type": type } });
      said = await answer.text();
    } catch {
      return null;
    }
    if (answer.ok) return said;
    if (answer.status !== 503) throw new Unexpected(`${String(answer.status)} ${said}`);
    await pause(100);
  }
  return null;
}

/** Sends tips until `stopped`, or until the server is gone; every third is large. Receipts go into `receipted`. @throws {Unexpected}. */
export async function witness(address: string, recipients: Recipients, receipted: Sent[], stopped: () => boolean): Promise<void> {
  for (let sent = 0; !stopped(); sent++) {
    const { id, parts, commitment, request } = await prepare(recipients, sent % 3 === 2);
    for (const [index, part] of parts.entries()) {
      const path = `/tips/${id}/parts/${String(index + 1)}`;
      if ((await ask(address, path, "PUT", "application/octet-stream", part, stopped)) === null) return;
    }
    const answer = await ask(address, `/tips/${id}`, "POST", "application/json", request, stopped);
    if (answer === null) return;
    receipted.push({ id, commitment, request, receipt: (JSON.parse(answer) as { receipt: string }).receipt });
  }
}

/** Sends half of a part and resets the connection. Returns the numbers of the parts the server then has of that tip, or null if it cannot say. */
export async function breakOff(address: string, recipients: Recipients): Promise<number[] | null> {
  const { id, parts } = await prepare(recipients, true);
  const [, part] = parts;
  if (part === undefined) throw new Error("a large tip has two parts");
  const { hostname, port } = new URL(address);
  const head = `PUT /tips/${id}/parts/2 HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${String(part.length)}\r\n\r\n`;
  await new Promise<void>((done) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(head);
      socket.write(part.subarray(0, part.length / 2), () => socket.resetAndDestroy());
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      done();
    });
  });
  const answer = await fetch(`${address}/tips/${id}/parts`).catch(() => null);
  return answer?.ok === true ? ((await answer.json()) as { parts: number[] }).parts : null;
}
