/** The server gives the page a program certificate of its own making, and later opens what was sealed to it. */
import { epochsAt, openKeyring } from "../../../src/protocol/crypto/keyring.ts";
import { concat } from "../../../src/protocol/bytes.ts";
import { middleOf, newKeyPair } from "../../support/certificates.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";
import { narrativeIn } from "../telling.ts";

export const attack: Attack = {
  does: "serves a certificate of its own and reads what is sealed to it",
  defences: [
    {
      file: "src/protocol/crypto/keyring.ts",
      place: "openKeyring",
      before: "openCertificate(first, pinned.program)",
      after: "openCertificate(first)",
    },
  ],
  run: async () => {
    const [program, rewards, own] = [await newKeyPair("program"), await newKeyPair("rewards"), await newKeyPair("program")];
    const pinned = { program: program.certificate.fingerprint, rewards: rewards.certificate.fingerprint };
    const read: (string | null)[] = [];
    await refusalOf(async () => {
      const keyring = await openKeyring(concat(own.publicBytes, rewards.publicBytes), pinned);
      const { envelope } = await tipOf(epochsAt(keyring, middleOf(0)), { narrative: "It was my neighbour." });
      read.push(await narrativeIn(envelope, own.secret));
    });
    return outcome(read.includes("It was my neighbour."));
  },
};
