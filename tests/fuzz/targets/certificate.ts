/** Certificates: whatever is changed, none is opened but the one that was signed. */
import { generateCertificate, openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { acceptedLater, sameAgain, type Target } from "../engine/target.ts";

const { publicBytes } = await generateCertificate({ purpose: "program", start: 1_700_006_400, epochs: 1 });

export const target: Target = {
  longest: publicBytes.length + 64,
  seeds: () => [publicBytes],
  run: async (input) => {
    const opened = await acceptedLater(() => openCertificate(input));
    if (opened !== undefined) sameAgain(input, publicBytes);
  },
};
