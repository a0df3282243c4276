/** Two onion services, each in front of a `serve --intake` of its own, on one database and one DATA_DIR; and a client that sends tips through either. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Socks5ProxyAgent } from "undici";
import { expect } from "vitest";
import type { Bytes } from "../../src/protocol/bytes.ts";
import { openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { openPrivateTor, type ClientTor, type OnionTor, type PrivateTor } from "../support/private-tor.ts";
import { makeTip, type TestTip } from "../support/server.ts";
import { base32 } from "./base32.ts";
import { deployedTorrc, type House, openHouse } from "./house.ts";

const MIB = 1_048_576;

/** What both are, while a test runs. */
export interface TwoFrontEnds {
  readonly house: House;
  readonly network: PrivateTor;
  readonly services: readonly OnionTor[];
  readonly client: ClientTor;
  /** The one address that stands before both, and its key. */
  readonly front: { readonly onion: string; readonly pem: string };
  /** A request on a circuit of its own. */
  ask(
    onion: string,
    method: "GET" | "PUT" | "POST",
    path: string,
    body?: Bytes,
    type?: string,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /** Sends a tip, its requests to these onions in turn. @returns its receipt. */
  send(tip: TestTip, onions: readonly string[]): Promise<string>;
  newTip(): Promise<TestTip>;
  close(): Promise<void>;
}

/** Starts the network, the server, both services and a client. */
export async function openTwoFrontEnds(): Promise<TwoFrontEnds> {
  const front = frontEnd();
  const [house, network] = await Promise.all([openHouse(), openPrivateTor({ votes: 20 })]);
  // The first makes the database; then both are alike.
  const sockets = [await house.serve(), await house.serve(["--intake"])];
  const services = await Promise.all(sockets.map((socket) => startFrontEnd(network, front.onion, socket)));
  const client = await network.client();
  const ask: TwoFrontEnds["ask"] = (onion, method, path, body, type) => askOver(client, onion, method, path, body, type);
  return {
    ...{ house, network, services, client, front, ask },
    send: (tip, onions) => send(ask, tip, onions),
    newTip: async () => makeTip(await openCertificate(await house.machine.publicFile("program.pgp")), MIB, Date.now()),
    close: async () => {
      await network.close();
      await house.close();
    },
  };
}

/** A tor of the guide's, told that OnionBalance may speak for it. Proof of work and OnionBalance do not go together; the sandbox does not let tor read the file with the address. */
async function startFrontEnd(network: PrivateTor, front: string, socket: string): Promise<OnionTor> {
  const lines = (await deployedTorrc(socket)).filter((line) => !/^(?:HiddenServicePoW|Sandbox)/.test(line));
  return network.service([...lines, "HiddenServiceOnionBalanceInstance 1"], async (folder) => {
    await mkdir(join(folder, "firsthand"), { mode: 0o700 });
    await writeFile(join(folder, "firsthand", "ob_config"), `MasterOnionAddress ${front}\n`);
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

async function askOver(
  client: ClientTor,
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

async function send(ask: TwoFrontEnds["ask"], tip: TestTip, onions: readonly string[]): Promise<string> {
  let turn = 0;
  const next = (): string => onions[turn++ % onions.length] ?? "";
  for (const [index, part] of tip.parts.entries()) {
    expect((await ask(next(), "PUT", `/tips/${tip.id}/parts/${String(index + 1)}`, part, "application/octet-stream")).status).toBe(204);
  }
  const { status, text } = await ask(next(), "POST", `/tips/${tip.id}`, tip.completion, "application/json");
  expect(status).toBe(200);
  return (JSON.parse(text) as { receipt: string }).receipt;
}
