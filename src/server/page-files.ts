/**
 * The witness page: a fixed list of files, read once at start and served from memory. Nothing in a request can name another file.
 *
 * The list is `manifest.json` of the built page, `{ path: SHA-256 }`; each file must have its hash, so a half-written build is not served.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { asBytes, type Bytes } from "../protocol/bytes.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { fromUtf8, toHex } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { readIfThere } from "./store/durable-file.ts";

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Bytes;
  /** The same under gzip (RFC 1952), made once at start: over Tor every kilobyte is waiting time. */
  readonly gzipped: Bytes;
}

/** Paths as they are asked for, beginning with `/`, to files. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  txt: "text/plain; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  woff2: "font/woff2",
};

/** Segments of letters, digits, `.`, `_` and `-`; none is empty or begins with a dot. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;

/** Where `/` leads. */
const FIRST_PAGE = "/en/";

/**
 * The files of the page built in `folder`. `…/index.html` is also there as `…/`, and `/en/` as `/`.
 * @throws {Refusal} `bad-settings` (PAGE_DIR) if it is not a complete build.
 */
export async function loadPageFiles(folder: string): Promise<PageFiles> {
  const manifest = await readIfThere(join(folder, "manifest.json"));
  if (manifest === null) throw new Refusal("bad-settings", "PAGE_DIR");
  const files = new Map<string, PageFile>();
  for (const [path, hash] of Object.entries(readManifest(manifest))) {
    const type = TYPES[/\.([a-z0-9]+)$/.exec(path)?.[1] ?? ""];
    const bytes = await readIfThere(join(folder, path));
    if (type === undefined || bytes === null || toHex(sha256(bytes)) !== hash) throw new Refusal("bad-settings", "PAGE_DIR");
    const file = pageFile(type, bytes);
    files.set(`/${path}`, file);
    if (path.endsWith("/index.html")) files.set(`/${path.slice(0, -"index.html".length)}`, file);
  }
  files.set("/manifest.json", pageFile("application/json", manifest));
  const first = files.get(FIRST_PAGE);
  if (first !== undefined && !files.has("/")) files.set("/", first);
  return files;
}

function pageFile(type: string, bytes: Bytes): PageFile {
  return { type, bytes, gzipped: asBytes(gzipSync(bytes, { level: 9 })) };
}

function readManifest(bytes: Bytes): Record<string, string> {
  const refuse = (): never => {
    throw new Refusal("bad-settings", "PAGE_DIR");
  };
  let read: unknown;
  try {
    read = JSON.parse(fromUtf8(bytes));
  } catch {
    return refuse();
  }
  if (typeof read !== "object" || read === null) return refuse();
  const files: Record<string, string> = {};
  for (const [path, hash] of Object.entries(read)) {
    if (typeof hash !== "string" || !PATH.test(path)) return refuse();
    files[path] = hash;
  }
  return files;
}
