/** What waits for a second person. */
import { button, make } from "../dom.ts";
import type { State } from "../state.ts";
import type { Dispatch } from "./view.ts";

/** Open proposals. */
export function decisionsView({ decisions }: State, dispatch: Dispatch): HTMLElement {
  const items = (decisions?.open ?? []).map(({ proposal, by, at, says, mayConfirm, mayReject }) => {
    const decide = (confirmed: boolean) => () => {
      dispatch({ do: "decide", proposal, confirmed });
    };
    return make(
      "li",
      {},
      make("strong", {}, says),
      make("p", { class: "hint" }, `proposal ${String(proposal)} by ${by}, ${at}`),
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
    make("h1", { tabindex: "-1" }, "Decisions of two people"),
    make("p", {}, "What cannot be made undone takes two: one proposes, another confirms, and one of the two is a lead."),
    items.length === 0 ? make("p", {}, "Nothing waits for a second person.") : make("ol", {}, ...items),
  );
}
