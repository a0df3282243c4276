/**
 * What the window's page and the review machine say to each other: the names of the calls, what each is given and what it answers. Types, and the few constants both need; the page
 * believes the review machine, which believes nothing (api.ts reads every request strictly). Texts of tips are in answers as they are; the page makes them visible.
 */
import type { ClaimCalls } from "./claim-wire.ts";
import type { ReferralCalls } from "./referral-wire.ts";
import type { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import type { Json } from "../../protocol/format/json.ts";
import type { TipStateName } from "../triage/machines.ts";
import type { Reading } from "../triage/state.ts";
import type { FLAGS, TIES } from "../triage/vocabulary.ts";
import type { CaseCalls } from "./case-wire.ts";
import type { Exposure } from "../triage/state.ts";
import type { FileView } from "../viewing/views.ts";
import type { Encoding, ShownText } from "../viewing/text-files.ts";

/** Header of the session secret. */
export const SESSION_HEADER = "firsthand-session";

/** What is waiting for this person. */
export const WORK_LISTS = ["everything", "to-read", "to-grade", "to-reconcile", "mine"] as const;

/** What may be asked of a grade: that it is settled, or not, or what the settled one says of the information. */
export const GRADE_FILTERS = ["settled", "not-settled", "1", "2", "3", "4", "5", "6"] as const;

/** Most filters that one person keeps, and the longest name of one, UTF-16 units. */
export const MOST_FILTERS = 50;
export const LONGEST_FILTER_NAME = 40;

/** Most rows of an inbox in one answer. */
export const MOST_ROWS = 200;

export interface Named {
  readonly key: string;
  readonly name: string;
}

/** Who sits here, and at what. */
export interface DeskAnswer {
  readonly person: Named & { readonly roles: readonly string[] };
  readonly people: readonly Named[];
  readonly practice: boolean;
  /** Open proposals that this person may confirm. */
  readonly decisions: number;
  readonly lockMinutes: number;
  /** What this person looked at today. */
  readonly exposure: Exposure;
  /** Whether this is the reward officers' casebook: then there are claims and no tips. */
  readonly officers: boolean;
}

/** A file of a tip, counted from 0. */
export interface FileRequest {
  readonly tip: string;
  readonly index: number;
}

/** What a file turned out to be. */
export interface FileAnswer {
  readonly view: FileView;
  /** In plain words. */
  readonly seems: string;
  /** Whether the claimed type fits. */
  readonly fits: boolean;
  /** Only of text. */
  readonly text: ShownText | null;
}

/** How many tips have been read into the search, of how many. */
export interface AliveAnswer {
  readonly read: number;
  readonly total: number;
  /** What takes long just now, or `null`. */
  readonly work: string | null;
}

/** What an import needs to know first. */
export interface ImportingAnswer {
  /** Number of the bundle that comes next. */
  readonly next: number;
  /** Whether a log key is believed already. */
  readonly pinned: boolean;
}

/** What came of an import. */
export interface ImportedAnswer {
  readonly bundle: number;
  readonly batches: number;
  readonly tips: number;
  readonly decoys: number;
  /** Sentences. */
  readonly warnings: readonly string[];
}

/** An outbox as codes. */
export interface CodesAnswer {
  readonly bundle: number;
  /** Each a list of rows, `1` for a dark square; the light border is in it. */
  readonly codes: readonly (readonly string[])[];
}

export interface InboxFilter {
  /** Words that occur in the tip; empty: all. */
  readonly query: string;
  readonly state: TipStateName | null;
  readonly flag: (typeof FLAGS)[number] | null;
  readonly todo: (typeof WORK_LISTS)[number];
  /** A set and one of its codes, `organs/kidney`. */
  readonly tag: string | null;
  readonly language: (typeof VOCABULARY.language)[number] | null;
  readonly grade: (typeof GRADE_FILTERS)[number] | null;
  /** Only tips with files. */
  readonly files: boolean;
}

/** A filter that somebody keeps. */
export interface SavedFilter {
  readonly name: string;
  readonly filter: InboxFilter;
}

export interface FiltersAnswer {
  readonly filters: readonly SavedFilter[];
}

export interface InboxRequest extends InboxFilter {
  readonly offset: number;
  readonly limit: number;
}

/** A tip in the list. Nothing in it is a witness's text. */
export interface InboxRow {
  readonly id: string;
  readonly date: string;
  readonly state: TipStateName;
  readonly reading: Reading;
  readonly destroyed: boolean;
  readonly tags: readonly string[];
  readonly flags: readonly string[];
  /** What this person may see of it: settled, one's own, or both. */
  readonly grade: string;
  /** `null` as long as the tip was not read in, and for whoever stays out of it. */
  readonly language: string | null;
  readonly files: number | null;
}

export interface InboxAnswer {
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly InboxRow[];
}

/** Something about a tip that holds. */
export interface HeldItem {
  readonly event: number;
  readonly kind: string;
  readonly person: string;
  readonly at: string;
  /** Made of codes, names and numbers. */
  readonly says: string;
  /** What a person wrote, or `null`. */
  readonly words: string | null;
  readonly quote: { readonly start: number; readonly end: number } | null;
  readonly undoable: boolean;
  /** An open task. */
  readonly open: boolean;
}

export interface TipContent {
  readonly narrative: string;
  readonly answers: readonly { readonly question: string; readonly answer: string }[];
  readonly files: readonly {
    readonly name: string;
    readonly type: string;
    readonly form: string;
    readonly size: number;
    readonly sha256: string;
  }[];
  readonly wantsReply: boolean;
  readonly thread: readonly { readonly id: string; readonly place: string }[];
  readonly alike: readonly { readonly id: string; readonly percent: number; readonly equal: boolean }[];
  readonly items: readonly HeldItem[];
  readonly replies: readonly {
    readonly date: string;
    readonly text: string;
    readonly outbox: number | null;
    readonly challenge: string | null;
  }[];
  readonly translations: readonly { readonly event: number; readonly language: string; readonly text: string }[];
  readonly moves: readonly TipStateName[];
  readonly mayGrade: boolean;
  readonly mayReconcile: boolean;
  readonly onHold: boolean;
}

/** One tip, as far as this person may see it. */
export interface TipAnswer {
  readonly row: InboxRow;
  readonly batch: number;
  readonly commitment: string;
  /** Whether this person opened the text; if not, `content` is `null`. */
  readonly opened: boolean;
  /** People with ties that wait for a lead; empty for everybody but another lead. */
  readonly tied: readonly (Named & { readonly ties: readonly string[] })[];
  readonly content: TipContent | null;
}

export interface DecisionsAnswer {
  readonly open: readonly {
    readonly proposal: number;
    readonly by: string;
    readonly at: string;
    readonly says: string;
    readonly mayConfirm: boolean;
    readonly mayReject: boolean;
  }[];
}

/** Counts of the tips this person does not stay out of; `null` is a count that is kept back (triage/suppression.ts). */
export interface OverviewAnswer {
  readonly total: number | null;
  /** Tips that were read in so far, of `tips`. */
  readonly read: number;
  readonly tips: number;
  readonly measures: readonly { readonly name: string; readonly value: string }[];
  readonly tables: readonly {
    readonly name: string;
    readonly counts: readonly { readonly code: string; readonly count: number | null }[];
  }[];
}

/** Exactly what leaves with the next outbox. */
export interface OutboxAnswer {
  readonly batches: readonly { readonly batch: number; readonly date: string; readonly size: number; readonly root: string }[];
  readonly replies: readonly { readonly tip: string; readonly date: string; readonly mailbox: string; readonly bytes: number }[];
  readonly destroyed: readonly { readonly epoch: string; readonly date: string }[];
  /** SHA-256 of this listing, hexadecimal: whoever signs says what they saw. */
  readonly digest: string;
  /** Number of the last outbox that was signed, or `null`. */
  readonly last: number | null;
  /** Folders in which there may be a stick. */
  readonly places: readonly string[];
}

/** An act of triage/acts.ts. Words about a tip are plain here, and `null` in acts without any; the review machine seals them. */
export interface ActRequest {
  readonly act: { readonly kind: string } & Readonly<Record<string, Json>>;
  readonly words: string | null;
}

/** Every call: what it is given and what it answers. A casebook answers those of referrals or those of claims, never both. */
export interface Calls extends CaseCalls, ReferralCalls, ClaimCalls {
  readonly desk: readonly [request: Record<string, never>, answer: DeskAnswer];
  /** The only call that is no use of the window. */
  readonly alive: readonly [request: Record<string, never>, answer: AliveAnswer];
  readonly inbox: readonly [request: InboxRequest, answer: InboxAnswer];
  /** One's own saved filters; also the answer when one is saved or forgotten. */
  readonly filters: readonly [request: Record<string, never>, answer: FiltersAnswer];
  readonly "save-filter": readonly [request: SavedFilter, answer: FiltersAnswer];
  readonly "forget-filter": readonly [request: { readonly name: string }, answer: FiltersAnswer];
  readonly tip: readonly [request: { readonly tip: string }, answer: TipAnswer];
  readonly declare: readonly [request: { readonly tip: string; readonly ties: readonly (typeof TIES)[number][] }, answer: TipAnswer];
  readonly open: readonly [request: { readonly tip: string }, answer: TipAnswer];
  /** `encoding`: of a text, chosen; `null`: found out. */
  readonly file: readonly [request: FileRequest & { readonly encoding: Encoding | null }, answer: FileAnswer];
  /** A document's words. */
  readonly words: readonly [request: FileRequest, answer: FileAnswer];
  /** A page or picture as pixels: pages, width, height (u32 each, big-endian), then red, green and blue of each. */
  readonly page: readonly [request: FileRequest & { readonly page: number; readonly longest: number }, answer: Uint8Array];
  /** Path of a document that plays a sound or film, for a frame. */
  readonly play: readonly [request: FileRequest, answer: { readonly path: string }];
  /** Nobody looks any more. */
  readonly cover: readonly [request: Record<string, never>, answer: Record<string, never>];
  readonly act: readonly [request: ActRequest, answer: { readonly event: number }];
  readonly reply: readonly [
    request: { readonly tip: string; readonly text: string; readonly challenge: boolean },
    answer: { readonly challenge: string | null },
  ];
  readonly decisions: readonly [request: Record<string, never>, answer: DecisionsAnswer];
  readonly overview: readonly [request: Record<string, never>, answer: OverviewAnswer];
  readonly outbox: readonly [request: Record<string, never>, answer: OutboxAnswer];
  readonly "sign-outbox": readonly [request: { readonly digest: string }, answer: { readonly bundle: number }];
  /** Writes the last outbox into a folder. */
  readonly "write-outbox": readonly [request: { readonly folder: string }, answer: { readonly file: string }];
  readonly "outbox-codes": readonly [request: Record<string, never>, answer: CodesAnswer];
  readonly importing: readonly [request: Record<string, never>, answer: ImportingAnswer];
  /** The log key to believe from the next import on, as the operator gives it; answers what to compare. */
  readonly "log-key": readonly [request: { readonly text: string }, answer: { readonly fingerprint: string }];
  /** Somebody else sits down. `secret` is their passphrase or card; empty in a practice casebook. */
  readonly handover: readonly [request: { readonly person: string; readonly secret: string }, answer: DeskAnswer];
  readonly lock: readonly [request: Record<string, never>, answer: Record<string, never>];
}
