/**
 * OnionBalance (Debian's) before two front ends: one address, which stays when one of them is gone. By hand (`npm run test:onionbalance`): OnionBalance reckons with votes every 20
 * seconds in a test network and rests 45 before it begins, and on a busy machine its first descriptor has come later than five minutes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningTor } from "../support/private-tor.ts";
import { openTwoFrontEnds, type TwoFrontEnds } from "./front-ends.ts";

let ends: TwoFrontEnds;
let balancer: ChildProcess;
beforeAll(async () => {
  ends = await openTwoFrontEnds();
  balancer = await startBalancer(ends, await ends.network.client());
});
afterAll(async () => {
  if (balancer.exitCode === null) {
    const ended = once(balancer, "exit");
    balancer.kill("SIGKILL");
    await ended;
  }
  await ends.close();
});

/** Starts OnionBalance over a tor of its own. */
async function startBalancer({ front, services }: TwoFrontEnds, { folder }: RunningTor): Promise<ChildProcess> {
  await writeFile(join(folder, "key.pem"), front.pem, { mode: 0o600 });
  const instances = services.map(({ onion }) => `      - address: ${onion}\n`).join("");
  await writeFile(join(folder, "config.yaml"), `services:\n  - key: key.pem\n    instances:\n${instances}`);
  const port = /:(\d+)/.exec(await readFile(join(folder, "control"), "utf8"))?.[1] ?? "";
  return spawn(
    "onionbalance",
    ["--is-testnet", "--config", join(folder, "config.yaml"), "--port", port, "--socket", join(folder, "none"), "--verbosity", "info"],
    {
      cwd: folder,
      env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin`, HOME: folder },
      stdio: "ignore",
    },
  );
}

it("makes one address of two, which stays when one of them is gone", async () => {
  const { client, front, services } = ends;
  const reached = async (): Promise<boolean> => {
    // What the client was told of an address that was not there yet is forgotten.
    await client.control.ask("SIGNAL NEWNYM");
    return ends.ask(front.onion, "GET", "/en/").then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  await expect.poll(reached, { timeout: 900_000, interval: 3000 }).toBe(true);
  await ends.send(await ends.newTip(), [front.onion]);
  await services[0]?.stop();
  await expect.poll(reached, { timeout: 900_000, interval: 3000 }).toBe(true);
  await ends.send(await ends.newTip(), [front.onion]);
  expect(await ends.house.command("seal")).toMatchObject({ sealed: [{ batch: 1, size: 64 }] });
});
