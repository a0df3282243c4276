import { fileURLToPath } from "node:url";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { type Finding, findings, look, overflows } from "../../support/inspection.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { OFFERING } from "../../support/programs.ts";
import { testPostgres } from "../../support/postgres.ts";
import { answerWords, filesLooked, goOn, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

/** A telephone's width, at which the pages are walked through, and a desk's, which each step is also looked at in. */
const [NARROW, WIDE] = [360, 1280];

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let site: PageSite;
  let offering: PageSite;
  let line: FaultyLine;

  beforeAll(async () => {
    browser = await openBrowser(name);
    site = await openPageSite(postgres);
    offering = await openPageSite(postgres, { configured: OFFERING });
    line = await openFaultyLine(site.url);
  });
  afterAll(async () => {
    await line.close();
    await browser.close();
    await site.remove();
    await offering.remove();
  });

  /** Looks at what is shown now in both widths, and leaves the page narrow. @returns what is wrong in each. */
  const examine = async (page: Page, tag: string, step: string): Promise<Record<string, Finding[]>> => {
    const wrong: Record<string, Finding[]> = {};
    for (const width of [WIDE, NARROW]) {
      await page.setViewport({ width, height: 800 });
      await look(page, `${tag}-${String(width)}-${name}-${step}`);
      const found = await findings(page);
      if (found.length > 0) wrong[`${step} at ${String(width)} pixels`] = found;
      expect(await overflows(page), `${step} at ${String(width)} pixels`).toBe(false);
    }
    return wrong;
  };

  it.each(LANGUAGES.map(({ tag }) => tag))("every step is sound and fits a telephone and a desk, in %s", async (tag) => {
    const page = await browser.newPage(NARROW, 800);
    const wrong: Record<string, Finding[]> = {};
    const examineStep = async (step: string): Promise<void> => {
      Object.assign(wrong, await examine(page, tag, step));
    };
    await page.goto(`${line.url}/${tag}/`, { waitUntil: "load" });
    await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
    await examineStep("safety");
    await goOn(page, "safety", "story");
    await page.click("#step-story .ways .main");
    await page.waitForSelector("#problem-story:not(:empty)");
    await page.type("#narrative", "我的电话是13812345678。\nقېرىندىشىم");
    await examineStep("story");
    await goOn(page, "story", "questions");
    await page.type("#when-from", "2016");
    await page.select("#where", "CN-XJ");
    await examineStep("questions");
    await goOn(page, "questions", "files");
    const choose = await page.$("input#choose");
    await choose?.uploadFile(fileURLToPath(new URL("../../../package.json", import.meta.url)));
    await filesLooked(page, 1);
    await examineStep("files");
    await goOn(page, "files", "reply");
    await page.click("#wants-reply");
    await examineStep("reply");
    await goOn(page, "reply", "words");
    await page.waitForSelector("#words li:nth-child(12)");
    await examineStep("words");
    const words = await textsOf(page, "#words li");
    await goOn(page, "words", "check");
    await page.waitForFunction(() => document.getElementById("label-word-b")?.textContent !== "");
    await page.click("#check-words");
    await page.waitForSelector("#problem-check:not(:empty)");
    await examineStep("check");
    await answerWords(page, words);
    await page.click("#check-words");
    await stepShown(page, "review");
    await examineStep("review");
    line.decide(({ method }) => (method === "PUT" ? { status: 503, error: "server-full", retryAfter: 60 } : "pass"));
    await page.click("#send");
    await page.waitForSelector("#try-now", { visible: true });
    await examineStep("sending");
    line.decide(({ method }) => (method === "PUT" ? { status: 422, error: "wrong-recipient" } : "pass"));
    await page.click("#try-now");
    await stepShown(page, "failed");
    await examineStep("failed");
    line.decide(() => "pass");
    await page.click("#failed-again");
    await stepShown(page, "done");
    await page.click("#step-done summary");
    await examineStep("done");
    expect(wrong).toEqual({});
    await page.close();
  });

  it.each(["en", "ug", "bo"])("an offer in the operator's words is sound and fits a telephone and a desk, in %s", async (tag) => {
    const page = await browser.newPage(NARROW, 800);
    await page.goto(`${offering.url}/${tag}/`, { waitUntil: "load" });
    await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
    await goOn(page, "safety", "story");
    await page.type("#narrative", "A.");
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    await goOn(page, "files", "reply");
    expect(await examine(page, tag, "offer")).toEqual({});
    const [block = ""] = await textsOf(page, "#rewards");
    expect(block).toContain("Whoever wrote <b>this</b> & that.");
    expect(block).toContain("https://program.test/offer?a=1&b=<x>");
    expect(await textsOf(page, "#rewards b, #rewards a, footer script")).toEqual([]);
    await page.close();
  });
});
