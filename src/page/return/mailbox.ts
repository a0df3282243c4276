/**
 * Asking the mailbox over a line that breaks: repeated until there is an answer, as uploads are. Specification section 10. The request has one length, whoever
 * asks and whatever is to be deleted, and so has the answer.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { openMailboxAnswer, type ReceivedReply } from "../../protocol/crypto/reply.ts";
import { formatMailboxRequest } from "../../protocol/format/mailbox.ts";
import { insist, type UploadLine, type UploadWatch } from "../upload/upload.ts";

/** What the twelve words open. */
export interface MailboxKeys {
  /** Mailbox id, 32 bytes. */
  readonly mailbox: Bytes;
  /** Reply key, 32 bytes. */
  readonly reply: Bytes;
}

/**
 * Deletes the replies with the hashes `read` (at most four), then reads those that wait.
 * @throws {UploadRefused} if the server will not answer, {@link Refusal} `bad-reply` if its answer has another length, and whatever `line.signal` was aborted with.
 */
export async function askMailbox(
  { mailbox, reply }: MailboxKeys,
  read: readonly Bytes[],
  watch: Pick<UploadWatch, "waiting" | "resumed">,
  line: UploadLine,
): Promise<ReceivedReply[]> {
  const body = formatMailboxRequest({ mailbox, read });
  const answer = await insist({ method: "POST", url: `${line.base}/mailbox`, body, type: "application/json" }, watch, line);
  return openMailboxAnswer(answer ?? new Uint8Array(0), reply);
}
