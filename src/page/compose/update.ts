/**
 * How the page's state changes: `update(state, event)` and nothing else. Pure and total: any event in any state gives a state, and one that does not fit where
 * the witness is changes nothing. What has to happen in the world (make words, send) the session reads off the new state.
 */
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import type { BasisCode, EventTypeCode, EvidenceCode, PlaceCode, SharingCode, WitnessCategoryCode } from "./questions.ts";
import { lettersOf } from "./codewords.ts";
import { toggled } from "./questions.ts";
import {
  type ChosenFile,
  type Compose,
  type Draft,
  EMPTY_DRAFT,
  type FailureCode,
  type FileOnDevice,
  LONGEST_NARRATIVE,
  type Look,
  MOST_FILE_BYTES,
  MOST_FILES,
  pathOf,
  type ProblemCode,
  type Progress,
  type Step,
  wantsWords,
  type WordListName,
} from "./state.ts";
import { NO_WHEN, readWhen, type WhenFields } from "./when.ts";

/** Fields that the review can take out again. */
export type RemovableField =
  "basis" | "witnessCategory" | "eventTypes" | "when" | "where" | "evidenceHeld" | "sharing" | "language" | "reply" | "claim";

/** Everything that can happen. */
export type ComposeEvent =
  | { readonly type: "next" }
  | { readonly type: "back" }
  | { readonly type: "go"; readonly step: Step }
  | { readonly type: "come-back" }
  | { readonly type: "return-failed" }
  | { readonly type: "returned"; readonly proof: boolean }
  | { readonly type: "narrative"; readonly text: string }
  | { readonly type: "basis"; readonly code: BasisCode | null }
  | { readonly type: "witness-category"; readonly code: WitnessCategoryCode | null }
  | { readonly type: "event-type"; readonly code: EventTypeCode; readonly on: boolean }
  | { readonly type: "when"; readonly when: WhenFields }
  | { readonly type: "where"; readonly code: PlaceCode | null }
  | { readonly type: "evidence"; readonly code: EvidenceCode; readonly on: boolean }
  | { readonly type: "sharing"; readonly code: SharingCode }
  | { readonly type: "files-added"; readonly files: readonly FileOnDevice[] }
  | { readonly type: "file-looked"; readonly id: number; readonly look: Look }
  | { readonly type: "file-form"; readonly id: number; readonly form: ChosenFile["form"] }
  | { readonly type: "file-removed"; readonly id: number }
  | { readonly type: "wants"; readonly what: "reply" | "claim" | "later"; readonly on: boolean }
  | { readonly type: "removed"; readonly field: RemovableField }
  | { readonly type: "list-chosen"; readonly list: WordListName }
  | { readonly type: "words-made"; readonly list: WordListName; readonly words: readonly string[] }
  | { readonly type: "words-asked"; readonly positions: readonly [number, number] }
  | { readonly type: "words-answered"; readonly answers: readonly [string, string] }
  | { readonly type: "send" }
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "stopped" }
  | { readonly type: "sent" }
  | { readonly type: "failed"; readonly code: FailureCode };

/** The state after `event`. */
export function update(state: Compose, event: ComposeEvent): Compose {
  switch (event.type) {
    case "next":
      return next(state);
    case "back":
      return back(state);
    case "go":
      return pathOf(state.draft).includes(event.step) && isComposing(state) ? enter(state, event.step) : state;
    case "come-back":
      return state.step === "safety" ? enter(state, "return") : state;
    case "return-failed":
      return state.step === "return" ? { ...state, problem: "return-unreachable" } : state;
    case "returned":
      return state.step === "return" ? writeMore(state, event.proof) : state;
    case "words-made":
      return event.list === state.list && isComposing(state) ? { ...state, words: event.words, problem: null } : state;
    case "words-asked":
      return state.step === "check" ? { ...state, asked: event.positions } : state;
    case "words-answered":
      return answerWords(state, event.answers);
    case "file-looked":
      return looked(state, event.id, event.look);
    case "send":
      return send(state);
    case "progress":
      return state.step === "sending" ? { ...state, progress: event.progress } : state;
    case "stopped":
      return state.step === "sending" ? { ...state, step: "review", progress: null, stopped: true } : state;
    case "sent":
      return state.step === "sending" ? done(state) : state;
    case "failed":
      return fail(state, event.code);
    default:
      return isComposing(state) ? edit(state, event) : state;
  }
}

/** Whether the form is still open: not sending, sent or failed. */
function isComposing(state: Compose): boolean {
  return state.step !== "sending" && state.step !== "done" && state.step !== "failed";
}

function enter(state: Compose, step: Step): Compose {
  const entered = { ...state, step, problem: null, stopped: false, asked: null };
  return step === "return" ? withoutWords(entered) : entered;
}

/** Whoever comes back has other words than those shown before, and has asked for nothing yet. */
function withoutWords(state: Compose): Compose {
  const draft = { ...state.draft, wantsReply: false, wantsClaim: false, wantsLater: false, returning: null };
  return { ...state, draft, words: null, confirmed: false };
}

/** A follow-up: of the same witness, who can be reached as before unless that is taken out. */
function writeMore(state: Compose, proof: boolean): Compose {
  return { ...enter(state, "story"), draft: { ...state.draft, wantsReply: true, wantsClaim: proof, returning: { proof } } };
}

function next(state: Compose): Compose {
  const problem = problemOf(state);
  if (problem !== null) return { ...state, problem };
  if (state.step === "check" && !state.confirmed) return state;
  const path = pathOf(state.draft);
  const following = path[path.indexOf(state.step) + 1];
  return !path.includes(state.step) || following === undefined ? state : enter(state, following);
}

function back(state: Compose): Compose {
  if (state.step === "failed") {
    if (state.failedFrom === null) return state;
    return { ...enter(state, state.failedFrom), failure: null, failedFrom: null };
  }
  if (state.step === "return") return enter(state, "safety");
  const path = pathOf(state.draft);
  const before = path[path.indexOf(state.step) - 1];
  return before === undefined ? state : enter(state, before);
}

/** What keeps the witness from going on. */
function problemOf(state: Compose): ProblemCode | null {
  const { draft } = state;
  switch (state.step) {
    case "story":
      return storyProblem(draft.narrative);
    case "questions":
      return readWhen(draft.when) === "wrong" ? "when-wrong" : null;
    case "files":
      return filesProblem(draft.files);
    case "words":
      return state.words === null ? "words-not-ready" : null;
    default:
      return null;
  }
}

function storyProblem(narrative: string): ProblemCode | null {
  if (narrative.trim() === "") return "story-empty";
  return narrative.length > LONGEST_NARRATIVE ? "story-long" : null;
}

function filesProblem(files: readonly ChosenFile[]): ProblemCode | null {
  if (files.length > MOST_FILES) return "too-many-files";
  return files.reduce((sum, file) => sum + file.size, 0) > MOST_FILE_BYTES ? "files-too-large" : null;
}

/** Whatever the witness is doing meanwhile. A cleaned copy is chosen as soon as there is one. */
function looked(state: Compose, id: number, look: Look): Compose {
  const form = typeof look === "object" && look.choice !== null ? "cleaned" : "original";
  const files = state.draft.files.map((file) => (file.id === id ? ({ ...file, look, form } as const) : file));
  const problem = state.problem === "files-not-ready" && !isLooking(files) ? null : state.problem;
  return { ...state, draft: { ...state.draft, files }, problem };
}

function isLooking(files: readonly ChosenFile[]): boolean {
  return files.some(({ look }) => look === "looking");
}

/** The first step of the path that something is wrong with: sending starts only when there is none. */
function firstWrongStep(state: Compose): { step: Step; problem: ProblemCode } | null {
  for (const step of pathOf(state.draft)) {
    const problem = problemOf({ ...state, step });
    if (problem !== null) return { step, problem };
  }
  return isLooking(state.draft.files) ? { step: "files", problem: "files-not-ready" } : null;
}

function send(state: Compose): Compose {
  if (state.step !== "review") return state;
  const wrong = firstWrongStep(state);
  if (wrong !== null) return { ...enter(state, wrong.step), problem: wrong.problem };
  if (wantsWords(state.draft) && !state.confirmed) return enter(state, "words");
  return { ...enter(state, "sending"), progress: { phase: "reading", done: 0, total: 1, secondsLeft: null, waiting: null } };
}

/** After sending, nothing the witness wrote stays in the state. */
function done(state: Compose): Compose {
  return { ...enter(state, "done"), draft: EMPTY_DRAFT, words: null, confirmed: false, progress: null };
}

/** Failures that no button can mend: the browser, the address, or the keys of this site. */
const FINAL: readonly FailureCode[] = ["not-secure", "no-webcrypto", "keys-wrong"];

function fail(state: Compose, code: FailureCode): Compose {
  if (state.step === "done") return state;
  const from = state.step === "failed" ? state.failedFrom : state.step === "sending" ? "review" : state.step;
  return { ...state, step: "failed", failure: code, failedFrom: FINAL.includes(code) ? null : from, progress: null, problem: null };
}

function answerWords(state: Compose, answers: readonly [string, string]): Compose {
  if (state.step !== "check" || state.words === null || state.asked === null) return state;
  const { words } = state;
  const right = state.asked.every((position, index) => sameWord(words[position] ?? "", answers[index] ?? ""));
  return right ? next({ ...state, confirmed: true }) : { ...state, problem: "words-differ", confirmed: false };
}

/** Whether a typed word is the one meant: case, white space and composed or decomposed letters do not matter (BIP-39 uses NFKD). */
function sameWord(word: string, typed: string): boolean {
  return word !== "" && lettersOf(word) === lettersOf(typed);
}

type EditEvent = Exclude<
  ComposeEvent,
  {
    type:
      | "next"
      | "back"
      | "go"
      | "come-back"
      | "return-failed"
      | "returned"
      | "words-made"
      | "words-asked"
      | "words-answered"
      | "file-looked"
      | "send"
      | "progress"
      | "stopped"
      | "sent"
      | "failed";
  }
>;

function edit(state: Compose, event: EditEvent): Compose {
  if (event.type === "list-chosen") {
    return event.list === state.list ? state : { ...state, list: event.list, words: null, asked: null, confirmed: false, problem: null };
  }
  const draft = editDraft(state.draft, event);
  const problem = state.problem === null ? null : problemOf({ ...state, draft });
  return { ...state, draft, problem: event.type === "files-added" ? filesProblem(draft.files) : problem };
}

function editDraft(draft: Draft, event: Exclude<EditEvent, { type: "list-chosen" }>): Draft {
  switch (event.type) {
    case "narrative":
      return { ...draft, narrative: event.text };
    case "basis":
      return { ...draft, basis: event.code };
    case "witness-category":
      return { ...draft, witnessCategory: event.code };
    case "event-type":
      return { ...draft, eventTypes: toggled(VOCABULARY.event_types, draft.eventTypes, event.code, event.on) };
    case "when":
      return { ...draft, when: event.when };
    case "where":
      return { ...draft, where: event.code };
    case "evidence":
      return { ...draft, evidenceHeld: toggled(VOCABULARY.evidence_held, draft.evidenceHeld, event.code, event.on) };
    case "sharing":
      return { ...draft, sharing: event.code };
    case "files-added":
      return { ...draft, files: [...draft.files, ...event.files.map((file) => ({ ...file, look: "looking", form: "original" }) as const)] };
    case "file-form":
      return { ...draft, files: draft.files.map((file) => (file.id === event.id ? formed(file, event.form) : file)) };
    case "file-removed":
      return { ...draft, files: draft.files.filter((file) => file.id !== event.id) };
    case "wants":
      if (event.what === "reply") return { ...draft, wantsReply: event.on };
      return event.what === "claim" ? { ...draft, wantsClaim: event.on } : { ...draft, wantsLater: event.on };
    case "removed":
      return without(draft, event.field);
  }
}

/** Only what has a cleaned copy can be sent cleaned. */
function formed(file: ChosenFile, form: ChosenFile["form"]): ChosenFile {
  return typeof file.look === "object" && file.look.choice !== null ? { ...file, form } : file;
}

function without(draft: Draft, field: RemovableField): Draft {
  switch (field) {
    case "eventTypes":
    case "evidenceHeld":
      return { ...draft, [field]: [] };
    case "when":
      return { ...draft, when: NO_WHEN };
    case "sharing":
      return { ...draft, sharing: "prefer_not_to_say" };
    case "reply":
      return { ...draft, wantsReply: false };
    case "claim":
      return { ...draft, wantsClaim: false };
    default:
      return { ...draft, [field]: null };
  }
}
