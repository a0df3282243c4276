/** What a server does whose certificate has run out: it takes nothing, and says why in a way that the page has words for. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { certificateTroubles } from "../../../src/server/courier/status.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, NOON, openTestServer, postTip, putPart, testKeys, type TestServer } from "../../support/server.ts";

const DAY = 86_400_000;

const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
});
afterAll(async () => {
  await server.remove();
});

const gives = async () => (await server.app.inject({ method: "GET", url: "/keys.pgp" })).statusCode;

test("gives the keys of the last week until its grace is over, and no keys after that", async () => {
  const { program, retention } = keys.get();
  const end = (program.epochs.at(-1)?.to ?? 0) * 1000;
  server.setClock(end - 1);
  expect(await gives()).toBe(200);
  server.setClock(end + retention.graceDays * DAY);
  const refused = await server.app.inject({ method: "GET", url: "/keys.pgp" });
  expect(refused.statusCode).toBe(422);
  expect(refused.json()).toMatchObject({ error: "no-epoch" });
});

test("takes no part that is sealed to a key whose time is over, and leaves nothing of it", async () => {
  const tip = await makeTip(keys.get().program);
  const [part] = tip.parts;
  const put = await putPart(server.app, tip.id, 1, part!);
  expect([put.statusCode, put.json<{ error: string }>().error]).toEqual([422, "wrong-recipient"]);
  expect((await postTip(server.app, tip.id, tip.completion)).statusCode).toBe(409);
});

test("warns 60 days before the end, urgently 28 days before, and says when it has come", () => {
  const { program, rewards } = keys.get();
  const end = (program.epochs.at(-1)?.to ?? 0) * 1000;
  const longLived = (from: number) => program.epochs.map((epoch) => ({ ...epoch, from }));
  const at = (before: number) =>
    certificateTroubles(
      { program: { ...program, epochs: longLived(0) }, rewards: { ...rewards, epochs: longLived(0) } },
      end - before * DAY,
    );
  expect(at(60)).toEqual([]);
  expect(at(59).map(({ alarm, certificate, days }) => [alarm, certificate, days])).toEqual([
    ["certificate-ends", "program", 59],
    ["certificate-ends", "rewards", 59],
  ]);
  expect(at(28).map(({ alarm, days }) => [alarm, days])).toContainEqual(["certificate-ends", 28]);
  expect(at(27).map(({ alarm, days }) => [alarm, days])).toContainEqual(["certificate-ends-soon", 27]);
  expect(at(0).map(({ alarm, days }) => [alarm, days])).toContainEqual(["no-epoch", 0]);
  expect(certificateTroubles({ program, rewards }, NOON - 365 * DAY).map(({ alarm }) => alarm)).toEqual(["no-epoch", "no-epoch"]);
});
