/**
 * Where a log is read from: a server's address or a folder with a copy. Both are hostile: sizes are limited, redirects are not followed, nothing hangs for
 * ever, and a path is never made from what was read.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { asBytes, type Bytes, collect } from "../protocol/bytes.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { formatEntries, HASH_LENGTH, parseEntries, TILE_WIDTH, type TileLevel, tilePath } from "../protocol/format/tile.ts";
import { type TileReader, tilesOf } from "../protocol/tlog/tree.ts";

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
export async function logAt(place: string): Promise<LogFiles> {
  if (/^https?:\/\//i.test(place)) return logBehind(place);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) throw new Refusal("usage", "the address must begin with http:// or https://");
  return logIn(place);
}

function logBehind(place: string): LogFiles {
  let base: URL;
  try {
    base = new URL(place);
  } catch {
    throw new Refusal("usage", "the address is not valid");
  }
  if (base.hostname.endsWith(".onion")) {
    throw new Refusal("usage", "this version does not reach onion addresses by itself; verify a copy of the log in a folder");
  }
  if (base.username !== "" || base.search !== "" || base.hash !== "") {
    throw new Refusal("usage", "the address has no user name, query or fragment");
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  if (!base.pathname.endsWith("/log/")) base.pathname += "log/";
  return { name: base.href, read: (path, limit) => fetchFile(new URL(path, base), limit) };
}

async function fetchFile(address: URL, limit: number): Promise<Bytes | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(address, limit);
    } catch (error) {
      if (error instanceof Refusal || error instanceof Fault) throw error;
      if (attempt === ATTEMPTS) throw new Fault(`reading ${address.href}`, error);
      await pause(PAUSE_BETWEEN * attempt);
    }
  }
}

async function fetchOnce(address: URL, limit: number): Promise<Bytes | null> {
  const response = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(TIME_FOR_A_FILE) });
  if (response.status === 200) return response.body === null ? new Uint8Array() : await collect(response.body, limit);
  await response.body?.cancel();
  if (response.status === 404) return null;
  const reason = new Error(`the server answered with status ${String(response.status)}`);
  // A server that is busy or starting may answer better in a moment.
  if (response.status >= 500) throw reason;
  throw new Fault(`reading ${address.href}`, reason);
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
