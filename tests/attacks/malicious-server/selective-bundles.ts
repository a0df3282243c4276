/** The server makes two bundles with the number 1: a true one that the courier is to lose, and one without the batch that must not be seen. Then it goes on from the true one. */
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import { streamOf } from "../../support/bytes.ts";
import { decoysOf, SmallServer } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { emptyCasebook, orderFor, ORIGIN } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "shows the review machine another row of bundles than the one it has logged",
  defences: [
    {
      file: "src/protocol/crypto/bundle.ts",
      place: "openManifest",
      before: 'if (manifest.previous !== expected.previous) throw new Refusal("bundle-forked");',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { open, to } = await emptyCasebook(folder);
    const server = await SmallServer.create(ORIGIN);
    await server.seal(await decoysOf(to.program, 2));
    const shown = await server.fork().exportBundle({ files: (all) => all.filter(({ path }) => !path.startsWith("batches/")) });
    await server.exportBundle();
    await importBundle(streamOf(shown.bytes), await orderFor(open));
    await server.seal(await decoysOf(to.program, 2));
    const next = await server.exportBundle();
    const refused = await refusalOf(async () => importBundle(streamOf(next.bytes), await orderFor(open)));
    return outcome(refused === null);
  },
};
