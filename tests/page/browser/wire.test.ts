/**
 * What somebody sees who watches the line between browser and server: for tips of one size class, the same exchanges in the same order with the same lengths,
 * whatever is in the tip. Measured from the moment the form is open to the receipt.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envelopeLength } from "../../../src/protocol/format/envelope.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { type Exchange, openRecordingLine, type RecordingLine } from "../../support/recording-line.ts";
import { confirmWords, goOn, pick, stepShown } from "../../support/witness.ts";

const postgres = testPostgres();

/** A tip as a witness makes it. */
interface Visit {
  readonly language: string;
  readonly account: string;
  /** Ticks and fills in more than the account. */
  readonly fields?: true;
  /** Names and sizes of files. */
  readonly files?: readonly (readonly [name: string, size: number])[];
  readonly wants?: readonly ("reply" | "claim" | "later")[];
}

const SMALL: readonly (readonly [what: string, visit: Visit])[] = [
  ["three words", { language: "en", account: "I saw it." }],
  [
    "a long account in Chinese, every field, a reply and a claim",
    { language: "en", account: "他们在2016年把我哥哥带走了。".repeat(600), fields: true, wants: ["reply", "claim"] },
  ],
  [
    "an account in Uyghur with three files",
    {
      language: "en",
      account: "ئۇلار قېرىندىشىمنى ئېلىپ كەتتى. ".repeat(40),
      files: [
        ["a.jpg", 9_000],
        ["ھۆججەت.pdf", 0],
        ["三.docx", 20_000],
      ],
    },
  ],
];

/** In this language the words come from another list. */
const IN_CHINESE: readonly (readonly [what: string, visit: Visit])[] = [
  ["three words", { language: "zh-Hans", account: "我看见了。" }],
  [
    "twelve words and a file",
    { language: "zh-Hans", account: "我看见了。".repeat(100), files: [["照片.png", 30_000]], wants: ["reply", "later"] },
  ],
];

/** In the class of 1 MiB: three parts. */
const LARGER: readonly (readonly [what: string, visit: Visit])[] = [
  ["one file", { language: "en", account: "I saw it.", files: [["a.mp4", 700_000]] }],
  [
    "three files, every field and a claim",
    {
      language: "en",
      account: "ئۇلار ".repeat(3_000),
      fields: true,
      files: [
        ["b.zip", 150_000],
        ["c.heic", 90_000],
        ["d", 60_000],
      ],
      wants: ["claim"],
    },
  ],
];

describe.each(BROWSERS)("in %s", (name) => {
  let folder: string;
  let browser: TestBrowser;
  let site: PageSite;
  let line: RecordingLine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-wire-"));
    browser = await openBrowser(name);
    site = await openPageSite(postgres);
    line = await openRecordingLine(site.url);
  });
  afterAll(async () => {
    await line.close();
    await browser.close();
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Makes and sends a tip, and returns what was to be seen. */
  async function watched(visit: Visit): Promise<Exchange[]> {
    const page = await browser.newPage();
    line.forget();
    await page.goto(`${line.url}/${visit.language}/`, { waitUntil: "load" });
    await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
    const opening = line.exchanges().map(({ path }) => path);
    expect(opening.sort()).toEqual([`/${visit.language}/`, "/assets/page.css", "/assets/page.js", "/keys.pgp"].sort());
    line.forget();
    await send(page, visit);
    const seen = line.exchanges();
    const said = line.said();
    await page.close();
    for (const secret of [visit.account.slice(0, 12), ...(visit.files ?? []).map(([file]) => file)].filter((text) => text.length > 4)) {
      for (const form of [secret, encodeURIComponent(secret)]) expect(said.includes(form), form).toBe(false);
    }
    return seen;
  }

  async function send(page: Page, { account, fields, files = [], wants = [] }: Visit): Promise<void> {
    await goOn(page, "safety", "story");
    // All at once, as from a clipboard: typing thousands of letters takes a driver minutes.
    await page.$eval(
      "#narrative",
      (field, text) => {
        (field as HTMLTextAreaElement).value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      },
      account,
    );
    await goOn(page, "story", "questions");
    if (fields === true) {
      await pick(page, "basis", "saw_or_did");
      await pick(page, "witness-category", "medical");
      for (const code of ["medical_test_in_custody", "organ_removal", "disappearance"]) await pick(page, "event-type", code);
      await page.type("#when-from", "2015");
      await page.type("#when-to", "2018");
      await page.select("#where", "CN-XJ");
      await pick(page, "evidence", "photos_video");
      await pick(page, "sharing", "share_all");
    }
    await goOn(page, "questions", "files");
    if (files.length > 0) {
      for (const [file, size] of files) await writeFile(join(folder, file), randomBytes(size));
      const choose = await page.$("input#choose");
      await choose?.uploadFile(...files.map(([file]) => join(folder, file)));
      await page.waitForFunction(
        (count) => document.querySelectorAll('#files > li:not([data-look="looking"])').length === count,
        {},
        files.length,
      );
    }
    await goOn(page, "files", "reply");
    for (const wish of wants) await page.click(`#wants-${wish}`);
    if (wants.length > 0) {
      await goOn(page, "reply", "words");
      await confirmWords(page);
    } else await goOn(page, "reply", "review");
    await page.click("#send");
    await stepShown(page, "done");
  }

  /** Watches all of them, and shows that none can be told from the first. Returns what was seen of it. */
  async function expectAlike(visits: typeof SMALL, content: number): Promise<Exchange[]> {
    const [[, plain], ...others] = visits as [(typeof SMALL)[number], ...typeof SMALL];
    const seen = await watched(plain);
    for (const [what, visit] of others) expect(await watched(visit), what).toEqual(seen);
    const parts = seen.filter(({ method }) => method === "PUT");
    expect(seen.filter(({ method }) => method === "GET").map(({ path }) => path)).toEqual(["/assets/files.js"]);
    expect(parts.reduce((sum, { body }) => sum + body, 0)).toBe(envelopeLength(content));
    expect(seen.map(({ method, path, status }) => `${method} ${path} ${String(status)}`).slice(-parts.length - 1)).toEqual([
      ...parts.map((_, index) => `PUT /tips/${"*".repeat(32)}/parts/${String(index + 1)} 204`),
      `POST /tips/${"*".repeat(32)} 200`,
    ]);
    return seen;
  }

  it("tips of the smallest class look alike, with files or without, whatever is wanted, in any script", async () => {
    const seen = await expectAlike(SMALL, 65_536);
    expect(seen.filter(({ method }) => method === "PUT")).toHaveLength(1);
    const larger = await expectAlike(LARGER, 1_048_576);
    expect(larger.filter(({ method }) => method === "PUT")).toHaveLength(3);
    // The line is not blind: another class looks otherwise.
    expect(larger).not.toEqual(seen);
  });

  it("so they do in another language, and nobody asks for the page's own list of words", async () => {
    await expectAlike(IN_CHINESE, 65_536);
  });
});
