/** An account that clears the reviewer's terminal, and hides what it says behind letters that run backwards. The reviewer's real command shows it. */
import { tipOf } from "../../support/make-bundle.ts";
import { reviewer } from "../../support/review-machine.ts";
import { casebookOf } from "../../support/small-casebook.ts";
import { type Attack, outcome } from "../attack.ts";

const CLEAR = "\u001B[2J";
const BACKWARDS = "\u202E";

export const attack: Attack = {
  does: "writes an account that drives the reviewer's terminal",
  defences: [
    {
      file: "src/reviewer/hostile-text.ts",
      place: "visibleLine",
      before: "return text.replaceAll(UNSEEN, byNumber);",
      after: "return text;",
    },
  ],
  run: async ({ folder }) => {
    const narrative = `harmless ${BACKWARDS}gnihton`;
    const made = await casebookOf(async (to) => [await tipOf(to, { narrative }, [], {})], folder);
    const [tip = ""] = made.open.casebook.state.tips.keys();
    const { status, out, err } = await reviewer(["show", tip, "--casebook", made.folder, "--shares", made.card, "--person", "Ana"]);
    if (status !== 0) throw new Error(err);
    return outcome(out.includes(BACKWARDS) || out.includes(CLEAR));
  },
};
