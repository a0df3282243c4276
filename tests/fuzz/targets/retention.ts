/** Retention policies. */
import { formatRetention, parseRetention } from "../../../src/protocol/format/retention.ts";
import { formatOfBytes } from "../engine/format.ts";

export const target = formatOfBytes(
  parseRetention,
  formatRetention,
  () => [formatRetention({ daysAfterAcknowledgement: 14, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" })],
  300,
);
