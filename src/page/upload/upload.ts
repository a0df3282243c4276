/**
 * Brings a sealed tip to the server over a line that breaks: part by part, each repeated until it is there. Specification section 7.
 *
 * - A part in flight is the only one in memory besides the next one being sealed.
 * - After a broken request nobody knows whether the part arrived, so the page asks which ones did before it sends half a megabyte again.
 * - Waiting never ends by itself: the witness stops it, or the tip arrives. A lost connection must not lose a tip.
 * - When the server says that parts it had are gone, or differ, this tip identifier is used up: {@link UploadRestart}, and the caller seals anew.
 *
 * Requests carry nothing but the bytes: no cookies, no referrer, no cache.
 */
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { fromUtf8, toHex } from "../../protocol/encoding.ts";
import { randomBelow, randomBytes } from "../../protocol/crypto/random.ts";
import { formatJson } from "../../protocol/format/json.ts";
import { waitAfter } from "./backoff.ts";

/** What is uploaded; `sealTip` makes one. */
export interface SealedParts {
  readonly partCount: number;
  /** Pieces of 512 KiB, the last shorter. */
  readonly parts: AsyncIterator<Bytes, unknown, undefined>;
  /** After the last part. */
  finish(): { readonly commitment: Bytes; readonly digest: Bytes };
}

/** Why the page waits. */
export type WaitReason = "offline" | "server-full" | "server-busy";

/** Told about how it goes. */
export interface UploadWatch {
  /** Parts that are on the server. */
  arrived(parts: number): void;
  /** A pause of `seconds` begins. */
  waiting(why: WaitReason, seconds: number): void;
  /** It goes on. */
  resumed(): void;
}

/** How the uploader reaches the world; all but `signal` have a default that fits the page. */
export interface UploadLine {
  /** Address of the server, without a slash at the end; empty for the page's own. */
  readonly base: string;
  /** Ends everything, with an `AbortError`. */
  readonly signal: AbortSignal;
  /** Fires `now` to end a pause. */
  readonly nudges: EventTarget;
  /** Milliseconds after which a request counts as broken: a stalled circuit never answers. */
  readonly patience: number;
}

/** The server will not take this tip, whatever is repeated. */
export class UploadRefused extends Error {
  readonly reason: "too-large" | "refused";

  constructor(reason: "too-large" | "refused") {
    super("The server refused the message.");
    this.name = "UploadRefused";
    this.reason = reason;
  }
}

/** Parts that were on the server are gone or differ: seal anew, under another identifier. */
export class UploadRestart extends Error {
  constructor() {
    super("The upload has to start again.");
    this.name = "UploadRestart";
  }
}

/** Patience for one part on a line of about 2 kB/s. */
export const PATIENCE = 300_000;

const RESTART_CODES = ["part-missing", "part-differs", "tip-already-complete", "digest-mismatch", "commitment-repeated"];
const TOO_LARGE_CODES = ["too-large", "part-too-large", "part-out-of-range"];

/**
 * Uploads a tip under a fresh identifier and returns the text of the receipt.
 * @throws {UploadRefused} @throws {UploadRestart} and whatever `signal` was aborted with, or the parts failed with.
 */
export async function uploadTip(sealed: SealedParts, watch: UploadWatch, line: UploadLine): Promise<string> {
  const tip = `${line.base}/tips/${toHex(randomBytes(16))}`;
  let following = sealed.parts.next();
  for (let part = 1; part <= sealed.partCount; part++) {
    const current = await following;
    if (current.done === true) throw new Error("there are fewer parts than announced");
    following = sealed.parts.next();
    // A failure of the next part is met when it is awaited; until then nobody looks at it.
    following.catch(() => undefined);
    await putPart(tip, part, current.value, watch, line);
    watch.arrived(part);
  }
  if ((await following).done !== true) throw new Error("there are more parts than announced");
  const { commitment, digest } = sealed.finish();
  const body = formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: sealed.partCount });
  return readReceipt(await insist({ method: "POST", url: tip, body, type: "application/json" }, watch, line));
}

async function putPart(tip: string, part: number, body: Bytes, watch: UploadWatch, line: UploadLine): Promise<void> {
  const request = { method: "PUT", url: `${tip}/parts/${String(part)}`, body, type: "application/octet-stream" } as const;
  await insist(request, watch, line, async () => (await partsThere(tip, line)).includes(part));
}

/** Which parts the server has; none if it does not answer. */
async function partsThere(tip: string, line: UploadLine): Promise<readonly unknown[]> {
  try {
    const there = await ask({ method: "GET", url: `${tip}/parts` }, line);
    const answer: unknown = there?.ok === true ? JSON.parse(fromUtf8(there.body)) : null;
    return typeof answer === "object" && answer !== null && "parts" in answer && Array.isArray(answer.parts)
      ? (answer.parts as unknown[])
      : [];
  } catch {
    line.signal.throwIfAborted();
    return [];
  }
}

/** A request that may be repeated. */
export interface RepeatableRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: string;
  readonly body?: Bytes;
  readonly type?: string;
  /** Longest body that an answer may have, bytes; a longer one is refused, and not read to its end. */
  readonly limit?: number;
}

/**
 * Repeats a request until it was answered with success, and returns the body of the answer; or `null` when `isDone` says that it had been heard.
 * @throws {UploadRefused} @throws {UploadRestart} and whatever `line.signal` was aborted with.
 */
export async function insist(
  request: RepeatableRequest,
  watch: Pick<UploadWatch, "waiting" | "resumed">,
  line: UploadLine,
  isDone?: () => Promise<boolean>,
): Promise<Bytes | null> {
  for (let failures = 1; ; failures++) {
    const { body, trouble } = await attempt(request, line);
    if (body !== null) return body;
    const seconds = waitAfter(failures, randomBelow(1_000_000) / 1_000_000, trouble.retryAfter);
    watch.waiting(trouble.why, seconds);
    await pause(seconds, line);
    watch.resumed();
    if (trouble.why === "offline" && isDone !== undefined && (await isDone())) return null;
  }
}

interface Trouble {
  readonly why: WaitReason;
  readonly retryAfter: number;
}
type Outcome = { readonly body: Bytes; readonly trouble: null } | { readonly body: null; readonly trouble: Trouble };

/** One try. Returns success or a trouble worth waiting for. */
async function attempt(request: RepeatableRequest, line: UploadLine): Promise<Outcome> {
  let answer: Answer | null;
  try {
    answer = await ask(request, line);
  } catch {
    line.signal.throwIfAborted();
    return { body: null, trouble: { why: "offline", retryAfter: 0 } };
  }
  if (answer === null) throw new UploadRefused("refused");
  if (answer.ok) return { body: answer.body, trouble: null };
  const { status, retryAfter } = answer;
  const code = codeOf(answer);
  if (code === "server-full") return { body: null, trouble: { why: "server-full", retryAfter } };
  if (status >= 500 || status === 429 || status === 408) return { body: null, trouble: { why: "server-busy", retryAfter } };
  if (RESTART_CODES.includes(code)) throw new UploadRestart();
  throw new UploadRefused(status === 413 || TOO_LARGE_CODES.includes(code) ? "too-large" : "refused");
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** Seconds; 0 if the server did not say. */
  readonly retryAfter: number;
  readonly body: Bytes;
}

/** One request with its whole answer: an answer that breaks off is none. `null` if it is longer than the request allows. */
async function ask({ method, url, body, type, limit = Infinity }: RepeatableRequest, line: UploadLine): Promise<Answer | null> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body, headers: { "content-type": type ?? "" } }),
    signal: AbortSignal.any([line.signal, AbortSignal.timeout(line.patience)]),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  const whole = await bodyOf(response, limit);
  if (whole === null) return null;
  return { ok: response.ok, status: response.status, retryAfter: Number(response.headers.get("retry-after") ?? 0) || 0, body: whole };
}

/** The body of an answer, or `null` if it has more than `limit` bytes: then the rest is not read. */
async function bodyOf({ body }: Response, limit: number): Promise<Bytes | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > limit) return null;
    pieces.push(piece);
  }
  return concat(...pieces);
}

/** The code of a problem answer; empty if it has none. */
function codeOf({ body }: Answer): string {
  try {
    const problem: unknown = JSON.parse(fromUtf8(body));
    return typeof problem === "object" && problem !== null && "error" in problem && typeof problem.error === "string" ? problem.error : "";
  } catch {
    return "";
  }
}

function readReceipt(body: Bytes | null): string {
  try {
    const answer: unknown = body === null ? null : JSON.parse(fromUtf8(body));
    if (typeof answer === "object" && answer !== null && "receipt" in answer && typeof answer.receipt === "string") return answer.receipt;
  } catch {
    throw new UploadRefused("refused");
  }
  throw new UploadRefused("refused");
}

/** Waits, until a nudge at the latest. */
function pause(seconds: number, { signal, nudges }: UploadLine): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      nudges.removeEventListener("now", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    nudges.addEventListener("now", end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
