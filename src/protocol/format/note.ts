/**
 * Signed notes, C2SP signed-note: a text that ends with a newline, an empty line, then one line per signature.
 *
 *     <text>
 *
 *     — <key name> <base64 of u32 key id ‖ signature>
 *
 * The text is UTF-8 without control characters but newline. The last empty line divides, so the text may have empty lines of its own.
 * Nothing here is checked against a key: that is `crypto/note.ts`.
 */
import { type Bytes, concat, readInteger, u32 } from "../bytes.ts";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";

/** One signature line, unverified. */
export interface NoteSignature {
  /** Key name: no white space, no plus. */
  readonly name: string;
  /** Key id, 0 to 2^32-1: a hint which key it is. */
  readonly id: number;
  /** At least one byte; 64 for Ed25519. */
  readonly signature: Bytes;
}

/** A note as it stands on the wire, unverified. */
export interface Note {
  /** Ends with a newline. */
  readonly text: string;
  /** 1 to 100. */
  readonly signatures: readonly NoteSignature[];
}

/** Key names (and origins) as the source of a regular expression with the flag `u`: no white space, control character or plus, at most 255 units. */
export const NAME = "[^\\s+\\p{Cc}]{1,255}";

/** Longest note that is read unless told otherwise; the limit of the reference implementation. */
const LONGEST = 1_000_000;
const MOST_SIGNATURES = 100;

const SIGNATURE_LINE = new RegExp(`^\u2014 (${NAME}) ([A-Za-z0-9+/=]+)$`, "u");
/** What a text does not have: control characters but the newline. Looked for, not matched around: a text of megabytes would take the stack. */
const NOT_TEXT = /(?!\n)\p{Cc}/u;
const WHOLE_NAME = new RegExp(`^${NAME}$`, "u");

/** The note in `bytes`. @throws {Refusal} `bad-note`, also if it is longer than `limit` bytes. */
export function parseNote(bytes: Uint8Array, limit = LONGEST): Note {
  if (bytes.length > limit) throw new Refusal("bad-note", "length");
  let whole: string;
  try {
    whole = fromUtf8(bytes);
  } catch {
    throw new Refusal("bad-note", "encoding");
  }
  const divide = whole.lastIndexOf("\n\n");
  if (divide < 0 || !whole.endsWith("\n")) throw new Refusal("bad-note", "division");
  const text = whole.slice(0, divide + 1);
  if (!isText(text)) throw new Refusal("bad-note", "text");
  const lines = whole.slice(divide + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new Refusal("bad-note", "signatures");
  return { text, signatures: lines.map(parseSignature) };
}

function isText(text: string): boolean {
  return text.endsWith("\n") && !NOT_TEXT.test(text);
}

function parseSignature(line: string): NoteSignature {
  const match = SIGNATURE_LINE.exec(line);
  if (match === null) throw new Refusal("bad-note", "signature");
  let signature: Bytes;
  try {
    signature = fromBase64(match[2] ?? "");
  } catch {
    throw new Refusal("bad-note", "signature");
  }
  if (signature.length < 5) throw new Refusal("bad-note", "signature");
  return { name: match[1] ?? "", id: readInteger(signature, 0, 4), signature: signature.slice(4) };
}

/** The bytes of a note. What `parseNote` would refuse is a bug here. */
export function formatNote(note: Note): Bytes {
  if (!isText(note.text)) throw new Error("a note's text ends with a newline and has no other control character");
  if (note.signatures.length < 1 || note.signatures.length > MOST_SIGNATURES) throw new Error("a note has 1 to 100 signatures");
  return utf8(`${note.text}\n${note.signatures.map(formatSignature).join("")}`);
}

/** The line of one signature, with its newline. */
export function formatSignature({ name, id, signature }: NoteSignature): string {
  if (!WHOLE_NAME.test(name) || signature.length < 1) throw new Error("a note's signature has no valid name or is empty");
  return `\u2014 ${name} ${toBase64(concat(u32(id), signature))}\n`;
}
