/** A tip whose digest speaks of other bytes than were sent: its sender could later show those others with a receipt for them. */
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { completionOf, makeTip, postTip, putPart } from "../../support/server.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "gets a receipt under the digest of bytes that never came",
  defences: [
    {
      file: "src/server/intake/gate.ts",
      place: "checkWhole",
      before: 'if (!equal(partDigest(declared, hashes), digest)) throw new Refusal("digest-mismatch");',
      after: "void [equal, partDigest, digest, hashes];",
    },
  ],
  run: (bench) =>
    withServer(bench, {}, async ({ app }, { program }) => {
      const tip = await makeTip(program);
      await putPart(app, tip.id, 1, tip.parts[0] ?? new Uint8Array(0));
      const { statusCode } = await postTip(app, tip.id, completionOf(tip.commitment, randomBytes(32), 1));
      return outcome(statusCode === 200);
    }),
};
