/** Somebody copied the database yesterday, and seizes the whole server today, after the sealing. Do today's keys open yesterday's copy? */
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { makeTip, NOON, sendTip } from "../../support/server.ts";
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "opens yesterday's copy of the database with the keys of a server seized today",
  defences: [
    {
      file: "src/server/store/generations.ts",
      place: "dropGeneration",
      before: "await destroyGenerationKey(dataDir, generation);",
      after: "void [destroyGenerationKey, dataDir];",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app, context, dataDir }, { program }) => {
      await keep(context, {}, () => Promise.resolve());
      const tip = await makeTip(program);
      await sendTip(app, tip);
      const copy = await context.db.query<{ generation: number; body: Buffer }>("select generation, body from tip_part");
      await keep(context, {}, (keeper) => sealBatch(keeper, Math.floor(NOON / 86_400_000), false));

      const [stolen] = copy;
      if (stolen === undefined) throw new Error("nothing was copied");
      let opened = "";
      await refusalOf(async () => {
        const keys = await pendingOf(dataDir, stolen.generation);
        opened = toHex(keys.decryptPart(Buffer.from(tip.id, "hex"), 1, stolen.body));
      });
      return outcome(opened === toHex(tip.parts[0] ?? new Uint8Array(0)));
    }),
};
