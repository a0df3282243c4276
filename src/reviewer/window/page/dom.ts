/** Making elements. Text goes in as text; there is no way here to put markup in. */
import { visibleLine, visibleParts, visibleText } from "../../hostile-text.ts";

type Child = Node | string | null;

/** What an element is made with: attributes by name, and what a click does. */
export interface Made {
  readonly click?: () => void;
  readonly [attribute: string]: string | boolean | (() => void) | undefined;
}

/** A new element. An attribute that is `false` or undefined is left out, one that is `true` is there without a value. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, made: Made, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(made)) {
    if (typeof value === "string") element.setAttribute(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "function") element.addEventListener(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A new element of a drawing. Its texts go in as text too. */
export function makeSvg(
  tag: "g" | "rect" | "svg" | "text" | "title",
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button. */
export function button(label: string, click: () => void, more: Made = {}): HTMLButtonElement {
  return make("button", { type: "button", click, ...more }, label);
}

/** When something was done, as it is shown. */
export function timeText(at: string): string {
  return at.replace("T", " ").replace("Z", " UTC");
}

/** Somebody else's line of text, isolated so that its direction ends with it. */
export function foreignLine(text: string): HTMLElement {
  return make("bdi", {}, visibleLine(text));
}

/** Somebody else's text with its line breaks. */
export function foreignText(text: string): HTMLElement {
  return make("div", { class: "foreign", dir: "auto" }, visibleText(text));
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * A narrative in pieces that know where they stand in the original, so that what is marked can be found again. `quotes` are shown as marks, what looks like other letters is underlined
 * and says why when pointed at.
 */
export function narrative(text: string, quotes: readonly Stretch[], alike: readonly (Stretch & { readonly why: string })[]): HTMLElement {
  const element = make("div", { class: "foreign narrative", dir: "auto", id: "narrative" });
  for (const part of visibleParts(text)) {
    if (part.unseen) {
      element.append(piece("code", part.shown, part.start, part.end, "unseen"));
      continue;
    }
    const cuts = [part.start, part.end, ...[...quotes, ...alike].flatMap(({ start, end }) => [start, end])].filter(
      (at) => at >= part.start && at <= part.end,
    );
    const places = [...new Set(cuts)].sort((one, other) => one - other);
    for (const [index, start] of places.slice(0, -1).entries()) {
      const end = places[index + 1] ?? part.end;
      const quoted = quotes.some((quote) => quote.start <= start && quote.end >= end);
      const shown = piece(quoted ? "mark" : "span", text.slice(start, end), start, end, "");
      const reason = alike.find((one) => one.start <= start && one.end >= end)?.why;
      if (reason !== undefined) {
        shown.classList.add("alike");
        shown.title = reason;
      }
      element.append(shown);
    }
  }
  return element;
}

function piece(tag: "span" | "mark" | "code", shown: string, start: number, end: number, kind: string): HTMLElement {
  return make(tag, { "data-start": String(start), "data-end": String(end), class: kind === "" ? undefined : kind }, shown);
}

/** What is marked inside a narrative, UTF-16 units of the original; `null` if nothing is, or something else. */
export function markedIn(root: HTMLElement): { start: number; end: number } | null {
  const selection = document.getSelection();
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = placeIn(root, range.startContainer, range.startOffset, "start");
  const end = placeIn(root, range.endContainer, range.endOffset, "end");
  return start === null || end === null || start >= end ? null : { start, end };
}

function placeIn(root: HTMLElement, node: Node, offset: number, side: "start" | "end"): number | null {
  if (!root.contains(node)) return null;
  if (node === root) {
    const before = root.children[offset - 1];
    return before instanceof HTMLElement ? Number(before.dataset["end"]) : 0;
  }
  const holder = node instanceof HTMLElement ? node : node.parentElement;
  if (holder === null) return null;
  const [start, end] = [Number(holder.dataset["start"]), Number(holder.dataset["end"])];
  if (!holder.classList.contains("unseen")) return start + (node instanceof HTMLElement ? (offset === 0 ? 0 : end - start) : offset);
  return side === "start" ? start : end;
}
