/** What was found, for people and for programs. */
import type { AuditReport } from "./audit.ts";
import type { Cosigning } from "./cosign.ts";
import { CANNOT_SHOW, type Finding, FINDINGS, PAGE_CANNOT_SHOW } from "./findings.ts";
import type { History } from "./history.ts";
import type { PageReport } from "./page.ts";

/** Most findings that people are shown one by one; programs get all. */
const MOST_LINES = 100;

/** An audit's report as one line of JSON. */
export function auditAsJson(report: AuditReport): string {
  return asJson(report, CANNOT_SHOW);
}

/** An audit's report as one line of JSON, with what the log tells. */
export function fullReportAsJson(report: AuditReport, history: History | null): string {
  return asJson({ ...report, history }, CANNOT_SHOW);
}

/** A page's report as one line of JSON. */
export function pageAsJson(report: PageReport): string {
  return asJson(report, PAGE_CANNOT_SHOW);
}

function asJson(report: (AuditReport & { readonly history?: History | null }) | PageReport, cannotShow: readonly string[]): string {
  const findings = report.findings.map(({ code, where }) => ({ code, where, message: FINDINGS[code] }));
  const verdict = findings.length === 0 ? "clean" : "findings";
  return `${JSON.stringify({ verdict, ...report, findings, cannotShow })}\n`;
}

/** An audit's report as text. `place` is where the log was read. */
export function auditAsText(report: AuditReport, place: string): string {
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
  return asText([...lines, "", ...verdict(report)], CANNOT_SHOW);
}

/** A page's report as text. */
export function pageAsText(report: PageReport): string {
  const { site, list, fetched, log, logged } = report;
  const lines = [`Site     ${site}`];
  if (list !== null) lines.push(`List     ${list} (SHA-256 of its manifest.json)`, `Fetched  ${amount(fetched)} addresses on the list`);
  if (log !== null) lines.push(`Log      ${log.origin}${log.size === null ? "" : `, ${amount(log.size)} entries`}`);
  if (logged !== null) {
    lines.push(`Logged   ${logged.manifest} on ${logged.date}`, `Commit   ${logged.commit}`, `SBOM     ${logged.sbom}`);
  }
  return asText([...lines, "", ...verdict(report)], PAGE_CANNOT_SHOW);
}

/** What came of cosigning, as one line of JSON. `note`: the cosigned checkpoint. */
export function cosigningAsJson({ origin, size, findings, conflict }: Cosigning, note: string | null): string {
  const found = findings.map(({ code, where }) => ({ code, where, message: FINDINGS[code] }));
  return `${JSON.stringify({ verdict: note === null ? "not-signed" : "cosigned", origin, size, findings: found, conflict, checkpoint: note })}\n`;
}

/** What came of cosigning, as text: the cosigned checkpoint itself unless it was written to `out`. */
export function cosigningAsText(cosigning: Cosigning, note: string | null, out: string | null): string {
  if (note === null) return `${["Nothing was signed.", ...verdict(cosigning)].join("\n")}\n`;
  return out === null ? note : `Cosigned: ${cosigning.origin}, ${amount(cosigning.size ?? 0)} entries. Written: ${out}\n`;
}

function asText(lines: readonly string[], cannotShow: readonly string[]): string {
  return `${[...lines, "", "What this cannot show:", ...cannotShow.map((sentence) => `  - ${sentence}`)].join("\n")}\n`;
}

function verdict({ findings, conflict }: { readonly findings: readonly Finding[]; readonly conflict: string | null }): string[] {
  if (findings.length === 0) return ["Verdict: clean. Nothing was found."];
  const lines = findings.slice(0, MOST_LINES).map(({ code, where }) => `  ${code} (${where}): ${FINDINGS[code]}`);
  if (findings.length > MOST_LINES) lines.push(`  … and ${amount(findings.length - MOST_LINES)} more; --json shows all.`);
  if (conflict !== null) lines.push(`  The contradicting checkpoint was kept as proof: ${conflict}`);
  return [findings.length === 1 ? "Verdict: 1 finding." : `Verdict: ${amount(findings.length)} findings.`, ...lines];
}

function amount(value: number): string {
  return value.toLocaleString("en-US");
}
