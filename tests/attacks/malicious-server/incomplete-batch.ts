/** One item of a batch, the one that matters, is left out of the bundle. If the batch were acknowledged all the same, the server could destroy the item when its time is over. */
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import { batchesToAcknowledge } from "../../../src/reviewer/casebook/outbox.ts";
import { streamOf } from "../../support/bytes.ts";
import { decoysOf, SmallServer } from "../../support/make-bundle.ts";
import { emptyCasebook, orderFor, ORIGIN } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "leaves one item of a batch out of the bundle and has the batch acknowledged",
  defences: [
    {
      file: "src/reviewer/casebook/outbox.ts",
      place: "batchesToAcknowledge",
      before: "missing === 0 && !sent.has(batch)",
      after: "missing >= 0 && !sent.has(batch)",
    },
  ],
  run: async ({ folder }) => {
    const { open, to } = await emptyCasebook(folder);
    const server = await SmallServer.create(ORIGIN);
    await server.seal(await decoysOf(to.program, 3));
    const { bytes } = await server.exportBundle({ files: (all) => all.filter(({ path }) => !path.endsWith("/0001")) });
    await importBundle(streamOf(bytes), await orderFor(open));
    return outcome(batchesToAcknowledge(open.casebook).length > 0);
  },
};
