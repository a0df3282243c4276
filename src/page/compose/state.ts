/**
 * What the page knows while a witness composes a tip: one immutable value, changed only by `update.ts`. No DOM, no clock, no network, no keys: file bodies
 * and the bits behind the twelve words stay with the session, which this value only describes.
 */
import type {
  BasisCode,
  EventTypeCode,
  EvidenceCode,
  InterfaceLanguage,
  PlaceCode,
  SharingCode,
  WitnessCategoryCode,
} from "./questions.ts";
import type { Report } from "../files/report.ts";
import type { WhenFields } from "./when.ts";

/** The pages of the form, in order. `words` and `check` are left out when no words are wanted; `return` is only for those who have been here before. */
export const STEPS = [
  "safety",
  "return",
  "story",
  "questions",
  "files",
  "reply",
  "words",
  "check",
  "review",
  "sending",
  "done",
  "failed",
] as const;
export type Step = (typeof STEPS)[number];

/** The lists of BIP-39 that are offered; names as in `protocol/crypto/codename.ts`. */
export const WORD_LISTS = ["english", "simplified-chinese", "traditional-chinese", "korean"] as const;
export type WordListName = (typeof WORD_LISTS)[number];

/** Most characters (UTF-16 units) of the account. */
export const LONGEST_NARRATIVE = 100_000;
/** Most files in a tip (specification section 5). */
export const MOST_FILES = 999;
/** Most bytes of all files together that the page takes: below the largest size class, with room for the archive around them. */
export const MOST_FILE_BYTES = 3_900 * 1_048_576;

/** A file on the device. `id` finds its body in the session. */
export interface FileOnDevice {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** What is known of a file's inside: nothing yet, nothing since what looks into files did not arrive, or what the witness is told. */
export type Look = "looking" | "not-looked" | Report;

/** A file the witness chose. */
export interface ChosenFile extends FileOnDevice {
  readonly look: Look;
  /** How it will be sent. A cleaned copy is chosen by itself as soon as there is one: it is the safer way, and the original stays with the witness. */
  readonly form: "original" | "cleaned";
}

/** The witness's answers, as typed. */
export interface Draft {
  readonly narrative: string;
  readonly basis: BasisCode | null;
  readonly witnessCategory: WitnessCategoryCode | null;
  readonly eventTypes: readonly EventTypeCode[];
  readonly when: WhenFields;
  readonly where: PlaceCode | null;
  readonly evidenceHeld: readonly EvidenceCode[];
  readonly sharing: SharingCode;
  readonly language: InterfaceLanguage | null;
  readonly files: readonly ChosenFile[];
  readonly wantsReply: boolean;
  readonly wantsClaim: boolean;
  readonly wantsLater: boolean;
  /** Set if the witness came back with the twelve words, so that this is a follow-up; `proof` if it answers a challenge of the reward officer. */
  readonly returning: { readonly proof: boolean } | null;
}

/** What is wrong in the step that is shown; said beside the field. */
export type ProblemCode =
  | "story-empty"
  | "story-long"
  | "when-wrong"
  | "too-many-files"
  | "files-too-large"
  | "files-not-ready"
  | "words-differ"
  | "words-not-ready"
  | "return-unreachable";

/** Why the page stops. In every case nothing readable has left the browser. */
export type FailureCode =
  | "not-secure"
  | "no-webcrypto"
  | "keys-unreachable"
  | "keys-missing"
  | "keys-wrong"
  | "clock"
  | "file-unreadable"
  | "too-large"
  | "refused"
  | "receipt-wrong"
  | "unexpected";

/** How far sending has come. Parts are 512 KiB. */
export interface Progress {
  readonly phase: "reading" | "sending" | "finishing";
  /** Of `total`: bytes while reading, parts while sending. */
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number | null;
  /** A pause after something went wrong; the page tries again by itself. */
  readonly waiting: { readonly why: "offline" | "server-full" | "server-busy"; readonly seconds: number } | null;
}

/** The whole state. */
export interface Compose {
  readonly step: Step;
  readonly draft: Draft;
  readonly list: WordListName;
  readonly words: readonly string[] | null;
  /** The two words asked for, counted from 0. */
  readonly asked: readonly [number, number] | null;
  /** Whether the witness has shown that these words are written down. */
  readonly confirmed: boolean;
  readonly problem: ProblemCode | null;
  readonly progress: Progress | null;
  readonly stopped: boolean;
  readonly failure: FailureCode | null;
  /** Where "back" leads from a failure; `null` if the form cannot be used at all. */
  readonly failedFrom: Step | null;
}

export const EMPTY_DRAFT: Draft = {
  narrative: "",
  basis: null,
  witnessCategory: null,
  eventTypes: [],
  when: { from: "", to: "", about: false, ongoing: false },
  where: null,
  evidenceHeld: [],
  sharing: "ask_me_first",
  language: null,
  files: [],
  wantsReply: false,
  wantsClaim: false,
  wantsLater: false,
  returning: null,
};

/** The state of a page that was just opened, in `language`, offering `list` first. */
export function openingState(language: InterfaceLanguage, list: WordListName): Compose {
  return {
    step: "safety",
    draft: { ...EMPTY_DRAFT, language },
    list,
    words: null,
    asked: null,
    confirmed: false,
    problem: null,
    progress: null,
    stopped: false,
    failure: null,
    failedFrom: null,
  };
}

/** Whether the twelve words will ever be needed again, and so have to be shown. Who came back with them has them. */
export function wantsWords(draft: Draft): boolean {
  return draft.returning === null && (draft.wantsReply || draft.wantsClaim || draft.wantsLater);
}

/** The steps this witness walks through, from the safety words, or from the replies, to the review. */
export function pathOf(draft: Draft): readonly Step[] {
  if (draft.returning !== null) return ["return", "story", "questions", "files", "review"];
  const path: Step[] = ["safety", "story", "questions", "files", "reply"];
  if (wantsWords(draft)) path.push("words", "check");
  path.push("review");
  return path;
}
