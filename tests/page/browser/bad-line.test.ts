/**
 * A tip of many parts over the lines that witnesses have, in real browsers: offline for half a minute in the middle of a part, connections that are reset, stall, lose
 * what they carry or bring it late. It arrives once, and it is what was chosen. Both browsers go at the same time, since most of it is waiting.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { en } from "../../../src/page/locales/en.ts";
import { type BrowserName, BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type Fate, type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { filesLooked, goOn, openWitnessPage, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

/** Milliseconds that the line is down. */
const DOWN = 30_000;
/** Octets of a part that reach the server before its line breaks: fewer than a part has. */
const MIDDLE = 200_000;
/** So much of it that a tip has eight parts or more. */
const EVIDENCE = randomBytes(3_200_000);
const SHA256 = createHash("sha256").update(EVIDENCE).digest("hex");

/** What happens to the first try of each part. */
const FAULTS: Readonly<Record<number, Fate>> = {
  1: "lost",
  2: { resetAfter: MIDDLE },
  3: "stalled",
  // Behind the question which parts are there, the part once more, and the next one.
  4: { behind: 3 },
  5: { resetAfter: 1 },
  6: "answer-lost",
  // After the tip is complete.
  7: { behind: 1_000 },
};

/** What happens to the tries of the request that completes the tip; the first reaches the server when the second has completed it. */
const COMPLETIONS: readonly Fate[] = [{ behind: 1 }, "answer-lost"];

interface Place {
  readonly name: BrowserName;
  readonly browser: TestBrowser;
  readonly site: PageSite;
}

let folder: string;
let places: Place[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-line-"));
  await writeFile(join(folder, "evidence.bin"), EVIDENCE);
  for (const name of BROWSERS) places.push({ name, browser: await openBrowser(name), site: await openPageSite(postgres) });
});
afterAll(async () => {
  for (const { browser, site } of places) {
    await browser.close();
    await site.remove();
  }
  places = [];
  await rm(folder, { recursive: true, force: true });
});

/** Does the same in both browsers at once, each on a page and a line of its own. */
async function inBoth(check: (place: Place, page: Page, line: FaultyLine) => Promise<void>): Promise<void> {
  await Promise.all(
    places.map(async (place) => {
      const page = await place.browser.newPage(360, 740);
      const line = await openFaultyLine(place.site.url);
      try {
        await check(place, page, line);
      } finally {
        await page.close();
        await line.close();
      }
    }),
  );
}

/** Opens the page over the line, writes an account, chooses the evidence, and sends. */
async function send(page: Page, line: FaultyLine, account: string): Promise<void> {
  await openWitnessPage(page, line.url);
  await goOn(page, "safety", "story");
  await page.type("#narrative", account);
  await goOn(page, "story", "questions");
  await goOn(page, "questions", "files");
  const choose = await page.$("input#choose");
  await choose?.uploadFile(join(folder, "evidence.bin"));
  await filesLooked(page, 1);
  await goOn(page, "files", "reply");
  await goOn(page, "reply", "review");
  await page.click("#send");
}

/** The sums of the files of each tip with this account that is in the store. */
async function arrived(site: PageSite, account: string): Promise<string[][]> {
  const tips = await site.received();
  return tips.filter(({ tip }) => tip.answers.narrative === account).map(({ files }) => files.map(({ sha256 }) => sha256));
}

/** The number of the part that a request brings; 0 if it brings none. */
function partOf({ method, path }: { method: string; path: string }): number {
  return method === "PUT" ? Number(/\/parts\/(\d+)$/.exec(path)?.[1] ?? 0) : 0;
}

describe("a tip of eight parts or more arrives once, as it was chosen", () => {
  it("after thirty seconds offline in the middle of part 7", async () => {
    const account = "Offline in the middle of part 7.";
    await inBoth(async ({ name, site }, page, line) => {
      let cutAt = 0;
      line.decide((request) => {
        if (cutAt > 0 || partOf(request) !== 7) return "pass";
        cutAt = performance.now();
        return { cutAfter: MIDDLE, downFor: DOWN };
      });
      await send(page, line, account);
      await page.waitForSelector("#try-now", { visible: true });
      const [trouble = ""] = await textsOf(page, "#progress-trouble");
      expect(trouble, name).toContain(en.live.progress.offline);
      const [done = ""] = await textsOf(page, "#progress-words");
      expect(done, name).toMatch(/^Sent 6 of \d+ parts/);
      await stepShown(page, "done");
      expect(performance.now() - cutAt, name).toBeGreaterThanOrEqual(DOWN);
      expect(line.turnedAway(), name).toBeGreaterThan(0);
      const parts = line.seen.map(partOf).filter((part) => part > 0);
      expect(parts.length, name).toBeGreaterThan(8);
      expect(parts, name).toEqual([1, 2, 3, 4, 5, 6, 7, ...parts.slice(7).map((_, index) => index + 7)]);
      expect(await arrived(site, account), name).toEqual([[SHA256]]);
    });
  });

  it("after resets, stalls, losses, and requests that come late and out of order", async () => {
    const account = "Over a bad line.";
    await inBoth(async ({ name, site }, page, line) => {
      // The page gives a request up after minutes. Here after seconds, or a stall would last longer than the test.
      await page.evaluateOnNewDocument(() => {
        const timeout = AbortSignal.timeout.bind(AbortSignal);
        AbortSignal.timeout = (milliseconds) => timeout(milliseconds / 30);
      });
      const tries = new Map<number, number>();
      let completions = 0;
      line.decide((request) => {
        if (request.method === "POST") return COMPLETIONS[completions++] ?? "pass";
        const part = partOf(request);
        const again = tries.get(part) ?? 0;
        tries.set(part, again + 1);
        return again > 0 ? "pass" : (FAULTS[part] ?? "pass");
      });
      await send(page, line, account);
      await stepShown(page, "done");
      // Every fault but the lost answer costs a second try; after that one Firefox asks again by itself.
      for (const part of [1, 2, 3, 4, 5, 7]) expect(tries.get(part), `${name}, part ${String(part)}`).toBeGreaterThan(1);
      expect(completions, name).toBeGreaterThan(2);
      expect(await arrived(site, account), name).toEqual([[SHA256]]);
      expect(await line.deliver(), name).toHaveLength(1);
      expect(await arrived(site, account), name).toEqual([[SHA256]]);
    });
  });
});
