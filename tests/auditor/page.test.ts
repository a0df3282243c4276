/** The witness's page as the real server gives it, and as a hostile one would, held against the log. */
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../src/auditor/command.ts";
import { FINDINGS } from "../../src/auditor/findings.ts";
import { type BuiltPage, buildPage } from "../../src/build/page.ts";
import { formatVkey } from "../../src/protocol/crypto/note.ts";
import { formatDate } from "../../src/protocol/format/date.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { formatLogPolicy } from "../../src/protocol/format/log-policy.ts";
import { buildApp } from "../../src/server/app.ts";
import type { Context } from "../../src/server/context.ts";
import { keep } from "../../src/server/courier/keeper.ts";
import { loadPageFiles } from "../../src/server/page-files.ts";
import { type Alteration, type AlteredSite, openAlteredSite } from "../support/altered-site.ts";
import { testPostgres } from "../support/postgres.ts";
import { NOON, openTestServer, ORIGIN, testKeys, type TestServer } from "../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

interface Listening {
  readonly url: string;
  close(): Promise<unknown>;
}

let folder: string;
let page: BuiltPage;
let server: TestServer;
let real: Listening;
let site: AlteredSite;
let policy: string;
/** Codes of everything that was found by any test. */
const seen = new Set<string>();

/** The command in this process. */
async function auditor(...words: string[]): Promise<Outcome> {
  let out = "";
  let error = "";
  const code = await run(words, { out: { write: (text) => (out += text) }, error: { write: (text) => (error += text) } });
  return { code, out, error };
}

/** What is found when the site at `url` is compared with the log, as `code where`. */
async function found(url: string, ...words: string[]): Promise<string[]> {
  const { code, out } = await auditor("page", url, "--policy", policy, "--json", ...words);
  const { findings } = JSON.parse(out) as { findings: { code: string; where: string }[] };
  expect(code).toBe(findings.length === 0 ? 0 : 1);
  for (const finding of findings) seen.add(finding.code);
  return findings.map((finding) => `${finding.code} ${finding.where}`);
}

/** What is found when some answers are altered. */
async function foundAltered(alterations: Readonly<Record<string, Alteration>>, ...words: string[]): Promise<string[]> {
  site.alter(alterations);
  return found(site.url, ...words);
}

/** The server's application with the page in `pageDir`, listening. */
async function listen(context: Context, pageDir: string): Promise<Listening> {
  const app = await buildApp(context, await loadPageFiles(pageDir));
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() };
}

/** Nobody sends a tip here: any log key will do. */
const LOG = formatVkey(ORIGIN, new Uint8Array(32)).text;

function settings(outDir: string) {
  const { program, programBytes, rewards, rewardsBytes } = keys.get();
  return {
    programFingerprint: program.fingerprint,
    rewardsFingerprint: rewards.fingerprint,
    program: programBytes,
    rewards: rewardsBytes,
    today: formatDate(Math.floor(NOON / 86_400_000)),
    log: LOG,
    demo: false,
    configured: null,
    outDir,
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-audited-page-"));
  page = await buildPage(settings(join(folder, "page")));
  server = await openTestServer(postgres, keys.get(), { settings: { PAGE_DIR: join(folder, "page") } });
  await keep(server.context, {}, () => Promise.resolve());
  real = await listen(server.context, join(folder, "page"));
  site = await openAlteredSite(real.url);
  const { logSigner, review } = server.context.keys;
  policy = join(folder, "policy.txt");
  await writeFile(
    policy,
    formatLogPolicy({ log: logSigner.vkey.text, review: review.text, cosigners: [], quorum: null, witnessProgram: null }),
  );
});
beforeEach(() => {
  site.alter({});
});
afterAll(async () => {
  await site.close();
  await real.close();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("the page that the log names", () => {
  test("is clean: every address of every file, and the list's hash in the log", async () => {
    const { code, out, error } = await auditor("page", real.url, "--policy", policy);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    const { commit, sbom } = JSON.parse(await readFile(join(folder, "page", "release.json"), "utf8")) as Record<string, string>;
    const documents = page.files.filter(({ path }) => path.endsWith("/index.html")).length;
    for (const line of [
      `Site     ${real.url}/`,
      `List     ${page.list} (SHA-256 of its manifest.json)`,
      `Fetched  ${String(page.files.length + documents + 1)} addresses on the list`,
      `Log      ${ORIGIN}, `,
      `Logged   ${page.list} on 2026-11-25`,
      `Commit   ${commit ?? "?"}\nSBOM     ${sbom ?? "?"}\n`,
      "Verdict: clean.",
      "What this cannot show:",
    ]) {
      expect(out).toContain(line);
    }
  });

  test("is clean for programs too, through a line that changes nothing, and against the hash that the build prints", async () => {
    const { code, out } = await auditor("page", `${site.url}/`, "--policy", policy, "--list", page.list, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      verdict: "clean",
      site: `${site.url}/`,
      list: page.list,
      log: { origin: ORIGIN },
      logged: { manifest: page.list, date: "2026-11-25" },
      findings: [],
      conflict: null,
    });
  });

  test("can be compared with one's own build alone, without a log", async () => {
    expect((await auditor("page", real.url, "--list", page.list)).code).toBe(0);
    const other = await auditor("page", real.url, "--list", "0".repeat(64), "--json");
    expect(other.code).toBe(1);
    expect(JSON.parse(other.out)).toMatchObject({ findings: [{ code: "page-list-unexpected", where: "manifest.json" }], log: null });
    seen.add("page-list-unexpected");
  });
});

describe("another page", () => {
  test("is not in the log, until the server logs it; then the first one is outdated", async () => {
    const context = server.context;
    const otherDir = join(folder, "other");
    await cp(join(folder, "page"), otherDir, { recursive: true });
    const script = Buffer.concat([await readFile(join(otherDir, "assets", "page.js")), Buffer.from("\nevil();\n")]);
    await writeFile(join(otherDir, "assets", "page.js"), script);
    const list = JSON.parse(await readFile(join(otherDir, "manifest.json"), "utf8")) as Record<string, string>;
    list["assets/page.js"] = createHash("sha256").update(script).digest("hex");
    await writeFile(join(otherDir, "manifest.json"), formatJson(list));

    const other = await listen(context, otherDir);
    expect(await found(other.url)).toEqual(["page-unlogged manifest.json"]);
    await keep({ ...context, config: { ...context.config, pageDir: otherDir } }, {}, () => Promise.resolve());
    expect(await found(other.url)).toEqual([]);
    expect(await found(real.url)).toEqual(["page-outdated manifest.json"]);
    await other.close();
    await keep(context, {}, () => Promise.resolve());
    expect(await found(real.url)).toEqual([]);
  });

  test("with the list of the right one is found file by file", async () => {
    const html = Buffer.from("<!doctype html><title>Firsthand</title><script src=/assets/page.js></script>");
    expect(await foundAltered({ "/assets/page.js": { body: "evil();" } })).toEqual(["page-file-wrong /assets/page.js"]);
    expect(await foundAltered({ "/assets/page.css": { status: 404 } })).toEqual(["page-file-missing /assets/page.css"]);
    expect(await foundAltered({ "/ug/": { body: html } })).toEqual(["page-file-wrong /ug/"]);
    expect(await foundAltered({ "/": { body: html } })).toEqual(["page-file-wrong /"]);
    expect(await foundAltered({ "/assets/page.js": { status: 302, headers: { location: "/elsewhere.js" } } })).toEqual([
      "page-file-redirected /assets/page.js",
    ]);
    expect(await foundAltered({ "/assets/page.js": { endless: true } })).toEqual(["page-file-wrong /assets/page.js"]);
  });

  test("is found by its headers, if its bytes are the right ones", async () => {
    const csp = "default-src 'none';script-src 'self';style-src 'self'";
    const wrong: [Alteration["headers"], string][] = [
      [{ link: "</evil.css>; rel=stylesheet" }, "link"],
      [{ refresh: "0; url=/evil/" }, "refresh"],
      [{ "set-cookie": "id=1" }, "set-cookie"],
      [{ "content-security-policy": null }, "content-security-policy"],
      [{ "content-security-policy": [csp, csp] }, "content-security-policy"],
      [{ "content-security-policy": "script-src 'self'" }, "content-security-policy"],
      [{ "content-security-policy": "default-src 'none' 'self'" }, "content-security-policy"],
      [{ "content-security-policy": csp.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") }, "content-security-policy"],
      ...["'unsafe-eval'", "'unsafe-inline'", "'strict-dynamic'", "'nonce-abc'", "blob:", "data:", "https:", "evil.example"].map(
        (source): [Alteration["headers"], string] => [
          { "content-security-policy": csp.replace("script-src 'self'", `script-src 'self' ${source}`) },
          "content-security-policy",
        ],
      ),
      [{ "content-security-policy": `${csp};worker-src blob:` }, "content-security-policy"],
      [{ "content-security-policy": `${csp};object-src 'self'` }, "content-security-policy"],
      [{ "content-security-policy": `SCRIPT-SRC *;${csp}` }, "content-security-policy"],
      [{ "origin-agent-cluster": "?0" }, "origin-agent-cluster"],
      [{ "content-type": "text/html; charset=iso-2022-jp" }, "content-type"],
      [{ "content-type": null }, "content-type"],
    ];
    for (const [headers = {}, name] of wrong) {
      expect(await foundAltered({ "/ko/": { headers } }), JSON.stringify(headers)).toEqual([`page-header-wrong /ko/: ${name}`]);
    }
    const hashed = `DEFAULT-SRC 'none'; Script-Src 'self' 'sha256-${"A".repeat(43)}='; style-src 'none';;`;
    expect(await foundAltered({ "/ko/": { headers: { "content-security-policy": hashed } } })).toEqual([]);
  });

  test("without a sound list of its files is not compared further", async () => {
    const hash = "0".repeat(64);
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`${String(index)}.js`, hash]));
    for (const body of [
      "",
      "{}",
      "[]",
      "null",
      `{ "page.js": "${hash}" }`,
      formatJson({ "page.js": "no hash" }),
      formatJson({ "page.js": 1 }),
      ...[
        "/page.js",
        "../page.js",
        "a/../b.js",
        "a//b.js",
        ".hidden",
        "a b.js",
        "https://evil.example/a.js",
        "x".repeat(101),
        "a\u202eb",
      ].map((path) => formatJson({ [path]: hash })),
      formatJson(many),
    ]) {
      expect(await foundAltered({ "/manifest.json": { body } }), String(body)).toContain("page-list-invalid manifest.json");
    }
    expect(await foundAltered({ "/manifest.json": { endless: true } })).toEqual(["page-list-invalid manifest.json"]);
    expect(await foundAltered({ "/manifest.json": { status: 404 } })).toEqual(["page-list-missing manifest.json"]);
    expect(await foundAltered({ "/manifest.json": { status: 301 } })).toEqual(["page-file-redirected manifest.json"]);
  });
});

describe("a log that cannot be believed", () => {
  test("says nothing about the page, and is a finding itself", async () => {
    expect(await foundAltered({ "/log/checkpoint": { body: "another\n" } })).toEqual(["checkpoint-invalid checkpoint"]);
    const entries = (await auditor("page", site.url, "--policy", policy, "--json")).out;
    expect((JSON.parse(entries) as { verdict: string }).verdict).toBe("findings");
    site.alter({});
    const { size } = (JSON.parse((await auditor("page", site.url, "--policy", policy, "--json")).out) as { log: { size: number } }).log;
    const tile = `/log/tile/entries/000.p/${String(size)}`;
    const [first] = await foundAltered({ [tile]: { status: 404 } });
    expect(first).toMatch(/^entries-missing /);
    const { code, out } = await auditor("page", site.url, "--policy", policy);
    expect({ code, logged: out.includes("Logged") }).toEqual({ code: 1, logged: false });
  });

  test("and is shorter than it was is found by who remembers", async () => {
    const state = join(folder, "state");
    const earlier = new Uint8Array(await (await fetch(`${real.url}/log/checkpoint`)).arrayBuffer());
    const pageDir = join(folder, "newer");
    await cp(join(folder, "page"), pageDir, { recursive: true });
    await writeFile(join(pageDir, "release.json"), formatJson({ commit: "1".repeat(40), log: LOG, sbom: "2".repeat(64) }));
    await keep({ ...server.context, config: { ...server.context.config, pageDir } }, {}, () => Promise.resolve());
    expect(await found(site.url, "--state", state)).toEqual([]);
    expect(await foundAltered({ "/log/checkpoint": { body: earlier } }, "--state", state)).toEqual(["log-shrunk checkpoint"]);
  });
});

describe("exits with 2 and a plain message", () => {
  test.each([
    ["no site", ["page"], /which site/],
    ["two sites", ["page", "http://a", "http://b", "--list", "0".repeat(64)], /one site/],
    ["a folder", ["page", "folder", "--list", "0".repeat(64)], /address is not valid/],
    ["another scheme", ["page", "ftp://a.example", "--list", "0".repeat(64)], /http/],
    ["a path", ["page", "http://a.example/en/", "--list", "0".repeat(64)], /no path/],
    ["nothing to compare with", ["page", "http://a.example"], /--policy FILE or --list/],
    ["a hash that is none", ["page", "http://a.example", "--list", "ABC"], /64/],
    ["a memory without a policy", ["page", "http://a.example", "--list", "0".repeat(64), "--state", "s"], /--policy/],
    ["a day", ["page", "http://a.example", "--list", "0".repeat(64), "--today", "2026-01-01"], /--today/],
    ["a list for a log", ["verify", "http://a.example", "--policy", "p", "--list", "0".repeat(64)], /--list/],
  ])("on %s", async (_, words, message) => {
    const { code, out, error } = await auditor(...words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(message);
    expect(error).toContain("--help");
  });

  test("if the site is not there, fails, forbids, or has no log", async () => {
    const gone = await openAlteredSite(real.url);
    await gone.close();
    expect(await auditor("page", gone.url, "--list", page.list)).toMatchObject({
      code: 2,
      error: expect.stringContaining("ECONNREFUSED") as string,
    });
    site.alter({ "/assets/page.js": { status: 500 } });
    expect(await auditor("page", site.url, "--list", page.list)).toMatchObject({
      code: 2,
      error: expect.stringContaining("500") as string,
    });
    site.alter({ "/assets/page.js": { status: 403 } });
    expect(await auditor("page", site.url, "--list", page.list)).toMatchObject({
      code: 2,
      error: expect.stringContaining("403") as string,
    });
    site.alter({ "/log/checkpoint": { status: 404 } });
    expect(await auditor("page", site.url, "--policy", policy)).toMatchObject({
      code: 2,
      error: expect.stringContaining("no log") as string,
    });
  });
});

test("every finding about pages was found by some test above", () => {
  expect([...seen].filter((code) => code.startsWith("page-")).toSorted()).toEqual(
    Object.keys(FINDINGS)
      .filter((code) => code.startsWith("page-"))
      .toSorted(),
  );
});
