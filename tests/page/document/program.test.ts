import { describe, expect, it } from "vitest";
import { joined } from "../../../src/page/compose/review.ts";
import { formatDocument } from "../../../src/page/document/document.ts";
import { items, markup } from "../../../src/page/document/markup.ts";
import { formatOffline } from "../../../src/page/document/offline.ts";
import { formatPlainPages } from "../../../src/page/document/plain.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import type { Locale } from "../../../src/page/locales/locale.ts";
import { voucherKeyName } from "../../../src/protocol/crypto/voucher-request.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import type { Program } from "../../../src/protocol/format/program.ts";
import { OFFERING } from "../../support/programs.ts";

const PINNED = { program: "a".repeat(64), rewards: "b".repeat(64), log: { name: "tips.test/log", id: 1, key: `${"A".repeat(43)}=` } };
const INTEGRITY = { script: "sha384-x", style: "sha384-y" };
const INFORMATION_ONLY: Program = { ...OFFERING, offer: null };

function documentOf(locale: Locale, program: Program | null): string {
  return formatDocument(locale, LANGUAGES, { pinned: PINNED, demo: false, program, integrity: INTEGRITY, words: "Aable" });
}

function escaped(text: string): string {
  return markup`${text}`.html;
}

/** What stands between the heading of the block about rewards and the end of its step. */
function aboutRewards(html: string): string {
  const [, block = ""] = /<div class="block" id="rewards">(.*?)<p id="problem-reply"/s.exec(html) ?? [];
  return block;
}

describe.each(LANGUAGES.map((locale) => [locale.tag, locale] as const))("in %s", (tag, locale: Locale) => {
  const { reward, wantsClaimHint } = locale.text.reply;
  const own = locale.offered;

  it("says that nothing is on offer when nothing is configured, also where a code is offered, and says no more", () => {
    const html = documentOf(locale, null);
    expect(aboutRewards(html)).toContain(items(reward).html);
    expect(html).toContain(`id="hint-claim">${escaped(joined(reward[0], wantsClaimHint))}<`);
    expect(Object.values(own).filter((sentence) => html.includes(escaped(sentence.split(/\{[a-z]+\}/).at(-1) ?? "")))).toEqual([]);
    expect(html).not.toMatch(/class="quoted"|<footer/);
  });

  it("names the vouchers' key, to everybody alike and on the page without a script too, and says among how many one hides", () => {
    const offer = { amount: 500, currency: "USD", expires: "2027-06-30", least: 20, modulus: "/".repeat(512), version: 1 } as const;
    const program = { ...OFFERING, voucher: { lines: { en: ["Bring it to the bank."] }, offer } };
    const plain = formatPlainPages(locale, LANGUAGES, { demo: false, program, style: "sha384-y" });
    for (const html of [documentOf(locale, program), ...plain.values()]) {
      const [, footer = ""] = /<footer>(.*?)<\/footer>/s.exec(html) ?? [];
      expect(footer).toContain("Bring it to the bank.");
      expect(footer).toContain(`Key of the vouchers: ${toHex(voucherKeyName(offer))}.`);
      expect(footer).toContain("before 20 can be");
    }
  });

  it("shows an offer in the operator's words, its days and address, as text, between its own words", () => {
    const html = documentOf(locale, OFFERING);
    const block = aboutRewards(html);
    const lines = OFFERING.offer?.lines;
    for (const line of (tag === "ug" ? lines?.ug : lines?.en) ?? []) expect(block).toContain(escaped(line));
    expect(block).toContain("<time>2026-01-02</time>");
    expect(block).toContain(`<bdi class="address" dir="ltr">${escaped(OFFERING.offer?.address ?? "")}</bdi>`);
    expect(block).toContain(escaped(own.decided));
    expect(block).toContain(escaped(reward[3]));
    expect(reward.slice(0, 3).filter((sentence) => html.includes(escaped(sentence)))).toEqual([]);
    expect(block).not.toMatch(/<a |<b>|<i>|<script/);
    expect(html.match(/<script/g)).toHaveLength(documentOf(locale, null).match(/<script/g)?.length ?? 0);
  });

  it("marks as English what was not written in its language, and says so", () => {
    const block = aboutRewards(documentOf(locale, OFFERING));
    const [offer = "", ineligible = ""] = block.match(/<div class="quoted"[^>]*>/g) ?? [];
    const marked = (language: string): string =>
      tag === "en" || tag === language ? '<div class="quoted">' : '<div class="quoted" lang="en" dir="ltr">';
    expect([offer, ineligible]).toEqual([marked("ug"), marked("ko")]);
    expect(block.includes(escaped(own.inEnglish))).toBe(tag !== "en");
    expect(block.includes('<bdi lang="en">The &lt;i&gt;Example')).toBe(tag !== "en" && tag !== "zh-Hans");
  });

  it("without an offer says so, and who may not get a reward by the program's own rules", () => {
    const block = aboutRewards(documentOf(locale, INFORMATION_ONLY));
    for (const sentence of [reward[0], reward[1], reward[3]]) expect(block).toContain(escaped(sentence));
    expect(block).toContain(escaped((tag === "ko" ? INFORMATION_ONLY.ineligible?.ko : INFORMATION_ONLY.ineligible?.en)?.[0] ?? ""));
    expect([reward[2], own.decided].filter((sentence) => block.includes(escaped(sentence)))).toEqual([]);
  });

  it("has the operator's notices on every page where something can be sent", () => {
    const pages = formatPlainPages(locale, LANGUAGES, { demo: false, program: OFFERING, style: "sha384-y" });
    for (const html of [documentOf(locale, OFFERING), ...pages.values()]) {
      const [, footer = ""] = /<footer>(.*?)<\/footer>/s.exec(html) ?? [];
      expect(footer).toContain(`<h2>Paperwork</h2><p>${escaped("Number 1234-5678 </footer><script>alert(1)</script>")}</p>`);
    }
  });
});

it("the page to be saved has the same in every language", () => {
  const settings = {
    pinned: PINNED,
    demo: false,
    script: "",
    style: "",
    hashes: INTEGRITY,
    lists: new Map<string, string>(),
    keys: "",
    until: "2027-01-01",
  };
  const html = formatOffline(LANGUAGES, { ...settings, program: OFFERING });
  expect(html.split('id="rewards"').length).toBe(LANGUAGES.length + 1);
  expect(html.split("<footer>").length).toBe(LANGUAGES.length + 1);
  for (const locale of LANGUAGES) expect(html).toContain(aboutRewards(documentOf(locale, OFFERING)));
  expect(formatOffline(LANGUAGES, { ...settings, program: null })).not.toContain("<footer>");
});
