/** Whoever reads tips must not learn who claims the reward: the claim is sealed to the reward officer. A reviewer tries the key that opens tips. */
import { collect } from "../../../src/protocol/bytes.ts";
import { openEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { openTip } from "../../../src/protocol/crypto/tip.ts";
import { CLAIM_CONTENT } from "../../../src/protocol/format/claim.ts";
import { streamOf } from "../../support/bytes.ts";
import { newKeyPair } from "../../support/certificates.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "opens the claim for a reward with the key that opens tips",
  defences: [
    {
      file: "src/protocol/crypto/tip.ts",
      place: "sealTip",
      before: "voucher: content.voucher }, to.rewards)",
      after: "voucher: content.voucher }, to.program)",
    },
  ],
  run: async () => {
    const [program, rewards] = [await newKeyPair("program", 1), await newKeyPair("rewards", 1)];
    const { envelope } = await tipOf({ program: program.epoch, rewards: rewards.epoch }, {});
    const unlock = (pkesk: Uint8Array<ArrayBuffer>) => program.secret.decryptSessionKey(pkesk);
    const opened = await openTip(streamOf(envelope), unlock, { attachment: () => Promise.resolve() });
    if (opened.kind !== "tip") throw new Error("the tip did not open");
    const refused = await refusalOf(async () => {
      const { content } = await openEnvelope(streamOf(opened.claim), unlock);
      await collect(content, CLAIM_CONTENT);
    });
    return outcome(refused === null);
  },
};
