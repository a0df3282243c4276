/** Claims, as the page and the review machine speak of them at the reward officers' casebook (wire.ts). Who is paid goes in and never comes out: it is sealed to the payment officer. */
import type { STEPS, WantedSubject } from "../claims/acts.ts";
import type { Duty } from "../claims/duties.ts";
import type { WantedReport } from "../claims/reports.ts";
import type { ClaimStateName, Reward } from "../claims/state.ts";

export interface ClaimsAnswer {
  /** The program whose rules hold, or `null`: then nothing is known to be due. */
  readonly program: string | null;
  /** What is due, the most urgent first. */
  readonly duties: readonly Duty[];
  /** First in the log first. */
  readonly rows: readonly {
    readonly claim: string;
    readonly state: ClaimStateName;
    /** Batch of the log in which it began. */
    readonly batch: number;
    readonly tips: number;
    readonly overdue: boolean;
    /** Something about it waits for a second officer. */
    readonly waiting: boolean;
  }[];
  readonly referrals: readonly {
    readonly referral: number;
    readonly title: string;
    readonly state: string;
    readonly outcome: string | null;
  }[];
  /** Folders in which there may be a stick. */
  readonly places: readonly string[];
}

type Answer = "no" | "unknown" | "yes";

export interface Asked {
  readonly official_duties: Answer;
  readonly took_part: Answer;
  readonly other_claimants: Answer;
}

export interface ClaimAnswer {
  readonly claim: string;
  readonly state: ClaimStateName;
  readonly tips: readonly {
    readonly tip: string;
    readonly batch: number;
    readonly date: string;
    readonly proved: boolean;
    readonly refused: string | null;
  }[];
  /** What its witness was asked to sign, and whether it was answered rightly. */
  readonly challenges: readonly { readonly date: string; readonly program: string; readonly answered: boolean }[];
  readonly steps: readonly {
    readonly to: ClaimStateName;
    readonly date: string;
    readonly by: string | null;
    readonly officers: readonly string[];
  }[];
  readonly asked: Asked | null;
  readonly reward: Reward | null;
  readonly paid: { readonly date: string; readonly recipient: string } | null;
  readonly noticed: string | null;
  /** Fingerprint of the payment officer's certificate to which the payee is sealed. */
  readonly payee: { readonly certificate: string; readonly revealed: boolean } | null;
  readonly referrals: readonly {
    readonly referral: number;
    readonly title: string;
    readonly state: string;
    readonly claimants: readonly { readonly claim: string; readonly place: number; readonly share: number | null }[];
  }[];
  readonly duties: readonly Duty[];
  readonly waiting: readonly { readonly proposal: number; readonly by: string; readonly says: string; readonly mayConfirm: boolean }[];
  readonly may: {
    readonly steps: readonly (typeof STEPS)[number][];
    readonly ask: boolean;
    readonly decide: boolean;
    readonly makePayable: boolean;
    readonly pay: boolean;
    readonly notice: boolean;
    readonly sealPayee: boolean;
    readonly reveal: boolean;
    readonly report: boolean;
  };
  readonly places: readonly string[];
}

/** What was done, in sentences; about one claim or none. */
export interface ClaimSaid {
  readonly claim: string | null;
  readonly says: string;
}

type OfClaim<Rest = unknown> = { readonly claim: string } & Rest;

/** Files are base64; `document` is one of which the hash is kept. */
export interface ClaimCalls {
  readonly claims: readonly [request: Record<string, never>, answer: ClaimsAnswer];
  readonly claim: readonly [request: OfClaim, answer: ClaimAnswer];
  readonly "claims-program": readonly [request: { readonly file: string }, answer: ClaimSaid];
  readonly "claims-take-in": readonly [request: { readonly file: string }, answer: ClaimSaid];
  readonly "claim-step": readonly [
    request: OfClaim<{
      readonly to: (typeof STEPS)[number];
      readonly date: string;
      readonly by: string | null;
      readonly document: string | null;
    }>,
    answer: ClaimSaid,
  ];
  readonly "claim-asked": readonly [request: OfClaim<Asked>, answer: ClaimSaid];
  readonly "claim-notice": readonly [request: OfClaim<{ readonly date: string; readonly document: string | null }>, answer: ClaimSaid];
  readonly "claim-propose": readonly [request: OfClaim<{ readonly wanted: WantedSubject }>, answer: ClaimSaid];
  readonly "claim-payee": readonly [request: OfClaim<{ readonly words: string; readonly certificate: string }>, answer: ClaimSaid];
  /** The sealed payee into a folder, once two officers let it leave. */
  readonly "claim-payee-file": readonly [request: OfClaim<{ readonly folder: string }>, answer: ClaimSaid];
  /** Path of a report as it would be printed, for a frame without scripts. */
  readonly "claims-preview": readonly [request: { readonly report: WantedReport }, answer: { readonly path: string }];
  /** A report into a new folder below `folder`, as page, JSON and, if wanted, PDF. */
  readonly "claims-report": readonly [
    request: { readonly report: WantedReport; readonly folder: string; readonly pdf: boolean },
    answer: ClaimSaid,
  ];
}
