/**
 * A line to a server that breaks as a test says: a proxy on loopback that drops, resets, stalls, holds back or answers for itself. What it lets through it does
 * not change.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

/** What happens to one request. */
export type Fate =
  | "pass"
  /** The connection breaks before the server hears of it. */
  | "lost"
  /** The server hears and answers; the answer is lost. */
  | "answer-lost"
  /** No answer, and no end. */
  | "stalled"
  /** The browser's connection is reset when so many octets of the request have reached the server. */
  | { readonly resetAfter: number }
  /** The connection breaks when the whole request is on its way, which reaches the server only after so many later ones have come; {@link FaultyLine.deliver} ends the wait. */
  | { readonly behind: number }
  /** The connection breaks when so many octets of the request have reached the server, and for so many milliseconds nobody gets through at all. */
  | { readonly cutAfter: number; readonly downFor: number }
  /** An answer of somebody else's. */
  | { readonly status: number; readonly error: string; readonly retryAfter?: number };

/** A request as the line sees it. */
export interface LineRequest {
  readonly method: string;
  readonly path: string;
}

/** A line while a test runs. */
export interface FaultyLine {
  /** Its own address. */
  readonly url: string;
  /** Every request, in order. */
  readonly seen: readonly LineRequest[];
  /** Connections that nobody answered since the line was down. */
  turnedAway(): number;
  /** Hands the server everything that is still held back, and returns the states of its answers. */
  deliver(): Promise<number[]>;
  /** Decides from now on; `pass` for all at first. */
  decide(fate: (request: LineRequest, index: number) => Fate): void;
  close(): Promise<void>;
}

/** Opens a line to the server at `target`. */
export async function openFaultyLine(target: string): Promise<FaultyLine> {
  const seen: LineRequest[] = [];
  let downUntil = 0;
  let turnedAway = 0;
  let fateOf: (request: LineRequest, index: number) => Fate = () => "pass";
  let held: Held[] = [];
  const deliver = async (due: readonly Held[]): Promise<number[]> => {
    held = held.filter((late) => !due.includes(late));
    const states: number[] = [];
    for (const late of due) states.push(await deliverHeld(target, late));
    return states;
  };
  const server: Server = createServer((incoming, outgoing) => {
    const asked = { method: incoming.method ?? "", path: incoming.url ?? "" };
    const fate = fateOf(asked, seen.length);
    seen.push(asked);
    const due = held.filter(({ until }) => seen.length > until);
    if (fate === "stalled") return;
    if (fate === "lost") incoming.socket.destroy();
    else if (typeof fate !== "object")
      void deliver(due).then(() => {
        forward(target, incoming, outgoing, fate === "answer-lost");
      });
    else if ("status" in fate) answer(incoming, outgoing, fate);
    else if ("behind" in fate) hold(incoming, seen.length + fate.behind, (late) => held.push(late));
    else if ("resetAfter" in fate)
      cut(target, incoming, fate.resetAfter, () => {
        incoming.socket.resetAndDestroy();
      });
    else
      cut(target, incoming, fate.cutAfter, () => {
        downUntil = performance.now() + fate.downFor;
        server.closeAllConnections();
      });
  });
  server.on("connection", (socket) => {
    if (performance.now() >= downUntil) return;
    turnedAway++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the line does not listen");
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    seen,
    turnedAway: () => turnedAway,
    deliver: () => deliver(held),
    decide: (fate) => {
      fateOf = fate;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A request that has not reached the server yet. */
interface Held {
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
  /** How many requests the line must have seen before. */
  readonly until: number;
}

/** Reads a whole request, and breaks its connection. */
function hold(incoming: IncomingMessage, until: number, taken: (held: Held) => void): void {
  const pieces: Buffer[] = [];
  incoming.on("data", (piece: Buffer) => pieces.push(piece));
  incoming.on("end", () => {
    taken({ incoming, body: Buffer.concat(pieces), until });
    incoming.socket.destroy();
  });
}

/** Hands a request to the server, and returns the state of the answer; 0 if there is none. */
function deliverHeld(target: string, { incoming: { url = "", method = "", headers }, body }: Held): Promise<number> {
  return new Promise((resolve) => {
    const onward = request(`${target}${url}`, { method, headers }, (response) => {
      response.resume();
      response.on("close", () => {
        resolve(response.statusCode ?? 0);
      });
    });
    onward.on("error", () => {
      resolve(0);
    });
    onward.end(body);
  });
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse, fate: Extract<Fate, { status: number }>): void {
  incoming.resume();
  incoming.on("end", () => {
    const retry = fate.retryAfter === undefined ? {} : { "retry-after": String(fate.retryAfter) };
    outgoing.writeHead(fate.status, { "content-type": "application/problem+json", ...retry });
    outgoing.end(JSON.stringify({ error: fate.error, message: "" }));
  });
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, loseAnswer: boolean): void {
  const onward = request(`${target}${incoming.url ?? ""}`, { method: incoming.method ?? "GET", headers: incoming.headers }, (response) => {
    if (loseAnswer) {
      response.resume();
      response.on("end", () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(outgoing);
  });
  onward.on("error", () => incoming.socket.destroy());
  incoming.pipe(onward);
}

/** Passes on the beginning of a request, then breaks both connections and calls `broken`. */
function cut(target: string, incoming: IncomingMessage, after: number, broken: () => void): void {
  const onward = request(`${target}${incoming.url ?? ""}`, { method: incoming.method ?? "GET", headers: incoming.headers });
  // It breaks: that is what it is for.
  onward.on("error", () => undefined);
  let left = after;
  incoming.on("data", (piece: Buffer) => {
    if (left <= 0) return;
    const passed = piece.subarray(0, left);
    left -= passed.length;
    onward.write(passed, () => {
      if (left > 0) return;
      onward.destroy();
      broken();
    });
  });
  incoming.on("error", () => undefined);
}
