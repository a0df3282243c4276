/**
 * Sound and film, played by the browser in a frame that has nothing: `sandbox` gives it an origin of its own and takes its scripts, and its policy lets it load one thing, the bytes of
 * the one file that somebody wants to hear or see.
 *
 *     GET /play/<64 digits>    a document with one <audio> or <video>
 *     GET /media/<64 digits>   the file's bytes, also in ranges, under a media type of our choice (viewing/kinds.ts)
 *     GET /page/<64 digits>    a document of ours as it would be printed (html.ts): without scripts, and it loads nothing
 *
 * The digits are random, new for each file, and forgotten with it: when something else is looked at, somebody else sits down, or the window is locked. A frame of another origin
 * could not be given a `blob:` of the page without a script in it; so it asks this server.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";

interface Media {
  readonly kind: "media";
  readonly token: string;
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly element: "audio" | "video";
}

type Offered = Media | { readonly kind: "page"; readonly token: string; readonly document: string };

/** Plays one file, or shows one page, at a time. */
export class Player {
  #offered: Offered | null = null;

  /** Path of a document that plays `bytes`. What was offered before is forgotten. */
  offer(bytes: Uint8Array, type: string, element: Media["element"]): string {
    const token = toHex(randomBytes(32));
    this.#offered = { kind: "media", token, bytes, type, element };
    return `/play/${token}`;
  }

  /** Path of a document that is only to be read. What was offered before is forgotten. */
  offerPage(document: string): string {
    const token = toHex(randomBytes(32));
    this.#offered = { kind: "page", token, document };
    return `/page/${token}`;
  }

  forget(): void {
    this.#offered = null;
  }

  /** Answers a GET for what is offered; `false` if it is for something else. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const offered = this.#offered;
    const path = /^\/(play|media|page)\/([0-9a-f]{64})$/.exec(request.url ?? "");
    // Random, used once, and only on this machine: no secret that is worth the trouble of timing.
    if (offered === null || path === null || path[2] !== offered.token || (path[1] === "page") !== (offered.kind === "page")) return false;
    // The frame has an origin of its own: for the browser both are from elsewhere, Firefox says so of the document too.
    response.setHeader("cross-origin-resource-policy", "cross-origin");
    const origin = `http://${request.headers.host ?? ""}`;
    if (offered.kind === "page") sendPage(origin, offered.document, response);
    else if (path[1] === "play") sendDocument(origin, offered, response);
    else sendMedia(request.headers.range, offered, response);
    return true;
  }
}

function sendDocument(origin: string, { token, element }: Media, response: ServerResponse): void {
  const source = `${origin}/media/${token}`;
  response.setHeader("content-security-policy", `sandbox; default-src 'none'; media-src ${source}; frame-ancestors ${origin}`);
  response.setHeader("content-type", "text/html; charset=utf-8");
  const size = element === "video" ? ` width="100%" height="480"` : "";
  response.end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Player</title><meta name="color-scheme" content="light dark"></head>
<body><${element} controls preload="metadata" src="/media/${token}"${size}></${element}></body></html>
`);
}

function sendPage(origin: string, document: string, response: ServerResponse): void {
  response.setHeader("content-security-policy", `sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors ${origin}`);
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(document);
}

function sendMedia(range: string | undefined, { bytes, type }: Media, response: ServerResponse): void {
  response.setHeader("content-type", type);
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("content-security-policy", "sandbox; default-src 'none'");
  const asked = /^bytes=(\d{1,10})-(\d{0,10})$/.exec(range ?? "");
  if (asked === null) {
    response.setHeader("content-length", bytes.length);
    response.end(bytes);
    return;
  }
  const start = Number(asked[1]);
  const end = Math.min(asked[2] === "" ? bytes.length - 1 : Number(asked[2]), bytes.length - 1);
  if (start > end) {
    response.statusCode = 416;
    response.setHeader("content-range", `bytes */${String(bytes.length)}`);
    response.end();
    return;
  }
  response.statusCode = 206;
  response.setHeader("content-range", `bytes ${String(start)}-${String(end)}/${String(bytes.length)}`);
  response.setHeader("content-length", end - start + 1);
  response.end(bytes.subarray(start, end + 1));
}
