/**
 * A line to a server on which somebody writes down everything that passes: a TCP proxy on loopback that changes nothing. What it gives is what a network
 * observer between browser and server could know without TLS or Tor: each exchange, its order and its lengths.
 */
import { connect, createServer, type Socket } from "node:net";

/** One request and its answer, without their contents. Lengths are octets. */
export interface Exchange {
  readonly method: string;
  /** With `*` for each hexadecimal digit of a tip's identifier. */
  readonly path: string;
  /** Names as they were written, in their order, with the lengths of their values. */
  readonly headers: readonly (readonly [name: string, length: number])[];
  readonly body: number;
  /** 0 if there was none. */
  readonly status: number;
  readonly answerHeaders: readonly (readonly [name: string, length: number])[];
  readonly answerBody: number;
}

/** A line while a test runs. */
export interface RecordingLine {
  /** Its own address. */
  readonly url: string;
  /** Exchanges since {@link RecordingLine.forget}, in the order in which their requests began. */
  exchanges(): Exchange[];
  /** Everything browsers said since then, connection by connection. */
  said(): Buffer;
  forget(): void;
  close(): Promise<void>;
}

interface Message {
  readonly first: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  body: number;
}

/** Opens a line to the server at `target`. */
export async function openRecordingLine(target: string): Promise<RecordingLine> {
  const { hostname, port } = new URL(target);
  let requests: { request: Message; answers: Message[]; place: number }[] = [];
  let heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const answers: Message[] = [];
    let asked = 0;
    const fromBrowser = new MessageReader((request) => {
      requests.push({ request, answers, place: asked++ });
    });
    const fromServer = new MessageReader((answer) => {
      answers.push(answer);
    });
    for (const [from, to, reader] of [
      [near, far, fromBrowser],
      [far, near, fromServer],
    ] as const) {
      sockets.add(from);
      from.on("data", (piece: Buffer) => {
        if (reader === fromBrowser) heard.push(piece);
        reader.read(piece);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the line does not listen");
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    exchanges: () => requests.map(({ request, answers, place }) => exchangeOf(request, answers[place])),
    said: () => Buffer.concat(heard),
    forget: () => {
      requests = [];
      heard = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function exchangeOf(request: Message, answer: Message | undefined): Exchange {
  const [method = "", path = ""] = request.first.split(" ");
  const lengths = (message: Message | undefined): [string, number][] => message?.headers.map(([name, value]) => [name, value.length]) ?? [];
  return {
    method,
    path: path.replace(/^(\/tips\/)([0-9a-f]+)/, (_all, before: string, id: string) => before + "*".repeat(id.length)),
    headers: lengths(request),
    body: request.body,
    status: Number(answer?.first.split(" ")[1] ?? 0),
    answerHeaders: lengths(answer),
    answerBody: answer?.body ?? 0,
  };
}

/** Cuts one direction of a connection into messages (RFC 9112): a head, and a body of the length it states. Nobody here sends chunks. */
class MessageReader {
  readonly #begun: (message: Message) => void;
  #head = Buffer.alloc(0);
  #left = 0;

  /** `begun` is told of a message when its head is complete. */
  constructor(begun: (message: Message) => void) {
    this.#begun = begun;
  }

  read(piece: Buffer): void {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, rest.length);
        this.#left -= taken;
        rest = rest.subarray(taken);
        continue;
      }
      const head = Buffer.concat([this.#head, rest]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#head = head;
        return;
      }
      this.#head = Buffer.alloc(0);
      rest = head.subarray(end + 4);
      const message = messageOf(head.subarray(0, end).toString("latin1"));
      this.#left = message.body;
      this.#begun(message);
    }
  }
}

function messageOf(head: string): Message {
  const [first = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const valueOf = (wanted: string): string | undefined => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (valueOf("transfer-encoding") !== undefined) throw new Error("a message in chunks was not expected");
  return { first, headers, body: Number(valueOf("content-length") ?? 0) };
}
