/**
 * The page as static HTML in one language, written when it is built. Every step's words are in it, so they can be read without a script; controls are disabled
 * until the script has checked the keys. There is no `<form>` where the script runs: nothing can be submitted by accident and no browser keeps a form history.
 *
 * What the script needs to know travels as one JSON data block: the sentences it shows itself, the fingerprints and the log key it pins. So script
 * and style are the same bytes for every language and every site. A second block is the list of words that the language offers first.
 *
 * The icon `data:,` keeps browsers from asking for `/favicon.ico`. The policy blocks it, which costs a line in the console and no request.
 */
import { en } from "../locales/en.ts";
import type { FilesText, LiveText, Locale } from "../locales/locale.ts";
import type { Program } from "../../protocol/format/program.ts";
import { sendFilePage, sendForm } from "./carried.ts";
import { items, jsonBlock, type Markup, markup } from "./markup.ts";
import { notices as programNotices } from "./program.ts";
import * as steps from "./steps.ts";

/** What the page pins. */
export interface Pinned {
  /** Fingerprints of the two primary keys, hexadecimal. */
  readonly program: string;
  readonly rewards: string;
  readonly log: PinnedLog;
}

/** The log's key, which signs receipts and checkpoints; in parts, so that the page needs no parser of verifier keys. */
export interface PinnedLog {
  /** The log's origin. */
  readonly name: string;
  readonly id: number;
  /** Ed25519, 32 bytes in base64. */
  readonly key: string;
}

/** The data block. */
export interface PageData {
  readonly pinned: Pinned;
  readonly live: LiveText;
  /** What is said of chosen files. */
  readonly files: FilesText;
  /** What the language calls itself. */
  readonly languageName: string;
}

/** What the document refers to. */
export interface DocumentSettings {
  readonly pinned: Pinned;
  /** Public demo keys: say so on top. */
  readonly demo: boolean;
  /** The rewards program; null if none is configured. */
  readonly program: Program | null;
  /** Subresource integrity values. */
  readonly integrity: { readonly script: string; readonly style: string };
  /** Text of the language's list of words. */
  readonly words: string;
}

/** The whole HTML file. */
export function formatDocument(locale: Locale, languages: readonly Locale[], settings: DocumentSettings): string {
  const { text, live, files: saidOfFiles, name } = locale;
  const files = markup`<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/page.css" integrity="${settings.integrity.style}">
<script type="module" src="/assets/page.js" integrity="${settings.integrity.script}"></script>`;
  return markup`${formatHead(locale, text.title, files)}
<body>
${formatBody(locale, languages, {
  demo: settings.demo,
  program: settings.program,
  data: { pinned: settings.pinned, live, files: saidOfFiles, languageName: name },
  addressOf: ({ tag }) => `/${tag}/`,
  notices: withoutScript(locale),
  online: true,
  done: steps.done(locale),
})}
${wordList(locale.wordList, settings.words)}
</body>
</html>
`.html;
}

/** Everything before the body. `files` are elements of the head. */
export function formatHead({ tag, direction }: Locale, title: string, files: Markup): Markup {
  return markup`<!doctype html>
<html lang="${tag}" dir="${direction}" translate="no">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="color-scheme" content="light">
<title>${title}</title>
${files}
</head>`;
}

/** A list of words as data, where `word-lists.ts` looks for it. */
export function wordList(name: string, words: string): Markup {
  return markup`<script type="application/json" id="words-${name}">${jsonBlock(words)}</script>`;
}

/** Where the page on the site and the offline page differ. */
export interface BodySettings {
  readonly demo: boolean;
  readonly program: Program | null;
  readonly data: PageData;
  /** Where a language is. */
  readonly addressOf: (locale: Locale) => string;
  /** What stands before the form. */
  readonly notices: Markup;
  /** Whether there is a site to come back to and to send files to. */
  readonly online: boolean;
  /** The step after sending. */
  readonly done: Markup;
}

/** The body of the page, with all steps. */
export function formatBody(
  locale: Locale,
  languages: readonly Locale[],
  { demo, program, data, addressOf, notices, online, done }: BodySettings,
): Markup {
  const { text } = locale;
  return markup`<a class="skip" href="#content">${text.skipToContent}</a>
<header><div class="bar"><p class="brand">Firsthand</p><button type="button" id="leave" class="leave" title="${text.leaveHint}" disabled>${text.leave}</button></div></header>
<main id="content">
${demo ? markup`<p class="demo"><strong>${text.demo}</strong></p>` : ""}
<h1>${text.title}</h1>
<div id="intro">
<p class="tagline">${text.tagline}</p>
${languages.length > 1 ? languageLinks(locale, languages, addressOf) : ""}
${locale.status === "draft" ? draftNotice(locale, addressOf(en)) : ""}
${notices}
</div>
<p id="waiting" class="note" role="status">${text.waiting}</p>
<p id="step-of" class="step-of"></p>
${steps.safety(locale, online)}
${steps.comeBack(locale)}
${steps.story(locale)}
${steps.questions(locale)}
${steps.files(locale)}
${steps.reply(locale, program)}
${steps.words(locale)}
${steps.check(locale)}
${steps.review(locale)}
${steps.sending(locale)}
${done}
${steps.failed(locale)}
</main>
${programNotices(locale, program)}
<script type="application/json" id="page-data">${jsonBlock(data)}</script>`;
}

/** What a browser without a script can do: the way to where that is explained, and the form for those who come back with a file. */
function withoutScript(locale: Locale): Markup {
  const {
    carried,
    text: { noScript: own },
  } = locale;
  return markup`<noscript><div class="warning"><h2>${own.title}</h2><p>${own.what}</p>${items(own.todo, "ol")}<p>${own.other}</p>
<p><a class="button" href="${sendFilePage(locale)}">${carried.title}</a></p></div>
<h2>${carried.send}</h2>${sendForm(locale)}</noscript>`;
}

/** Links to all languages; where each is says `addressOf`. */
export function languageLinks({ text }: Locale, languages: readonly Locale[], addressOf: (locale: Locale) => string): Markup {
  const links = languages.map((locale) => {
    const { tag, direction, name } = locale;
    return markup`<li><a href="${addressOf(locale)}" hreflang="${tag}" lang="${tag}" dir="${direction}">${name}</a></li>`;
  });
  return markup`<nav aria-label="${text.languages}"><ul class="languages">${links}</ul></nav>`;
}

/** Nobody has checked this translation yet: said in that language and in English, with the way to the source. */
export function draftNotice({ draft }: Locale, source: string): Markup {
  return markup`<div class="note"><p>${draft.notice}</p><p lang="en" dir="ltr">${en.draft.notice} <a href="${source}">${en.name}</a></p></div>`;
}
