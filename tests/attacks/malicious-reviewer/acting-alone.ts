/** Ana wants a tip gone. Destroying takes two; she proposes it and confirms it herself. */
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { casebookOf } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

const NOW = new Date("2026-06-01T12:00:00Z");

export const attack: Attack = {
  does: "destroys a tip alone, as proposer and as the one who confirms",
  defences: [
    {
      file: "src/reviewer/triage/rules.ts",
      place: "checkDecision",
      before: 'if (proposed.person === person) throw new Refusal("needs-another-person", subject.what);',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { casebook } = (await casebookOf(async (to) => [await tipOf(to, { narrative: "she was taken from here" })], folder)).open;
    const [tip = ""] = casebook.state.tips.keys();
    const ana = await casebook.person("Ana");
    const { sequence } = await casebook.append({ kind: "proposed", subject: { what: "destroy-tip", tip } }, ana, NOW);
    await refusalOf(() => casebook.append({ kind: "confirmed", proposal: sequence }, ana, NOW));
    return outcome(casebook.state.tip(tip).destroyed);
  },
};
