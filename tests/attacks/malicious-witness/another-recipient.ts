/** Not for the program but for an accomplice: a message in the form of a tip, so that the review machine carries noise and the server keeps a stranger's post. */
import { generateCertificate, openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { makeTip, NOON, putPart } from "../../support/server.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "sends something that is sealed to somebody else",
  defences: [
    {
      file: "src/server/intake/gate.ts",
      place: "checkFirstPart",
      before: 'if (!accepted.has(recipient)) throw new Refusal("wrong-recipient");',
      after: "",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app }) => {
      const day = Math.floor(NOON / 86_400_000) * 86_400;
      const { publicBytes } = await generateCertificate({ purpose: "program", start: day, epochs: 1 });
      const tip = await makeTip(await openCertificate(publicBytes));
      const { statusCode } = await putPart(app, tip.id, 1, tip.parts[0] ?? new Uint8Array(0));
      return outcome(statusCode === 204);
    }),
};
