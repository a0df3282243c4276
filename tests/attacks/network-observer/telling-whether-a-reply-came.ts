/** Whoever watches the line sees a witness ask the mailbox, and counts the octets that come back: was there an answer? */
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { mailboxHash, sealReply } from "../../../src/protocol/crypto/reply.ts";
import { formatMailboxRequest } from "../../../src/protocol/format/mailbox.ts";
import { putReply } from "../../../src/server/store/replies.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "tells by the length of an answer whether a reply was waiting",
  defences: [
    {
      file: "src/server/routes/mailbox.ts",
      place: "mailboxRoutes",
      before: "Buffer.from(answer.buffer)",
      after: "Buffer.from(answer.subarray(0, replies.length * REPLY_LENGTH))",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app, context }) => {
      const [mailbox, empty] = [randomBytes(32), randomBytes(32)];
      const body = await sealReply({ challenge: null, date: "2026-11-25", text: "Thank you." }, randomBytes(32));
      await putReply(context.db, { mailbox: mailboxHash(mailbox), sha256: sha256(body), expires: "2026-12-25", body });
      const ask = async (which: typeof mailbox): Promise<number> => {
        const payload = Buffer.from(formatMailboxRequest({ mailbox: which, read: [] }));
        const answer = await app.inject({ method: "POST", url: "/mailbox", headers: { "content-type": "application/json" }, payload });
        if (answer.statusCode !== 200) throw new Error(answer.body);
        return answer.rawPayload.length;
      };
      return outcome((await ask(mailbox)) !== (await ask(empty)));
    }),
};
