/** Which key means what, where. Every one of them has a button too. Pure. */
import { claimActions, claimsActions } from "./claims.ts";
import { formsFor } from "./forms.ts";
import { type Action, referralActions, referralsActions } from "./referrals.ts";
import type { Command, Destination, State } from "./state.ts";

/** What a key means; `chord` is whether `g` was pressed before it. `null`: nothing. */
export function commandOf(state: State, key: string, chord: boolean): Command | null {
  if (state.locked !== null || state.panel !== null) return null;
  if (chord) return goingTo(state, key);
  if (key === "?") return { do: "panel", panel: "help" };
  if (state.desk?.officers !== true && key === "/") return { do: state.place === "entities" ? "search-entities" : "search" };
  if (state.place === "inbox") return inboxCommand(state, key);
  if (state.place === "file") return fileCommand(state, key);
  if (state.place === "entities" || state.place === "entity" || state.place === "timeline") return caseKey(state, key);
  if (key === "u" || key === "Escape") return { do: "go", to: upFrom(state) };
  const action = actionsHere(state).find((one) => one.key === key);
  if (action !== undefined) return action.command;
  if (state.place === "referrals" || state.place === "claims") return lineCommand(state, key);
  if (state.place === "outbox" && key.startsWith("Arrow")) return turn(key);
  if (state.place === "decisions") return state.desk?.officers === true ? null : (DECIDING[key] ?? null);
  if (state.place === "overview") return key === "s" ? { do: "save-metrics" } : null;
  return state.place === "tip" ? tipCommand(state, key) : null;
}

const DECIDING: Readonly<Record<string, Command>> = {
  p: { do: "panel", panel: "propose-case" },
  a: { do: "panel", panel: "propose-person" },
};

/** Keys among entities, at one of them and at a timeline. */
function caseKey({ place, casework, tip }: State, key: string): Command | null {
  const { chosen, linking } = casework;
  const isBack = key === "u" || key === "Escape";
  if (place === "timeline") {
    if (isBack) return { do: "back" };
    return key === "w" ? { do: "timeline-work" } : null;
  }
  if (place === "entity") {
    if (isBack) return linking === null ? { do: "go", to: "entities" } : { do: "link-entity" };
    if (key === "a") return { do: "panel", panel: "alias" };
    return key === "m" && linking !== null ? { do: "panel", panel: "mention" } : null;
  }
  switch (key) {
    case "j":
    case "ArrowDown":
      return { do: "choose-entity", row: chosen + 1 };
    case "k":
    case "ArrowUp":
      return { do: "choose-entity", row: chosen - 1 };
    case "Enter":
      return { do: "open-chosen-entity" };
    case "c":
      return { do: "panel", panel: "new-entity" };
    default:
      return isBack ? (tip === null ? { do: "go", to: "inbox" } : { do: "open", tip: tip.row.id }) : null;
  }
}

/** Everything that can be done with referrals or claims where this state is. */
export function actionsHere(state: State): Action[] {
  switch (state.place) {
    case "referrals":
      return referralsActions(state);
    case "referral":
      return referralActions(state);
    case "claims":
      return claimsActions(state);
    case "claim":
      return claimActions(state);
    default:
      return [];
  }
}

function upFrom({ desk, place }: State): Destination {
  if (desk?.officers === true) return "claims";
  return place === "referral" ? "referrals" : "inbox";
}

/** Officers have claims where reviewers have tips. */
function goingTo({ desk }: State, key: string): Command | null {
  const isForBoth = key === "d" || key === "p" || key === "l";
  if (desk?.officers !== true) return GOING[key] ?? null;
  if (key === "c" || key === "i") return { do: "go", to: "claims" };
  return isForBoth ? (GOING[key] ?? null) : null;
}

function lineCommand({ line }: State, key: string): Command | null {
  if (key === "j" || key === "ArrowDown") return { do: "line", line: line + 1 };
  if (key === "k" || key === "ArrowUp") return { do: "line", line: line - 1 };
  return key === "Enter" ? { do: "open-line" } : null;
}

const GOING: Readonly<Record<string, Command>> = {
  i: { do: "go", to: "inbox" },
  d: { do: "go", to: "decisions" },
  v: { do: "go", to: "overview" },
  o: { do: "go", to: "outbox" },
  m: { do: "go", to: "importing" },
  e: { do: "go", to: "entities" },
  r: { do: "go", to: "referrals" },
  p: { do: "panel", panel: "handover" },
  l: { do: "lock" },
};

function inboxCommand({ cursor, total }: State, key: string): Command | null {
  switch (key) {
    case "j":
    case "ArrowDown":
      return { do: "choose", row: cursor + 1 };
    case "k":
    case "ArrowUp":
      return { do: "choose", row: cursor - 1 };
    case "PageDown":
      return { do: "choose", row: cursor + 10 };
    case "PageUp":
      return { do: "choose", row: cursor - 10 };
    case "Home":
      return { do: "choose", row: 0 };
    case "End":
      return { do: "choose", row: total - 1 };
    case "Enter":
      return { do: "open-chosen" };
    case "s":
      return { do: "panel", panel: "save-filter" };
    case "x":
      return { do: "unfilter" };
    default:
      return /^[1-9]$/.test(key) ? { do: "saved", index: Number(key) - 1 } : null;
  }
}

function turn(key: string): Command | null {
  if (key === "ArrowRight") return { do: "turn", by: 1 };
  return key === "ArrowLeft" ? { do: "turn", by: -1 } : null;
}

function fileCommand({ file }: State, key: string): Command | null {
  switch (key) {
    case "u":
    case "Escape":
      return { do: "back" };
    case "v":
      return { do: "look", what: file?.clear === true ? "cover" : "reveal" };
    case "+":
      return { do: "look", what: "size" };
    case "ArrowRight":
      return { do: "look", what: "next" };
    case "ArrowLeft":
      return { do: "look", what: "previous" };
    case "w":
      return { do: "look", what: file === null || file.answer.text === null ? "words" : "pages" };
    default:
      return null;
  }
}

function tipCommand({ tip, cursor, rows }: State, key: string): Command | null {
  if (key === "j" || key === "k") {
    const row = rows.get(cursor + (key === "j" ? 1 : -1));
    return row === undefined ? null : { do: "open", tip: row.id };
  }
  if (!tip?.content) return null;
  if (key === "z") return { do: "undo-last" };
  if (key === "i") return { do: "link-entity" };
  if (key === "h") return { do: "timeline" };
  // The first nine files.
  if (/^[1-9]$/.test(key) && Number(key) <= tip.content.files.length) return { do: "file", index: Number(key) - 1 };
  const form = formsFor(tip.content).find((one) => one.key === key);
  return form === undefined ? null : { do: "panel", panel: form.name };
}

/** For the help panel of reward officers. */
export const OFFICERS_KEYS: typeof KEYS = [
  ["j, k or arrows", "next or previous claim"],
  ["Enter", "open the chosen claim"],
  ["g then c", "claims and what is due"],
  ["g then d", "decisions of two officers"],
  ["g then p", "another officer sits down"],
  ["g then l", "lock"],
  ["u or Escape", "back to the claims"],
];

/** For the help panel: keys and what they do. */
export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["j, k or arrows", "next or previous tip"],
  ["Enter", "open the chosen tip"],
  ["/", "search"],
  ["x", "in the inbox: no filter"],
  ["s", "in the inbox: keep this filter under a name"],
  ["1 to 9", "in the inbox: the filter of that number"],
  ["?", "this help"],
  ["g then i", "inbox"],
  ["g then d", "decisions of two people"],
  ["g then v", "overview: map, counts, plots"],
  ["g then o", "what leaves with the next outbox"],
  ["g then m", "import a bundle"],
  ["g then e", "entities: people, facilities, organisations"],
  ["g then r", "referrals to agencies"],
  ["← and →", "in the outbox: previous or next code"],
  ["g then p", "another person sits down"],
  ["g then l", "lock"],
  ["u or Escape", "back to the inbox"],
  ["z", "in a tip: undo what you did last"],
  ["1 to 9", "in a tip: look at this file"],
  ["i", "in a tip: link it to an entity"],
  ["h", "in a tip: its timeline"],
  ["c", "among entities: a new one"],
  ["a, m", "at an entity: another name of it; link it to the tip you came from"],
  ["w", "at a timeline: with or without what was done here"],
  ["p, a", "at decisions: propose something; propose somebody new"],
  ["s", "at the overview: save it as CSV"],
  ["v", "in a file: show it clearly, or cover it again"],
  ["+", "in a file: larger, or as large as fits"],
  ["← and →", "in a document: previous or next page"],
  ["w", "in a document: its words, or its pages"],
];
