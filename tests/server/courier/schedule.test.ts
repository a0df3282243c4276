import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatDate } from "../../../src/protocol/format/date.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { startSchedule } from "../../../src/server/courier/schedule.ts";
import { statusOf } from "../../../src/server/courier/status.ts";
import type { Context } from "../../../src/server/context.ts";
import { bringTip, checkStation, FIRST_DAY, makeStation, type Station } from "./keeper-fixture.ts";

let station: Station;
let context: Context;
beforeAll(async () => {
  station = await makeStation();
  context = await station.open();
  await keep(context, {}, () => Promise.resolve());
});
afterAll(async () => {
  await context.close();
  await station.remove();
});

async function datesOfBatches(): Promise<string[]> {
  return (await context.db.query<{ date: string }>("select date from batch order by batch")).map(({ date }) => date);
}

describe("the timetable of a running server", () => {
  it("seals what is due, also when nothing came, and stops when told", async () => {
    station.setDay(2);
    const schedule = startSchedule(context);
    while ((await datesOfBatches()).length < 2) await pause(50);
    await schedule.stop();
    expect(await datesOfBatches()).toEqual([formatDate(FIRST_DAY + 1), formatDate(FIRST_DAY + 2)]);
    await checkStation(context);
  });

  it("seals nothing twice when it is started again", async () => {
    const schedule = startSchedule(context);
    await pause(200);
    await schedule.stop();
    expect(await datesOfBatches()).toHaveLength(2);
  });

  it("stops when told while it asks the database, not half a minute later", async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<true>();
    const { log } = context;
    const telling = {
      ...log,
      event: (...words: Parameters<typeof log.event>): void => {
        log.event(...words);
        // The question whether a batch is full follows at once: the order to stop comes while it waits for the answer.
        if (words[0] === "next-sealing")
          queueMicrotask(
            () =>
              void schedule.stop().then(() => {
                resolve(true);
              }),
          );
      },
    };
    const schedule = startSchedule({ ...context, log: telling });
    await stopped;
  }, 20_000);

  it("lets a keeper at work finish first", async () => {
    station.setDay(3);
    const { schedule, during } = await keep(context, {}, async ({ sealed }) => {
      expect(sealed).toHaveLength(1);
      station.setDay(4);
      const started = startSchedule(context);
      await pause(300);
      return { schedule: started, during: await datesOfBatches() };
    });
    expect(during).toHaveLength(3);
    while ((await datesOfBatches()).length < 4) await pause(50);
    await schedule.stop();
  });

  it("seals before its time when as many tips wait as a batch can have", async () => {
    const before = await datesOfBatches();
    for (let tip = 0; tip < 3; tip++) await bringTip(context);
    let schedule = startSchedule(context, 4);
    await pause(300);
    await schedule.stop();
    expect(await datesOfBatches()).toEqual(before);
    await bringTip(context);
    schedule = startSchedule(context, 4);
    while ((await datesOfBatches()).length === before.length) await pause(50);
    await schedule.stop();
    expect(await datesOfBatches()).toEqual([...before, formatDate(FIRST_DAY + 4)]);
    await checkStation(context);
  });

  it("tells the operator when the next one is, and what needs a person", async () => {
    const { nextSealing, alarms, batches, logSize } = await statusOf(context);
    expect(nextSealing).toBe(`${formatDate(FIRST_DAY + 5)}T00:00Z`);
    expect(batches).toEqual({ sealed: 5, exported: 0, acknowledged: 0, purged: 0 });
    expect(alarms).toEqual([
      { alarm: "certificate-ends-soon", certificate: "program", date: formatDate(FIRST_DAY + 28) },
      { alarm: "certificate-ends-soon", certificate: "rewards", date: formatDate(FIRST_DAY + 28) },
    ]);
    expect(logSize).toBe(11 + 5 * 65);
  });
});
