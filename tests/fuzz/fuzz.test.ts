/** A short run of every target by the real command, and proof that the engine finds what is planted. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const here = new URL("./", import.meta.url);
/** Inputs for each target after its seeds and corpus, and a bound in seconds for one that is slow on a busy machine. */
const BOUNDS = ["--runs", "1000", "--seconds", "2"];

interface Line {
  readonly target: string;
  readonly runs: number;
  readonly branches: number;
  readonly finding: string | null;
}

async function run(...words: readonly string[]): Promise<{ status: number | null; lines: Line[]; errors: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", here)), "--json", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, errors, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  const lines = out.split("\n").filter((line) => line !== "");
  return { status, lines: lines.map((line) => JSON.parse(line) as Line), errors };
}

describe("fuzzing", () => {
  it("finds nothing in a moment with every target", async () => {
    const targets = (await readdir(new URL("targets/", here))).map((name) => name.replace(/\.ts$/, "")).sort();
    const { status, lines, errors } = await run(...BOUNDS);
    expect(errors).toBe("");
    expect(lines.map(({ target }) => target)).toEqual(targets);
    for (const { runs, branches, finding } of lines) {
      expect(finding).toBeNull();
      expect(runs).toBeGreaterThan(3);
      expect(branches).toBeGreaterThan(10);
    }
    expect(status).toBe(0);
  }, 600_000);

  it("finds a fault that chance alone would not", async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("planted/main.ts", here))], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
    expect(said).toMatch(/^planted after \d+ inputs\n$/);
  });

  it("says which targets there are when it is asked for another", async () => {
    const { status, errors } = await run("nothing");
    expect(status).toBe(2);
    expect(errors).toContain("gate");
  });
});
