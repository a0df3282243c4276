/** The command `retention`: understands its options. */
import { startOf } from "./ceremony-options.ts";
import { checkOrigin } from "./ceremony.ts";
import type { Values } from "./command-options.ts";
import * as retention from "./retention.ts";
import type { Answer } from "./views.ts";
import { numberIn, usage } from "./words-of.ts";

/** Runs `retention …`. @throws {Refusal} `usage`, or what the command refuses. */
export function runRetention(action: string, file: string, values: Values, now: Date): Promise<Answer> {
  const cards = values.shares ?? [];
  switch (action) {
    case "change": {
      const current = values.current ?? usage("retention change needs --current NOTE");
      const from = values.from ?? now.toISOString().slice(0, 10);
      startOf(from, now);
      return retention.changePolicy(file, { current, change: policyChangeOf(values), from, signersFile: values.signers, cards });
    }
    case "sign":
      return retention.signChange(file, values.current ?? usage("retention sign needs --current NOTE"), cards);
    case "show":
      return retention.showPolicy(file);
    case "card": {
      const origin = checkOrigin(values.origin ?? usage("retention card needs --origin"));
      return retention.addSigner(file, origin, numberIn("--number", values.number ?? "", 1, 999));
    }
    default:
      return usage("after retention comes change, sign, show or card");
  }
}

function policyChangeOf(values: Values): retention.PolicyChange {
  const { unacknowledged } = values;
  if (unacknowledged !== undefined && unacknowledged !== "keep" && unacknowledged !== "destroy")
    return usage("--unacknowledged is keep or destroy");
  const days = (option: "keep-days" | "at-most" | "grace-days"): number | undefined => {
    const text = values[option];
    return text === undefined ? undefined : numberIn(`--${option}`, text, 0, 36_500);
  };
  const asked = {
    daysAfterAcknowledgement: days("keep-days"),
    daysAtMost: days("at-most"),
    graceDays: days("grace-days"),
    unacknowledged,
  };
  const change = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as retention.PolicyChange;
  if (Object.keys(change).length === 0 && values.signers === undefined) usage("say what changes");
  return change;
}
