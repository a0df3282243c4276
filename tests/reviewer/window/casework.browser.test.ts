/** Entities, a timeline, proposals, the metrics' file and who only imports, at the window in real browsers. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type Finding, findings, look, overflows } from "../../support/inspection.ts";
import { epochsOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { newFolder, newReviewMachine, type ReviewMachine } from "../../support/review-machine.ts";
import { type ShownWindow, showWindowOf } from "../../support/review-window.ts";

const ORIGIN = "tips.test/log";
const MARKUP = '<img src=x onerror="document.title=1">';
const HOSTILE = `${MARKUP}\u202Egnp.\u200B`;

async function machineWithTips(): Promise<ReviewMachine> {
  const machine = await newReviewMachine(ORIGIN, "--person", "Ana", "--person", "Bo", "--person", "Cem=importer");
  const to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  await server.seal([
    await tipOf(to, { narrative: "The ambulance came at night to the side entrance.", when: "2016-05~" }),
    await tipOf(to, { narrative: "Doctor Kerim kept a list in a drawer.", when: "2015/.." }),
  ]);
  const folder = await newFolder();
  await writeFile(join(folder, "bundle"), (await server.exportBundle()).bytes);
  await writeFile(join(folder, "log-key"), server.log.signer.vkey.text);
  await machine.result("import", join(folder, "bundle"), "--log-key", join(folder, "log-key"), "--person", "Ana");
  return machine;
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key as "Enter");
}

async function sees(page: Page, words: string): Promise<void> {
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, words);
}

/** Searches, opens the only tip found and declares no ties. */
async function openTip(page: Page, words: string): Promise<string> {
  await press(page, "g", "i", "/");
  await page.waitForFunction(() => document.activeElement?.id === "search");
  await page.$eval("#search", (field) => {
    (field as HTMLInputElement).value = "";
  });
  await page.type("#search", words);
  await press(page, "Enter");
  await page.waitForFunction(
    () => document.querySelectorAll('[role="option"]').length === 1 && document.querySelector('[role="option"] span') !== null,
  );
  await press(page, "Enter");
  await page.waitForSelector("form.declaration");
  await page.click('form.declaration button[type="submit"]');
  await page.waitForSelector("#narrative");
  return page.$eval("article h1", (heading) => heading.textContent.slice(-12));
}

/** Fills in a form that a key opens, and sends it. */
async function fill(page: Page, key: string, values: Readonly<Record<string, string>>, ticks: readonly string[] = []): Promise<void> {
  await press(page, key);
  await page.waitForSelector("dialog[open]");
  for (const [name, value] of Object.entries(values)) {
    const tag = await page.$eval(`dialog [name="${name}"]`, (field) => field.tagName);
    if (tag === "SELECT") await page.select(`dialog [name="${name}"]`, value);
    else
      await page.$eval(
        `dialog [name="${name}"]`,
        (field, text) => {
          (field as HTMLInputElement).value = text;
        },
        value,
      );
  }
  for (const value of ticks) await page.click(`dialog input[value="${value}"]`);
  await page.click('dialog button[type="submit"]');
  await page.waitForFunction(() => document.querySelector("dialog") === null);
  await page.waitForSelector("main:not([aria-busy])");
}

async function sitDown(page: Page, name: string): Promise<void> {
  await press(page, "g", "p");
  await page.waitForSelector("dialog[open]");
  await page.select('dialog [name="person"]', name);
  await page.click('dialog button[type="submit"]');
  await sees(page, `${name} (`);
}

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let machine: ReviewMachine;
  let shown: ShownWindow | undefined;

  beforeAll(async () => {
    browser = await openBrowser(name);
    machine = await machineWithTips();
    shown = await showWindowOf(machine, "Ana");
  });
  afterAll(async () => {
    await shown?.close();
    await browser.close();
  });

  it("an entity is made from a tip and found in another script, dates stand in one column, two people decide, and who only imports sees no tip", async () => {
    const page = await browser.newPage(1280, 900);
    page.setDefaultTimeout(20_000);
    const wrong: Record<string, Finding[] | string> = {};
    const examine = async (step: string): Promise<void> => {
      await look(page, `casework-${name}-${step}-1280`);
      const found = await findings(page);
      if (found.length > 0) wrong[step] = found;
      await page.setViewport({ width: 700, height: 900 });
      await look(page, `casework-${name}-${step}-700`);
      if (await overflows(page)) wrong[`${step} at 700`] = "wider than the window";
      await page.setViewport({ width: 1280, height: 900 });
    };
    await page.goto(shown?.address ?? "");
    await sees(page, "2 tips");

    // From a tip to a new entity with a name in its own script, and back.
    const first = await openTip(page, "ambulance");
    const second = await openTip(page, "drawer");
    await press(page, "i");
    await sees(page, `that tip ${second} speaks of`);
    await fill(page, "c", { kind: "person", text: "كېرىم", romanised: "Kerim", role: "surgeon" });
    await page.waitForSelector("article.entity");
    await fill(page, "a", { text: "克里木", romanised: "" });
    await sees(page, "克里木");
    await fill(page, "m", { certainty: "probable" });
    await sees(page, "probable, batch of");
    await press(page, "u");
    await page.waitForSelector("section.entities");
    await fill(page, "c", { kind: "person", text: HOSTILE, romanised: "", role: "" });
    await page.waitForSelector("article.entity");
    expect(await page.$eval("article.entity h1", (heading) => heading.textContent)).toBe(`${MARKUP}<U+202E>gnp.<U+200B>`);
    await press(page, "g", "e");
    await page.waitForSelector("section.entities");
    await fill(page, "c", { kind: "person", text: "Керим", romanised: "", role: "" });
    await page.waitForSelector("article.entity");
    await sees(page, "sounds alike");
    await examine("entity");

    // Found by another of its names, with the keyboard alone.
    await press(page, "u");
    await page.waitForSelector("section.entities");
    await press(page, "/");
    await page.waitForFunction(() => document.activeElement?.id === "entity-search");
    await page.type("#entity-search", "克里");
    await press(page, "Enter");
    await page.waitForFunction(() => document.querySelectorAll('.named [role="option"]').length === 1);
    expect(await page.$eval('.named [role="option"]', (option) => option.textContent)).toContain("كېرىم");
    await page.$eval("#entity-search", (field) => {
      (field as HTMLInputElement).value = "";
    });
    await press(page, "/", "Enter");
    await page.waitForFunction(() => document.querySelectorAll('.named [role="option"]').length === 3);
    await examine("entities");

    // Dates of both tips once they are linked.
    await openAgain(page, second);
    await fill(page, "l", { other: first, link: "corroborates" });
    await press(page, "h");
    await page.waitForSelector("section.timeline");
    expect(await page.$$eval(".dated strong", (dates) => dates.map(({ textContent }) => textContent))).toEqual(
      expect.arrayContaining(["about 2016-05", "2015 or later"]),
    );
    const few = await page.$$eval(".dated li", (items) => items.length);
    await examine("timeline");
    await press(page, "w");
    await page.waitForFunction((before) => document.querySelectorAll(".dated li").length > before, {}, few);

    // One proposes, another refuses one thing and confirms another.
    await press(page, "g", "d");
    await sees(page, "Nothing waits for a second person.");
    await page.waitForSelector('[aria-keyshortcuts="p"]');
    await fill(page, "p", { what: "keep:spam", days: "30" });
    await sees(page, "keep spam for 30 days");
    await fill(page, "a", { name: "Dil", secret: "" }, ["translator"]);
    await sees(page, "add Dil (translator)");
    await sitDown(page, "Bo");
    await press(page, "g", "d");
    await sees(page, "Confirm, and do it now");
    await examine("decisions");
    await page.click("button.grave");
    await sees(page, "confirmed by Bo");
    await page.evaluate(() => {
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Reject")?.click();
    });
    await sees(page, "rejected by Bo");

    // The metrics as a file: the bytes that the command writes.
    if (name === "chromium") {
      const folder = await newFolder();
      const devtools = await page.createCDPSession();
      await devtools.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
      await press(page, "g", "v");
      await page.waitForSelector('[aria-keyshortcuts="s"]');
      await press(page, "s");
      await expect.poll(() => readdir(folder), { timeout: 20_000 }).toEqual(["metrics.csv"]);
      const csv = await readFile(join(folder, "metrics.csv"), "utf8");
      expect(csv).toContain('"tips","","<5 or kept back"');
      expect(csv.split("\r\n").filter((line) => /"[1-4]"$/.test(line))).toEqual([]);
    }

    // Who only imports is shown that and nothing else.
    await sitDown(page, "Cem");
    await sees(page, "Import a bundle");
    expect(await page.$$eval("nav button", (buttons) => buttons.map(({ textContent }) => textContent))).toEqual(["Import"]);
    await press(page, "g", "i");
    await sees(page, "You import bundles; everything else");
    expect(await page.evaluate(() => document.body.innerText)).not.toMatch(/[0-9a-f]{12}|كېرىم|spam/);
    expect(await page.title()).toBe("Firsthand, review");
    expect(wrong).toEqual({});
    await page.close();
  });
});

/** Opens a tip that was opened before, from the entity that it mentions. */
async function openAgain(page: Page, tip: string): Promise<void> {
  await press(page, "End");
  await page.evaluate(() => {
    [...document.querySelectorAll<HTMLElement>('.named [role="option"]')]
      .find(({ textContent }) => textContent.includes("克里木"))
      ?.click();
  });
  await page.waitForSelector("article.entity");
  await page.evaluate((id) => {
    [...document.querySelectorAll("button")].find(({ textContent }) => textContent === id)?.click();
  }, tip);
  await page.waitForSelector("#narrative");
}
