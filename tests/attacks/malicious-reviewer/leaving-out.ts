/** Ana proposed Mal, took it back, and went on working. Bo takes her taking back out of the folder, moves what follows up, and confirms. */
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

/** That an event is of its place in the chain, by number and by what came before. */
const PLACES =
  'if (event.sequence !== this.events.length + 1) throw new Refusal("casebook-damaged", `${number} is in the place of another`);\n' +
  "    if (event.previous !== (previous?.link ?? NOTHING_BEFORE))\n" +
  '      throw new Refusal("casebook-damaged", `${number} does not follow the one before`);\n';

export const attack: Attack = {
  does: "takes an event out of the middle, that another thought better of something",
  defences: [
    {
      file: "src/reviewer/casebook/casebook.ts",
      place: "Casebook.#accept",
      before: PLACES,
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const casebook = await CasebookFolder.create(folder);
    const proposal = await casebook.act("Ana", ACCOMPLICE);
    const takenBack = await casebook.act("Ana", { kind: "rejected", proposal });
    const later = await casebook.act("Ana", { kind: "extracted", tip: "0000000000aa" });
    await casebook.put(later, takenBack);
    await casebook.remove(later);
    await refusalOf(() => casebook.act("Bo", { kind: "confirmed", proposal }));
    return outcome(await casebook.isTaken());
  },
};
