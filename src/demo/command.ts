/**
 * The real commands, started as processes of their own: the demo does what people do, and imports none of the machines it shows. Everything started
 * here ends with the demo.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** The repository's folder, with `/` at its end. */
export const HOUSE = fileURLToPath(new URL("../../", import.meta.url));

const MAINS = {
  firsthand: "src/server/main.ts",
  reviewer: "src/reviewer/main.ts",
  auditor: "src/auditor/main.ts",
  build: "src/build/main.ts",
} as const;

/** Which command. */
export type CommandName = keyof typeof MAINS;

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a started command. `input` goes to its standard input, which is then closed. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Settings the commands read; what the caller's environment says about them must not leak into the demo unless the demo passes it on. */
const SETTINGS = /^(?:HOST|PORT|SOCKET|ORIGIN|DATABASE_URL|DATA_DIR|KEYS_DIR|PAGE_DIR|SEAL_AT|PG[A-Z]+|NODE_OPTIONS)$/;

/** This process's environment without any setting of ours. */
export function plainEnvironment(): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined && !SETTINGS.test(name)) plain[name] = value;
  return plain;
}

function start(
  name: CommandName,
  words: readonly string[],
  surroundings: Surroundings,
  stdio: ("pipe" | "inherit" | "ignore")[],
): ChildProcess {
  return spawn(process.execPath, [`${HOUSE}${MAINS[name]}`, ...words], {
    cwd: HOUSE,
    env: { ...plainEnvironment(), ...surroundings.env },
    stdio,
    ...(surroundings.signal === undefined ? {} : { signal: surroundings.signal, killSignal: "SIGTERM" as const }),
  });
}

/** Runs a command to its end. Never throws for a non-zero exit: the caller says what it expected. */
export async function run(name: CommandName, words: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const child = start(name, words, surroundings, ["pipe", "pipe", "pipe"]);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(surroundings.input ?? "");
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      resolve(status ?? 1);
    });
  });
  return { code, stdout, stderr };
}

/** A command that keeps running. */
export interface Running {
  /** Resolves with the exit code when it ends. */
  readonly ended: Promise<number>;
  /** Everything it printed so far, both streams; empty if it prints to the terminal itself. */
  output(): string;
  /** Asks it to end (SIGTERM) and waits; after `patience` milliseconds it is ended without asking. */
  stop(patience?: number): Promise<number>;
}

/** Starts a command that keeps running. With `terminal` it prints to ours. */
export function keepRunning(name: CommandName, words: readonly string[], surroundings: Surroundings, terminal: boolean): Running {
  const child = start(name, words, surroundings, terminal ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"]);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => {
      resolve(1);
    });
    child.once("close", (status) => {
      resolve(status ?? 1);
    });
  });
  return {
    ended,
    output: () => output,
    async stop(patience = 30_000) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), patience);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
  };
}

/** Waits until `url` answers, or the running command ends. @throws {Error} with what the command printed, if it ended or an answer did not come within `patience` milliseconds. */
export async function untilItAnswers(url: string, running: Running, patience: number): Promise<void> {
  const server = { over: false };
  void running.ended.then(() => (server.over = true));
  const until = performance.now() + patience;
  for (;;) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await answer.body?.cancel();
      return;
    } catch {
      if (server.over) throw new Error(`The server ended before it answered.\n${running.output()}`);
      if (performance.now() > until) throw new Error(`The server did not answer at ${url}.\n${running.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the loopback interface gave no port");
  return address.port;
}
