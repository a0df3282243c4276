/**
 * Headers that decide what a browser runs. A file with the right bytes is not enough: a `Link` brings another style sheet, a `Refresh` another page, a missing
 * policy lets a script of anybody's in, another charset makes other text of the same bytes.
 *
 * The rules are those of WEBCAT for static sites (freedomofpress/webcat-spec, `csp.md`; webcat-docs, "HTTP server headers restriction"), without its leniency
 * for inline styles, and with a media type and no cookies on top.
 */

import type { ReadableHeaders } from "./fetch.ts";

/** Directives that WEBCAT limits, and what each may name beside hashes. */
const LIMITED: Readonly<Record<string, readonly string[]>> = {
  "default-src": ["'none'"],
  "script-src": ["'none'", "'self'"],
  "script-src-elem": ["'none'", "'self'"],
  "style-src": ["'none'", "'self'"],
  "style-src-elem": ["'none'", "'self'"],
  "object-src": ["'none'"],
  "worker-src": ["'none'", "'self'"],
};

/** Directives in which a hash of something inline may stand. */
const HASHED = ["script-src", "script-src-elem", "style-src", "style-src-elem"];
const HASH = /^'sha(?:256|384|512)-[A-Za-z0-9+/]+={0,2}'$/;

const FORBIDDEN = ["link", "refresh", "set-cookie", "service-worker-allowed"];

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/** The name of the first header that is wrong on a file with this path, or null. */
export function wrongHeader(path: string, headers: ReadableHeaders): string | null {
  const forbidden = FORBIDDEN.find((name) => headers.has(name));
  if (forbidden !== undefined) return forbidden;
  if (!isStrictPolicy(headers.get("content-security-policy") ?? "")) return "content-security-policy";
  if ((headers.get("origin-agent-cluster") ?? "?1") !== "?1") return "origin-agent-cluster";
  const type = TYPES[/\.([a-z]+)$/.exec(path)?.[1] ?? ""];
  return type === undefined || headers.get("content-type")?.toLowerCase() === type ? null : "content-type";
}

/** One policy (several are joined by a comma), in which nothing is allowed that is not named, and no script or style of anybody else's is. */
function isStrictPolicy(policy: string): boolean {
  if (policy.includes(",")) return false;
  const directives = new Map<string, readonly string[]>();
  for (const directive of policy.split(";")) {
    const [name = "", ...sources] = directive.trim().toLowerCase().split(/\s+/);
    // A browser takes the first of two.
    if (name !== "" && !directives.has(name)) directives.set(name, sources);
  }
  if (directives.get("default-src")?.join() !== "'none'") return false;
  for (const [name, allowed] of Object.entries(LIMITED)) {
    const sources = directives.get(name) ?? [];
    if (!sources.every((source) => allowed.includes(source) || (HASHED.includes(name) && HASH.test(source)))) return false;
  }
  return true;
}
