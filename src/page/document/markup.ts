/**
 * HTML text with escaping as the rule: strings put into a template become text or attribute values, only {@link Markup} goes in as it is. For the page that is
 * written when it is built; in the browser the view makes elements and never HTML.
 */

/** HTML that is already escaped. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

type Value = string | Markup | readonly Markup[];

function written(value: Value): string {
  if (typeof value === "string") return escape(value);
  return value instanceof Markup ? value.html : value.map(({ html }) => html).join("");
}

/** A piece of HTML. Attribute values must stand in double quotes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.map((text, index) => text + written(values[index] ?? "")).join(""));
}

/** A sentence with its gaps, `{name}`, filled. */
export function filled(sentence: string, values: Readonly<Record<string, Markup>>): Markup {
  const parts = sentence
    .split(/\{([a-z]+)\}/)
    .map((part, index) => (index % 2 === 0 ? markup`${part}` : (values[part] ?? markup`{${part}}`)));
  return new Markup(parts.map(({ html }) => html).join(""));
}

/** JSON for a data block: no `<`, so that no text can end the element early. */
export function jsonBlock(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029"));
}

/** A list. */
export function items(lines: readonly string[], list: "ul" | "ol" = "ul"): Markup {
  const entries = lines.map((line) => markup`<li>${line}</li>`);
  return list === "ul" ? markup`<ul>${entries}</ul>` : markup`<ol>${entries}</ol>`;
}
