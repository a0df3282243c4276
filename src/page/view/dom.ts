/** Finding and making elements. Text goes in as text; there is no way here to put HTML in. */

/** The element with this id. Throws a bug if the document has none of that kind. */
export function byId<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the document has no fitting element ${id}`);
}

/** All elements of a kind that match a selector. */
export function all<T extends HTMLElement>(selector: string, kind: abstract new () => T): T[] {
  return [...document.querySelectorAll(selector)].filter((found): found is T => found instanceof kind);
}

/** A new element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets an element's text, only if it is another: a live region speaks each time. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets a field's value, only if it is another: the caret stays where it is. */
export function put(field: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, value: string): void {
  if (field.value !== value) field.value = value;
}
