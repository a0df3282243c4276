/**
 * A tip's description, `tip.json` inside the sealed archive. Specification section 5. Canonical JSON:
 *
 *     { version: 1, nonce, thread, sequence, answers, attachments, reply: null | { mailbox, key } }
 *
 * Bytes are lower-case hexadecimal. Names and types of attachments are a witness's or attacker's words: text to be shown with care, never paths or headers.
 */
import type { Bytes } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { formatJson, hex, integer, type Json, list, nullable, oneOf, parseJson, type Reader, record, text } from "./json.ts";
import { LARGEST_CONTENT } from "./padding.ts";
import { type Answers, readAnswers } from "./vocabulary.ts";

/** Most attachments in a tip. */
export const MOST_ATTACHMENTS = 999;
/** Most octets of `tip.json`: far above 100,000 characters and 999 names, in JSON's longest escapes. */
export const LONGEST_TIP_JSON = 4_194_304;

/** What is said about an attached file. */
export interface Attachment {
  /** As the witness's device calls it: 1 to 255 UTF-16 units, any but NUL. Not a path. */
  readonly name: string;
  /** Media type as the browser guesses it, 0 to 127 UTF-16 units. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  /** Part digest `D` of the file, 32 bytes. */
  readonly digest: Bytes;
  /** Whether this is the file itself or a copy from which traces were removed. */
  readonly form: "original" | "cleaned";
}

/** A tip as it is sealed, without its files. */
export interface Tip {
  /** `r`, 32 random bytes: opens the commitment. */
  readonly nonce: Bytes;
  /** Public key of the witness's thread, 32 bytes. */
  readonly thread: Bytes;
  /** 0 for a first tip, then counting up. */
  readonly sequence: number;
  readonly answers: Answers;
  /** At most {@link MOST_ATTACHMENTS}. */
  readonly attachments: readonly Attachment[];
  /** Where to answer: mailbox id and reply key, 32 bytes each; `null` if no reply is wanted. */
  readonly reply: { readonly mailbox: Bytes; readonly key: Bytes } | null;
}

/** The canonical bytes. @throws {Refusal} `bad-tip` if {@link parseTip} would not read them. */
export function formatTip(tip: Tip): Bytes {
  const bytes = formatJson(toJson(tip));
  parseTip(bytes);
  return bytes;
}

function toJson(tip: Tip): Json {
  return {
    version: 1,
    nonce: toHex(tip.nonce),
    thread: toHex(tip.thread),
    sequence: tip.sequence,
    answers: tip.answers,
    attachments: tip.attachments.map(({ name, type, size, digest, form }) => ({ name, type, size, digest: toHex(digest), form })),
    reply: tip.reply && { mailbox: toHex(tip.reply.mailbox), key: toHex(tip.reply.key) },
  };
}

const bytes32: Reader<Bytes> = (value, where) => fromHex(hex(32)(value, where));

const fileName: Reader<string> = (value, where) => {
  const name = text(255, 1)(value, where);
  if (name.includes("\0")) throw new Refusal("bad-field", where);
  return name;
};

const readTip = record({
  version: oneOf([1]),
  nonce: bytes32,
  thread: bytes32,
  sequence: integer(0, 999_999),
  answers: readAnswers,
  attachments: list<Attachment>(
    record({
      name: fileName,
      type: text(127),
      size: integer(0, LARGEST_CONTENT),
      digest: bytes32,
      form: oneOf(["original", "cleaned"]),
    }),
    MOST_ATTACHMENTS,
  ),
  reply: nullable(record({ mailbox: bytes32, key: bytes32 })),
});

/** The tip that canonical bytes describe. @throws {Refusal} `bad-tip` on anything else; `where` names the field. */
export function parseTip(bytes: Uint8Array): Tip {
  if (bytes.length > LONGEST_TIP_JSON) throw new Refusal("bad-tip", "length");
  try {
    const { nonce, thread, sequence, answers, attachments, reply } = readTip(parseJson(bytes), "tip");
    return { nonce, thread, sequence, answers, attachments, reply };
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("bad-tip", error.where ?? error.code);
    throw error;
  }
}
