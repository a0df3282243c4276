/** What holds about a tip, as sentences of codes, names and numbers. Words that people wrote are not in them. */
import type { CasebookState, TipAct } from "../triage/state.ts";
import { visibleLine } from "../hostile-text.ts";
import { count } from "../views.ts";
import { wordsFor } from "./words.ts";

/** What an act about `tip` says. Names that people gave to entities are made visible. */
export function sentenceOf(act: TipAct, tip: string, state: CasebookState): string {
  switch (act.kind) {
    case "declared":
      return act.ties.length === 0 ? "declared no ties" : `declared ties: ${act.ties.map(wordsFor).join("; ")}`;
    case "tie-decided":
      return `${nameOf(state, act.person)} ${act.may_read ? "may read" : "stays out"}`;
    case "tip-opened":
      return "opened the text";
    case "tagged":
      return `tag ${wordsFor(act.set)}: ${wordsFor(act.code)}`;
    case "coded":
      return `${wordsFor(act.stance)} ${wordsFor(act.element)}`;
    case "graded":
    case "reconciled": {
      const reasons = act.reasons.length === 0 ? "" : ` (${act.reasons.map(wordsFor).join(", ")})`;
      return `${act.kind === "graded" ? "grade" : "agreed grade"} ${act.source}${String(act.information)}${reasons}`;
    }
    case "mentioned": {
      const entity = state.entities.get(act.entity)?.named.act;
      return `mentions ${visibleLine(entity?.name.text ?? "")} (${entity?.entity ?? "gone"}), ${act.certainty}`;
    }
    case "linked":
      return `${wordsFor(act.link)} ${act.tip === tip ? act.other : act.tip}, independent: ${act.independent}`;
    case "question-noted":
      return "question for the witness";
    case "task-set": {
      const whose = act.person === null ? "" : ` for ${nameOf(state, act.person)}`;
      return `task${whose}${act.due === null ? "" : `, due ${act.due}`}`;
    }
    case "translated":
      return `translation into ${act.language}, ${act.method}${act.certified ? ", certified" : ""}`;
    case "noted":
      return "note";
    case "moved": {
      const why = act.reason ?? act.duplicate_of;
      return `moved to ${wordsFor(act.to)}${why === null ? "" : ` (${wordsFor(why)})`}`;
    }
    case "flagged":
      return `flag ${wordsFor(act.flag)} ${act.on ? "set" : "taken off"}`;
    case "exposed":
      return `looked at ${String(act.count)} of its pictures, pages or films for ${count(act.seconds, "second")}`;
    case "replied":
      return "replied";
    case "extracted":
      return "wrote the files out";
  }
}

/** Name of a person of this casebook, now or formerly. */
export function nameOf(state: CasebookState, key: string): string {
  return visibleLine(state.people.get(key)?.name ?? key);
}
