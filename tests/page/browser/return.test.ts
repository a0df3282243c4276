/** A witness comes back with the twelve words, in real browsers and over a line that is watched. */
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../../../src/protocol/bytes.ts";
import { openSecret } from "../../../src/protocol/crypto/certificate.ts";
import { challengeDigest, verifyClaimProof } from "../../../src/protocol/crypto/claim.ts";
import { deriveKeys, wordsOf, wordsToCodename } from "../../../src/protocol/crypto/codename.ts";
import { openEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { CLAIM_CONTENT, type Claim, parseClaim } from "../../../src/protocol/format/claim.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { streamOf } from "../../support/bytes.ts";
import { type FaultyLine, openFaultyLine } from "../../support/faulty-line.ts";
import { type Finding, findings, look, overflows } from "../../support/inspection.ts";
import { openPageSite, type PageSite, type ReceivedTip } from "../../support/page-site.ts";
import { testPostgres } from "../../support/postgres.ts";
import { confirmWords, goOn, openWitnessPage, stepShown, textsOf } from "../../support/witness.ts";

const postgres = testPostgres();

const DAY = 86_400_000;
const QUESTION = "دوختۇر كىم ئىدى؟\nWhich year was it? <b>2016</b>\n" + "一二三四五六七八九十".repeat(20);
const CHALLENGE = { nonce: randomBytes(32), program: "The Example Program", purpose: "claim" } as const;

/** What the reward officer sees of a tip. */
async function claimOf(site: PageSite, { claim }: ReceivedTip): Promise<Claim> {
  const secret = await openSecret(site.keys.rewardsSecret);
  const { content } = await openEnvelope(streamOf(claim, 1_000), (pkesk) => secret.decryptSessionKey(pkesk));
  return parseClaim(await collect(content, CLAIM_CONTENT));
}

/** Pastes text into the field for words. */
async function paste(page: Page, text: string): Promise<void> {
  await page.$eval(
    "#return-word",
    (field, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      // Firefox makes the clipboard of such an event from fields of its own.
      const contents = { clipboardData, dataType: "text/plain", data: pasted };
      field.dispatchEvent(new ClipboardEvent("paste", { ...contents, bubbles: true, cancelable: true }));
    },
    text,
  );
}

/** Presses the button with this label, when it is there. */
async function press(page: Page, label: string, within: ".ways" | ".offers" = ".ways"): Promise<void> {
  await page.waitForFunction(
    (place, wanted) => {
      const buttons = document.querySelectorAll<HTMLButtonElement>(`#step-return ${place} button:not([hidden])`);
      const found = [...buttons].find((button) => button.textContent === wanted);
      found?.click();
      return found !== undefined;
    },
    {},
    within,
    label,
  );
}

/** Waits until a heading of the return is shown. */
async function headed(page: Page, heading: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector("#return h3")?.textContent === wanted, {}, heading);
}

async function comeBack(page: Page): Promise<void> {
  await page.click("#come-back");
  await stepShown(page, "return");
  await page.waitForSelector("#return-word", { visible: true });
}

/** Twelve words that are all in the list and do not belong together: the last is another one. */
async function withWrongEnd(words: readonly string[]): Promise<string[]> {
  for (const other of await wordsOf("english")) {
    const tried = [...words.slice(0, 11), other];
    const belongs = await wordsToCodename(tried, "english").then(
      () => true,
      () => false,
    );
    if (!belongs) return tried;
  }
  throw new Error("every last word belongs");
}

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let site: PageSite;
  let line: FaultyLine;
  let words: string[];

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

  const mailboxRequests = (): number => line.seen.filter(({ path }) => path === "/mailbox").length;
  const told = async (narrative: string): Promise<ReceivedTip> => {
    const found = (await site.received()).find(({ tip }) => tip.answers.narrative === narrative);
    if (found === undefined) throw new Error("the tip did not arrive");
    return found;
  };

  it("a witness sends a tip that can be answered", async () => {
    const page = await browser.newPage(360, 740);
    await openWitnessPage(page, site.url);
    await goOn(page, "safety", "story");
    await page.type("#narrative", "The first time.");
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    await goOn(page, "files", "reply");
    await page.click("#wants-reply");
    await page.click("#wants-claim");
    await goOn(page, "reply", "words");
    words = await confirmWords(page);
    await page.click("#send");
    await stepShown(page, "done");
    await page.close();

    const { reply } = (await told("The first time.")).tip;
    if (reply === null) throw new Error("no reply was wanted");
    await site.deliver(reply, { challenge: null, date: "2026-11-02", text: QUESTION });
    await site.deliver(reply, { challenge: CHALLENGE, date: "2026-11-09", text: "Please prove that you hold the code." });
  });

  it("comes back over a bad line, reads, deletes, and writes more with a proof", async () => {
    const page = await browser.newPage(360, 740);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error instanceof Error ? error.message : String(error)));
    await openWitnessPage(page, line.url);
    await comeBack(page);
    await look(page, `${name}-return-1-words`);

    const [first = "", second = "", ...others] = words;
    await page.type("#return-word", first.slice(0, 4));
    await press(page, first, ".offers");
    await page.waitForSelector("#return ol li:nth-child(1)");
    await page.type("#return-word", `${second}q`);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("return-problem")?.textContent !== "");
    await look(page, `${name}-return-2-correction`);
    expect(await findings(page)).toEqual([]);
    await press(page, second, ".offers");
    await page.waitForFunction(() => document.getElementById("return-problem")?.textContent === "");
    const wrong = await withWrongEnd(words);
    await paste(page, others.slice(0, -1).join(" ") + ` ${wrong[11] ?? ""}`);
    await page.waitForSelector("#return ol li:nth-child(12)");
    expect(mailboxRequests()).toBe(0);
    await press(page, "Look for replies");
    await page.waitForFunction(() => document.getElementById("return-problem")?.textContent.includes("do not belong"));
    await look(page, `${name}-return-3-wrong`);
    await page.click("#return ol li:nth-child(12) button");
    await page.type("#return-word", words[11] ?? "");
    await page.keyboard.press("Enter");

    line.decide(({ path }) =>
      path !== "/mailbox" ? "pass" : mailboxRequests() === 0 ? "lost" : { status: 503, error: "server-full", retryAfter: 90 },
    );
    await press(page, "Look for replies");
    await page.waitForFunction(() => document.getElementById("return")?.textContent.includes("The server is busy. Trying again in 90 s"));
    await look(page, `${name}-return-4-waiting`);
    expect(mailboxRequests()).toBe(2);
    line.decide(() => "pass");
    await press(page, "Try now");
    await headed(page, "Replies");
    expect(mailboxRequests()).toBe(3);
    await look(page, `${name}-return-5-replies`);
    expect(await findings(page)).toEqual([]);
    expect(await textsOf(page, "#return .letter")).toEqual(expect.arrayContaining([QUESTION, "Please prove that you hold the code."]));
    expect(await page.$("#return b")).toBeNull();
    expect(await page.$eval("#return .letter", (letter) => letter.scrollHeight <= letter.clientHeight + 1)).toBe(true);

    const boxes = await page.$$("#return .cards input");
    expect(boxes.length).toBe(3);
    await page.evaluate(() => {
      const labels = [...document.querySelectorAll<HTMLLabelElement>("#return .cards label")];
      labels.find((label) => label.textContent.startsWith("Prove"))?.click();
    });
    await press(page, "Write more");
    await stepShown(page, "story");
    expect(mailboxRequests()).toBe(4);

    // Back to read once more: nothing is asked again.
    await page.click("#step-story .back");
    await stepShown(page, "return");
    expect(await textsOf(page, "#return .letter")).toHaveLength(2);
    expect((await textsOf(page, "#return .cards .small")).filter((text) => text.startsWith("Deleted"))).toHaveLength(2);
    await press(page, "Write more");
    await stepShown(page, "story");
    expect(mailboxRequests()).toBe(4);

    await page.type("#narrative", "The second time.");
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    await goOn(page, "files", "review");
    await look(page, `${name}-return-6-review`);
    expect(await textsOf(page, "#rows h4")).toEqual(
      expect.arrayContaining(["You want to be able to get a reply", "Proof for a possible reward"]),
    );
    await page.click("#send");
    await stepShown(page, "done");
    expect(await page.$eval("#return", (host) => host.textContent.includes("2016"))).toBe(false);
    await page.close();

    const earlier = await told("The first time.");
    const later = await told("The second time.");
    const keys = await deriveKeys(await wordsToCodename(words, "english"));
    expect(later.tip.thread).toEqual(earlier.tip.thread);
    expect(later.tip.reply).toEqual(earlier.tip.reply);
    expect(earlier.tip.sequence).toBe(0);
    expect(Math.abs(later.tip.sequence - Date.now() / DAY)).toBeLessThan(2);
    expect((await claimOf(site, earlier)).proof).toBeNull();
    const { claim, proof, thread } = await claimOf(site, later);
    expect([claim, thread]).toEqual([keys.claim.publicKey, keys.thread.publicKey]);
    if (claim === null || proof === null) throw new Error("no claim was proved");
    await verifyClaimProof(claim, proof, challengeDigest(CHALLENGE, "2026-11-09"));
    // The icon, which the policy blocks.
    expect(complaints.filter((complaint) => !complaint.includes("data:,"))).toEqual([]);
  });

  it.each(["ug", "zh-Hans"])("finds no reply any more, in as many requests, in %s", async (tag) => {
    const wrong: Record<string, Finding[]> = {};
    const page = await browser.newPage(360, 740);
    const examine = async (phase: string): Promise<void> => {
      await look(page, `${name}-return-${tag}-${phase}`);
      const found = await findings(page);
      if (found.length > 0) wrong[phase] = found;
      expect(await overflows(page), phase).toBe(false);
    };
    const asked = mailboxRequests();
    await page.goto(`${line.url}/${tag}/`, { waitUntil: "load" });
    await page.waitForSelector("#step-safety fieldset.plain:not([disabled])");
    await comeBack(page);
    await page.select("#return-list", "english");
    await examine("words");
    await page.waitForFunction(() => document.querySelector("#return-word[lang=en]") !== null);
    await paste(page, words.join("\n"));
    await page.waitForSelector("#return ol li:nth-child(12)");
    await examine("entered");
    await page.click("#step-return .ways .main");
    await page.waitForFunction(
      () => document.querySelectorAll("#step-return .ways button").length === 2 && document.querySelector("#return-back") === null,
    );
    await examine("none");
    expect(await page.$("#return .letter")).toBeNull();
    expect(mailboxRequests()).toBe(asked + 1);
    await page.click("#step-return .ways button:not(.main)");
    await page.waitForFunction(() => document.querySelectorAll("#step-return .ways button").length === 1);
    await examine("finished");
    expect(mailboxRequests()).toBe(asked + 2);
    await page.click("#step-return .ways .main");
    await page.waitForFunction(() => location.href === "about:blank");
    expect(wrong).toEqual({});
    await page.close();
  });

  it("says so when its part of the page does not come, and comes when it does", async () => {
    const page = await browser.newPage();
    await openWitnessPage(page, line.url);
    line.decide(({ path }) => (path.startsWith("/assets/return") ? "lost" : "pass"));
    await page.click("#come-back");
    await page.waitForFunction(() => document.getElementById("problem-return")?.textContent !== "");
    line.decide(() => "pass");
    await page.click("#return-back");
    await stepShown(page, "safety");
    await comeBack(page);
    await page.close();
  });
});
