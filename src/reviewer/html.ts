/**
 * Documents to be printed: HTML without scripts, with its own style, that loads nothing. Strings put into a template become text, made visible (hostile-text.ts) and escaped; only
 * {@link Html} goes in as it is. Text of any script takes its own direction.
 */
import { visibleText } from "./hostile-text.ts";

/** HTML that is already escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function written(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return visibleText(String(value)).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** A piece of HTML. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(strings.map((text, index) => text + written(values[index] ?? "")).join(""));
}

/** A table; a cell's text takes its own direction. With no rows, a sentence that says so. */
export function table(head: readonly string[], rows: readonly (readonly Value[])[]): Html {
  if (rows.length === 0) return html`<p class="none">None.</p>`;
  return html`<table>
    <thead>
      <tr>
        ${head.map((cell) => html`<th>${cell}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td dir="auto">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** A list of lines; with none, a sentence that says so. */
export function bullets(lines: readonly string[]): Html {
  return lines.length === 0
    ? html`<p class="none">None.</p>`
    : html`<ul>
        ${lines.map((line) => html`<li dir="auto">${line}</li>`)}
      </ul>`;
}

/** Prose with its line breaks. */
export function prose(text: string): Html {
  return html`<div class="prose" dir="auto">${text}</div>`;
}

const STYLE = `@page{size:A4;margin:18mm 16mm}
body{font:10.5pt/1.5 "Noto Sans","DejaVu Sans",sans-serif;color:#111;max-width:180mm;margin:0 auto}
:lang(bo),td{line-height:1.8}
h1{font-size:17pt;margin:0 0 4mm}h2{font-size:12.5pt;margin:8mm 0 2mm;border-bottom:1px solid #888;break-after:avoid}h3{font-size:10.5pt;margin:4mm 0 1mm;break-after:avoid}
table{border-collapse:collapse;width:100%;font-size:9pt}th,td{border:1px solid #999;padding:1mm 1.5mm;text-align:start;vertical-align:top;overflow-wrap:anywhere}
tr{break-inside:avoid}.prose{white-space:pre-wrap;overflow-wrap:anywhere}.caveat{border:2px solid #111;padding:2mm 4mm}.none{color:#555}code{font-size:8pt;overflow-wrap:anywhere}`;

/** A whole document. */
export function documentOf(title: string, body: Html): string {
  return `${
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
          <title>${title}</title>
          <style>
            ${new Html(STYLE)}
          </style>
        </head>
        <body>
          ${body}
        </body>
      </html>`.text
  }\n`;
}
