/**
 * The way without a script, from end to end: the offline page opened from a disk makes a sealed file without a network, and the plain form takes it in a browser whose
 * scripts are off. Such a browser is driven by keys, and asked only what it can answer at once: a driver's clicks, and what it waits for, need a script in the page.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildOffline } from "../../../src/build/offline.ts";
import { OFFLINE_PAGE } from "../../../src/page/document/carried.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import type { Locale } from "../../../src/page/locales/locale.ts";
import { generateCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { deriveKeys, wordsToCodename } from "../../../src/protocol/crypto/codename.ts";
import { parseSavedHeader, SAVED_HEADER_LENGTH } from "../../../src/protocol/format/saved.ts";
import { type BrowserName, BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { findings, look, overflows } from "../../support/inspection.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { confirmWords, goOn, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

/** The language that each browser is used in, and what is written. */
const WITNESSES: Readonly<Record<BrowserName, { tag: Locale["tag"]; account: string; attachment: string }>> = {
  chromium: { tag: "zh-Hans", account: "他们在2016年把我哥哥带走了。\n我们再也没有见到他。", attachment: "证据.bin" },
  firefox: { tag: "ug", account: "ئۇلار قېرىندىشىمنى ئېلىپ كەتتى.\nئۇنى قايتا كۆرمىدۇق.", attachment: "ئىسپات.bin" },
};

const WEEK = 604_800;
const DAY = 86_400;

/** Opens an HTML file from the disk. */
async function openFile(page: Page, path: string): Promise<void> {
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  await page.waitForSelector("#step-safety fieldset.plain:not([disabled]), #step-failed:not([hidden])");
}

/** What a page is headed with; in any browser, since nothing is waited for. */
async function headingOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.querySelector("h1")?.textContent);
}

/** Takes the only file in a folder as soon as it is whole, and removes it. */
async function takeDownload(folder: string): Promise<{ name: string; bytes: Buffer }> {
  const whole = async (): Promise<string[]> => (await readdir(folder)).filter((name) => !/\.(?:part|crdownload|tmp)$/.test(name));
  let name = "";
  let length = -1;
  await expect
    .poll(
      async () => {
        [name = ""] = await whole();
        const before = length;
        length = name === "" || (await readdir(folder)).length > 1 ? -1 : (await readFile(join(folder, name))).length;
        return length > SAVED_HEADER_LENGTH && length === before;
      },
      { timeout: 120_000, interval: 250 },
    )
    .toBe(true);
  const bytes = await readFile(join(folder, name));
  await rm(join(folder, name));
  return { name, bytes };
}

describe.each(BROWSERS)("in %s", (name) => {
  const { tag, account, attachment } = WITNESSES[name];
  const locale = LANGUAGES.find((language) => language.tag === tag)!;
  let site: PageSite;
  let folder: string;
  let downloads: string;
  let browser: TestBrowser;
  let scriptless: TestBrowser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-offline-"));
    downloads = join(folder, "downloads");
    await mkdir(downloads);
    site = await openPageSite(postgres);
    browser = await openBrowser(name, {
      preferences: { "browser.download.folderList": 2, "browser.download.dir": downloads, "browser.download.panel.shown": true },
    });
    scriptless = await openBrowser(name, { preferences: { "javascript.enabled": false } });
  });
  afterAll(async () => {
    await scriptless.close();
    await browser.close();
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** A page in the browser whose scripts are off. */
  async function newScriptlessPage(): Promise<Page> {
    const page = await scriptless.newPage();
    if (name === "chromium") await page.setJavaScriptEnabled(false);
    return page;
  }

  /** Chooses a file in the plain form, sends it, and returns where that leads. */
  async function sendByForm(page: Page, address: string, path: string): Promise<string> {
    await page.goto(`${site.url}${address}`, { waitUntil: "load" });
    const field = await page.$("input#file");
    if (field === null) throw new Error("there is no form");
    await field.uploadFile(path);
    await page.evaluate(() => {
      document.querySelector<HTMLButtonElement>('form button[type="submit"]')?.focus();
    });
    const landed = page.waitForNavigation({ waitUntil: "load" });
    await page.keyboard.press("Enter");
    await landed;
    return new URL(page.url()).pathname;
  }

  it(`a tip in ${locale.name} is written offline, saved, sent by a form without a script, and arrives`, async () => {
    const html = await (await fetch(`${site.url}${OFFLINE_PAGE}`)).arrayBuffer();
    const path = join(folder, "page.html");
    await writeFile(path, Buffer.from(html));
    const evidence = randomBytes(700_000);
    await writeFile(join(folder, attachment), evidence);

    const page = await browser.newPage(360, 740);
    if (name === "chromium") {
      const session = await page.createCDPSession();
      await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
    }
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error instanceof Error ? error.message : String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await openFile(page, path);
    expect(await page.$("#elsewhere")).toBeNull();
    await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(`nav a[hreflang="${tag}"]`)]);
    await page.waitForSelector(`html[lang="${tag}"] #step-safety fieldset.plain:not([disabled])`);
    expect(await page.evaluate(() => [document.title, document.documentElement.dir])).toEqual([locale.text.title, locale.direction]);
    expect(await findings(page)).toEqual([]);
    expect(await overflows(page)).toBe(false);
    await look(page, `offline-${name}-1`);

    // The link to the content takes the language out of the address for a moment.
    await page.focus("a.skip");
    await page.keyboard.press("Enter");
    await page.waitForFunction((wanted) => location.hash === `#${wanted}`, {}, tag);

    await goOn(page, "safety", "story");
    await page.type("#narrative", account);
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    const choose = await page.$("input#choose");
    await choose?.uploadFile(join(folder, attachment));
    await page.waitForSelector("#files li:nth-child(1)");
    await goOn(page, "files", "reply");
    await page.click("#wants-later");
    await goOn(page, "reply", "words");
    const words = await confirmWords(page);
    await look(page, `offline-${name}-2-review`);
    await page.click("#send");
    await stepShown(page, "done");
    expect(await textsOf(page, "#title-done")).toEqual([locale.offline.done.title]);
    expect(await findings(page)).toEqual([]);
    await look(page, `offline-${name}-3-done`);
    await page.click("#save");
    const saved = await takeDownload(downloads);
    expect(saved.name).toBe("note.pgp");
    expect(complaints.filter((complaint) => !complaint.includes("data:,"))).toEqual([]);
    expect(asked.filter((url) => !/^(?:file:|blob:|data:)/.test(url))).toEqual([]);
    await page.close();

    const sealed = join(folder, "anything at all.jpg");
    await writeFile(sealed, saved.bytes);
    const plain = await newScriptlessPage();
    // One finds the form where it says that scripts are off, the other on the page of its own.
    expect(await sendByForm(plain, name === "chromium" ? `/${tag}/` : `/${tag}/send-file/`, sealed)).toBe(`/${tag}/received/`);
    expect(await headingOf(plain)).toBe(locale.carried.received.title);
    await look(plain, `offline-${name}-4-received`);
    await plain.close();

    const [received, ...more] = await site.received();
    expect(more).toEqual([]);
    expect(received?.tip.answers).toMatchObject({ narrative: account, language: tag });
    expect(received?.files.map(({ attachment: file, sha256 }) => [file.name, sha256])).toEqual([
      [attachment, createHash("sha256").update(evidence).digest("hex")],
    ]);
    expect(received?.commitment).toEqual(parseSavedHeader(Uint8Array.from(saved.bytes.subarray(0, SAVED_HEADER_LENGTH))));
    const { thread } = await deriveKeys(await wordsToCodename(words, locale.wordList));
    expect(received?.tip.thread).toEqual(thread.publicKey);
  });

  it("what is no sealed tip is refused on a page in its language, and kept nowhere", async () => {
    const before = (await site.received()).length;
    const path = join(folder, "plain.txt");
    await writeFile(path, "I saw it happen. ".repeat(20_000));
    const page = await newScriptlessPage();
    expect(await sendByForm(page, `/${tag}/send-file/`, path)).toBe(`/${tag}/refused/`);
    expect(await headingOf(page)).toBe(locale.carried.refused.title);
    await look(page, `offline-${name}-5-refused`);
    await page.close();
    expect((await site.received()).length).toBe(before);
  });

  it("says that it is too old when no key fits the clock, and what to do", async () => {
    const start = (Math.floor(Date.now() / 1000 / WEEK) - 12) * WEEK;
    const [program, rewards] = [
      await generateCertificate({ purpose: "program", start, epochs: 10 }),
      await generateCertificate({ purpose: "rewards", start, epochs: 10 }),
    ];
    const html = await buildOffline({
      pinned: {
        program: program.fingerprint,
        rewards: rewards.fingerprint,
        log: { name: "tips.test/log", id: 1, key: "A".repeat(43) + "=" },
      },
      demo: false,
      configured: null,
      style: "",
      program: program.publicBytes,
      rewards: rewards.publicBytes,
      today: new Date((start + DAY) * 1000).toISOString().slice(0, 10),
    });
    await writeFile(join(folder, "old.html"), html);
    const page = await browser.newPage();
    await page.goto(`${pathToFileURL(join(folder, "old.html")).href}#${tag}`, { waitUntil: "load" });
    await stepShown(page, "failed");
    expect(await textsOf(page, "#title-failed")).toEqual([locale.offline.clock.title]);
    expect(await textsOf(page, "#failed-todo li")).toEqual(locale.offline.clock.todo);
    await page.close();
  });

  it("says on the site that it works from a disk only, and does nothing there", async () => {
    const page = await browser.newPage();
    await page.goto(`${site.url}${OFFLINE_PAGE}`, { waitUntil: "load" });
    expect(await textsOf(page, "#elsewhere h2")).toEqual(LANGUAGES.map(({ offline }) => offline.elsewhere.title));
    expect(await page.$$eval("fieldset.plain", (steps) => steps.every((step) => step.disabled))).toBe(true);
    await page.close();
  });

  it.each(["send-file", "received", "refused"])("the page %s is sound and fits a telephone", async (address) => {
    const page = await browser.newPage(360, 740);
    for (const language of [tag, "bo"]) {
      await page.goto(`${site.url}/${language}/${address}/`, { waitUntil: "load" });
      expect(await findings(page)).toEqual([]);
      expect(await overflows(page)).toBe(false);
      await look(page, `offline-${name}-${address}-${language}`);
    }
    await page.close();
  });
});
