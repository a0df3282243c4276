/**
 * Sending over HTTP/1.1 on a connection that stays, with as little work as can be: the sender shares the machine with what is measured, and Node's own client takes
 * as long for a request as a server does.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

/** One connection, on which requests go one after another. */
export class Sender {
  readonly #socket: Socket;
  #answer = "";
  #arrived: (() => void) | undefined;
  #failed: ((error: unknown) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (piece: Buffer) => {
      this.#answer += piece.toString("latin1");
      this.#arrived?.();
    });
    const lost = (error?: Error): void => this.#failed?.(error ?? new Error("the connection ended"));
    socket.on("error", lost).on("close", () => {
      lost();
    });
  }

  /** Connects to `http://host:port`. */
  static async open(address: string): Promise<Sender> {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    return new Sender(socket);
  }

  /** Sends a request and waits for its whole answer. @throws if its status is not `expected`. */
  async send(method: string, path: string, type: string, body: Uint8Array, expected: number): Promise<void> {
    // A server ends connections on which nothing happens; nobody would say so any more.
    if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error("the connection ended while it was not used");
    this.#answer = "";
    const whole = new Promise<void>((resolve, reject) => {
      this.#failed = reject;
      this.#arrived = () => {
        if (isWhole(this.#answer)) resolve();
      };
    });
    this.#socket.cork();
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: ${type}\r\ncontent-length: ${String(body.length)}${HEAD_END}`,
    );
    this.#socket.write(body);
    this.#socket.uncork();
    await whole;
    if (!this.#answer.startsWith(`HTTP/1.1 ${String(expected)} `))
      throw new Error(`${method} was answered with ${this.#answer.slice(9, 12)}`);
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }
}

/** Whether a response with a content length, or with no content, has come to its end. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf(HEAD_END);
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, head))?.[1] ?? "0";
  return answer.length >= head + HEAD_END.length + Number(length);
}
