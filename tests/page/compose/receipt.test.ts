import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  noteIn,
  OPENING_CHECK,
  outcomeOf,
  type ReceiptCheck,
  type ReceiptEvent,
  updateReceipt,
} from "../../../src/page/compose/receipt.ts";

const NOTE = "tips.example/log/receipt/v1\nc 00\nbatch 00000001\n\n\u2014 tips.example/log AAAA\n";

function after(...events: readonly ReceiptEvent[]): ReceiptCheck {
  return events.reduce(updateReceipt, OPENING_CHECK);
}

const entered: ReceiptEvent = { type: "entered", text: "a receipt" };
const check: ReceiptEvent = { type: "check" };

describe("checking a receipt", () => {
  it("asks for one first", () => {
    expect(after(check)).toMatchObject({ phase: "entry", problem: "empty" });
    expect(after({ type: "entered", text: " \n" }, check)).toMatchObject({ phase: "entry", problem: "empty" });
    expect(after(check, entered)).toMatchObject({ phase: "entry", problem: null, entered: "a receipt" });
  });

  it("keeps what was entered when it is wrong, when it is stopped, and for once more", () => {
    expect(after(entered, check, { type: "wrong", problem: "foreign" })).toMatchObject({
      phase: "entry",
      problem: "foreign",
      entered: "a receipt",
    });
    expect(after(entered, check, { type: "again" })).toEqual({ ...OPENING_CHECK, entered: "a receipt" });
    const told: ReceiptEvent = { type: "told", outcome: { kind: "log-wrong" } };
    expect(after(entered, check, told, { type: "again" })).toEqual({ ...OPENING_CHECK, entered: "a receipt" });
  });

  it("shows how far it is, and forgets pauses and progress when it is told", () => {
    const on: ReceiptEvent = { type: "checked", done: 2, total: 5, secondsLeft: 7 };
    const paused: ReceiptEvent = { type: "paused", pause: { why: "offline", seconds: 3 } };
    expect(after(entered, check, { type: "opened", batch: 9 }, on, paused)).toMatchObject({
      phase: "checking",
      promised: 9,
      progress: { done: 2, total: 5, secondsLeft: 7 },
      pause: { why: "offline", seconds: 3 },
    });
    const outcome = { kind: "included", batch: 9, date: "2026-01-10", late: false } as const;
    expect(after(entered, check, { type: "opened", batch: 9 }, on, paused, { type: "told", outcome })).toMatchObject({
      phase: "told",
      promised: 9,
      progress: null,
      pause: null,
      outcome,
    });
  });

  it("hears nothing of an answer that comes when it is not asked for any more", () => {
    const late: ReceiptEvent[] = [
      { type: "opened", batch: 1 },
      { type: "checked", done: 1, total: 1, secondsLeft: null },
      { type: "paused", pause: null },
      { type: "told", outcome: { kind: "shrunk" } },
    ];
    for (const event of late) expect(after(entered, event)).toEqual(after(entered));
  });
});

describe("a log in which the batch is not sealed yet", () => {
  const verdict = { kind: "not-due", last: { batch: 3, date: "2026-01-04" } } as const;
  it("stands still when its newest batch is more than three days old", () => {
    expect(outcomeOf(verdict, 103, 100)).toEqual({ ...verdict, stalled: false });
    expect(outcomeOf(verdict, 104, 100)).toEqual({ ...verdict, stalled: true });
    expect(outcomeOf({ kind: "not-due", last: null }, 104, null)).toMatchObject({ stalled: false });
  });
});

describe("what was pasted", () => {
  it("is the note again, whatever became of its blanks and line ends", () => {
    const ruined = fc.array(fc.constantFrom(" ", "\t", "  ", ""), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(ruined, fc.constantFrom("\n", "\r\n", "\r"), (blanks, end) => {
        const lines = NOTE.split("\n").map((line, index) => `${blanks[index] ?? ""}${line}${blanks[index + 6] ?? ""}`);
        expect(noteIn(`${end}${lines.join(end)}${end}`)).toBe(NOTE);
        expect(noteIn(lines.join(end))).toBe(NOTE);
      }),
    );
  });

  it("keeps everything else", () => {
    expect(noteIn(NOTE)).toBe(NOTE);
    expect(noteIn("a\n\n\nb")).toBe("a\n\n\nb\n");
  });
});
