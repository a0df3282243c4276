/**
 * Is the witness's page the one that the log names? Everything it consists of is fetched as a browser would be given it and held against its list of files
 * (`manifest.json`, canonical JSON, path -> SHA-256), and the list's own hash against the newest `page` entry of the log, or against a hash that somebody got by
 * building the page.
 *
 * A document is fetched under each address it has: `/ug/index.html` is what the list names, `/ug/` is what a witness is given.
 */
import type { Bytes } from "../protocol/bytes.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { toHex } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";
import { hex, parseJson } from "../protocol/format/json.ts";
import type { PageLeaf } from "../protocol/format/leaf.ts";
import type { LogPolicy } from "../protocol/format/log-policy.ts";
import type { Answer, Site } from "./fetch.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { wrongHeader } from "./headers.ts";
import { type LogOrder, readLog, type Report, trustOf } from "./reading.ts";

/** What a comparison is told. */
export interface PageOrder {
  readonly site: Site;
  /** The log to compare with, and whom to trust about it. */
  readonly log: (LogOrder & { readonly policy: LogPolicy }) | null;
  /** The expected SHA-256 of the list, hexadecimal. */
  readonly expected: string | null;
}

/** What a comparison says. */
export interface PageReport {
  readonly site: string;
  /** SHA-256 of the list, hexadecimal; null if there is none. */
  readonly list: string | null;
  /** How many addresses were fetched. */
  readonly fetched: number;
  /** The log compared with; null if none was given. Its `checkpoint` is null if it is not the log's. */
  readonly log: { readonly origin: string; readonly size: number | null } | null;
  /** The newest page in the log; null if it has none, or could not be read. */
  readonly logged: Omit<PageLeaf, "kind"> | null;
  readonly findings: readonly Finding[];
  /** Where a checkpoint that contradicts the one seen last was kept. */
  readonly conflict: string | null;
}

const readHash = hex(32);

const LIST = "manifest.json";
const LONGEST_LIST = 65_536;
const MOST_FILES = 500;
/** Far above any file of a page. */
const LARGEST_FILE = 16_777_216;
const LONGEST_PATH = 100;

/** Segments of letters, digits, `.`, `_` and `-`, none of which begins with a dot. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;
const INDEX = "index.html";
/** What `/` shows. */
const FIRST = `en/${INDEX}`;

/**
 * Compares.
 * @throws {Refusal} `bad-vkey` for the policy, `not-found` if there is no log, `bad-checkpoint` if the remembered one is damaged.
 * @throws {Fault} if site or log cannot be reached, or the memory not be written.
 */
export async function comparePage({ site, log, expected }: PageOrder): Promise<PageReport> {
  const findings: Finding[] = [];
  const report: Report = (code, where) => {
    findings.push({ code, where });
  };
  const bytes = await readList(site, report);
  const list = bytes === null ? null : toHex(sha256(bytes));
  const fetched = bytes === null ? 0 : await compareFiles(site, bytes, report);
  if (list !== null && expected !== null && list !== expected) report("page-list-unexpected", LIST);
  const base = { site: site.name, list, fetched, findings };
  if (log === null) return { ...base, log: null, logged: null, conflict: null };

  const trust = trustOf(log.policy);
  const pages: PageLeaf[] = [];
  const read = await readLog(log, trust, report, (_index, leaf) => {
    if (leaf.kind === "page") pages.push(leaf);
  });
  const origin = trust.log.name;
  // Entries that are not the log's say nothing about any page; that they are not is reported.
  if (read?.authentic !== true) {
    return { ...base, log: { origin, size: read?.checkpoint.size ?? null }, logged: null, conflict: read?.conflict ?? null };
  }
  const newest = pages.at(-1) ?? null;
  if (list !== null && newest?.manifest !== list) {
    report(pages.some(({ manifest }) => manifest === list) ? "page-outdated" : "page-unlogged", LIST);
  }
  return { ...base, log: { origin, size: read.checkpoint.size }, logged: newest, conflict: read.conflict };
}

async function readList(site: Site, report: Report): Promise<Bytes | null> {
  const answer = await askFor(site, LIST, LONGEST_LIST);
  if (answer === "too-large") report("page-list-invalid", LIST);
  else if (answer.kind === "file") return answer.bytes;
  else report(answer.kind === "missing" ? "page-list-missing" : "page-file-redirected", LIST);
  return null;
}

/** Fetches everything on the list and returns how many addresses that were. */
async function compareFiles(site: Site, bytes: Bytes, report: Report): Promise<number> {
  const list = parseList(bytes);
  if (list === null) {
    report("page-list-invalid", LIST);
    return 0;
  }
  const addresses = list.flatMap(([path, hash]) => addressesOf(path).map((address) => ({ path, hash, address })));
  for (const { path, hash, address } of addresses) {
    const code = await compareFile(site, path, hash, address);
    if (code !== null) report(code.code, code.where);
  }
  return addresses.length;
}

async function compareFile(site: Site, path: string, hash: string, address: string): Promise<Finding | null> {
  const found = (code: FindingCode, where = address): Finding => ({ code, where: `/${where}` });
  const answer = await askFor(site, address, LARGEST_FILE);
  if (answer === "too-large") return found("page-file-wrong");
  if (answer.kind === "missing") return found("page-file-missing");
  if (answer.kind === "redirect") return found("page-file-redirected");
  if (toHex(sha256(answer.bytes)) !== hash) return found("page-file-wrong");
  const header = wrongHeader(path, answer.headers);
  return header === null ? null : found("page-header-wrong", `${address}: ${header}`);
}

/** Paths and hashes in canonical order, or null if this is no list of a page's files. */
function parseList(bytes: Bytes): readonly (readonly [path: string, hash: string])[] | null {
  try {
    const value = parseJson(bytes);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const list = Object.entries(value).map(([path, hash]) => [path, readHash(hash, "hash")] as const);
    const sound = list.every(([path]) => path.length <= LONGEST_PATH && PATH.test(path));
    return sound && list.length > 0 && list.length <= MOST_FILES ? list : null;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** All addresses of a file, without the slash they begin with. */
function addressesOf(path: string): string[] {
  const addresses = [path];
  if (path.endsWith(`/${INDEX}`)) addresses.push(path.slice(0, -INDEX.length));
  if (path === FIRST) addresses.push("");
  return addresses;
}

async function askFor(site: Site, path: string, limit: number): Promise<Answer | "too-large"> {
  try {
    return await site.ask(`/${path}`, limit);
  } catch (error) {
    if (error instanceof Refusal && error.code === "too-large") return "too-large";
    throw error;
  }
}
