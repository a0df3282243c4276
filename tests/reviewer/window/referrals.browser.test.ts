/**
 * Referrals in the reviewers' window and claims in the reward officers', in real browsers, by the real command: from a tip to an agency's answer by three people, and from a decision to the
 * 30-day report by two officers. And whoever grades sees the same, whether a reward is wanted or not.
 */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateKey } from "openpgp";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { asBytes, type Bytes } from "../../../src/protocol/bytes.ts";
import { decryptWith } from "../../../src/protocol/crypto/detached.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { formatProgram } from "../../../src/protocol/format/program.ts";
import { openRewardsCasebook } from "../../../src/reviewer/claims/open-casebook.ts";
import { BROWSERS, openBrowser, type TestBrowser } from "../../support/browser.ts";
import { deskAt, sitting } from "../../support/desk.ts";
import { type Finding, findings, look, overflows } from "../../support/inspection.ts";
import { epochsOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { OFFERING } from "../../support/programs.ts";
import { newFolder, newReviewMachine, reviewer, type ReviewMachine, startReviewer } from "../../support/review-machine.ts";
import { type ShownWindow, showWindowOf } from "../../support/review-window.ts";

const ORIGIN = "tips.test/log";
const NURSE = "古丽娜尔";
const ACCOUNT = `我和护士${NURSE}看见了救护车。第二天${NURSE}不见了。`;
const PROGRAM = {
  ...OFFERING,
  cap: { amount: 5_000_000, currency: "USD" },
  ineligible: null,
  receipt_days: 30,
  reports: [{ days: 30, due: "after-payment", name: "Report of a reward", to: "Committees" }],
} as const;
const LATER = Math.floor(Date.now() / 1000) + 86_400;
const CLAIM = "ab".repeat(32);

interface Agency {
  readonly file: string;
  readonly secret: Bytes;
}

/** A casebook of three people with two tips of which the first can be answered; `claims`: whether it wants a reward. */
async function machineWithTips(claims: boolean): Promise<ReviewMachine> {
  const machine = await newReviewMachine(ORIGIN, "--person", "Ana", "--person", "Bo", "--person", "Cai");
  const to = await epochsOf(await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  const claim = claims ? (await signingKeyFromSeed(new Uint8Array(32).fill(7))).publicKey : null;
  const seed = new Uint8Array(32).fill(9);
  const reply = { mailbox: new Uint8Array(32).fill(3), key: new Uint8Array(32).fill(4) };
  await server.seal([await tipOf(to, { narrative: ACCOUNT, language: "zh-Hans", sharing: "share_all" }, [], { seed, reply, claim })]);
  await server.seal([await tipOf(to, { narrative: "I saw nobody.", sharing: "share_all" })]);
  const folder = await newFolder();
  await writeFile(join(folder, "bundle"), (await server.exportBundle()).bytes);
  await writeFile(join(folder, "log-key"), server.log.signer.vkey.text);
  await machine.result("import", join(folder, "bundle"), "--log-key", join(folder, "log-key"), "--person", "Ana");
  return machine;
}

async function agencyIn(folder: string): Promise<Agency> {
  const date = new Date(Date.now() - 86_400_000);
  const made = await generateKey({ type: "curve25519", userIDs: { name: "An agency" }, date, format: "binary" });
  const file = join(folder, "agency.pgp");
  await writeFile(file, made.publicKey);
  return { file, secret: asBytes(made.privateKey) };
}

/** A reward officers' casebook with a claim that a committee has before it. */
async function officersOf(machine: ReviewMachine): Promise<{ casebook: string; card: string }> {
  const casebook = join(await newFolder(), "officers");
  const card = join(machine.folder, "rewards", "cards", "card-1-of-1.txt");
  const officers = ["Dot", "Eve"].map((name) => ({ name, passphrase: null }));
  const lockedFile = join(machine.folder, "rewards", "rewards.locked");
  const opening = { lockedFile, shareFiles: [card], publicFolder: join(machine.folder, "public"), officers };
  await openRewardsCasebook(casebook, opening, new Date());
  const desk = { ...deskAt(machine.folder, "Dot"), folder: casebook, shareFiles: [card] };
  await sitting(desk, async (book, person) => {
    const [tip, thread, digest] = ["0".repeat(12), "1".repeat(64), "2".repeat(64)];
    const handed = { tip, thread, batch: 1, date: "2026-06-02", commitment: "3".repeat(64), claim: CLAIM, proof: digest, refused: null };
    const referral = { referral: 9, title: "Case", state: "accepted", outcome: null, reference: "A-1", tips: [tip] } as const;
    const acts = [
      { kind: "program-recorded", program: fromUtf8(formatProgram(PROGRAM)) },
      {
        kind: "claims-taken-in",
        sha256: digest,
        tips: [handed],
        challenges: [{ digest, thread, date: "2026-06-20", program: "The Example Program" }],
        referrals: [{ ...referral, summary: "Somebody was taken away.", significance: "Nobody knew." }],
      },
      { kind: "claim-moved", claim: CLAIM, to: "eligibility_check", date: "2026-07-01", by: null, document: null },
      { kind: "claim-asked", claim: CLAIM, official_duties: "no", took_part: "no", other_claimants: "unknown" },
      { kind: "claim-moved", claim: CLAIM, to: "nominated", date: "2026-08-01", by: "An agency", document: null },
      { kind: "claim-moved", claim: CLAIM, to: "committee", date: "2026-09-01", by: "A committee", document: null },
    ] as const;
    for (const act of acts) await book.append(structuredClone(act) as never, person, new Date());
  });
  return { casebook, card };
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key as "Enter");
}

/** Waits until `words` stand somewhere on the page. */
async function sees(page: Page, words: string): Promise<void> {
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, words);
}

/** Fills in the form that a key opens and sends it; ends when the page says `said`. */
async function fill(page: Page, key: string, values: Readonly<Record<string, string | boolean>>, said: string): Promise<void> {
  await page.waitForSelector("main:not([aria-busy])");
  await press(page, key);
  await page.waitForSelector("dialog[open]");
  for (const [name, value] of Object.entries(values)) {
    const field = (await page.$(`dialog [name="${name}"]`)) as ElementHandle<HTMLInputElement> | null;
    if (field === null) throw new Error(`no field ${name}`);
    const kind = await field.evaluate((element) => `${element.tagName} ${element.type}`);
    if (typeof value === "boolean") await field.evaluate((element, on) => (element.checked = on), value);
    else if (kind === "INPUT file") await field.uploadFile(value);
    else if (kind.startsWith("SELECT")) await page.select(`dialog [name="${name}"]`, value);
    else
      await field.evaluate((element, text) => {
        element.value = text;
      }, value);
  }
  await page.click('dialog button[type="submit"]');
  await page.waitForFunction(() => document.querySelector("dialog") === null);
  await sees(page, said);
  await page.waitForSelector("main:not([aria-busy])");
}

/** Presses a key that acts at once. */
async function does(page: Page, key: string, said: string): Promise<void> {
  await page.waitForSelector("main:not([aria-busy])");
  await page.waitForSelector(`[aria-keyshortcuts="${key}"]`);
  await press(page, key);
  await sees(page, said);
  await page.waitForSelector("main:not([aria-busy])");
}

async function sitDown(page: Page, name: string): Promise<void> {
  await press(page, "g", "p");
  await page.waitForSelector("dialog[open]");
  await page.select('dialog [name="person"]', name);
  await page.click('dialog button[type="submit"]');
  await sees(page, `${name} (`);
}

/** Declares on the tip that was imported first, and opens it. */
async function openFirstTip(page: Page): Promise<void> {
  await press(page, "g", "i");
  await sees(page, "2 tips");
  await page.waitForFunction(() => document.querySelectorAll('[role="option"] span').length > 2);
  await press(page, "End", "Enter");
  await page.waitForSelector("form.declaration");
  await page.click('form.declaration button[type="submit"]');
  await page.waitForSelector("#narrative");
}

async function openReferral(page: Page): Promise<void> {
  await press(page, "g", "r");
  await page.waitForSelector("section.referrals [data-chosen]");
  await press(page, "Enter");
  await page.waitForSelector("article.referral");
}

/** What the page got and showed at every place, and how long a file was that it wrote; without days, times and what is drawn by lot. */
async function everythingShown(page: Page, address: string): Promise<string[]> {
  const got: Promise<string>[] = [];
  await page.goto(address);
  // What the list says of texts comes in while tips are read.
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[role="option"] span')].some(({ textContent }) => textContent === "zh-Hans"),
  );
  page.on("response", (response) => {
    if (response.url().includes("/call/") && !response.url().endsWith("/alive"))
      got.push(response.text().then((text) => `${new URL(response.url()).pathname} ${text}`));
  });
  const shown: string[] = [];
  const keep = async (): Promise<void> => {
    await page.waitForSelector("main:not([aria-busy])");
    shown.push(await page.evaluate(() => document.documentElement.outerHTML));
  };
  await openFirstTip(page);
  await keep();
  await fill(page, "r", { title: "Case" }, "It is a draft.");
  await page.waitForSelector("article.referral");
  await keep();
  await fill(page, "q", { words: "Which door was it?", challenge: true }, "What one witness will read");
  await keep();
  await page.click("section.letter button.first");
  await sees(page, "Sealed for 1.");
  for (const [key, words] of [
    ["r", "Referrals to agencies"],
    ["d", "Nothing waits"],
    ["v", "Counts of the tips"],
    ["m", "Bundle 2 comes next"],
    ["o", "is held here"],
  ] as const) {
    await press(page, "g", key);
    await sees(page, words);
    await keep();
  }
  await page.click("section.outbox button.first");
  await sees(page, "Outbox 1 is signed");
  await page.waitForSelector("#folder");
  const folder = await newFolder();
  await page.$eval(
    "#folder",
    (field, place) => {
      (field as HTMLInputElement).value = place;
    },
    folder,
  );
  await page.click("section.outbox form button");
  await sees(page, "Written: firsthand-outbox-00000001");
  const { length } = await readFile(join(folder, "firsthand-outbox-00000001"));
  const masked = (text: string): string => text.replaceAll(/[0-9a-f]{12,}/g, "#").replaceAll(/\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d/g, "#");
  // The list is asked for again whenever a tip was read in.
  return [...new Set([...(await Promise.all(got)), ...shown, `outbox of ${String(length)} bytes`].map(masked))];
}

describe("in chromium, whoever grades", () => {
  it("gets and sees the same whether a reward is wanted or not, in every place", { timeout: 600_000 }, async () => {
    const browser = await openBrowser("chromium");
    const seen: string[][] = [];
    try {
      for (const claims of [true, false]) {
        const shown = await showWindowOf(await machineWithTips(claims), "Ana");
        const page = await browser.newPage(1280, 900);
        page.setDefaultTimeout(60_000);
        seen.push(await everythingShown(page, shown.address));
        await page.close();
        await shown.close();
      }
    } finally {
      await browser.close();
    }
    const [wanted = [], unwanted = []] = seen;
    expect(wanted.length).toBeGreaterThan(15);
    expect(wanted).toEqual(unwanted);
  });
});

describe.each(BROWSERS)("in %s", (name) => {
  let browser: TestBrowser;
  let machine: ReviewMachine;
  let folder: string;
  let shown: ShownWindow | undefined;
  let wrong: Record<string, Finding[]>;

  async function examine(page: Page, step: string): Promise<void> {
    for (const width of [1280, 700]) {
      await page.setViewport({ width, height: 900 });
      await look(page, `casework-${name}-${step}-${String(width)}`);
      expect(await overflows(page), `${step} ${String(width)}`).toBe(false);
    }
    const found = await findings(page);
    if (found.length > 0) wrong[step] = found;
    await page.setViewport({ width: 1280, height: 900 });
  }

  beforeAll(async () => {
    browser = await openBrowser(name);
  }, 300_000);
  // Each attempt begins with a casebook and a folder of its own.
  beforeEach(async () => {
    wrong = {};
    machine = await machineWithTips(true);
    folder = await newFolder();
    await writeFile(join(folder, "program.json"), formatProgram(PROGRAM));
    await writeFile(join(folder, "receipt.pdf"), "a receipt");
  }, 300_000);
  afterEach(async () => {
    await shown?.close();
  });
  afterAll(async () => {
    await browser.close();
  });

  it("three people refer a tip to an agency, and write down what it answers", { timeout: 600_000 }, async () => {
    const agency = await agencyIn(folder);
    shown = await showWindowOf(machine, "Ana");
    const page = await browser.newPage(1280, 900);
    page.setDefaultTimeout(60_000);
    await page.goto(shown.address);

    // Ana drafts, removes a name everywhere, and writes what only people know.
    await openFirstTip(page);
    await press(page, "g", "r");
    await sees(page, "No rewards program is recorded");
    await fill(page, "r", { file: join(folder, "program.json") }, "Referrals are made for");
    await press(page, "g", "i");
    await page.waitForFunction(() => document.querySelectorAll('[role="option"] span').length > 2);
    await press(page, "End", "Enter");
    await page.waitForSelector("#narrative");
    await fill(page, "r", { title: "Case <b>one</b>" }, "It is a draft.");
    await page.waitForSelector("article.referral");
    await sees(page, "It cannot be fixed yet");
    await fill(page, "r", { words: NURSE, reason: "identifies_other_witness" }, "Removed at 2 places.");
    expect(await page.$$eval("article mark", (marks) => marks.map((mark) => mark.textContent))).toEqual([NURSE, NURSE]);
    const prose = { action: "Look.", summary: `${NURSE} left.`, significance: "New.", risk_source: "High.", risk_others: "None known." };
    await fill(page, "w", { ...prose, none_contradicting: true, timeline: "2016 | CN-XJ | Taken away | T1" }, "Written down.");
    await sees(page, "It cannot be fixed yet. Words that were removed");
    await examine(page, "draft");
    await fill(page, "w", { summary: "Somebody left." }, "Written down.");
    await press(page, "v");
    await page.waitForSelector("iframe.printed");
    const printed = await fetch(new URL(await page.$eval("iframe.printed", (frame) => frame.getAttribute("src") ?? ""), page.url()));
    expect(printed.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect(await printed.text()).toMatch(/^(?!.*古丽娜尔).*\[removed: identifies_other_witness\]/s);
    await examine(page, "page");
    await does(page, "f", "is fixed, SHA-256");

    // Bo and Cai, who are no authors, approve it; Cai seals it and proposes that it leaves.
    for (const [person, key, said] of [
      ["Bo", "a", "Proposed."],
      ["Cai", "c", "Written down as event"],
    ] as const) {
      await sitDown(page, person);
      await press(page, "g", "r");
      await openReferral(page);
      await sees(page, "What it says is shown to whoever declared");
      expect(await page.$eval("main", (element) => element.textContent)).not.toContain("救护车");
      await openFirstTip(page);
      await openReferral(page);
      await does(page, key, said);
    }
    await fill(page, "s", { agency: agency.file, pdf: false }, "It leaves when two people say so.");
    await does(page, "l", "Proposed.");
    await sitDown(page, "Bo");
    await openReferral(page);
    await does(page, "c", "Written down as event");
    await fill(page, "t", { folder }, "Written: r");
    const [sealed = ""] = (await readdir(folder)).filter((file) => /^r\d+-[0-9a-f]{8}\.pgp$/.test(file));
    const opened = await decryptWith(agency.secret, new Uint8Array(await readFile(join(folder, sealed))), LATER);
    expect(Buffer.from(opened).includes("dossier.json")).toBe(true);
    expect(Buffer.from(opened).includes(NURSE)).toBe(false);

    // What the agency answers, and its question to the witness, shown whole before it is sent.
    await fill(
      page,
      "n",
      { answer: "acknowledged", date: "2026-11-20", reference: "A-1", documents: join(folder, "receipt.pdf") },
      "Written down: acknowledged.",
    );
    await fill(page, "n", { answer: "accepted", date: "2026-11-21", words: "They want more." }, "Written down: accepted.");
    await fill(page, "q", { words: "Which door was it?", challenge: true }, "What one witness will read");
    await sees(page, "The proof is made for");
    await examine(page, "letter");
    await page.click("section.letter button.first");
    await sees(page, "Sealed for 1.");
    await press(page, "g", "r");
    await sees(page, "accepted");
    await examine(page, "list");
    expect(wrong).toEqual({});
    await page.close();
  });

  it("two officers decide, pay and report, and nobody reads who is paid", { timeout: 600_000 }, async () => {
    const { casebook, card } = await officersOf(machine);
    const officer = await agencyIn(await newFolder());
    const usual = ["--casebook", casebook, "--shares", card];
    const officers = {
      ...machine,
      casebook,
      run: (...args: string[]) => reviewer([...args, ...usual]),
      start: (...args: string[]) => startReviewer([...args, ...usual]),
    };
    shown = await showWindowOf(officers, "Dot");
    const page = await browser.newPage(1280, 900);
    page.setDefaultTimeout(60_000);
    await page.goto(shown.address);
    await sees(page, "Claims to a reward");
    await sees(page, "Nothing is due.");
    await page.waitForSelector("[data-chosen]");
    await examine(page, "claims");
    await press(page, "Enter");
    await page.waitForSelector("article.claim");
    await sees(page, "Proved.");
    const both = async (other: string): Promise<void> => {
      await sitDown(page, other);
      await page.waitForSelector("[data-chosen]");
      await press(page, "Enter");
      await page.waitForSelector("article.claim");
      await does(page, "c", "Written down as event");
    };
    await fill(page, "d", { date: "2026-10-01", amount: "1000", share: "60" }, "Proposed.");
    await sees(page, "Another officer has to confirm it.");
    await both("Eve");
    await sees(page, "1,000 USD, wire, share 60 %");
    await fill(page, "y", { date: "2026-10-02" }, "Proposed.");
    await both("Dot");
    await fill(page, "s", { words: "Ann Onym, account 7", certificate: officer.file }, "Nobody at this casebook can read it any more.");
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain("Onym");
    await does(page, "l", "Proposed.");
    await both("Eve");
    await fill(page, "t", { folder }, "Written: payee-");
    const [sealed = ""] = (await readdir(folder)).filter((file) => file.startsWith("payee-"));
    const opened = await decryptWith(officer.secret, new Uint8Array(await readFile(join(folder, sealed))), LATER);
    expect(fromUtf8(opened)).toBe("Ann Onym, account 7");
    await fill(page, "p", { date: "2026-10-03", recipient: "R-7" }, "Proposed.");
    await both("Dot");
    await sees(page, "Overdue: Report of a reward");
    await examine(page, "claim");
    await fill(page, "e", { to: "receipt_filed", date: "2026-10-04", document: join(folder, "receipt.pdf") }, "is receipt_filed.");
    await press(page, "v");
    await page.waitForSelector("iframe.printed");
    await examine(page, "report");
    await fill(page, "w", { folder, pdf: false }, "The report is in");
    const [report = ""] = (await readdir(folder)).filter((file) => file.startsWith("report-payment-"));
    expect(await readFile(join(folder, report, "report.html"), "utf8")).toContain("Recipient R-7");
    await fill(page, "e", { to: "reported_30d", date: "2026-10-05", document: join(folder, report, "report.json") }, "is reported_30d.");
    await sees(page, "Nothing is due.");
    expect(wrong).toEqual({});
    await page.close();
  });
});
