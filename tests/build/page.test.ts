import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildOffline, OFFLINE_PATH } from "../../src/build/offline.ts";
import { type BuiltPage, buildPage, type PageSettings } from "../../src/build/page.ts";
import { markup } from "../../src/page/document/markup.ts";
import { splitCertificates } from "../../src/protocol/crypto/keyring.ts";
import { en } from "../../src/page/locales/en.ts";
import { LANGUAGES } from "../../src/page/locales/languages.ts";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { type Certificate, generateCertificate, openCertificate, type Purpose } from "../../src/protocol/crypto/certificate.ts";
import { fromBase64, toHex } from "../../src/protocol/encoding.ts";
import { formatDate } from "../../src/protocol/format/date.ts";
import { parseJson } from "../../src/protocol/format/json.ts";
import { START } from "../support/certificates.ts";
import { refusalOf } from "../support/refusals.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

let folder: string;
let page: BuiltPage;

let certificates: { program: Bytes; rewards: Bytes };

/** The example key of C2SP signed-note. */
const LOG = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

const TODAY = formatDate(START / 86_400 + 8);

function settings(outDir: string): PageSettings {
  const fingerprints = { programFingerprint: "a".repeat(64), rewardsFingerprint: "b".repeat(64) };
  return { ...fingerprints, ...certificates, today: TODAY, log: LOG, demo: false, configured: null, outDir };
}

async function certificateOf(purpose: Purpose, epochs: number): Promise<Bytes> {
  return (await generateCertificate({ purpose, start: START, epochs })).publicBytes;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-build-"));
  certificates = { program: await certificateOf("program", 12), rewards: await certificateOf("rewards", 11) };
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
    const plain = { ...settings(out), program: toHex(certificates.program), rewards: toHex(certificates.rewards) };
    await writeFile(
      script,
      `import { buildPage } from "./src/build/page.ts";
      import { fromHex } from "./src/protocol/encoding.ts";
      const plain = ${JSON.stringify(plain)};
      const settings = { ...plain, program: fromHex(plain.program), rewards: fromHex(plain.rewards) };
      console.log(JSON.stringify((await buildPage(settings)).files));`,
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
      expect(text.includes(folder.slice(1)), path).toBe(false);
      expect(text).not.toContain("sourceMappingURL");
    }
  });

  it("lists the hash of each of its files", async () => {
    const bytes = await readFile(join(folder, "here", "manifest.json"));
    expect(page.list).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(parseJson(bytes)).toEqual(Object.fromEntries(page.files.map(({ path, sha256 }) => [path, sha256])));
  });

  it("weighs at most 120 kB in four requests in every language, compressed, its list of words and keys of three epochs included", async () => {
    const keys = gzipSync(concat(await certificateOf("program", 3), await certificateOf("rewards", 3)), { level: 9 }).length;
    for (const document of page.files.filter(({ path }) => /^[^/]+\/index\.html$/.test(path))) {
      const fetched = page.files.filter(({ path }) => path === document.path || path === "assets/page.js" || path === "assets/page.css");
      expect(fetched.length).toBe(3);
      expect(await readFile(join(folder, "here", document.path), "utf8")).toMatch(
        /<script type="application\/json" id="words-[a-z-]+">"[^"]{2048,}"/,
      );
      expect(keys + fetched.reduce((sum, { gzip }) => sum + gzip, 0), document.path).toBeLessThanOrEqual(120_000);
    }
  });

  it("keeps what looks into files out of what everybody fetches, and everything else out of that", async () => {
    const [everybody = "", files = ""] = await Promise.all(
      ["page", "files"].map((name) => readFile(join(folder, "here", "assets", `${name}.js`), "utf8")),
    );
    expect(["ICC_PROFILE", "docProps", en.files.nothing].filter((words) => everybody.includes(words))).toEqual([]);
    expect(["ICC_PROFILE", "docProps"].filter((words) => files.includes(words))).toHaveLength(2);
    expect([en.files.nothing, en.labels.where["CN-XJ"] ?? "", en.live.looking, "openpgp"].filter((words) => files.includes(words))).toEqual(
      [],
    );
    expect(gzipSync(files, { level: 9 }).length).toBeLessThanOrEqual(20_000);
  });

  it("keeps what reads the log out of what everybody fetches, and certificates and envelopes out of that", async () => {
    const [everybody = "", back = ""] = await Promise.all(
      ["page", "return"].map((name) => readFile(join(folder, "here", "assets", `${name}.js`), "utf8")),
    );
    expect([everybody, back].map((script) => script.includes("/log/"))).toEqual([false, true]);
    expect(back).not.toContain("ml-kem");
    expect(gzipSync(back, { level: 9 }).length).toBeLessThanOrEqual(30_000);
  });

  it("has only the page's and the protocol's code in it, and nothing of locks, quorums or decoys' keepers", () => {
    const foreign = page.sources.filter(
      (path) => path.startsWith("src/") && !path.startsWith("src/page/") && !path.startsWith("src/protocol/"),
    );
    expect(foreign).toEqual([]);
    const forbidden = ["lock.ts", "quorum.ts", "bundle.ts"].filter((part) =>
      page.sources.some((path) => path.includes(`protocol/crypto/${part}`) || path.includes(`protocol/${part}`)),
    );
    expect(forbidden).toEqual([]);
    expect(page.sources.length).toBeGreaterThan(40);
  });

  it("says nothing that would make the browser evaluate text or keep anything, on the site and in the offline page", async () => {
    for (const path of ["assets/page.js", "assets/files.js", "assets/return.js", OFFLINE_PATH]) {
      const script = await readFile(join(folder, "here", path), "utf8");
      expect(script, path).not.toMatch(
        /\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|sessionStorage|indexedDB|document\.cookie|sendBeacon/,
      );
    }
  });
});

describe("the offline page", () => {
  let html: string;
  beforeAll(async () => {
    html = await readFile(join(folder, "here", OFFLINE_PATH), "utf8");
  });

  const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

  it("allows itself its one script and its one style, by their hashes, and no connection to anywhere", () => {
    const [, policy = ""] = /<meta http-equiv="content-security-policy" content="([^"]*)">/.exec(html) ?? [];
    const [, script = ""] = /<script type="module">(.*?)<\/script>/s.exec(html) ?? [];
    const [, style = ""] = /<style>(.*?)<\/style>/s.exec(html) ?? [];
    expect(script.length).toBeGreaterThan(100_000);
    expect(style.length).toBeGreaterThan(1_000);
    expect(policy.replaceAll("&#39;", "'").split(";")).toEqual([
      "default-src 'none'",
      `script-src ${hashOf(script)}`,
      `style-src ${hashOf(style)}`,
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
    ]);
    expect(html.indexOf("content-security-policy")).toBeLessThan(html.indexOf("<style>"));
    expect(script).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(|EventSource/);
  });

  it("refers to nothing outside itself and has no form", () => {
    const markup = html.replace(/<script type="module">.*?<\/script>/s, "");
    const addresses = [...markup.matchAll(/\b(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address ?? "");
    expect(addresses.length).toBeGreaterThan(7);
    expect(addresses.filter((address) => !/^(?:#[A-Za-z-]+|data:,)$/.test(address))).toEqual([]);
    expect(markup).not.toMatch(/<form|<iframe|<img|\son[a-z]+=|\sstyle=/i);
  });

  it("is in all languages, each of which says where it works, and until when", () => {
    for (const { tag, text, offline } of LANGUAGES) {
      expect(html.includes(`id="in-${tag}"`), tag).toBe(tag !== "en");
      for (const sentence of [
        text.story.lead,
        offline.send,
        offline.done.lead,
        ...offline.elsewhere.lines,
        offline.until.split("{date}")[0] ?? "",
      ]) {
        expect(html, sentence).toContain(markup`${sentence}`.html);
      }
    }
    expect(html.split(`<time>${formatDate(START / 86_400 + 70)}</time>`).length).toBe(LANGUAGES.length + 1);
  });

  it("carries the epoch of its day and those of the eight weeks after it, for every day of an epoch the same", async () => {
    const [, keys = ""] = /<script type="application\/json" id="keys">"([^"]*)"<\/script>/.exec(html) ?? [];
    const [program, rewards] = await Promise.all(splitCertificates(fromBase64(keys)).map((bytes) => openCertificate(bytes)));
    const weeks = (certificate: Certificate | undefined): number[] => certificate?.epochs.map(({ from }) => (from - START) / 604_800) ?? [];
    expect(weeks(program)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(weeks(rewards)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const parts = {
      pinned: { program: "a".repeat(64), rewards: "b".repeat(64), log: { name: "tips.test/log", id: 1, key: "A".repeat(43) + "=" } },
      demo: false,
      configured: null,
      style: "",
      ...certificates,
    };
    const on = (day: number): Promise<string> => buildOffline({ ...parts, today: formatDate(START / 86_400 + day) });
    expect(await on(7)).toBe(await on(13));
    expect(await on(14)).not.toBe(await on(13));
    expect(await refusalOf(() => on(7 * 11))).toBe("no-epoch");
  });
});
