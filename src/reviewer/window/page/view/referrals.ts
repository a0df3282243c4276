/** Referrals: the list, and one of them with its texts, what is removed from them, what is missing, who has to say yes, and what the agency answered. */
import { wordsFor } from "../../words.ts";
import type { LetterAnswer, ReferralAnswer, ReferralContent, ReferralText } from "../../referral-wire.ts";
import { button, foreignLine, foreignText, make, markedIn, narrative } from "../dom.ts";
import { referralActions, referralsActions } from "../referrals.ts";
import type { State } from "../state.ts";
import { actionsView, factsView, part, previewView, tableView, waitingView } from "./case-parts.ts";
import type { Dispatch } from "./view.ts";

/** The list. */
export function referralsView(state: State, dispatch: Dispatch): HTMLElement {
  const { referrals, line } = state;
  const rows = (referrals?.rows ?? []).map(({ referral, title, state: at, tips, authors, waiting }, index) => {
    const open = (): void => {
      dispatch({ do: "referral", referral });
    };
    const chosen = index === line ? { "data-chosen": true, "aria-current": "true" } : {};
    return [
      button(`R${String(referral)}`, open, { "aria-label": `R${String(referral)}, open this referral`, ...chosen }),
      foreignLine(title),
      wordsFor(at),
      String(tips),
      authors.join(", "),
      waiting ? "for a second person" : "",
    ];
  });
  return make(
    "section",
    { class: "referrals" },
    make("h1", { tabindex: "-1" }, "Referrals to agencies"),
    actionsView(referralsActions(state), dispatch),
    referrals === null
      ? make("p", {}, "One moment …")
      : make(
          "p",
          {},
          referrals.program === null
            ? "No rewards program is recorded. A lead can do that; referrals without one name no authority."
            : `They are made for ${referrals.program}.`,
        ),
    tableView("Referrals", ["No.", "Title", "State", "Tips", "Authors", "Waits"], rows),
  );
}

/** One referral. */
export function referralView(state: State, dispatch: Dispatch): HTMLElement {
  const { referral, letter, preview } = state;
  if (referral === null) return make("section", {});
  const { content } = referral;
  return make(
    "article",
    { class: "referral" },
    make("h1", { tabindex: "-1" }, `Referral ${String(referral.referral)}: `, foreignLine(referral.title)),
    factsOf(referral),
    content === null ? unreadView(referral, dispatch) : actionsView(referralActions(state), dispatch),
    waitingView(referral.waiting, "person"),
    letter === null ? null : letterView(letter, dispatch),
    previewView(preview, "The page as it would be printed"),
    content === null ? null : contentView(referral, content, dispatch),
  );
}

function factsOf({ state, authors, tips, fixed, packed }: ReferralAnswer): HTMLElement {
  return factsView([
    ["State", wordsFor(state)],
    ["Authors", `${authors.join(", ")}; two others approve it`],
    ["Tips", tips.join(", ")],
    ["Fixed", fixed === null ? "not yet" : `SHA-256 ${fixed}`],
    ["Sealed", packed === null ? "not yet" : `to ${packed.agency}, SHA-256 ${packed.sha256}`],
  ]);
}

function unreadView({ unread }: ReferralAnswer, dispatch: Dispatch): HTMLElement {
  const open = (tip: string) => () => {
    dispatch({ do: "open", tip });
  };
  return make(
    "div",
    { class: "notice" },
    make("p", {}, "What it says is shown to whoever declared on each of its tips and opened it. Not opened by you, or not there any more:"),
    make("p", {}, ...unread.flatMap((tip) => [button(tip, open(tip), { "aria-label": `Open tip ${tip}` }), " "])),
  );
}

/** What witnesses would read, whole. */
function letterView({ referral, text, challenge, witnesses, program, date }: LetterAnswer, dispatch: Dispatch): HTMLElement {
  const send = (): void => {
    dispatch({ do: "call", effect: { call: "referral-tell", request: { referral, text, challenge } } });
  };
  const drop = (): void => {
    dispatch({ do: "letter", letter: null });
  };
  return make(
    "section",
    { class: "letter" },
    make(
      "h2",
      { tabindex: "-1", "data-asked": true },
      `What ${witnesses === 1 ? "one witness" : `${String(witnesses)} witnesses`} will read`,
    ),
    make("div", { class: "narrative" }, foreignText(text)),
    challenge
      ? make(
          "div",
          { class: "notice" },
          make(
            "p",
            {},
            "With it goes a challenge, a fresh one to each. Whoever kept a code for a reward may sign it; their page says what they sign:",
          ),
          make(
            "blockquote",
            {},
            "The proof is made for ",
            foreignLine(program),
            `, with the date ${date}, and for nothing else. To be paid, you would have to tell one payment officer who you are. You can stop before that.`,
          ),
          make("p", {}, "Purpose: claim to a reward. The answer can be read by the reward officers only."),
        )
      : make("p", {}, "No proof is asked for."),
    make(
      "div",
      { class: "buttons" },
      button(witnesses === 1 ? "Send exactly this" : `Send exactly this to all ${String(witnesses)}`, send, { class: "first" }),
      button("Do not send it", drop),
    ),
    make("p", { class: "hint" }, "It leaves sealed, with the next outbox, and cannot be taken back."),
  );
}

function contentView(referral: ReferralAnswer, content: ReferralContent, dispatch: Dispatch): HTMLElement {
  return make(
    "div",
    { class: "columns" },
    textsView(content, dispatch),
    make(
      "div",
      { class: "side" },
      missingView(content),
      exhibitsView(referral, content, dispatch),
      removalsView(referral, content, dispatch),
      answersView(referral, content, dispatch),
    ),
  );
}

function missingView({ missing, stopped }: ReferralContent): HTMLElement {
  return part(
    "What is missing",
    stopped === null ? null : make("p", { class: "notice" }, `It cannot be fixed yet. ${stopped}`),
    missing.length === 0
      ? make("p", {}, "No part is empty.")
      : make("ul", {}, ...missing.map(({ part: number, what }) => make("li", {}, `Part ${String(number)}: ${what}`))),
  );
}

function textsView({ sources }: ReferralContent, dispatch: Dispatch): HTMLElement {
  const texts = sources.flatMap(({ source, tip, texts: of }) =>
    of.map((text) => {
      const name = text.text === 0 ? "account" : "translation";
      const element = narrative(text.whole, text.removals, []);
      element.id = `text-${source}-${String(text.text)}`;
      const title = `${source}, ${name}${text.language === "" ? "" : ` in ${text.language}`}`;
      return {
        source,
        text,
        element,
        view: part(title, make("p", { class: "hint" }, `Tip ${tip}. ${removedCount(text)}`), element),
      };
    }),
  );
  document.onselectionchange = () => {
    for (const { source, text, element } of texts) {
      const marked = element.isConnected ? markedIn(element) : null;
      // What is marked stays marked when a form takes the focus.
      if (marked !== null)
        dispatch({ do: "passage", passage: { source, text: text.text, ...marked, words: text.whole.slice(marked.start, marked.end) } });
    }
  };
  return make("div", { class: "texts" }, ...texts.map(({ view }) => view));
}

function removedCount({ removals }: ReferralText): string {
  return removals.length === 0
    ? "Nothing is removed."
    : `${String(removals.length)} removed, struck through here and absent from what leaves.`;
}

function removalsView({ referral, may }: ReferralAnswer, { sources }: ReferralContent, dispatch: Dispatch): HTMLElement {
  const rows = sources.flatMap(({ source, texts }) =>
    texts.flatMap(({ text, removals }) =>
      removals.map(({ event, start, end, reason, by, at }) => {
        const keep = (): void => {
          dispatch({ do: "call", effect: { call: "referral-keep", request: { referral, event } } });
        };
        return [
          `${source}${text === 0 ? "" : `, translation ${String(text)}`}`,
          `${String(end - start)} from ${String(start)}`,
          wordsFor(reason),
          `${by}, ${at.slice(0, 10)}`,
          may.work ? button("Take back", keep, { "aria-label": `Take back removal ${String(event)}` }) : "",
        ];
      }),
    ),
  );
  return part("Log of removals", tableView("Log of removals", ["Text", "Characters", "Why", "By", "Change"], rows));
}

function exhibitsView({ referral, may }: ReferralAnswer, { exhibits }: ReferralContent, dispatch: Dispatch): HTMLElement {
  const items = exhibits.map(({ exhibit, source, form, size, sha256, included }) => {
    const choose = (): void => {
      dispatch({ do: "call", effect: { call: "referral-exhibit", request: { referral, exhibit, included: !included } } });
    };
    return make(
      "li",
      {},
      `${exhibit} from ${source}, ${form}, ${size.toLocaleString("en")} bytes: `,
      make("strong", {}, included ? "goes along" : "stays here"),
      make("p", { class: "hash" }, `SHA-256 ${sha256}`),
      may.work
        ? button(included ? "Withhold" : "Include", choose, { "aria-label": `${included ? "Withhold" : "Include"} ${exhibit}` })
        : null,
    );
  });
  return part("Exhibits", items.length === 0 ? make("p", {}, "None.") : make("ul", { class: "files" }, ...items));
}

function answersView({ referral, places }: ReferralAnswer, { answers }: ReferralContent, dispatch: Dispatch): HTMLElement | null {
  if (answers.length === 0) return null;
  const items = answers.map(({ answer, date, outcome, reference, words, documents }) =>
    make(
      "li",
      {},
      make("strong", {}, `${wordsFor(answer)}${outcome === null ? "" : `: ${wordsFor(outcome)}`}`),
      make("p", { class: "hint" }, `${date}${reference === null ? "" : `, number ${reference}`}`),
      words === null ? null : foreignText(words),
      ...documents.map(({ sha256, size }) => {
        const write = (): void => {
          dispatch({ do: "call", effect: { call: "referral-document", request: { referral, sha256, folder: places[0] ?? "" } } });
        };
        return make(
          "p",
          {},
          `Document of ${size.toLocaleString("en")} bytes `,
          places.length === 0 ? null : button("To the stick", write, { "aria-label": `Document ${sha256.slice(0, 8)} to the stick` }),
          make("span", { class: "hash" }, ` SHA-256 ${sha256}`),
        );
      }),
    ),
  );
  return part("What the agency answered", make("ol", { class: "items" }, ...items));
}
