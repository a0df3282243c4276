/** A log's story in a folder, and the auditor's command run on it in this process. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../src/auditor/command.ts";

/** What a command wrote, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `firsthand-auditor` with these words. */
export async function auditor(...words: string[]): Promise<Outcome> {
  const written = { out: "", error: "" };
  const stream = (name: "out" | "error") => ({ write: (text: string) => (written[name] += text) });
  const code = await run(words, { out: stream("out"), error: stream("error") });
  return { code, ...written };
}

/** A temporary folder. */
export class Bench {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), "firsthand auditor ")));
  }

  /** Path of something in it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file and returns its path. */
  async put(name: string, content: Uint8Array | string): Promise<string> {
    await mkdir(dirname(this.at(name)), { recursive: true });
    await writeFile(this.at(name), content);
    return this.at(name);
  }

  /** Writes a log as a folder and returns its path. */
  async putLog(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    for (const [path, bytes] of files) await this.put(join(name, path), bytes);
    return this.at(name);
  }

  close(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}
