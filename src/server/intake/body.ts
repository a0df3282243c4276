/**
 * Reading a request's body, whole or in pieces: never more than the limit, never endlessly.
 *
 * Fastify's own limit does not hold for raw streams, and Node's time limit must be long because Tor can be slow; so bytes are counted here, and a sender
 * that falls below a minimum rate is let go.
 */
import type { IncomingMessage } from "node:http";
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { Refusal, type RefusalCode } from "../../protocol/errors.ts";

/** Bytes that must arrive in each {@link WINDOW}: 500 a second. */
const LEAST_IN_WINDOW = 15_000;

/** How long a body may stay below that rate, milliseconds. */
const WINDOW = 30_000;

/** How long the rest of a body that was refused may take, milliseconds. */
const REFUSED_TIMEOUT = 20_000;

/**
 * The whole body.
 * @param tooLarge the code if it is longer than `limit` bytes, announced or found.
 * @param options `window` in milliseconds; `memory` where the body is put together if it fits, and then is a view of.
 * @throws {Refusal} `tooLarge`; `too-slow`; `bad-request` if the connection breaks off, which is the sender's affair and no event of ours.
 */
export function readBody(
  message: IncomingMessage,
  limit: number,
  tooLarge: RefusalCode,
  options: { readonly window?: number; readonly memory?: Bytes } = {},
): Promise<Bytes> {
  const { window = WINDOW, memory = new Uint8Array(0) } = options;
  return new Promise((done, failed) => {
    if (Number(message.headers["content-length"] ?? 0) > limit) {
      failed(new Refusal(tooLarge));
      return;
    }
    let body = memory;
    let length = 0;
    let atLastLook = 0;

    const stop = (): void => {
      clearInterval(watch);
      message.off("data", take).off("end", finish).off("error", lose).off("close", lose);
      message.pause();
    };
    const refuse = (code: RefusalCode): void => {
      stop();
      failed(new Refusal(code));
    };
    const take = (piece: Buffer): void => {
      const end = length + piece.length;
      if (end > limit) {
        refuse(tooLarge);
        return;
      }
      if (end > body.length) {
        const longer = new Uint8Array(Math.min(limit, Math.max(end, 2 * body.length)));
        longer.set(body.subarray(0, length));
        body = longer;
      }
      body.set(piece, length);
      length = end;
    };
    const finish = (): void => {
      stop();
      done(body.subarray(0, length));
    };
    const lose = (): void => {
      stop();
      message.on("error", () => undefined);
      failed(new Refusal("bad-request"));
    };
    const watch = setInterval(() => {
      if (length - atLastLook < LEAST_IN_WINDOW) refuse("too-slow");
      atLastLook = length;
    }, window);
    message.on("data", take).on("end", finish).on("error", lose).on("close", lose);
  });
}

/**
 * The body piece by piece, as it comes; nothing more is taken from the connection than the receiver asks for. The rate counts only while the receiver waits.
 * Whoever stops early leaves the rest to be read by another call.
 * @throws {Refusal} as {@link readBody}, with `too-large`.
 */
export async function* readPieces(message: IncomingMessage, limit: number, window = WINDOW): AsyncGenerator<Bytes, void, undefined> {
  if (Number(message.headers["content-length"] ?? 0) > limit) throw new Refusal("too-large");
  const pieces = message.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
  let length = 0;
  let waited = 0;
  let inWindow = 0;
  try {
    for (;;) {
      const from = performance.now();
      const step = await nextPiece(pieces, window);
      if (step.done === true) return;
      length += step.value.length;
      if (length > limit) throw new Refusal("too-large");
      waited += performance.now() - from;
      inWindow += step.value.length;
      if (waited >= window) {
        if (inWindow < LEAST_IN_WINDOW) throw new Refusal("too-slow");
        waited = 0;
        inWindow = 0;
      }
      yield asBytes(step.value);
    }
  } finally {
    // Not awaited: it waits for the piece that did not come.
    pieces.return?.().catch(() => undefined);
  }
}

async function nextPiece(pieces: AsyncIterator<Buffer, undefined>, patience: number): Promise<IteratorResult<Buffer, undefined>> {
  const next = pieces.next().catch(() => {
    throw new Refusal("bad-request");
  });
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<never>((_, failed) => {
    timer = setTimeout(() => {
      failed(new Refusal("too-slow"));
    }, patience);
  });
  try {
    return await Promise.race([next, slow]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends a connection whose sender goes on sending what was refused. Node reads on and discards until then. */
export function letGo(message: IncomingMessage): void {
  const timer = setTimeout(() => {
    message.destroy();
  }, REFUSED_TIMEOUT);
  timer.unref();
  // A sender who went away before the end: nothing of the request is held until the time is over.
  for (const over of ["end", "close"]) {
    message.once(over, () => {
      clearTimeout(timer);
    });
  }
}
