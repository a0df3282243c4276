/**
 * The oracle of the log: `tests/oracle/main.go` re-verifies everything that can be read after a step. Compiled once for each version of its source, into the
 * machine's temporary folder.
 */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../oracle/", import.meta.url));
/** Compiling from nothing takes half a minute on a busy machine; nothing here is meant to need it. */
const COMPILE_TIME = 600_000;

/** A log that holds. */
export interface CheckedLog {
  readonly size: number;
  /** Every entry as text, in order. */
  readonly leaves: readonly string[];
  /** The signed checkpoint: give it to the next check to see that the log only grew. */
  readonly checkpoint: Uint8Array;
}

let compiled: Promise<string> | undefined;

async function compile(): Promise<string> {
  const hash = createHash("sha256")
    .update(await readFile(join(FOLDER, "main.go")))
    .digest("hex");
  const kept = join(tmpdir(), `firsthand-log-oracle-${String(process.getuid?.() ?? 0)}`);
  const program = join(kept, `check-log-${hash.slice(0, 16)}`);
  try {
    await access(program);
    return program;
  } catch {
    // Several test files may compile at once: each into its own folder, the last rename wins.
    await mkdir(kept, { recursive: true });
    const folder = await mkdtemp(join(kept, "compile-"));
    const fresh = join(folder, "check-log");
    await promisify(execFile)("go", ["build", "-o", fresh, join(FOLDER, "main.go")], {
      cwd: folder,
      timeout: COMPILE_TIME,
      env: {
        PATH: `${process.env["PATH"] ?? ""}:/usr/bin:/usr/local/go/bin`,
        HOME: folder,
        GOCACHE: join(folder, "cache"),
        GO111MODULE: "off",
        GOPATH: "/usr/share/gocode",
        GOFLAGS: "",
        GOTOOLCHAIN: "local",
        CGO_ENABLED: "0",
      },
    });
    await rename(fresh, program);
    await rm(folder, { recursive: true, force: true });
    return program;
  }
}

/**
 * Checks a whole log: the checkpoint's signature and origin, every entry (canonical JSON), every tile, the root, inclusion proofs of a sample of entries, growth
 * from a sample of smaller sizes and, if given, from an `earlier` signed checkpoint, and a cosignature by `cosigner`.
 * `readLogFile` gets paths below the log's address (`checkpoint`, `tile/…`) and returns null for what is not there.
 * Throws with the oracle's words if anything does not hold.
 */
export async function checkLog(
  readLogFile: (path: string) => Promise<Uint8Array | null>,
  vkey: string,
  earlier?: Uint8Array,
  cosigner?: string,
): Promise<CheckedLog> {
  const words = [...cosignerWords(cosigner), vkey, ...(earlier === undefined ? [] : [Buffer.from(earlier).toString("base64")])];
  const told = await ask(words, readLogFile);
  return {
    size: told.size,
    leaves: told.lines.filter(({ word }) => word === "leaf").map(({ rest }) => Buffer.from(rest, "base64").toString("utf8")),
    checkpoint: new Uint8Array(Buffer.from(told.lines.find(({ word }) => word === "checkpoint")?.rest ?? "", "base64")),
  };
}

/** Checks a tlog-proof that carries its entry: signature, cosignature if one is asked for, inclusion. Throws with the oracle's words if it does not hold. */
export async function checkProofFile(proof: Uint8Array, vkey: string, cosigner?: string): Promise<{ index: number; size: number }> {
  const { size, lines } = await ask([...cosignerWords(cosigner), "-proof", vkey], () => Promise.resolve(proof));
  return { index: Number(lines.find(({ word }) => word === "index")?.rest), size };
}

function cosignerWords(cosigner: string | undefined): string[] {
  return cosigner === undefined ? [] : ["-cosigner", cosigner];
}

async function ask(
  words: readonly string[],
  readLogFile: (path: string) => Promise<Uint8Array | null>,
): Promise<{ size: number; lines: { word: string; rest: string }[] }> {
  compiled ??= compile();
  const oracle: ChildProcessByStdio<Writable, Readable, Readable> = spawn(await compiled, words, { stdio: ["pipe", "pipe", "pipe"] });
  const errors: Buffer[] = [];
  oracle.stderr.on("data", (piece: Buffer) => errors.push(piece));
  // The oracle may stop while a file is on its way to it: its last word counts, not the broken pipe.
  oracle.stdin.on("error", () => undefined);
  const lines: { word: string; rest: string }[] = [];
  try {
    for await (const line of createInterface({ input: oracle.stdout })) {
      const space = line.indexOf(" ");
      const [word, rest] = [line.slice(0, space), line.slice(space + 1)];
      if (word === "read") {
        const file = await readLogFile(rest);
        oracle.stdin.write(file === null ? "-1\n" : `${String(file.length)}\n`);
        if (file !== null) oracle.stdin.write(file);
      } else if (word === "leaf" || word === "checkpoint" || word === "index") lines.push({ word, rest });
      else if (word === "ok") return { size: Number(rest), lines };
      else throw new Error(`The log does not hold: ${rest}.`);
    }
    throw new Error(`The log could not be checked: ${Buffer.concat(errors).toString("utf8")}`);
  } finally {
    oracle.kill();
  }
}
