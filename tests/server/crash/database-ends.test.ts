/** The server's own PostgreSQL is killed while the server serves: senders are told to try later, and soon it goes on by itself with all it had. */
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTestKeys, makeTip, type TestKeys, type TestTip } from "../../support/server.ts";
import { makePage } from "../courier/keeper-fixture.ts";
import { kill, killPostgres, postmasterOf, type RunningServer, startServer } from "./server-process.ts";

let folder: string;
let keys: TestKeys;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firsthand-ends-"));
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  keys = await makeTestKeys(join(folder, "keys"), Date.now());
  await makePage(folder);
  server = await startServer(folder);
});
afterAll(async () => {
  await kill(server.child);
  await killPostgres(folder).catch(() => undefined); // there is none if all went well
  await rm(folder, { recursive: true, force: true });
});

/** Sends a tip as a page would, trying again when told to. @returns its receipt. */
async function send(tip: TestTip): Promise<string> {
  const request = async (path: string, method: string, type: string, body: Uint8Array): Promise<Response> => {
    for (;;) {
      const answer = await fetch(`${server.address}${path}`, { method, body: Buffer.from(body), headers: { "content-type": type } });
      if (answer.status !== 503) return answer;
      expect(await answer.json()).toMatchObject({ error: "server-full" });
      expect(answer.headers.get("retry-after")).toBe("30");
      await pause(50);
    }
  };
  for (const [index, part] of tip.parts.entries()) {
    expect((await request(`/tips/${tip.id}/parts/${String(index + 1)}`, "PUT", "application/octet-stream", part)).status).toBe(204);
  }
  const answer = await request(`/tips/${tip.id}`, "POST", "application/json", tip.completion);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { receipt: string }).receipt;
}

test.each([
  ["its first process", async () => process.kill(await postmasterOf(folder), "SIGKILL")],
  ["all of its processes", async () => killPostgres(folder)],
])("when %s is killed, the server starts it again and has lost nothing", async (_what, end) => {
  const before = await makeTip(keys.program, undefined, Date.now());
  const receipt = await send(before);
  const meanwhile = await makeTip(keys.program, undefined, Date.now());
  const pid = await postmasterOf(folder);
  await end();
  await send(meanwhile);
  while ((await postmasterOf(folder).catch(() => pid)) === pid) await pause(50);
  expect(await send(before)).toBe(receipt);
});

test("and stops it in the end", async () => {
  const exit = once(server.child, "exit") as Promise<[number | null]>;
  server.child.kill("SIGTERM");
  expect((await exit)[0]).toBe(0);
  await expect(postmasterOf(folder)).rejects.toThrow("ENOENT");
});
