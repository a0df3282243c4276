/**
 * A Tor network of its own on loopback: directory authorities that vote, relays, onion services, clients. Real tors, Debian's; no exits, and nothing that leads off the
 * machine. Each network takes addresses of its own from 127.0.0.0/8, so that several may run at once and no port has to be free by luck.
 *
 * What makes it come up fast and every time: relays start when the authorities listen (a relay publishes once and then rests); services and clients start when every
 * authority has a consensus with all relays (a client that saw too few rests too). Five relays in all, as circuits of an onion need four different ones.
 *
 * All files lie in one folder, `fh-tor-<process id>-…`. Every tor watches the process of the test and ends when it is gone; a folder whose process is gone goes with the next
 * network.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { TorControl } from "./tor-control.ts";

const AUTHORITIES = 3;
const RELAYS = 2;

/** Debian's tor lies where the PATH of an ordinary user may not lead. */
const ENVIRONMENT = { PATH: `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin` };

/** Milliseconds that anything may take on a busy machine. */
const PATIENCE = 170_000;

const OR_PORT = 5001;
const DIRECTORY_PORT = 5002;
const SOCKS_PORT = 9050;
/** Number of the first address of a client. */
const FIRST_CLIENT = 100;

/** A tor that runs. */
export interface RunningTor {
  readonly folder: string;
  readonly control: TorControl;
  stop(): Promise<void>;
}

/** A tor with an onion service. */
export interface OnionTor extends RunningTor {
  /** `<56 characters>.onion` */
  readonly onion: string;
}

/** A tor that programs reach onions through. */
export interface ClientTor extends RunningTor {
  /** Where its SOCKS listens: `127.…:port`. It stays the same when the tor is cut off for a while. */
  readonly socks: string;
}

/** A network while tests run. */
export interface PrivateTor {
  readonly folder: string;
  /**
   * A tor with one onion service whose descriptor can be had.
   * @param lines of its torrc; `HiddenServiceDir DIR` among them, in which `FOLDER` stands for the tor's folder.
   * @param prepare may put files into the service's folder before tor starts.
   */
  service(lines: readonly string[], prepare?: (folder: string) => Promise<void>): Promise<OnionTor>;
  /** A tor that reaches onions. `FOLDER` as above. */
  client(lines?: readonly string[], prepare?: (folder: string) => Promise<void>): Promise<ClientTor>;
  close(): Promise<void>;
}

/** Starts a network. `votes`: seconds between its consensuses. */
export async function openPrivateTor({ votes = 10 }: { readonly votes?: number } = {}): Promise<PrivateTor> {
  await removeStale();
  const folder = await mkdtemp(join(tmpdir(), `fh-tor-${String(process.pid)}-`));
  const network = new Network(folder, votes);
  try {
    await network.start();
  } catch (error) {
    await network.close();
    throw error;
  }
  return network;
}

/** Networks whose process was killed leave folders. */
async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = /^fh-tor-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

class Network implements PrivateTor {
  readonly folder: string;
  readonly #votes: number;
  /** First three parts of the addresses; the last is the node's number. */
  readonly #net = `127.${String(randomInt(1, 255))}.${String(randomInt(1, 255))}`;
  readonly #running: Tor[] = [];
  #authorities: readonly string[] = [];
  #made = 0;

  constructor(folder: string, votes: number) {
    this.folder = folder;
    this.#votes = votes;
  }

  async start(): Promise<void> {
    await writeFile(join(this.folder, "resolv.conf"), "");
    const numbers = Array.from({ length: AUTHORITIES }, (_, index) => index + 1);
    this.#authorities = await Promise.all(numbers.map((number) => this.#makeAuthority(number)));
    const authorities = await Promise.all(numbers.map((number) => this.#startNode(number, this.#authorityLines(number))));
    const relays = Array.from({ length: RELAYS }, (_, index) => AUTHORITIES + index + 1);
    await Promise.all(relays.map((number) => this.#startNode(number, [])));
    await until("a consensus with all relays at every authority", async () => {
      for (const { control } of authorities) {
        const routers = await control.info("ns/all").catch(() => "");
        if (routers.match(/^r /gm)?.length !== AUTHORITIES + RELAYS) return false;
      }
      return true;
    });
  }

  async service(lines: readonly string[], prepare = nothingToPrepare): Promise<OnionTor> {
    const tor = await this.#startEdge("service", ["Log [rend]info file FOLDER/rend.log", ...lines], prepare);
    await until("an onion service's descriptor", async () => {
      await tor.mustRun();
      return isPublished(await readFile(join(tor.folder, "rend.log"), "utf8"));
    });
    const place = (await tor.control.ask("GETCONF HiddenServiceDir")).at(-1)?.split("=")[1] ?? "";
    return Object.assign(tor, { onion: (await readFile(join(place, "hostname"), "utf8")).trim() });
  }

  async client(lines: readonly string[] = [], prepare = nothingToPrepare): Promise<ClientTor> {
    const socks = `${this.#net}.${String(FIRST_CLIENT + this.#made)}:${String(SOCKS_PORT)}`;
    const tor = await this.#startEdge("client", [`SocksPort ${socks} ExtendedErrors`, ...lines], prepare);
    await until("a client in the network", async () => {
      await tor.mustRun();
      return (await tor.control.info("status/bootstrap-phase")).includes("PROGRESS=100 ");
    });
    return Object.assign(tor, { socks });
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map((tor) => tor.stop()));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Where a tor's files are. */
  async #place(name: string): Promise<string> {
    const place = join(this.folder, name);
    await mkdir(place, { recursive: true, mode: 0o700 });
    return place;
  }

  /** Makes an authority's keys, as its operator would. @returns how the others know it. */
  async #makeAuthority(number: number): Promise<string> {
    const place = await this.#place(nodeName(number));
    const keys = join(place, "keys");
    await mkdir(keys, { recursive: true, mode: 0o700 });
    const [identity, signing, certificate] = ["identity_key", "signing_key", "certificate"].map((name) =>
      join(keys, `authority_${name}`),
    ) as [string, string, string];
    const address = `${this.#net}.${String(number)}`;
    await runToEnd(
      "tor-gencert",
      ["--create-identity-key", "--passphrase-fd", "0", "-m", "12", "-a", `${address}:${String(DIRECTORY_PORT)}`].concat([
        ...["-i", identity, "-s", signing, "-c", certificate],
      ]),
      "a pass phrase that nobody needs\n",
    );
    const nobody = "F".repeat(40);
    await runToEnd("tor", [
      ...["--quiet", "--defaults-torrc", "/dev/null", "--ignore-missing-torrc", "-f", "/dev/null", "--list-fingerprint"],
      ...["--DataDirectory", place, "--Nickname", nodeName(number), "--Address", address, "--ORPort", `${address}:${String(OR_PORT)}`],
      ...["--SocksPort", "0", "--ServerDNSResolvConfFile", join(this.folder, "resolv.conf")],
      ...["--DirAuthority", `x orport=1 no-v2 v3ident=${nobody} 127.0.0.1:1 ${nobody}`],
    ]);
    const [, v3 = ""] = /^fingerprint (\S+)$/m.exec(await readFile(certificate, "utf8")) ?? [];
    const [, own = ""] = (await readFile(join(place, "fingerprint"), "utf8")).trim().split(" ");
    return `DirAuthority ${nodeName(number)} orport=${String(OR_PORT)} no-v2 v3ident=${v3} ${address}:${String(DIRECTORY_PORT)} ${own}`;
  }

  #authorityLines(number: number): string[] {
    return [
      "AuthoritativeDirectory 1",
      "V3AuthoritativeDirectory 1",
      `DirPort ${this.#net}.${String(number)}:${String(DIRECTORY_PORT)}`,
      `V3AuthVotingInterval ${String(this.#votes)}`,
      "V3AuthVoteDelay 2",
      "V3AuthDistDelay 2",
      "TestingV3AuthInitialVotingInterval 5",
      "TestingV3AuthInitialVoteDelay 2",
      "TestingV3AuthInitialDistDelay 2",
      "TestingV3AuthVotingStartOffset 0",
      "TestingAuthDirTimeToLearnReachability 0",
      "TestingMinExitFlagThreshold 0",
      "TestingDirAuthVoteGuard *",
      "TestingDirAuthVoteHSDir *",
      "AuthDirSharedRandomness 1",
      "AuthDirMaxServersPerAddr 0",
    ];
  }

  #startNode(number: number, lines: readonly string[]): Promise<Tor> {
    const address = `${this.#net}.${String(number)}`;
    return this.#startTor(nodeName(number), [
      `Nickname ${nodeName(number)}`,
      `Address ${address}`,
      `ORPort ${address}:${String(OR_PORT)}`,
      `OutboundBindAddress ${address}`,
      "SocksPort 0",
      "ContactInfo test@invalid",
      "ExitRelay 0",
      "ExitPolicy reject *:*",
      "ServerDNSDetectHijacking 0",
      "ServerDNSTestAddresses",
      `ServerDNSResolvConfFile ${join(this.folder, "resolv.conf")}`,
      "ExtORPort 0",
      ...lines,
    ]);
  }

  /** A tor at the edge of the network. */
  async #startEdge(kind: string, lines: readonly string[], prepare: (folder: string) => Promise<void>): Promise<Tor> {
    const name = `${kind}${String(++this.#made)}`;
    const place = await this.#place(name);
    await prepare(place);
    return this.#startTor(
      name,
      lines.map((line) => line.replaceAll("FOLDER", place)),
    );
  }

  async #startTor(name: string, lines: readonly string[]): Promise<Tor> {
    const place = await this.#place(name);
    const torrc = [
      `DataDirectory ${place}`,
      `Log notice file ${join(place, "log")}`,
      `ControlPort auto`,
      `ControlPortWriteToFile ${join(place, "control")}`,
      "CookieAuthentication 1",
      "RunAsDaemon 0",
      `__OwningControllerProcess ${String(process.pid)}`,
      "NumCPUs 1",
      "ShutdownWaitLength 0",
      "TestingTorNetwork 1",
      "AssumeReachable 1",
      "PathsNeededToBuildCircuits 0.67",
      "TestingClientDownloadInitialDelay 0",
      "TestingServerDownloadInitialDelay 0",
      "TestingClientConsensusDownloadInitialDelay 0",
      "TestingServerConsensusDownloadInitialDelay 0",
      "TestingBridgeDownloadInitialDelay 0",
      "TestingClientMaxIntervalWithoutRequest 1",
      "TestingDirConnectionMaxStall 30",
      ...this.#authorities,
      ...lines,
    ];
    await writeFile(join(place, "torrc"), torrc.map((line) => `${line}\n`).join(""));
    const tor = await Tor.start(name, place);
    this.#running.push(tor);
    return tor;
  }
}

const nothingToPrepare: (folder: string) => Promise<void> = () => Promise.resolve();

/** Whether a service's log says that the descriptors of this period and the next are wherever they were sent to: a client asks any of these places. */
function isPublished(log: string): boolean {
  const sent = log.match(/ (?:current|next) descriptor of revision \d+ initiated upload request/g) ?? [];
  const stored = log.match(/Uploading hidden service descriptor: finished with status 200/g) ?? [];
  return ["current", "next"].every((which) => sent.some((line) => line.includes(which))) && stored.length >= sent.length;
}

function nodeName(number: number): string {
  return `node${String(number)}`;
}

/** One tor. */
class Tor implements RunningTor {
  readonly name: string;
  readonly folder: string;
  readonly #process: ChildProcess;
  #control: TorControl | undefined;

  private constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
    this.#process = spawn("tor", ["--defaults-torrc", "/dev/null", "-f", join(folder, "torrc")], { env: ENVIRONMENT, stdio: "ignore" });
  }

  static async start(name: string, folder: string): Promise<Tor> {
    const tor = new Tor(name, folder);
    try {
      await until(`${name}'s control port`, async () => {
        await tor.mustRun();
        const [, port] = /^PORT=127\.0\.0\.1:(\d+)\s*$/.exec(await readFile(join(folder, "control"), "utf8").catch(() => "")) ?? [];
        const cookie = await readFile(join(folder, "control_auth_cookie")).catch(() => null);
        if (port === undefined || cookie?.length !== 32) return false;
        tor.#control = await TorControl.connect(Number(port), cookie);
        return true;
      });
    } catch (error) {
      await tor.stop();
      throw error;
    }
    return tor;
  }

  get control(): TorControl {
    if (this.#control === undefined) throw new Error("this tor has not started");
    return this.#control;
  }

  /** @throws with its last words if it has ended. */
  async mustRun(): Promise<void> {
    if (!this.#ended) return;
    const log = await readFile(join(this.folder, "log"), "utf8").catch(() => "");
    throw new Error(`${this.name} ended: ${log.split("\n").slice(-8).join("\n")}`);
  }

  get #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Kills it: nothing of it is needed any more. */
  async stop(): Promise<void> {
    this.#control?.close();
    if (this.#ended) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }
}

async function runToEnd(name: string, args: readonly string[], input = ""): Promise<void> {
  const child = spawn(name, args, { env: ENVIRONMENT, stdio: ["pipe", "ignore", "pipe"] });
  child.stdin.end(input);
  const [errors, [status]] = await Promise.all([text(child.stderr), once(child, "close") as Promise<[number | null]>]);
  if (status !== 0) throw new Error(`${name}: ${errors}`);
}

/** Waits until something is so. @throws if it takes too long, or what `holds` throws. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`there was no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
