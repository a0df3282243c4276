/** Settings: defaults, and every wrong one named at once without its value. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../../src/server/config.ts";

let keysDir: string;
beforeAll(async () => {
  keysDir = await mkdtemp(join(tmpdir(), "fh-config-"));
  await writeFile(join(keysDir, "origin"), "from.file/log\n");
});
afterAll(async () => {
  await rm(keysDir, { recursive: true });
});

test("has a default for everything but the log's name, which the ceremony wrote down", () => {
  expect(loadConfig({ KEYS_DIR: keysDir, UNRELATED: "1", PORT: "" })).toEqual({
    host: "127.0.0.1",
    port: 8080,
    socket: null,
    adminSocket: null,
    dataDir: resolve("data"),
    keysDir,
    databaseUrl: null,
    sealAt: "00:00",
    origin: "from.file/log",
    pageDir: resolve("dist/page"),
    maxTipBytes: 4_194_304_000,
    minFreeBytes: 1_073_741_824,
    maxPendingBytes: 104_857_600_000,
    reserveBytes: 536_870_912,
    inFlightBytes: 67_108_864,
  });
});

test("takes what it is given", () => {
  expect(
    loadConfig({
      HOST: "::1",
      PORT: "0",
      SOCKET: "/run/app.sock",
      DATA_DIR: "/srv/data",
      KEYS_DIR: "/srv/keys",
      DATABASE_URL: "postgresql://user:password@host/db",
      SEAL_AT: "23:59",
      ORIGIN: "given/log",
      PAGE_DIR: "page",
      MAX_TIP_MIB: "1",
      MIN_FREE_MIB: "0",
      MAX_PENDING_MIB: "2",
      RESERVE_MIB: "1",
      IN_FLIGHT_MIB: "4",
    }),
  ).toEqual({
    host: "::1",
    port: 0,
    socket: "/run/app.sock",
    adminSocket: null,
    dataDir: "/srv/data",
    keysDir: "/srv/keys",
    databaseUrl: "postgresql://user:password@host/db",
    sealAt: "23:59",
    origin: "given/log",
    pageDir: resolve("page"),
    maxTipBytes: 1_048_576,
    minFreeBytes: 0,
    maxPendingBytes: 2_097_152,
    reserveBytes: 1_048_576,
    inFlightBytes: 4_194_304,
  });
});

test("listens beyond this machine only if that is said twice", () => {
  const config = (settings: Record<string, string>) => loadConfig({ ORIGIN: "some/log", ...settings });
  for (const host of ["0.0.0.0", "::", "192.0.2.7", "intake.test", "127.0.0.1.intake.test", "localhost.test", "127.0.0.256"]) {
    for (const settings of [{ HOST: host }, { HOST: host, EXPOSE: "yes" }])
      expect(() => config(settings)).toThrow(expect.objectContaining({ code: "bad-settings", where: "HOST" }) as Error);
    expect(config({ HOST: host, EXPOSE: host }).host).toBe(host);
    expect(config({ HOST: host, SOCKET: "/run/app.sock" }).socket).toBe("/run/app.sock");
  }
  for (const host of ["127.0.0.1", "127.9.9.255", "::1", "localhost"]) expect(config({ HOST: host }).host).toBe(host);
});

test("names every wrong setting at once, and repeats no value", () => {
  const wrong = {
    PORT: "70000",
    SOCKET: "s".repeat(200),
    DATABASE_URL: "mysql://user:hunter2@host/db",
    SEAL_AT: "24:00",
    ORIGIN: "two words",
    MAX_TIP_MIB: "0",
    MIN_FREE_MIB: "-1",
    MAX_PENDING_MIB: "0",
    RESERVE_MIB: "1e3",
    IN_FLIGHT_MIB: "3",
    KEYS_DIR: keysDir,
  };
  expect(() => loadConfig(wrong)).toThrow(
    expect.objectContaining({
      code: "bad-settings",
      where: "DATABASE_URL, IN_FLIGHT_MIB, MAX_PENDING_MIB, MAX_TIP_MIB, MIN_FREE_MIB, ORIGIN, PORT, RESERVE_MIB, SEAL_AT, SOCKET",
      message:
        "Settings are not valid. (DATABASE_URL, IN_FLIGHT_MIB, MAX_PENDING_MIB, MAX_TIP_MIB, MIN_FREE_MIB, ORIGIN, PORT, RESERVE_MIB, SEAL_AT, SOCKET)",
    }),
  );
});

test("wants the log's name from one place or the other", () => {
  expect(() => loadConfig({ KEYS_DIR: join(keysDir, "none"), PORT: "x" })).toThrow(
    expect.objectContaining({ code: "bad-settings", where: "ORIGIN, PORT" }),
  );
});

test.each(["0:00", "00:60", "0000", "12:00 ", "noon"])("does not take %s for a time of day", (time) => {
  expect(() => loadConfig({ KEYS_DIR: keysDir, SEAL_AT: time })).toThrow(expect.objectContaining({ where: "SEAL_AT" }));
});

test("wants the reserve for small tips to be less than what may wait at all", () => {
  expect(() => loadConfig({ KEYS_DIR: keysDir, MAX_PENDING_MIB: "100", RESERVE_MIB: "100" })).toThrow(
    expect.objectContaining({ code: "bad-settings", where: "RESERVE_MIB" }),
  );
});
