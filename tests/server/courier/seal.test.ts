import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import type { Context } from "../../../src/server/context.ts";
import { bringTip, FIRST_DAY, makeStation, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
beforeAll(async () => {
  station = await makeStation();
  context = await station.open();
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

describe("sealing", () => {
  it("makes a batch of 64 of nothing", async () => {
    const sealed = await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
    expect(sealed).toEqual({ batch: 1, day: FIRST_DAY, size: 64 });
  });
  it("takes tips", async () => {
    await bringTip(context);
    await bringTip(context, 700_000);
    const sealed = await keep(context, {}, (keeper) => sealBatch(keeper, FIRST_DAY, false));
    expect(sealed).toEqual({ batch: 2, day: FIRST_DAY, size: 64 });
  });
});
