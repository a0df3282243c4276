/**
 * What the page knows while a witness checks a receipt. Pure and total like `update.ts`. What has to happen in the world `return/receipt.ts` reads off the state: it
 * opens the receipt and asks for the log in the phase `checking`.
 */
import type { Verdict } from "../../protocol/tlog/search.ts";
import type { ReturnPause } from "./return.ts";

/** What is wrong with what was entered, or with the server. */
export type ReceiptProblem = "empty" | "no-receipt" | "foreign" | "refused";

/** How it ended. `stalled`: not due, and no batch was sealed for days. `log-wrong`: this is not the log that its key signed. */
export type Outcome =
  | Exclude<Verdict, { readonly kind: "not-due" }>
  | (Extract<Verdict, { readonly kind: "not-due" }> & { readonly stalled: boolean })
  | { readonly kind: "log-wrong" };

/** The whole state. */
export interface ReceiptCheck {
  readonly phase: "entry" | "checking" | "told";
  /** The receipt as it was entered. */
  readonly entered: string;
  readonly problem: ReceiptProblem | null;
  /** Pieces of the log; `null` before their number is known. */
  readonly progress: { readonly done: number; readonly total: number; readonly secondsLeft: number | null } | null;
  readonly pause: ReturnPause | null;
  /** The batch that the receipt promises; 0 before it is read. */
  readonly promised: number;
  readonly outcome: Outcome | null;
}

/** Everything that can happen. */
export type ReceiptEvent =
  | { readonly type: "entered"; readonly text: string }
  | { readonly type: "check" }
  | { readonly type: "wrong"; readonly problem: ReceiptProblem }
  | { readonly type: "opened"; readonly batch: number }
  | { readonly type: "checked"; readonly done: number; readonly total: number; readonly secondsLeft: number | null }
  | { readonly type: "paused"; readonly pause: ReturnPause | null }
  | { readonly type: "told"; readonly outcome: Outcome }
  | { readonly type: "again" };

/** Before anything is entered. */
export const OPENING_CHECK: ReceiptCheck = {
  phase: "entry",
  entered: "",
  problem: null,
  progress: null,
  pause: null,
  promised: 0,
  outcome: null,
};

/** Days without a sealed batch after which the log stands still: one is sealed each day, and a server may be down over a weekend. */
const PATIENT_DAYS = 3;

/** The verdict as it is told on `today` (days since 1970, by the device's clock). `lastDay` is the day of the newest batch. */
export function outcomeOf(verdict: Verdict, today: number, lastDay: number | null): Outcome {
  return verdict.kind === "not-due" ? { ...verdict, stalled: lastDay !== null && today - lastDay > PATIENT_DAYS } : verdict;
}

/**
 * The note in what a witness pasted: lines may have got blanks at their ends, other line ends, or lost the last one. Nothing of a note is in those, and a
 * signature shows whether it is whole.
 */
export function noteIn(entered: string): string {
  const lines = entered.split(/\r\n|\r|\n/).map((line) => line.trim());
  return `${lines.join("\n").trim()}\n`;
}

/** The state after `event`. */
export function updateReceipt(state: ReceiptCheck, event: ReceiptEvent): ReceiptCheck {
  switch (state.phase) {
    case "entry":
      return enter(state, event);
    case "checking":
      return follow(state, event);
    case "told":
      return event.type === "again" ? { ...OPENING_CHECK, entered: state.entered } : state;
  }
}

function enter(state: ReceiptCheck, event: ReceiptEvent): ReceiptCheck {
  if (event.type === "entered") return { ...state, entered: event.text, problem: null };
  if (event.type === "wrong") return { ...state, problem: event.problem };
  if (event.type !== "check") return state;
  return state.entered.trim() === "" ? { ...state, problem: "empty" } : { ...OPENING_CHECK, phase: "checking", entered: state.entered };
}

function follow(state: ReceiptCheck, event: ReceiptEvent): ReceiptCheck {
  switch (event.type) {
    case "wrong":
      return { ...OPENING_CHECK, entered: state.entered, problem: event.problem };
    case "opened":
      return { ...state, promised: event.batch };
    case "checked":
      return { ...state, progress: { done: event.done, total: event.total, secondsLeft: event.secondsLeft } };
    case "paused":
      return { ...state, pause: event.pause };
    case "told":
      return { ...state, phase: "told", progress: null, pause: null, outcome: event.outcome };
    case "again":
      return { ...OPENING_CHECK, entered: state.entered };
    default:
      return state;
  }
}
