/** The courier changes one byte of an item on the stick. Refused, another stick can be made; taken in, the item would be unreadable for good and its batch acknowledged. */
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import { batchesToAcknowledge } from "../../../src/reviewer/casebook/outbox.ts";
import { tipsOf } from "../../../src/reviewer/casebook/shelf.ts";
import { streamOf } from "../../support/bytes.ts";
import { SmallServer, tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { emptyCasebook, orderFor, ORIGIN } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "damages a tip on the way, so that it is acknowledged and lost",
  defences: [
    {
      file: "src/protocol/crypto/bundle.ts",
      place: "checkedBody",
      before: 'if (toHex(asBytes(hash.digest())) !== entry.sha256) throw new Refusal("bundle-tampered", "content");',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { open, to } = await emptyCasebook(folder);
    const server = await SmallServer.create(ORIGIN);
    await server.seal([await tipOf(to, {})]);
    const { bytes } = await server.exportBundle();
    // The item is the last file: before it ends the archive's two empty blocks.
    const place = bytes.length - 5000;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    await refusalOf(async () => importBundle(streamOf(bytes), await orderFor(open)));
    return outcome(tipsOf(open.casebook).length === 0 && batchesToAcknowledge(open.casebook).length === 1);
  },
};
