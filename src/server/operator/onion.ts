/**
 * The onion service's folder: whoever has the key in it is the address that witnesses were told. Tor's settings (`torrc`, tor(1)) say which folder it is: that of the service whose
 * port leads to SOCKET. Looks at owners and modes, and at the form of what Tor reads in `authorized_clients`; opens no key.
 *
 * The server's users cannot enter Tor's folders where all is well, and then nothing more is to be seen; root sees the rest (`firsthand doctor --onion`).
 */
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Config } from "../config.ts";
import { type Finding, finding } from "./findings.ts";

/** Where Debian's Tor has its settings. */
export const TORRC = "/etc/tor/torrc";

const FOR_OTHERS = 0o077;
const KEY = "hs_ed25519_secret_key";
const CLIENTS = "authorized_clients";
/** What Tor reads of a client's file: the public half of an x25519 key, 32 bytes in base32. */
const CLIENT = /^descriptor:x25519:[A-Z2-7]{52}$/i;

/** Where to look; tests choose. */
export interface OnionPlaces {
  readonly torrc: string;
  /** User ids that a Tor runs as; empty if none runs, or nobody knows. */
  readonly torUsers: ReadonlySet<number>;
}

/** What is wrong with the services that lead to SOCKET; nothing if Tor's settings are not on this machine, as where Tor is another container's. */
export async function lookAtOnion({ socket, dataDir }: Config, { torrc, torUsers }: OnionPlaces): Promise<Finding[]> {
  const settings = await readFile(torrc, "utf8").catch(() => null);
  if (socket === null || settings === null) return [];
  const folders = servicesTo(settings, socket);
  if (folders.length === 0) return [finding("onion-missing", "SOCKET")];
  const found: Finding[] = [];
  const owners = [await ownerOf(dataDir), await ownerOf(dirname(socket))];
  if (owners.some((owner) => owner !== null && torUsers.has(owner))) found.push(finding("onion-shared"));
  for (const folder of folders) found.push(...(await lookAtFolder(folder, torUsers)));
  return found;
}

/** Folders of the services of which a port leads to `socket`. A service begins with its `HiddenServiceDir`. */
function servicesTo(settings: string, socket: string): string[] {
  const folders = new Set<string>();
  let folder: string | null = null;
  for (const line of settings.split("\n")) {
    const [, name = "", value = ""] = /^\s*([A-Za-z]+)\s+(.*?)\s*(?:#.*)?$/.exec(line) ?? [];
    if (/^HiddenServiceDir$/i.test(name)) folder = value.replace(/^"(.*)"$/, "$1");
    const [, quoted, plain] = /\sunix:(?:"([^"]*)"|(\S+))$/.exec(` ${value}`) ?? [];
    if (/^HiddenServicePort$/i.test(name) && folder !== null && (quoted ?? plain) === socket) folders.add(folder);
  }
  return [...folders];
}

async function lookAtFolder(folder: string, torUsers: ReadonlySet<number>): Promise<Finding[]> {
  // Nobody but Tor and root gets so far; or Tor has not made it yet.
  if ((await lstat(folder).catch(() => null)) === null) return [];
  const secret = [folder, join(folder, KEY), join(folder, CLIENTS)];
  const clients = (await clientsIn(folder)).map((name) => join(folder, CLIENTS, name));
  const open: string[] = [];
  const strange: string[] = [];
  for (const path of [...secret, ...clients]) {
    const facts = await lstat(path).catch(() => null);
    if (facts === null) continue;
    // In a folder of Tor's alone nobody reads a client's file, whatever its mode.
    if ((facts.mode & FOR_OTHERS) !== 0 && secret.includes(path)) open.push(path);
    if (torUsers.size > 0 && !torUsers.has(facts.uid)) strange.push(path);
  }
  const unread: string[] = [];
  for (const path of clients) if (!(await isClient(path))) unread.push(path);
  return [
    ...(open.length > 0 ? [finding("onion-open", ...open)] : []),
    ...(strange.length > 0 ? [finding("onion-strange", ...strange)] : []),
    ...(unread.length > 0 ? [finding("onion-clients", ...unread)] : []),
  ];
}

/** Names in `authorized_clients`. */
async function clientsIn(folder: string): Promise<string[]> {
  return (await readdir(join(folder, CLIENTS)).catch(() => [])).sort();
}

/** Whether Tor reads it. What it passes over lets nobody in; and with nothing left the service is there for everybody. */
async function isClient(path: string): Promise<boolean> {
  return path.endsWith(".auth") && CLIENT.test((await readFile(path, "utf8").catch(() => "")).trim());
}

async function ownerOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.uid ?? null;
}
