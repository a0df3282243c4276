/**
 * The real commands, started as processes of their own: the demo does what people do, and imports none of the machines it shows. A command's standard
 * input is empty: none of them asks anybody anything here.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder, with `/` at its end. */
const HOUSE = fileURLToPath(new URL("../../", import.meta.url));

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

/** What a command is given besides its words. */
export interface Surroundings {
  /** Settings, on top of our environment without any. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Settings the commands read. What the environment says about them reaches a command only if the demo passes it on. */
const SETTINGS =
  /^(?:HOST|EXPOSE|PORT|SOCKET|ORIGIN|DATABASE_URL|DATA_DIR|KEYS_DIR|LOG_VKEY|PAGE_DIR|SEAL_AT|MAX_TIP_MIB|MIN_FREE_MIB|MAX_PENDING_MIB|RESERVE_MIB|IN_FLIGHT_MIB)$/;

function environment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined && !SETTINGS.test(name)) plain[name] = value;
  return { ...plain, ...settings };
}

function start(name: CommandName, words: readonly string[], { env = {}, signal }: Surroundings) {
  const child = spawn(process.execPath, [`${HOUSE}${MAINS[name]}`, ...words], {
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
    ...(signal === undefined ? {} : { signal, killSignal: "SIGTERM" }),
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  const ended = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      // An abort is reported as an error too; what counts then is the end.
      if (child.pid !== undefined) return;
      said.stderr += `${error.message}\n`;
      resolve(1);
    });
    child.once("close", (status) => {
      resolve(status ?? 1);
    });
  });
  return { child, ended, said };
}

/** Runs a command to its end. Never throws for a non-zero exit: the caller says what it expected. */
export async function run(name: CommandName, words: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { ended, said } = start(name, words, surroundings);
  const code = await ended;
  return { code, ...said };
}

/** A command that keeps running. */
export interface Running {
  /** Resolves with the exit code when it ends. */
  readonly ended: Promise<number>;
  /** Its first line of output. @throws {Error} with what it said instead, if it ends before. */
  firstLine(): Promise<string>;
  /** What it wrote to its error output so far. */
  complaints(): string;
  /** Asks it to end (SIGTERM) and waits; after half a minute it is ended without asking. */
  stop(): Promise<number>;
}

/** Starts a command that keeps running. Its error output goes to `report` as it comes. */
export function keepRunning(
  name: CommandName,
  words: readonly string[],
  surroundings: Surroundings,
  report: (text: string) => void,
): Running {
  const { child, ended, said } = start(name, words, surroundings);
  child.stderr.on("data", report);
  return {
    ended,
    complaints: () => said.stderr,
    firstLine: () =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const end = said.stdout.indexOf("\n");
          if (end >= 0) resolve(said.stdout.slice(0, end));
        };
        child.stdout.on("data", look);
        look();
        void ended.then((code) => {
          reject(new Error(`It ended with exit code ${String(code)}.\n${said.stdout}${said.stderr}`));
        });
      }),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
  };
}
