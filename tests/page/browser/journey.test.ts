import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deriveKeys, wordsToCodename } from "../../../src/protocol/crypto/codename.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { openPageSite, type PageSite } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { confirmWords, filesLooked, goOn, openWitnessPage, pick, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

const ACCOUNT = "他们在2016年把我哥哥带走了。\nئۇلار قېرىندىشىمنى ئېلىپ كەتتى.\nཁོང་ཚོས་ངའི་སྤུན་ཁྲིད་སོང་།";

/** A name that is markup, a path and a trick with the direction of writing. */
const HOSTILE_NAME = '..\\..\\"><img src=x onerror=alert(1)>\u{202e}gpj.exe';

let files: { folder: string; sent: { name: string; size: number; sha256: string }[] };

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "fh-files-"));
  const contents: [string, Buffer][] = [
    ["空.txt", Buffer.alloc(0)],
    ["large.mov", randomBytes(60 * 1_048_576)],
    [HOSTILE_NAME, randomBytes(4_097)],
    ["རྩོམ.pdf", randomBytes(524_288)],
  ];
  const sent = [];
  for (const [name, bytes] of contents) {
    await writeFile(join(folder, name), bytes);
    sent.push({ name, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  }
  files = { folder, sent };
});

afterAll(async () => {
  await rm(files.folder, { recursive: true, force: true });
});

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

  beforeAll(async () => {
    browser = await openBrowser(name);
    site = await openPageSite(postgres);
  });
  afterAll(async () => {
    await browser.close();
    await site.remove();
  });

  it("brings a tip in three scripts with four files to the server byte for byte", async () => {
    const page = await browser.newPage(360, 740);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error instanceof Error ? error.message : String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    const asked: string[] = [];
    page.on("request", (request) => {
      // Nobody is asked for these: the icon, which the policy blocks, and the font that Firefox has for the marks of lists.
      if (!request.url().startsWith("data:")) asked.push(request.url());
    });
    await openWitnessPage(page, site.url);
    await look(page, `${name}-1-safety`);

    await goOn(page, "safety", "story");
    await page.type("#narrative", ACCOUNT);
    await look(page, `${name}-2-story`);
    await goOn(page, "story", "questions");
    await pick(page, "basis", "happened_to_me");
    await pick(page, "witness-category", "family");
    await pick(page, "event-type", "disappearance");
    await pick(page, "event-type", "medical_test_in_custody");
    await page.type("#when-from", "2016");
    await page.click("#when-about");
    await page.select("#where", "CN-XJ");
    await pick(page, "evidence", "photos_video");
    await pick(page, "sharing", "share_without_details_about_me");
    await look(page, `${name}-3-questions`);
    await goOn(page, "questions", "files");
    const choose = await page.$("input#choose");
    await choose?.uploadFile(...files.sent.map((file) => join(files.folder, file.name)));
    await filesLooked(page, 4);
    await look(page, `${name}-4-files`);
    await goOn(page, "files", "reply");
    await page.click("#wants-reply");
    await page.click("#wants-claim");
    await look(page, `${name}-5-reply`);
    await goOn(page, "reply", "words");
    await page.waitForSelector("#words li:nth-child(12)");
    await look(page, `${name}-6-words`);
    const words = await confirmWords(page);
    await look(page, `${name}-8-review`);
    await page.click("#send");
    await stepShown(page, "sending");
    await look(page, `${name}-9-sending`);
    await stepShown(page, "done");
    await look(page, `${name}-10-done`);

    const [received, ...more] = await site.received();
    expect(more).toEqual([]);
    const keys = await deriveKeys(await wordsToCodename(words, "english"));
    expect(received?.tip.answers).toEqual({
      narrative: ACCOUNT,
      basis: "happened_to_me",
      witness_category: "family",
      event_types: ["medical_test_in_custody", "disappearance"],
      when: "2016~",
      where: "CN-XJ",
      evidence_held: ["photos_video"],
      sharing: "share_without_details_about_me",
      language: "en",
    });
    expect(received?.files.map(({ attachment, length, sha256 }) => ({ name: attachment.name, size: length, sha256 }))).toEqual(files.sent);
    expect(toHex(received?.tip.thread ?? new Uint8Array())).toBe(toHex(keys.thread.publicKey));
    expect(toHex(received?.tip.reply?.mailbox ?? new Uint8Array())).toBe(toHex(keys.mailbox));

    expect(complaints.filter((complaint) => !complaint.includes("data:,"))).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(`${site.url}/`))).toEqual([]);
    const beforeSending = asked.filter((url) => !url.includes("/tips/")).map((url) => new URL(url).pathname);
    expect(beforeSending.sort()).toEqual(["/assets/files.js", "/assets/page.css", "/assets/page.js", "/en/", "/keys.pgp"]);
    expect(await textsOf(page, "#words li, #rows li, #files li")).toEqual([]);
    expect(await page.$eval("#narrative", (field) => (field as HTMLTextAreaElement).value)).toBe("");
    await page.close();
  });
});
