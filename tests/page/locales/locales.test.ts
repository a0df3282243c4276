import { describe, expect, it } from "vitest";
import { ELSEWHERE, PROVINCES } from "../../../src/page/compose/questions.ts";
import { en } from "../../../src/page/locales/en.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";

/** Each sentence under its place: `live.problems.story-empty`. */
function places(value: unknown, at: string): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => places(inner, at === "" ? name : `${at}.${name}`));
}

function gaps(text: string): string[] {
  return [...text.matchAll(/\{[a-z]+\}/g)].map(([gap]) => gap).sort();
}

const SOURCE = new Map([
  ...places(en.live, "live"),
  ...places(en.offline, "offline"),
  ...places(en.offered, "offered"),
  ...places(en.returning, "returning"),
  ...places(en.files, "files"),
]);

it("has one source language and no language twice", () => {
  expect(LANGUAGES.filter(({ status }) => status === "source").map(({ tag }) => tag)).toEqual(["en"]);
  expect(new Set(LANGUAGES.map(({ tag }) => tag)).size).toBe(LANGUAGES.length);
});

describe.each(LANGUAGES.map((locale) => [locale.tag, locale] as const))("%s", (_tag, locale) => {
  it("has a name for every place and leaves nothing empty", () => {
    const unnamed = [...PROVINCES, ...ELSEWHERE, "prefer_not_to_say"].filter((code) => (locale.labels.where[code] ?? "").trim() === "");
    expect(unnamed).toEqual([]);
    const { text, returning, carried, offline, offered, files, labels, live } = locale;
    const empty = places({ text, returning, carried, offline, offered, files, labels, live }, "").filter(
      ([, sentence]) => sentence.trim() === "",
    );
    expect(empty.map(([at]) => at)).toEqual([]);
  });

  it("fills the same gaps as the source", () => {
    const { live, offline, offered, returning, files } = locale;
    const wrong = places({ live, offline, offered, returning, files }, "").filter(([at, text]) => {
      const source = SOURCE.get(at);
      return source !== undefined && gaps(source).join() !== gaps(text).join();
    });
    expect(wrong).toEqual([]);
  });

  it("gives no two answers to a question, and no two places, the same name", () => {
    for (const [question, labels] of Object.entries(locale.labels)) {
      const names = Object.values<string>(labels);
      expect(
        names.filter((name, index) => names.indexOf(name) !== index),
        question,
      ).toEqual([]);
    }
  });

  it("promises nothing and asks for no name", () => {
    expect(locale.text.reply.reward.length).toBe(en.text.reply.reward.length);
    expect(locale.text.safety.limits.length).toBe(en.text.safety.limits.length);
  });
});
