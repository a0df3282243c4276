/** What the views of referrals and of claims have in common: buttons with their keys, facts, tables, what waits for a second person, and a page in a frame. */
import { button, make } from "../dom.ts";
import type { Action } from "../referrals.ts";
import type { Dispatch } from "./view.ts";

/** A button for everything that can be done, with its key. */
export function actionsView(actions: readonly Action[], dispatch: Dispatch): HTMLElement {
  return make(
    "div",
    { class: "actions", role: "group", "aria-label": "What you can do" },
    ...actions.map(({ key, button: label, command }) =>
      button(
        label,
        () => {
          dispatch(command);
        },
        { "aria-keyshortcuts": key, title: `Key: ${key}` },
      ),
    ),
  );
}

/** Names and values. */
export function factsView(facts: readonly (readonly [name: string, value: string])[]): HTMLElement {
  return make("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

/** A section with its heading. */
export function part(title: string, ...children: readonly (Node | string | null)[]): HTMLElement {
  return make("section", {}, make("h2", {}, title), ...children);
}

/** A table, in a box of its own that scrolls if the window is narrow; with no rows, a sentence. */
export function tableView(title: string, head: readonly string[], rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  if (rows.length === 0) return make("p", {}, "None.");
  return make(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": title },
    make(
      "table",
      { class: "lines" },
      make("caption", { class: "unseen-heading" }, title),
      make("thead", {}, make("tr", {}, ...head.map((cell) => make("th", { scope: "col" }, cell)))),
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell))))),
    ),
  );
}

/** What waits for a second person; `who` is "person" or "officer". */
export function waitingView(
  waiting: readonly { readonly proposal: number; readonly by: string; readonly says: string; readonly mayConfirm: boolean }[],
  who: string,
): HTMLElement | null {
  if (waiting.length === 0) return null;
  const lines = waiting.map(({ proposal, by, says, mayConfirm }) =>
    make(
      "li",
      {},
      `${says}; proposal ${String(proposal)} by ${by}. ${mayConfirm ? "You can confirm it." : `Another ${who} has to confirm it.`}`,
    ),
  );
  return make("div", { class: "notice" }, make("strong", {}, `Waits for a second ${who}`), make("ul", {}, ...lines));
}

/** A page as it would be printed: a document of the review machine without scripts, in a frame that has nothing. */
export function previewView(path: string | null, title: string): HTMLElement | null {
  if (path === null) return null;
  return make(
    "section",
    { class: "preview" },
    make("h2", { tabindex: "-1", "data-asked": true }, title),
    make("iframe", { class: "printed", sandbox: "", src: path, title, tabindex: "0" }),
  );
}
