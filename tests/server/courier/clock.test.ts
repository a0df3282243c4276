/** A clock that is wrong dates nothing and destroys nothing, and holds up no witness. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dayOf, formatDate } from "../../../src/protocol/format/date.ts";
import { type Context, openContext } from "../../../src/server/context.ts";
import { confirmClock } from "../../../src/server/courier/clock.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { purge } from "../../../src/server/courier/purge.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { statusOf } from "../../../src/server/courier/status.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { bringTip, checkStation, FIRST_DAY, makeStation, noonOf, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
/** What the clock says, days after the first; how long the machine has been up, days. */
let clockDay = 0;
let up = 0;
let boot = "first";
let base = 3;

beforeAll(async () => {
  station = await makeStation();
  context = await openContext(station.config, {
    log: NO_LOG,
    clock: () => noonOf(clockDay),
    uptime: () => ({ boot, seconds: Math.round(up * 86_400) }),
  });
});
afterAll(async () => {
  await context.close();
  await station.remove();
});
/** A keeper has worked on the third day, or on the next after a test that went on, an hour after the machine was started. */
beforeEach(async () => {
  boot = "first";
  [clockDay, up] = [base, 0.04];
  await rm(join(station.folder, "data", "clock.last"), { force: true });
  await keep(context, {}, () => Promise.resolve());
});

const seal = () => keep(context, {}, (keeper) => sealBatch(keeper, dayOf(context.clock()), false));

async function expectRefused(code: "clock-behind" | "clock-ahead"): Promise<void> {
  const before = await context.db.query("select * from leaf order by index");
  await expect(seal()).rejects.toMatchObject({ code });
  await expect(keep(context, {}, (keeper) => purge(keeper))).rejects.toMatchObject({ code });
  expect(await context.db.query("select * from leaf order by index")).toEqual(before);
  expect((await statusOf(context)).alarms).toContainEqual({ alarm: code });
  await bringTip(context);
}

describe("a clock", () => {
  it("that goes as the machine counts is believed", async () => {
    [clockDay, up] = [base + 1, 1.04];
    await seal();
    base++;
    expect((await statusOf(context)).alarms.filter(({ alarm }) => alarm.startsWith("clock"))).toEqual([]);
    await checkStation(context);
  });

  it("that is before the log's last entry is refused", async () => {
    clockDay = base - 1;
    await expectRefused("clock-behind");
  });

  it("that ran ahead of the machine is refused, and believed again when it is set right", async () => {
    [clockDay, up] = [base + 12, 1.04];
    await expectRefused("clock-ahead");
    clockDay = base + 1;
    await seal();
    base++;
  });

  it("that nothing explains after a restart is refused until a person says the date", async () => {
    boot = "second";
    [clockDay, up] = [base + 4, 0.01];
    await expectRefused("clock-ahead");
    await expect(confirmClock(context, formatDate(FIRST_DAY + base + 3))).rejects.toMatchObject({ code: "usage" });
    await expectRefused("clock-ahead");
    await confirmClock(context, formatDate(FIRST_DAY + base + 4));
    expect((await keep(context, {}, ({ sealed }) => Promise.resolve(sealed))).length).toBeGreaterThan(0);
  });
});
