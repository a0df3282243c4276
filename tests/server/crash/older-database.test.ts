/** A database that was put back to an earlier state, as a backup brings it: nothing is served from it, nothing is signed, and the refusal says why. */
import { execFile } from "node:child_process";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { exportBundle } from "../../../src/server/courier/export.ts";
import type { Context } from "../../../src/server/context.ts";
import { bringTip, checkStation, makeStation, type Station } from "../courier/keeper-fixture.ts";

let station: Station;
let cluster: string;
let kept: string;
beforeAll(async () => {
  station = await makeStation();
  cluster = join(station.folder, "data", "postgres", "cluster");
  kept = join(station.folder, "kept");
  await mkdir(join(station.folder, "stick"));
});
afterAll(async () => {
  await station.remove();
});

/** Work of the server, between its start and its stop: the cluster is at rest then. */
async function whileOpen<T>(work: (context: Context) => Promise<T>): Promise<T> {
  const context = await station.open();
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}

const seal = (context: Context) => keep(context, {}, (keeper) => sealBatch(keeper, dayOf(context.clock()), false));

/** Copies a folder with its owners, as a backup does. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await promisify(execFile)("cp", ["--archive", from, to]);
}

const keepCluster = () => copy(cluster, kept);

/** The cluster as it was when it was kept, in the place of the present one, which is put aside. */
async function putBack(): Promise<void> {
  await rename(cluster, `${cluster}.newer`);
  await copy(kept, cluster);
}

async function putForward(): Promise<void> {
  await rm(cluster, { recursive: true });
  await rename(`${cluster}.newer`, cluster);
}

describe("a database older than what was signed last", () => {
  it("is refused if entries of the log are missing, and the right one is taken again", async () => {
    await whileOpen(seal);
    await keepCluster();
    await whileOpen((context) => keep(context, {}, (keeper) => exportBundle(keeper, join(station.folder, "stick"))));
    await putBack();
    await whileOpen(async (context) => {
      await expect(seal(context)).rejects.toMatchObject({ code: "store-went-back" });
    });
    await putForward();
    await whileOpen(seal);
  });

  it("is refused at the start if it is from before a sealing: the keys of its tips are destroyed", async () => {
    await whileOpen((context) => bringTip(context));
    await keepCluster();
    await whileOpen(seal);
    await putBack();
    await expect(station.open()).rejects.toMatchObject({ code: "keys-missing" });
    await putForward();
    await whileOpen(async (context) => {
      await checkStation(context);
    });
  });
});
