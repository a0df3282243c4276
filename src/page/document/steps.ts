/** The steps of the page as static HTML, one function each, in the order in which a witness meets them; document.ts puts them together. */
import { ELSEWHERE, PROVINCES } from "../compose/questions.ts";
import { WORD_LISTS } from "../compose/state.ts";
import { en } from "../locales/en.ts";
import type { Locale } from "../locales/locale.ts";
import type { Program } from "../../protocol/format/program.ts";
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import { sendFilePage } from "./carried.ts";
import { items, Markup, markup } from "./markup.ts";
import { aboutRewards, claimHint } from "./program.ts";

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
export function safety(locale: Locale, online: boolean): Markup {
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
export function comeBack({ text: { back, comeBack: own } }: Locale): Markup {
  return step(
    "return",
    own.title,
    markup`<div id="return"><p role="status">${own.loading}</p></div>`,
    markup`<button type="button" class="back" data-do="back" id="return-back">${back}</button>`,
    true,
  );
}

const PRIVATE = new Markup('autocomplete="off" autocorrect="off" autocapitalize="off" spellcheck="false" writingsuggestions="false"');

export function story(locale: Locale): Markup {
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

export function questions(locale: Locale): Markup {
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

export function files(locale: Locale): Markup {
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

export function reply(locale: Locale, program: Program | null): Markup {
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

export function words(locale: Locale): Markup {
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

export function check(locale: Locale): Markup {
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

export function review(locale: Locale): Markup {
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

export function sending({ text: { sending: own } }: Locale): Markup {
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

export function done({ text: { done: own } }: Locale): Markup {
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

export function failed({ text: { failed: own } }: Locale): Markup {
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
