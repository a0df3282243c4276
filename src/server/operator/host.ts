/**
 * The machine and its files, as far as they decide who else learns what the server knows: who can read a key, whether memory reaches a disk, how one comes in.
 * Looks at modes and at `/proc` (proc(5), core(5)); opens no key.
 */
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Config } from "../config.ts";
import { type Finding, finding } from "./findings.ts";

/** Anything for everybody, and writing for the group. */
const FOR_OTHERS = 0o027;
const FOR_GROUP = 0o070;
const OTHERS_WRITE = 0o022;
const WORLD_WRITES = 0o002;

/** Folders below DATA_DIR whose files are secrets. */
const SECRETS = ["keys", "logins"];

/** What nobody but the keeper may read. The rest an operator may open to a group, for a process of another user that only takes tips in. */
const KEEPERS_OWN = /^(?:keys\/batches(?:\/|$)|logins\/firsthand_(?:keeper|auditor)$)/;

/** What intake reads, as a member of the group that its folder is open to. */
const INTAKES = /^(?:keys\/log\.seed|keys\/generations\/\d+\.key|logins\/firsthand_intake)$/;
const ENTERS = 0o011;
const GROUP_ENTERS = 0o010;
const GROUP_READS = 0o040;

/** Addresses of this machine alone, as the settings know them. */
const LOOPBACK = /^(?:localhost|::1|127\..*)$/;

/** How one comes in. */
export async function lookAtWayIn({ host, socket }: Config, proc: string): Promise<Finding[]> {
  if (socket === null) return [finding(LOOPBACK.test(host) ? "no-socket" : "address-public", LOOPBACK.test(host) ? "SOCKET" : "HOST")];
  const found: Finding[] = [];
  const folder = await stat(dirname(socket)).catch(() => null);
  // A sticky folder such as /tmp still lets anybody put a file there first.
  if (folder !== null && (folder.mode & WORLD_WRITES) !== 0) found.push(finding("socket-open", "SOCKET"));
  // In a container Tor is another container's.
  if (!(await isContainer(dirname(proc))) && (await torUsers(proc)).size === 0) found.push(finding("tor-missing"));
  return found;
}

/** Whether memory can reach a disk. @param proc `/proc`, or what stands for it. */
export async function lookAtMemory(proc: string): Promise<Finding[]> {
  const found: Finding[] = [];
  const swaps = (await textOf(join(proc, "swaps"))).split("\n").slice(1);
  // zram is memory again.
  if (swaps.some((line) => line !== "" && !line.startsWith("/dev/zram"))) found.push(finding("swap-on"));
  const pattern = (await textOf(join(proc, "sys", "kernel", "core_pattern"))).trim();
  const limit = /^Max core file size\s+(\S+)/m.exec(await textOf(join(proc, "self", "limits")))?.[1];
  // A pipe gets the memory whatever the limit is.
  if (pattern.startsWith("|") || (limit !== undefined && limit !== "0")) found.push(finding("core-dumps"));
  return found;
}

/** Who else can read or write what must not be. */
export async function lookAtFiles({ dataDir, keysDir, pageDir }: Config): Promise<Finding[]> {
  const facts = await stat(dataDir).catch(() => null);
  if (facts === null) return [finding("data-missing", "DATA_DIR")];
  const found: Finding[] = [];
  if ((facts.mode & OTHERS_WRITE) !== 0) found.push(finding("data-writable", "DATA_DIR"));
  const open: string[] = [];
  const closed: string[] = [];
  const strange: string[] = [];
  for (const secret of SECRETS) {
    for (const path of await below(join(dataDir, secret))) {
      const { mode, uid } = await lstat(path);
      const name = relative(dataDir, path);
      if ((mode & (KEEPERS_OWN.test(name) ? FOR_OTHERS | FOR_GROUP : FOR_OTHERS & ~0o020)) !== 0 || (mode & 0o020) !== 0) open.push(name);
      if (INTAKES.test(name) && (mode & GROUP_READS) === 0 && (await isForGroup(dirname(path)))) closed.push(name);
      if (uid !== facts.uid) strange.push(relative(dataDir, path));
    }
  }
  if (open.length > 0) found.push(finding("key-open", ...open));
  if (closed.length > 0) found.push(finding("key-closed", ...closed));
  if (strange.length > 0) found.push(finding("key-strange", ...strange));
  if (await isWritable(keysDir)) found.push(finding("keys-writable", "KEYS_DIR"));
  if (await isWritable(pageDir)) found.push(finding("page-writable", "PAGE_DIR"));
  return found;
}

/** Whether a folder is there for its owner and a group, and for nobody else. */
async function isForGroup(folder: string): Promise<boolean> {
  return ((await lstat(folder)).mode & ENTERS) === GROUP_ENTERS;
}

async function isWritable(folder: string): Promise<boolean> {
  for (const path of await below(folder)) if (((await lstat(path)).mode & OTHERS_WRITE) !== 0) return true;
  return false;
}

/** A folder and everything in it, in order; nothing if it is not there. Links are not followed, and have no mode of their own. */
async function below(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return [];
  const paths = entries.filter((entry) => !entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
  return [folder, ...paths.sort()];
}

async function isContainer(root: string): Promise<boolean> {
  for (const mark of [".dockerenv", join("run", ".containerenv")])
    if ((await stat(join(root, mark)).catch(() => null)) !== null) return true;
  return false;
}

/** User ids that a Tor runs as; empty if none runs. */
export async function torUsers(proc: string): Promise<ReadonlySet<number>> {
  const users = new Set<number>();
  for (const entry of await readdir(proc).catch(() => [])) {
    if (!/^\d+$/.test(entry) || (await textOf(join(proc, entry, "comm"))).trim() !== "tor") continue;
    const facts = await stat(join(proc, entry)).catch(() => null);
    if (facts !== null) users.add(facts.uid);
  }
  return users;
}

/** What stands in a file; nothing if it cannot be read. */
async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
