/**
 * Reading a request's body: never more than the limit, never endlessly.
 *
 * Fastify's own limit does not hold for raw streams, and Node's time limit must be long because Tor can be slow; so bytes are counted here, and a sender
 * that falls below a minimum rate is let go.
 */
import type { IncomingMessage } from "node:http";
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { Refusal, type RefusalCode } from "../../protocol/errors.ts";

/** Bytes that must arrive in each {@link WINDOW}: 500 a second. */
const LEAST_IN_WINDOW = 15_000;

/** How long a body may stay below that rate, milliseconds. */
const WINDOW = 30_000;

/**
 * The whole body.
 * @param tooLarge the code if it is longer than `limit` bytes, announced or found.
 * @throws {Refusal} `tooLarge`; `too-slow`; `bad-request` if the connection breaks off, which is the sender's affair and no event of ours.
 */
export function readBody(message: IncomingMessage, limit: number, tooLarge: RefusalCode, window = WINDOW): Promise<Bytes> {
  return new Promise((done, failed) => {
    if (Number(message.headers["content-length"] ?? 0) > limit) {
      failed(new Refusal(tooLarge));
      return;
    }
    const pieces: Buffer[] = [];
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
      length += piece.length;
      if (length > limit) refuse(tooLarge);
      else pieces.push(piece);
    };
    const finish = (): void => {
      stop();
      done(concat(...pieces));
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
