/** Bo cuts off the latest event: that Ana rejected what he proposed. The folder alone cannot tell. Ana compares it with her copy. */
import { compareCasebooks } from "../../../src/reviewer/casebook/compare.ts";
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

export const attack: Attack = {
  does: "cuts off the latest event, so that it never was",
  defences: [
    {
      file: "src/reviewer/casebook/compare.ts",
      place: "compareCasebooks",
      before: 'if (rest.there.length > 0) return { relation: "behind", common, ...rest };',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const casebook = await CasebookFolder.create(folder);
    const proposal = await casebook.act("Bo", ACCOMPLICE);
    const rejected = await casebook.act("Ana", { kind: "rejected", proposal });
    const copy = await casebook.copy();
    await casebook.remove(rejected);
    return outcome(compareCasebooks(await casebook.open(), await casebook.open(copy)).relation === "same");
  },
};
