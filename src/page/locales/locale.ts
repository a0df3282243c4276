/**
 * Everything a witness can read, as one value for each language. Adding a language is one file beside this one and one line in `languages.ts`; the
 * compiler names what is missing.
 *
 * Two halves, because they travel differently: `text` and `labels` are written into the HTML when the page is built, so they can be read without a script;
 * `live` and `files` are carried inside the HTML as data, for the sentences that only make sense while the script runs. So the script itself is the same for all languages.
 *
 * Sentences are short, imperative and literal: they must survive translation and a frightened reader. `{name}` marks a place that the script fills.
 */
import type {
  BasisCode,
  EventTypeCode,
  EvidenceCode,
  InterfaceLanguage,
  PlaceCode,
  SharingCode,
  WitnessCategoryCode,
} from "../compose/questions.ts";
import type { ReceiptProblem } from "../compose/receipt.ts";
import type { ReturnProblem } from "../compose/return.ts";
import type { FailureCode, ProblemCode, WordListName } from "../compose/state.ts";
import type { Trait } from "../files/findings.ts";
import type { FileKind } from "../files/kind.ts";
import type { IdentifierKind } from "../compose/identifiers.ts";

/** Sentences that the script shows. Every value is a plain string, so that it can be carried as JSON. */
export interface LiveText {
  /** `{n}` and `{of}`: "Step 2 of 7". */
  readonly stepOf: string;
  readonly problems: Readonly<Record<ProblemCode, string>>;
  /** `{n}` characters left, shown when few are. */
  readonly charactersLeft: string;
  /** `{n}` files, `{size}` in all. */
  readonly filesInAll: string;
  readonly noFiles: string;
  /** `{n}` of the files, after the sentence before. */
  readonly filesLooking: string;
  /** Beside one file: while the page looks into it, and if it could not. */
  readonly looking: string;
  readonly notLooked: string;
  /** `{name}`: what the button "Remove" takes away, for people who hear the page. */
  readonly removeNamed: string;
  readonly changeNamed: string;
  readonly remove: string;
  readonly change: string;
  readonly bytes: string;
  readonly kilobytes: string;
  readonly megabytes: string;
  /** `{n}`: "Word 5". */
  readonly wordNumber: string;
  readonly identifiers: Readonly<Record<IdentifierKind, string>>;
  readonly review: {
    readonly narrative: string;
    readonly basis: string;
    readonly witnessCategory: string;
    readonly eventTypes: string;
    readonly when: string;
    readonly where: string;
    readonly evidenceHeld: string;
    readonly sharing: string;
    readonly language: string;
    readonly attachment: string;
    readonly asItIs: string;
    readonly cleanedCopy: string;
    readonly reply: string;
    readonly claim: string;
    /** Instead of `claim`, when a challenge is answered. */
    readonly proof: string;
    /** What a follow-up has besides. */
    readonly day: string;
    readonly yes: string;
    readonly whenAbout: string;
    readonly whenFromTo: string;
    readonly whenFromOn: string;
  };
  readonly progress: {
    readonly reading: string;
    /** `{done}` and `{of}` parts. */
    readonly sending: string;
    readonly finishing: string;
    /** `{minutes}` */
    readonly minutesLeft: string;
    readonly underAMinute: string;
    readonly offline: string;
    readonly serverFull: string;
    readonly serverBusy: string;
    /** `{seconds}` */
    readonly again: string;
    readonly stopped: string;
  };
  readonly failures: Readonly<Record<FailureCode, { readonly title: string; readonly what: string; readonly todo: readonly string[] }>>;
}

/**
 * What is shown to a witness who comes back with the twelve words. A file of its own, which the page loads when it is wanted: nobody needs it to write and send
 * a tip. Every value is a plain string, so that it can be carried as JSON.
 */
export interface ReturnText {
  readonly lead: string;
  readonly risks: readonly string[];
  readonly list: string;
  /** `{n}` of twelve. */
  readonly word: string;
  readonly hint: string;
  /** Name of the words that are offered. */
  readonly fitting: string;
  readonly entered: string;
  /** `{n}` and `{word}`: what pressing a word does, for people who hear the page. */
  readonly changeWord: string;
  /** `{n}` of twelve. */
  readonly count: string;
  readonly complete: string;
  readonly problems: Readonly<Record<ReturnProblem, string>>;
  readonly look: string;
  readonly asking: string;
  readonly offline: string;
  readonly busy: string;
  readonly now: string;
  readonly noneTitle: string;
  readonly none: readonly string[];
  readonly repliesTitle: string;
  /** `{date}` */
  readonly from: string;
  readonly remove: string;
  readonly removed: string;
  /** All places of the mailbox are taken: there may be more. */
  readonly more: string;
  /** Others came when some were deleted. */
  readonly newer: string;
  readonly prove: string;
  /** What is signed, in words, and what being paid takes. `{program}` comes before `{date}`. */
  readonly proveTo: string;
  readonly proveHint: string;
  readonly write: string;
  readonly writeHint: string;
  readonly finish: string;
  readonly finishing: string;
  readonly skip: string;
  readonly finishedTitle: string;
  readonly finished: readonly string[];
  readonly receipt: ReceiptText;
}

/** Checking a receipt: a part of {@link ReturnText}. */
export interface ReceiptText {
  /** The button that leads there. */
  readonly way: string;
  readonly title: string;
  readonly lead: string;
  /** What a receipt proves, and what it does not. */
  readonly facts: readonly string[];
  readonly label: string;
  readonly choose: string;
  readonly check: string;
  /** Back to the twelve words. */
  readonly back: string;
  readonly checking: string;
  /** Name of the bar that shows how far it is. */
  readonly bar: string;
  /** `{done}` and `{of}`. */
  readonly pieces: string;
  readonly stop: string;
  readonly again: string;
  readonly problems: Readonly<Record<Exclude<ReceiptProblem, "refused">, string>>;
  /** With `{promised}`, the promised batch. `{batch}` and `{date}` are those of the message (`included`, `late`), of the newest batch (`not-due`, `stalled`), and the date of the promised one (`missing`). */
  readonly outcomes: Readonly<
    Record<
      "included" | "late" | "not-due" | "none-yet" | "stalled" | "missing" | "shrunk" | "log-wrong",
      { readonly title: string; readonly lines: readonly string[] }
    >
  >;
}

/** What is said of a chosen file. Travels in the document: what looks into files is fetched by every witness and carries no language. */
export interface FilesText {
  /** What files of a kind that cannot be looked into may hold. */
  readonly kinds: Readonly<Record<FileKind, string>>;
  readonly traits: Readonly<Record<Trait, string>>;
  /** Above the traces. */
  readonly found: string;
  readonly nothing: string;
  readonly unknown: string;
  readonly damaged: string;
  readonly locked: string;
  readonly large: string;
  readonly partly: string;
  readonly cannotClean: string;
  /** What to do with a PDF instead. */
  readonly pages: string;
  readonly choice: string;
  /** The same question with the file's `{name}`, for people who hear the page. */
  readonly choiceNamed: string;
  readonly original: string;
  readonly cleaned: string;
  readonly same: string;
  /** Before the traces that a cleaned copy still has. */
  readonly left: string;
}

/** One language of the page. */
export interface Locale {
  /** BCP 47, and the folder of the address: `/en/`. */
  readonly tag: InterfaceLanguage;
  readonly direction: "ltr" | "rtl";
  /** The language's name in itself. */
  readonly name: string;
  /** Whether a named person who speaks the language has checked the safety text. */
  readonly status: "source" | "draft" | "reviewed";
  /** What the page says while its language is a draft; those of the source are shown beside them. */
  readonly draft: {
    readonly notice: string;
    /** Name of what opens to show the same lines in English. */
    readonly english: string;
  };
  /** The list of words offered first. */
  readonly wordList: WordListName;
  readonly text: {
    readonly title: string;
    readonly tagline: string;
    readonly skipToContent: string;
    readonly leave: string;
    readonly leaveHint: string;
    readonly languages: string;
    readonly demo: string;
    readonly next: string;
    readonly back: string;
    readonly notNow: string;
    readonly noScript: { readonly title: string; readonly what: string; readonly todo: readonly string[]; readonly other: string };
    readonly waiting: string;
    readonly safety: {
      readonly title: string;
      readonly first: string;
      readonly deviceTitle: string;
      readonly device: readonly string[];
      readonly writingTitle: string;
      readonly writing: readonly string[];
      readonly limitsTitle: string;
      readonly limits: readonly string[];
      readonly chinaTitle: string;
      readonly china: readonly string[];
      readonly lawTitle: string;
      readonly law: readonly string[];
      readonly readersTitle: string;
      readonly readers: readonly string[];
      readonly start: string;
    };
    readonly story: {
      readonly title: string;
      readonly lead: string;
      readonly label: string;
      readonly hints: readonly string[];
      readonly notKept: string;
    };
    readonly questions: {
      readonly title: string;
      readonly lead: string;
      readonly combination: string;
      readonly preferNot: string;
      readonly basis: string;
      readonly witnessCategory: string;
      readonly witnessCategoryHint: string;
      readonly eventTypes: string;
      readonly several: string;
      readonly when: string;
      readonly whenHint: string;
      readonly from: string;
      readonly to: string;
      readonly about: string;
      readonly ongoing: string;
      readonly where: string;
      readonly whereHint: string;
      readonly provinces: string;
      readonly elsewhere: string;
      readonly evidenceHeld: string;
      readonly evidenceHint: string;
      readonly sharing: string;
    };
    readonly files: {
      readonly title: string;
      readonly lead: string;
      readonly warnings: readonly string[];
      readonly choose: string;
      readonly chosen: string;
    };
    readonly reply: {
      readonly title: string;
      readonly lead: string;
      readonly wantsReply: string;
      readonly wantsReplyHint: string;
      readonly wantsClaim: string;
      readonly wantsClaimHint: string;
      readonly wantsLater: string;
      readonly wantsLaterHint: string;
      readonly rewardTitle: string;
      /** Nothing is on offer; how it would be if it were; who cannot get a reward; the risk. The first two and the third give way to what is configured. */
      readonly reward: readonly [none: string, later: string, official: string, risk: string];
    };
    readonly words: {
      readonly title: string;
      readonly lead: string;
      readonly list: string;
      readonly lists: Readonly<Record<WordListName, string>>;
      readonly shown: string;
      readonly advice: readonly string[];
      readonly written: string;
    };
    readonly check: { readonly title: string; readonly lead: string; readonly again: string };
    readonly review: {
      readonly title: string;
      readonly lead: string;
      readonly set: string;
      readonly also: readonly string[];
      readonly alsoTitle: string;
      readonly send: string;
    };
    readonly sending: {
      readonly title: string;
      readonly lead: string;
      readonly progress: string;
      readonly now: string;
      readonly stop: string;
    };
    readonly done: {
      readonly title: string;
      readonly lead: string;
      readonly next: readonly string[];
      readonly receiptTitle: string;
      readonly receipt: readonly string[];
      readonly save: string;
      readonly fileName: string;
      readonly leave: string;
    };
    readonly failed: { readonly nothingSent: string; readonly todo: string; readonly again: string; readonly review: string };
    /** For those who have been here before: the button on the first page, the title of where it leads, and what stands there until the rest is loaded. */
    readonly comeBack: { readonly way: string; readonly title: string; readonly loading: string };
  };
  readonly returning: ReturnText;
  /** Tips that are carried as a file: how to make one, the form that takes it, and its two answers. Everything here works without a script. */
  readonly carried: {
    readonly title: string;
    readonly lead: string;
    readonly steps: readonly string[];
    readonly warning: string;
    /** Names of two links: to the offline page, and to the form. */
    readonly get: string;
    readonly send: string;
    readonly form: {
      readonly label: string;
      readonly hint: string;
      readonly button: string;
      readonly notes: readonly string[];
      readonly home: string;
    };
    readonly received: { readonly title: string; readonly what: string; readonly todo: readonly string[] };
    readonly refused: { readonly title: string; readonly what: string; readonly reasonsTitle: string; readonly reasons: readonly string[] };
  };
  /** What the offline page says where the page on the site says something else. */
  readonly offline: {
    readonly tagline: string;
    /** `{date}`, filled when it is built. */
    readonly until: string;
    /** Shown until the script runs. */
    readonly elsewhere: { readonly title: string; readonly lines: readonly string[] };
    readonly send: string;
    readonly sending: { readonly title: string; readonly lead: string };
    /** Two of `live`: progress of sending, and stopped. */
    readonly locked: string;
    readonly stopped: string;
    readonly clock: { readonly title: string; readonly what: string; readonly todo: readonly string[] };
    readonly done: { readonly title: string; readonly lead: string; readonly save: string; readonly next: readonly string[] };
  };
  /** The page's own words around what the operator configured about rewards. */
  readonly offered: {
    /** `{name}` of the program, here and below. */
    readonly by: string;
    /** `{from}` and `{to}`: days. */
    readonly from: string;
    readonly fromTo: string;
    /** `{address}` */
    readonly address: string;
    readonly decided: string;
    readonly ineligible: string;
    /** The operator's text is not there in this language. */
    readonly inEnglish: string;
  };
  readonly files: FilesText;
  readonly labels: {
    readonly basis: Readonly<Record<BasisCode, string>>;
    readonly witnessCategory: Readonly<Record<WitnessCategoryCode, string>>;
    readonly eventTypes: Readonly<Record<EventTypeCode, string>>;
    readonly evidenceHeld: Readonly<Record<EvidenceCode, string>>;
    readonly sharing: Readonly<Record<SharingCode, string>>;
    readonly where: Readonly<Record<PlaceCode, string>>;
  };
  readonly live: LiveText;
}
