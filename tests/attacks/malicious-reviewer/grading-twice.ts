/** Two people grade a tip, each without the other. Ana gives both grades. */
import type { Act } from "../../../src/reviewer/casebook/event.ts";
import { itemsOf } from "../../../src/reviewer/triage/state.ts";
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { casebookOf } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

const NOW = new Date("2026-06-01T12:00:00Z");

export const attack: Attack = {
  does: "gives both of the two independent grades",
  defences: [
    {
      file: "src/reviewer/triage/rules.ts",
      place: "checkReadTipAct",
      before: "grades.length >= 2 || grades.some((grade) => grade.person === person)",
      after: "grades.length >= 2",
    },
  ],
  run: async ({ folder }) => {
    const { casebook } = (await casebookOf(async (to) => [await tipOf(to, { narrative: "a rumour" })], folder)).open;
    const [tip = ""] = casebook.state.tips.keys();
    const ana = await casebook.person("Ana");
    await casebook.append({ kind: "declared", tip, ties: [] }, ana, NOW);
    await casebook.append({ kind: "tip-opened", tip }, ana, NOW);
    const grade: Act = { kind: "graded", tip, source: "B", information: 2, reasons: [], note: null };
    await casebook.append(grade, ana, NOW);
    await refusalOf(() => casebook.append(grade, ana, NOW));
    return outcome(itemsOf(casebook.state.tip(tip), "graded").length === 2);
  },
};
