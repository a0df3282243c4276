import { describe, expect, it } from "vitest";
import { formatDocument } from "../../../src/page/document/document.ts";
import { markup } from "../../../src/page/document/markup.ts";
import { en } from "../../../src/page/locales/en.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import type { Locale } from "../../../src/page/locales/locale.ts";
import { VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";

const SETTINGS = {
  pinned: { program: "a".repeat(64), rewards: "b".repeat(64), log: { name: "tips.test/log", id: 1, key: "A".repeat(43) + "=" } },
  demo: false,
  program: null,
  integrity: { script: "sha384-x", style: "sha384-y" },
  words: "Aable",
};

/** Each sentence under its place: `text.safety.device.0`. A list is as long as its last place says. */
function places(value: unknown, at: string): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => places(inner, at === "" ? name : `${at}.${name}`));
}

function sentences({ draft, text, returning, carried, offline, offered, files, labels, live }: Locale): [string, string][] {
  return places({ draft, text, returning, carried, offline, offered, files, labels, live }, "");
}

function wrong(locale: Locale, pattern: RegExp): [string, string][] {
  return sentences(locale).filter(([, sentence]) => pattern.test(sentence));
}

/** Places where another script is right: names of languages and files, units of measure, and what is only a number between words. */
const ANY_SCRIPT = /^(?:text\.words\.lists\.|text\.done\.fileName$|live\.(?:bytes|kilobytes|megabytes|review\.whenFromTo)$)/;

/** One letter of the script a language is written in. */
const SCRIPTS: Readonly<Record<Locale["tag"], RegExp>> = {
  en: /\p{Script=Latin}/u,
  "zh-Hans": /\p{Script=Han}/u,
  "zh-Hant": /\p{Script=Han}/u,
  ug: /\p{Script=Arabic}/u,
  bo: /\p{Script=Tibetan}/u,
  kk: /\p{Script=Cyrillic}/u,
  ko: /\p{Script=Hangul}/u,
};

it("has every language that an answer can name", () => {
  expect(LANGUAGES.map(({ tag }) => tag).sort()).toEqual([...VOCABULARY.language].sort());
});

it("writes Uyghur with the letters of Uyghur, and leads with no dot that would change sides", () => {
  const uyghur = LANGUAGES.filter(({ direction }) => direction === "rtl");
  expect(uyghur.map(({ tag }) => tag)).toEqual(["ug"]);
  expect(uyghur.flatMap((locale) => wrong(locale, /[\u0629\u0647\u064b-\u0652\u06a9\u06cc]|(?:^|\s)\.\p{Script=Latin}/u))).toEqual([]);
});

it("mixes no Latin letters into Kazakh words", () => {
  const kazakh = LANGUAGES.filter(({ tag }) => tag === "kk");
  expect(kazakh.flatMap((locale) => wrong(locale, /\p{Script=Cyrillic}\p{Script=Latin}|\p{Script=Latin}\p{Script=Cyrillic}/u))).toEqual([]);
});

describe.each(LANGUAGES.map((locale) => [locale.tag, locale] as const))("%s", (tag, locale) => {
  it("says everything that the source says, in lists of the same length", () => {
    expect(sentences(locale).map(([at]) => at)).toEqual(sentences(en).map(([at]) => at));
  });

  it("is composed, and holds no character that cannot be seen or that turns the direction", () => {
    expect(sentences(locale).filter(([, sentence]) => sentence !== sentence.normalize("NFC"))).toEqual([]);
    expect(wrong(locale, /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\ufffd]/u)).toEqual([]);
    expect(wrong(locale, /^\s|\s$|\s\s|[^\S ]/u)).toEqual([]);
  });

  it("is written in its own script", () => {
    const foreign = sentences(locale).filter(([at, sentence]) => !ANY_SCRIPT.test(at) && !SCRIPTS[tag].test(sentence));
    expect(foreign).toEqual([]);
  });

  it("is a draft unless it is the source or somebody has checked it, and a draft has the English beside its safety text", () => {
    expect(locale.status === "source").toBe(tag === "en");
    const html = formatDocument(locale, LANGUAGES, SETTINGS);
    const safety = places(en.text.safety, "").filter(([at]) => at !== "start");
    const shown = safety.filter(([, sentence]) => html.includes(markup`${sentence}`.html));
    expect(shown.length).toBe(locale.status === "reviewed" ? 0 : safety.length);
    expect(html.includes(markup`${locale.draft.notice}`.html)).toBe(locale.status === "draft");
  });
});
