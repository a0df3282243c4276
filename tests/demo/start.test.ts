import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const START = fileURLToPath(new URL("../../src/demo/start.ts", import.meta.url));

let folder: string;
let settings: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-start-"));
  // The database runs as another user where we are root.
  await chmod(folder, 0o711);
  // Sealing is half a day away, so that the log stays as it is.
  const sealAt = `${String((new Date().getUTCHours() + 12) % 24).padStart(2, "0")}:00`;
  settings = {
    DATA_DIR: join(folder, "data"),
    PAGE_DIR: join(folder, "page"),
    HOST: "127.0.0.1",
    PORT: "0",
    MIN_FREE_MIB: "0",
    SEAL_AT: sealAt,
  };
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  /** Resolves when the newcomer is told where to look, or with what was said instead. */
  readonly told: Promise<string>;
  interrupt(): void;
  readonly ended: Promise<number | null>;
}

function start(env: Record<string, string>): Started {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:KEYS_DIR|DATABASE_URL|SOCKET|ORIGIN)$/.test(name)));
  const child = spawn(process.execPath, [START], { env: { ...clean, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const told = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("The next start finds everything again.")) resolve(said);
      });
    }
    void ended.then(() => {
      resolve(said);
    });
  });
  return { told, ended, interrupt: () => child.kill("SIGINT") };
}

/** The address that the newcomer is told. */
function siteIn(said: string): string {
  return /(http:\/\/127\.0\.0\.1:\d+)\/en\//.exec(said)?.[1] ?? `no address in: ${said}`;
}

test("npm start makes demo keys once, serves page and log on loopback, stops by Ctrl-C and finds everything again", async () => {
  const first = start(settings);
  const said = await first.told;
  const site = siteIn(said);
  expect(said).toContain("DEMO keys");
  const page = await fetch(`${site}/en/`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("demo")]);
  const log = await (await fetch(`${site}/log/checkpoint`)).text();
  expect(log).toContain("demo.firsthand.example/log\n");
  const program = await readFile(join(folder, "data", "demo", "public", "program.pgp"));
  first.interrupt();
  expect(await first.ended).toBe(0);
  await expect(fetch(site)).rejects.toThrow();

  const second = start(settings);
  const site2 = siteIn(await second.told);
  const log2 = await (await fetch(`${site2}/log/checkpoint`)).text();
  expect(log2.split("\n").slice(0, 3)).toEqual(log.split("\n").slice(0, 3));
  expect(await readFile(join(folder, "data", "demo", "public", "program.pgp"))).toEqual(program);
  second.interrupt();
  expect(await second.ended).toBe(0);
});

test("npm start says which port is in use and what to do", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => {
    blocker.listen(0, "127.0.0.1", resolve);
  });
  const address = blocker.address();
  const port = String(typeof address === "object" && address !== null ? address.port : 0);
  const started = start({ ...settings, PORT: port });
  expect(await started.told).toContain(`The port ${port} is in use. Take another one:`);
  expect(await started.ended).toBe(1);
  await new Promise((resolve) => blocker.close(resolve));
});

test("npm start does not make demo keys where keys of one's own were promised", async () => {
  const started = start({ ...settings, DATA_DIR: join(folder, "other"), KEYS_DIR: join(folder, "nowhere") });
  expect(await started.told).toContain("There are no keys in KEYS_DIR");
  expect(await started.ended).toBe(1);
  await expect(stat(join(folder, "other"))).rejects.toThrow();
});
