/** The report as people see it: readable in both colour schemes, on paper and on a telephone, and by assistive programs. With SCREENSHOTS set, pictures are kept. */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addDays } from "../../src/protocol/format/date.ts";
import { openBrowser, type TestBrowser } from "../support/browser.ts";
import { findings, look, overflows } from "../support/inspection.ts";
import { FIRST_DAY, LogStory } from "./log-story.ts";
import { auditor, Bench } from "./story-on-disk.ts";

let browser: TestBrowser;
let bench: Bench;
let address: string;

/** Three weeks in which one batch was forgotten, one kept too long, and one is still there. */
beforeAll(async () => {
  bench = await Bench.open();
  const story = await LogStory.begin();
  for (let day = 0; day < 21; day++) {
    story.seal(addDays(FIRST_DAY, day));
    if (day % 3 === 2) story.export(addDays(FIRST_DAY, day));
    for (const batch of day % 3 === 0 ? [day - 2, day - 1, day] : []) {
      if (batch > 0 && batch !== 5) await story.acknowledge(batch, addDays(FIRST_DAY, day));
    }
    for (const batch of day % 3 === 0 ? [day - 5, day - 4, day - 3] : []) {
      if (batch > 0 && ![5, 8, 9].includes(batch)) story.purge(batch, addDays(FIRST_DAY, day));
    }
    if (day === 17) story.purge(8, addDays(FIRST_DAY, day));
  }
  story.leaves.push({ kind: "page", date: addDays(FIRST_DAY, 20), manifest: "a".repeat(64), commit: "c".repeat(40), sbom: "b".repeat(64) });
  const place = await bench.putLog("log", (await story.write()).files);
  const policy = await bench.put("policy.txt", story.policy());
  const { out } = await auditor("report", place, "--policy", policy, "--out", bench.at("out"), "--today", addDays(FIRST_DAY, 20));
  for (const code of ["acknowledgement-overdue (batch 5)", "purge-late (batch 8)", "purge-overdue (batch 9)"]) expect(out).toContain(code);
  address = pathToFileURL(bench.at("out/report.html")).href;
  browser = await openBrowser("chromium");
});
afterAll(async () => {
  await browser.close();
  await bench.close();
});

test.each([
  ["in light colours", 1200, "light", "screen"],
  ["in dark colours", 1200, "dark", "screen"],
  ["on a telephone", 360, "light", "screen"],
  ["on a telephone in dark colours", 360, "dark", "screen"],
  ["on paper", 800, "dark", "print"],
] as const)("%s nothing is found by axe, and nothing is cut off", async (name, width, scheme, media) => {
  const page = await browser.newPage(width, 900);
  await page.goto(address);
  // At once: puppeteer's two calls for these undo each other.
  const session = await page.createCDPSession();
  await session.send("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
  const paper = media === "screen" && scheme === "dark" ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)";
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(paper);
  expect(await findings(page)).toEqual([]);
  expect(await overflows(page)).toBe(false);
  await look(page, `report ${name}`);
  await page.close();
});
