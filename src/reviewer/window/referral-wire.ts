/** Referrals, as the window's page and the review machine speak of them (wire.ts). Nothing here says which source wants a reward: nobody at this casebook can know. */
import type { Json } from "../../protocol/format/json.ts";
import type { ANSWERS, REMOVAL_REASONS } from "../referral/acts.ts";
import type { Statement } from "../referral/statement.ts";
import type { ReferralStateName } from "../triage/machines.ts";
import type { OUTCOMES } from "../triage/vocabulary.ts";

export interface ReferralsAnswer {
  /** The program that referrals are made for. */
  readonly program: string | null;
  readonly mayRecordProgram: boolean;
  readonly rows: readonly {
    readonly referral: number;
    readonly title: string;
    readonly state: ReferralStateName;
    readonly tips: number;
    readonly authors: readonly string[];
    /** Something about it waits for a second person. */
    readonly waiting: boolean;
  }[];
}

/** A text of a source, whole, with what is removed from it. */
export interface ReferralText {
  /** 0: the account; else the event that brought the translation. */
  readonly text: number;
  readonly language: string;
  readonly whole: string;
  readonly removals: readonly {
    readonly event: number;
    readonly start: number;
    readonly end: number;
    readonly reason: string;
    readonly by: string;
    readonly at: string;
  }[];
}

/** What somebody sees who opened every tip of it. */
export interface ReferralContent {
  readonly sources: readonly { readonly source: string; readonly tip: string; readonly texts: readonly ReferralText[] }[];
  readonly exhibits: readonly {
    readonly exhibit: string;
    readonly source: string;
    readonly form: string;
    readonly size: number;
    readonly sha256: string;
    readonly included: boolean;
  }[];
  /** What was written last, or empty. */
  readonly statement: Statement;
  readonly subjects: readonly { readonly entity: number; readonly name: string }[];
  /** Parts of the dossier that are empty, by their number. */
  readonly missing: readonly { readonly part: number; readonly what: string }[];
  /** Why it cannot be fixed yet, or `null`. */
  readonly stopped: string | null;
  readonly answers: readonly {
    readonly answer: string;
    readonly date: string;
    readonly outcome: string | null;
    readonly reference: string | null;
    readonly words: string | null;
    readonly documents: readonly { readonly sha256: string; readonly size: number }[];
  }[];
}

export interface ReferralAnswer {
  readonly referral: number;
  readonly title: string;
  readonly state: ReferralStateName;
  readonly authors: readonly string[];
  readonly tips: readonly string[];
  /** Tips that this person did not open: as long as there are any, `content` is `null`. */
  readonly unread: readonly string[];
  readonly content: ReferralContent | null;
  /** SHA-256 of the dossier that was fixed. */
  readonly fixed: string | null;
  readonly packed: { readonly sha256: string; readonly agency: string } | null;
  /** What waits for a second person. */
  readonly waiting: readonly { readonly proposal: number; readonly by: string; readonly says: string; readonly mayConfirm: boolean }[];
  /** What this person may do now. */
  readonly may: {
    readonly work: boolean;
    readonly approve: boolean;
    readonly pack: boolean;
    readonly send: boolean;
    readonly write: boolean;
    readonly reopen: boolean;
    readonly tell: boolean;
    readonly answers: readonly (typeof ANSWERS)[number][];
  };
  /** Folders in which there may be a stick. */
  readonly places: readonly string[];
}

/** What witnesses would read, before anybody sends it. */
export interface LetterAnswer {
  readonly referral: number;
  readonly text: string;
  readonly challenge: boolean;
  /** Mailboxes it goes to. */
  readonly witnesses: number;
  /** In whose name a proof is asked for, and the day that is signed. */
  readonly program: string;
  readonly date: string;
}

/** What was done, in a sentence. */
export interface Said {
  readonly referral: number;
  readonly says: string;
}

type OfReferral<Rest = unknown> = { readonly referral: number } & Rest;

/** Files are base64. */
export interface ReferralCalls {
  readonly referrals: readonly [request: Record<string, never>, answer: ReferralsAnswer];
  readonly referral: readonly [request: OfReferral, answer: ReferralAnswer];
  readonly "referral-program": readonly [request: { readonly file: string }, answer: { readonly program: string }];
  readonly "referral-draft": readonly [request: { readonly title: string; readonly tips: readonly string[] }, answer: Said];
  /** `place`: one stretch of one text; `words`: everywhere they stand. One of them is `null`. */
  readonly "referral-remove": readonly [
    request: OfReferral<{
      readonly reason: (typeof REMOVAL_REASONS)[number];
      readonly words: string | null;
      readonly place: { readonly source: string; readonly text: number; readonly start: number; readonly end: number } | null;
    }>,
    answer: Said,
  ];
  readonly "referral-keep": readonly [request: OfReferral<{ readonly event: number }>, answer: Said];
  readonly "referral-exhibit": readonly [request: OfReferral<{ readonly exhibit: string; readonly included: boolean }>, answer: Said];
  readonly "referral-statement": readonly [request: OfReferral<{ readonly statement: Json }>, answer: Said];
  /** Path of the page as it would be printed, for a frame without scripts. */
  readonly "referral-preview": readonly [request: OfReferral, answer: { readonly path: string }];
  readonly "referral-fix": readonly [request: OfReferral, answer: Said];
  readonly "referral-approve": readonly [request: OfReferral, answer: Said];
  readonly "referral-pack": readonly [request: OfReferral<{ readonly agency: string; readonly pdf: boolean }>, answer: Said];
  readonly "referral-send": readonly [request: OfReferral, answer: Said];
  /** The sealed file into a folder, once two people said that it leaves. */
  readonly "referral-file": readonly [request: OfReferral<{ readonly folder: string }>, answer: Said];
  readonly "referral-reopen": readonly [request: OfReferral, answer: Said];
  readonly "referral-answered": readonly [
    request: OfReferral<{
      readonly answer: (typeof ANSWERS)[number];
      readonly outcome: (typeof OUTCOMES)[number] | null;
      readonly date: string;
      readonly reference: string | null;
      readonly words: string | null;
      readonly documents: readonly string[];
    }>,
    answer: Said,
  ];
  readonly "referral-document": readonly [request: OfReferral<{ readonly sha256: string; readonly folder: string }>, answer: Said];
  readonly "referral-letter": readonly [request: OfReferral<{ readonly text: string; readonly challenge: boolean }>, answer: LetterAnswer];
  readonly "referral-tell": readonly [request: OfReferral<{ readonly text: string; readonly challenge: boolean }>, answer: Said];
}
