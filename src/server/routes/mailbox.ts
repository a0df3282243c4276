/**
 * `POST /mailbox`. Specification section 10. Request and answer have one length each, and the same is done for a mailbox that exists as for one that does not:
 * the same statement, the same amount of random bytes, the same answer but for what is in it. The answer leaves on the beat (`beat.ts`). Nothing of a request is kept or told.
 */
import type { FastifyInstance } from "fastify";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { mailboxHash } from "../../protocol/crypto/reply.ts";
import { dayOf, formatDate } from "../../protocol/format/date.ts";
import { MAILBOX_ANSWER_LENGTH, MAILBOX_REQUEST_LENGTH, parseMailboxRequest } from "../../protocol/format/mailbox.ts";
import { REPLY_LENGTH } from "../../protocol/format/reply.ts";
import type { Context } from "../context.ts";
import { readBody } from "../intake/body.ts";
import { requireMediaType } from "../intake/media-type.ts";
import { readMailbox } from "../store/replies.ts";
import { onTheBeat } from "./beat.ts";

/** Registers it. `beat` in milliseconds: see `beat.ts`. */
export function mailboxRoutes(app: FastifyInstance, { intake, clock }: Pick<Context, "intake" | "clock">, beat: number): void {
  app.post("/mailbox", async (request, reply) => {
    requireMediaType(request.headers["content-type"], "application/json");
    const { mailbox, read } = parseMailboxRequest(await readBody(request.raw, MAILBOX_REQUEST_LENGTH, "bad-request"));
    const replies = await onTheBeat(beat, () => readMailbox(intake, mailboxHash(mailbox), read, formatDate(dayOf(clock()))));
    const answer = randomBytes(MAILBOX_ANSWER_LENGTH);
    for (const [place, sealed] of replies.entries()) answer.set(sealed, place * REPLY_LENGTH);
    return reply.type("application/octet-stream").send(Buffer.from(answer.buffer));
  });
}
