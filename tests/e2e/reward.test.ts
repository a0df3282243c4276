/**
 * What the whole thing is for: somebody nobody knows tells in a real browser, keeps a code, and is paid. The tip goes through real bundles; two grade it without seeing that
 * a reward is wanted; a dossier goes to an agency that accepts it; the witness comes back and proves the claim; officers decide and pay by two signatures and report within
 * thirty days; and the auditor's log is clean at the end.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { generateKey } from "openpgp";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage } from "../../src/build/page.ts";
import { asBytes } from "../../src/protocol/bytes.ts";
import { openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { formatProgram, type Program } from "../../src/protocol/format/program.ts";
import * as claims from "../../src/reviewer/claims/commands.ts";
import { decide } from "../../src/reviewer/decisions.ts";
import type { Desk } from "../../src/reviewer/desk.ts";
import * as referral from "../../src/reviewer/referral/commands.ts";
import { verifyDossier } from "../../src/reviewer/referral/verify.ts";
import { openBrowser, type TestBrowser } from "../support/browser.ts";
import { deskAt, sitting } from "../support/desk.ts";
import { OFFERING } from "../support/programs.ts";
import { newFolder, newReviewMachine, type ReviewMachine } from "../support/review-machine.ts";
import { type RunningServer, serverCommand, startServer } from "../support/server-process.ts";
import { confirmWords, goOn, openWitnessPage, stepShown, textsOf } from "../support/witness.ts";

const ORIGIN = "tips.test/reward";
const STORY = "I was on duty that night. They took him away.";
const AUDITOR = fileURLToPath(new URL("../../src/auditor/main.ts", import.meta.url));
const PROGRAM: Program = {
  ...OFFERING,
  approvals: [],
  cap: { amount: 5_000_000, currency: "USD" },
  name: { en: "The Example Program" },
  receipt_days: 30,
  reports: [{ days: 30, due: "after-payment", name: "Report of a reward", to: "Committees" }],
};
const DAY = "2026-11-20";

let folder: string;
let machine: ReviewMachine;
let settings: Record<string, string>;
let server: RunningServer | undefined;
let browser: TestBrowser | undefined;

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const at = (person: string): Desk => deskAt(machine.folder, person);

/** A command of the server that must succeed; its JSON. */
async function command(...args: string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await serverCommand([...args, "--json"], settings);
  if (status !== 0) throw new Error(`firsthand ${args.join(" ")}: ${err}`);
  return JSON.parse(out) as Record<string, unknown>;
}

beforeAll(async () => {
  folder = await newFolder();
  await chmod(folder, 0o711); // so that root's PostgreSQL, another user, lies in it and goes with it
  const people = ["Ana", "Bo", "Cai"].flatMap((name) => ["--person", name]);
  machine = await newReviewMachine(ORIGIN, "--demo", "--keep-days", "0", ...people);
  await mkdir(join(folder, "stick"));
  settings = {
    DATA_DIR: join(folder, "data"),
    KEYS_DIR: join(machine.folder, "public"),
    PAGE_DIR: join(folder, "page"),
    PORT: "0",
    MIN_FREE_MIB: "0",
    // Far from now, so that the timetable seals nothing in between.
    SEAL_AT: new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16),
  };
  const log = (await serverCommand(["keys", "--log"], settings)).out.trim();
  const [program, rewards] = [await machine.publicFile("program.pgp"), await machine.publicFile("rewards.pgp")];
  await buildPage({
    programFingerprint: (await openCertificate(program)).fingerprint,
    rewardsFingerprint: (await openCertificate(rewards)).fingerprint,
    ...{ program, rewards, log, demo: true, configured: PROGRAM },
    today: new Date().toISOString().slice(0, 10),
    outDir: join(folder, "page"),
  });
  server = await startServer(settings);
  browser = await openBrowser("chromium");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function openPage(): Promise<Page> {
  if (browser === undefined || server === undefined) throw new Error("nothing runs");
  const page = await browser.newPage(360, 740);
  await openWitnessPage(page, server.address);
  return page;
}

/** From the server to the review machine, and back. */
async function carry(first: boolean): Promise<string[]> {
  await command("seal");
  const { path } = await command("export", join(folder, "stick"));
  const keys = await file("keys.txt", (await serverCommand(["keys"], settings)).out);
  const imported = await machine.result("import", path as string, "--person", "Ana", ...(first ? ["--log-key", keys] : []));
  expect(imported).toMatchObject({ warnings: [] });
  return imported.tips as string[];
}

async function carryBack(name: string): Promise<void> {
  const outbox = join(folder, "stick", name);
  await machine.result("outbox", outbox, "--person", "Ana");
  await command("import", outbox);
}

describe("a reward", { timeout: 300_000 }, () => {
  let words: string[] = [];
  let tip = "";
  let number = 0;
  let claim = "";
  let officers: { one: Desk; other: Desk };

  it("begins with somebody who tells, and keeps a code", async () => {
    const page = await openPage();
    await goOn(page, "safety", "story");
    await page.type("#narrative", STORY);
    await goOn(page, "story", "questions");
    await page.click('input[name="sharing"][value="share_without_details_about_me"]');
    await goOn(page, "questions", "files");
    await goOn(page, "files", "reply");
    await page.click("#wants-reply");
    await page.click("#wants-claim");
    await goOn(page, "reply", "words");
    words = await confirmWords(page);
    await page.click("#send");
    await stepShown(page, "done");
    await page.close();
    const [arrived = ""] = await carry(true);
    tip = arrived;
  });

  it("is graded by two who cannot see that a reward is wanted", async () => {
    const grade = { tip, source: "F", information: 3, reasons: ["access_plausible" as const] } as const;
    for (const name of ["Ana", "Bo", "Cai"])
      await sitting(at(name), async (casebook, person) => {
        await casebook.append({ kind: "declared", tip, ties: [] }, person, new Date());
        await casebook.append({ kind: "tip-opened", tip }, person, new Date());
        if (name !== "Cai")
          await casebook.append({ kind: "graded", ...grade, reasons: [...grade.reasons], note: null }, person, new Date());
      });
    for (const name of ["Ana", "Bo"])
      await sitting(at(name), (casebook, person) =>
        casebook.append({ kind: "reconciled", ...grade, reasons: [...grade.reasons] }, person, new Date()),
      );
    const seen = await machine.result("show", tip);
    expect(Object.keys(seen).filter((field) => /claim|reward/i.test(field))).toEqual([]);
  });

  it("becomes a dossier that two others approve and an agency accepts", async () => {
    await referral.recordProgram(await file("program.json", formatProgram(PROGRAM)), at("Ana"));
    number = ((await referral.draft("That night", [tip], at("Ana"))).json as { referral: number }).referral;
    const statement = {
      ...{ action: "Look into it.", access: [{ source: "T1", text: "Was there." }], consent: [], contradicting: [], gaps: [] },
      ...{
        handling: [],
        identifiers: [],
        limits: [],
        none_contradicting: true,
        questions: [],
        risk_others: "His family.",
        risk_source: "Few were there.",
      },
      ...{
        route: null,
        significance: "The only account.",
        summary: "A man was taken away.",
        timeline: [],
        told: ["An offer is public."],
        version: "1",
      },
    };
    await referral.write(number, await file("statement.json", JSON.stringify(statement)), at("Ana"));
    await referral.remove(number, { wordsFile: await file("words.txt", "I was on duty that night. ") }, "identifies_source", at("Ana"));
    await referral.fix(number, at("Ana"));
    await agree("Bo", "Cai", await referral.approve(number, at("Bo")));
    const agency = await generateKey({
      type: "curve25519",
      userIDs: { name: "An agency" },
      date: new Date(Date.now() - 86_400_000),
      format: "binary",
    });
    const packed = await referral.pack(number, join(folder, "packed"), { agency: asBytes(agency.publicKey), pdf: false }, at("Ana"));
    const contents = join(folder, "packed", "contents");
    expect(await readFile(join(contents, "dossier.html"), "utf8")).not.toContain("on duty");
    const later = Math.floor(Date.now() / 1000) + 86_400;
    expect((await verifyDossier(contents, await machine.publicFile("program.pgp"), later)).findings).toEqual([]);
    const { file: sealed } = packed.json as { file: string };
    await agree("Ana", "Bo", await referral.send(number, join(folder, "packed", sealed), at("Ana")));
    const answer = { outcome: null, date: DAY, reference: "A-7", wordsFile: undefined, documentFiles: [] };
    for (const said of ["acknowledged", "accepted"] as const) await referral.answered(number, { ...answer, answer: said }, at("Bo"));
  });

  async function agree(_proposer: string, confirmer: string, { json }: Awaited<ReturnType<typeof referral.approve>>): Promise<void> {
    await decide((json as { proposal: number }).proposal, true, at(confirmer));
  }

  it("is claimed by whoever has the words, who reads what is signed before it is signed", async () => {
    await referral.tell(number, await file("ask.txt", "If you kept a code, you can prove it now."), true, at("Ana"));
    await carryBack("outbox-1.tar");
    const page = await openPage();
    await page.click("#come-back");
    await stepShown(page, "return");
    await page.waitForSelector("#return-word", { visible: true });
    for (const word of words) {
      await page.type("#return-word", word);
      await page.keyboard.press("Enter");
    }
    await page.waitForSelector("#return ol li:nth-child(12)");
    await press(page, "Look for replies");
    await page.waitForSelector("#return .letter");
    expect(await textsOf(page, "#return .letter")).toEqual(["If you kept a code, you can prove it now."]);
    expect((await textsOf(page, "#return .cards .hint")).join(" ")).toContain("The proof is made for The Example Program");
    await page.evaluate(() => {
      const labels = [...document.querySelectorAll<HTMLLabelElement>("#return .cards label")];
      labels.find((label) => label.textContent.startsWith("Prove"))?.click();
    });
    await press(page, "Write more");
    await stepShown(page, "story");
    await page.type("#narrative", "Here is the proof.");
    await goOn(page, "story", "questions");
    await goOn(page, "questions", "files");
    await goOn(page, "files", "review");
    await page.click("#send");
    await stepShown(page, "done");
    await page.close();
    expect(await carry(false)).toHaveLength(1);
  });

  it("is proved to the reward officers, who have a casebook of their own", async () => {
    const handover = join(folder, "handover");
    await claims.exportClaims(handover, false, at("Ana"));
    const place = join(folder, "officers");
    const shareFiles = [join(machine.folder, "rewards", "cards", "card-1-of-1.txt")];
    await claims.openClaims(
      place,
      {
        lockedFile: join(machine.folder, "rewards", "rewards.locked"),
        shareFiles,
        publicFolder: join(machine.folder, "public"),
        officers: [
          { name: "One", passphrase: null },
          { name: "Other", passphrase: null },
        ],
      },
      new Date(),
    );
    const desk = (person: string): Desk => ({ ...at(person), folder: place, shareFiles });
    officers = { one: desk("One"), other: desk("Other") };
    await referral.recordProgram(join(folder, "program.json"), officers.one);
    expect((await claims.importClaims(handover, officers.one)).json).toMatchObject({ tips: 2, claims: 2, proofs: 1, refused: [] });
    const { claims: listed } = (await claims.listClaims(officers.one)).json as { claims: { claim: string; state: string }[] };
    expect(listed).toMatchObject([{ state: "presented", tips: 2 }]);
    claim = listed[0]?.claim ?? "";
  });

  it("is approved, paid and reported by two officers", async () => {
    const step = (to: Parameters<typeof claims.recordStep>[1]["to"], document?: string) =>
      claims.recordStep(claim, { to, date: DAY, by: "An agency" }, document, officers.one);
    const both = async (wanted: claims.Wanted): Promise<void> => {
      const { proposal } = (await claims.proposeForClaim(claim, wanted, officers.one)).json as { proposal: number };
      await decide(proposal, true, officers.other);
    };
    await sitting(officers.one, async (casebook, person) => {
      const moved = { kind: "claim-moved", claim, date: DAY, by: "An agency", document: null } as const;
      const asked = { kind: "claim-asked", claim, official_duties: "no", took_part: "no", other_claimants: "no" } as const;
      for (const act of [
        { ...moved, to: "eligibility_check" },
        asked,
        { ...moved, to: "nominated" },
        { ...moved, to: "committee" },
      ] as const)
        await casebook.append(act, person, new Date());
    });
    await both({ what: "decide-claim", date: DAY, reward: { form: "wire", money: { amount: 250_000, currency: "USD" }, share: 10_000 } });
    await both({ what: "make-payable", date: DAY });
    await both({ what: "record-payment", date: DAY, recipient: "R-1" });
    expect((await claims.listDuties({ ...officers.one, now: new Date("2026-12-01T00:00:00Z") })).json).toMatchObject({
      duties: [
        { due: "2026-12-20", overdue: false },
        { due: "2026-12-20", overdue: false },
      ],
    });
    await step("receipt_filed", await file("receipt.txt", "received"));
    const report = await claims.writeReport({ claim }, join(folder, "report"), true, officers.one);
    expect(report.json).toMatchObject({
      amount: 250_000,
      recipient: "R-1",
      referrals: [{ acts: "A man was taken away.", agency_reference: "A-7" }],
    });
    expect((await readFile(join(folder, "report", "report.pdf"))).subarray(0, 5).toString("latin1")).toBe("%PDF-");
    await step("reported_30d", join(folder, "report", "report.json"));
    expect((await claims.showClaim(claim, officers.other)).json).toMatchObject({ state: "reported_30d" });
    expect((await claims.listDuties(officers.one)).json).toMatchObject({ duties: [] });
  });

  it("leaves the auditor's log clean", async () => {
    await carryBack("outbox-2.tar");
    await command("purge");
    const policy = await file("policy.txt", (await serverCommand(["keys", "--policy"], settings)).out);
    const child = spawn(
      process.execPath,
      [AUDITOR, "verify", server?.address ?? "", "--policy", policy, "--state", join(folder, "audits")],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [out, [status]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
    expect({ status, out }).toMatchObject({ status: 0 });
    expect(await machine.result("verify")).toMatchObject({ damages: [] });
  });
});

/** Waits for the button of these words and presses it. */
async function press(page: Page, words: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const buttons = document.querySelectorAll<HTMLButtonElement>("#step-return .ways button:not([hidden])");
      const found = [...buttons].find((button) => button.textContent === wanted);
      found?.click();
      return found !== undefined;
    },
    {},
    words,
  );
}
