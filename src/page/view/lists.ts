/** Lists that change: chosen files, the words, the review. Names of files and the witness's text are set apart from the page's own words (`dir="auto"`). */
import { identifiersIn } from "../compose/identifiers.ts";
import { kindOf } from "../files/kind.ts";
import { fill, type ReviewRow, reviewRows, type ReviewWords } from "../compose/review.ts";
import type { Compose } from "../compose/state.ts";
import type { ComposeEvent } from "../compose/update.ts";
import type { LiveText } from "../locales/locale.ts";
import { byId, make, say } from "./dom.ts";

type Send = (event: ComposeEvent) => void;

/** `size` bytes in words. Decimal, as file managers show it. */
function sizeWords(size: number, live: LiveText): string {
  if (size < 1_000) return fill(live.bytes, { n: String(size) });
  if (size < 1_000_000) return fill(live.kilobytes, { n: String(Math.round(size / 1_000)) });
  return fill(live.megabytes, { n: (size / 1_000_000).toFixed(1) });
}

function button(label: string, spoken: string, press: () => void): HTMLButtonElement {
  const made = make("button", { type: "button", "aria-label": spoken }, label);
  made.addEventListener("click", press);
  return made;
}

/** Draws the chosen files. */
export function drawFiles({ draft: { files } }: Compose, live: LiveText, send: Send): void {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const summary = fill(live.filesInAll, { n: String(files.length), size: sizeWords(total, live) });
  say(byId("files-in-all", HTMLElement), files.length === 0 ? live.noFiles : summary);
  byId("files", HTMLElement).replaceChildren(
    ...files.map((file) =>
      make(
        "li",
        {},
        make("p", { class: "own", dir: "auto" }, file.name),
        make("p", { class: "small" }, `${sizeWords(file.size, live)}. ${live.reveals[kindOf(file.name, file.type)]}`),
        make(
          "p",
          { class: "buttons" },
          button(live.remove, fill(live.removeNamed, { name: file.name }), () => {
            send({ type: "file-removed", id: file.id });
            byId("chosen-title", HTMLElement).focus();
          }),
        ),
      ),
    ),
  );
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
      button(live.remove, fill(live.removeNamed, { name: "file" in removal ? removal.file.name : label }), () => {
        send("file" in removal ? { type: "file-removed", id: removal.file.id } : { type: "removed", field: removal.field });
        byId("set-title", HTMLElement).focus();
      }),
    );
  }
  // The account may be long and then scrolls by itself: reachable by keyboard, and named.
  const reach = step === "story" ? { tabindex: "0", role: "group", "aria-label": label } : {};
  const direction = step === "story" || step === "files" ? { dir: "auto" } : {};
  const own = values.map((value) => make("div", { class: "own", ...direction, ...reach }, value));
  return make("li", {}, make("h4", {}, label), ...own, make("p", { class: "buttons" }, ...buttons));
}
