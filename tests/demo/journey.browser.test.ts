import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const JOURNEY = fileURLToPath(new URL("../../src/demo/journey.ts", import.meta.url));

let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "fh-journey-"));
  // The database runs as another user where we are root.
  await chmod(temporary, 0o711);
});
afterEach(async () => {
  await rm(temporary, { recursive: true, force: true });
});

/** Starts the demo with a temporary folder of its own; `heard` is told everything it has said so far. */
function journey(heard: (said: string, interrupt: () => void) => void = () => undefined): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [JOURNEY], { env: { ...process.env, TMPDIR: temporary }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      heard(said, () => child.kill("SIGINT"));
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, said });
    });
  });
}

test("npm run demo brings a tip the whole way and ends with a clean verdict", async () => {
  const { code, said } = await journey();
  expect(said).toContain("Verdict: clean.");
  expect(said).toContain("a recording of 60 MB arrived byte for byte");
  expect(said).toContain("the bundle cannot be made again");
  expect(code).toBe(0);
  expect((await readdir(temporary)).filter((name) => name.startsWith("firsthand"))).toEqual([]);
});

test("Ctrl-C ends the demo at once and leaves nothing behind", async () => {
  let interrupted = false;
  const { code, said } = await journey((heard, interrupt) => {
    if (interrupted || !heard.includes("The witness attaches")) return;
    interrupted = true;
    interrupt();
  });
  expect(said).toContain("Stopping");
  expect(said).not.toContain("Verdict");
  expect(code).toBe(130);
  expect((await readdir(temporary)).filter((name) => name.startsWith("firsthand"))).toEqual([]);
});
