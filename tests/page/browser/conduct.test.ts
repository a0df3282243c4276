import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wordsToCodename } from "../../../src/protocol/crypto/codename.ts";
import { en } from "../../../src/page/locales/en.ts";
import { BROWSERS, openBrowser, PLAIN_HOST, type TestBrowser } from "../../support/browser.ts";
import { type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { confirmWords, filesLooked, goOn, openWitnessPage, stepShown, textsOf, writeOnly } from "../../support/witness.ts";

const postgres = testPostgres();

const DAY = 86_400_000;
const ACCOUNT = "قېرىندىشىمنى ئېلىپ كەتتى";

/** The heading of the failure that is shown. */
async function failureOf(page: Page, url: string): Promise<string> {
  await page.goto(url, { waitUntil: "load" });
  await stepShown(page, "failed");
  const [title = ""] = await textsOf(page, "#title-failed");
  return title;
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

  it("brings a tip over a line that breaks, to a server that is full, once", async () => {
    const before = (await site.received()).length;
    const page = await browser.newPage();
    line.decide(({ method }, index) => {
      if (method === "GET") return "pass";
      if (index % 4 === 0) return { status: 503, error: "server-full" };
      return index % 4 === 1 ? "lost" : index % 4 === 2 ? "answer-lost" : "pass";
    });
    await openWitnessPage(page, line.url);
    await writeOnly(page, ACCOUNT);
    await page.click("#send");
    await stepShown(page, "done");
    const received = await site.received();
    expect(received.length).toBe(before + 1);
    expect(received.filter(({ tip }) => tip.answers.narrative === ACCOUNT && tip.reply === null).length).toBe(1);
    await page.close();
  });

  it("says that it waits, goes on when asked, and stops without losing a word", async () => {
    const before = (await site.received()).length;
    const page = await browser.newPage();
    line.decide(({ method }) => (method === "PUT" ? { status: 503, error: "server-full", retryAfter: 100 } : "pass"));
    await openWitnessPage(page, line.url);
    await writeOnly(page, "I will stop this.");
    await page.click("#send");
    await page.waitForSelector("#try-now", { visible: true });
    const [trouble = ""] = await textsOf(page, "#progress-trouble");
    expect(trouble).toMatch(/^The server is full just now\. Your message waits here\. Trying again in 100 s$/);
    const tries = line.seen.length;
    await page.click("#try-now");
    await page.waitForFunction(() => document.getElementById("try-now")?.hidden === false);
    await expect.poll(() => line.seen.length, { timeout: 60_000 }).toBeGreaterThan(tries);
    await page.click("#stop");
    await stepShown(page, "review");
    expect((await textsOf(page, "#rows .own"))[0]).toBe("I will stop this.");
    expect(await textsOf(page, "#stopped:not([hidden])")).toHaveLength(1);
    expect((await site.received()).length).toBe(before);
    await page.close();
  });

  it("stops when a chosen file is gone, keeps what was written, and sends nothing", async () => {
    const before = (await site.received()).length;
    const folder = await mkdtemp(join(tmpdir(), "fh-gone-"));
    const file = join(folder, "gone.bin");
    await writeFile(file, Buffer.alloc(100_000, 1));
    const page = await browser.newPage();
    await openWitnessPage(page, site.url);
    await goOn(page, "safety", "story");
    await page.type("#narrative", "With a file.");
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    const choose = await page.$("input#choose");
    await choose?.uploadFile(file);
    await filesLooked(page, 1);
    await rm(folder, { recursive: true });
    await goOn(page, "files", "reply");
    await goOn(page, "reply", "review");
    await page.click("#send");
    await stepShown(page, "failed");
    expect(await textsOf(page, "#title-failed")).toEqual([en.live.failures["file-unreadable"].title]);
    await page.click("#failed-back");
    await stepShown(page, "review");
    expect((await textsOf(page, "#rows .own"))[0]).toBe("With a file.");
    expect((await site.received()).length).toBe(before);
    await page.close();
  });

  it("takes an answer out again, and sends without it", async () => {
    line.decide(() => "pass");
    const page = await browser.newPage();
    await openWitnessPage(page, site.url);
    await goOn(page, "safety", "story");
    await page.type("#narrative", "Taken out.");
    await goOn(page, "story", "questions");
    await page.select("#where", "KZ");
    await goOn(page, "questions", "files");
    await goOn(page, "files", "reply");
    await goOn(page, "reply", "review");
    await page.click('button[aria-label="Remove: Where"]');
    await page.click('button[aria-label="Remove: Language of this page"]');
    await page.waitForFunction(() => document.querySelectorAll("#rows li").length === 2);
    await page.click("#send");
    await stepShown(page, "done");
    const received = (await site.received()).find(({ tip }) => tip.answers.narrative === "Taken out.");
    expect([received?.tip.answers.where, received?.tip.answers.language]).toEqual([null, null]);
    await page.close();
  });

  it.each(["simplified-chinese", "traditional-chinese", "korean"] as const)(
    "gives twelve words in %s that lead back to the same keys",
    async (list) => {
      const page = await browser.newPage(360, 740);
      await openWitnessPage(page, site.url);
      await goOn(page, "safety", "story");
      await page.type("#narrative", "Words.");
      await goOn(page, "story", "questions");
      await goOn(page, "questions", "files");
      await goOn(page, "files", "reply");
      await page.click("#wants-later");
      await goOn(page, "reply", "words");
      await page.waitForSelector("#words li:nth-child(12)");
      const english = await textsOf(page, "#words li");
      await page.select("#list", list);
      await page.waitForFunction(
        (first) => document.querySelector("#words li:nth-child(12)") !== null && document.querySelector("#words li")?.textContent !== first,
        {},
        english[0],
      );
      const words = await confirmWords(page);
      expect(await wordsToCodename(words, list)).toEqual(await wordsToCodename(english, "english"));
      await page.close();
    },
  );

  it("leaves at once: nothing on the screen, nothing to go back to", async () => {
    const page = await browser.newPage();
    await openWitnessPage(page, site.url);
    await goOn(page, "safety", "story");
    await page.type("#narrative", "Somebody comes in.");
    await page.click("#leave");
    await page.waitForFunction(() => location.href === "about:blank");
    expect(await page.content()).not.toContain("Somebody");
    expect(await page.evaluate(() => document.body.textContent.trim())).toBe("");
    await page.goBack({ timeout: 5_000 }).catch(() => null);
    expect(await page.content()).not.toContain("Somebody");
    await page.close();
  });

  it("keeps nothing in the browser's storage", async () => {
    const page = await browser.newPage();
    await openWitnessPage(page, site.url);
    await writeOnly(page, "Nothing stays.");
    const kept = await page.evaluate(async () => ({
      local: localStorage.length,
      session: sessionStorage.length,
      cookies: document.cookie,
      databases: (await indexedDB.databases()).length,
      history: history.length,
      state: history.state as unknown,
    }));
    expect(kept).toMatchObject({ local: 0, session: 0, cookies: "", databases: 0, state: null });
    await page.close();
  });

  it("stops on an address that the browser does not trust, and says what to do", async () => {
    const page = await browser.newPage();
    const title = await failureOf(page, `${site.url.replace("127.0.0.1", PLAIN_HOST)}/en/`);
    expect(title).toBe("This connection is not secure enough");
    expect(await page.$eval("#leave", (button) => (button as HTMLButtonElement).disabled)).toBe(false);
    expect(await textsOf(page, "#step-story:not([hidden])")).toEqual([]);
    await page.close();
  });

  it("stops when the keys do not come, and goes on when they do", async () => {
    const page = await browser.newPage();
    line.decide(({ path }) => (path === "/keys.pgp" ? { status: 404, error: "not-found" } : "pass"));
    expect(await failureOf(page, `${line.url}/en/`)).toBe("The keys of this site are missing");
    // As a server answers whose certificate has run out.
    line.decide(({ path }) => (path === "/keys.pgp" ? { status: 422, error: "no-epoch" } : "pass"));
    expect(await failureOf(page, `${line.url}/en/`)).toBe("The keys of this site are missing");
    line.decide(() => "pass");
    await page.click("#failed-again");
    await stepShown(page, "safety");
    await goOn(page, "safety", "story");
    await page.close();
  });

  it("refuses keys that are not the pinned program's", async () => {
    const other = await openPageSite(postgres, { pinnedProgram: "0".repeat(64) });
    const page = await browser.newPage();
    expect(await failureOf(page, `${other.url}/en/`)).toBe("Stop: the keys of this site are not the right ones");
    expect(await textsOf(page, "#step-failed button:not([hidden])")).toEqual([]);
    await page.close();
    await other.remove();
  });

  it("stops when the clock and the keys do not fit", async () => {
    const other = await openPageSite(postgres, { keysFor: Date.now() - 60 * DAY });
    const page = await browser.newPage();
    expect(await failureOf(page, `${other.url}/en/`)).toBe("The clock of your device may be wrong");
    await page.close();
    await other.remove();
  });

  it("without a script can be read, says why nothing can be sent, and has no control that works but the plain form's", async () => {
    const still = await openBrowser(name, { scripts: false });
    const page = await still.newPage();
    await page.goto(`${site.url}/en/`, { waitUntil: "load" });
    const text = await page.evaluate(() => document.body.innerText);
    expect(text).toContain("Scripts are turned off in your browser");
    expect(text).toContain("Stop if you are not safe now.");
    expect(text).toContain("What do you want to tell us?");
    expect(text).toContain("Write them on paper, in this order.");
    // Not by `$$eval`: in Firefox its parts need the page's own scripts.
    const usable = await page.evaluate(() => {
      const controls = [...document.querySelectorAll(":is(button, input, textarea, select):not(:disabled)")];
      return controls.filter((control) => control.closest('form[action="/tips"]') === null).length;
    });
    expect(usable).toBe(0);
    await still.close();
  });

  it("can be used by keyboard alone", async () => {
    const page = await browser.newPage();
    await openWitnessPage(page, site.url);
    /** Tabs until the control in focus matches. */
    const tabTo = async (selector: string): Promise<void> => {
      for (let tabs = 0; tabs < 120; tabs++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
      }
      throw new Error(`no way to ${selector} by keyboard`);
    };
    const steps = ["safety", "story", "questions", "files", "reply", "review", "done"];
    for (const [index, step] of steps.slice(0, -1).entries()) {
      if (step === "story") {
        await tabTo("#narrative");
        await page.keyboard.type("By keyboard.");
      }
      await tabTo(`#step-${step} .ways .main`);
      await page.keyboard.press("Enter");
      await stepShown(page, steps[index + 1] ?? "");
    }
    expect((await site.received()).some(({ tip }) => tip.answers.narrative === "By keyboard.")).toBe(true);
    await page.close();
  });
});
