/**
 * XML 1.0 as office documents have it, in pieces, so that a text of any length passes through in little memory. Tags can be changed, elements dropped or
 * emptied; all else goes through as it is. Remarks are dropped. Documents with a DTD are refused, like anything that is no XML.
 */
import { Unreadable } from "./slices.ts";

/** Most characters of one tag, remark or instruction. */
const LONGEST_TAG = 262_144;
const MOST_DEPTH = 10_000;

/** An attribute; the value as it stands between its quotes. */
export interface Attribute {
  readonly name: string;
  /** The name without its prefix. */
  readonly local: string;
  readonly value: string;
}

/** A start tag or an empty element. */
export interface Tag {
  readonly name: string;
  readonly local: string;
  readonly attributes: readonly Attribute[];
}

/** What becomes of an element: stays; goes with all that is in it; stays with other text, or with other attributes. */
export type Fate =
  | { readonly kind: "keep" }
  | { readonly kind: "drop" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "attributes"; readonly attributes: readonly Attribute[] };

export const KEEP: Fate = { kind: "keep" };
export const DROP: Fate = { kind: "drop" };

/** Decides about each element. `parents` are the local names around it, outermost first. `text` sees all text, also what goes. */
export interface Editor {
  readonly element: (tag: Tag, parents: readonly string[]) => Fate;
  readonly text: (text: string, parents: readonly string[]) => void;
}

/** The document as the editor wants it. @throws {Unreadable} `damaged` if it is no XML, `large` if a tag is too long. */
export async function* edited(chunks: AsyncIterable<string>, editor: Editor): AsyncGenerator<string, void, undefined> {
  const writer = new Writer(editor);
  let rest = "";
  for await (const chunk of chunks) {
    rest += chunk;
    let at = 0;
    for (let end = pieceEnd(rest, at); end > at; end = pieceEnd(rest, at)) {
      writer.piece(rest.slice(at, end));
      at = end;
    }
    rest = rest.slice(at);
    if (rest.length > LONGEST_TAG) throw new Unreadable("large");
    yield writer.take();
  }
  if (rest.trim() !== "" || !writer.isWhole()) throw new Unreadable("damaged");
}

/** Where the piece that begins at `at` ends, `at` if it is not all there. A piece is a tag, or text up to the next one. */
function pieceEnd(text: string, at: number): number {
  if (at >= text.length) return at;
  if (text[at] !== "<") {
    const next = text.indexOf("<", at);
    // A reference may be cut in two; the writer does not look into them.
    return next < 0 ? text.length : next;
  }
  const special = [
    ["<!--", "-->"],
    ["<![CDATA[", "]]>"],
    ["<?", "?>"],
  ].find(([open = ""]) => text.startsWith(open, at));
  if (special !== undefined) {
    const [open = "", close = ""] = special;
    const end = text.indexOf(close, at + open.length);
    return end < 0 ? at : end + close.length;
  }
  let quote = 0;
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (quote !== 0) quote = code === quote ? 0 : quote;
    else if (code === 0x22 || code === 0x27) quote = code;
    else if (code === 0x3e) return index + 1;
  }
  return at;
}

const TAG = /^<([^\s<>"'/=!?]+)((?:\s+[^\s<>"'/=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>$/;
const ATTRIBUTE = /\s+([^\s<>"'/=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const CLOSING = /^<\/([^\s<>"'/=!?]+)\s*>$/;

class Writer {
  readonly #editor: Editor;
  readonly #open: { name: string; local: string }[] = [];
  #parents: string[] = [];
  #written = "";
  #roots = 0;
  /** Depth of the element that is being dropped or emptied, -1 if none is. */
  #silent = -1;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  take(): string {
    const written = this.#written;
    this.#written = "";
    return written;
  }

  isWhole(): boolean {
    return this.#open.length === 0 && this.#roots === 1;
  }

  piece(piece: string): void {
    if (!piece.startsWith("<")) this.#text(piece, piece);
    else if (piece.startsWith("<![CDATA[")) this.#text(piece, piece.slice(9, -3));
    else if (piece.startsWith("<!--")) return;
    else if (piece.startsWith("<?")) this.#write(piece);
    else if (piece.startsWith("</")) this.#close(piece);
    else this.#element(piece);
  }

  #write(text: string): void {
    if (this.#silent < 0) this.#written += text;
  }

  #text(written: string, text: string): void {
    if (this.#open.length === 0 && text.replace("\ufeff", "").trim() !== "") throw new Unreadable("damaged");
    this.#editor.text(text, this.#parents);
    this.#write(written);
  }

  #close(piece: string): void {
    const name = CLOSING.exec(piece)?.[1];
    if (name === undefined || this.#open.pop()?.name !== name) throw new Unreadable("damaged");
    this.#parents.pop();
    if (this.#silent >= 0 && this.#open.length === this.#silent) {
      this.#silent = -1;
      this.#written += this.#ending;
      return;
    }
    this.#write(piece);
  }

  #ending = "";

  #element(piece: string): void {
    const tag = readTag(piece);
    const { name, local, empty } = tag;
    if (this.#open.length === 0) this.#roots++;
    if (this.#open.length >= MOST_DEPTH || this.#roots > 1) throw new Unreadable("damaged");
    const fate = this.#silent < 0 ? this.#editor.element(tag, this.#parents) : KEEP;
    if (fate.kind === "keep") this.#write(piece);
    if (fate.kind === "attributes") this.#write(formatTag(name, fate.attributes, empty));
    if (fate.kind === "text" && !empty) this.#write(`${piece}${fate.text}`);
    if (fate.kind === "text" && empty) this.#write(piece);
    if (empty) return;
    if (fate.kind === "drop" || fate.kind === "text") {
      this.#silent = this.#open.length;
      this.#ending = fate.kind === "drop" ? "" : `</${name}>`;
    }
    this.#open.push({ name, local });
    this.#parents.push(local);
  }
}

function localOf(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

function readTag(piece: string): Tag & { readonly empty: boolean } {
  const [, name, inside = "", slash] = TAG.exec(piece) ?? [];
  if (name === undefined) throw new Unreadable("damaged");
  const attributes = [...inside.matchAll(ATTRIBUTE)].map(([, attribute = "", double, single]) => ({
    name: attribute,
    local: localOf(attribute),
    value: double ?? (single ?? "").replaceAll('"', "&quot;"),
  }));
  return { name, local: localOf(name), attributes, empty: slash === "/" };
}

function formatTag(name: string, attributes: readonly Attribute[], empty: boolean): string {
  return `<${name}${attributes.map((attribute) => ` ${attribute.name}="${attribute.value}"`).join("")}${empty ? "/" : ""}>`;
}

const REFERENCES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text with its references resolved. */
export function unescapeXml(text: string): string {
  return text.replaceAll(
    /&(?:([a-z]{1,8})|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));/g,
    (reference, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return REFERENCES[name] ?? reference;
      const point = decimal === undefined ? Number.parseInt(hex ?? "0", 16) : Number(decimal);
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
    },
  );
}
