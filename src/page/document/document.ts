/**
 * The page as static HTML in one language, written when it is built. Every step's words are in it, so they can be read without a script; controls are disabled
 * until the script has checked the keys. There is no `<form>` where the script runs: nothing can be submitted by accident and no browser keeps a form history.
 *
 * What the script needs to know travels as one JSON data block: the sentences it shows itself, the fingerprints and the log key it pins. So script
 * and style are the same bytes for every language and every site. A second block is the list of words that the language offers first.
 *
 * The icon `data:,` keeps browsers from asking for `/favicon.ico`. The policy blocks it, which costs a line in the console and no request.
 */
import { ELSEWHERE, PROVINCES } from "../compose/questions.ts";
import { WORD_LISTS } from "../compose/state.ts";
import { en } from "../locales/en.ts";
import type { FilesText, LiveText, Locale } from "../locales/locale.ts";
import type { Program } from "../../protocol/format/program.ts";
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import { sendFilePage, sendForm } from "./carried.ts";
import { items, jsonBlock, Markup, markup } from "./markup.ts";
import { aboutRewards, claimHint, notices as programNotices } from "./program.ts";

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
  done: done(locale),
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
${safety(locale, online)}
${comeBack(locale)}
${story(locale)}
${questions(locale)}
${files(locale)}
${reply(locale, program)}
${words(locale)}
${check(locale)}
${review(locale)}
${sending(locale)}
${done}
${failed(locale)}
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

/** A step: heading, content inside a fieldset that the script enables, a place for what is wrong, and the ways on. */
export function step(name: string, title: string, content: Markup, ways: Markup, hidden = false): Markup {
  const attribute = new Markup(hidden ? " hidden" : "");
  return markup`<section id="step-${name}" class="step" aria-labelledby="title-${name}"${attribute}>
<h2 id="title-${name}" tabindex="-1">${title}</h2>
<fieldset class="plain" aria-labelledby="title-${name}" disabled>
${content}
<p id="problem-${name}" class="problem" role="alert"></p>
<p class="ways">${ways}</p>
</fieldset>
</section>`;
}

function ways({ text }: Locale): Markup {
  return markup`<button type="button" class="back" data-do="back">${text.back}</button><button type="button" class="main" data-do="next">${text.next}</button>`;
}

function block(title: string, lines: readonly string[], kind = "", beside: Markup = NOTHING): Markup {
  return markup`<div class="block ${kind}"><h3>${title}</h3>${items(lines)}${beside}</div>`;
}

const NOTHING = new Markup("");

/** While nobody has checked the translation, the English stands beside each part of the safety text. */
function safety(locale: Locale, online: boolean): Markup {
  const {
    status,
    draft,
    carried,
    text: { safety: own, comeBack },
  } = locale;
  const offered = new Markup(online ? "" : " hidden");
  const source = en.text.safety;
  const english = (title: string, lines: readonly string[]): Markup =>
    status === "draft"
      ? markup`<details class="english"><summary>${draft.english}</summary><div lang="en" dir="ltr"><p class="strong">${title}</p>${items(lines)}</div></details>`
      : NOTHING;
  const first = status === "draft" ? markup`<p lang="en" dir="ltr">${source.title} ${source.first}</p>` : NOTHING;
  return step(
    "safety",
    own.title,
    markup`<p class="strong">${own.first}</p>
${first}
${block(own.deviceTitle, own.device, "", english(source.deviceTitle, source.device))}
${block(own.writingTitle, own.writing, "", english(source.writingTitle, source.writing))}
${block(own.limitsTitle, own.limits, "limits", english(source.limitsTitle, source.limits))}
${block(own.chinaTitle, own.china, "", english(source.chinaTitle, source.china))}
${block(own.lawTitle, own.law, "", english(source.lawTitle, source.law))}
${block(own.readersTitle, own.readers, "", english(source.readersTitle, source.readers))}
${online ? markup`<p><a href="${sendFilePage(locale)}">${carried.title}</a></p>` : ""}`,
    markup`<button type="button" id="come-back"${offered}>${comeBack.way}</button><button type="button" class="main" data-do="next">${own.start}</button>`,
  );
}

/** Where a witness comes back. What stands here is drawn by `return.js`, which is loaded when it is wanted. */
function comeBack({ text: { back, comeBack: own } }: Locale): Markup {
  return step(
    "return",
    own.title,
    markup`<div id="return"><p role="status">${own.loading}</p></div>`,
    markup`<button type="button" class="back" data-do="back" id="return-back">${back}</button>`,
    true,
  );
}

const PRIVATE = new Markup('autocomplete="off" autocorrect="off" autocapitalize="off" spellcheck="false" writingsuggestions="false"');

function story(locale: Locale): Markup {
  const own = locale.text.story;
  return step(
    "story",
    own.title,
    markup`<p>${own.lead}</p>
${items(own.hints)}
<label class="above" for="narrative">${own.label}</label>
<textarea id="narrative" rows="12" dir="auto" ${PRIVATE} aria-describedby="not-kept characters-left problem-story"></textarea>
<p id="characters-left" class="small" aria-live="polite"></p>
<p id="not-kept" class="small">${own.notKept}</p>`,
    ways(locale),
  );
}

function choices(
  kind: "radio" | "checkbox",
  name: string,
  codes: readonly string[],
  labels: Readonly<Record<string, string>>,
  checked?: string,
): Markup[] {
  return codes.map((code) => {
    const mark = new Markup(code === checked ? " checked" : "");
    return markup`<label class="choice"><input type="${kind}" name="${name}" value="${code}" autocomplete="off"${mark}><span>${labels[code] ?? code}</span></label>`;
  });
}

function question(legend: string, hint: string, inputs: readonly Markup[]): Markup {
  return markup`<fieldset class="question"><legend>${legend}</legend>${hint === "" ? "" : markup`<p class="hint">${hint}</p>`}${inputs}</fieldset>`;
}

function questions(locale: Locale): Markup {
  const own = locale.text.questions;
  const { labels } = locale;
  return step(
    "questions",
    own.title,
    markup`<p>${own.lead}</p>
<p class="note">${own.combination}</p>
${question(own.basis, "", choices("radio", "basis", VOCABULARY.basis, labels.basis))}
${question(own.witnessCategory, own.witnessCategoryHint, choices("radio", "witness-category", VOCABULARY.witness_category, labels.witnessCategory))}
${question(own.eventTypes, own.several, choices("checkbox", "event-type", VOCABULARY.event_types, labels.eventTypes))}
${whenQuestion(locale)}
${whereQuestion(locale)}
${question(own.evidenceHeld, own.evidenceHint, choices("checkbox", "evidence", VOCABULARY.evidence_held, labels.evidenceHeld))}
${question(own.sharing, "", choices("radio", "sharing", VOCABULARY.sharing, labels.sharing, "ask_me_first"))}`,
    ways(locale),
  );
}

function whenQuestion({ text: { questions: own } }: Locale): Markup {
  const year = (id: string, label: string): Markup =>
    markup`<div class="year"><label class="above" for="${id}">${label}</label><input id="${id}" type="text" inputmode="numeric" size="6" maxlength="8" ${PRIVATE} aria-describedby="when-hint problem-questions"></div>`;
  return markup`<fieldset class="question"><legend>${own.when}</legend><p class="hint" id="when-hint">${own.whenHint}</p>
<div class="years">${year("when-from", own.from)}${year("when-to", own.to)}</div>
<label class="choice"><input type="checkbox" id="when-about" autocomplete="off"><span>${own.about}</span></label>
<label class="choice"><input type="checkbox" id="when-ongoing" autocomplete="off"><span>${own.ongoing}</span></label></fieldset>`;
}

function whereQuestion({ tag, text: { questions: own }, labels: { where } }: Locale): Markup {
  const named = (codes: readonly string[]): Markup[] =>
    codes
      .map((code) => ({ code, label: where[code] ?? code }))
      .sort((a, b) => a.label.localeCompare(b.label, tag))
      .map(({ code, label }) => markup`<option value="${code}">${label}</option>`);
  return markup`<div class="question"><label class="legend" for="where">${own.where}</label><p class="hint" id="where-hint">${own.whereHint}</p>
<select id="where" autocomplete="off" aria-describedby="where-hint"><option value="">–</option><option value="prefer_not_to_say">${where["prefer_not_to_say"] ?? ""}</option>
<optgroup label="${own.provinces}">${named(PROVINCES)}</optgroup>
<optgroup label="${own.elsewhere}">${named(ELSEWHERE)}</optgroup></select></div>`;
}

function files(locale: Locale): Markup {
  const own = locale.text.files;
  return step(
    "files",
    own.title,
    markup`<p>${own.lead}</p>
${items(own.warnings)}
<p><label class="button" for="choose">${own.choose}</label><input id="choose" class="choose" type="file" multiple autocomplete="off"></p>
<h3 id="chosen-title">${own.chosen}</h3>
<p id="files-in-all" class="small" role="status"></p>
<ul id="files" class="cards" aria-labelledby="chosen-title"></ul>`,
    ways(locale),
  );
}

function reply(locale: Locale, program: Program | null): Markup {
  const own = locale.text.reply;
  const wish = (id: string, label: string, hint: string): Markup =>
    markup`<label class="choice tall"><input type="checkbox" id="wants-${id}" autocomplete="off" aria-describedby="hint-${id}"><span>${label}</span></label><p class="hint under" id="hint-${id}">${hint}</p>`;
  return step(
    "reply",
    own.title,
    markup`<p>${own.lead}</p>
${wish("reply", own.wantsReply, own.wantsReplyHint)}
${wish("claim", own.wantsClaim, claimHint(locale, program))}
${wish("later", own.wantsLater, own.wantsLaterHint)}
${aboutRewards(locale, program)}`,
    ways(locale),
  );
}

function words(locale: Locale): Markup {
  const own = locale.text.words;
  const options = WORD_LISTS.map(
    (list) => markup`<option value="${list}"${new Markup(list === locale.wordList ? " selected" : "")}>${own.lists[list]}</option>`,
  );
  return step(
    "words",
    own.title,
    markup`<p>${own.lead}</p>
${items(own.advice)}
<p><label for="list">${own.list}</label> <select id="list" autocomplete="off">${options}</select></p>
<h3 id="words-title">${own.shown}</h3>
<ol id="words" class="words" translate="no" aria-labelledby="words-title"></ol>`,
    markup`<button type="button" class="back" data-do="back">${locale.text.back}</button><button type="button" class="main" data-do="next">${own.written}</button>`,
  );
}

function check(locale: Locale): Markup {
  const own = locale.text.check;
  const field = (id: string): Markup =>
    markup`<p><label class="above" id="label-${id}" for="${id}"></label><input id="${id}" type="text" class="word" ${PRIVATE} aria-describedby="problem-check"></p>`;
  return step(
    "check",
    own.title,
    markup`<p>${own.lead}</p>${field("word-a")}${field("word-b")}`,
    markup`<button type="button" class="back" data-do="back">${own.again}</button><button type="button" class="main" id="check-words">${locale.text.next}</button>`,
    true,
  );
}

function review(locale: Locale): Markup {
  const own = locale.text.review;
  return step(
    "review",
    own.title,
    markup`<p>${own.lead}</p>
<p id="stopped" class="note" role="status" hidden></p>
<ul id="identifiers" class="warnings"></ul>
<h3 id="set-title">${own.set}</h3>
<ul id="rows" class="cards" aria-labelledby="set-title"></ul>
${block(own.alsoTitle, own.also)}`,
    markup`<button type="button" class="back" data-do="back">${locale.text.back}</button><button type="button" class="main" id="send">${own.send}</button>`,
    true,
  );
}

function sending({ text: { sending: own } }: Locale): Markup {
  return step(
    "sending",
    own.title,
    markup`<p>${own.lead}</p>
<p><progress id="progress" max="1" value="0" aria-label="${own.progress}"></progress></p>
<p id="progress-words" role="status"></p>
<p id="progress-trouble" class="note" role="status" hidden></p>`,
    markup`<button type="button" class="back" id="stop">${own.stop}</button><button type="button" class="main" id="try-now" hidden>${own.now}</button>`,
    true,
  );
}

function done({ text: { done: own } }: Locale): Markup {
  return step(
    "done",
    own.title,
    markup`<p class="strong">${own.lead}</p>
${items(own.next)}
<details class="block"><summary>${own.receiptTitle}</summary>${items(own.receipt)}
<p><button type="button" id="save" data-name="${own.fileName}">${own.save}</button></p></details>`,
    markup`<button type="button" class="main" id="leave-done">${own.leave}</button>`,
    true,
  );
}

function failed({ text: { failed: own } }: Locale): Markup {
  return step(
    "failed",
    "",
    markup`<p id="failed-what"></p>
<p class="strong">${own.nothingSent}</p>
<h3>${own.todo}</h3>
<ol id="failed-todo"></ol>`,
    markup`<button type="button" class="back" id="failed-back" hidden>${own.review}</button><button type="button" class="main" id="failed-again" hidden>${own.again}</button>`,
    true,
  );
}
