/**
 * Errors over HTTP: one shape for all, `{"error": code, "message": sentence}` as problem JSON (media type of RFC 9457), whether a tip is refused, a path is
 * unknown, our database is down or the request is not even HTTP. Neither says anything of the input.
 */
import { utf8 } from "../protocol/encoding.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { Refusal, type RefusalCode, REFUSALS } from "../protocol/errors.ts";
import { formatJson } from "../protocol/format/json.ts";

/** Media type of an error. */
export const PROBLEM_TYPE = "application/problem+json";

const STATUS: Partial<Record<RefusalCode, number>> = {
  "bad-request": 400,
  "not-canonical-json": 400,
  "bad-field": 400,
  "not-found": 404,
  "method-not-allowed": 405,
  "too-slow": 408,
  "part-differs": 409,
  "part-missing": 409,
  "tip-already-complete": 409,
  "commitment-repeated": 409,
  "too-large": 413,
  "part-too-large": 413,
  "wrong-media-type": 415,
  "server-full": 503,
};

/** What the gate refuses: understood, but not to be processed. */
const REFUSED = 422;

/** Seconds after which a sender may try again what could not be served. A database that is started again takes less, a full disk more. */
const RETRY_AFTER = 30;

/** An error ready to be sent. */
export interface Problem {
  readonly status: number;
  readonly body: Bytes;
  /** Headers that this error has beside the fixed ones. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer for a refusal. */
export function problemOf(code: RefusalCode): Problem {
  return {
    status: STATUS[code] ?? REFUSED,
    body: formatJson({ error: code, message: REFUSALS[code] }),
    headers: code === "server-full" ? { "retry-after": String(RETRY_AFTER) } : {},
  };
}

/** The refusal that a thrown thing stands for: its own; what Fastify means; `server-full` for everything that broke on our side. */
export function refusalOf(error: unknown): RefusalCode {
  // A key of ours that is gone is no matter of the sender's, who should try later.
  if (error instanceof Refusal) return error.code === "keys-missing" ? "server-full" : error.code;
  const fastify = error instanceof Error && "code" in error && "statusCode" in error ? error.statusCode : undefined;
  if (typeof fastify === "number" && fastify >= 400 && fastify < 500) return "bad-request";
  return "server-full";
}

/** Whether something of ours broke, which is worth a line in the text log. That we are full is told elsewhere. */
export function isOurFault(error: unknown): boolean {
  return refusalOf(error) === "server-full" && !(error instanceof Refusal && error.code === "server-full");
}

/**
 * Headers of every response, in the names helmet gives them. The same for a page, a refusal and a broken request, so that nothing can be told from them.
 */
export const FIXED_HEADERS = {
  "content-security-policy":
    "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self' blob:;form-action 'self';" +
    "base-uri 'none';frame-ancestors 'none';require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
  "cache-control": "no-store",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
} as const;

/** A whole response for a socket on which no request could be read. The connection ends with it. */
export function rawProblem(code: RefusalCode): Bytes {
  const { status, body } = problemOf(code);
  const headers = { ...FIXED_HEADERS, "content-type": PROBLEM_TYPE, "content-length": String(body.length), connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return utf8(
    `HTTP/1.1 ${String(status)} ${status === 408 ? "Request Timeout" : "Bad Request"}\r\n${lines.join("")}\r\n${new TextDecoder().decode(body)}`,
  );
}
