/** The courier takes a batch off the stick and writes the list of what is on it anew. The only thing they cannot write is the log key's signature; they sign with a key of their own. */
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { noteSigner } from "../../../src/protocol/crypto/note.ts";
import { streamOf } from "../../support/bytes.ts";
import { decoysOf, SmallServer } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { emptyCasebook, orderFor, ORIGIN } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "takes a batch off the stick and signs a list without it",
  defences: [
    {
      file: "src/protocol/crypto/note.ts",
      place: "openNote",
      before: 'if (signers.length === 0) throw new Refusal("unknown-signer");',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { open, to } = await emptyCasebook(folder);
    const server = await SmallServer.create(ORIGIN);
    await server.seal(await decoysOf(to.program, 1));
    const { bytes } = await server.exportBundle({
      signer: await noteSigner(ORIGIN, randomBytes(32)),
      files: (all) => all.filter(({ path }) => !path.startsWith("batches/")),
    });
    const refused = await refusalOf(async () => importBundle(streamOf(bytes), await orderFor(open)));
    return outcome(refused === null);
  },
};
