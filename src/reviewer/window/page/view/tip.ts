/** The reading view: declaration first, then the text, what holds about it, and a button for everything that may be done. */
import { TIES } from "../../../triage/vocabulary.ts";
import { type LookAlike, lookAlikesIn } from "../../../look-alikes.ts";
import type { HeldItem, TipAnswer, TipContent } from "../../wire.ts";
import { button, foreignLine, foreignText, make, markedIn, narrative, timeText } from "../dom.ts";
import { formsFor } from "../forms.ts";
import type { State } from "../state.ts";
import { wordsFor } from "../../words.ts";
import type { Dispatch } from "./view.ts";

/** The tip of this state, drawn. */
export function tipView({ tip }: State, dispatch: Dispatch): HTMLElement {
  if (tip === null) return make("section", {});
  return make(
    "article",
    { class: "tip" },
    make("h1", { tabindex: "-1" }, `Tip ${tip.row.id}`),
    factsOf(tip),
    ...tip.tied.map((one) => tiedView(one, dispatch)),
    tip.content === null ? closedView(tip, dispatch) : contentView(tip.content, dispatch),
  );
}

function factsOf({ row, batch, commitment }: TipAnswer): HTMLElement {
  const facts: [string, string][] = [
    ["State", wordsFor(row.state)],
    ["Batch", `${String(batch)} of ${row.date}`],
    ["Grade", row.grade === "" ? "none that you may see" : row.grade],
    ["Flags", row.flags.map(wordsFor).join(", ") || "none"],
    ["Tags", row.tags.map(wordsFor).join(", ") || "none"],
    ["Commitment", commitment],
  ];
  return make("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function tiedView({ key, name, ties }: TipAnswer["tied"][number], dispatch: Dispatch): HTMLElement {
  const decide = (mayRead: boolean) => () => {
    dispatch({ do: "decide-tie", person: key, mayRead });
  };
  return make(
    "p",
    { class: "notice" },
    `${name} declared ties: ${ties.map(wordsFor).join("; ")}. `,
    button("May read all the same", decide(true)),
    " ",
    button("Stays out", decide(false)),
  );
}

function closedView({ row }: TipAnswer, dispatch: Dispatch): HTMLElement {
  if (row.destroyed) return make("p", { class: "notice" }, "This tip was destroyed. What remains are the events that say so.");
  if (row.reading === "recused")
    return make("p", { class: "notice" }, "You declared a tie to this tip and stay out of it, unless a lead decides otherwise.");
  if (row.reading === "may-read") {
    const read = (): void => {
      dispatch({ do: "read" });
    };
    return make("p", { class: "notice" }, "You may read this tip. That you opened it is written down. ", button("Open the text", read));
  }
  return declarationForm(dispatch);
}

function declarationForm(dispatch: Dispatch): HTMLElement {
  const boxes = TIES.map((tie) => [tie, make("input", { type: "checkbox", name: tie })] as const);
  const form = make(
    "form",
    { class: "declaration" },
    make("h2", {}, "Before you read"),
    make(
      "p",
      {},
      "Does anything tie you to what this tip may be about? If so, you stay out of it until a lead decides. Your answer is signed and kept.",
    ),
    make("fieldset", {}, make("legend", {}, "Ties"), ...boxes.map(([tie, box]) => make("label", { class: "tick" }, box, wordsFor(tie)))),
    make("button", { type: "submit" }, "Declare"),
    make("p", { class: "hint" }, "With nothing ticked you declare that you have no ties, and the text opens."),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dispatch({ do: "declare", ties: boxes.filter(([, box]) => box.checked).map(([tie]) => tie) });
  });
  return form;
}

function contentView(content: TipContent, dispatch: Dispatch): HTMLElement {
  return make(
    "div",
    { class: "reading" },
    actionsView(content, dispatch),
    make("div", { class: "columns" }, textView(content, dispatch), sideView(content, dispatch)),
  );
}

function actionsView(content: TipContent, dispatch: Dispatch): HTMLElement {
  const forms = formsFor(content).map(({ name, key, button: label }) =>
    button(
      label,
      () => {
        dispatch({ do: "panel", panel: name });
      },
      { "aria-keyshortcuts": key, title: `Key: ${key}` },
    ),
  );
  const undo = (): void => {
    dispatch({ do: "undo-last" });
  };
  const go = (to: "link-entity" | "timeline") => () => {
    dispatch({ do: to });
  };
  return make(
    "div",
    { class: "actions", role: "group", "aria-label": "What you can do" },
    ...forms,
    button("Entity", go("link-entity"), { "aria-keyshortcuts": "i", title: "Key: i" }),
    button("Timeline", go("timeline"), { "aria-keyshortcuts": "h", title: "Key: h" }),
    button("Undo", undo, { "aria-keyshortcuts": "z", title: "Key: z" }),
  );
}

function textView(content: TipContent, dispatch: Dispatch): HTMLElement {
  const quotes = content.items.flatMap(({ quote }) => (quote === null ? [] : [quote]));
  const alike = lookAlikesIn(content.narrative);
  const text = narrative(content.narrative, quotes, alike);
  document.onselectionchange = () => {
    const marked = text.isConnected ? markedIn(text) : null;
    // What is marked stays marked when a form takes the focus.
    if (marked !== null) dispatch({ do: "mark", marked });
  };
  const hasUnseen = text.querySelector(".unseen") !== null;
  const translations = content.translations.map(({ language, text: words }) =>
    make("section", { class: "translation" }, make("h2", {}, "Translation into ", foreignLine(language)), foreignText(words)),
  );
  return make(
    "div",
    { class: translations.length > 0 ? "texts beside" : "texts" },
    make(
      "section",
      {},
      make("h2", {}, "What they tell"),
      hasUnseen
        ? make("p", { class: "notice" }, "There are characters in this text that are not seen. They are shown by their numbers.")
        : null,
      text,
      alike.length === 0 ? null : alikeView(content.narrative, alike),
      hasUnseen
        ? make(
            "details",
            {},
            make("summary", {}, "As it was written"),
            make("div", { class: "foreign as-written", dir: "auto" }, content.narrative),
          )
        : null,
    ),
    ...translations,
  );
}

/** Words with letters that look like others, each with the reason: underlined in the text. */
function alikeView(text: string, alike: readonly LookAlike[]): HTMLElement {
  const words = new Map(alike.map(({ start, end, why }) => [text.slice(start, end), why]));
  return make(
    "details",
    { open: true },
    make("summary", {}, "Letters that look like others"),
    make(
      "p",
      { class: "hint" },
      "Underlined in the text. It may be a slip or another keyboard; a search for the word as it looks does not find it.",
    ),
    make("ul", {}, ...[...words].map(([word, why]) => make("li", {}, foreignLine(word), `: ${why}`))),
  );
}

function sideView(content: TipContent, dispatch: Dispatch): HTMLElement {
  const open = (tip: string) => () => {
    dispatch({ do: "open", tip });
  };
  return make(
    "div",
    { class: "side" },
    section(
      "Answers",
      make(
        "dl",
        { class: "facts" },
        ...content.answers.flatMap(({ question, answer }) => [make("dt", {}, question), make("dd", {}, answer)]),
      ),
    ),
    section("Files", content.files.length === 0 ? make("p", {}, "None.") : filesView(content, dispatch)),
    content.thread.length === 0
      ? null
      : section(
          "Same witness",
          make("ul", {}, ...content.thread.map(({ id, place }) => make("li", {}, button(id, open(id)), ` ${place}`))),
        ),
    content.alike.length === 0
      ? null
      : section(
          "Looks alike",
          make(
            "ul",
            {},
            ...content.alike.map(({ id, percent, equal }) =>
              make("li", {}, button(id, open(id)), equal ? " the same letters" : ` about ${String(percent)} %`),
            ),
          ),
        ),
    section("What holds", make("ol", { class: "items" }, ...content.items.map((item) => itemView(item, dispatch)))),
    content.replies.length === 0 ? null : section("Replies", ...content.replies.map(replyView)),
  );
}

function section(title: string, ...children: Node[]): HTMLElement {
  return make("section", {}, make("h2", {}, title), ...children);
}

/** Facts and hashes, and a way to look at each. */
function filesView({ files }: TipContent, dispatch: Dispatch): HTMLElement {
  const rows = files.map(({ name, type, form, size, sha256 }, index) => {
    const look = (): void => {
      dispatch({ do: "file", index });
    };
    const key = index < 9 ? { "aria-keyshortcuts": String(index + 1), title: `Key: ${String(index + 1)}` } : {};
    return make(
      "li",
      {},
      foreignLine(name),
      make("p", { class: "hint" }, foreignLine(type), ` ${form}, ${size.toLocaleString("en")} bytes`),
      make("p", { class: "hash" }, `SHA-256 ${sha256}`),
      button("Look at it", look, { "aria-label": `Look at it: file ${String(index + 1)}`, ...key }),
    );
  });
  return make("ol", { class: "files" }, ...rows);
}

function itemView({ event, person, at, says, words, undoable, open }: HeldItem, dispatch: Dispatch): HTMLElement {
  const undo = (): void => {
    dispatch({ do: "undo", event });
  };
  const done = (): void => {
    dispatch({ do: "task-done", event });
  };
  return make(
    "li",
    { value: String(event) },
    make("strong", {}, says),
    make("p", { class: "hint" }, `${person}, ${timeText(at)}, event ${String(event)}`),
    words === null ? null : foreignText(words),
    open ? button("Done", done, { "aria-label": `Task ${String(event)} is done` }) : null,
    undoable ? button("Undo", undo, { "aria-label": `Undo event ${String(event)}` }) : null,
  );
}

function replyView({ date, text, outbox, challenge }: TipContent["replies"][number]): HTMLElement {
  return make(
    "div",
    {},
    make("p", { class: "hint" }, `${date}, ${outbox === null ? "waits for the next outbox" : `left with outbox ${String(outbox)}`}`),
    foreignText(text),
    challenge === null ? null : make("p", { class: "hash" }, `Challenge ${challenge}`),
  );
}
