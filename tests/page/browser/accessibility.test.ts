import axe from "axe-core";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { answerWords, goOn, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

/** WCAG 2.2, levels A and AA, and what the tool calls best practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Finding {
  readonly id: string;
  readonly nodes: readonly string[];
}

/** What the tool finds on what is shown now. */
async function findings(page: Page): Promise<Finding[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  return page.evaluate(async (rules) => {
    const tool = (globalThis as unknown as { axe: typeof axe }).axe;
    const { violations } = await tool.run(document, { runOnly: rules });
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 120)) }));
  }, RULES);
}

/** Whether something is wider than the window. */
async function overflows(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

/** With SCREENSHOTS set to a folder, what a person would see is kept there to be looked at. */
async function look(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder === undefined || folder === "") return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let site: PageSite;
  let line: FaultyLine;

  beforeAll(async () => {
    browser = await openBrowser(name);
    site = await openPageSite(postgres);
    line = await openFaultyLine(site.url);
  });
  afterAll(async () => {
    await line.close();
    await browser.close();
    await site.remove();
  });

  it.each(LANGUAGES.flatMap(({ tag }) => [360, 1280].map((width) => [tag, width] as const)))(
    "every step is sound and fits, in %s at %i pixels",
    async (tag, width) => {
      const page = await browser.newPage(width, 800);
      const wrong: Record<string, Finding[]> = {};
      const examine = async (step: string): Promise<void> => {
        await look(page, `${tag}-${String(width)}-${name}-${step}`);
        const found = await findings(page);
        if (found.length > 0) wrong[step] = found;
        expect(await overflows(page), step).toBe(false);
      };
      await page.goto(`${line.url}/${tag}/`, { waitUntil: "load" });
      await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
      await examine("safety");
      await goOn(page, "safety", "story");
      await page.click("#step-story .ways .main");
      await page.waitForSelector("#problem-story:not(:empty)");
      await page.type("#narrative", "我的电话是13812345678。\nقېرىندىشىم");
      await examine("story");
      await goOn(page, "story", "questions");
      await page.type("#when-from", "2016");
      await page.select("#where", "CN-XJ");
      await examine("questions");
      await goOn(page, "questions", "files");
      const choose = await page.$("input#choose");
      await choose?.uploadFile(new URL("../../../package.json", import.meta.url).pathname);
      await page.waitForSelector("#files li");
      await examine("files");
      await goOn(page, "files", "reply");
      await page.click("#wants-reply");
      await examine("reply");
      await goOn(page, "reply", "words");
      await page.waitForSelector("#words li:nth-child(12)");
      await examine("words");
      const words = await textsOf(page, "#words li");
      await goOn(page, "words", "check");
      await page.waitForFunction(() => document.getElementById("label-word-b")?.textContent !== "");
      await page.click("#check-words");
      await page.waitForSelector("#problem-check:not(:empty)");
      await examine("check");
      await answerWords(page, words);
      await page.click("#check-words");
      await stepShown(page, "review");
      await examine("review");
      line.decide(({ method }) => (method === "PUT" ? { status: 503, error: "server-full", retryAfter: 60 } : "pass"));
      await page.click("#send");
      await page.waitForSelector("#try-now", { visible: true });
      await examine("sending");
      line.decide(({ method }) => (method === "PUT" ? { status: 422, error: "wrong-recipient" } : "pass"));
      await page.click("#try-now");
      await stepShown(page, "failed");
      await examine("failed");
      line.decide(() => "pass");
      await page.click("#failed-again");
      await stepShown(page, "done");
      await page.click("#step-done summary");
      await examine("done");
      expect(wrong).toEqual({});
      await page.close();
    },
  );
});
