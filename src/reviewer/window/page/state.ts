/**
 * What the window shows and what follows from what happens: a pure function from a state and an event to the next state and the calls to make. No document, no clock, no network;
 * `view/` draws a state, `main.ts` makes the calls.
 */
import type {
  AliveAnswer,
  Calls,
  CodesAnswer,
  ImportedAnswer,
  ImportingAnswer,
  DecisionsAnswer,
  DeskAnswer,
  InboxFilter,
  InboxRow,
  OutboxAnswer,
  OverviewAnswer,
  SavedFilter,
  TipAnswer,
} from "../wire.ts";
import type { Bytes } from "../../../protocol/bytes.ts";
import type { Encoding } from "../../viewing/text-files.ts";
import type { CaseFormName } from "./case-forms.ts";
import {
  afterEntityAct,
  caseAfterAct,
  caseAnswered,
  type CaseCommand,
  caseCommand,
  type CaseState,
  entitiesWanted,
  NO_CASE,
} from "./casework.ts";
import type { ClaimAnswer, ClaimsAnswer } from "../claim-wire.ts";
import type { LetterAnswer, ReferralAnswer, ReferralsAnswer } from "../referral-wire.ts";
import { type ClaimForm, claimForm, isClaimForm } from "./claims.ts";
import { type Form, type FormName, formOf, type Values } from "./forms.ts";
import { isReferralForm, type Passage, type ReferralForm, referralForm } from "./referrals.ts";
import { fileCame, inEncoding, type Look, look, pageCame, type ShownFile } from "./looking.ts";

/** Rows that are asked for at once. */
export const PAGE_ROWS = 100;

export type Place =
  | "claim"
  | "claims"
  | "referral"
  | "referrals"
  | "inbox"
  | "tip"
  | "file"
  | "entities"
  | "entity"
  | "timeline"
  | "decisions"
  | "overview"
  | "importing"
  | "outbox";

/** Places that one can go to from anywhere. */
export type Destination = Exclude<Place, "tip" | "file" | "referral" | "claim" | "entity" | "timeline">;

/** Forms: about a tip, a referral or a claim. */
export type AnyForm = FormName | ReferralForm | ClaimForm;

/** What lies over the place: help, a change of person, or a form. */
export type Panel = "help" | "handover" | "save-filter" | AnyForm | CaseFormName;

export interface State {
  readonly place: Place;
  readonly desk: DeskAnswer | null;
  readonly alive: AliveAnswer;
  readonly filter: InboxFilter;
  readonly filters: readonly SavedFilter[];
  readonly total: number;
  /** Rows of the inbox that are known, by their number from 0. */
  readonly rows: ReadonlyMap<number, InboxRow>;
  /** Row that is chosen. */
  readonly cursor: number;
  readonly tip: TipAnswer | null;
  /** The file that is looked at. */
  readonly file: ShownFile | null;
  /** What is marked in the narrative, UTF-16 units. */
  readonly marked: { readonly start: number; readonly end: number } | null;
  readonly referrals: ReferralsAnswer | null;
  readonly referral: ReferralAnswer | null;
  /** What is marked in a text of the referral. */
  readonly passage: Passage | null;
  /** A letter to witnesses that is shown before anybody sends it. */
  readonly letter: LetterAnswer | null;
  readonly claims: ClaimsAnswer | null;
  readonly claim: ClaimAnswer | null;
  /** Path of a page as it would be printed, shown in a frame. */
  readonly preview: string | null;
  /** The referral or claim that was asked for: an answer about another one comes too late and changes nothing. */
  readonly opening: number | string | null;
  /** Which line of a list of referrals or claims is chosen, from 0. */
  readonly line: number;
  readonly decisions: DecisionsAnswer | null;
  readonly overview: OverviewAnswer | null;
  readonly outbox: OutboxAnswer | null;
  /** The last outbox as codes, and which of them is shown, from 0. */
  readonly codes: (CodesAnswer & { readonly shown: number }) | null;
  readonly importing: ImportingAnswer | null;
  /** Of a log key, to be compared. */
  readonly fingerprint: string | null;
  /** Whether a bundle is on its way in. */
  readonly uploading: boolean;
  readonly imported: ImportedAnswer | null;
  /** Entities, timelines and proposals. */
  readonly casework: CaseState;
  readonly panel: Panel | null;
  /** The form whose act is under way, or `null`. */
  readonly sent: AnyForm | CaseFormName | null;
  /** Whether what is shown is older than this person's last act. */
  readonly stale: boolean;
  /** What was refused or done last. */
  readonly message: string;
  /** Why nothing is shown any more, or `null`. */
  readonly locked: string | null;
}

/** What a person wants. */
export type Command =
  | { readonly do: "go"; readonly to: Destination }
  | { readonly do: "open"; readonly tip: string }
  | { readonly do: "open-chosen" }
  | { readonly do: "choose"; readonly row: number }
  | { readonly do: "need"; readonly offset: number }
  | { readonly do: "filter"; readonly filter: Partial<InboxFilter> }
  | { readonly do: "unfilter" }
  /** By its place among the saved ones, from 0. */
  | { readonly do: "saved"; readonly index: number }
  | { readonly do: "save-filter"; readonly name: string }
  | { readonly do: "forget-filter"; readonly name: string }
  | { readonly do: "search" }
  | { readonly do: "panel"; readonly panel: Panel | null }
  | { readonly do: "mark"; readonly marked: State["marked"] }
  | { readonly do: "declare"; readonly ties: Calls["declare"][0]["ties"] }
  | { readonly do: "read" }
  | { readonly do: "file"; readonly index: number }
  | { readonly do: "look"; readonly what: Look }
  | { readonly do: "encoding"; readonly encoding: Encoding | null }
  | { readonly do: "back" }
  | { readonly do: "submit"; readonly form: AnyForm; readonly values: Values }
  | { readonly do: "referral"; readonly referral: number }
  | { readonly do: "claim"; readonly claim: string }
  | { readonly do: "passage"; readonly passage: Passage }
  | { readonly do: "letter"; readonly letter: LetterAnswer | null }
  | { readonly do: "preview"; readonly path: string | null }
  | { readonly do: "line"; readonly line: number }
  | { readonly do: "open-line" }
  /** A call that needs nothing to be filled in. */
  | { readonly do: "call"; readonly effect: Effect }
  | { readonly do: "undo"; readonly event: number }
  | { readonly do: "undo-last" }
  | { readonly do: "task-done"; readonly event: number }
  | { readonly do: "decide-tie"; readonly person: string; readonly mayRead: boolean }
  | { readonly do: "decide"; readonly proposal: number; readonly confirmed: boolean }
  | { readonly do: "compare"; readonly text: string }
  | { readonly do: "import"; readonly bundle: Blob }
  | { readonly do: "sign-outbox" }
  | { readonly do: "write-outbox"; readonly folder: string }
  | { readonly do: "codes" }
  /** So many codes on or back. */
  | { readonly do: "turn"; readonly by: number }
  | { readonly do: "handover"; readonly person: string; readonly secret: string }
  | { readonly do: "lock" }
  | CaseCommand;

/** A call to make, the search field to go to, a bundle to send or a file to give to whoever sits here. */
export type Effect =
  | { [K in keyof Calls]: { readonly call: K; readonly request: Calls[K][0] } }[keyof Calls]
  | { readonly focus: "search" | "entities" }
  | { readonly upload: Blob }
  | { readonly save: Bytes; readonly name: string };

export type WindowEvent =
  | { readonly on: "start" }
  | Command
  | {
      [K in keyof Calls]: { readonly on: "answered"; readonly call: K; readonly request: Calls[K][0]; readonly answer: Calls[K][1] };
    }[keyof Calls]
  | { readonly on: "imported"; readonly answer: ImportedAnswer }
  | { readonly on: "refused"; readonly message: string }
  | { readonly on: "lost"; readonly why: string };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** The filter that lets everything through. */
export const NO_FILTER: InboxFilter = {
  query: "",
  state: null,
  flag: null,
  todo: "everything",
  tag: null,
  language: null,
  grade: null,
  files: false,
};

export const FIRST: State = {
  place: "inbox",
  desk: null,
  alive: { read: 0, total: 0, work: null },
  filter: NO_FILTER,
  filters: [],
  total: 0,
  rows: new Map(),
  cursor: 0,
  tip: null,
  file: null,
  marked: null,
  referrals: null,
  referral: null,
  passage: null,
  letter: null,
  claims: null,
  claim: null,
  preview: null,
  opening: null,
  line: 0,
  decisions: null,
  overview: null,
  outbox: null,
  codes: null,
  importing: null,
  fingerprint: null,
  uploading: false,
  imported: null,
  casework: NO_CASE,
  panel: null,
  sent: null,
  stale: false,
  message: "",
  locked: null,
};

/** What follows from an event. */
export function step(state: State, event: WindowEvent): Step {
  if (state.locked !== null) return stay(state);
  if ("do" in event) return command(state, event);
  switch (event.on) {
    case "start":
      return state.desk === null ? { state, effects: [{ call: "desk", request: {} }] } : begun(state, state.desk);
    case "answered":
      return answered(state, event);
    case "imported": {
      const after = { ...state, uploading: false, imported: event.answer, message: `Bundle ${String(event.answer.bundle)} is imported.` };
      return {
        state: after,
        effects: [
          { call: "importing", request: {} },
          { call: "desk", request: {} },
        ],
      };
    }
    case "refused": {
      const file = state.file === null ? null : { ...state.file, failed: event.message };
      return stay({ ...state, sent: null, stale: false, uploading: false, file, message: event.message });
    }
    case "lost":
      return stay({ ...FIRST, locked: event.why });
  }
}

/** Where somebody begins: reward officers with claims, readers with the inbox, who only imports with that. */
function begun(state: State, desk: DeskAnswer): Step {
  if (desk.officers) return go({ ...state, desk }, "claims");
  if (!isReader(desk)) return go({ ...state, desk }, "importing");
  return { state: { ...state, desk }, effects: [{ call: "filters", request: {} }, rowsFrom(state, 0)] };
}

/** Whether somebody has anything to do with tips; others import, and that is all they are shown. */
export function isReader({ person: { roles } }: DeskAnswer): boolean {
  return roles.some((role) => role === "lead" || role === "reviewer" || role === "translator");
}

function stay(state: State): Step {
  return { state, effects: [] };
}

function rowsFrom({ filter }: State, offset: number): Effect {
  return { call: "inbox", request: { ...filter, offset: offset - (offset % PAGE_ROWS), limit: PAGE_ROWS } };
}

function act(act: Calls["act"][0]["act"]): Effect {
  return { call: "act", request: { act, words: null } };
}

function command(state: State, wanted: Command): Step {
  const quiet = { ...state, message: "" };
  const acting = { ...quiet, stale: true };
  const { tip } = state;
  switch (wanted.do) {
    case "go":
      return go(quiet, wanted.to);
    case "open":
      return { state: { ...quiet, panel: null }, effects: [{ call: "tip", request: { tip: wanted.tip } }] };
    case "open-chosen": {
      const row = state.rows.get(state.cursor);
      return row === undefined ? stay(state) : command(state, { do: "open", tip: row.id });
    }
    case "choose": {
      const cursor = Math.max(0, Math.min(state.total - 1, wanted.row));
      const next = { ...state, cursor };
      return { state: next, effects: state.rows.has(cursor) || state.total === 0 ? [] : [rowsFrom(next, cursor)] };
    }
    case "need":
      return { state, effects: [rowsFrom(state, wanted.offset)] };
    case "filter": {
      const next = { ...quiet, filter: { ...state.filter, ...wanted.filter }, rows: new Map(), cursor: 0 };
      return { state: next, effects: [rowsFrom(next, 0)] };
    }
    case "unfilter":
      return command(state, { do: "filter", filter: NO_FILTER });
    case "saved": {
      const saved = state.filters[wanted.index];
      return saved === undefined ? stay(state) : command(state, { do: "filter", filter: saved.filter });
    }
    case "save-filter": {
      const name = wanted.name.trim();
      if (name === "") return stay({ ...state, message: "Give it a name first." });
      return { state: { ...quiet, panel: null }, effects: [{ call: "save-filter", request: { name, filter: state.filter } }] };
    }
    case "forget-filter":
      return { state: quiet, effects: [{ call: "forget-filter", request: { name: wanted.name } }] };
    case "search":
      return { state: { ...go(quiet, "inbox").state }, effects: [...go(quiet, "inbox").effects, { focus: "search" }] };
    case "panel":
      return stay({ ...quiet, panel: wanted.panel });
    case "mark":
      return stay({ ...state, marked: wanted.marked });
    case "declare":
      return tip === null ? stay(state) : { state: quiet, effects: [{ call: "declare", request: { tip: tip.row.id, ties: wanted.ties } }] };
    case "read":
      return tip === null ? stay(state) : { state: quiet, effects: [{ call: "open", request: { tip: tip.row.id } }] };
    case "file":
      if (tip === null) return stay(state);
      return { state: quiet, effects: [{ call: "file", request: { tip: tip.row.id, index: wanted.index, encoding: null } }] };
    case "look":
      return tip === null || state.file === null ? stay(state) : withFile(quiet, look(tip, state.file, wanted.what));
    case "encoding":
      if (tip === null || state.file === null) return stay(state);
      return { state: quiet, effects: [inEncoding(tip, state.file, wanted.encoding)] };
    case "back":
      if (tip === null) return go(quiet, "inbox");
      return { state: { ...quiet, place: "tip", file: null }, effects: [...COVERED, { call: "tip", request: { tip: tip.row.id } }] };
    case "submit":
      return submit(quiet, wanted);
    case "referral":
      return {
        state: { ...quiet, panel: null, opening: wanted.referral },
        effects: [{ call: "referral", request: { referral: wanted.referral } }],
      };
    case "claim":
      return { state: { ...quiet, panel: null, opening: wanted.claim }, effects: [{ call: "claim", request: { claim: wanted.claim } }] };
    case "passage":
      return stay({ ...state, passage: wanted.passage });
    case "letter":
      return stay({ ...quiet, letter: wanted.letter });
    case "preview":
      return stay({ ...quiet, preview: wanted.path });
    case "line":
      return stay({ ...state, line: Math.max(0, Math.min(linesOf(state) - 1, wanted.line)) });
    case "open-line":
      return openLine(state);
    case "call":
      // A second press while the first is under way would do it twice.
      return state.stale ? stay(state) : { state: acting, effects: [wanted.effect] };
    case "undo":
      return { state: acting, effects: [act({ kind: "undone", event: wanted.event })] };
    case "undo-last": {
      // Otherwise the act before the last would be undone.
      if (state.stale) return stay({ ...state, message: "One moment: the last act is being written down." });
      const mine = tip?.content?.items.filter(({ undoable, person }) => undoable && person === state.desk?.person.name).at(-1);
      return mine === undefined
        ? stay({ ...state, message: "There is nothing of yours here that can be undone." })
        : { state: acting, effects: [act({ kind: "undone", event: mine.event })] };
    }
    case "task-done":
      return { state: acting, effects: [act({ kind: "task-done", task: wanted.event })] };
    case "decide-tie": {
      if (tip === null) return stay(state);
      const { person, mayRead } = wanted;
      return { state: acting, effects: [act({ kind: "tie-decided", tip: tip.row.id, person, may_read: mayRead })] };
    }
    case "decide": {
      const { proposal, confirmed } = wanted;
      return { state: acting, effects: [act({ kind: confirmed ? "confirmed" : "rejected", proposal })] };
    }
    case "compare":
      return { state: quiet, effects: [{ call: "log-key", request: { text: wanted.text } }] };
    case "import":
      if (state.uploading) return stay(state);
      return { state: { ...quiet, uploading: true, imported: null }, effects: [{ upload: wanted.bundle }] };
    case "sign-outbox":
      if (state.outbox === null) return stay(state);
      return { state: quiet, effects: [{ call: "sign-outbox", request: { digest: state.outbox.digest } }] };
    case "write-outbox":
      return { state: quiet, effects: [{ call: "write-outbox", request: { folder: wanted.folder } }] };
    case "codes":
      return { state: quiet, effects: [{ call: "outbox-codes", request: {} }] };
    case "turn": {
      const { codes } = state;
      if (codes === null) return stay(state);
      const shown = Math.max(0, Math.min(codes.codes.length - 1, codes.shown + wanted.by));
      return stay({ ...state, codes: { ...codes, shown } });
    }
    case "handover":
      return { state: quiet, effects: [{ call: "handover", request: { person: wanted.person, secret: wanted.secret } }] };
    case "lock":
      return { state: quiet, effects: [{ call: "lock", request: {} }] };
    case "find-entities":
    case "search-entities":
    case "choose-entity":
    case "open-chosen-entity":
    case "entity":
    case "link-entity":
    case "timeline":
    case "timeline-work":
    case "submit-case":
    case "save-metrics":
      return caseCommand(quiet, wanted);
  }
}

const ONLY_IMPORTS = "You import bundles; everything else here is for those who read tips.";

/** Whoever leaves a file has looked. */
const COVERED: readonly Effect[] = [
  { call: "cover", request: {} },
  { call: "desk", request: {} },
];

function withFile(state: State, { file, effects }: { readonly file: ShownFile; readonly effects: readonly Effect[] }): Step {
  return { state: { ...state, place: "file", file }, effects };
}

function go(state: State, to: Destination): Step {
  if (state.desk !== null && !state.desk.officers && !isReader(state.desk) && to !== "importing")
    return stay({ ...state, message: ONLY_IMPORTS });
  const left = state.file === null ? [] : COVERED;
  const closed = {
    opening: null,
    referral: null,
    passage: null,
    letter: null,
    claim: null,
    preview: null,
    line: state.place === to ? state.line : 0,
  };
  const next = { ...state, ...closed, place: to, panel: null, tip: null, file: null, marked: null, codes: null, imported: null };
  if (to === "inbox") return { state: { ...next, rows: new Map() }, effects: [...left, rowsFrom(next, state.cursor)] };
  if (to === "entities") {
    const fresh = { ...next, casework: { ...next.casework, linking: null } };
    return { state: fresh, effects: [...left, entitiesWanted(fresh)] };
  }
  const more: Effect[] = to === "decisions" && state.desk?.officers !== true ? [{ call: "proposing", request: {} }] : [];
  return { state: next, effects: [...left, { call: to, request: {} }, ...more] };
}

/** The form of that name for what is shown, or `null`. */
export function formShown(state: State, name: AnyForm): Form | null {
  if (isReferralForm(name)) return referralForm(name, state);
  if (isClaimForm(name)) return claimForm(name, state);
  const content = state.tip?.content;
  if (state.tip === null || !content || state.desk === null) return null;
  return formOf(name, { tip: state.tip, content, desk: state.desk, marked: state.marked });
}

function linesOf({ place, referrals, claims }: State): number {
  return (place === "claims" ? claims?.rows.length : referrals?.rows.length) ?? 0;
}

function openLine(state: State): Step {
  const { place, referrals, claims, line } = state;
  const claim = place === "claims" ? claims?.rows[line]?.claim : undefined;
  const referral = place === "referrals" ? referrals?.rows[line]?.referral : undefined;
  if (claim !== undefined) return command(state, { do: "claim", claim });
  return referral === undefined ? stay(state) : command(state, { do: "referral", referral });
}

function submit(state: State, { form, values }: Extract<Command, { do: "submit" }>): Step {
  const made = formShown(state, form)?.effect(values);
  if (made === undefined) return stay(state);
  return typeof made === "string" ? stay({ ...state, message: made }) : { state: { ...state, sent: form, stale: true }, effects: [made] };
}

function answered(state: State, event: Extract<WindowEvent, { on: "answered" }>): Step {
  switch (event.call) {
    case "desk":
      return state.desk === null ? begun(state, event.answer) : stay({ ...state, desk: event.answer });
    case "alive": {
      const { read, total } = event.answer;
      const next = { ...state, alive: event.answer };
      // What the inbox says of a tip's text comes in while tips are read.
      const refresh = read !== state.alive.read && read === total && state.place === "inbox";
      return { state: next, effects: refresh ? [rowsFrom(next, state.cursor)] : [] };
    }
    case "inbox":
      return inboxCame(state, event);
    case "filters":
      return stay({ ...state, filters: event.answer.filters });
    case "save-filter":
    case "forget-filter":
      return stay({
        ...state,
        filters: event.answer.filters,
        message: event.call === "save-filter" ? "The filter is kept." : "The filter is forgotten.",
      });
    case "tip":
    case "declare":
    case "open":
      return tipCame(state, event.answer);
    case "file":
    case "words": {
      const { tip } = state;
      if (tip?.row.id !== event.request.tip) return stay(state);
      return withFile(state, fileCame(tip, state.file, event.request.index, event.answer));
    }
    case "page":
      return state.file === null ? stay(state) : stay({ ...state, file: pageCame(state.file, event.request, event.answer) });
    case "play":
      return state.file?.clear !== true ? stay(state) : stay({ ...state, file: { ...state.file, path: event.answer.path } });
    case "cover":
      return stay(state);
    case "entities":
    case "entity":
    case "timeline":
    case "proposing":
    case "metrics-csv":
      return caseAnswered(state, event);
    case "propose-person":
      return afterAct({ ...state, message: `Proposed as event ${String(event.answer.event)}: somebody else confirms it.` });
    case "act": {
      const { event: number } = event.answer;
      return afterEntityAct(afterAct({ ...state, message: `Written down as event ${String(number)}.` }), event.request.act, number);
    }
    case "reply":
      return afterAct({ ...state, message: "The reply is sealed and waits for the next outbox." });
    case "referrals":
      return stay({ ...state, stale: false, referrals: event.answer });
    case "referral":
      return referralCame(state, event.answer);
    case "claims":
      return stay({ ...state, stale: false, claims: event.answer });
    case "claim":
      return claimCame(state, event.answer);
    case "referral-letter":
      return stay({ ...state, sent: null, panel: null, stale: false, letter: event.answer });
    case "referral-preview":
    case "claims-preview":
      return stay({ ...state, stale: false, preview: event.answer.path });
    case "referral-program":
      return afterAct({ ...state, message: `Referrals are made for ${event.answer.program} from now on.` });
    case "referral-draft":
    case "referral-remove":
    case "referral-keep":
    case "referral-exhibit":
    case "referral-statement":
    case "referral-fix":
    case "referral-approve":
    case "referral-pack":
    case "referral-send":
    case "referral-file":
    case "referral-reopen":
    case "referral-answered":
    case "referral-document":
    case "referral-tell": {
      const { referral, says } = event.answer;
      const next = afterAct({ ...state, letter: null, preview: null, message: says });
      if (event.call !== "referral-draft") return next;
      return { state: { ...next.state, opening: referral }, effects: [{ call: "referral", request: { referral } }] };
    }
    case "claims-program":
    case "claims-take-in":
    case "claims-report":
    case "claim-step":
    case "claim-asked":
    case "claim-notice":
    case "claim-propose":
    case "claim-payee":
    case "claim-payee-file":
      return afterAct({ ...state, preview: null, message: event.answer.says });
    case "decisions":
      return stay({ ...state, stale: false, decisions: event.answer });
    case "overview":
      return stay({ ...state, overview: event.answer });
    case "outbox":
      return stay({ ...state, outbox: event.answer });
    case "sign-outbox": {
      const message = `Outbox ${String(event.answer.bundle)} is signed. Write it to a stick, or show it as codes.`;
      return { state: { ...state, codes: null, message }, effects: [{ call: "outbox", request: {} }] };
    }
    case "write-outbox":
      return stay({ ...state, message: `Written: ${event.answer.file}` });
    case "outbox-codes":
      return stay({ ...state, codes: { ...event.answer, shown: 0 } });
    case "importing":
      return stay({ ...state, importing: event.answer });
    case "log-key":
      return stay({ ...state, fingerprint: event.answer.fingerprint });
    case "handover":
      return step({ ...FIRST, alive: state.alive, desk: event.answer }, { on: "start" });
    case "lock":
      return stay({ ...FIRST, locked: "Locked." });
  }
}

function referralCame(state: State, referral: ReferralAnswer): Step {
  if (state.opening !== referral.referral) return stay(state);
  const kept = state.referral?.referral === referral.referral ? state : { ...state, letter: null, preview: null };
  return stay({ ...kept, place: "referral", tip: null, file: null, stale: false, referral, passage: null });
}

function claimCame(state: State, claim: ClaimAnswer): Step {
  if (state.opening !== claim.claim) return stay(state);
  const kept = state.claim?.claim === claim.claim ? state : { ...state, preview: null };
  return stay({ ...kept, place: "claim", stale: false, claim });
}

function inboxCame(state: State, { request, answer }: { request: Calls["inbox"][0]; answer: Calls["inbox"][1] }): Step {
  const current = Object.entries(state.filter).every(([field, value]) => request[field as keyof InboxFilter] === value);
  if (!current) return stay(state);
  const rows = new Map(answer.total === state.total ? state.rows : []);
  for (const [index, row] of answer.rows.entries()) rows.set(answer.offset + index, row);
  return stay({ ...state, total: answer.total, rows, cursor: Math.max(0, Math.min(state.cursor, answer.total - 1)) });
}

function tipCame(state: State, tip: TipAnswer): Step {
  const same = state.tip?.row.id === tip.row.id;
  const cursor = [...state.rows].find(([, { id }]) => id === tip.row.id)?.[0] ?? state.cursor;
  return stay({ ...state, place: "tip", stale: false, tip, cursor, file: same ? state.file : null, marked: same ? state.marked : null });
}

/** What is shown is asked for again: a person's act may have changed any of it. */
function afterAct(before: State): Step {
  // Another form may have been opened meanwhile; it stays.
  const isOver = before.sent !== null && before.panel === before.sent;
  const state = { ...before, sent: null, ...(isOver ? { panel: null, marked: null } : {}) };
  const effects: Effect[] = [{ call: "desk", request: {} }];
  if (state.place === "tip" && state.tip !== null) effects.push({ call: "tip", request: { tip: state.tip.row.id } });
  if (state.place === "referral" && state.referral !== null)
    effects.push({ call: "referral", request: { referral: state.referral.referral } });
  if (state.place === "claim" && state.claim !== null) effects.push({ call: "claim", request: { claim: state.claim.claim } });
  if (state.place === "decisions" || state.place === "referrals" || state.place === "claims")
    effects.push({ call: state.place, request: {} });
  effects.push(...caseAfterAct(state));
  return { state, effects };
}
