/**
 * A primary and a synchronous standby: the primary is killed under load, the standby takes over, and the servers, which are not started again, go on. Nothing with a receipt
 * is lost, and who comes back with the old primary is refused.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Certificate, openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import type { NoteSigner } from "../../../src/protocol/crypto/note.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { exportBundle } from "../../../src/server/courier/export.ts";
import { importBundle } from "../../../src/server/courier/import.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { makeTip } from "../../support/server.ts";
import { acknowledge, checkStation, environmentOf, makeKeys, makePage } from "../courier/keeper-fixture.ts";
import { command, kill, type RunningServer, startServer } from "../crash/server-process.ts";
import { type Pair, startPair } from "./replicated-postgres.ts";
import { complete, expectSealed, inTurn, keepSending, type Receipted, sendThrough } from "./witness.ts";

const WITNESSES = 3;
const DAY = 86_400_000;
const today = Math.floor(Date.now() / DAY);

let folder: string;
let pair: Pair;
let review: NoteSigner;
let program: Certificate;
const servers: RunningServer[] = [];
const receipted: Receipted[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-over-"));
  review = await makeKeys(join(folder, "keys"), undefined, today - 1, 2);
  await makePage(folder);
  program = await openCertificate(new Uint8Array(await readFile(join(folder, "keys", "program.pgp"))));
  pair = await startPair();
});
afterAll(async () => {
  for (const { child } of servers) await kill(child);
  await pair.remove();
  await rm(folder, { recursive: true, force: true });
});

function contextOver(url: string, now = Date.now()): Promise<Context> {
  return openContext(loadConfig({ ...environmentOf(folder), DATABASE_URL: url }), { log: NO_LOG, clock: () => now });
}

async function moreThan(count: number): Promise<void> {
  while (receipted.length <= count) await pause(50);
}

describe("a standby that takes over", () => {
  it("has every tip that got a receipt, and sealing, export, acknowledgement and purge go on", async () => {
    const settings = { DATABASE_URL: pair.url };
    servers.push(await startServer(folder, [], settings), await startServer(folder, ["--intake"], settings));
    const next = inTurn(servers.map(({ address }) => address));

    // No receipt leaves while the standby does not have the tip.
    const first = await makeTip(program, undefined, Date.now());
    await pair.stop("two");
    const waiting = sendThrough(next, first);
    let answered = false;
    void waiting.then(() => (answered = true));
    while ((await pair.query("one", "select from pg_stat_activity where wait_event = 'SyncRep'")).length === 0) await pause(50);
    expect(answered).toBe(false);
    await pair.start("two", false);
    const receipt = await waiting;
    if (receipt === null) throw new Error("nobody said to stop");
    receipted.push({ tip: first, receipt });

    let stopping = false;
    const witnesses = Promise.all(Array.from({ length: WITNESSES }, () => keepSending(program, next, receipted, () => stopping)));
    expect(await command(folder, ["seal", "--json"], settings)).toMatchObject({ code: 0 });
    await Promise.race([moreThan(receipted.length + 5), witnesses]);
    await pair.kill("one");
    await pair.promote("two");
    await Promise.race([moreThan(receipted.length + 5), witnesses]);
    stopping = true;
    await witnesses;
    for (const { tip, receipt: before } of receipted) {
      const again = await complete(next(), tip);
      expect({ status: again.status, ...((await again.json()) as object) }).toEqual({ status: 200, receipt: before });
    }
    for (const { child } of servers) await kill(child);

    let context = await contextOver(pair.url);
    let checkpoint: Uint8Array;
    try {
      await keep(context, { patience: 60_000 }, (keeper) => sealBatch(keeper, today, false));
      await expectSealed(context, receipted);
      await mkdir(join(folder, "stick"));
      const bundle = await keep(context, {}, (keeper) => exportBundle(keeper, join(folder, "stick")));
      expect({ first: bundle.first, files: await readdir(join(folder, "stick")) }).toMatchObject({ first: 1, files: [expect.any(String)] });
      const batches = Array.from({ length: bundle.last }, (_, index) => index + 1);
      const { bytes } = await acknowledge(context, review, batches, { change: { date: new Date().toISOString().slice(0, 10) } });
      await writeFile(join(folder, "back"), bytes);
      expect(await keep(context, {}, (keeper) => importBundle(keeper, join(folder, "back")))).toMatchObject({ acknowledged: batches });
      ({ checkpoint } = await checkStation(context));
    } finally {
      await context.close();
    }

    // The old primary, started again by mistake, has generations whose keys are destroyed: no server begins to work over it.
    await pair.start("one", false);
    await expect(contextOver(pair.urlOf("one"))).rejects.toMatchObject({ code: "keys-missing" });

    context = await contextOver(pair.url, Date.now() + 8 * DAY);
    try {
      const purged = await keep(context, {}, (keeper) => purge(keeper));
      expect(purged.length).toBeGreaterThan(0);
      await checkStation(context, checkpoint);
    } finally {
      await context.close();
    }
  }, 600_000);
});
