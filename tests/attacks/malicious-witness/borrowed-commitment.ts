/** A commitment that somebody else uses already. Two tips under one entry of the log: one of them could be dropped and nobody would miss it. */
import { completionOf, makeTip, postTip, putPart, sendTip } from "../../support/server.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "gets a receipt for another witness's commitment",
  defences: [
    {
      file: "src/server/intake/tips.ts",
      place: "complete",
      before: 'stored.has(done) ? { done: open.generation } : { refused: new Refusal("commitment-repeated") }',
      after: "{ done: open.generation }",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app }, { program }) => {
      const [first, second] = [await makeTip(program), await makeTip(program)];
      await sendTip(app, first);
      await putPart(app, second.id, 1, second.parts[0] ?? new Uint8Array(0));
      const { statusCode } = await postTip(app, second.id, completionOf(first.commitment, second.digest, 1));
      return outcome(statusCode === 200);
    }),
};
