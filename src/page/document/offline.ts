/**
 * The offline page: everything in one HTML file, to be saved and opened from a disk. It holds the form in all languages, script and style, and the keys of the coming weeks.
 *
 *     head      policy, style, script, keys, lists of words
 *     body      "does not work from here" in all languages, until the script takes it away; the form in English
 *     template  one for each other language: its body, to be put in place of the English one
 *
 * The address's fragment says the language (`#ug`), since a file has no folders. The page's own policy names its one script and its one style by their hashes and
 * allows nothing else: no connection, no form, no picture. Opened on the site, it meets the site's policy as well, which forbids both; then it says where it works.
 */
import type { Program } from "../../protocol/format/program.ts";
import { en } from "../locales/en.ts";
import type { LiveText, Locale } from "../locales/locale.ts";
import { formatBody, formatHead, type Pinned, wordList } from "./document.ts";
import { filled, items, jsonBlock, Markup, markup } from "./markup.ts";
import { step } from "./steps.ts";

/** What goes into the file. */
export interface OfflineSettings {
  readonly pinned: Pinned;
  readonly demo: boolean;
  /** The rewards program; null if none is configured. */
  readonly program: Program | null;
  /** Texts of the lists of words, by their names. */
  readonly lists: ReadonlyMap<string, string>;
  readonly script: string;
  readonly style: string;
  /** Values for the policy: `sha256-…`. */
  readonly hashes: { readonly script: string; readonly style: string };
  /** Both trimmed certificates in a row, base64. */
  readonly keys: string;
  /** First day on which they are of no use, `YYYY-MM-DD`. */
  readonly until: string;
}

/** Name under which a browser saves the sealed file: one that says nothing. */
const FILE_NAME = "note.pgp";

/** The whole file, which begins in the first of `languages`. */
export function formatOffline(languages: readonly Locale[], settings: OfflineSettings): string {
  const { script, style, hashes, keys, lists } = settings;
  if (/<\/?script/i.test(script) || /<\/style/i.test(style)) throw new Error("this cannot stand inside its HTML element");
  const policy = [
    "default-src 'none'",
    `script-src '${hashes.script}'`,
    `style-src '${hashes.style}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join(";");
  const [first = en, ...others] = languages;
  const body = (locale: Locale): Markup => offlineBody(locale, languages, settings);
  return markup`${formatHead(
    first,
    first.text.title,
    markup`<meta http-equiv="content-security-policy" content="${policy}">
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
<script type="application/json" id="keys">${jsonBlock(keys)}</script>
${[...lists].map(([name, words]) => wordList(name, words))}
<script type="module">${new Markup(script)}</script>`,
  )}
<body>
<div id="elsewhere">${languages.map(elsewhere)}</div>
${body(first)}
${others.map((locale) => markup`<template id="in-${locale.tag}" data-dir="${locale.direction}" data-title="${locale.text.title}">${body(locale)}</template>`)}
</body>
</html>
`.html;
}

function elsewhere({ tag, direction, offline: { elsewhere: own } }: Locale): Markup {
  return markup`<section class="warning" lang="${tag}" dir="${direction}"><h2>${own.title}</h2>${items(own.lines)}</section>`;
}

function offlineBody(locale: Locale, languages: readonly Locale[], { pinned, demo, program, until }: OfflineSettings): Markup {
  const own = offlineLocale(locale);
  return formatBody(own, languages, {
    demo,
    program,
    data: { pinned, live: own.live, files: own.files, languageName: locale.name },
    addressOf: ({ tag }) => `#${tag}`,
    notices: markup`<p class="note">${filled(locale.offline.until, { date: markup`<bdi><time>${until}</time></bdi>` })}</p>`,
    online: false,
    done: done(locale),
  });
}

/** The language with the words for this page in their places. */
function offlineLocale(locale: Locale): Locale {
  const { text, live, offline } = locale;
  const words: LiveText = {
    ...live,
    progress: { ...live.progress, sending: offline.locked, stopped: offline.stopped },
    failures: { ...live.failures, clock: offline.clock },
  };
  return {
    ...locale,
    text: {
      ...text,
      tagline: offline.tagline,
      review: { ...text.review, send: offline.send },
      sending: { ...text.sending, ...offline.sending },
    },
    live: words,
  };
}

function done({ text, offline: { done: own } }: Locale): Markup {
  return step(
    "done",
    own.title,
    markup`<p class="strong">${own.lead}</p>
<p><button type="button" class="main" id="save" data-name="${FILE_NAME}">${own.save}</button></p>
${items(own.next, "ol")}`,
    markup`<button type="button" id="leave-done">${text.done.leave}</button>`,
    true,
  );
}
