/** The program does not let Bo confirm what he proposed. So he writes the event into the folder with a program of his own, under his own name and rightly signed. */
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

export const attack: Attack = {
  does: "writes an event into the folder that the program would not have written",
  defences: [
    {
      file: "src/reviewer/casebook/casebook.ts",
      place: "Casebook.#accept",
      before: "try {\n      checkEvent(this.state, event);",
      after: "try {",
    },
  ],
  run: async ({ folder }) => {
    const casebook = await CasebookFolder.create(folder);
    const proposal = await casebook.act("Bo", ACCOMPLICE);
    await casebook.write(proposal + 1, await casebook.forged({ kind: "confirmed", proposal }, proposal, "Bo", "Bo"));
    return outcome(await casebook.isTaken());
  },
};
