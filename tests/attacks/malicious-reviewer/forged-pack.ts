/** Packs repeat events so that a casebook opens quickly, and their signatures are not checked one by one. Bo makes a pack in which Ana confirms his accomplice. */
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

export const attack: Attack = {
  does: "makes a pack of events that says something else than the events' own files",
  defences: [
    {
      file: "src/reviewer/casebook/casebook.ts",
      place: "packedEvents",
      before: " || (await readEvent(folder, key, anchor.sequence)).link !== anchor.link) return [];",
      after: ") return [];",
    },
  ],
  run: async ({ folder }) => {
    const casebook = await CasebookFolder.create(folder);
    const proposal = await casebook.act("Bo", ACCOMPLICE);
    await casebook.act("Ana", { kind: "rejected", proposal });
    await casebook.pack(proposal, await casebook.forged({ kind: "confirmed", proposal }, proposal, "Ana", "Bo"));
    return outcome(await casebook.isTaken());
  },
};
