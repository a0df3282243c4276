import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltPage, buildPage, type PageSettings } from "../../src/build/page.ts";
import { concat } from "../../src/protocol/bytes.ts";
import { generateCertificate } from "../../src/protocol/crypto/certificate.ts";
import { parseJson } from "../../src/protocol/format/json.ts";
import { START } from "../support/certificates.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);

let folder: string;
let page: BuiltPage;

function settings(outDir: string): PageSettings {
  return { programFingerprint: "a".repeat(64), rewardsFingerprint: "b".repeat(64), origin: "tips.test/log", demo: false, outDir };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-build-"));
  page = await buildPage(settings(join(folder, "here")));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the built page", () => {
  it("is the same in another folder, time zone, language and umask", async () => {
    const elsewhere = join(folder, "somewhere else");
    await cp(join(ROOT, "src"), join(elsewhere, "src"), { recursive: true });
    for (const name of ["package.json", "package-lock.json"]) await cp(join(ROOT, name), join(elsewhere, name));
    await symlink(join(ROOT, "node_modules"), join(elsewhere, "node_modules"));
    const out = join(folder, "out");
    const script = join(elsewhere, "build.ts");
    await writeFile(
      script,
      `import { buildPage } from "./src/build/page.ts"; console.log(JSON.stringify((await buildPage(${JSON.stringify(settings(out))})).files));`,
    );
    const { stdout } = await run("sh", ["-c", 'umask 077; exec "$0" "$1"', process.execPath, script], {
      cwd: tmpdir(),
      env: { PATH: process.env["PATH"], TZ: "Asia/Kathmandu", LANG: "ko_KR.UTF-8", HOME: folder, NODE_ENV: "production", USER: "other" },
    });
    expect(JSON.parse(stdout)).toEqual(page.files);
  });

  it("names nothing of this machine and no moment", async () => {
    for (const { path } of page.files) {
      const text = await readFile(join(folder, "here", path), "utf8");
      expect(text.includes(ROOT.slice(1)), path).toBe(false);
      expect(text.includes(tmpdir().slice(1)), path).toBe(false);
      expect(text).not.toContain("sourceMappingURL");
    }
  });

  it("lists the hash of each of its files", async () => {
    const bytes = await readFile(join(folder, "here", "manifest.json"));
    expect(page.list).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(parseJson(bytes)).toEqual(Object.fromEntries(page.files.map(({ path, sha256 }) => [path, sha256])));
  });

  it("weighs at most 120 kB in four requests, compressed, keys of three epochs included", async () => {
    const certificates = await Promise.all(
      (["program", "rewards"] as const).map((purpose) => generateCertificate({ purpose, start: START, epochs: 3 })),
    );
    const keys = gzipSync(concat(...certificates.map(({ publicBytes }) => publicBytes)), { level: 9 }).length;
    for (const document of page.files.filter(({ path }) => path.endsWith("/index.html"))) {
      const fetched = page.files.filter(({ path }) => path === document.path || path === "assets/page.js" || path === "assets/page.css");
      expect(fetched.length).toBe(3);
      expect(keys + fetched.reduce((sum, { gzip }) => sum + gzip, 0), document.path).toBeLessThanOrEqual(120_000);
    }
  });

  it("has only the page's and the protocol's code in it, and nothing of locks, quorums or decoys' keepers", () => {
    const foreign = page.sources.filter(
      (path) => path.startsWith("src/") && !path.startsWith("src/page/") && !path.startsWith("src/protocol/"),
    );
    expect(foreign).toEqual([]);
    const forbidden = ["lock.ts", "quorum.ts", "bundle.ts", "tlog/"].filter((part) =>
      page.sources.some((path) => path.includes(`protocol/crypto/${part}`) || path.includes(`protocol/${part}`)),
    );
    expect(forbidden).toEqual([]);
    expect(page.sources.length).toBeGreaterThan(40);
  });

  it("says nothing that would make the browser evaluate text or keep anything", async () => {
    const script = await readFile(join(folder, "here", "assets", "page.js"), "utf8");
    expect(script).not.toMatch(
      /\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|sessionStorage|indexedDB|document\.cookie|sendBeacon/,
    );
  });
});
