/** Whoever watches the line counts octets: is this one of the people who write little, or of those who write much? */
import { newKeyPair } from "../../support/certificates.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { type Attack, outcome } from "../attack.ts";

export const attack: Attack = {
  does: "tells a short account from a long one by the octets that go over the line",
  defences: [
    {
      file: "src/protocol/format/padding.ts",
      place: "sizeClassOf",
      before: "const small = SMALL_CLASSES.find((size) => length <= size);",
      after: "const small = length;",
    },
  ],
  run: async () => {
    const [program, rewards] = [await newKeyPair("program", 1), await newKeyPair("rewards", 1)];
    const to = { program: program.epoch, rewards: rewards.epoch };
    const [little, much] = await Promise.all([1, 2000].map((times) => tipOf(to, { narrative: "I saw it. ".repeat(times) })));
    return outcome(little?.envelope.length !== much?.envelope.length);
  },
};
