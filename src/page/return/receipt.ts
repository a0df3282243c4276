/**
 * Checking a receipt: opens it under the key that the page pins, asks for the whole log, and tells what that says. Owns what was entered, in memory only. A part
 * of `return.js`.
 */
import { LONGEST_RECEIPT, openReceipt } from "../../protocol/crypto/receipt.ts";
import type { Vkey } from "../../protocol/crypto/note.ts";
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { dayOf, parseDate } from "../../protocol/format/date.ts";
import type { Receipt } from "../../protocol/format/receipt.ts";
import {
  noteIn,
  OPENING_CHECK,
  outcomeOf,
  type ReceiptCheck,
  type ReceiptEvent,
  type ReceiptProblem,
  updateReceipt,
} from "../compose/receipt.ts";
import type { LiveText, ReturnText } from "../locales/locale.ts";
import { type Store, storeOf } from "../store.ts";
import { EstimateOfTime } from "../upload/estimate.ts";
import { openReceiptView } from "../view/receipt.ts";
import { findInLog } from "./log.ts";

/** Milliseconds for one piece of 30 kB on a line of about 0.2 kB/s. */
const PATIENCE = 180_000;

/** What it is opened with. */
export interface ReceiptDoor {
  /** Key of the log. */
  readonly log: Vkey;
  readonly text: ReturnText;
  readonly live: LiveText;
  /** Goes back to the twelve words. */
  readonly back: () => void;
  /** Stops everything, and what was entered is forgotten. */
  readonly signal: AbortSignal;
}

/** The open place. */
export interface ReceiptDesk {
  readonly part: HTMLElement;
  /** Its buttons. */
  readonly ways: readonly HTMLElement[];
  /** The witness goes elsewhere: stops asking, and forgets what was entered. */
  stop(): void;
}

/** Makes the place where receipts are checked. */
export function openReceiptDesk({ log, text, live, back, signal }: ReceiptDoor): ReceiptDesk {
  const nudges = new EventTarget();
  let asking: AbortController | null = null;

  const check = async (entered: string): Promise<void> => {
    const own = new AbortController();
    asking = own;
    const tell = (event: ReceiptEvent): void => {
      if (!own.signal.aborted && !signal.aborted) store.send(event);
    };
    let receipt: Receipt;
    try {
      receipt = await openReceipt(utf8(noteIn(entered)), log);
    } catch (error) {
      tell({ type: "wrong", problem: problemOf(error) });
      return;
    }
    tell({ type: "opened", batch: receipt.batch });
    try {
      let estimate: EstimateOfTime | null = null;
      const verdict = await findInLog(
        receipt,
        log,
        {
          checked: (done, total) => {
            estimate ??= new EstimateOfTime(total, performance.now());
            tell({ type: "checked", done, total, secondsLeft: estimate.after(done, performance.now()) });
          },
          waiting: (why, seconds) => {
            tell({ type: "paused", pause: { why: why === "offline" ? "offline" : "busy", seconds } });
          },
          resumed: () => {
            tell({ type: "paused", pause: null });
          },
        },
        { base: "", signal: AbortSignal.any([own.signal, signal]), nudges, patience: PATIENCE },
      );
      const last = verdict.kind === "not-due" && verdict.last !== null ? parseDate(verdict.last.date) : null;
      tell({ type: "told", outcome: outcomeOf(verdict, dayOf(Date.now()), last) });
    } catch (error) {
      if (error instanceof Refusal) tell({ type: "told", outcome: { kind: "log-wrong" } });
      else tell({ type: "wrong", problem: "refused" });
    }
  };

  const view = openReceiptView(
    text,
    live,
    (event) => {
      store.send(event);
    },
    {
      back,
      now: () => nudges.dispatchEvent(new Event("now")),
      chosen: (file) => {
        if (file.size > LONGEST_RECEIPT) store.send({ type: "wrong", problem: "no-receipt" });
        else
          void file.text().then(
            (content) => {
              store.send({ type: "entered", text: content });
            },
            () => {
              store.send({ type: "wrong", problem: "no-receipt" });
            },
          );
      },
    },
  );
  const store: Store<ReceiptCheck, ReceiptEvent> = storeOf(OPENING_CHECK, updateReceipt, [
    view.draw,
    (state, before) => {
      if (state.phase === before.phase) return;
      if (before.phase === "checking") asking?.abort();
      if (state.phase === "checking") void check(state.entered);
    },
  ]);
  view.draw(OPENING_CHECK, OPENING_CHECK);
  const stop = (): void => {
    asking?.abort();
    store.send({ type: "again" });
    store.send({ type: "entered", text: "" });
  };
  signal.addEventListener("abort", () => {
    stop();
    store.forget();
  });
  return { part: view.part, ways: view.ways, stop };
}

function problemOf(error: unknown): ReceiptProblem {
  if (!(error instanceof Refusal)) throw error;
  return error.code === "bad-note" || error.code === "bad-receipt" ? "no-receipt" : "foreign";
}
