/**
 * Tor's control port (control-spec): what tests ask a tor and tell it to do. One question at a time; a reply's lines come without their codes, of data only what lies
 * between the dots.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** How a line of a reply begins: code, then whether more comes, data comes, or it ends. */
const LINE = /^(\d{3})([-+ ])(.*)$/;

interface Question {
  readonly answered: (lines: string[]) => void;
  readonly failed: (error: Error) => void;
}

/** A connection to a tor that has authenticated. */
export class TorControl {
  readonly #socket: Socket;
  readonly #questions: Question[] = [];
  #rest = "";
  #lines: string[] = [];
  #inData = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#take(text);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const { failed } of this.#questions.splice(0)) failed(new Error("tor closed its control port"));
    });
  }

  /** @param port on loopback. @param cookie what tor wrote into `control_auth_cookie`. */
  static async connect(port: number, cookie: Buffer): Promise<TorControl> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const control = new TorControl(socket);
    await control.ask(`AUTHENTICATE ${cookie.toString("hex")}`);
    return control;
  }

  /** @returns the lines of the reply. @throws if tor refuses. */
  ask(command: string): Promise<string[]> {
    return new Promise((answered, failed) => {
      if (this.#socket.closed) {
        failed(new Error("tor closed its control port"));
        return;
      }
      this.#questions.push({ answered, failed });
      this.#socket.write(`${command}\r\n`);
    });
  }

  /** The value of one piece of information; lines joined with newlines. */
  async info(name: string): Promise<string> {
    const lines = await this.ask(`GETINFO ${name}`);
    return lines
      .filter((line) => line !== "OK")
      .join("\n")
      .slice(name.length + 1)
      .replace(/^\n/, "");
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split("\r\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#takeLine(line);
  }

  #takeLine(line: string): void {
    if (this.#inData) {
      if (line === ".") this.#inData = false;
      else this.#lines.push(line.replace(/^\./, ""));
      return;
    }
    const [, code = "", kind = "", said = ""] = LINE.exec(line) ?? [];
    this.#lines.push(said);
    this.#inData = kind === "+";
    if (kind !== " ") return;
    const whole = this.#lines;
    this.#lines = [];
    const question = this.#questions.shift();
    if (code === "250") question?.answered(whole);
    else question?.failed(new Error(`tor refused: ${code} ${said}`));
  }
}
