/**
 * Draws the state of a witness who comes back. Like `view.ts` it decides nothing; unlike there, its elements are made here, because the document of somebody who
 * never comes back has no room for them.
 */
import { fill, joined } from "../compose/review.ts";
import { offersOf, REPLIES_AT_ONCE, type ReturnEvent, type Returning, type ShownReply, WORDS_NEEDED } from "../compose/return.ts";
import { WORD_LISTS, type WordListName } from "../compose/state.ts";
import type { LiveText, ReturnText } from "../locales/locale.ts";
import { make, put, say } from "./dom.ts";
import { button, lines, title } from "./pieces.ts";

/** Where in the document it is drawn. */
export interface ReturnPlace {
  readonly host: HTMLElement;
  /** Row of the buttons. */
  readonly ways: HTMLElement;
  /** The way back to the first page. */
  readonly back: HTMLElement;
  /** What the document says about rewards: a heading, and the rest. */
  readonly rewards: HTMLElement;
  /** Names of the lists, in their own languages. */
  readonly lists: readonly { readonly list: string; readonly name: string }[];
}

/** Where receipts are checked; it draws itself. */
export interface ReceiptPlace {
  readonly part: HTMLElement;
  readonly ways: readonly HTMLElement[];
}

/** What is done elsewhere. */
export interface ReturnActions {
  /** Do not wait for the next try. */
  readonly now: () => void;
  /** Clear the page and go. */
  readonly leave: () => void;
}

/** All sentences that are shown. */
export interface ReturnWords {
  readonly text: ReturnText;
  readonly live: LiveText;
  /** Name of the button that leaves. */
  readonly leave: string;
}

type Send = (event: ReturnEvent) => void;
type Draw = (state: Returning, before: Returning) => void;

/** Language of each list, for voices and fonts. */
const LIST_LANGUAGES: Readonly<Record<WordListName, string>> = {
  english: "en",
  "simplified-chinese": "zh-Hans",
  "traditional-chinese": "zh-Hant",
  korean: "ko",
};

/** Fills the place; returns what draws a state. With a state and itself it draws all of it. */
export function openReturnView(place: ReturnPlace, words: ReturnWords, receipt: ReceiptPlace, send: Send, actions: ReturnActions): Draw {
  const { text } = words;
  const entering = openEntry(place, words, send);
  const waiting = openWaiting(words);
  const reading = openReplies(place, words, send);
  const finished = make("div", {}, title(text.finishedTitle), lines(text.finished));
  const parts = {
    words: entering.part,
    receipt: receipt.part,
    asking: waiting.part,
    replies: reading.part,
    finishing: waiting.part,
    writing: reading.part,
    finished,
  } as const;

  const look = button(text.look, "main", () => {
    send({ type: "look" });
  });
  const now = button(text.now, "", actions.now);
  const skip = button(text.skip, "", () => {
    send({ type: "skip" });
  });
  const toReceipt = button(text.receipt.way, "", () => {
    send({ type: "receipt", open: true });
  });
  const finish = button(text.finish, "", () => {
    send({ type: "go-on", way: "finished" });
  });
  const write = button(text.write, "main", () => {
    send({ type: "go-on", way: "writing" });
  });
  const leave = button(words.leave, "main", actions.leave);
  const ways = {
    words: [place.back, toReceipt, now, look],
    receipt: receipt.ways,
    asking: [place.back, now],
    replies: [finish, write],
    finishing: [skip, now],
    finished: [leave],
  };

  return (state, before) => {
    const entered = state === before || state.phase !== before.phase;
    now.hidden = state.phase === "words" ? state.problem !== "list-unreachable" : state.pause === null;
    look.hidden = !now.hidden;
    entering.draw(state, before);
    waiting.draw(state, before);
    reading.draw(state, before);
    if (!entered || state.phase === "writing") return;
    place.host.replaceChildren(parts[state.phase]);
    place.ways.replaceChildren(...ways[state.phase]);
    if (state === before) return;
    window.scrollTo(0, 0);
    const places = [...parts[state.phase].querySelectorAll<HTMLElement>("[tabindex='-1']")].filter(
      (found) => found.closest("[hidden]") === null,
    );
    // Back at the words, what is wrong with them stands at the last.
    places.at(state.phase === "words" ? -1 : 0)?.focus();
  };
}

interface Part {
  readonly part: HTMLElement;
  readonly draw: Draw;
}

function openEntry(place: ReturnPlace, { text }: ReturnWords, send: Send): Part {
  const list = make(
    "select",
    { id: "return-list", autocomplete: "off" },
    ...place.lists.map(({ list: value, name }) => make("option", { value }, name)),
  );
  list.addEventListener("change", () => {
    send({ type: "list-chosen", list: WORD_LISTS.find((name) => name === list.value) ?? "english" });
  });
  const field = wordField(send);
  const label = make("label", { class: "above", for: field.id });
  const offers = make("p", { class: "offers", role: "group", "aria-label": text.fitting });
  const problem = make("p", { id: "return-problem", class: "problem", role: "alert" });
  const typing = make("div", {}, label, field, make("p", { id: "return-hint", class: "small" }, text.hint), offers);
  const complete = make("p", { class: "strong", tabindex: "-1" }, text.complete);
  const entered = make("ol", { class: "words", translate: "no", "aria-labelledby": "return-entered" });
  const count = make("p", { class: "small", role: "status" });
  const part = make(
    "div",
    {},
    make("p", { tabindex: "-1" }, text.lead),
    lines(text.risks),
    make("p", {}, make("label", { for: list.id }, text.list), " ", list),
    typing,
    complete,
    problem,
    make("h3", { id: "return-entered" }, text.entered),
    count,
    entered,
  );

  const drawWords = (state: Returning): void => {
    const lang = LIST_LANGUAGES[state.list];
    entered.replaceChildren(
      ...state.entered.map((word, at) => {
        const change = make("button", { type: "button", lang, dir: "auto" }, word);
        change.setAttribute("aria-label", fill(text.changeWord, { n: String(at + 1), word }));
        change.addEventListener("click", () => {
          send({ type: "edit", at });
          field.focus();
          field.select();
        });
        const item = make("li", {}, change);
        if (at === state.at) item.setAttribute("class", "current");
        return item;
      }),
    );
    say(count, fill(text.count, { n: String(state.entered.length) }));
  };

  return {
    part,
    draw: (state, before) => {
      const first = state === before;
      put(list, state.list);
      put(field, state.typed);
      field.lang = LIST_LANGUAGES[state.list];
      say(label, fill(text.word, { n: String(Math.min(state.at + 1, WORDS_NEEDED)) }));
      const done = state.at === WORDS_NEEDED;
      const moved = done && before.at !== WORDS_NEEDED && state.phase === "words" && typing.contains(document.activeElement);
      typing.hidden = done;
      complete.hidden = !done;
      if (moved) complete.focus();
      say(problem, state.problem !== null && state.phase === "words" ? text.problems[state.problem] : "");
      if (first || offersOf(state).join() !== offersOf(before).join()) {
        offers.replaceChildren(
          ...offersOf(state).map((word) => {
            const offer = button(word, "", () => {
              send({ type: "picked", word });
              field.focus();
            });
            offer.lang = LIST_LANGUAGES[state.list];
            return offer;
          }),
        );
      }
      if (first || state.entered !== before.entered || state.at !== before.at) drawWords(state);
    },
  };
}

/** The field for one word, or for all of them when they are pasted. Letters that are still being composed do not count. */
function wordField(send: Send): HTMLInputElement {
  const field = make("input", {
    id: "return-word",
    type: "text",
    class: "word",
    autocomplete: "off",
    autocorrect: "off",
    autocapitalize: "off",
    spellcheck: "false",
    writingsuggestions: "false",
    dir: "auto",
    "aria-describedby": "return-hint return-problem",
  });
  const typed = (): void => {
    send({ type: "typed", text: field.value });
  };
  field.addEventListener("input", (event) => {
    if (!(event instanceof InputEvent) || !event.isComposing) typed();
  });
  field.addEventListener("compositionend", typed);
  // A field of one line would join words that stand on lines of their own.
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    send({
      type: "typed",
      text: `${field.value.slice(0, field.selectionStart ?? 0)}${pasted}${field.value.slice(field.selectionEnd ?? 0)}`,
    });
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    // Or the key would press what is in focus next.
    event.preventDefault();
    send({ type: "enter" });
  });
  return field;
}

function openWaiting({ text, live }: ReturnWords): Part {
  const what = make("p", { tabindex: "-1", role: "status" });
  const trouble = make("p", { class: "note", role: "status" });
  return {
    part: make("div", {}, what, trouble),
    draw: ({ phase, pause }) => {
      say(what, phase === "finishing" ? text.finishing : text.asking);
      trouble.hidden = pause === null;
      const why = pause?.why === "offline" ? text.offline : text.busy;
      say(trouble, pause === null ? "" : joined(why, fill(live.progress.again, { seconds: String(Math.ceil(pause.seconds)) })));
    },
  };
}

function openReplies({ rewards }: ReturnPlace, { text }: ReturnWords, send: Send): Part {
  const heading = title(text.repliesTitle);
  const none = lines(text.none);
  const newer = make("p", { class: "note" }, text.newer);
  const more = make("p", { class: "note" }, text.more);
  const problem = make("p", { class: "problem", role: "alert" });
  const cards = make("ul", { class: "cards" });
  let boxes: readonly { readonly of: "remove" | "prove"; readonly id: string; readonly box: HTMLInputElement }[] = [];

  const card = (reply: ShownReply): HTMLElement => {
    const { id, date, removed, challenge } = reply;
    const [before = "", after = ""] = text.from.split("{date}");
    const parts: HTMLElement[] = [
      make("h4", {}, before, make("bdi", {}, date), after),
      make("div", { class: "own letter", dir: "auto" }, reply.text),
    ];
    const tick = (of: "remove" | "prove", label: string): void => {
      const box = make("input", { type: "checkbox", autocomplete: "off" });
      box.addEventListener("change", () => {
        send({ type: of, id, on: box.checked });
      });
      boxes = [...boxes, { of, id, box }];
      parts.push(make("label", { class: "choice" }, box, make("span", {}, label)));
    };
    if (removed) parts.push(make("p", { class: "small" }, text.removed));
    else tick("remove", text.remove);
    if (challenge !== null) {
      tick("prove", text.prove);
      const [to = "", on = "", last = ""] = text.proveTo.split(/\{program\}|\{date\}/);
      parts.push(make("p", { class: "hint under" }, to, make("bdi", {}, challenge), on, make("bdi", {}, date), last));
      const [about, ...rest] = rewards.children;
      parts.push(
        make("p", { class: "hint under" }, text.proveHint),
        make("details", { class: "block" }, make("summary", {}, about?.textContent ?? ""), ...rest.map((said) => said.cloneNode(true))),
      );
    }
    return make("li", {}, ...parts);
  };

  return {
    part: make("div", {}, heading, newer, none, cards, more, problem, make("p", {}, text.writeHint)),
    draw: ({ phase, replies, proof, told, newer: others, problem: wrong }, before) => {
      if (phase !== "replies") return;
      say(heading, replies.length === 0 ? text.noneTitle : text.repliesTitle);
      none.hidden = replies.length > 0;
      newer.hidden = !others;
      more.hidden = told || replies.filter(({ removed }) => !removed).length < REPLIES_AT_ONCE;
      say(problem, wrong === null ? "" : text.problems[wrong]);
      if (before.phase !== "replies") {
        boxes = [];
        cards.replaceChildren(...replies.map(card));
      }
      for (const { of, id, box } of boxes) {
        box.checked = of === "prove" ? proof === id : replies.some((reply) => reply.id === id && reply.remove);
      }
    },
  };
}
