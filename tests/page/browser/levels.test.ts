/** Firefox set like Tor Browser's security levels *Safer* and *Safest*. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { en } from "../../../src/page/locales/en.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import type { Locale } from "../../../src/page/locales/locale.ts";
import { openBrowser, type TestBrowser } from "../../support/browser.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { openRecordingLine, type RecordingLine } from "../../support/recording-line.ts";
import { jpegOf, MARK } from "../../support/sample-files.ts";
import { SAFER, SAFEST } from "../../support/tor-browser.ts";
import { confirmWords, goOn, pick, stepShown } from "../../support/witness.ts";

const postgres = testPostgres();

const ACCOUNT = "ئۇلار قېرىندىشىمنى ئېلىپ كەتتى.";

describe("at Safer", () => {
  let folder: string;
  let browser: TestBrowser;
  let site: PageSite;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-safer-"));
    browser = await openBrowser("firefox", { preferences: SAFER });
    site = await openPageSite(postgres);
  });
  afterAll(async () => {
    await browser.close();
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("a tip in Uyghur arrives, with a cleaned picture, a larger file and twelve words", async () => {
    const page = await browser.newPage(null);
    await page.goto(`${site.url}/ug/`, { waitUntil: "load" });
    await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
    // The level is in force.
    expect(await page.evaluate(() => [typeof WebAssembly, new Date(0).getTimezoneOffset(), navigator.hardwareConcurrency > 8])).toEqual([
      "undefined",
      0,
      false,
    ]);
    await goOn(page, "safety", "story");
    await page.type("#narrative", ACCOUNT);
    await goOn(page, "story", "questions");
    await pick(page, "basis", "happened_to_me");
    await goOn(page, "questions", "files");
    const large = Buffer.alloc(3_000_000, "firsthand");
    await writeFile(join(folder, "رەسىم.jpg"), jpegOf());
    await writeFile(join(folder, "large.bin"), large);
    const choose = await page.$("input#choose");
    await choose?.uploadFile(join(folder, "رەسىم.jpg"), join(folder, "large.bin"));
    await page.waitForFunction(() => document.querySelectorAll('#files > li:not([data-look="looking"])').length === 2);
    await goOn(page, "files", "reply");
    await page.click("#wants-reply");
    await goOn(page, "reply", "words");
    await confirmWords(page);
    await page.click("#send");
    await stepShown(page, "done");

    const [received, ...more] = await site.received();
    expect(more).toEqual([]);
    expect(received?.tip.answers).toMatchObject({ narrative: ACCOUNT, basis: "happened_to_me", language: "ug" });
    expect(received?.tip.reply).not.toBeNull();
    const [picture, other] = received?.files ?? [];
    expect([picture?.attachment.name, picture?.attachment.form]).toEqual(["رەسىم.jpg", "cleaned"]);
    expect(Buffer.from(jpegOf()).includes(MARK)).toBe(true);
    expect(picture?.length).toBeLessThan(jpegOf().length);
    expect(other?.sha256).toBe(createHash("sha256").update(large).digest("hex"));
    await page.close();
  });
});

/** Everything that is said before sending, and needs no script to be read. */
function wordsBeforeSending({ text }: Locale): string[] {
  const { noScript, safety, story, questions, files, reply, words } = text;
  return [
    ...[noScript, safety, reply].flatMap((part) => Object.values<string | readonly string[]>(part)).flat(),
    ...[story.title, story.lead, story.label, ...story.hints],
    ...[questions.title, questions.lead, questions.combination, questions.basis, questions.when, questions.where, questions.sharing],
    ...[files.title, files.lead, ...files.warnings],
    ...[words.title, words.lead, ...words.advice],
  ];
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").toLowerCase();
}

describe("at Safest", () => {
  let browser: TestBrowser;
  let site: PageSite;
  let line: RecordingLine;

  beforeAll(async () => {
    browser = await openBrowser("firefox", { preferences: SAFEST });
    site = await openPageSite(postgres);
    line = await openRecordingLine(site.url);
  });
  afterAll(async () => {
    await line.close();
    await browser.close();
    await site.remove();
  });

  it.each(LANGUAGES.map((locale) => [locale.tag, locale] as const))(
    "everything can be read in %s, the notice first, nothing can be pressed, and nothing is sent",
    async (tag, locale) => {
      const page = await browser.newPage(null);
      line.forget();
      await page.goto(`${line.url}/${tag}/`, { waitUntil: "load" });
      // One look: most of what a driver does in a page needs scripts there.
      const seen = await page.evaluate(() => {
        const notice = document.querySelector(".warning");
        const controls = [...document.querySelectorAll("section button, section input, section textarea, section select")];
        return {
          text: document.body.innerText,
          notice: notice === null ? null : [notice.getBoundingClientRect().width, notice.getBoundingClientRect().height],
          visible: notice !== null && getComputedStyle(notice).visibility === "visible",
          usable: controls.filter((control) => !control.matches(":disabled")).map(({ id }) => id),
          made: document.querySelectorAll("#words li, #rows li").length,
        };
      });
      const text = plain(seen.text);
      expect(wordsBeforeSending(locale).filter((words) => !text.includes(plain(words)))).toEqual([]);
      expect(text.indexOf(plain(locale.text.noScript.title))).toBeLessThan(text.indexOf(plain(locale.text.safety.first)));
      expect(seen).toMatchObject({ visible: true, usable: [], made: 0 });
      expect(Math.min(...(seen.notice ?? [0]))).toBeGreaterThan(50);
      if (locale.status === "draft") expect(text).toContain(plain(en.draft.notice));
      await page.close();

      const asked = line.exchanges().map(({ method, path }) => `${method} ${path}`);
      expect(asked).toContain(`GET /${tag}/`);
      expect(asked.filter((request) => !/^GET \/(?:[a-zA-Z-]+\/|assets\/page\.(?:css|js))$/.test(request))).toEqual([]);
      expect(await site.received()).toEqual([]);
    },
  );
});
