/** Rewards programs, as the operator's file gives them. */
import { formatProgram, parseProgram } from "../../../src/protocol/format/program.ts";
import { formatOfBytes } from "../engine/format.ts";
import { OFFERING } from "../../support/programs.ts";

export const target = formatOfBytes(
  parseProgram,
  formatProgram,
  () => [
    formatProgram(OFFERING),
    formatProgram({
      ...OFFERING,
      approvals: [{ by: "The board", condition: null, step: "nomination" }],
      authority: [{ covers: "Crimes", paragraph: "1(b)" }],
      cap: { amount: 5_000_000, currency: "USD" },
      contact: ["By post"],
      notices: [],
      offer: null,
      receipt_days: 30,
      reports: [{ days: 15, due: "after-payment", name: "Notice", to: "The committee" }],
    }),
  ],
  4_000,
);
