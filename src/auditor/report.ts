/** An audit's report, for people and for programs. */
import type { AuditReport } from "./audit.ts";
import { CANNOT_SHOW, FINDINGS } from "./findings.ts";

/** Most findings that people are shown one by one; programs get all. */
const MOST_LINES = 100;

/** The report as one line of JSON. */
export function asJson(report: AuditReport): string {
  const findings = report.findings.map(({ code, where }) => ({ code, where, message: FINDINGS[code] }));
  const verdict = findings.length === 0 ? "clean" : "findings";
  const { origin, today, checkpoint, seenBefore, batches, conflict } = report;
  return `${JSON.stringify({ verdict, origin, today, checkpoint, seenBefore, batches, findings, conflict, cannotShow: CANNOT_SHOW })}\n`;
}

/** The report as text. `place` is where the log was read. */
export function asText(report: AuditReport, place: string): string {
  const lines = [`Log      ${report.origin}`, `Read at  ${place}`, `As of    ${report.today}`];
  const { checkpoint, seenBefore, batches } = report;
  if (checkpoint !== null) {
    lines.push(
      `Entries  ${amount(checkpoint.size)}${seenBefore === null ? ", seen for the first time" : `, ${amount(seenBefore)} when last seen`}`,
    );
    lines.push(`Root     ${checkpoint.root}`);
  }
  if (batches !== null) {
    const { sealed, items, acknowledged, purged } = batches;
    lines.push(
      `Batches  ${amount(sealed)} sealed with ${amount(items)} items, ${amount(acknowledged)} acknowledged, ${amount(purged)} purged`,
    );
  } else lines.push("What the entries say was not checked, because they are not shown to be the log's.");
  lines.push("", ...verdict(report), "", "What this cannot show:", ...CANNOT_SHOW.map((sentence) => `  - ${sentence}`));
  return `${lines.join("\n")}\n`;
}

function verdict(report: AuditReport): string[] {
  const { findings, conflict } = report;
  if (findings.length === 0) return ["Verdict: clean. Nothing was found."];
  const lines = findings.slice(0, MOST_LINES).map(({ code, where }) => `  ${code} (${where}): ${FINDINGS[code]}`);
  if (findings.length > MOST_LINES) lines.push(`  … and ${amount(findings.length - MOST_LINES)} more; --json shows all.`);
  if (conflict !== null) lines.push(`  The contradicting checkpoint was kept as proof: ${conflict}`);
  return [findings.length === 1 ? "Verdict: 1 finding." : `Verdict: ${amount(findings.length)} findings.`, ...lines];
}

function amount(value: number): string {
  return value.toLocaleString("en-US");
}
