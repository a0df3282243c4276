/** Cosigning as C2SP tlog-witness has it, over real HTTP and on a stick. Statuses are those of its text. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addCheckpoint, type CosignerDesk } from "../../src/auditor/add-checkpoint.ts";
import { type CosignServer, serveCosigner } from "../../src/auditor/cosign-server.ts";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { cosignerFromSeed, openNote } from "../../src/protocol/crypto/note.ts";
import { fromUtf8, utf8 } from "../../src/protocol/encoding.ts";
import { formatAddCheckpoint } from "../../src/protocol/format/add-checkpoint.ts";
import { parseNote } from "../../src/protocol/format/note.ts";
import { consistencyProof } from "../../src/protocol/tlog/tree.ts";
import { MemoryLog, signerOf } from "../support/memory-log.ts";
import { auditor, Bench } from "./story-on-disk.ts";

const COMMAND = new URL("../../src/auditor/main.ts", import.meta.url).pathname;
const NAME = "log.example";
let bench: Bench;
/** A log of 300 entries and then 700, and another with the same key that forked after 200. */
const logs = new Map<number, { note: Bytes; log: MemoryLog }>();
let forked: { note: Bytes; log: MemoryLog };
const notes = new Map<number, Bytes>();

const entries = (from: number, to: number, word = "entry"): Bytes[] =>
  Array.from({ length: to - from }, (_, n) => utf8(`${word} ${String(from + n)}`));

beforeAll(async () => {
  bench = await Bench.open();
  const log = new MemoryLog(await signerOf(NAME));
  for (const size of [300, 700]) {
    await log.append(entries(log.size, size));
    const note = log.files.get("checkpoint")!;
    notes.set(size, note);
    logs.set(size, { note, log });
  }
  const other = new MemoryLog(await signerOf(NAME));
  await other.append([...entries(0, 200), ...entries(200, 300, "another")]);
  forked = { note: other.files.get("checkpoint")!, log: other };
});
afterAll(() => bench.close());

async function desk(state: string): Promise<CosignerDesk> {
  const cosigner = await cosignerFromSeed("cosigner.example", sha256(utf8("cosigner")));
  return { log: (await signerOf(NAME)).vkey, cosigner, stateFolder: bench.at(state) };
}

async function request(oldSize: number, size: 300 | 700): Promise<Bytes> {
  const { note, log } = logs.get(size)!;
  return formatAddCheckpoint({ oldSize, proof: oldSize > size ? [] : await consistencyProof(oldSize, size, log), note });
}

describe("a cosigner that is handed a checkpoint", () => {
  test("signs the first, then what grew from it, and the same again", async () => {
    const at = await desk("growing");
    for (const [oldSize, size] of [
      [0, 300],
      [300, 300],
      [300, 700],
      [700, 700],
    ] as const) {
      const answer = await addCheckpoint(await request(oldSize, size), at, 1_700_000_000_500);
      if (answer.status !== 200) throw new Error(String(answer.status));
      const { text, signers } = await openNote(utf8(`${fromUtf8(notes.get(size)!)}${answer.lines}`), [at.cosigner.vkey]);
      expect({ signers: signers.length, size: text.split("\n")[1] }).toEqual({ signers: 1, size: String(size) });
    }
    // Two checkpoints were seen; the ones that came twice are there once.
    expect((await readdir(bench.at("growing"))).length).toBe(2);
  });

  test.each<[string, () => Promise<Bytes>, number]>([
    ["that is none", () => Promise.resolve(utf8("old 0\n\nhello\n")), 400],
    ["with an old size above the new one", () => request(700, 300), 400],
    [
      "of another log",
      async () => {
        const other = new MemoryLog(await signerOf("other.example"));
        await other.append(entries(0, 3));
        return formatAddCheckpoint({ oldSize: 300, proof: [], note: other.files.get("checkpoint")! });
      },
      404,
    ],
    [
      "that somebody else signed under the log's name",
      async () => {
        const other = new MemoryLog(await signerOf(NAME, "somebody else"));
        await other.append(entries(0, 300));
        return formatAddCheckpoint({ oldSize: 300, proof: [], note: other.files.get("checkpoint")! });
      },
      403,
    ],
    ["as if nothing had been signed before", () => request(0, 700), 409],
    [
      "from another size than was signed last",
      () => Promise.resolve(formatAddCheckpoint({ oldSize: 299, proof: [], note: notes.get(700)! })),
      409,
    ],
    ["of the same size with another root", () => Promise.resolve(formatAddCheckpoint({ oldSize: 300, proof: [], note: forked.note })), 409],
    ["without a proof", () => Promise.resolve(formatAddCheckpoint({ oldSize: 300, proof: [], note: notes.get(700)! })), 422],
    [
      "with another proof",
      async () => formatAddCheckpoint({ oldSize: 300, proof: await consistencyProof(299, 700, logs.get(700)!.log), note: notes.get(700)! }),
      422,
    ],
    [
      "with a proof where none belongs",
      async () =>
        formatAddCheckpoint({
          oldSize: 300,
          proof: (await consistencyProof(300, 700, logs.get(700)!.log)).slice(0, 1),
          note: notes.get(300)!,
        }),
      422,
    ],
  ])("%s refuses it", async (name, body, status) => {
    const at = await desk(`refusing one ${name}`);
    expect((await addCheckpoint(await request(0, 300), at, 1_700_000_000_000)).status).toBe(200);
    const answer = await addCheckpoint(await body(), at, 1_700_000_000_000);
    expect(answer).toEqual(status === 409 ? { status, size: 300 } : { status });
    expect((await addCheckpoint(await request(300, 700), at, 1_700_000_000_000)).status, "it goes on from where it was").toBe(200);
  });

  test("keeps a checkpoint of the same size and another root as proof, once, without what strangers add to it", async () => {
    const at = await desk("proof");
    await addCheckpoint(await request(0, 300), at, 1_700_000_000_000);
    for (const more of ["", "\u2014 stranger.example AAAAAAA=\n", "\u2014 stranger.example AAAAAAE=\n"]) {
      const note = utf8(`${fromUtf8(forked.note)}${more}`);
      expect((await addCheckpoint(formatAddCheckpoint({ oldSize: 300, proof: [], note }), at, 1_700_000_000_000)).status).toBe(409);
    }
    const kept = (await readdir(bench.at("proof"))).filter((name) => name.includes("conflict"));
    expect(kept).toHaveLength(1);
    expect(new Uint8Array(await readFile(bench.at(`proof/${kept[0] ?? ""}`)))).toEqual(forked.note);
  });

  test("of many requests at once in two processes' places never goes back, and never signs two histories", async () => {
    const [one, two] = [await desk("race"), await desk("race")];
    await addCheckpoint(await request(0, 300), one, 1_700_000_000_000);
    const bodies = [await request(300, 300), await request(300, 700), await request(0, 300), await request(700, 700)];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => addCheckpoint(bodies[n % bodies.length]!, n % 2 === 0 ? one : two, 1_700_000_000_000)),
    );
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(await addCheckpoint(await request(300, 300), one, 1_700_000_000_000)).toEqual({ status: 409, size: 700 });
  });

  test("does not sign without its memory", async () => {
    await bench.put("a file", "in the folder's place");
    await expect(addCheckpoint(await request(0, 300), await desk("a file"), 1_700_000_000_000)).rejects.toThrow();
  });
});

describe("over HTTP", () => {
  let server: CosignServer;
  beforeAll(async () => {
    server = await serveCosigner("127.0.0.1", 0, await desk("http"));
  });
  afterAll(() => server.stop());

  const post = async (body: Uint8Array<ArrayBuffer>, path = "/add-checkpoint") => {
    const response = await fetch(`${server.address}${path}`, { method: "POST", body });
    return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
  };

  test("sizes, statuses and media types are those of the text", async () => {
    expect((await post(await request(0, 300))).text).toMatch(/^\u2014 cosigner\.example [A-Za-z0-9+/=]+\n$/);
    expect(await post(await request(0, 700))).toEqual({ status: 409, type: "text/x.tlog.size", text: "300\n" });
    expect(await post(utf8("?"))).toMatchObject({ status: 400, text: "" });
    expect((await post(new Uint8Array(70_000))).status).toBe(413);
    expect((await post(await request(300, 700), "/other")).status).toBe(404);
    const got = await fetch(`${server.address}/add-checkpoint`);
    expect({ status: got.status, allow: got.headers.get("allow") }).toEqual({ status: 405, allow: "POST" });
    expect((await post(await request(300, 700))).status).toBe(200);
  });

  test("submit brings a published checkpoint there and its cosignature back, from whatever size it signed last", async () => {
    const { cosigner } = await desk("http");
    const policyOf = (review: string) =>
      `log ${log.signer.vkey.text}\n#firsthand review ${review}\nwitness w ${cosigner.vkey.text}\nquorum w\n`;
    const log = new MemoryLog(await signerOf(NAME));
    await log.append(entries(0, 900));
    const policy = await bench.put("policy.txt", policyOf((await signerOf("review.example")).vkey.text));
    const place = await bench.putLog("log", log.files);
    const out = bench.at("cosigned");
    expect(await auditor("submit", place, "--policy", policy, "--to", server.address, "--out", out)).toMatchObject({ code: 0, error: "" });
    expect(parseNote(await readFile(out)).signatures.map(({ name }) => name)).toEqual([NAME, "cosigner.example"]);

    // Of a log that was changed behind it nothing is brought back.
    const changed = new MemoryLog(await signerOf(NAME));
    await changed.append(entries(0, 900, "another"));
    const refused = await auditor("submit", await bench.putLog("changed", changed.files), "--policy", policy, "--to", `${server.address}/`);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining("log-forked") as string });
    const short = new MemoryLog(await signerOf(NAME));
    await short.append(entries(0, 800));
    const shrunk = await auditor("submit", await bench.putLog("short", short.files), "--policy", policy, "--to", server.address);
    expect(shrunk.out).toContain("log-shrunk");
    // A cosigner that the policy does not name counts for nothing.
    const stranger = await cosignerFromSeed("stranger.example", sha256(utf8("stranger")));
    const other = await bench.put("other.txt", (await readFile(policy, "utf8")).replace(cosigner.vkey.text, stranger.vkey.text));
    expect((await auditor("submit", place, "--policy", other, "--to", server.address)).out).toContain("unknown-signer");
  });

  test("the command serves until it is stopped", async () => {
    const key = bench.at("cosigner.key");
    await auditor("keygen", "cosigner.example", "--out", key);
    const words = ["--policy", bench.at("policy.txt"), "--key", key, "--state", bench.at("command")];
    const child = spawn(process.execPath, [COMMAND, "serve", "127.0.0.1:0", ...words], { stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(child, "exit");
    try {
      const [printed] = (await once(child.stdout, "data")) as [Buffer];
      const address = /^Cosigning log\.example at (http:\/\/127\.0\.0\.1:\d+\/add-checkpoint)\./.exec(printed.toString())?.[1];
      expect((await fetch(address ?? "", { method: "POST", body: await request(0, 300) })).status).toBe(200);
    } finally {
      child.kill("SIGTERM");
    }
    expect(await exit).toEqual([0, null]);
    expect((await auditor("serve", "nowhere", ...words)).error).toContain("HOST:PORT");
  });
});

test("on a stick, the same: the request in a file, the cosignature in a file", async () => {
  const words = ["--policy", bench.at("policy.txt"), "--key", bench.at("cosigner.key"), "--state", bench.at("stick")];
  const asked = bench.at("request");
  expect((await auditor("submit", bench.at("log"), "--policy", bench.at("policy.txt"), "--old", "0", "--out", asked)).code).toBe(0);
  const lines = bench.at("lines");
  expect((await auditor("answer", asked, ...words, "--out", lines)).code).toBe(0);
  expect(await readFile(lines, "utf8")).toMatch(/^\u2014 cosigner\.example [A-Za-z0-9+/=]+\n$/);
  const again = await auditor("answer", asked, ...words);
  expect(again).toMatchObject({ code: 1, out: expect.stringContaining("900 entries") as string });
});
