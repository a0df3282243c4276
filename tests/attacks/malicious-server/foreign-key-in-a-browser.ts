/** The true page in a real browser, and a program certificate of the server's own making: it could open whatever is written there. */
import { concat } from "../../../src/protocol/bytes.ts";
import { generateCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { type Attack, outcome } from "../attack.ts";
import { opens, visited } from "../hostile-site.ts";

export const attack: Attack = {
  does: "has the page in a browser take a certificate of its own",
  defences: [
    {
      file: "src/protocol/crypto/keyring.ts",
      place: "openKeyring",
      before: "openCertificate(first, pinned.program)",
      after: "openCertificate(first)",
    },
  ],
  run: (bench) =>
    visited(
      bench,
      async ({ rewardsBytes }) => {
        const start = Math.floor(Date.now() / 86_400_000) * 86_400;
        const own = await generateCertificate({ purpose: "program", start, epochs: 1 });
        return { "/keys.pgp": concat(own.publicBytes, rewardsBytes) };
      },
      async (page) => outcome(await opens(page)),
    ),
};
