/** Cosigning with the real command, and held against the C2SP text by Node's own Ed25519. */
import { execFile } from "node:child_process";
import { createPrivateKey, createPublicKey, verify } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cosignerFromSeed, openNote, parseVkey } from "../../src/protocol/crypto/note.ts";
import { formatNote, parseNote } from "../../src/protocol/format/note.ts";
import { checkLog } from "../support/check-log.ts";
import type { MemoryLog } from "../support/memory-log.ts";
import { type LogStory, TODAY, wholeStory } from "./log-story.ts";

const COMMAND = fileURLToPath(new URL("../../src/auditor/main.ts", import.meta.url));

function auditor(...words: string[]): Promise<{ code: number; out: string; error: string }> {
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
let place: string;
let key: string;
let vkey: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-cosign-"));
  story = await wholeStory();
  log = await story.write();
  policy = join(folder, "policy.txt");
  await writeFile(policy, story.policy());
  place = await folderOf("log", log.files);
  key = join(folder, "cosigner.key");
  const made = await auditor("keygen", "cosigner.example", "--out", key);
  expect(made).toMatchObject({ code: 0, error: "" });
  vkey = made.out.trimEnd();
});
afterAll(() => rm(folder, { recursive: true }));

async function folderOf(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), bytes);
  }
  return join(folder, name);
}

const cosign = (where: string, ...more: string[]) => auditor("cosign", where, "--policy", policy, "--key", key, ...more);

describe("keygen", () => {
  test("makes a key of type 4 that only its owner can read, and overwrites none", async () => {
    expect(parseVkey(vkey)).toMatchObject({ name: "cosigner.example", type: 4 });
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(key, "utf8")).toMatch(/^PRIVATE\+KEY\+cosigner\.example\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n$/);
    const again = await auditor("keygen", "cosigner.example", "--out", key);
    expect(again).toMatchObject({ code: 2, out: "" });
    expect((await auditor("keygen", "two words", "--out", join(folder, "other.key"))).code).toBe(2);
  });
});

describe("cosign", () => {
  test("signs time and checkpoint as C2SP says, after the log's own signature, and meets a quorum", async () => {
    const earliest = Math.floor(Date.now() / 1000);
    const out = join(folder, "cosigned");
    expect(await cosign(place, "--state", join(folder, "state"), "--out", out)).toMatchObject({ code: 0, error: "" });
    const note = parseNote(await readFile(out));
    expect(note.signatures.map(({ name }) => name)).toEqual([story.log.vkey.name, "cosigner.example"]);
    const signature = Buffer.from(note.signatures[1]?.signature ?? []);
    expect(signature).toHaveLength(72);
    const time = Number(signature.readBigUInt64BE(0));
    expect(time).toBeGreaterThanOrEqual(earliest);
    const publicKey = createPublicKey({
      key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), parseVkey(vkey).publicKey]),
      format: "der",
      type: "spki",
    });
    const signed = `cosignature/v1\ntime ${String(time)}\n${note.text}`;
    expect(verify(null, Buffer.from(signed), publicKey, signature.subarray(8))).toBe(true);

    const strict = join(folder, "strict.json");
    await writeFile(strict, story.policy({ cosigners: [{ name: "a", vkey }], quorum: { kind: "cosigner", name: "a" } }));
    const before = await auditor("verify", place, "--policy", strict, "--today", TODAY);
    expect(before.out).toContain("cosigners-too-few");
    const cosigned = await folderOf("cosigned-log", new Map([...log.files, ["checkpoint", await readFile(out)]]));
    const verified = await auditor("verify", cosigned, "--policy", strict, "--today", TODAY);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining("Cosigned by a, 2") as string });
    const read = (path: string): Promise<Uint8Array | null> => readFile(join(cosigned, path)).catch(() => null);
    expect((await checkLog(read, story.log.vkey.text, undefined, vkey)).size).toBe(531);
  });

  test("signs a log that grew", async () => {
    const grown = await wholeStory();
    const state = join(folder, "state-growing");
    expect((await cosign(place, "--state", state)).code).toBe(0);
    grown.seal("2026-03-09");
    const { code, out } = await cosign(await folderOf("grown", (await grown.write()).files), "--state", state);
    expect(code).toBe(0);
    expect(parseNote(Buffer.from(out)).signatures).toHaveLength(2);
  });

  test("signs nothing that shrank, forked or is damaged", async () => {
    const state = join(folder, "state-strict");
    expect((await cosign(place, "--state", state)).code).toBe(0);
    const short = await wholeStory();
    short.leaves.pop();
    const forked = await wholeStory();
    forked.leaves[0] = forked.leaves[1] ?? new Uint8Array(1);
    const damaged = new Map(log.files);
    damaged.delete("tile/0/000");
    for (const [name, files, finding] of [
      ["short", (await short.write()).files, "log-shrunk"],
      ["forked", (await forked.write()).files, "log-forked"],
      ["damaged", damaged, "tile-missing"],
    ] as const) {
      const out = join(folder, `${name}.cosigned`);
      const outcome = await cosign(await folderOf(name, files), "--state", state, "--out", out);
      expect(outcome.code, name).toBe(1);
      expect(outcome.out, name).toContain(finding);
      await expect(stat(out), name).rejects.toThrow();
    }
  });

  test("needs its memory and its key", async () => {
    expect((await cosign(place)).error).toContain("--state FOLDER is needed");
    expect((await auditor("cosign", place, "--policy", policy, "--state", folder)).error).toContain("--key FILE is needed");
    const bad = join(folder, "bad.key");
    await writeFile(bad, (await readFile(key, "utf8")).replace("cosigner.example", "another.example"));
    const outcome = await auditor("cosign", place, "--policy", policy, "--key", bad, "--state", join(folder, "unused"));
    expect(outcome).toMatchObject({ code: 2, out: "" });
  });
});

test("a cosignature is the one that another program makes from the same seed", async () => {
  const seed = new Uint8Array(32).fill(7);
  const cosigner = await cosignerFromSeed("cosigner.example", seed);
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const spki = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" })).export({ format: "der", type: "spki" });
  expect(Buffer.from(cosigner.vkey.publicKey)).toEqual(spki.subarray(12));
  const text = "log.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  const signature = await cosigner.cosign(text, 1_700_000_000);
  const { signers } = await openNote(formatNote({ text, signatures: [signature] }), [cosigner.vkey]);
  expect(signers).toEqual([cosigner.vkey]);
  await expect(openNote(formatNote({ text: text.replace("1", "2"), signatures: [signature] }), [cosigner.vkey])).rejects.toThrow();
});
