/** A server that its owner has turned against witnesses: the real page as it was built, before it any answer they like, and a real browser that comes there. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Page } from "puppeteer-core";
import { buildPage } from "../../src/build/page.ts";
import { concat } from "../../src/protocol/bytes.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { noteSigner } from "../../src/protocol/crypto/note.ts";
import { formatDate } from "../../src/protocol/format/date.ts";
import { makeTestKeys, ORIGIN, type TestKeys } from "../support/server.ts";
import type { Bench, Outcome } from "./attack.ts";

const DAY = 86_400_000;
const TYPES: Readonly<Record<string, string>> = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript" };

/** What the server gives instead of the truth, by path. */
export type Lies = Readonly<Record<string, Uint8Array>>;

/** Tells what a browser makes of the page in English, from a server with these lies. */
export async function visited(
  bench: Bench,
  lies: (keys: TestKeys) => Lies | Promise<Lies>,
  story: (page: Page) => Promise<Outcome>,
): Promise<Outcome> {
  const moment = Date.now();
  const keys = await makeTestKeys(join(bench.folder, "keys"), moment);
  const built = join(bench.folder, "page");
  await buildPage({
    programFingerprint: keys.program.fingerprint,
    rewardsFingerprint: keys.rewards.fingerprint,
    program: keys.programBytes,
    rewards: keys.rewardsBytes,
    today: formatDate(Math.floor(moment / DAY)),
    log: (await noteSigner(ORIGIN, randomBytes(32))).vkey.text,
    demo: true,
    configured: null,
    outDir: built,
  });
  const told = { "/keys.pgp": concat(keys.programBytes, keys.rewardsBytes), ...(await lies(keys)) };
  const server = createServer((request, response) => {
    const path = request.url === "/en/" ? "/en/index.html" : (request.url ?? "");
    const given: Promise<Uint8Array | null> = Object.hasOwn(told, path)
      ? Promise.resolve(told[path as keyof typeof told])
      : readFile(join(built, path)).catch(() => null);
    void given.then((body) => {
      response.writeHead(body === null ? 404 : 200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(body ?? "");
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const page = await (await bench.browser()).newPage();
  try {
    await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/en/`, { waitUntil: "load" });
    return await story(page);
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}

/** Whether the page lets its witness write. */
export async function opens(page: Page): Promise<boolean> {
  await page.waitForSelector("#step-safety fieldset.plain:not([disabled]), #step-failed:not([hidden])");
  return (await page.$("#step-failed:not([hidden])")) === null;
}
