/** Lists that change: the words, the review. Names of files and the witness's text are set apart from the page's own words (`dir="auto"`). */
import { identifiersIn } from "../compose/identifiers.ts";
import { fill, type ReviewRow, reviewRows, type ReviewWords, visibleName } from "../compose/review.ts";
import type { Compose } from "../compose/state.ts";
import type { ComposeEvent } from "../compose/update.ts";
import type { LiveText } from "../locales/locale.ts";
import { byId, make } from "./dom.ts";

type Send = (event: ComposeEvent) => void;

function button(label: string, spoken: string, press: () => void): HTMLButtonElement {
  const made = make("button", { type: "button", "aria-label": spoken }, label);
  made.addEventListener("click", press);
  return made;
}

/** Draws the words while they are to be seen; on every other step they are not in the document. */
export function drawWords({ step, words }: Compose): void {
  const shown = step === "words" ? (words ?? []) : [];
  byId("words", HTMLElement).replaceChildren(...shown.map((word) => make("li", {}, make("span", { dir: "auto" }, word))));
}

/** Draws what will be sent, while it is to be seen. */
export function drawReview(state: Compose, words: ReviewWords, live: LiveText, send: Send): void {
  const rows = state.step === "review" ? reviewRows(state.draft, words) : [];
  byId("rows", HTMLElement).replaceChildren(...rows.map((row) => drawRow(row, live, send)));
  const found = state.step === "review" ? identifiersIn(state.draft.narrative) : [];
  byId("identifiers", HTMLElement).replaceChildren(...found.map((kind) => make("li", {}, live.identifiers[kind])));
}

function drawRow({ label, values, removal, step }: ReviewRow, live: LiveText, send: Send): HTMLElement {
  const buttons: HTMLElement[] = [];
  if (step !== "review") {
    buttons.push(
      button(live.change, fill(live.changeNamed, { name: label }), () => {
        send({ type: "go", step });
      }),
    );
  }
  if (removal !== null) {
    buttons.push(
      button(live.remove, fill(live.removeNamed, { name: "file" in removal ? visibleName(removal.file.name) : label }), () => {
        send("file" in removal ? { type: "file-removed", id: removal.file.id } : { type: "removed", field: removal.field });
        byId("set-title", HTMLElement).focus();
      }),
    );
  }
  // The account may be long and then scrolls by itself: reachable by keyboard, and named.
  const reach = step === "story" ? { tabindex: "0", role: "group", "aria-label": label } : {};
  // The account runs as it was written; the name of a file stands under its label.
  const direction = step === "story" ? { dir: "auto" } : {};
  const own = values.map((value) =>
    make("div", { class: "own", ...direction, ...reach }, step === "files" ? make("bdi", {}, value) : value),
  );
  return make("li", {}, make("h4", {}, label), ...own, make("p", { class: "buttons" }, ...buttons));
}
