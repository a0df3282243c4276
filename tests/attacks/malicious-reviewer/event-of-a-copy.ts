/** In a copy of the casebook Ana confirmed something harmless. Bo has another proposal of the same number in this one, and puts Ana's signed confirmation after it. */
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

export const attack: Attack = {
  does: "appends what another signed in a copy of the casebook, where it meant something else",
  defences: [
    {
      file: "src/reviewer/casebook/casebook.ts",
      place: "Casebook.#accept",
      before: "if (event.previous !== (previous?.link ?? NOTHING_BEFORE))",
      after: "if (false)",
    },
  ],
  run: async ({ folder }) => {
    const casebook = await CasebookFolder.create(folder);
    const copy = await casebook.copy();
    const harmless = await casebook.act("Bo", { kind: "proposed", subject: { what: "retention", class: "spam", days: 30 } }, copy);
    const confirmed = await casebook.act("Ana", { kind: "confirmed", proposal: harmless }, copy);
    await casebook.act("Bo", ACCOMPLICE);
    await casebook.put(confirmed, confirmed, copy);
    return outcome(await casebook.isTaken());
  },
};
