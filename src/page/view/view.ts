/**
 * The only code that touches the document. It draws the state and turns what the witness does into events; it decides nothing.
 */
import { fill, joined, type ReviewWords } from "../compose/review.ts";
import { type Compose, type FailureCode, pathOf, type Progress, STEPS } from "../compose/state.ts";
import { timeLeft } from "../compose/time-left.ts";
import type { ComposeEvent } from "../compose/update.ts";
import type { PageData } from "../document/document.ts";
import type { LiveText } from "../locales/locale.ts";
import type { StateListener } from "../store.ts";
import type { PageActions } from "./actions.ts";
import { all, byId, make, put, say } from "./dom.ts";
import { labelsOf, openFields, placeNames } from "./fields.ts";
import { openFiles } from "./files.ts";
import { drawReview, drawWords } from "./lists.ts";

/** Failures after which trying again makes sense, from which the form can be used again. */
const WORTH_ANOTHER_TRY: readonly FailureCode[] = ["keys-unreachable", "keys-missing", "clock", "refused", "receipt-wrong", "unexpected"];

/** The data that was built into the document. */
export function readPageData(): PageData {
  return JSON.parse(byId("page-data", HTMLScriptElement).textContent) as PageData;
}

/** The form can be used. */
export function openForm(): void {
  byId("waiting", HTMLElement).hidden = true;
  for (const fieldset of all("fieldset.plain", HTMLFieldSetElement)) fieldset.disabled = false;
}

/** Clears the document of everything, and of what browsers keep of fields. */
export function clearDocument(): void {
  for (const field of all("textarea, input[type=text]", HTMLElement)) {
    if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) field.value = "";
  }
  document.body.replaceChildren();
  document.title = "";
}

/** Connects all controls; returns what draws a state. */
export function openView(send: (event: ComposeEvent) => void, actions: PageActions, { live, languageName }: PageData): StateListener {
  connectWays(send, actions);
  const writeFields = openFields(send, live);
  const drawFiles = openFiles(send, live);
  const words: ReviewWords = {
    labels: {
      basis: labelsOf("basis"),
      witnessCategory: labelsOf("witness-category"),
      eventTypes: labelsOf("event-type"),
      evidenceHeld: labelsOf("evidence"),
      sharing: labelsOf("sharing"),
      where: placeNames(),
    },
    review: live.review,
    languageName,
  };
  for (const id of ["chosen-title", "set-title"]) byId(id, HTMLElement).tabIndex = -1;

  return (state, before) => {
    const entered = state === before || state.step !== before.step;
    if (entered) showStep(state, live);
    for (const step of STEPS) {
      const problem = step === state.step && state.problem !== null ? live.problems[state.problem] : "";
      say(byId(`problem-${step}`, HTMLElement), problem);
    }
    writeFields(state);
    if (entered || state.draft.files !== before.draft.files) drawFiles(state);
    if (entered || state.words !== before.words) drawWords(state);
    if (entered || state.draft !== before.draft) drawReview(state, words, live, send);
    drawCheck(state, entered, live);
    drawStopped(state, live);
    if (state.progress !== before.progress) drawProgress(state.progress, live);
    if (state.failure !== null && (entered || state.failure !== before.failure))
      drawFailure(state.failure, state.failedFrom === "review", live);
    if (state.step === "failed") byId("waiting", HTMLElement).hidden = true;
    if (entered && state !== before) byId(`title-${state.step}`, HTMLElement).focus();
  };
}

function connectWays(send: (event: ComposeEvent) => void, actions: PageActions): void {
  const press = (id: string, action: () => void): void => {
    byId(id, HTMLElement).addEventListener("click", action);
  };
  for (const way of all("button[data-do]", HTMLButtonElement)) {
    way.addEventListener("click", () => {
      send({ type: way.dataset["do"] === "back" ? "back" : "next" });
    });
  }
  const leave = byId("leave", HTMLButtonElement);
  leave.disabled = false;
  leave.addEventListener("click", actions.leave);
  press("leave-done", actions.leave);
  press("check-words", () => {
    answerWords(send);
  });
  for (const id of ["word-a", "word-b"]) {
    byId(id, HTMLInputElement).addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) answerWords(send);
    });
  }
  press("send", () => {
    send({ type: "send" });
  });
  press("stop", actions.stop);
  press("try-now", actions.tryNow);
  press("failed-again", actions.again);
  press("failed-back", () => {
    send({ type: "back" });
  });
  const save = byId("save", HTMLButtonElement);
  save.addEventListener("click", () => {
    actions.save(save.dataset["name"] ?? "");
  });
  const choose = byId("choose", HTMLInputElement);
  choose.addEventListener("change", () => {
    actions.chosen([...(choose.files ?? [])]);
    choose.value = "";
  });
}

function answerWords(send: (event: ComposeEvent) => void): void {
  send({ type: "words-answered", answers: [byId("word-a", HTMLInputElement).value, byId("word-b", HTMLInputElement).value] });
}

function showStep(state: Compose, live: LiveText): void {
  for (const step of STEPS) byId(`step-${step}`, HTMLElement).hidden = step !== state.step;
  byId("intro", HTMLElement).hidden = state.step !== "safety";
  const path = pathOf(state.draft);
  const at = path.indexOf(state.step);
  say(byId("step-of", HTMLElement), at < 0 ? "" : fill(live.stepOf, { n: String(at + 1), of: String(path.length) }));
  window.scrollTo(0, 0);
}

function drawCheck({ step, asked }: Compose, entered: boolean, live: LiveText): void {
  (["a", "b"] as const).forEach((letter, index) => {
    const position = asked?.[index];
    say(byId(`label-word-${letter}`, HTMLElement), position === undefined ? "" : fill(live.wordNumber, { n: String(position + 1) }));
    if (entered || step !== "check") put(byId(`word-${letter}`, HTMLInputElement), "");
  });
}

function drawStopped({ stopped }: Compose, live: LiveText): void {
  const note = byId("stopped", HTMLElement);
  note.hidden = !stopped;
  say(note, stopped ? live.progress.stopped : "");
}

function drawProgress(progress: Progress | null, live: LiveText): void {
  const bar = byId("progress", HTMLProgressElement);
  const trouble = byId("progress-trouble", HTMLElement);
  const waiting = progress?.waiting ?? null;
  bar.max = Math.max(1, progress?.total ?? 1);
  bar.value = progress?.done ?? 0;
  say(byId("progress-words", HTMLElement), progress === null ? "" : progressWords(progress, live));
  trouble.hidden = waiting === null;
  byId("try-now", HTMLElement).hidden = waiting === null;
  say(trouble, waiting === null ? "" : waitingWords(waiting, live));
}

function progressWords({ phase, done, total, secondsLeft }: Progress, { progress: live }: LiveText): string {
  if (phase === "reading") return live.reading;
  if (phase === "finishing") return live.finishing;
  const sent = fill(live.sending, { done: String(done), of: String(total) });
  return secondsLeft === null ? sent : `${sent} · ${timeLeft(secondsLeft, live)}`;
}

function waitingWords({ why, seconds }: NonNullable<Progress["waiting"]>, { progress: live }: LiveText): string {
  const reason = why === "offline" ? live.offline : why === "server-full" ? live.serverFull : live.serverBusy;
  return joined(reason, fill(live.again, { seconds: String(Math.ceil(seconds)) }));
}

function drawFailure(code: FailureCode, hasForm: boolean, live: LiveText): void {
  const { title, what, todo } = live.failures[code];
  say(byId("title-failed", HTMLElement), title);
  say(byId("failed-what", HTMLElement), what);
  byId("failed-todo", HTMLElement).replaceChildren(...todo.map((line) => make("li", {}, line)));
  byId("failed-again", HTMLElement).hidden = !WORTH_ANOTHER_TRY.includes(code);
  byId("failed-back", HTMLElement).hidden = !hasForm;
  byId("step-failed", HTMLElement).querySelector("fieldset")?.removeAttribute("disabled");
}
