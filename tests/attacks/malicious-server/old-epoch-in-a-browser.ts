/** The true page in a real browser, and the true certificate cut down to a week that is over, whose secret got out. */
import { concat } from "../../../src/protocol/bytes.ts";
import { trimCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { type Attack, outcome } from "../attack.ts";
import { opens, visited } from "../hostile-site.ts";

export const attack: Attack = {
  does: "has the page in a browser seal to a week that is over",
  defences: [
    {
      file: "src/protocol/crypto/certificate.ts",
      place: "epochAt",
      before: "nearest !== undefined && distance(nearest) <= slackSeconds",
      after: "nearest !== undefined",
    },
  ],
  run: (bench) =>
    visited(
      bench,
      async ({ program, programBytes, rewardsBytes }) => {
        const [first] = program.epochs;
        return { "/keys.pgp": concat(await trimCertificate(programBytes, [first?.fingerprint ?? ""]), rewardsBytes) };
      },
      async (page) => outcome(await opens(page)),
    ),
};
