/** A court wants a tip kept. Ana and Bo agree to destroy it all the same, before anybody releases the hold. */
import { tipOf } from "../../support/make-bundle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { casebookOf } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

const NOW = new Date("2026-06-01T12:00:00Z");

export const attack: Attack = {
  does: "destroys, with an accomplice, a tip that is on legal hold",
  defences: [
    {
      file: "src/reviewer/triage/rules.ts",
      place: "checkSubject",
      before: 'if (onLegalHold(tip)) throw new Refusal("on-legal-hold");',
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const { casebook } = (await casebookOf(async (to) => [await tipOf(to, { narrative: "keep this" })], folder)).open;
    const [tip = ""] = casebook.state.tips.keys();
    const [ana, bo] = [await casebook.person("Ana"), await casebook.person("Bo")];
    await casebook.append({ kind: "declared", tip, ties: [] }, ana, NOW);
    await casebook.append({ kind: "tip-opened", tip }, ana, NOW);
    await casebook.append({ kind: "flagged", tip, flag: "legal_hold", on: true }, ana, NOW);
    await refusalOf(async () => {
      const { sequence } = await casebook.append({ kind: "proposed", subject: { what: "destroy-tip", tip } }, ana, NOW);
      await casebook.append({ kind: "confirmed", proposal: sequence }, bo, NOW);
    });
    return outcome(casebook.state.tip(tip).destroyed);
  },
};
