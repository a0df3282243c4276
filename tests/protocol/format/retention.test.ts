import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueDay, lastDay, type RetentionPolicy } from "../../../src/protocol/format/retention.ts";

const policyOf = (daysAfterAcknowledgement: number, daysAtMost: number): RetentionPolicy => ({
  daysAfterAcknowledgement,
  daysAtMost,
  graceDays: 0,
  unacknowledged: "keep",
});

describe("the day an acknowledged batch is due", () => {
  test.each([
    ["counts from the acknowledgement", 30, 180, 100, 105, 135],
    ["is the same day if the policy says so", 0, 180, 100, 105, 105],
    ["is never later than the most days", 30, 180, 100, 270, 280],
    ["is the day of an acknowledgement that came after the most days", 30, 180, 100, 300, 300],
  ])("%s", (_, after, most, sealed, acknowledged, due) => {
    expect(dueDay(policyOf(after, most), sealed, acknowledged)).toBe(due);
  });

  test("lies between the acknowledgement and both bounds, whatever they are", () => {
    const days = fc.nat(36_500);
    fc.assert(
      fc.property(days, days, days, days, (after, most, sealed, waited) => {
        const policy = policyOf(after, most);
        const acknowledged = sealed + waited;
        const due = dueDay(policy, sealed, acknowledged);
        expect(due).toBeGreaterThanOrEqual(acknowledged);
        expect(due).toBeLessThanOrEqual(acknowledged + after);
        expect(due).toBeLessThanOrEqual(Math.max(acknowledged, lastDay(policy, sealed)));
      }),
    );
  });
});
