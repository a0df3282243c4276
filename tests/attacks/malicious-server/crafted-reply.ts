/** A reply waits for the witness. The server puts one of its own making before it, so that the true one is never reached. */
import { concat } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { openMailboxAnswer, sealReply } from "../../../src/protocol/crypto/reply.ts";
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";

const DATE = "2026-08-01";

export const attack: Attack = {
  does: "hides a true reply behind one of its own making",
  defences: [
    {
      file: "src/protocol/crypto/reply.ts",
      place: "openMailboxAnswer",
      before: "if (!(error instanceof Refusal)) throw error;",
      after: "throw error;",
    },
  ],
  run: async () => {
    const key = randomBytes(32);
    const own = await sealReply({ challenge: null, date: DATE, text: "Come to the station at noon." }, randomBytes(32));
    const real = await sealReply({ challenge: null, date: DATE, text: "Do not go out." }, key);
    const filling = randomBytes(2 * real.length);
    let read: string[] = [];
    await refusalOf(async () => {
      read = (await openMailboxAnswer(concat(own, real, filling), key)).map(({ reply }) => reply.text);
    });
    return outcome(read.join() !== "Do not go out.");
  },
};
