/** The real command in a process of its own, on real folders and real servers. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FINDINGS } from "../../src/auditor/findings.ts";
import { progressBar } from "../../src/auditor/progress.ts";
import type { MemoryLog } from "../support/memory-log.ts";
import { type LogStory, ORIGIN, TODAY, wholeStory } from "./log-story.ts";

const COMMAND = fileURLToPath(new URL("../../src/auditor/main.ts", import.meta.url));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function auditor(...words: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [COMMAND, ...words], (problem, out, error) => {
      const code = problem === null ? 0 : problem.code;
      if (typeof code === "number") resolve({ code, out, error });
      else reject(problem ?? new Error("no exit code"));
    });
  });
}

let folder: string;
let story: LogStory;
let log: MemoryLog;
let policy: string;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-auditor-command-"));
  story = await wholeStory();
  log = await story.write();
  policy = join(folder, "policy.txt");
  await writeFile(policy, story.policy());
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function folderOf(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), bytes);
  }
  return join(folder, name);
}

/** The address of a server on a free port. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const serveLog: RequestListener = (request, response) => {
  const file = log.files.get((request.url ?? "").replace(/^\/log\//, ""));
  if (file === undefined) response.writeHead(404).end("nothing here");
  else response.writeHead(200, { "content-type": "application/octet-stream" }).end(file);
};

const checked = ["--today", TODAY];

describe("firsthand-auditor verify", () => {
  test("of a clean log in a folder exits with 0 and says what it cannot show", async () => {
    const place = await folderOf("clean", log.files);
    const { code, out, error } = await auditor("verify", place, "--policy", policy, ...checked);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toContain(`Log      ${ORIGIN}\n`);
    expect(out).toContain("8 sealed with 512 items, 2 acknowledged, 2 purged");
    expect(out).toContain("Verdict: clean.");
    expect(out).toContain("What this cannot show:");
  });

  test("takes a folder that has the log in log/, and a policy saved with a newline", async () => {
    const files = new Map([...log.files].map(([path, bytes]) => [`log/${path}`, bytes]));
    const place = await folderOf("parent", files);
    const edited = join(folder, "edited.json");
    await writeFile(edited, Buffer.concat([story.policy(), Buffer.from("\n")]));
    expect((await auditor("verify", place, "--policy", edited, ...checked)).code).toBe(0);
  });

  test("of a server exits with 0, by any form of its address", async () => {
    const address = await serve(serveLog);
    for (const place of [address, `${address}/`, `${address}/log/`, `${address}/log`]) {
      const { code, out } = await auditor("verify", place, "--policy", policy, ...checked, "--json");
      expect(code, place).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ verdict: "clean", origin: ORIGIN, checkpoint: { size: 531 }, findings: [] });
    }
  });

  test("exits with 1 and names each finding with its sentence", async () => {
    const files = new Map(log.files);
    files.delete("tile/0/000");
    files.delete("acknowledgements/00000001");
    const place = await folderOf("faulty", files);
    const text = await auditor("verify", place, "--policy", policy, ...checked);
    expect(text.code).toBe(1);
    expect(text.out).toContain("Verdict: 2 findings.");
    expect(text.out).toContain(`tile-missing (tile/0/000): ${FINDINGS["tile-missing"]}`);
    const json = await auditor("verify", place, "--policy", policy, ...checked, "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      verdict: "findings",
      findings: [
        { code: "tile-missing", where: "tile/0/000", message: FINDINGS["tile-missing"] },
        { code: "acknowledgement-missing", where: "acknowledgements/00000001" },
      ],
    });
  });

  test("shows people the first hundred findings, and programs all", async () => {
    const long = await wholeStory();
    for (let n = 0; n < 150; n++) long.leaves.push(new TextEncoder().encode(`{"n":"${String(n)}"}`));
    const place = await folderOf("long", (await long.write()).files);
    const { code, out } = await auditor("verify", place, "--policy", policy, ...checked);
    expect(code).toBe(1);
    expect(out.match(/entry-invalid/g)).toHaveLength(100);
    expect(out).toContain("… and 50 more");
    const json = await auditor("verify", place, "--policy", policy, ...checked, "--json");
    expect((JSON.parse(json.out) as { findings: unknown[] }).findings).toHaveLength(150);
  });

  test("remembers between two runs", async () => {
    const address = await serve(serveLog);
    const words = ["verify", address, "--policy", policy, ...checked, "--state", join(folder, "state")];
    expect((await auditor(...words)).out).toContain("531, seen for the first time");
    expect((await auditor(...words)).out).toContain("531, 531 when last seen");
  });

  test("judges by today's clock if no day is given", async () => {
    const place = await folderOf("clean", log.files);
    const { code, out } = await auditor("verify", place, "--policy", policy);
    expect(code).toBe(1);
    expect(out).toContain("batch-overdue (batch 9)");
  });
});

describe("firsthand-auditor exits with 2 and a plain message", () => {
  test.each([
    ["nothing", [], /say what to do/],
    ["an unknown command", ["look"], /verify/],
    ["no place", ["verify"], /which log/],
    [
      "a proxy that would leave names to this machine",
      ["verify", "http://log.example", "--policy", "p", "--proxy", "socks5://127.0.0.1:9050"],
      /socks5h/,
    ],
    ["a proxy without a port", ["verify", "http://log.example", "--policy", "p", "--proxy", "socks5h://127.0.0.1"], /port/],
    ["two places", ["verify", "a", "b", "--policy", "p"], /one log/],
    ["no policy", ["verify", "a"], /--policy FILE is needed/],
    ["an unknown option", ["verify", "a", "--polcy", "p"], /--polcy/],
    ["an option without its value", ["verify", "a", "--policy"], /--policy/],
    ["a day that is none", ["verify", "a", "--policy", "p", "--today", "2026-02-30"], /YYYY-MM-DD/],
    ["another scheme", ["verify", "ftp://log.example", "--policy", "p"], /http/],
    ["an onion address", ["verify", "http://abc.onion", "--policy", "p"], /onion/],
    ["a query", ["verify", "http://log.example/?a=b", "--policy", "p"], /query/],
  ])("on %s", async (_, words, message) => {
    const { code, out, error } = await auditor(...words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(message);
    expect(error).toContain("--help");
    expect(error).not.toMatch(/\n\s+at /);
  });

  test("if there is no folder, no log in it, no policy or a bad one, in JSON too", async () => {
    const place = await folderOf("clean", log.files);
    const bad = join(folder, "bad.json");
    await writeFile(bad, "{}");
    const empty = await folderOf("empty", new Map([["something-else", new Uint8Array(1)]]));
    for (const words of [
      [join(folder, "nowhere"), "--policy", policy],
      [empty, "--policy", policy],
      [place, "--policy", join(folder, "nowhere.json")],
      [place, "--policy", bad],
    ]) {
      const { code, out, error } = await auditor("verify", ...words, "--json");
      expect(code).toBe(2);
      expect(error).toMatch(/^firsthand-auditor: .+\.?\n$/);
      expect(JSON.parse(out)).toMatchObject({ verdict: "not-checked" });
    }
  });

  test("if the server is not there, redirects or fails", async () => {
    const gone = await serve(serveLog);
    for (const server of servers.splice(0)) server.close();
    const redirecting = await serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    const failing = await serve((_, response) => response.writeHead(500).end());
    const [nobody, elsewhere, failed] = await Promise.all(
      [gone, redirecting, failing].map((place) => auditor("verify", place, "--policy", policy)),
    );
    expect(nobody).toMatchObject({ code: 2, error: expect.stringContaining("ECONNREFUSED") as string });
    expect(elsewhere).toMatchObject({ code: 2, error: expect.stringContaining("302") as string });
    expect(failed).toMatchObject({ code: 2, error: expect.stringContaining("500") as string });
  });

  test("if the line breaks while entries are read", async () => {
    const address = await serve((request, response) => {
      if (request.url?.includes("entries") === true) response.destroy();
      else serveLog(request, response);
    });
    expect((await auditor("verify", address, "--policy", policy, ...checked)).code).toBe(2);
  });
});

test("a file without an end is cut off and is a finding", async () => {
  const address = await serve((request, response) => {
    if (request.url?.endsWith("tile/0/000") !== true) {
      serveLog(request, response);
      return;
    }
    const pour = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on("drain", pour);
    pour();
  });
  const { code, out } = await auditor("verify", address, "--policy", policy, ...checked);
  expect(code).toBe(1);
  expect(out).toContain("tile-wrong (tile/0/000)");
});

test("--help shows the options and exits with 0", async () => {
  for (const word of ["--help", "-h", "help"]) {
    const { code, out } = await auditor(word);
    expect(code).toBe(0);
    for (const option of ["--policy", "--state", "--today", "--json"]) expect(out).toContain(option);
  }
});

describe("progress", () => {
  function terminal(isTTY: boolean): { written: string[]; write: (text: string) => void; isTTY: boolean } {
    const written: string[] = [];
    return { written, write: (text) => void written.push(text), isTTY };
  }

  test("shows after a second on a terminal, and is wiped away", async () => {
    const stream = terminal(true);
    const bar = progressBar(stream, "Reading");
    bar.update(64, 256);
    expect(stream.written).toEqual([]);
    await pause(1200);
    bar.update(128, 256);
    bar.end();
    expect(stream.written[0]).toContain("50 %");
    expect(stream.written[1]).toMatch(/^\r +\r$/);
  });

  test("shows nothing where no person looks", async () => {
    const stream = terminal(false);
    const bar = progressBar(stream, "Reading");
    await pause(1200);
    bar.update(128, 256);
    bar.end();
    expect(stream.written).toEqual([]);
  });
});
