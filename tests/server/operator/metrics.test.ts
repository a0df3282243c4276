/** The admin socket: to the letter of the format, for its owner alone, and the same bytes whether tips arrive or not. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { type AdminSocket, openAdminSocket } from "../../../src/server/operator/admin-socket.ts";
import { testPostgres } from "../../support/postgres.ts";
import { makeTip, NOON, openTestServer, sendTip, testKeys, type TestServer } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
let folder: string;
let path: string;
let server: TestServer;
let admin: AdminSocket;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-admin-"));
  path = join(folder, "admin.sock");
  server = await openTestServer(postgres, keys.get(), { settings: { ADMIN_SOCKET: path } });
  await keep(server.context, {}, () => Promise.resolve());
  admin = (await openAdminSocket(server.context))!;
});
afterAll(async () => {
  await admin.close();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

async function ask(place = "/metrics", method = "GET"): Promise<{ status: number; type: string; text: string }> {
  const sent = request({ socketPath: path, path: place, method, agent: false });
  sent.end();
  const [answer] = (await once(sent, "response")) as [AsyncIterable<Buffer> & { statusCode: number; headers: Record<string, string> }];
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece);
  return { status: answer.statusCode, type: answer.headers["content-type"] ?? "", text: Buffer.concat(pieces).toString("utf8") };
}

/** Names with labels, and their values. @throws if a line is not of the format. */
function read(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  let family = "";
  for (const line of lines) {
    const [, helped] = /^# HELP ([a-z_]+) [^\\]+$/.exec(line) ?? [];
    const [, typed] = /^# TYPE ([a-z_]+) gauge$/.exec(line) ?? [];
    const [, name, labels = "", value] = /^([a-z_]+)(\{[a-z]+="[a-z]+"\})? (-?\d+)$/.exec(line) ?? [];
    if (helped !== undefined) family = helped;
    else if (typed !== undefined) expect(typed).toBe(family);
    else {
      expect([name, values.has(`${family}${labels}`)]).toEqual([family, false]);
      values.set(`${family}${labels}`, Number(value));
    }
  }
  return values;
}

describe("the admin socket", () => {
  it("is its owner's alone, and has one page, which can only be read", async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await ask("/")).status).toBe(404);
    expect((await ask("/keys.pgp")).status).toBe(404);
    expect((await ask("/metrics", "POST")).status).toBe(405);
    expect((await server.app.inject({ method: "GET", url: "/metrics" })).statusCode).toBe(404);
    const context = { ...server.context, config: { ...server.context.config, adminSocket: null } };
    expect(await openAdminSocket(context)).toBeNull();
    await expect(openAdminSocket(server.context)).rejects.toMatchObject({ code: "bad-settings", where: "ADMIN_SOCKET" });
  });

  it("speaks the text format", async () => {
    const { status, type, text } = await ask();
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    const values = read(text);
    expect(values.get("firsthand_next_sealing_timestamp_seconds")).toBe((NOON + 43_200_000) / 1000);
    expect(values.get('firsthand_batches{state="sealed"}')).toBe(0);
    expect(values.get("firsthand_backup_age_days")).toBe(-1);
    expect(values.get('firsthand_certificate_days_left{certificate="program"}')).toBe(18);
  });

  it("says the same byte for byte before and after tips arrive, small and large, whole and half", async () => {
    const before = await ask();
    for (const content of [undefined, undefined, 1_048_576]) await sendTip(server.app, await makeTip(keys.get().program, content));
    const half = await makeTip(keys.get().program);
    await server.app.inject({
      method: "PUT",
      url: `/tips/${half.id}/parts/1`,
      headers: { "content-type": "application/octet-stream" },
      payload: Buffer.from(half.parts[0]!),
    });
    await server.app.inject({ method: "POST", url: "/mailbox", payload: "nothing" });
    expect(await ask()).toEqual(before);
  });

  it("tells of a sealing, and of what goes wrong", async () => {
    const { context } = server;
    await keep(context, {}, (keeper) => sealBatch(keeper, dayOf(context.clock()), false));
    server.setClock(NOON + 3 * 86_400_000);
    const values = read((await ask()).text);
    server.setClock(NOON);
    expect(values.get('firsthand_batches{state="sealed"}')).toBe(1);
    expect(values.get("firsthand_sealing_missed")).toBe(1);
    expect(values.get("firsthand_signing_refused")).toBe(0);
  });

  it("has every metric that the example alerts speak of", async () => {
    const rules = await readFile(fileURLToPath(new URL("../../../deploy/prometheus-alerts.yaml", import.meta.url)), "utf8");
    const names = new Set([...read((await ask()).text).keys()].map((key) => key.replace(/\{.*/, "")));
    const spoken = [...rules.matchAll(/^ {8}expr: (.+)$/gm)].flatMap(([, expression = ""]) => expression.match(/firsthand_[a-z_]+/g) ?? []);
    expect(spoken.length).toBeGreaterThan(10);
    expect(spoken.filter((name) => !names.has(name))).toEqual([]);
  });
});
