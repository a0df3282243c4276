/**
 * Where a log is read from: a server's address or a folder with a copy; and a site's files. All are hostile: sizes are limited, redirects are not followed,
 * nothing hangs for ever, and a path is never made from what was read without a look at each of its letters.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fetch } from "undici";
import { asBytes, type Bytes, collect } from "../protocol/bytes.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { formatEntries, HASH_LENGTH, parseEntries, TILE_WIDTH, type TileLevel, tilePath } from "../protocol/format/tile.ts";
import { type TileReader, tilesOf } from "../protocol/tlog/tree.ts";
import type { Line } from "./line.ts";

/** Reads files below a log's address. */
export interface LogFiles {
  /** What people call it. */
  readonly name: string;
  /**
   * The file at a path, or null if there is none.
   * @throws {Refusal} `too-large` above `limit` bytes. @throws {Fault} if the place cannot be reached or read.
   */
  read(path: string, limit: number): Promise<Bytes | null>;
}

/** Time for one file, over a slow line too. */
const TIME_FOR_A_FILE = 60_000;
const ATTEMPTS = 3;
const PAUSE_BETWEEN = 500;
/** Files asked for at the same time. */
const AHEAD = 8;
const LARGEST_ENTRIES = TILE_WIDTH * 65_537;

/** A log at `place`: an http or https address of a server (or of its `/log/`), or a folder. @throws {Refusal} `usage`. */
export async function logAt(place: string, line: Line): Promise<LogFiles> {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(place) ? logBehind(place, line) : logIn(place);
}

function logBehind(place: string, line: Line): LogFiles {
  const base = addressOf(place, line);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  if (!base.pathname.endsWith("/log/")) base.pathname += "log/";
  return { name: base.href, read: (path, limit) => readLogFile(new URL(path, base), limit, line) };
}

/** A server's address. @throws {Refusal} `usage`. */
export function addressOf(place: string, line: Line): URL {
  let address: URL;
  try {
    address = new URL(place);
  } catch {
    throw new Refusal("usage", "the address is not valid");
  }
  if (address.protocol !== "http:" && address.protocol !== "https:") {
    throw new Refusal("usage", "the address must begin with http:// or https://");
  }
  if (/\.onion\.?$/.test(address.hostname) && !line.proxied) {
    throw new Refusal("usage", "an onion is reached through Tor: add --proxy socks5h://127.0.0.1:9050, or where your Tor listens");
  }
  if (address.username !== "" || address.search !== "" || address.hash !== "") {
    throw new Refusal("usage", "the address has no user name, query or fragment");
  }
  return address;
}

/** Header fields, by names in any case. */
export interface ReadableHeaders {
  get(name: string): string | null;
  has(name: string): boolean;
}

/** What a server says when it is asked for a file. */
export type Answer =
  | { readonly kind: "file"; readonly bytes: Bytes; readonly headers: ReadableHeaders }
  /** 404, 410. */
  | { readonly kind: "missing" }
  /** Any 3xx. It is not followed. */
  | { readonly kind: "redirect"; readonly status: number };

/** A site that serves a page. */
export interface Site {
  /** What people call it. */
  readonly name: string;
  /**
   * Asks for a path that begins with `/`.
   * @throws {Refusal} `too-large` above `limit` bytes. @throws {Fault} if the site cannot be reached, or answers with any other status.
   */
  ask(path: string, limit: number): Promise<Answer>;
}

/** The site at an http or https address, which has no path: the page's files have their fixed places. @throws {Refusal} `usage`. */
export function siteAt(place: string, line: Line): Site {
  const address = addressOf(place, line);
  if (address.pathname !== "/") throw new Refusal("usage", "the address of the site has no path");
  return { name: address.href, ask: (path, limit) => ask(new URL(path, address), limit, line) };
}

async function readLogFile(address: URL, limit: number, line: Line): Promise<Bytes | null> {
  const answer = await ask(address, limit, line);
  if (answer.kind === "redirect") throw unexpected(address, answer.status);
  return answer.kind === "file" ? answer.bytes : null;
}

async function ask(address: URL, limit: number, line: Line): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(address, limit, line);
    } catch (error) {
      if (error instanceof Refusal || error instanceof Fault) throw error;
      if (attempt === ATTEMPTS) throw new Fault(`reading ${address.href}`, error);
      await pause(PAUSE_BETWEEN * attempt);
    }
  }
}

async function askOnce(address: URL, limit: number, { dispatcher }: Line): Promise<Answer> {
  const { status, headers, body } = await fetch(address, { dispatcher, redirect: "manual", signal: AbortSignal.timeout(TIME_FOR_A_FILE) });
  if (status === 200) return { kind: "file", bytes: body === null ? new Uint8Array() : await collect(body, limit), headers };
  await body?.cancel();
  if (status === 404 || status === 410) return { kind: "missing" };
  if (status >= 300 && status < 400) return { kind: "redirect", status };
  // A server that is busy or starting may answer better in a moment.
  if (status >= 500) throw statusError(status);
  throw unexpected(address, status);
}

function unexpected(address: URL, status: number): Fault {
  return new Fault(`reading ${address.href}`, statusError(status));
}

function statusError(status: number): Error {
  return new Error(`the server answered with status ${String(status)}`);
}

async function logIn(folder: string): Promise<LogFiles> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error("not a folder");
  } catch (error) {
    throw new Fault(`opening the folder ${folder}`, error);
  }
  const inside = await readIfThere(join(folder, "log", "checkpoint"), 1_000_000);
  const root = inside === null ? folder : join(folder, "log");
  return { name: root, read: (path, limit) => readIfThere(join(root, path), limit) };
}

async function readIfThere(path: string, limit: number): Promise<Bytes | null> {
  try {
    const { size } = await stat(path);
    if (size > limit) throw new Refusal("too-large");
    return asBytes(await readFile(path));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new Fault(`reading ${path}`, error);
  }
}

/** The tiles of a log of `size` entries, asked for a few ahead in the order of `tilesOf`, which is that of `walkLog`. */
export class TilesAhead implements TileReader {
  readonly #files: LogFiles;
  readonly #order: ReturnType<typeof tilesOf>;
  readonly #coming = new Map<string, Promise<Bytes>>();

  constructor(files: LogFiles, size: number) {
    this.#files = files;
    this.#order = tilesOf(size);
  }

  tile(level: TileLevel, index: number, width: number): Promise<Bytes> {
    const path = tilePath(level, index, width);
    const coming = this.#coming.get(path) ?? readTile(this.#files, level, index, width);
    this.#coming.delete(path);
    while (this.#coming.size < AHEAD) {
      const { done, value } = this.#order.next();
      if (done === true) break;
      const next = tilePath(value.level, value.index, value.width);
      if (next === path) continue;
      const promise = readTile(this.#files, value.level, value.index, value.width);
      // Whoever asks for it gets the error; until then nobody listens.
      promise.catch(() => undefined);
      this.#coming.set(next, promise);
    }
    return coming;
  }
}

async function readTile(files: LogFiles, level: TileLevel, index: number, width: number): Promise<Bytes> {
  const limit = level === "entries" ? LARGEST_ENTRIES : TILE_WIDTH * HASH_LENGTH;
  const exact = await files.read(tilePath(level, index, width), limit);
  if (exact !== null) return exact;
  // A log may drop partial tiles once the full one is there (tlog-tiles).
  const full = width === TILE_WIDTH ? null : await files.read(tilePath(level, index), limit);
  if (full === null) throw new Refusal("not-found");
  if (level !== "entries") return full.subarray(0, width * HASH_LENGTH);
  return formatEntries(parseEntries(full, TILE_WIDTH).slice(0, width));
}
