/**
 * The retention policy (README, section 11): how long ciphertext stays on the server. Canonical JSON; its SHA-256 stands in the log, and the file itself
 * is published as `policies/<sha256>.json`.
 */
import type { Bytes } from "../bytes.ts";
import { Refusal } from "../errors.ts";
import { formatJson, integer, oneOf, parseJson, record } from "./json.ts";

/** How long batches are kept. All in days, 0 to 36,500. */
export interface RetentionPolicy {
  /** A batch is due so many days after the date of its `acknowledged` leaf, see {@link dueDay}. */
  readonly daysAfterAcknowledgement: number;
  /** No acknowledged batch stays longer after its date; one that is not acknowledged by then is an alarm. */
  readonly daysAtMost: number;
  /** How long the epoch before is still accepted, and how long an epoch's secret outlives its last batch. */
  readonly graceDays: number;
  /** What happens to a batch after `daysAtMost` that nobody acknowledged. */
  readonly unacknowledged: "keep" | "destroy";
}

/**
 * The day an acknowledged batch is due to be destroyed: `daysAfterAcknowledgement` after the date of its acknowledgement's entry, but `daysAtMost` after its own
 * date at the latest, and never before it was acknowledged. All are day numbers.
 */
export function dueDay(policy: RetentionPolicy, sealed: number, acknowledged: number): number {
  return Math.min(acknowledged + policy.daysAfterAcknowledgement, Math.max(acknowledged, lastDay(policy, sealed)));
}

/** The last day by which a batch of the day `sealed` should be acknowledged and gone. Day numbers. */
export function lastDay(policy: RetentionPolicy, sealed: number): number {
  return sealed + policy.daysAtMost;
}

const days = integer(0, 36_500);
const reader = record({
  days_after_acknowledgement: days,
  days_at_most: days,
  grace_days: days,
  unacknowledged: oneOf(["keep", "destroy"]),
  version: oneOf([1]),
});

/** Path below the log's address of the policy with this hexadecimal SHA-256. */
export function policyPath(sha256: string): string {
  return `policies/${sha256}.json`;
}

/** The file of a policy. What `parseRetention` would refuse is a bug here. */
export function formatRetention(policy: RetentionPolicy): Bytes {
  const bytes = formatJson({
    days_after_acknowledgement: policy.daysAfterAcknowledgement,
    days_at_most: policy.daysAtMost,
    grace_days: policy.graceDays,
    unacknowledged: policy.unacknowledged,
    version: 1,
  });
  try {
    parseRetention(bytes);
  } catch (cause) {
    throw new Error("a retention policy would not be valid", { cause });
  }
  return bytes;
}

/** The policy in a file. @throws {Refusal} `bad-policy`. */
export function parseRetention(bytes: Uint8Array): RetentionPolicy {
  try {
    const fields = reader(parseJson(bytes), "policy");
    return {
      daysAfterAcknowledgement: fields.days_after_acknowledgement,
      daysAtMost: fields.days_at_most,
      graceDays: fields.grace_days,
      unacknowledged: fields.unacknowledged,
    };
  } catch (error) {
    throw new Refusal("bad-policy", error instanceof Refusal ? error.where : undefined);
  }
}
