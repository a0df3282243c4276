/** The first part announces far more than a tip may have, and the server takes part after part. */
import { makeTip, putPart } from "../../support/server.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

export const attack: Attack = {
  does: "begins a tip that is larger than the server takes",
  defences: [
    {
      file: "src/server/intake/gate.ts",
      place: "checkFirstPart",
      before: 'if (content > maxTipBytes) throw new Refusal("too-large");',
      after: "",
    },
  ],
  run: (bench) =>
    withServer(bench, { MAX_TIP_MIB: "1" }, async ({ app }, { program }) => {
      const tip = await makeTip(program, 4 * 1_048_576);
      const { statusCode } = await putPart(app, tip.id, 1, tip.parts[0] ?? new Uint8Array(0));
      return outcome(statusCode === 204);
    }),
};
