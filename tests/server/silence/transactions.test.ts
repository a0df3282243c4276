/**
 * PostgreSQL numbers transactions and every row keeps the number of its own, for ever. A decoy takes two (a test of sealing holds that); so a small tip that comes over HTTP must
 * take two as well, alone or among many, or the numbers beside the log's entries would count the tips of each batch.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, sendTip, testKeys, type TestServer } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
});
afterAll(async () => {
  await server.remove();
});

async function nextNumber(): Promise<number> {
  const [row] = await server.context.db.query<{ number: number }>("select pg_snapshot_xmax(pg_current_snapshot())::text::int as number");
  return row?.number ?? Number.NaN;
}

test("a small tip over HTTP takes two transactions, and asking again takes none", async () => {
  const tips = [];
  for (let count = 0; count < 20; count++) tips.push(await makeTip(keys.get().program));
  const before = await nextNumber();
  for (const tip of tips) await sendTip(server.app, tip);
  const sent = await nextNumber();
  for (const tip of tips) await sendTip(server.app, tip);
  const again = await nextNumber();
  // PostgreSQL's own housekeeping takes a number now and then.
  expect(sent - before).toBeGreaterThanOrEqual(40);
  expect(sent - before).toBeLessThan(50);
  expect(again - sent).toBeLessThan(10);
});

test("many small tips at once take two each as well, though they share transactions", async () => {
  const tips = [];
  for (let count = 0; count < 40; count++) tips.push(await makeTip(keys.get().program));
  const before = await nextNumber();
  const transactions = vi.spyOn(server.context.intake, "transaction");
  await Promise.all(tips.map((tip) => sendTip(server.app, tip)));
  const sent = await nextNumber();
  expect(sent - before).toBeGreaterThanOrEqual(80);
  expect(sent - before).toBeLessThan(90);
  expect(transactions.mock.calls.length).toBeLessThan(40);
  transactions.mockRestore();
});
