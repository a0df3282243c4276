/** Dates of a tip and of those linked to it, in one column: a list that reads by itself, each with a bar on one scale. Bars are for eyes only. */
import { formatDate } from "../../../../protocol/format/date.ts";
import { type Dated, MOST_TIMELINE_TIPS } from "../../case-wire.ts";
import { wordsFor } from "../../words.ts";
import { button, make, makeSvg } from "../dom.ts";
import { isFull } from "../casework.ts";
import type { State } from "../state.ts";
import { dateWords, type Placed, placed } from "../timeline.ts";
import type { Dispatch } from "./view.ts";

/** Width of a bar's drawing and least width of a bar, in its own units. */
const WIDTH = 400;
const LEAST = 6;

const WHAT: Readonly<Record<Dated, string>> = { said: "Event", came: "Message", replied: "Reply", due: "Due", work: "Done here" };

/** The timeline of this state, drawn. */
export function timelineView({ casework: { timeline, withWork } }: State, dispatch: Dispatch): HTMLElement {
  if (timeline === null) return make("section", {});
  const shown = timeline.entries.filter(({ what }) => withWork || what !== "work");
  const { entries, first, last } = placed(shown);
  const back = (): void => {
    dispatch({ do: "back" });
  };
  const toggle = (): void => {
    dispatch({ do: "timeline-work" });
  };
  const others = timeline.tips.filter(({ why }) => why !== "this");
  return make(
    "section",
    { class: "timeline" },
    make("h1", { tabindex: "-1" }, `Timeline of tip ${timeline.tip}`),
    make(
      "div",
      { class: "buttons" },
      button("Back to the tip", back, { "aria-keyshortcuts": "u", title: "Key: u" }),
      button(withWork ? "Without what was done here" : "With what was done here", toggle, { "aria-keyshortcuts": "w", title: "Key: w" }),
    ),
    make("p", {}, othersText(others, timeline.unopened)),
    isFull(timeline)
      ? make("p", { class: "notice" }, `More than ${String(MOST_TIMELINE_TIPS)} tips are linked; the nearest are shown.`)
      : null,
    entries.length === 0
      ? null
      : make("p", { class: "scale", "aria-hidden": "true" }, make("span", {}, dayText(first)), make("span", {}, dayText(last - 1))),
    make("ol", { class: "dated" }, ...entries.map((one) => entryView(one, timeline.tip, dispatch))),
    make(
      "p",
      { class: "hint" },
      "A pale bar is approximate, uncertain or open at one end; the words say which. Dates of events are the witnesses’ own.",
    ),
  );
}

function othersText(others: readonly { readonly id: string; readonly why: string }[], unopened: number): string {
  const told = others.map(({ id, why }) => `${id} (${wordsFor(why)})`).join(", ");
  const left = unopened === 0 ? "" : ` Of ${String(unopened)} more that you have not opened nothing is shown.`;
  return `${others.length === 0 ? "No other tip that you opened is linked to it." : `With ${told}.`}${left}`;
}

/** The scale may begin before 1970, of which the format of days knows nothing. */
function dayText(day: number): string {
  return day >= 0 ? formatDate(day) : new Date(day * 86_400_000).toISOString().slice(0, 10);
}

function entryView({ entry, ...place }: Placed, own: string, dispatch: Dispatch): HTMLElement {
  const open = (): void => {
    dispatch({ do: "open", tip: entry.tip });
  };
  return make(
    "li",
    { class: entry.what },
    make("strong", {}, dateWords(entry.when)),
    barOf(place),
    make(
      "span",
      {},
      `${WHAT[entry.what]}: ${entry.says} `,
      entry.tip === own ? make("span", { class: "hint" }, "this tip") : button(entry.tip, open),
    ),
  );
}

function barOf({ start, end, approximate, uncertain, openStart, openEnd }: Omit<Placed, "entry">): SVGElement {
  const width = Math.max(LEAST, (end - start) * WIDTH);
  const x = Math.min(start * WIDTH, WIDTH - width);
  const isVague = approximate || uncertain || openStart || openEnd;
  return makeSvg(
    "svg",
    { viewBox: `0 0 ${String(WIDTH)} 16`, preserveAspectRatio: "none", class: "dates", "aria-hidden": "true" },
    makeSvg("rect", { x: "0", y: "7", width: String(WIDTH), height: "2", class: "line" }),
    makeSvg("rect", { x: x.toFixed(1), y: "3", width: width.toFixed(1), height: "10", class: isVague ? "span vague" : "span" }),
  );
}
