/** Draws the place where a witness checks a receipt. Like `return.ts` it decides nothing, and its elements are made here. */
import type { Outcome, ReceiptCheck, ReceiptEvent } from "../compose/receipt.ts";
import { fill, joined } from "../compose/review.ts";
import { timeLeft } from "../compose/time-left.ts";
import type { LiveText, ReceiptText, ReturnText } from "../locales/locale.ts";
import { make, put, say } from "./dom.ts";
import { button, lines, title } from "./pieces.ts";

/** What is done elsewhere. */
export interface ReceiptActions {
  /** To the twelve words. */
  readonly back: () => void;
  /** Do not wait for the next try. */
  readonly now: () => void;
  /** A file was chosen. */
  readonly chosen: (file: File) => void;
}

/** The place, and what draws a state. With a state and itself it draws all of it. */
export interface ReceiptView {
  readonly part: HTMLElement;
  readonly ways: readonly HTMLElement[];
  readonly draw: (state: ReceiptCheck, before: ReceiptCheck) => void;
}

/** Makes the place. */
export function openReceiptView(
  shared: ReturnText,
  live: LiveText,
  send: (event: ReceiptEvent) => void,
  { back, now: nudge, chosen }: ReceiptActions,
): ReceiptView {
  const text = shared.receipt;
  const entry = openEntry(shared, send, chosen);
  const waiting = openWaiting(shared, live);
  const told = make("div", {});
  const part = make("div", {});
  const parts = { entry: entry.part, checking: waiting.part, told };

  const away = button(text.back, "back", back);
  const now = button(shared.now, "", nudge);
  const stop = button(text.stop, "", () => {
    send({ type: "again" });
  });
  const check = button(text.check, "main", () => {
    send({ type: "check" });
  });
  const again = button(text.again, "", () => {
    send({ type: "again" });
  });

  const draw: ReceiptView["draw"] = (state, before) => {
    const entered = state === before || state.phase !== before.phase;
    now.hidden = state.pause === null;
    stop.hidden = state.phase !== "checking";
    check.hidden = state.phase !== "entry";
    again.hidden = state.phase !== "told";
    entry.draw(state);
    waiting.draw(state);
    if (!entered) return;
    if (state.outcome !== null) told.replaceChildren(...outcomeParts(state.outcome, state.promised, text));
    part.replaceChildren(parts[state.phase]);
    if (state === before) return;
    window.scrollTo(0, 0);
    const problem = part.querySelector<HTMLElement>("[role=alert][tabindex]:not(:empty)");
    (problem ?? part.querySelector<HTMLElement>("[tabindex='-1']"))?.focus();
  };
  return { part, ways: [away, now, stop, check, again], draw };
}

function openEntry(
  { receipt: text, problems: { refused } }: ReturnText,
  send: (event: ReceiptEvent) => void,
  chosen: (file: File) => void,
): { readonly part: HTMLElement; readonly draw: (state: ReceiptCheck) => void } {
  const field = make("textarea", {
    id: "receipt-text",
    rows: "7",
    dir: "ltr",
    autocomplete: "off",
    autocorrect: "off",
    autocapitalize: "off",
    spellcheck: "false",
    writingsuggestions: "false",
    "aria-describedby": "receipt-problem",
  });
  field.addEventListener("input", () => {
    send({ type: "entered", text: field.value });
  });
  const file = make("input", { id: "receipt-file", class: "choose", type: "file", autocomplete: "off" });
  file.addEventListener("change", () => {
    const [first] = file.files ?? [];
    if (first !== undefined) chosen(first);
    file.value = "";
  });
  const problem = make("p", { id: "receipt-problem", class: "problem", role: "alert", tabindex: "-1" });
  return {
    part: make(
      "div",
      {},
      title(text.title),
      make("p", {}, text.lead),
      lines(text.facts),
      make("label", { class: "above", for: "receipt-text" }, text.label),
      field,
      make("p", {}, make("label", { class: "button", for: "receipt-file" }, text.choose), file),
      problem,
    ),
    draw: ({ entered, problem: wrong }) => {
      put(field, entered);
      say(problem, wrong === null ? "" : wrong === "refused" ? refused : text.problems[wrong]);
    },
  };
}

function openWaiting(
  { receipt: text, offline, busy }: ReturnText,
  { progress: live }: LiveText,
): { readonly part: HTMLElement; readonly draw: (state: ReceiptCheck) => void } {
  const bar = make("progress", { "aria-label": text.bar });
  const done = make("p", { class: "small" });
  const trouble = make("p", { class: "note", role: "status" });
  return {
    part: make("div", {}, make("p", { tabindex: "-1", role: "status" }, text.checking), bar, done, trouble),
    draw: ({ progress, pause }) => {
      bar.max = progress?.total ?? 1;
      bar.value = progress?.done ?? 0;
      say(done, progress === null ? "" : progressWords(progress, text, live));
      trouble.hidden = pause === null;
      const why = pause?.why === "offline" ? offline : busy;
      say(trouble, pause === null ? "" : joined(why, fill(live.again, { seconds: String(Math.ceil(pause.seconds)) })));
    },
  };
}

function progressWords(
  { done, total, secondsLeft }: NonNullable<ReceiptCheck["progress"]>,
  text: ReceiptText,
  live: LiveText["progress"],
): string {
  const pieces = fill(text.pieces, { done: String(done), of: String(total) });
  return secondsLeft === null ? pieces : `${pieces} · ${timeLeft(secondsLeft, live)}`;
}

/** What is told of an outcome: a heading and lines, with the batches and dates it names. */
function outcomeParts(outcome: Outcome, promised: number, { outcomes }: ReceiptText): HTMLElement[] {
  const { title: heading, lines: told } = outcomes[nameOf(outcome)];
  const facts = { ...factsOf(outcome), promised: String(promised) };
  return [title(heading), make("ul", {}, ...told.map((line) => make("li", {}, ...piecesOf(line, facts))))];
}

/** A sentence with its gaps filled. Numbers stand apart from it: after Arabic letters a date would run backwards. */
function piecesOf(line: string, facts: Readonly<Record<string, string>>): (Node | string)[] {
  return line.split(/\{([a-z]+)\}/).map((piece, index) => (index % 2 === 0 ? piece : make("bdi", {}, facts[piece] ?? "")));
}

function nameOf(outcome: Outcome): keyof ReceiptText["outcomes"] {
  if (outcome.kind === "included") return outcome.late ? "late" : "included";
  if (outcome.kind !== "not-due") return outcome.kind;
  return outcome.last === null ? "none-yet" : outcome.stalled ? "stalled" : "not-due";
}

function factsOf(outcome: Outcome): { readonly batch: string; readonly date: string } {
  if (outcome.kind === "included") return { batch: String(outcome.batch), date: outcome.date };
  if (outcome.kind === "not-due") return { batch: String(outcome.last?.batch ?? 0), date: outcome.last?.date ?? "" };
  return { batch: "", date: outcome.kind === "missing" ? outcome.date : "" };
}
