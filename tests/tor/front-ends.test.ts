/**
 * Several front ends: two onion services, each in front of a `serve --intake` of its own, on one database and one DATA_DIR; and OnionBalance (Debian's) before both, which makes one address
 * of them. OnionBalance reckons with votes every 20 seconds in a test network, and rests 45 seconds before it begins.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Socks5ProxyAgent } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { openPrivateTor, type ClientTor, type OnionTor, type PrivateTor, type RunningTor } from "../support/private-tor.ts";
import { makeTip, type TestTip } from "../support/server.ts";
import { base32 } from "./base32.ts";
import { deployedTorrc, type House, openHouse } from "./house.ts";

const MIB = 1_048_576;

let house: House;
let network: PrivateTor;
let services: OnionTor[];
let client: ClientTor;
let balancer: ChildProcess | undefined;
let front: { readonly onion: string; readonly pem: string };

beforeAll(async () => {
  front = frontEnd();
  [house, network] = await Promise.all([openHouse(), openPrivateTor({ votes: 20 })]);
  // The first makes the database; then both are alike.
  const sockets = [await house.serve(), await house.serve(["--intake"])];
  services = await Promise.all(sockets.map(startFrontEnd));
  client = await network.client();
});
afterAll(async () => {
  if (balancer !== undefined && balancer.exitCode === null) {
    const ended = once(balancer, "exit");
    balancer.kill("SIGKILL");
    await ended;
  }
  await network.close();
  await house.close();
});

/** A tor of the guide's, told that OnionBalance may speak for it. Proof of work and OnionBalance do not go together; the sandbox does not let tor read the file with the address. */
async function startFrontEnd(socket: string): Promise<OnionTor> {
  const lines = (await deployedTorrc(socket)).filter((line) => !/^(?:HiddenServicePoW|Sandbox)/.test(line));
  return network.service([...lines, "HiddenServiceOnionBalanceInstance 1"], async (folder) => {
    await mkdir(join(folder, "firsthand"), { mode: 0o700 });
    await writeFile(join(folder, "firsthand", "ob_config"), `MasterOnionAddress ${front.onion}\n`);
  });
}

/** A key for the one address, and the address (rend-spec-v3, section 6). */
function frontEnd(): { onion: string; pem: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const version = Buffer.from([3]);
  const checksum = createHash("sha3-256").update(".onion checksum").update(key).update(version).digest().subarray(0, 2);
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return { onion: `${base32(Buffer.concat([key, checksum, version])).toLowerCase()}.onion`, pem };
}

/** A request on a circuit of its own. */
async function ask(
  onion: string,
  method: "GET" | "PUT" | "POST",
  path: string,
  body?: Bytes,
  type?: string,
): Promise<{ status: number; text: string }> {
  const agent = new Socks5ProxyAgent(`socks5://${client.socks}`, {
    username: path.slice(-20),
    password: onion.slice(0, 8),
    connectTimeout: 60_000,
  });
  try {
    const given = body === undefined ? {} : { body, headers: { "content-type": type ?? "" } };
    const answer = await agent.request({ origin: `http://${onion}`, method, path, ...given });
    return { status: answer.statusCode, text: await answer.body.text() };
  } finally {
    await agent.close();
  }
}

/** Sends a tip, its requests to these onions in turn. @returns its receipt. */
async function send(tip: TestTip, onions: readonly string[]): Promise<string> {
  let turn = 0;
  const next = (): string => onions[turn++ % onions.length] ?? "";
  for (const [index, part] of tip.parts.entries()) {
    expect((await ask(next(), "PUT", `/tips/${tip.id}/parts/${String(index + 1)}`, part, "application/octet-stream")).status).toBe(204);
  }
  const { status, text } = await ask(next(), "POST", `/tips/${tip.id}`, tip.completion, "application/json");
  expect(status).toBe(200);
  return (JSON.parse(text) as { receipt: string }).receipt;
}

async function newTip(): Promise<TestTip> {
  return makeTip(await openCertificate(await house.machine.publicFile("program.pgp")), MIB, Date.now());
}

/** Starts OnionBalance over a tor of its own. */
async function startBalancer({ folder }: RunningTor): Promise<void> {
  await writeFile(join(folder, "key.pem"), front.pem, { mode: 0o600 });
  const instances = services.map(({ onion }) => `      - address: ${onion}\n`).join("");
  await writeFile(join(folder, "config.yaml"), `services:\n  - key: key.pem\n    instances:\n${instances}`);
  const port = /:(\d+)/.exec(await readFile(join(folder, "control"), "utf8"))?.[1] ?? "";
  balancer = spawn(
    "onionbalance",
    ["--is-testnet", "--config", join(folder, "config.yaml"), "--port", port, "--socket", join(folder, "none"), "--verbosity", "info"],
    {
      cwd: folder,
      env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin`, HOME: folder },
      stdio: "ignore",
    },
  );
}

describe("two front ends on one database", () => {
  it("one tip goes through both, and either gives the same receipt", async () => {
    const onions = services.map(({ onion }) => onion);
    const tip = await newTip();
    const receipt = await send(tip, onions);
    for (const onion of onions) {
      const { text } = await ask(onion, "POST", `/tips/${tip.id}`, tip.completion, "application/json");
      expect(JSON.parse(text)).toEqual({ receipt });
    }
  });

  it("OnionBalance makes one address of them, which stays when one of them is gone", async () => {
    await startBalancer(await network.client());
    const reached = async (): Promise<boolean> => {
      // What the client was told of an address that was not there yet is forgotten.
      await client.control.ask("SIGNAL NEWNYM");
      return ask(front.onion, "GET", "/en/").then(
        ({ status }) => status === 200,
        () => false,
      );
    };
    await expect.poll(reached, { timeout: 300_000, interval: 3000 }).toBe(true);
    await send(await newTip(), [front.onion]);
    await services[0]?.stop();
    await expect.poll(reached, { timeout: 300_000, interval: 3000 }).toBe(true);
    await send(await newTip(), [front.onion]);
    expect(await house.command("seal")).toMatchObject({ sealed: [{ batch: 1, size: 64 }] });
  });
});
