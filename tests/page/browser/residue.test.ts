/**
 * What a browser leaves on the disk after a tip was written and sent, and one more written and not sent: nothing of either. A page of somebody else's, open in
 * the same browser, shows that the search would have found it.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deriveKeys, wordsToCodename } from "../../../src/protocol/crypto/codename.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { type Needles, residueIn } from "../../support/residue.ts";
import { confirmWords, goOn, openWitnessPage, pick, stepShown } from "../../support/witness.ts";

const postgres = testPostgres();

/** Firefox as people have it where the driver has it otherwise: sessions are kept, here every second. */
const AS_SHIPPED = {
  "browser.sessionstore.resume_from_crash": true,
  "browser.sessionstore.interval": 1000,
  "browser.sessionstore.interval.idle": 1000,
  "browser.pagethumbnails.capturing_disabled": false,
  "browser.formfill.enable": true,
  "browser.cache.disk.enable": true,
};

/** Long enough for both browsers to write what they keep of open pages. */
const UNTIL_KEPT = 4_000;

/** A word that nobody else has. */
function word(): string {
  return `Q${randomBytes(9).toString("hex")}q`;
}

/** What a witness writes, in three scripts, each with something to look for. */
interface Account {
  readonly latin: string;
  readonly chinese: string;
  readonly uyghur: string;
  readonly fileName: string;
  readonly fileContent: string;
}

function newAccount(): Account {
  const letters = (from: number, many: number): string =>
    String.fromCodePoint(...[...randomBytes(12)].map((octet) => from + (octet % many)));
  return {
    latin: word(),
    chinese: letters(0x4e00, 256),
    uyghur: letters(0x0641, 10),
    fileName: `${word()}.txt`,
    fileContent: word(),
  };
}

function needlesOf(which: string, account: Account, words: readonly string[]): Needles {
  const entries = [...Object.entries(account), ...words.map((one, index) => [`word ${String(index + 1)}`, one] as const)];
  return Object.fromEntries(entries.map(([name, needle]) => [`${which}: ${name}`, needle as string]));
}

/** Writes a tip up to the review, with a file and twelve words of the Korean list: no other file of a browser has such words. Returns them. */
async function write(page: Page, site: string, account: Account, folder: string): Promise<string[]> {
  await openWitnessPage(page, site);
  await goOn(page, "safety", "story");
  await page.type("#narrative", `${account.latin} ${account.chinese} ${account.uyghur}`);
  await goOn(page, "story", "questions");
  await pick(page, "event-type", "medical_test_in_custody");
  await page.type("#when-from", "2016");
  await goOn(page, "questions", "files");
  await writeFile(join(folder, account.fileName), account.fileContent.repeat(20));
  const choose = await page.$("input#choose");
  await choose?.uploadFile(join(folder, account.fileName));
  await page.waitForSelector("#files li");
  await goOn(page, "files", "reply");
  await page.click("#wants-reply");
  await page.click("#wants-claim");
  await goOn(page, "reply", "words");
  await page.select("#list", "korean");
  await page.waitForFunction(() => /[\uac00-\ud7a3]/.test(document.querySelector("#words li:nth-child(12)")?.textContent ?? ""));
  return confirmWords(page);
}

/** Somebody else's page, which lets the browser keep everything. */
interface Control {
  readonly url: string;
  readonly stored: string;
  readonly typed: string;
  readonly cached: string;
  readonly visited: string;
  close(): void;
}

async function openControl(): Promise<Control> {
  const [stored, typed, cached, visited] = [word(), word(), word(), word()];
  const server = createServer((request, response) => {
    const asset = request.url === "/cached.js";
    response.writeHead(200, { "content-type": asset ? "text/javascript" : "text/html", "cache-control": "max-age=86400" });
    response.end(
      asset
        ? `globalThis.cached = "${cached}";`.repeat(100)
        : "<!doctype html><script src=/cached.js></script><textarea id=field></textarea>",
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return { url: `${url}/${visited}`, stored, typed, cached, visited, close: () => server.close() };
}

describe.each(BROWSERS)("in %s", (name) => {
  let folder: string;
  let browser: TestBrowser;
  let site: PageSite;
  let control: Control;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-residue-"));
    for (const part of ["browser", "files"]) await mkdir(join(folder, part));
    browser = await openBrowser(name, { folder: join(folder, "browser"), preferences: AS_SHIPPED });
    site = await openPageSite(postgres);
    control = await openControl();
  });
  afterAll(async () => {
    control.close();
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("nothing of a tip is found after the browser was closed, and what another page kept is", async () => {
    const { stored, typed, cached, visited } = control;
    const other = await browser.newPage();
    await other.goto(control.url);
    await other.evaluate((value) => {
      localStorage.setItem("kept", value);
    }, stored);
    await other.type("#field", typed);

    const [sent, unsent] = [newAccount(), newAccount()];
    const page = await browser.newPage();
    const sentWords = await write(page, site.url, sent, join(folder, "files"));
    await page.click("#send");
    await stepShown(page, "done");
    await page.click("#step-done summary");
    const second = await browser.newPage();
    const unsentWords = await write(second, site.url, unsent, join(folder, "files"));
    await pause(UNTIL_KEPT);
    await browser.close();

    const [received] = await site.received();
    const keys = await Promise.all([sentWords, unsentWords].map(async (words) => deriveKeys(await wordsToCodename(words, "korean"))));
    const secrets = keys.flatMap(({ mailbox, reply }, index) =>
      Object.entries({ mailbox, reply }).flatMap(([key, bytes]) => [
        [`${key} ${String(index)}`, bytes],
        [`${key} ${String(index)} in digits`, toHex(bytes)],
      ]),
    );
    const needles: Needles = {
      ...needlesOf("sent", sent, sentWords),
      ...needlesOf("unsent", unsent, unsentWords),
      ...(Object.fromEntries(secrets) as Needles),
      answer: "medical_test_in_custody",
      receipt: toHex(received?.commitment ?? new Uint8Array(32)),
    };
    expect(received?.tip.answers.narrative).toContain(sent.latin);

    const kept: Needles = { stored, typed, cached, visited };
    const { found } = await residueIn(join(folder, "browser"), { ...needles, ...kept });
    const names = new Set(found.map(({ name: needle }) => needle));
    expect(found.filter(({ name: needle }) => !(needle in kept))).toEqual([]);
    expect([...names].sort()).toEqual(["cached", "stored", "typed", "visited"]);
  });
});
