/** What waits for a second person, proposing more of it, and what was decided. */
import { button, make, timeText } from "../dom.ts";
import type { ProposingAnswer } from "../../case-wire.ts";
import type { State } from "../state.ts";
import type { Dispatch } from "./view.ts";

/** Open proposals, and those that were decided. Officers propose at a claim, and its steps tell what was decided. */
export function decisionsView({ decisions, desk, casework: { proposing } }: State, dispatch: Dispatch): HTMLElement {
  const heading = make("h1", { tabindex: "-1" }, "Decisions of two people");
  // Nothing moves under somebody's hand on its way to a button that cannot be taken back.
  const officers = desk?.officers === true;
  if (decisions === null || (proposing === null && !officers))
    return make("section", { class: "decisions" }, heading, make("p", {}, "One moment."));
  const items = decisions.open.map(({ proposal, by, at, says, mayConfirm, mayReject }) => {
    const decide = (confirmed: boolean) => () => {
      dispatch({ do: "decide", proposal, confirmed });
    };
    return make(
      "li",
      {},
      make("strong", {}, says),
      make("p", { class: "hint" }, `proposal ${String(proposal)} by ${by}, ${timeText(at)}`),
      mayConfirm
        ? button("Confirm, and do it now", decide(true), { class: "grave" })
        : make("span", { class: "hint" }, "Somebody else has to confirm it. "),
      " ",
      mayReject ? button("Reject", decide(false)) : null,
    );
  });
  return make(
    "section",
    { class: "decisions" },
    heading,
    make(
      "p",
      {},
      `What cannot be made undone takes two: one proposes, another confirms${officers ? "" : ", and one of the two is a lead"}.`,
    ),
    proposing?.mayPropose === true ? proposeButtons(dispatch) : null,
    items.length === 0 ? make("p", {}, "Nothing waits for a second person.") : make("ol", {}, ...items),
    proposing === null || proposing.decided.length === 0 ? null : decidedView(proposing.decided),
  );
}

function proposeButtons(dispatch: Dispatch): HTMLElement {
  const panel = (name: "propose-case" | "propose-person") => () => {
    dispatch({ do: "panel", panel: name });
  };
  return make(
    "div",
    { class: "buttons" },
    button("Propose", panel("propose-case"), { "aria-keyshortcuts": "p", title: "Key: p" }),
    button("Propose somebody new", panel("propose-person"), { "aria-keyshortcuts": "a", title: "Key: a" }),
  );
}

function decidedView(decided: ProposingAnswer["decided"]): HTMLElement {
  const rows = decided.map(({ proposal, by, at, says, confirmed, decidedBy }) => {
    const how = decidedBy === by ? "taken back" : `${confirmed ? "confirmed" : "rejected"} by ${decidedBy}`;
    return make("li", { value: String(proposal) }, says, make("p", { class: "hint" }, `proposed by ${by}, ${timeText(at)}; ${how}`));
  });
  return make("section", {}, make("h2", {}, "Decided"), make("ol", { class: "items" }, ...rows));
}
