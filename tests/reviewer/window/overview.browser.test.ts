/** The overview in real browsers: a map without any map of the world, plots whose numbers stand in tables too, and no count from which a single tip can be told. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { findings, look, overflows } from "../../support/inspection.ts";
import { epochsOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { newFolder, newReviewMachine, type ReviewMachine } from "../../support/review-machine.ts";
import { type ShownWindow, showWindowOf } from "../../support/review-window.ts";

const ORIGIN = "tips.test/log";
/** Two counts that may be shown, and two that may not. */
const PROVINCES = (["CN-XJ", "CN-XZ", "CN-GD", "CN-YN"] as const).flatMap((where, index) =>
  Array.from({ length: [7, 6, 3, 3][index] ?? 0 }, () => where),
);

async function machineWithPlaces(): Promise<ReviewMachine> {
  const machine = await newReviewMachine(ORIGIN, "--person", "Ana");
  const to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  await server.seal(await Promise.all(PROVINCES.map((where, index) => tipOf(to, { narrative: `Account ${String(index)}`, where }))));
  const folder = await newFolder();
  await writeFile(join(folder, "bundle"), (await server.exportBundle()).bytes);
  await writeFile(join(folder, "log-key"), server.log.signer.vkey.text);
  await machine.result("import", join(folder, "bundle"), "--log-key", join(folder, "log-key"), "--person", "Ana");
  return machine;
}

/** What the map says of each square that has a count. */
function squares(page: Page): Promise<string[]> {
  return page.$$eval("section.counted svg title, section.counted svg text", (elements) => elements.map(({ textContent }) => textContent));
}

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let machine: ReviewMachine;
  let shown: ShownWindow | undefined;

  beforeAll(async () => {
    browser = await openBrowser(name);
    machine = await machineWithPlaces();
  });
  afterAll(async () => {
    await shown?.close();
    await browser.close();
  });

  it("counts are drawn and written, small ones are kept back, and it is accessible in light and dark", async () => {
    await shown?.close();
    shown = await showWindowOf(machine, "Ana");
    const page = await browser.newPage(1024, 800);
    page.setDefaultTimeout(30_000);
    await page.goto(shown.address);
    await page.waitForFunction(() => document.body.innerText.includes("19 tips"));
    // Places are counted once all tips were read in.
    await expect
      .poll(
        async () => {
          for (const key of ["g", "i", "g", "v"] as const) await page.keyboard.press(key);
          await page.waitForSelector("section.overview section.counted");
          return page.evaluate(() => document.body.innerText.includes("that were read in so far"));
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe(false);
    const text = await page.evaluate(() => document.body.innerText);
    expect(text).toContain("Where, as the witnesses say");
    const rows = await page.$$eval("section.counted tr", (elements) =>
      elements.map(({ innerText }) => innerText.replace(/\s+/g, " ").trim()),
    );
    expect(rows).toEqual(expect.arrayContaining(["Xinjiang (CN-XJ) 7", "Tibet (CN-XZ) 6", "Guangdong (CN-GD) <5*", "Yunnan (CN-YN) <5*"]));
    expect(rows.filter((row) => / [1-4]$/.test(row))).toEqual([]);
    expect(await squares(page)).toEqual(
      expect.arrayContaining(["Xinjiang (CN-XJ): 7", "新疆", "Guangdong (CN-GD): <5*", "Shanghai (CN-SH): 0"]),
    );
    for (const scheme of ["light", "dark"] as const) {
      if (name === "chromium") await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await look(page, `overview-${name}-${scheme}`);
      expect(await findings(page), scheme).toEqual([]);
      expect(await overflows(page), scheme).toBe(false);
    }
    await page.close();
  });
});
