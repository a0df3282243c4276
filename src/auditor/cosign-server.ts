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
  if (request.url !== PATH) return end(response, 404);
  if (request.method !== "POST") return end(response.setHeader("allow", "POST"), 405);
  let answer: CosignAnswer;
  try {
    answer = await judge(await collect(request as AsyncIterable<Uint8Array>, LONGEST_BODY));
  } catch (error) {
    if (error instanceof Refusal && error.code === "too-large") return end(response.setHeader("connection", "close"), 413);
    // The memory cannot be read or written: without it nothing may be signed.
    return end(response, 500);
  }
  if (answer.status === 200) return end(response.setHeader("content-type", "text/plain; charset=utf-8"), 200, answer.lines);
  if (answer.status === 409) return end(response.setHeader("content-type", SIZE), 409, `${String(answer.size)}\n`);
  return end(response, answer.status);
}

function end(response: ServerResponse, status: number, body = ""): void {
  response.writeHead(status, { "cache-control": "no-store" }).end(body);
}
