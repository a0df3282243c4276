/** A tip names Ana's brother. She says that she has a tie, as she must, and then opens it. */
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { casebookOf } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

const NOW = new Date("2026-06-01T12:00:00Z");

export const attack: Attack = {
  does: "reads a tip about their own family",
  defences: [
    {
      file: "src/reviewer/triage/rules.ts",
      place: "requireReadable",
      before: 'if (reading === "recused") throw new Refusal("recused");',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { casebook } = (await casebookOf(async (to) => [await tipOf(to, { narrative: "it was the brother of somebody there" })], folder))
      .open;
    const [tip = ""] = casebook.state.tips.keys();
    const ana = await casebook.person("Ana");
    await casebook.append({ kind: "declared", tip, ties: ["knows_person"] }, ana, NOW);
    const refused = await refusalOf(() => casebook.append({ kind: "tip-opened", tip }, ana, NOW));
    return outcome(refused === null);
  },
};
