/** Ana proposed Mal and thought better of it. Bo puts her signed proposal at the end again, and confirms it. */
import { refusalOf } from "../../support/refusals.ts";
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

/** That an event is of its place in the chain, by number and by what came before. */
const PLACES =
  'if (event.sequence !== this.events.length + 1) throw new Refusal("casebook-damaged", `${number} is in the place of another`);\n' +
  "    if (event.previous !== (previous?.link ?? NOTHING_BEFORE))\n" +
  '      throw new Refusal("casebook-damaged", `${number} does not follow the one before`);\n';

export const attack: Attack = {
  does: "repeats a proposal that another has taken back, with the other's signature, and confirms it",
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
    const last = await casebook.act("Ana", { kind: "rejected", proposal });
    await casebook.put(proposal, last + 1);
    await refusalOf(() => casebook.act("Bo", { kind: "confirmed", proposal }));
    return outcome(await casebook.isTaken());
  },
};
