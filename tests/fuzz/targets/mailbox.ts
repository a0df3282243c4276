/** Requests to the mailbox: an input of another length is one that was cut or went on. */
import { formatMailboxRequest, MAILBOX_REQUEST_LENGTH, parseMailboxRequest } from "../../../src/protocol/format/mailbox.ts";
import { formatOfBytes } from "../engine/format.ts";

export const target = formatOfBytes(
  parseMailboxRequest,
  formatMailboxRequest,
  () => [
    formatMailboxRequest({ mailbox: new Uint8Array(32).fill(1), read: [] }),
    formatMailboxRequest({ mailbox: new Uint8Array(32).fill(2), read: [3, 4, 5, 6].map((value) => new Uint8Array(32).fill(value)) }),
  ],
  MAILBOX_REQUEST_LENGTH + 1,
);
