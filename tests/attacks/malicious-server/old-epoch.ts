/** The secret of an old week got out. The server serves the true certificate, cut down to that week, so that tips are still sealed to it. */
import { epochsAt, openKeyring } from "../../../src/protocol/crypto/keyring.ts";
import { concat } from "../../../src/protocol/bytes.ts";
import { trimCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { middleOf, newKeyPair } from "../../support/certificates.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";
import { narrativeIn } from "../telling.ts";

export const attack: Attack = {
  does: "serves the true certificate with an old week only, whose secret it has",
  defences: [
    {
      file: "src/protocol/crypto/certificate.ts",
      place: "epochAt",
      before: "nearest !== undefined && distance(nearest) <= slackSeconds",
      after: "nearest !== undefined",
    },
  ],
  run: async () => {
    const [program, rewards] = [await newKeyPair("program"), await newKeyPair("rewards")];
    const old = await trimCertificate(program.publicBytes, [program.epoch.fingerprint]);
    const pinned = { program: program.certificate.fingerprint, rewards: rewards.certificate.fingerprint };
    const read: (string | null)[] = [];
    await refusalOf(async () => {
      const keyring = await openKeyring(concat(old, rewards.publicBytes), pinned);
      const { envelope } = await tipOf(epochsAt(keyring, middleOf(2)), { narrative: "It was my neighbour." });
      read.push(await narrativeIn(envelope, program.secret));
    });
    return outcome(read.includes("It was my neighbour."));
  },
};
