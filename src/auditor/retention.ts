/**
 * Was every batch kept as long as its retention policy says, and no longer? By days, as `dueDay` counts them from the acknowledgement; the server has a day to act.
 */
import { parseDate } from "../protocol/format/date.ts";
import { dueDay, lastDay, type RetentionPolicy } from "../protocol/format/retention.ts";
import type { Finding, FindingCode } from "./findings.ts";
import type { Batch } from "./rules.ts";

/** Days between a batch's due day and the last day it may be there. */
const DAY_TO_ACT = 1;

/** What is wrong with how long a batch was kept, as of `today` (`YYYY-MM-DD`), by the policy it was sealed under. */
export function checkRetention(batch: Batch, policy: RetentionPolicy, today: string): Finding[] {
  const where = `batch ${String(batch.sealed.batch)}`;
  const findings: Finding[] = [];
  const now = parseDate(today);
  const purged = batch.purged === null ? null : parseDate(batch.purged.date);
  const sealed = parseDate(batch.sealed.date);
  const last = lastDay(policy, sealed);

  if (batch.acknowledged === null || (batch.purged !== null && !batch.purgedAfterAcknowledgement)) {
    if ((purged ?? now) > last) findings.push({ code: lateStep(batch, last), where });
    if (purged === null) return findings;
    if (policy.unacknowledged === "keep") findings.push({ code: "purge-unacknowledged", where });
    else if (purged <= last) findings.push({ code: "purge-too-early", where });
    return findings;
  }

  const acknowledged = parseDate(batch.acknowledged.date);
  if (acknowledged > last) findings.push({ code: lateStep(batch, last), where });
  const due = dueDay(policy, sealed, acknowledged);
  if (purged === null) {
    if (now > due + DAY_TO_ACT) findings.push({ code: "purge-overdue", where });
  } else if (purged < due) findings.push({ code: "purge-too-early", where });
  else if (parseDate(batch.purgedBy ?? today) > due + DAY_TO_ACT) findings.push({ code: "purge-late", where });
  return findings;
}

/** Which step was not taken by the last day for the acknowledgement: the first of them, since the others wait for it. */
function lateStep({ exported, acknowledged, purged, purgedAfterAcknowledgement }: Batch, lastDay: number): FindingCode {
  if (exported === null || parseDate(exported) > lastDay) return "export-late";
  return acknowledged === null || (purged !== null && !purgedAfterAcknowledgement) ? "acknowledgement-overdue" : "acknowledgement-late";
}
