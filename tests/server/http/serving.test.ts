/** Listening and stopping, a page that is not whole, a database that is gone. */
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildApp } from "../../../src/server/app.ts";
import type { Events } from "../../../src/server/privacy.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { serve } from "../../../src/server/serve.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, openTestServer, putPart, testKeys, type TestServer } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
const events: { name: string; fields: Events[keyof Events] }[] = [];
let server: TestServer;

beforeEach(async () => {
  events.length = 0;
  server = await openTestServer(postgres, keys.get(), { log: { event: (name, fields) => events.push({ name, fields }) } });
});
afterEach(async () => {
  await server.remove();
});

function statusOver(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((done, failed) => {
    request({ socketPath, path, agent: false }, (response) => {
      response.resume();
      response.on("end", () => {
        done(response.statusCode);
      });
    })
      .on("error", failed)
      .end();
  });
}

test("leaves the socket of another server that listens to it alone", async () => {
  const socket = join(server.dataDir, "app.sock");
  const context = { ...server.context, config: { ...server.context.config, socket } };
  const serving = await serve(context);
  await expect(serve(context)).rejects.toMatchObject({ code: "bad-settings", where: "SOCKET" });
  expect(await statusOver(socket, "/en/")).toBe(200);
  await serving.close();
});

test("listens on a Unix socket, also where a killed server left one, and leaves none", async () => {
  const socket = join(server.dataDir, "app.sock");
  const context = { ...server.context, config: { ...server.context.config, socket } };
  for (let time = 0; time < 2; time++) {
    const serving = await serve(context);
    expect(serving.address).toBe(socket);
    expect(await statusOver(socket, "/en/")).toBe(200);
    await Promise.all([serving.close(), serving.close()]);
    await expect(statusOver(socket, "/en/")).rejects.toThrow();
  }
  expect(events.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["server-started", "server-stopped", "server-started", "server-stopped"]),
  );
});

test("does not put its socket in the place of a file", async () => {
  const socket = join(server.dataDir, "precious");
  await writeFile(socket, "precious");
  await expect(serve({ ...server.context, config: { ...server.context.config, socket } })).rejects.toMatchObject({ code: "bad-settings" });
});

test("does not serve a page whose files are not those of its list", async () => {
  await writeFile(join(server.context.config.pageDir, "page.js"), "evil();\n");
  await expect(serve(server.context)).rejects.toMatchObject({ code: "bad-settings", where: "PAGE_DIR" });
});

test("answers 503 while the database is gone, says so in the text log only after the next sealing and without a word of the request, and goes on after", async () => {
  const gone = openDatabase("postgresql://firsthand@%2Fnowhere/none", { connections: 1 });
  const app = await buildApp({ ...server.context, intake: gone }, new Map());
  const tip = await makeTip(keys.get().program);
  try {
    const put = await putPart(app, tip.id, 1, tip.parts[0]!);
    expect([put.statusCode, put.json<{ error: string }>().error]).toEqual([503, "server-full"]);
    expect(put.headers["retry-after"]).toBe("30");
    expect((await putPart(app, tip.id, 1, tip.parts[0]!)).statusCode).toBe(503);
    const told = () => events.filter(({ name }) => name === "requests-failed");
    expect(told()).toEqual([]);
    server.context.troubles.tell();
    server.context.troubles.tell();
    expect(told()).toEqual([{ name: "requests-failed", fields: { where: "using the database", atLeast: 1 } }]);
    expect((await putPart(server.app, tip.id, 1, tip.parts[0]!)).statusCode).toBe(204);
  } finally {
    await app.close();
    await gone.close();
  }
});
