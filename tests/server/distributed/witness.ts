/** Witnesses for tests of several servers: each part and each completion may go to another server, and what fails is sent again, as a page does. */
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { type Bytes, concat, equal } from "../../../src/protocol/bytes.ts";
import type { Certificate } from "../../../src/protocol/crypto/certificate.ts";
import { openNote } from "../../../src/protocol/crypto/note.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import type { Context } from "../../../src/server/context.ts";
import { batchKey } from "../../../src/server/store/batch-keys.ts";
import { commitmentsOf, itemBody, itemsOf } from "../../../src/server/store/items.ts";
import { makeTip, type TestTip } from "../../support/server.ts";
import { checkStation } from "../courier/keeper-fixture.ts";

const LARGE = 1_048_576;

/** A tip that got its receipt. */
export interface Receipted {
  readonly tip: TestTip;
  readonly receipt: string;
}

/** Which server the next request goes to. */
export type NextServer = () => string;

/** The servers in turn. */
export function inTurn(addresses: readonly string[]): NextServer {
  let turn = 0;
  return () => addresses[turn++ % addresses.length] ?? "";
}

/**
 * Sends a tip, each request to the next server; what is not answered, or with a 503, is sent again.
 * @returns its receipt, or null if `stopped` says so before there is one.
 */
export async function sendThrough(next: NextServer, tip: TestTip, stopped: () => boolean = () => false): Promise<string | null> {
  for (const [index, body] of tip.parts.entries()) {
    const put = await untilAnswered(next, stopped, (address) =>
      fetch(`${address}/tips/${tip.id}/parts/${String(index + 1)}`, {
        method: "PUT",
        body,
        headers: { "content-type": "application/octet-stream" },
      }),
    );
    if (put === null) return null;
    expect(put.status).toBe(204);
  }
  const post = await untilAnswered(next, stopped, (address) => complete(address, tip));
  if (post === null) return null;
  // A part that was taken and not durable is gone after a fail-over; a page asks which are there and sends it again.
  if (post.status === 409) return sendThrough(next, tip, stopped);
  expect(post.status).toBe(200);
  return ((await post.json()) as { receipt: string }).receipt;
}

/** The completion of a tip whose parts are there. */
export function complete(address: string, tip: TestTip): Promise<Response> {
  return fetch(`${address}/tips/${tip.id}`, {
    method: "POST",
    body: new Uint8Array(tip.completion),
    headers: { "content-type": "application/json" },
  });
}

async function untilAnswered(
  next: NextServer,
  stopped: () => boolean,
  ask: (address: string) => Promise<Response>,
): Promise<Response | null> {
  while (!stopped()) {
    try {
      const response = await ask(next());
      if (response.status !== 503) return response;
      await response.arrayBuffer();
    } catch (error) {
      // A connection that broke. Anything else is a failure of the test.
      if (!(error instanceof TypeError)) throw error;
    }
    await pause(50);
  }
  return null;
}

/** Pause after a tip, milliseconds: the point is what crosses, not how much there is of it. */
const BREATH = 300;

/** Sends tips one after the other until it is told to stop; every third has three parts. */
export async function keepSending(program: Certificate, next: NextServer, into: Receipted[], stopped: () => boolean): Promise<void> {
  for (let sent = 0; !stopped(); sent++) {
    const tip = await makeTip(program, sent % 3 === 2 ? LARGE : SMALLEST_CLASS, Date.now());
    const receipt = await sendThrough(next, tip, stopped);
    if (receipt !== null) into.push({ tip, receipt });
    await pause(BREATH);
  }
}

/** Holds that every receipted tip is sealed byte for byte, in the batch of its receipt or an earlier one, and that the log says the same. */
export async function expectSealed(context: Context, receipted: readonly Receipted[]): Promise<void> {
  const stored = new Map<string, { batch: number; envelope: Bytes }>();
  for (const { batch } of await context.db.query<{ batch: number }>("select batch from batch order by batch")) {
    const key = await batchKey(context.config.dataDir, batch);
    const commitments = await commitmentsOf(context.db, batch);
    for (const { position } of await itemsOf(context.db, batch)) {
      const envelope = concat(...(await Array.fromAsync(itemBody(context.db, key, batch, position))));
      stored.set(toHex(commitments[position] ?? new Uint8Array()), { batch, envelope });
    }
  }
  for (const { tip, receipt } of receipted) {
    const { text } = await openNote(utf8(receipt), [context.keys.logSigner.vkey]);
    const promised = parseReceipt(text);
    expect(equal(promised.commitment, tip.commitment)).toBe(true);
    const found = stored.get(toHex(tip.commitment));
    expect(found?.batch).toBeLessThanOrEqual(promised.batch);
    expect(found !== undefined && equal(found.envelope, concat(...tip.parts))).toBe(true);
  }
  const { leaves } = await checkStation(context);
  expect(new Set(leaves.flatMap((leaf) => (leaf.kind === "received" ? [leaf.c] : [])))).toEqual(new Set(stored.keys()));
}
