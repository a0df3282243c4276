/**
 * The cosigner's HTTP service: `POST /add-checkpoint` of C2SP tlog-witness, and nothing else. Requests are answered one after another, since each depends on what
 * the one before made it remember. Nothing of a request is written down.
 *
 * Who asks is not known and need not be: only the log's own checkpoints are cosigned. It listens where it is told; to the world it goes through a proxy or an onion.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { collect } from "../protocol/bytes.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { addCheckpoint, type CosignAnswer, type CosignerDesk } from "./add-checkpoint.ts";

/** A service that runs. */
export interface CosignServer {
  /** `http://host:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

const PATH = "/add-checkpoint";
/** 63 hashes and a note with a hundred signatures have less. */
const LONGEST_BODY = 65_536;
const TIME_FOR_A_REQUEST = 30_000;
const SIZE = "text/x.tlog.size";

/** Listens. Port 0 takes a free one. @throws {Fault} if it cannot. */
export async function serveCosigner(host: string, port: number, desk: CosignerDesk): Promise<CosignServer> {
  let before: Promise<unknown> = Promise.resolve();
  const judge = (body: Uint8Array): Promise<CosignAnswer> => {
    const mine = before.then(() => addCheckpoint(body, desk, Date.now()));
    before = mine.catch(() => undefined);
    return mine;
  };
  const server = createServer({ requestTimeout: TIME_FOR_A_REQUEST, headersTimeout: TIME_FOR_A_REQUEST }, (request, response) => {
    respond(request, response, judge).catch(() => response.destroy());
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    throw new Fault("listening", error);
  }
  const bound = server.address() as AddressInfo;
  return {
    address: `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${String(bound.port)}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  judge: (body: Uint8Array) => Promise<CosignAnswer>,
): Promise<void> {
  const { status, headers = {}, body = "" } = await replyTo(request, judge);
  response.writeHead(status, { "cache-control": "no-store", ...headers }).end(body);
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function replyTo(request: IncomingMessage, judge: (body: Uint8Array) => Promise<CosignAnswer>): Promise<Reply> {
  if (request.url !== PATH) return { status: 404 };
  if (request.method !== "POST") return { status: 405, headers: { allow: "POST" } };
  let answer: CosignAnswer;
  try {
    answer = await judge(await collect(request as AsyncIterable<Uint8Array>, LONGEST_BODY));
  } catch (error) {
    if (error instanceof Refusal && error.code === "too-large") return { status: 413, headers: { connection: "close" } };
    // The memory cannot be read or written: without it nothing may be signed.
    return { status: 500 };
  }
  if (answer.status === 200) return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: answer.lines };
  if (answer.status === 409) return { status: 409, headers: { "content-type": SIZE }, body: `${String(answer.size)}\n` };
  return { status: answer.status };
}
