/** What waits for a second person, and exactly what leaves with the next outbox. */
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

/** The listing of the next outbox. */
export function outboxView({ outbox }: State): HTMLElement {
  const batches = (outbox?.batches ?? []).map(({ batch, date, size, root }) =>
    make("li", {}, `Batch ${String(batch)} of ${date}, ${String(size)} items, is held here`, make("p", { class: "hash" }, `root ${root}`)),
  );
  const replies = (outbox?.replies ?? []).map(({ tip, date, mailbox, bytes }) =>
    make(
      "li",
      {},
      `Reply to tip ${tip} of ${date}, ${bytes.toLocaleString("en")} bytes, sealed`,
      make("p", { class: "hash" }, `mailbox ${mailbox}`),
    ),
  );
  const destroyed = (outbox?.destroyed ?? []).map(({ epoch, date }) =>
    make("li", {}, `The secret of a week was destroyed on ${date}`, make("p", { class: "hash" }, `epoch ${epoch}`)),
  );
  return make(
    "section",
    { class: "outbox" },
    make("h1", { tabindex: "-1" }, "Next outbox"),
    make("p", {}, "This leaves with the next outbox, and nothing else. The command “outbox” makes it, when this window is locked."),
    make("h2", {}, "Acknowledgements"),
    batches.length === 0 ? make("p", {}, "None.") : make("ol", {}, ...batches),
    make("h2", {}, "Replies"),
    replies.length === 0 ? make("p", {}, "None.") : make("ol", {}, ...replies),
    make("h2", {}, "Destroyed weeks"),
    destroyed.length === 0 ? make("p", {}, "None.") : make("ol", {}, ...destroyed),
  );
}
