/** In the place of a tip the server puts one that it made itself, sealed rightly to the program: a false tip under somebody else's commitment. */
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import { tipsOf } from "../../../src/reviewer/casebook/shelf.ts";
import { streamOf } from "../../support/bytes.ts";
import { bundleFile, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { emptyCasebook, orderFor, ORIGIN } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "puts a tip of its own in the place of one that is in the log",
  defences: [
    {
      file: "src/reviewer/casebook/import.ts",
      place: "openItem",
      before: 'if (toHex(content.commitment) !== toHex(item.commitment)) return troubled("not-included");',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { open, to } = await emptyCasebook(folder);
    const server = await SmallServer.create(ORIGIN);
    await server.seal([await tipOf(to, { narrative: "true" })]);
    const { envelope } = await tipOf(to, { narrative: "false" });
    const swapped = await server.exportBundle({
      files: (all) => all.map((file) => (file.path.startsWith("batches/") ? bundleFile(file.path, envelope) : file)),
    });
    await importBundle(streamOf(swapped.bytes), await orderFor(open));
    return outcome(tipsOf(open.casebook).length === 1);
  },
};
