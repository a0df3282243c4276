/** Somebody recorded an envelope on its way, or found it on a seized disk, and looks for it in the public log: when was it sealed, was it acknowledged? */
import { commitmentOf, partDigest, sha256Native } from "../../../src/protocol/crypto/hash.ts";
import { domainHash } from "../../../src/protocol/crypto/hash.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { newKeyPair } from "../../support/certificates.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "finds the log's entry of an envelope that was recorded on its way",
  defences: [
    {
      file: "src/protocol/crypto/hash.ts",
      place: "commitmentOf",
      before: 'domainHash("firsthand/received/v1", nonce, digest)',
      after: 'domainHash("firsthand/received/v1", digest)',
    },
  ],
  run: async () => {
    const [program, rewards] = [await newKeyPair("program", 1), await newKeyPair("rewards", 1)];
    const { envelope, commitment } = await tipOf({ program: program.epoch, rewards: rewards.epoch }, {});
    const digest = partDigest(envelope.length, [await sha256Native(envelope)]);
    // Everything that can be computed from the envelope alone, and a guess at the nonce.
    const guesses = [domainHash("firsthand/received/v1", digest), commitmentOf(new Uint8Array(32), digest), digest];
    return outcome(guesses.some((guess) => toHex(guess) === toHex(commitment)));
  },
};
