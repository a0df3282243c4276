import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDocument } from "../../../src/page/document/document.ts";
import { jsonBlock, markup } from "../../../src/page/document/markup.ts";
import { formatPlainPages } from "../../../src/page/document/plain.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import type { Locale } from "../../../src/page/locales/locale.ts";

const SETTINGS = {
  pinned: { program: "a".repeat(64), rewards: "b".repeat(64), log: { name: "tips.test/log", id: 1, key: "A".repeat(43) + "=" } },
  demo: false,
  program: null,
  integrity: { script: "sha384-x", style: "sha384-y" },
  words: "Aable",
};

/** Every sentence in a value, however deep. */
function sentences(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(sentences) : [];
}

function escaped(text: string): string {
  return markup`${text}`.html;
}

describe.each(LANGUAGES.map((locale) => [locale.tag, locale] as const))("the document in %s", (_tag, locale: Locale) => {
  const html = formatDocument(locale, LANGUAGES, SETTINGS);

  it("holds the words of every step, so that they can be read without a script", () => {
    const { demo } = locale.text;
    const elsewhere = [demo, locale.text.notNow, locale.text.questions.preferNot];
    const missing = sentences(locale.text).filter(
      (sentence) => sentence !== "" && !elsewhere.includes(sentence) && !html.includes(escaped(sentence)),
    );
    expect(missing).toEqual([]);
    expect(html.includes(escaped(demo))).toBe(false);
    expect(formatDocument(locale, LANGUAGES, { ...SETTINGS, demo: true })).toContain(escaped(demo));
  });

  it("holds no script, style or handler of its own, and refers to nothing elsewhere", () => {
    expect([...html.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag)).toEqual([
      '<script type="module" src="/assets/page.js" integrity="sha384-x">',
      '<script type="application/json" id="page-data">',
      `<script type="application/json" id="words-${locale.wordList}">`,
    ]);
    expect(html).not.toMatch(/<style|<iframe|<img|\sstyle=|\son[a-z]+=/i);
    const addresses = [...html.matchAll(/\b(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address ?? "");
    expect(addresses.filter((address) => !/^(?:\/|#|data:,$)/.test(address))).toEqual([]);
  });

  it("has no form but the one for browsers without a script", () => {
    const [, without = ""] = /<noscript>(.*?)<\/noscript>/s.exec(html) ?? [];
    expect(html.split("<form").length).toBe(2);
    expect(without).toContain('<form class="block" method="post" action="/tips" enctype="multipart/form-data" autocomplete="off">');
    expect(without).toContain(`<input type="hidden" name="language" value="${locale.tag}">`);
    for (const sentence of sentences(locale.text.noScript)) expect(without).toContain(escaped(sentence));
    expect(without).toContain(`href="/${locale.tag}/send-file/"`);
  });

  it("keeps every control off until the script has looked at the keys, and browsers from remembering fields", () => {
    const steps = [...html.matchAll(/<fieldset class="plain"[^>]*>/g)].map(([tag]) => tag);
    expect(steps.length).toBe(12);
    expect(steps.filter((tag) => !tag.endsWith(" disabled>"))).toEqual([]);
    const scripted = html.replace(/<noscript>.*?<\/noscript>/s, "");
    const fields = [...scripted.matchAll(/<(?:input|textarea|select)\b[^>]*>/g)].map(([tag]) => tag);
    expect(fields.filter((tag) => !tag.includes('autocomplete="off"'))).toEqual([]);
    const typed = fields.filter((tag) => tag.startsWith("<textarea") || tag.includes('type="text"'));
    expect(typed.filter((tag) => !tag.includes('spellcheck="false"'))).toEqual([]);
  });

  it("names its language and direction, and has no identifier twice", () => {
    expect(html).toContain(`<html lang="${locale.tag}" dir="${locale.direction}"`);
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const named = [...html.matchAll(/\b(?:for|aria-labelledby|aria-describedby)="([^"]+)"/g)].flatMap(([, list]) =>
      (list ?? "").split(" "),
    );
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("says so when nobody has checked the translation", () => {
    expect(html.includes("No person who speaks this language")).toBe(locale.status === "draft");
  });
});

describe.each(LANGUAGES.map((locale) => [locale.tag, locale] as const))("the pages without a script in %s", (tag, locale: Locale) => {
  const pages = formatPlainPages(locale, LANGUAGES, { demo: false, program: null, style: "sha384-y" });

  it("are three, with no script, and lead to themselves in other languages", () => {
    expect([...pages.keys()]).toEqual(["send-file", "received", "refused"]);
    for (const [folder, html] of pages) {
      expect(html).toContain(`<html lang="${tag}" dir="${locale.direction}"`);
      expect(html).not.toMatch(/<script|<style|<iframe|<img|\sstyle=|\son[a-z]+=/i);
      expect(html.split("<h1").length).toBe(2);
      for (const language of LANGUAGES) expect(html).toContain(`href="/${language.tag}/${folder}/"`);
      expect(html.includes(escaped(locale.draft.notice))).toBe(locale.status === "draft");
      expect(html.includes(escaped(locale.text.demo))).toBe(false);
      const addresses = [...html.matchAll(/\b(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address ?? "");
      expect(addresses.filter((address) => !/^(?:\/|#|data:,$)/.test(address))).toEqual([]);
    }
  });

  it("hold all words of this way between them, and the form where a file can be sent", () => {
    const all = [...pages.values()].join("");
    expect(sentences(locale.carried).filter((sentence) => !all.includes(escaped(sentence)))).toEqual([]);
    expect([...pages].map(([folder, html]) => [folder, html.includes('<form class="block" method="post" action="/tips"')])).toEqual([
      ["send-file", true],
      ["received", false],
      ["refused", true],
    ]);
    expect(pages.get("received")).not.toMatch(/<input|<button/);
    expect(pages.get("send-file")).toContain('href="/offline/firsthand.html" download="page.html"');
    expect(formatPlainPages(locale, LANGUAGES, { demo: true, program: null, style: "sha384-y" }).get("refused")).toContain(
      escaped(locale.text.demo),
    );
  });
});

describe("markup", () => {
  it("lets no text become an element or end an attribute or a data block", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(markup`${text}`.html).not.toMatch(/[<>"']/);
        expect(jsonBlock({ text }).html).not.toContain("<");
        expect(JSON.parse(jsonBlock({ text }).html)).toEqual({ text });
      }),
    );
  });
});
