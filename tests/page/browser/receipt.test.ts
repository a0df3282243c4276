/** A witness who kept a receipt checks it against the real server's log, in real browsers and over a line on which everything is written down. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import type { ReceiptText } from "../../../src/page/locales/locale.ts";
import { formatVkey, noteSigner } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { receiptOf } from "../../support/batch-log.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type Finding, findings, look, overflows } from "../../support/inspection.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { type Exchange, openRecordingLine, type RecordingLine } from "../../support/recording-line.ts";
import { ORIGIN } from "../../support/server.ts";
import { goOn, openWitnessPage, stepShown } from "../../support/witness.ts";

const postgres = testPostgres();

/** Sentences of a language. */
function textOf(tag: string): ReceiptText {
  const language = LANGUAGES.find((locale) => locale.tag === tag);
  if (language === undefined) throw new Error("there is no such language");
  return language.returning.receipt;
}

/** Presses the button of the return with this label. */
async function press(page: Page, label: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const buttons = document.querySelectorAll<HTMLButtonElement>("#step-return .ways button:not([hidden])");
      const found = [...buttons].find((button) => button.textContent === wanted);
      found?.click();
      return found !== undefined;
    },
    {},
    label,
  );
}

async function headed(page: Page, heading: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector("#return h3")?.textContent === wanted, {}, heading);
}

/** Opens the page in a language and goes to where receipts are checked. */
async function toReceipts(page: Page, site: string, tag: string): Promise<void> {
  await page.goto(`${site}/${tag}/`, { waitUntil: "load" });
  await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
  await page.click("#come-back");
  await stepShown(page, "return");
  await press(page, textOf(tag).way);
  await page.waitForSelector("#receipt-text", { visible: true });
}

/** Enters a receipt all at once, as from a clipboard, and presses the button. */
async function check(page: Page, receipt: string, tag: string): Promise<void> {
  await page.$eval(
    "#receipt-text",
    (field, text) => {
      (field as HTMLTextAreaElement).value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    receipt,
  );
  await press(page, textOf(tag).check);
}

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let site: PageSite;
  let line: RecordingLine;
  let folder: string;
  /** Of batches 1 to 4, which are sealed and fill more than one piece of the log, and of the one that is open. */
  let receipts: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-receipt-"));
    browser = await openBrowser(name);
    site = await openPageSite(postgres);
    receipts = [];
    for (let batch = 1; batch <= 5; batch++) {
      receipts.push(await site.receipt());
      if (batch < 5) await site.seal();
    }
    line = await openRecordingLine(site.url);
  });
  afterAll(async () => {
    await line.close();
    await browser.close();
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ["en", 1280],
    ["ug", 360],
    ["zh-Hans", 360],
  ])("says what the log says, and what is wrong with a receipt, in %s at %i pixels", async (tag, width) => {
    const text = textOf(tag);
    const page = await browser.newPage(width, 800);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error instanceof Error ? error.message : String(error)));
    const wrong: Record<string, Finding[]> = {};
    const examine = async (phase: string): Promise<void> => {
      await look(page, `${name}-receipt-${tag}-${phase}`);
      const found = await findings(page);
      if (found.length > 0) wrong[phase] = found;
      expect(await overflows(page), phase).toBe(false);
    };
    await toReceipts(page, line.url, tag);
    await press(page, text.check);
    await page.waitForFunction((problem) => document.getElementById("receipt-problem")?.textContent === problem, {}, text.problems.empty);
    await examine("entry");

    const [first = "", , , , open = ""] = receipts;
    await check(page, first.slice(0, -30), tag);
    await page.waitForFunction(
      (problem) => document.getElementById("receipt-problem")?.textContent === problem,
      {},
      text.problems["no-receipt"],
    );
    const foreign = await receiptOf(await noteSigner(ORIGIN, randomBytes(32)), randomBytes(32), 1);
    await check(page, fromUtf8(foreign), tag);
    await page.waitForFunction((problem) => document.getElementById("receipt-problem")?.textContent === problem, {}, text.problems.foreign);
    await examine("foreign");

    await writeFile(join(folder, "note.txt"), first);
    const choose = await page.$("input#receipt-file");
    await choose?.uploadFile(join(folder, "note.txt"));
    await page.waitForFunction((whole) => (document.getElementById("receipt-text") as HTMLTextAreaElement).value === whole, {}, first);
    await press(page, text.check);
    await headed(page, text.outcomes.included.title);
    // Set apart, or it would run backwards in Uyghur.
    const apart = await page.$$eval("#return bdi", (places) => places.map((place) => place.textContent));
    expect(apart).toEqual(["1", expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/)]);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H3");
    await examine("included");

    await press(page, text.again);
    await check(page, open, tag);
    await headed(page, text.outcomes["not-due"].title);
    await press(page, text.again);
    await check(page, fromUtf8(await receiptOf(site.log, randomBytes(32), 1)), tag);
    await headed(page, text.outcomes.missing.title);
    await examine("missing");
    await press(page, text.again);
    await check(page, fromUtf8(await receiptOf(site.log, randomBytes(32), 99)), tag);
    await headed(page, text.outcomes.shrunk.title);

    await press(page, text.back);
    await page.waitForSelector("#return-word", { visible: true });
    await press(page, text.way);
    expect(await page.$eval("#receipt-text", (field) => (field as HTMLTextAreaElement).value)).toBe("");
    expect(wrong).toEqual({});
    // The icon, which the policy blocks.
    expect(complaints.filter((complaint) => !complaint.includes("data:,"))).toEqual([]);
    await page.close();
  });

  it("nobody on the line can tell which entry is looked for, nor whether it is there", async () => {
    const { outcomes } = textOf("en");
    const seen: Exchange[][] = [];
    const missing = fromUtf8(await receiptOf(site.log, randomBytes(32), 2));
    for (const [receipt, heading] of [
      [receipts[0], outcomes.included.title],
      [receipts[3], outcomes.included.title],
      [receipts[4], outcomes["not-due"].title],
      [missing, outcomes.missing.title],
    ] as const) {
      const page = await browser.newPage();
      await toReceipts(page, line.url, "en");
      line.forget();
      await check(page, receipt ?? "", "en");
      await headed(page, heading);
      // Two pieces are asked for at once, over two connections.
      seen.push(line.exchanges().toSorted((a, b) => a.path.localeCompare(b.path)));
      expect(line.said().includes("receipt")).toBe(false);
      await page.close();
    }
    expect(seen[0]?.map(({ path }) => path)).toEqual([
      "/log/checkpoint",
      "/log/tile/entries/000",
      expect.stringMatching(/^\/log\/tile\/entries\/001\.p\/\d+$/) as unknown,
    ]);
    for (const exchanges of seen) expect(exchanges).toEqual(seen[0]);
  });

  it("a receipt that another key signed is none: the witness can send again and keeps the account", async () => {
    const pinnedLog = formatVkey(ORIGIN, randomBytes(32)).text;
    const other = await openPageSite(postgres, { pinnedLog });
    const page = await browser.newPage(360, 740);
    await openWitnessPage(page, other.url);
    await goOn(page, "safety", "story");
    await page.type("#narrative", "What I saw.");
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    await goOn(page, "files", "reply");
    await goOn(page, "reply", "review");
    await page.click("#send");
    await stepShown(page, "failed");
    expect(await page.$eval("#failed-what", (place) => place.textContent)).toContain("not signed with the key that this page knows");
    await page.click("#failed-back");
    await stepShown(page, "review");
    expect(await page.$eval("#narrative", (field) => (field as HTMLTextAreaElement).value)).toBe("What I saw.");
    await page.close();
    await other.remove();
  });
});
