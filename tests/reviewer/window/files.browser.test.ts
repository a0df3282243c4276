/** Looking at attached files in real browsers, with the keyboard: what is veiled, what is drawn, what is played, and that nothing of a file becomes part of the page. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { type Finding, findings, look } from "../../support/inspection.ts";
import { epochsOf, fileOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { pagesPdf, plainPng } from "../../support/pictures.ts";
import { newFolder, newReviewMachine, type ReviewMachine } from "../../support/review-machine.ts";
import { type ShownWindow, showWindowOf } from "../../support/review-window.ts";

const ORIGIN = "tips.test/log";
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"><script>document.title=1</script></svg>';

/** One second of a tone, 8,000 samples of 8 bits. */
function toneOf(): Bytes {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + 8000, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    header.writeUInt16LE(value, at);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(8000, 40);
  return new Uint8Array(Buffer.concat([header, Buffer.from(Array.from({ length: 8000 }, (_, at) => (at % 20 < 10 ? 100 : 156)))]));
}

/** The bundle after the one that the casebook has. */
let second: Bytes;

async function machineWithFiles(): Promise<ReviewMachine> {
  const machine = await newReviewMachine(ORIGIN, "--person", "Ana");
  const to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  const files = [
    fileOf("photo\u202Egnp.exe", "image/png", plainPng(300, 200, [200, 30, 40])),
    fileOf("pages.pdf", "application/pdf", pagesPdf("The first page", "The second page")),
    fileOf("voice.wav", "audio/wav", toneOf()),
    fileOf("drawing.svg", "image/svg+xml", utf8(SVG)),
    fileOf("bomb.png", "image/png", plainPng(30_000, 30_000, null)),
    fileOf("run.jpg", "image/jpeg", utf8("MZ\u0090\u0000 this program cannot be run")),
  ];
  await server.seal([await tipOf(to, { narrative: "Pictures from the side door. The p\u0430yment was in cash." }, files)]);
  const folder = await newFolder();
  await writeFile(join(folder, "bundle"), (await server.exportBundle()).bytes);
  await writeFile(join(folder, "log-key"), server.log.signer.vkey.text);
  await server.seal([await tipOf(to, { narrative: "Later." })]);
  second = (await server.exportBundle()).bytes;
  await machine.result("import", join(folder, "bundle"), "--log-key", join(folder, "log-key"), "--person", "Ana");
  return machine;
}

async function sees(page: Page, words: string): Promise<void> {
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, words);
}

/** Opens file `number` of the tip that is shown. */
async function openFile(page: Page, number: string, words: string): Promise<void> {
  await page.waitForSelector("#narrative");
  await page.keyboard.press(number as "1");
  await page.waitForSelector("section.file");
  await sees(page, words);
}

async function back(page: Page): Promise<void> {
  await page.keyboard.press("u");
  await page.waitForSelector("#narrative");
}

/** Width and middle pixel of what is drawn. */
function drawn(page: Page): Promise<{ width: number; pixel: number[] } | null> {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const pixel = canvas?.getContext("2d")?.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
    return canvas === null || pixel === undefined ? null : { width: canvas.width, pixel: [...pixel] };
  });
}

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let machine: ReviewMachine;
  let shown: ShownWindow | undefined;

  beforeAll(async () => {
    browser = await openBrowser(name);
    machine = await machineWithFiles();
  });
  afterAll(async () => {
    await shown?.close();
    await browser.close();
  });

  it("pictures come veiled, pages turn, sound plays in a frame without scripts, and what is hostile is facts or text", async () => {
    await shown?.close();
    shown = await showWindowOf(machine, "Ana");
    const page = await browser.newPage(1024, 800);
    page.setDefaultTimeout(60_000);
    const wrong: Record<string, Finding[]> = {};
    const examine = async (step: string): Promise<void> => {
      await look(page, `window-${name}-file-${step}`);
      const found = await findings(page);
      if (found.length > 0) wrong[step] = found;
    };
    await page.goto(shown.address);
    await sees(page, "1 tip");
    await page.keyboard.press("Enter");
    await page.waitForSelector("article.tip");
    // Declared already, if this is not the first attempt.
    if ((await page.$("form.declaration")) !== null) await page.click('form.declaration button[type="submit"]');

    // A picture: a veil first, then the picture, then the veil again, and all of it counted.
    await openFile(page, "1", "PNG picture");
    await page.waitForSelector(".veiled canvas");
    expect((await drawn(page))?.width).toBe(10);
    expect(await page.$eval(".file .facts", (facts) => facts.textContent)).toContain("photo<U+202E>gnp.exe");
    await examine("veiled");
    await page.keyboard.press("v");
    await page.waitForSelector(".picture:not(.veiled) canvas");
    expect(await drawn(page)).toEqual({ width: 300, pixel: [200, 30, 40, 255] });
    await sees(page, "Today you looked at ");
    await examine("clear");
    await page.keyboard.press("v");
    await page.waitForSelector(".veiled canvas");
    await back(page);
    await sees(page, "looked at 1 of its pictures");

    // A document, its second page, its words.
    await openFile(page, "2", "Page 1 of 2");
    await page.keyboard.press("v");
    await page.waitForSelector(".picture:not(.veiled) canvas");
    await page.keyboard.press("ArrowRight");
    await sees(page, "Page 2 of 2");
    await page.waitForFunction(() => document.querySelector("canvas")?.height === 1600);
    await examine("document");
    await page.keyboard.press("w");
    await sees(page, "The second page");
    await back(page);

    // Sound, in a frame of another origin.
    await openFile(page, "3", "WAV sound");
    await page.keyboard.press("v");
    const element = await page.waitForSelector("iframe");
    expect(await page.$eval("iframe", (frame) => [frame.getAttribute("sandbox"), frame.contentDocument])).toEqual(["", null]);
    const frame = await element?.contentFrame();
    // Firefox lets not even its driver look into such a frame.
    if (name === "chromium") {
      expect(frame?.url()).toMatch(/\/play\/[0-9a-f]{64}$/);
      await frame?.waitForFunction(() => (document.querySelector("audio")?.duration ?? 0) > 0.9);
    }
    await examine("sound");
    await back(page);

    // What is hostile.
    await openFile(page, "4", "SVG drawing, shown as its text");
    await sees(page, SVG);
    await back(page);
    await openFile(page, "5", "It was stopped.");
    await examine("bomb");
    await back(page);
    await openFile(page, "6", "program for Windows");
    await sees(page, "It is not what it claims to be.");
    await back(page);
    expect(await page.title()).toBe("Firsthand, review");
    expect(await page.$$eval("main img, main script, main svg, main object, main embed", (found) => found.length)).toBe(0);
    expect(wrong).toEqual({});
    await page.close();
  });

  it("filters are kept, look-alikes are explained, an outbox is listed, signed and shown as codes", async () => {
    await shown?.close();
    shown = await showWindowOf(machine, "Ana");
    const page = await browser.newPage(1440, 900);
    page.setDefaultTimeout(60_000);
    const wrong: Record<string, Finding[]> = {};
    const examine = async (step: string): Promise<void> => {
      await look(page, `window-${name}-${step}`);
      const found = await findings(page);
      if (found.length > 0) wrong[step] = found;
    };
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key as "Enter");
    };
    await page.goto(shown.address);
    await sees(page, "1 tip");

    // A filter that lets nothing through, kept under a name, taken away and called again by its key.
    await page.select("::-p-aria([name='Tag'][role='combobox'])", "organs/heart");
    await sees(page, "0 tips");
    await page.focus(".list");
    await press("s");
    await page.waitForSelector("dialog[open]");
    await page.type('dialog [name="name"]', "hearts");
    await press("Enter");
    await sees(page, "The filter is kept.");
    await press("x");
    await sees(page, "1 tip");
    await press("1");
    await sees(page, "0 tips");
    await examine("filters");
    await press("x");
    await sees(page, "1 tip");
    await press("Enter");
    await page.waitForSelector("article.tip");
    if ((await page.$("form.declaration")) !== null) await page.click('form.declaration button[type="submit"]');
    await sees(page, "Letters that look like others");
    expect(await page.$$eval("#narrative .alike", (found) => found.map((one) => one.textContent))).toEqual(["p\u0430yment"]);
    await examine("look-alikes");

    // The outbox: exactly what is listed is signed, once; then it can be had as codes.
    await press("g", "o");
    await page.waitForFunction(() => /is held here|, signed/.test(document.body.innerText));
    const sign = await page.$("button.first");
    if (sign !== null) {
      await examine("outbox-listed");
      await sign.click();
    }
    await sees(page, "Outbox 1, signed");
    await page.click("button.show-codes");
    await sees(page, "Code 1 of");
    const codes = Number(/Code 1 of (\d+)/.exec(await page.$eval(".codes", (element) => element.textContent))?.[1]);
    await press("ArrowRight");
    await sees(page, `Code ${String(Math.min(2, codes))} of`);
    expect(await page.$eval(".codes canvas", (canvas) => canvas.width)).toBeGreaterThan(400);
    await examine("outbox-codes");

    // The import: the wrong file is refused in words.
    await press("g", "m");
    await sees(page, "comes next.");
    await examine("import");
    const choose = async (path: string): Promise<void> => {
      const field: ElementHandle | null = await page.$('input[type="file"]');
      await (field as ElementHandle<HTMLInputElement> | null)?.uploadFile(path);
      await page.click("button.first");
    };
    const wrongFile = join(await newFolder(), "holiday.jpg");
    await writeFile(wrongFile, "no bundle at all");
    await choose(wrongFile);
    await page.waitForFunction(() => (document.querySelector(".message")?.textContent ?? "").length > 10);
    expect(await page.$eval(".message", (message) => message.textContent)).toMatch(/incomplete|ends before|canonical|not valid/);
    const next = join(await newFolder(), "bundle");
    await writeFile(next, second);
    await choose(next);
    await page.waitForFunction(() => /is imported|imported before/.test(document.querySelector(".message")?.textContent ?? ""));
    await examine("imported");
    expect(wrong).toEqual({});
    await page.close();
  });
});
