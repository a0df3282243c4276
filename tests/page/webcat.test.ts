/**
 * The page as the real server serves it, against WEBCAT's rules for a static site, so that it can be enrolled when onion services can: freedomofpress/webcat-spec,
 * `csp.md` and `manifest.md` (read in November 2026), and "HTTP server headers restriction" of webcat-docs. What enrolling needs besides is in no build: signers'
 * keys, a Sigsum policy, and a bundle below `/.well-known/webcat/`.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPageSite, type PageSite } from "../support/page-site.ts";
import { testPostgres } from "../support/postgres.ts";

const postgres = testPostgres();

const INDEX = "index.html";

let site: PageSite;
/** Paths to hashes, as served. */
let list: Record<string, string>;
let files: Map<string, Buffer>;

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${site.url}${path}`, { redirect: "manual", ...init });
}

beforeAll(async () => {
  site = await openPageSite(postgres);
  list = (await (await ask("/manifest.json")).json()) as Record<string, string>;
  files = new Map();
  for (const path of Object.keys(list)) files.set(path, Buffer.from(await (await ask(`/${path}`)).arrayBuffer()));
});
afterAll(async () => {
  await site.remove();
});

/** What `csp.md` has against a policy. */
function faultsOf(policy: string): string[] {
  const faults: string[] = [];
  if (policy.includes(",")) faults.push("a comma");
  const directives = new Map<string, string[]>();
  for (const part of policy.split(";")) {
    const [name = "", ...sources] = part.trim().split(/\s+/);
    if (name !== "" && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources);
  }
  const hash = /^'sha(?:256|384|512)-[A-Za-z0-9+/=]+'$/;
  const allowed: Record<string, RegExp[]> = {
    "default-src": [/^'none'$/i, /^'self'$/i],
    "script-src": [/^'none'$/i, /^'self'$/i, /^'wasm-unsafe-eval'$/i, hash],
    "script-src-elem": [/^'none'$/i, /^'self'$/i, /^'wasm-unsafe-eval'$/i, hash],
    "style-src": [/^'none'$/i, /^'self'$/i, hash],
    "style-src-elem": [/^'none'$/i, /^'self'$/i, hash],
    "object-src": [/^'none'$/i],
    "worker-src": [/^'none'$/i, /^'self'$/i],
  };
  for (const [name, patterns] of Object.entries(allowed)) {
    for (const source of directives.get(name) ?? [])
      if (!patterns.some((pattern) => pattern.test(source))) faults.push(`${name} ${source}`);
  }
  const standard = directives.get("default-src") ?? [];
  if (standard.length > 1 && standard.join().toLowerCase().includes("'none'")) faults.push("'none' beside others");
  if (standard.join().toLowerCase() !== "'none'") {
    for (const name of ["script-src", "style-src", "object-src", "worker-src"]) if (!directives.has(name)) faults.push(`no ${name}`);
  }
  return faults;
}

/** RFC 8785 for strings, lists and objects, written apart from the one under test. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")}}`;
}

describe("every answer", () => {
  it("has the one same policy, which WEBCAT takes, and no header that leads elsewhere", async () => {
    const answers = await Promise.all([
      ...Object.keys(list).map((path) => ask(`/${path}`)),
      ...["/", "/ug/", "/keys.pgp", "/manifest.json", "/log/checkpoint", "/nothing", "/%zz"].map((path) => ask(path)),
      ask("/en/", { method: "DELETE" }),
      ask("/tips/0", { method: "POST", body: "x" }),
      ask("/tips", { method: "POST", body: "x" }),
    ]);
    const policies = new Set(answers.map(({ headers }) => headers.get("content-security-policy")));
    expect(policies.size).toBe(1);
    expect(faultsOf([...policies][0] ?? "")).toEqual([]);
    for (const { headers, url } of answers) {
      expect([headers.get("link"), headers.get("refresh"), headers.get("set-cookie")], url).toEqual([null, null, null]);
      expect(headers.get("origin-agent-cluster"), url).toBe("?1");
      expect(headers.get("location") ?? "/", url).toMatch(/^(?:\/(?!\/)|\.\.?\/)/);
    }
  });

  it.each([
    ["a comma", "default-src 'none', default-src 'none'"],
    ["no script-src", "style-src 'self'; object-src 'none'; worker-src 'none'"],
    ["script-src 'unsafe-inline'", "default-src 'none'; script-src 'unsafe-inline'"],
    ["script-src https:", "default-src 'none'; script-src https:"],
    ["script-src 'nonce-x'", "default-src 'none'; script-src 'nonce-x'"],
    ["worker-src blob:", "default-src 'none'; worker-src blob:"],
    ["default-src data:", "default-src 'none' data:"],
    ["'none' beside others", "default-src 'none' 'self'; script-src 'self'; style-src 'self'; object-src 'none'; worker-src 'none'"],
    ["object-src 'self'", "default-src 'none'; object-src 'self'"],
    ["style-src-elem data:", "default-src 'none'; style-src-elem data:"],
  ])("would not do with %s", (fault, policy) => {
    expect(faultsOf(policy)).toContain(fault);
  });
});

describe("the list of files", () => {
  it("is canonical, and has everything that is served", async () => {
    expect(await (await ask("/manifest.json")).text()).toBe(canonical(list));
    for (const [path, bytes] of files) expect(createHash("sha256").update(bytes).digest("hex"), path).toBe(list[path]);
  });

  it("becomes a manifest that WEBCAT takes", async () => {
    const policy = (await ask("/")).headers.get("content-security-policy") ?? "";
    const named: Record<string, string> = {};
    for (const [path, hash] of Object.entries(list)) named[`/${path}`] = Buffer.from(hash, "hex").toString("base64url");
    // WEBCAT looks up a folder as its index; what `/` shows is the English page.
    named[`/${INDEX}`] = named[`/en/${INDEX}`] ?? "";
    const manifest = {
      app: "https://firsthand.example/source",
      version: "0.1.0",
      default_csp: policy,
      default_index: INDEX,
      default_fallback: `/en/${INDEX}`,
      files: named,
      wasm: [],
    };
    expect(canonical(JSON.parse(canonical(manifest)))).toBe(canonical(manifest));
    for (const file of Object.keys(named)) {
      const path = file.endsWith(`/${INDEX}`) ? file.slice(0, -INDEX.length) : file;
      const bytes = Buffer.from(await (await ask(path)).arrayBuffer());
      expect(createHash("sha256").update(bytes).digest("base64url"), path).toBe(named[file]);
    }
  });
});

describe("what runs", () => {
  /** All documents but the offline page, whose own script the site's policy does not let run. */
  function documents(): (readonly [path: string, html: string])[] {
    return [...files].filter(([path]) => path.endsWith(`/${INDEX}`)).map(([path, bytes]) => [path, bytes.toString()] as const);
  }

  it("stands in files of the list: documents have no script, style or handler of their own", () => {
    expect(documents().length).toBeGreaterThan(6);
    for (const [path, html] of documents()) {
      for (const [tag] of html.matchAll(/<(?:script|style|link|iframe|object|embed|base|meta http-equiv)[^>]*>/gi)) {
        const address =
          /^<script type="module" src="\/([^"]+)" integrity="sha384-[^"]+">$|^<link rel="stylesheet" href="\/([^"]+)" integrity="sha384-[^"]+">$/.exec(
            tag,
          );
        const known = tag.startsWith('<script type="application/json" id="') || tag === '<link rel="icon" href="data:,">';
        expect(known || Object.hasOwn(list, address?.[1] ?? address?.[2] ?? "?"), `${path}: ${tag}`).toBe(true);
      }
      const outside = html.replace(/<script type="application\/json"[^>]*>.*?<\/script>/gs, "");
      expect(outside, path).not.toMatch(/<[a-z][^>]*\s(?:on[a-z]+|style|srcdoc)\s*=|javascript:/i);
    }
  });

  it("was there when the list was made: no script makes another, and what one loads is on the list", () => {
    const scripts = [...files].filter(([path]) => path.endsWith(".js"));
    expect(scripts.length).toBe(3);
    for (const [path, bytes] of scripts) {
      const code = bytes.toString();
      expect(code, path).not.toMatch(/\beval\(|\bnew Function\(|\bimportScripts\(|\bnew (?:Shared)?Worker\(|\bWebAssembly\b|serviceWorker/);
      for (const [, other = ""] of code.matchAll(/(?:\bimport(?:Again)?\(|\bimport|\}from)["']([^"']+)["']/g)) {
        expect(Object.keys(list), `${path} loads ${other}`).toContain(new URL(other, `http://site/${path}`).pathname.slice(1));
      }
    }
  });
});
