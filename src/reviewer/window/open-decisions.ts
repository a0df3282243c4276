/** What waits for a second person, as one person may see and decide it; the same at both casebooks. */
import type { Casebook } from "../casebook/casebook.ts";
import { inWords } from "../decisions.ts";
import type { Subject } from "../triage/acts.ts";
import { isAllowed } from "./reading.ts";
import { nameOf } from "./sentences.ts";
import type { DecisionsAnswer } from "./wire.ts";

/** Open proposals of which the subject fits. */
export function openDecisions(
  casebook: Casebook,
  person: string,
  fits: (subject: Subject) => boolean = () => true,
): DecisionsAnswer["open"] {
  const open = [...casebook.state.proposals].filter(([, { state, proposed }]) => state === "open" && fits(proposed.act.subject));
  return open.map(([proposal, { proposed }]) => ({
    proposal,
    by: nameOf(casebook.state, proposed.person),
    at: proposed.at,
    says: inWords(casebook, proposed.act.subject),
    mayConfirm: isAllowed(casebook, person, { kind: "confirmed", proposal }),
    mayReject: isAllowed(casebook, person, { kind: "rejected", proposal }),
  }));
}
