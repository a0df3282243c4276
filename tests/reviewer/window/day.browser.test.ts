/** Two people's day at the window, in real browsers: the real command, a real casebook, a bundle with a hostile tip in it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type Finding, findings, look } from "../../support/inspection.ts";
import { epochsOf, fileOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { newFolder, newReviewMachine, type ReviewMachine } from "../../support/review-machine.ts";
import { type ShownWindow, showWindowOf } from "../../support/review-window.ts";

const ORIGIN = "tips.test/log";
const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
const HOSTILE = `我看见了救护车。 ${MARKUP} zero\u200Bwidth \u202Egnp.exe\nsecond line`;
const OTHER = "The ambulance came at night to the side entrance, twice.";

/** A casebook of Ana and Bo with a hostile tip and another; ids by narrative. */
async function machineWithTips(): Promise<ReviewMachine> {
  const machine = await newReviewMachine(ORIGIN, "--person", "Ana", "--person", "Bo");
  const to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  const files = [
    fileOf("photo\u202Egnp.exe", "image/png", utf8("not a picture")),
    fileOf("<b>list</b>.txt", "text/plain", utf8(`in the file ${MARKUP}`)),
  ];
  await server.seal([await tipOf(to, { narrative: HOSTILE, language: "zh-Hans" }, files), await tipOf(to, { narrative: OTHER })]);
  const folder = await newFolder();
  await writeFile(join(folder, "bundle"), (await server.exportBundle()).bytes);
  await writeFile(join(folder, "log-key"), server.log.signer.vkey.text);
  await machine.result("import", join(folder, "bundle"), "--log-key", join(folder, "log-key"), "--person", "Ana");
  return machine;
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key as "Enter");
}

/** Waits until `words` stand somewhere on the page. */
async function sees(page: Page, words: string): Promise<void> {
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, words);
}

/** Searches for words and opens the first tip found. */
async function openFound(page: Page, words: string): Promise<void> {
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
  await page.waitForSelector("article.tip");
}

/** Fills in a form that a key opens, sends it, and waits until the page shows what came of it. */
async function fill(page: Page, key: string, values: Readonly<Record<string, string>>): Promise<void> {
  await press(page, key);
  await page.waitForSelector("dialog[open]");
  for (const [name, value] of Object.entries(values)) {
    const tag = await page.$eval(`dialog [name="${name}"]`, (field) => field.tagName);
    if (tag === "SELECT") await page.select(`dialog [name="${name}"]`, value);
    else await page.type(`dialog [name="${name}"]`, value);
  }
  await page.click('dialog button[type="submit"]');
  await page.waitForFunction(() => document.querySelector("dialog") === null);
  await sees(page, "Written down as event");
  await page.waitForSelector("main:not([aria-busy])");
}

async function declareNothing(page: Page): Promise<void> {
  await page.waitForSelector("form.declaration");
  await page.click('form.declaration button[type="submit"]');
  await page.waitForSelector("#narrative");
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

  it("two people read, tag, code, grade blind, reconcile, link and destroy a tip; what is hostile stays text", async () => {
    const page = await browser.newPage(1280, 900);
    page.setDefaultTimeout(20_000);
    const wrong: Record<string, Finding[]> = {};
    const examine = async (step: string): Promise<void> => {
      await look(page, `window-${name}-${step}`);
      const found = await findings(page);
      if (found.length > 0) wrong[step] = found;
    };
    await page.goto(shown?.address ?? "");
    await sees(page, "2 tips");
    expect(page.url()).not.toContain("#");
    await examine("inbox");

    // Ana declares and reads; markup and unseen characters are text.
    await openFound(page, "救护");
    expect(await page.$("#narrative")).toBeNull();
    await examine("declaration");
    await declareNothing(page);
    const shownText = await page.$eval("#narrative", (element) => element.textContent);
    expect(shownText).toBe(HOSTILE.replace("\u200B", "<U+200B>").replace("\u202E", "<U+202E>"));
    expect(await page.$$eval("article img, article script", (found) => found.length)).toBe(0);
    expect(await page.title()).toBe("Firsthand, review");
    expect(await page.$eval(".files", (element) => element.textContent)).toContain("photo<U+202E>gnp.exe");
    await press(page, "2");
    await sees(page, `in the file ${MARKUP}`);
    await press(page, "u");
    await page.waitForSelector("#narrative");
    await fill(page, "t", { tag: "organs/kidney" });
    await fill(page, "e", { element: "tip.act", stance: "supports", quote: "zero\u200Bwidth" });
    expect(await page.$$eval("mark", (marks) => marks.map((mark) => mark.textContent).join("|"))).toBe("zero|width");
    await fill(page, "n", { words: "Ask which entrance." });
    await fill(page, "a", { source: "F", information: "3" });
    await examine("reading");

    // Bo does not see Ana's grade before giving his own.
    await sitDown(page, "Bo");
    await openFound(page, "救护");
    await declareNothing(page);
    expect(await page.$eval("article", (element) => element.textContent)).not.toContain("F3");
    await fill(page, "a", { source: "F", information: "5" });
    await sees(page, "F3 / F5, not settled");
    await fill(page, "y", { source: "F", information: "4" });

    // Ana agrees; then the grade holds.
    await sitDown(page, "Ana");
    await openFound(page, "救护");
    await page.waitForSelector("#narrative");
    await fill(page, "y", { source: "F", information: "4" });
    await page.waitForFunction(() => document.querySelector("article .facts")?.textContent.includes("F4") === true);
    expect(await page.$eval("article", (element) => element.textContent)).not.toContain("not settled");

    // Linked, and not merged; then the other one is destroyed by two.
    const first = await page.$eval("article h1", (heading) => heading.textContent.slice(-12));
    await openFound(page, "side entrance");
    await declareNothing(page);
    await fill(page, "l", { other: first, link: "same_event" });
    await sees(page, `same event ${first}, independent: unknown`);
    await fill(page, "n", { words: "Written by mistake." });
    await sees(page, "Written by mistake.");
    await press(page, "z");
    await page.waitForFunction(() => !document.body.innerText.includes("Written by mistake."));
    await sees(page, "same event");
    await fill(page, "p", { what: "destroy-tip" });
    await press(page, "g", "d");
    await sees(page, "Somebody else has to confirm it.");
    await sitDown(page, "Bo");
    await press(page, "g", "d");
    await sees(page, "Confirm, and do it now");
    await examine("decisions");
    await page.click("button.grave");
    await sees(page, "Nothing waits for a second person.");
    await press(page, "g", "i");
    await sees(page, "destroyed");

    // Locked, nothing of it is left on the page.
    await press(page, "g", "l");
    await sees(page, "Locked");
    expect(await page.$$eval("article, [role=option]", (found) => found.length)).toBe(0);
    await examine("locked");
    expect((await shown?.ended)?.status).toBe(0);
    expect(wrong).toEqual({});
    await page.close();
  });

  it("whose process ended shows nothing any more, and an address opens once", async () => {
    const again = await showWindowOf(machine, "Bo");
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(20_000);
      await page.goto(again.address);
      await openFound(page, "救护");
      await page.waitForSelector("#narrative");
      const second = await browser.newPage();
      await second.goto(again.address);
      await sees(second, "This address was used already");
      await second.close();
      await page.bringToFront();
      await again.close();
      await sees(page, "The window is closed.");
      expect(await page.$("#narrative")).toBeNull();
    } finally {
      await again.close();
    }
  });
});
