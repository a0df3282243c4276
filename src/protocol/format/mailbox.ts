/**
 * Asking a mailbox: request and answer. Specification section 10. Both have one length whatever is asked and whatever there is.
 *
 *     request   canonical JSON {"mailbox": 64 digits, "read": [four times 64 digits]}, 355 octets
 *     answer    four places of 4,480 octets: replies, oldest first, then random bytes
 *
 * `read` names replies to be deleted by their SHA-256; zeros fill it up, and only its end. The mailbox id stands in the body and not in the address, which
 * proxies and histories keep.
 */
import type { Bytes } from "../bytes.ts";
import { fromHex, toHex } from "../encoding.ts";
import { Refusal } from "../errors.ts";
import { formatJson, hex, list, parseJson, record } from "./json.ts";
import { REPLY_LENGTH } from "./reply.ts";

/** Replies in an answer, and hashes in a request. */
export const MAILBOX_PLACES = 4;
/** Octets of every request. */
export const MAILBOX_REQUEST_LENGTH = 355;
/** Octets of every answer. */
export const MAILBOX_ANSWER_LENGTH = MAILBOX_PLACES * REPLY_LENGTH;

/** What a witness asks. */
export interface MailboxRequest {
  /** Mailbox id, 32 bytes. */
  readonly mailbox: Bytes;
  /** SHA-256 of replies that may be deleted, none of them zero; at most {@link MAILBOX_PLACES}. */
  readonly read: readonly Bytes[];
}

const NOTHING = "0".repeat(64);

/** The 355 bytes. Throws a bug if more is to be deleted than there is room for. */
export function formatMailboxRequest({ mailbox, read }: MailboxRequest): Bytes {
  if (read.length > MAILBOX_PLACES) throw new Error("too many replies to delete at once");
  const digits = Array.from({ length: MAILBOX_PLACES }, (_, index) => toHex(read[index] ?? new Uint8Array(32)));
  return formatJson({ mailbox: toHex(mailbox), read: digits });
}

const readRequest = record({ mailbox: hex(32), read: list(hex(32), MAILBOX_PLACES) });

/** The request in 355 bytes. @throws {Refusal} `bad-request` on anything {@link formatMailboxRequest} would not have written. */
export function parseMailboxRequest(bytes: Uint8Array): MailboxRequest {
  if (bytes.length !== MAILBOX_REQUEST_LENGTH) throw new Refusal("bad-request");
  try {
    const { mailbox, read } = readRequest(parseJson(bytes), "request");
    const named = read.filter((digits) => digits !== NOTHING);
    if (read.length !== MAILBOX_PLACES || read.slice(0, named.length).includes(NOTHING)) throw new Refusal("bad-request");
    return { mailbox: fromHex(mailbox), read: named.map((digits) => fromHex(digits)) };
  } catch {
    throw new Refusal("bad-request");
  }
}

/** The four places of an answer; which of them hold replies is for the reply key to say. @throws {Refusal} `bad-reply` if it has another length. */
export function parseMailboxAnswer(answer: Uint8Array): Bytes[] {
  if (answer.length !== MAILBOX_ANSWER_LENGTH) throw new Refusal("bad-reply");
  return Array.from(
    { length: MAILBOX_PLACES },
    (_, index) => new Uint8Array(answer.slice(index * REPLY_LENGTH, (index + 1) * REPLY_LENGTH)),
  );
}
