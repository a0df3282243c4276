/** Two processes that take in tips and one that keeps, on one database and one DATA_DIR. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Certificate, openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { openContext } from "../../../src/server/context.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { makeTip } from "../../support/server.ts";
import { environmentOf, makeKeys, makePage } from "../courier/keeper-fixture.ts";
import { command, kill, type RunningServer, start, startServer } from "../crash/server-process.ts";
import { complete, expectSealed, inTurn, keepSending, type Receipted, sendThrough } from "./witness.ts";

const MIB = 1_048_576;
const WITNESSES = 3;
const today = Math.floor(Date.now() / 86_400_000);

let folder: string;
let program: Certificate;
const receipted: Receipted[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-two-"));
  await makeKeys(join(folder, "keys"), undefined, today - 1, 2);
  await makePage(folder);
  program = await openCertificate(new Uint8Array(await readFile(join(folder, "keys", "program.pgp"))));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const startIntake = (): Promise<RunningServer> => startServer(folder, ["--intake"]);

/** Asks a process to stop, as Ctrl-C does. */
async function stop({ child }: Pick<RunningServer, "child">): Promise<number | null> {
  const ended = once(child, "exit") as Promise<[number | null]>;
  child.kill("SIGTERM");
  return (await ended)[0];
}

describe("two intakes and a keeper", () => {
  it("begin at the same moment in an empty folder, share the work, and lose nothing when one is killed", async () => {
    const keeper = start(folder, ["keep", "--json"]);
    if (keeper.stdout === null) throw new Error("the output is a pipe");
    const keeping = once(createInterface({ input: keeper.stdout }), "line");
    const [first, second] = await Promise.all([startIntake(), startIntake()]);
    await keeping;
    const next = inTurn([first.address, second.address]);

    // One tip through both; the same again through either is the same receipt, by the one key.
    const tip = await makeTip(program, MIB, Date.now());
    const receipt = await sendThrough(next, tip);
    if (receipt === null) throw new Error("nobody said to stop");
    receipted.push({ tip, receipt });
    for (const { address } of [first, second, first]) {
      const again = await complete(address, tip);
      expect({ status: again.status, ...((await again.json()) as object) }).toEqual({ status: 200, receipt });
      const parts = await fetch(`${address}/tips/${tip.id}/parts`);
      expect(await parts.json()).toEqual({ parts: [1, 2, 3] });
    }

    // Sealing while both take tips; then one of them is killed under load, and another takes its place.
    let stopping = false;
    const stopped = (): boolean => stopping;
    const addresses = [first.address, second.address];
    const turn = inTurn(addresses);
    const witnesses = Promise.all(Array.from({ length: WITNESSES }, () => keepSending(program, turn, receipted, stopped)));
    expect(await command(folder, ["seal", "--json"])).toMatchObject({ code: 0 });
    await Promise.race([moreThan(receipted.length + 5), witnesses]);
    await kill(second.child);
    await Promise.race([moreThan(receipted.length + 5), witnesses]);
    const third = await startIntake();
    addresses[1] = third.address;
    expect(await command(folder, ["seal", "--json"])).toMatchObject({ code: 0 });
    await Promise.race([moreThan(receipted.length + 5), witnesses]);
    stopping = true;
    await witnesses;

    // What was sealed meanwhile has the same receipt at each.
    for (const { tip: sent, receipt: before } of receipted) {
      const again = await complete(turn(), sent);
      expect({ status: again.status, ...((await again.json()) as object) }).toEqual({ status: 200, receipt: before });
    }
    expect(await stop(first)).toBe(0);
    expect(await stop({ child: keeper })).toBe(0);
    expect(await stop(third)).toBe(0);

    const context = await openContext(loadConfig(environmentOf(folder)), { log: NO_LOG });
    try {
      await keep(context, { patience: 60_000 }, (ready) => sealBatch(ready, today, false));
      await expectSealed(context, receipted);
    } finally {
      await context.close();
    }
  }, 600_000);
});

/** Waits until so many receipts have been given. */
async function moreThan(count: number): Promise<void> {
  while (receipted.length <= count) await new Promise((resolve) => setTimeout(resolve, 50));
}
