import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { lookInto } from "../../../src/page/files/desk.ts";
import { visibleName } from "../../../src/page/compose/review.ts";
import { examine } from "../../../src/page/files/examine.ts";
import type { Locale } from "../../../src/page/locales/locale.ts";
import { en } from "../../../src/page/locales/en.ts";
import { ug } from "../../../src/page/locales/ug.ts";
import { zhHans } from "../../../src/page/locales/zh-Hans.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { findings, look, overflows } from "../../support/inspection.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { docxOf, jpegOf, KEPT_TEXT, MARK, pdfOf, pngOf, webpOf } from "../../support/sample-files.ts";
import { filesLooked, goOn, openWitnessPage, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

/** A name that is markup and turns the direction of writing. */
const HOSTILE_NAME = '"><img src=x onerror=alert(1)>\u{202e}gpj.jpg';

const CHOSEN: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  [HOSTILE_NAME, jpegOf()],
  ["shot.png", pngOf()],
  ["list.docx", docxOf()],
  ["scan.pdf", pdfOf()],
  ["old.doc", Buffer.from("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old document", "latin1")],
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-chosen-"));
  for (const [name, bytes] of CHOSEN) await writeFile(join(folder, name), bytes);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** From the first step to the files, with an account and the sample files. */
async function chooseFiles(page: Page): Promise<void> {
  await goOn(page, "safety", "story");
  await page.type("#narrative", "Files.");
  await goOn(page, "story", "questions");
  await goOn(page, "questions", "files");
  const choose = await page.$("input#choose");
  await choose?.uploadFile(...CHOSEN.map(([name]) => join(folder, name)));
  await filesLooked(page, CHOSEN.length);
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

  it("says what files give away, and sends copies or originals as the witness chose by keyboard", async () => {
    const page = await browser.newPage(360, 740);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await openWitnessPage(page, site.url);
    expect(asked).not.toContain("/assets/files.js");
    await chooseFiles(page);
    expect(asked.filter((path) => path === "/assets/files.js")).toHaveLength(1);

    const card = (index: number): string => `#files > li:nth-child(${String(index + 1)})`;
    expect(await textsOf(page, "#files .own")).toEqual(CHOSEN.map(([file]) => visibleName(file)));
    expect(await textsOf(page, `${card(0)} dt`)).toContain(en.files.traits.place);
    expect(await textsOf(page, `${card(0)} bdi`)).toContain(`SN-${MARK}`);
    expect(await textsOf(page, `${card(3)} .small`)).toContain(en.files.pages);
    expect(await textsOf(page, `${card(4)} .small`)).toEqual(expect.arrayContaining([en.files.unknown, en.files.kinds.document]));
    expect(await page.$$eval("#files fieldset", (groups) => groups.map((group) => group.getAttribute("aria-label")))).toEqual(
      CHOSEN.slice(0, 4).map(([file]) => en.files.choiceNamed.replace("{name}", visibleName(file))),
    );

    // The second picture as it is: down from the button that is on.
    await page.focus(`${card(1)} input:checked`);
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector(`${card(1)} input[value="original"]:checked`);
    expect(await page.evaluate(() => document.activeElement?.matches('input[value="original"]'))).toBe(true);
    expect(await findings(page)).toEqual([]);

    await goOn(page, "files", "reply");
    await goOn(page, "reply", "review");
    const { asItIs, cleanedCopy } = en.live.review;
    const rows = await page.$$eval("#rows li", (items) =>
      items.map((item) => [...item.querySelectorAll(".own")].map((own) => own.textContent)),
    );
    expect(rows.filter((row) => row.length === 2).map(([, form]) => form)).toEqual([cleanedCopy, asItIs, cleanedCopy, cleanedCopy, asItIs]);
    await page.click("#send");
    await stepShown(page, "done");

    const received = (await site.received()).find(({ tip }) => tip.answers.narrative === "Files.");
    const forms = received?.files.map(({ attachment }) => [attachment.name, attachment.form]);
    expect(forms).toEqual(CHOSEN.map(([file], index) => [file, [0, 2, 3].includes(index) ? "cleaned" : "original"]));
    const copyOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
      new Uint8Array(await ((await examine(new Blob([bytes]))).cleaned?.file ?? new Blob()).arrayBuffer());
    const sums = received?.files.map((file) => file.sha256);
    expect(sums?.slice(0, 2)).toEqual([sha256(await copyOf(jpegOf())), sha256(pngOf())]);
    // What is packed anew inside differs from platform to platform.
    expect(received?.files[3]?.attachment.size).toBe(pdfOf().length);
    expect(sums?.[3]).not.toBe(sha256(pdfOf()));
    await page.close();
  });

  it("makes copies that still open: pictures as they were turned, documents with their text, and no planted word", async () => {
    const page = await browser.newPage();
    await openWitnessPage(page, site.url);
    const originals: [type: string, bytes: Uint8Array][] = [
      ["image/jpeg", jpegOf()],
      ["image/png", pngOf()],
      ["image/webp", webpOf()],
      ["application/zip", docxOf()],
    ];
    // As text: the test's own tools rewrite the word in functions.
    await page.evaluate('globalThis.desk = import("/assets/files.js"); null');
    const made = await page.evaluate(
      async (files, words) => {
        const desk = await (Reflect.get(globalThis, "desk") as Promise<{ lookInto: typeof lookInto }>);
        const results = [];
        for (const { type, content } of files) {
          const { cleaned } = await desk.lookInto(new File([new Uint8Array(content)], "a", { type }), words);
          if (cleaned === null) throw new Error("no copy");
          // In one piece: Firefox takes the first piece of a file made of several for all there is to know its kind by.
          const bytes = new Uint8Array(await cleaned.arrayBuffer());
          const picture = type === "application/zip" ? null : await createImageBitmap(new Blob([bytes], { type }));
          results.push({ size: picture === null ? null : [picture.width, picture.height], bytes: [...bytes] });
        }
        return results;
      },
      originals.map(([type, bytes]) => ({ type, content: [...bytes] })),
      en.files,
    );
    expect(made.slice(0, 2).map(({ size }) => size)).toEqual([
      [8, 16],
      [8, 16],
    ]);
    expect(made[2]?.size).toEqual([1, 1]);
    for (const { bytes } of made) expect(Buffer.from(bytes).includes(MARK)).toBe(false);
    const parts = unzipSync(Uint8Array.from(made[3]?.bytes ?? []));
    expect(strFromU8(parts["word/document.xml"] ?? new Uint8Array())).toContain(KEPT_TEXT);
    for (const part of Object.values(parts)) expect(Buffer.from(part).includes(MARK)).toBe(false);

    const broken = await page.evaluate(
      async (content, words) => {
        const desk = await (Reflect.get(globalThis, "desk") as Promise<{ lookInto: typeof lookInto }>);
        return desk.lookInto(new File([new Uint8Array(content)], "a.docx"), words);
      },
      [...docxOf({ "word/styles.xml": "<a><b></a>" })],
      en.files,
    );
    expect(broken).toMatchObject({ report: { notes: [en.files.damaged] }, cleaned: null });
    await page.close();
  });

  it("sends files as they are, and says so, when the part that looks into them does not arrive, and looks when it does", async () => {
    const page = await browser.newPage();
    line.decide(({ path }) => (path.startsWith("/assets/files.js") ? { status: 503, error: "server-full" } : "pass"));
    await openWitnessPage(page, line.url);
    await chooseFiles(page);
    expect(await textsOf(page, "#files .note")).toEqual(CHOSEN.map(() => en.live.notLooked));
    line.decide(() => "pass");
    await page.click("#files > li .buttons button");
    await filesLooked(page, CHOSEN.length - 1);
    const choose = await page.$("input#choose");
    await choose?.uploadFile(join(folder, HOSTILE_NAME));
    await filesLooked(page, CHOSEN.length);
    expect(await textsOf(page, "#files > li:last-child dt")).toContain(en.files.traits.place);
    await page.close();
  });

  it.each([en, zhHans, ug].map((locale): [string, Locale] => [locale.tag, locale]))(
    "is sound and fits a telephone in %s",
    async (tag, locale) => {
      const page = await browser.newPage(360, 740);
      await page.goto(`${site.url}/${tag}/`, { waitUntil: "load" });
      await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
      await chooseFiles(page);
      await look(page, `files-${tag}-${name}`);
      expect(await textsOf(page, "#files legend")).toEqual(CHOSEN.slice(0, 4).map(() => locale.files.choice));
      expect(await findings(page)).toEqual([]);
      expect(await overflows(page)).toBe(false);
      await page.close();
    },
  );
});
