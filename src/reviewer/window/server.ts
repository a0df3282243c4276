/**
 * The window's server: HTTP on 127.0.0.1 at a port the system chooses, for one browser on the same machine.
 *
 *     GET  /            the document, the same for everybody, without a word of the casebook
 *     GET  /window.js   /window.css
 *     POST /session     { token } → { session }, see door.ts
 *     GET  /play/…      /media/…   sound and film, see player.ts
 *     POST /import      a bundle's bytes, with the session secret
 *     POST /call/NAME   canonical JSON → JSON, with the session secret in `firsthand-session`; see api.ts
 *
 * `Host` has to be this address (a name that somebody points to 127.0.0.1 does not get in), and a POST says that it comes from this page. What is refused is
 * told as { error, message }; nothing is logged.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Source } from "../../protocol/bytes.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import { type Json, parseJson, record, text } from "../../protocol/format/json.ts";
import type { WindowFiles } from "./files.ts";
import { Door } from "./door.ts";
import { GIVING_FILES, LONGEST_WITH_FILES } from "./given-file.ts";
import type { Player } from "./player.ts";
import { SESSION_HEADER } from "./wire.ts";

/** Longest body of a call that gives no file, bytes: a translation of 100,000 characters fits. */
const LONGEST_BODY = 1_048_576;

/** Nothing from elsewhere, no markup from text, no frames but the player's, no forms that lead away. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
};

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" } as const;

/** What takes in a bundle. @throws {Refusal} {@link Fault} */
export type TakingIn = (bundle: Source) => Promise<unknown>;

/** What answers calls: the name of a call and what it was given. @throws {Refusal} {@link Fault} */
export type Answering = (name: string, request: Json) => Promise<unknown>;

/** A window that is open. */
export interface OpenWindow {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** A new address, for one use; whoever had the window before is out. */
  newAddress(): string;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Opens the window. */
export async function openWindow(files: WindowFiles, player: Player, answer: Answering, takeIn: TakingIn): Promise<OpenWindow> {
  const door = new Door();
  const server = createServer({ headersTimeout: 30_000, requestTimeout: 0 }, (request, response) => {
    void respond(request, response, files, player, (asked) => answerPost(asked, door, answer, takeIn));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    origin,
    newAddress: () => `${origin}/#${door.newToken()}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  files: WindowFiles,
  player: Player,
  post: (request: IncomingMessage) => Promise<unknown>,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  try {
    requireHere(request);
    if (request.method === "GET") {
      if (!player.answer(request, response)) sendFile(request.url ?? "", response, files);
    } else if (request.method === "POST") sendAnswer(response, await post(request));
    else throw new Refusal("method-not-allowed");
  } catch (error) {
    if (response.destroyed) return;
    if (error instanceof Refusal) sendJson(response, statusOf(error), { error: error.code, message: error.message });
    else if (error instanceof Fault) sendJson(response, 500, { error: "fault", message: error.message });
    else throw error;
  }
}

/** Asked by the browser of this machine, under the address that was printed. */
function requireHere({ headers, socket }: IncomingMessage): void {
  if (headers.host !== `127.0.0.1:${String(socket.localPort ?? 0)}`) throw new Refusal("bad-request", "host");
}

function requireOwnPage({ headers, url }: IncomingMessage): void {
  if (headers.origin !== `http://${headers.host ?? ""}`) throw new Refusal("bad-request", "origin");
  const type = url === "/import" ? "application/octet-stream" : "application/json";
  if (headers["content-type"] !== type) throw new Refusal("wrong-media-type");
}

function statusOf({ code }: Refusal): number {
  if (code === "not-found") return 404;
  if (code === "method-not-allowed") return 405;
  return code === "address-used" ? 403 : 400;
}

function sendFile(path: string, response: ServerResponse, { document, script, style }: WindowFiles): void {
  const file = new Map([
    ["/", [TYPES.html, document]],
    ["/window.js", [TYPES.js, script]],
    ["/window.css", [TYPES.css, style]],
  ]).get(path);
  if (file === undefined) throw new Refusal("not-found");
  response.setHeader("content-type", file[0] ?? "");
  response.end(file[1]);
}

/** Octets as they are, anything else as JSON. */
function sendAnswer(response: ServerResponse, answer: unknown): void {
  if (!(answer instanceof Uint8Array)) {
    sendJson(response, 200, answer);
    return;
  }
  response.setHeader("content-type", "application/octet-stream");
  response.end(answer);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

const exchange = record({ token: text(64, 64) });
const PATH = /^\/(?:session|import|call\/([a-z-]{1,30}))$/;

async function answerPost(request: IncomingMessage, door: Door, answer: Answering, takeIn: TakingIn): Promise<unknown> {
  requireOwnPage(request);
  const path = PATH.exec(request.url ?? "");
  if (path === null) throw new Refusal("not-found");
  const name = path[1];
  if (request.url === "/session") return { session: door.exchange(exchange(await bodyOf(request), "session").token) };
  const secret = request.headers[SESSION_HEADER];
  door.requireSession(typeof secret === "string" ? secret : undefined);
  if (name === undefined) return receive(request, takeIn);
  return answer(name, await bodyOf(request, GIVING_FILES.has(name) ? LONGEST_WITH_FILES : LONGEST_BODY));
}

/** A bundle as it comes. What is refused is read to its end all the same: a browser that is still sending would not listen. */
async function receive(request: IncomingMessage, takeIn: TakingIn): Promise<unknown> {
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  try {
    return await takeIn(pieces);
  } finally {
    request.resume();
    if (!request.readableEnded && !request.destroyed) await once(request, "close").catch(() => undefined);
  }
}

async function bodyOf(request: IncomingMessage, longest = LONGEST_BODY): Promise<Json> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > longest) throw new Refusal("too-large");
    pieces.push(piece);
  }
  return parseJson(new Uint8Array(Buffer.concat(pieces)));
}
