/** What the views that make their elements themselves are made of (`return.ts`, `receipt.ts`). */
import { make } from "./dom.ts";

/** A button; `kind` is a class of the style sheet. */
export function button(label: string, kind: string, press: () => void): HTMLButtonElement {
  const made = make("button", { type: "button", class: kind }, label);
  made.addEventListener("click", press);
  return made;
}

/** A heading that takes the focus when its part is shown. */
export function title(words: string): HTMLElement {
  return make("h3", { tabindex: "-1" }, words);
}

/** A list of sentences. */
export function lines(entries: readonly string[]): HTMLElement {
  return make("ul", {}, ...entries.map((entry) => make("li", {}, entry)));
}
