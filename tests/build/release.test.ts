/** A release as its makers make it and as somebody checks it who has only the verifier key: from a clone, with real keys, the programs started from it. */
import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatVkey } from "../../src/protocol/crypto/note.ts";
import { makeTestKeys, NOON, ORIGIN } from "../support/server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

let folder: string;
let clone: string;
let vkey: string;

async function release(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = ["--preserve-symlinks", "src/build/release-main.ts", ...words];
  try {
    return { code: 0, ...(await run(process.execPath, command, { cwd: clone, maxBuffer: 1 << 24 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh release "));
  clone = join(folder, "clone");
  await run("git", ["-c", "advice.detachedHead=false", "clone", "--quiet", "--no-local", "--depth", "1", ROOT, clone]);
  await symlink(join(ROOT, "node_modules"), join(clone, "node_modules"));
  await makeTestKeys(join(folder, "keys"));
  await writeFile(join(folder, "keys", "log.vkey"), `${formatVkey(ORIGIN, new Uint8Array(32)).text}\n`);
  vkey = (await release("--new-key", "firsthand.test/release", "--key", join(folder, "key"))).stdout.trim();
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a release", () => {
  it("is built twice, listed, signed, and is what its list says", async () => {
    const out = join(folder, "out");
    const today = new Date(NOON).toISOString().slice(0, 10);
    const made = await release("--key", join(folder, "key"), "--out", out, "--keys", join(folder, "keys"), "--today", today);
    expect(made.stderr).toMatch(/comparing …\nsigning …\n$/);
    expect(made.code).toBe(0);
    const names = (await readdir(out)).map((name) => name.replace(/-\d+\.\d+\.\d+/, "")).sort();
    expect(names).toEqual([
      "SHA256SUMS",
      "firsthand-reviewer-linux-x64.cdx.json",
      "firsthand-reviewer-linux-x64.tar.gz",
      "firsthand-server-linux-x64.cdx.json",
      "firsthand-server-linux-x64.tar.gz",
      "firsthand.tar.gz",
      "page",
    ]);
    await run("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: out });
    expect(await release("--check", out, "--vkey", vkey)).toMatchObject({ code: 0 });
    // The page's entry in the log will name the commit and the list of ingredients that lie here.
    const { stdout: head } = await run("git", ["rev-parse", "HEAD"], { cwd: clone });
    const { stdout: sbom } = await run("sha256sum", [join(out, "page", "ingredients.cdx.json")]);
    expect(JSON.parse(await readFile(join(out, "page", "release.json"), "utf8"))).toMatchObject({
      commit: head.trim(),
      sbom: sbom.slice(0, 64),
    });
  }, 600_000);

  it("has a server and an auditor that run from their archive alone", async () => {
    const archive = (await readdir(join(folder, "out"))).find((name) => /^firsthand-server.*\.tar\.gz$/.test(name)) ?? "";
    await run("tar", ["-xzf", join(folder, "out", archive), "-C", folder]);
    const unpacked = join(folder, archive.replace(/\.tar\.gz$/, ""));
    await run("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: unpacked });
    const bare = { env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" } };
    expect((await run(join(unpacked, "firsthand"), ["--help"], bare)).stdout).toMatch(/^firsthand: the intake server/);
    expect((await run(join(unpacked, "firsthand-auditor"), ["--help"], bare)).stdout).toMatch(/^firsthand-auditor: checks a log/);
    expect((await run(join(unpacked, "firsthand"), ["help", "courier"], bare)).stdout).toContain("firsthand export");
    expect(await readdir(join(unpacked, "migrations"))).toEqual(await readdir(join(clone, "migrations")));
  });

  it("is refused when a file of it was changed, added or taken away, or somebody else signed it", async () => {
    const refusals: string[] = [];
    const tampering: ((copy: string) => Promise<void>)[] = [
      (copy) => appendFile(join(copy, "page", "manifest.json"), " "),
      (copy) => writeFile(join(copy, "page", "more.js"), ""),
      (copy) => rm(join(copy, "page", "assets", "page.js")),
      (copy) => rm(join(copy, "SHA256SUMS")),
    ];
    for (const [index, tamper] of tampering.entries()) {
      const copy = join(folder, `copy ${String(index)}`);
      await cp(join(folder, "out"), copy, { recursive: true });
      await tamper(copy);
      const { code, stderr } = await release("--check", copy, "--vkey", vkey);
      refusals.push(`${String(code)} ${stderr.trim().split(":")[0] ?? ""} ${/\(.*\)/.exec(stderr)?.[0] ?? ""}`);
      await rm(copy, { recursive: true });
    }
    expect(refusals).toEqual([
      "1 digest-mismatch (page/manifest.json)",
      "1 digest-mismatch (page/more.js)",
      "1 digest-mismatch (page/assets/page.js)",
      "1 not-found (SHA256SUMS)",
    ]);
    const stranger = formatVkey("firsthand.test/release", new Uint8Array(32)).text;
    expect((await release("--check", join(folder, "out"), "--vkey", stranger)).stderr).toMatch(/^unknown-signer/);
  });

  it("is not made over another one, nor of a tree in which something was changed", async () => {
    const words = ["--key", join(folder, "key"), "--out"];
    expect((await release(...words, join(folder, "out"))).stderr).toMatch(/^already-there/);
    await appendFile(join(clone, "README.md"), "changed\n");
    expect((await release(...words, join(folder, "other"))).stderr).toMatch(/^tree-not-clean/);
    expect(await release("--new-key", "another", "--key", join(folder, "key"))).toMatchObject({ code: 1 });
    expect(await release("--kee", "x")).toMatchObject({ code: 2 });
  });
});
