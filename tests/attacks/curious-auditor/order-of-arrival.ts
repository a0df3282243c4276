/** An auditor knows when one person sent something, and wants to know who came before and after, from the order of the log's entries. */
import { fromHex, toHex } from "../../../src/protocol/encoding.ts";
import { parseLeaf } from "../../../src/protocol/format/leaf.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { leafCount, readLeaves } from "../../../src/server/store/log-store.ts";
import { makeTip, NOON, sendTip } from "../../support/server.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

const TIPS = 6;

export const attack: Attack = {
  does: "reads the order of arrival, and which items came from people, out of the log",
  defences: [
    {
      file: "src/server/store/generations.ts",
      place: "sealedTips",
      before: ".sort((one, other) => compare(one.commitment, other.commitment))",
      after: ".sort((one, other) => 0 * compare(one.commitment, other.commitment))",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app, context }, { program }) => {
      await keep(context, {}, () => Promise.resolve());
      const sent: string[] = [];
      for (let tip = 0; tip < TIPS; tip++) {
        const made = await makeTip(program);
        await sendTip(app, made);
        sent.push(toHex(made.commitment));
      }
      await keep(context, {}, (keeper) => sealBatch(keeper, Math.floor(NOON / 86_400_000), false));
      const leaves = (await readLeaves(context.db, 0, await leafCount(context.db))).map((bytes) => parseLeaf(bytes));
      const logged = leaves.flatMap((leaf) => (leaf.kind === "received" ? [toHex(fromHex(leaf.c, 32))] : []));
      // By chance they stand so once in 54 thousand million times.
      return outcome(logged.slice(0, TIPS).join() === sent.join());
    }),
};
