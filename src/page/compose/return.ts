/**
 * What the page knows while a witness comes back: the words typed so far, the replies, and what shall become of them. Pure and total like `update.ts`. What has to
 * happen in the world the returning session reads off the state: it loads the list of `list`, asks the mailbox in the phases `asking` and `finishing`, and hands
 * over to the form in `writing`.
 *
 * The mailbox is asked once to read and once when the witness goes on, whether there is anything to delete or not. So the number of requests tells nothing.
 * Known gap: replies that only find room when the first four are deleted take one more of them.
 */
import { endsPiece, indexWords, isWord, offersFor, piecesOf, type WordIndex, wordFor } from "./codewords.ts";
import type { WordListName } from "./state.ts";

/** Words that are needed. */
export const WORDS_NEEDED = 12;
/** Replies that one request can delete, and that one answer holds. */
export const REPLIES_AT_ONCE = 4;

/** A reply as the mailbox gave it. `id` finds the rest of it in the returning session. */
export interface ReceivedText {
  readonly id: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly text: string;
  /** Whether it asks for the proof of a claim. */
  /** Who asks for a proof of the claim; null if nobody does. */
  readonly challenge: string | null;
}

/** A reply that is being read. */
export interface ShownReply extends ReceivedText {
  /** Whether the server shall delete it when the witness goes on. */
  readonly remove: boolean;
  /** The server has been told. */
  readonly removed: boolean;
}

/** What is wrong. `do-not-belong` is the checksum, which cannot tell which word it is. */
export type ReturnProblem = "not-in-list" | "too-many" | "too-few" | "do-not-belong" | "list-unreachable" | "refused";

/** Where the witness is. */
export type ReturnPhase = "words" | "receipt" | "asking" | "replies" | "finishing" | "writing" | "finished";

/** Where to go when the replies are dealt with. */
export type ReturnWay = "writing" | "finished";

/** A pause after something went wrong; the page tries again by itself. */
export interface ReturnPause {
  readonly why: "offline" | "busy";
  readonly seconds: number;
}

/** The whole state. */
export interface Returning {
  readonly phase: ReturnPhase;
  readonly list: WordListName;
  /** `null` until the list is there. */
  readonly index: WordIndex | null;
  /** Words as in the list, and what was entered for words and is none. At most twelve. */
  readonly entered: readonly string[];
  /** The word that is being typed, counted from 0; {@link WORDS_NEEDED} when all are there. */
  readonly at: number;
  readonly typed: string;
  readonly problem: ReturnProblem | null;
  readonly pause: ReturnPause | null;
  readonly replies: readonly ShownReply[];
  /** Replies came when others were deleted. */
  readonly newer: boolean;
  /** The mailbox has heard what may be deleted, or the witness went on without. */
  readonly told: boolean;
  /** The reply whose challenge the next message answers. */
  readonly proof: string | null;
  /** Where the witness wants to go from `finishing`. */
  readonly way: ReturnWay;
}

/** Everything that can happen. */
export type ReturnEvent =
  | { readonly type: "list-chosen"; readonly list: WordListName }
  | { readonly type: "list-loaded"; readonly list: WordListName; readonly words: readonly string[] }
  | { readonly type: "list-failed"; readonly list: WordListName }
  | { readonly type: "typed"; readonly text: string }
  | { readonly type: "enter" }
  | { readonly type: "picked"; readonly word: string }
  | { readonly type: "edit"; readonly at: number }
  | { readonly type: "look" }
  | { readonly type: "receipt"; readonly open: boolean }
  | { readonly type: "do-not-belong" }
  | { readonly type: "paused"; readonly pause: ReturnPause | null }
  | { readonly type: "answered"; readonly replies: readonly ReceivedText[] }
  | { readonly type: "refused" }
  | { readonly type: "remove"; readonly id: string; readonly on: boolean }
  | { readonly type: "prove"; readonly id: string; readonly on: boolean }
  | { readonly type: "go-on"; readonly way: ReturnWay }
  | { readonly type: "skip" }
  | { readonly type: "resumed" };

/** The state of somebody who has just come back, offering `list` first. */
export function openingReturn(list: WordListName): Returning {
  return {
    phase: "words",
    list,
    index: null,
    entered: [],
    at: 0,
    typed: "",
    problem: null,
    pause: null,
    replies: [],
    newer: false,
    told: false,
    proof: null,
    way: "finished",
  };
}

/** Words offered for what is typed. */
export function offersOf({ phase, typed, index }: Returning): readonly string[] {
  return phase === "words" && index !== null ? offersFor(typed, index) : [];
}

/** Replies that the next request deletes: those that may go, as many as it has room for. */
export function dueOf({ replies }: Returning): readonly string[] {
  return replies
    .filter(({ remove, removed }) => remove && !removed)
    .slice(0, REPLIES_AT_ONCE)
    .map(({ id }) => id);
}

/** The state after `event`. */
export function updateReturn(state: Returning, event: ReturnEvent): Returning {
  switch (state.phase) {
    case "words":
      return enterWords(state, event);
    case "receipt":
      return event.type === "receipt" && !event.open ? { ...state, phase: "words" } : state;
    case "asking":
      return ask(state, event);
    case "replies":
      return read(state, event);
    case "finishing":
      return finish(state, event);
    case "writing":
      return event.type === "resumed" ? { ...state, phase: "replies" } : state;
    case "finished":
      return state;
  }
}

function enterWords(state: Returning, event: ReturnEvent): Returning {
  switch (event.type) {
    case "list-chosen":
      return event.list === state.list && state.problem !== "list-unreachable" ? state : openingReturn(event.list);
    case "list-loaded":
      return event.list === state.list && state.index === null ? type({ ...state, index: indexWords(event.words) }, state.typed) : state;
    case "list-failed":
      return event.list === state.list ? { ...state, problem: "list-unreachable" } : state;
    case "typed":
      return state.at < WORDS_NEEDED ? type(state, event.text) : state;
    case "enter":
      return type(state, `${state.typed} `);
    case "picked":
      return place(state, [event.word]);
    case "edit":
      return event.at >= 0 && event.at < state.entered.length
        ? { ...state, at: event.at, typed: state.entered[event.at] ?? "", problem: null }
        : state;
    case "look":
      return look(state);
    case "receipt":
      return event.open ? { ...state, phase: "receipt", problem: null } : state;
    default:
      return state;
  }
}

/** A word that is not finished stays in the field; whole ones, or many at once, are taken out of it. */
function type(state: Returning, text: string): Returning {
  const { index } = state;
  const typing = { ...state, typed: text, problem: null };
  if (index === null) return typing;
  const pieces = piecesOf(text, index);
  if (pieces.length === 0) return typing;
  const [first = ""] = pieces;
  const whole = pieces.length > 1 || endsPiece(text) || (index.single && isWord(first, index));
  return whole ? place(typing, pieces) : typing;
}

/** Puts `pieces` where the witness is; all twelve begin with the first. Then the first that is no word is to be mended. */
function place(state: Returning, pieces: readonly string[]): Returning {
  const { index, entered } = state;
  if (index === null) return state;
  const start = pieces.length >= WORDS_NEEDED ? 0 : state.at;
  if (start + pieces.length > WORDS_NEEDED) return { ...state, problem: "too-many" };
  const words = pieces.map((piece) => wordFor(piece, index) ?? piece);
  const all = [...entered.slice(0, start), ...words, ...entered.slice(start + words.length)];
  const wrong = all.findIndex((word) => !isWord(word, index));
  const at = wrong >= 0 ? wrong : all.length;
  return { ...state, entered: all, at, typed: all[at] ?? "", problem: wrong >= 0 ? "not-in-list" : null };
}

function look(state: Returning): Returning {
  const pending = state.typed.trim() === "" ? state : type(state, `${state.typed} `);
  if (pending.problem !== null) return pending;
  return isComplete(pending) ? { ...pending, phase: "asking", at: WORDS_NEEDED, typed: "" } : { ...pending, problem: "too-few" };
}

function isComplete({ entered, index }: Returning): boolean {
  return index !== null && entered.length === WORDS_NEEDED && entered.every((word) => isWord(word, index));
}

function ask(state: Returning, event: ReturnEvent): Returning {
  switch (event.type) {
    case "do-not-belong":
      return { ...state, phase: "words", problem: "do-not-belong" };
    case "refused":
      return { ...state, phase: "words", pause: null, problem: "refused" };
    case "paused":
      return { ...state, pause: event.pause };
    case "answered":
      return { ...state, phase: "replies", entered: [], index: null, typed: "", pause: null, replies: inOrder(event.replies) };
    default:
      return state;
  }
}

/** By the days they were written: the mailbox knows only when they came. */
function inOrder(replies: readonly ReceivedText[]): readonly ShownReply[] {
  return replies.toSorted((a, b) => a.date.localeCompare(b.date)).map((reply) => ({ ...reply, remove: true, removed: false }));
}

function read(state: Returning, event: ReturnEvent): Returning {
  switch (event.type) {
    case "remove":
      return {
        ...state,
        replies: state.replies.map((reply) => (reply.id === event.id && !reply.removed ? { ...reply, remove: event.on } : reply)),
      };
    case "prove": {
      const asks = state.replies.some(({ id, challenge }) => id === event.id && challenge !== null);
      if (event.on) return asks ? { ...state, proof: event.id } : state;
      return state.proof === event.id ? { ...state, proof: null } : state;
    }
    case "go-on":
      return { ...state, phase: state.told ? event.way : "finishing", way: event.way, problem: null };
    default:
      return state;
  }
}

function finish(state: Returning, event: ReturnEvent): Returning {
  switch (event.type) {
    case "paused":
      return { ...state, pause: event.pause };
    case "refused":
      return { ...state, phase: "replies", pause: null, problem: "refused" };
    case "skip":
      return { ...state, phase: state.way, pause: null, told: true };
    case "answered": {
      const due = dueOf(state);
      const left = state.replies.map((reply) => (due.includes(reply.id) ? { ...reply, removed: true } : reply));
      const fresh = inOrder(event.replies.filter(({ id }) => state.replies.every((reply) => reply.id !== id)));
      const replies = [...left, ...fresh];
      return fresh.length > 0
        ? { ...state, phase: "replies", pause: null, replies, newer: true }
        : { ...state, phase: state.way, pause: null, replies, told: true };
    }
    default:
      return state;
  }
}
