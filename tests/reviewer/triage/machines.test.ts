/** The state machines as data. */
import { describe, expect, it } from "vitest";
import { CLAIM_MACHINE, mayFollow, REFERRAL_MACHINE, statesOf, TIP_MACHINE } from "../../../src/reviewer/triage/machines.ts";

const MACHINES: [string, Readonly<Record<string, readonly string[]>>, string][] = [
  ["tip", TIP_MACHINE, "received"],
  ["referral", REFERRAL_MACHINE, "draft"],
  ["claim", CLAIM_MACHINE, "reserved"],
];

describe.each(MACHINES)("the machine of a %s", (_name, machine, first) => {
  it("names only its own states, reaches every one from its first, and has an end after each", () => {
    const reached = (from: string): Set<string> => {
      const seen = new Set<string>();
      const visit = (state: string): void => {
        if (seen.has(state)) return;
        seen.add(state);
        for (const next of machine[state] ?? []) visit(next);
      };
      visit(from);
      return seen;
    };
    expect([...reached(first)].sort()).toEqual(statesOf(machine).sort());
    const ends = statesOf(machine).filter((state) => machine[state]?.length === 0);
    for (const state of statesOf(machine)) expect(ends.some((end) => reached(state).has(end))).toBe(true);
  });
});

it("a payment is reported, and nothing is paid that was not approved", () => {
  expect(mayFollow(CLAIM_MACHINE, "committee", "paid")).toBe(false);
  expect(mayFollow(CLAIM_MACHINE, "receipt_filed", "reported_30d")).toBe(true);
});
