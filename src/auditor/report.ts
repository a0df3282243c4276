/** What was found, for people and for programs. */
import { fromUtf8 } from "../protocol/encoding.ts";
import { formatLeaf } from "../protocol/format/leaf.ts";
import type { Cosignature } from "../protocol/tlog/verify.ts";
import type { CosignAnswer } from "./add-checkpoint.ts";
import type { AuditReport } from "./audit.ts";
import type { Cosigning } from "./cosign.ts";
import { CANNOT_SHOW, type Finding, FINDINGS, INVENTORY_CANNOT_SHOW, PAGE_CANNOT_SHOW } from "./findings.ts";
import type { History } from "./history.ts";
import type { InventoryReport } from "./inventory.ts";
import type { PageReport } from "./page.ts";
import type { CheckedProof, Proving } from "./prove.ts";

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

/** An inventory's report as one line of JSON. */
export function inventoryAsJson(report: InventoryReport): string {
  return asJson(report, INVENTORY_CANNOT_SHOW);
}

function asJson(
  report: (AuditReport & { readonly history?: History | null }) | PageReport | InventoryReport,
  cannotShow: readonly string[],
): string {
  const findings = told(report.findings);
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
    for (const one of report.cosignatures) lines.push(`Cosigned ${cosignedWhen(one)}`);
  }
  if (batches !== null) {
    const { sealed, items, acknowledged, purged } = batches;
    lines.push(
      `Batches  ${amount(sealed)} sealed with ${amount(items)} items, ${amount(acknowledged)} acknowledged, ${amount(purged)} purged`,
    );
  } else lines.push("What the entries say was not checked, because they are not shown to be the log's.");
  return asText([...lines, "", ...verdict(report)], CANNOT_SHOW);
}

/** Who cosigned, and when. */
export function cosignedWhen({ name, time }: Cosignature): string {
  const when = new Date(time * 1000);
  return `by ${name}, ${Number.isNaN(when.getTime()) ? "at no time there is" : `${when.toISOString().slice(0, 16).replace("T", " ")} UTC`}`;
}

/** An inventory's report as text. */
export function inventoryAsText(report: InventoryReport): string {
  const { origin, inventory } = report;
  const lines = [`Log      ${origin}`];
  if (inventory !== null) {
    const { date, size, batches, keys } = inventory;
    lines.push(`Taken    ${date}, with ${amount(size)} entries in the log`);
    lines.push(`There    ${amount(batches.length)} batches, ${amount(keys.length)} keys`);
  }
  return asText([...lines, "", ...verdict(report)], INVENTORY_CANNOT_SHOW);
}

/** What came of proving, as one line of JSON. */
export function provingAsJson({ origin, size, findings, entry, proof, conflict }: Proving): string {
  const text = proof === null ? null : fromUtf8(proof);
  return `${JSON.stringify({ verdict: proof === null ? "not-proven" : "proven", origin, size, entry, findings: told(findings), conflict, proof: text })}\n`;
}

/** What came of proving, as text. */
export function provingAsText(proving: Proving, out: string): string {
  const { entry, size, origin } = proving;
  if (entry === null) return `${["Nothing was proven.", ...verdict(proving)].join("\n")}\n`;
  return `In the log: entry ${amount(entry.index)} of ${amount(size ?? 0)} of ${origin}.\n  ${fromUtf8(formatLeaf(entry.leaf))}\nWritten: ${out}. It says what the receipt says: keep it as safe as that.\n`;
}

/** A proof that holds, as one line of JSON. */
export function checkedAsJson({ checkpoint, cosignatures, index, leaf }: CheckedProof): string {
  const { origin, size } = checkpoint;
  return `${JSON.stringify({ verdict: "holds", origin, size, index, entry: leaf, cosignatures })}\n`;
}

/** A proof that holds, as text. */
export function checkedAsText({ checkpoint, cosignatures, index, leaf }: CheckedProof): string {
  const lines = [
    `The proof holds: entry ${amount(index)} of ${amount(checkpoint.size)} of ${checkpoint.origin}.`,
    `  ${fromUtf8(formatLeaf(leaf))}`,
    ...cosignatures.map((one) => `Cosigned ${cosignedWhen(one)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** What a request was answered with, as one line of JSON. */
export function answerAsJson(answer: CosignAnswer): string {
  return `${JSON.stringify({ verdict: answer.status === 200 ? "cosigned" : "not-signed", ...answer })}\n`;
}

/** What a request was answered with, as text: the signature lines themselves unless they were written to `out`. */
export function answerAsText(answer: CosignAnswer, out: string | null): string {
  switch (answer.status) {
    case 200:
      return out === null ? answer.lines : `Cosigned. Written: ${out}\n`;
    case 409:
      return `Nothing was signed: what was cosigned last has ${amount(answer.size)} entries. Bring the proof from there; if you did, the log was changed.\n`;
    case 400:
      return "Nothing was signed: this is no request.\n";
    case 403:
      return "Nothing was signed: the checkpoint is not signed by the log's key.\n";
    case 404:
      return "Nothing was signed: the checkpoint is another log's.\n";
    case 422:
      return "Nothing was signed: the proof does not show that the log only grew.\n";
  }
}

function told(findings: readonly Finding[]): object[] {
  return findings.map(({ code, where }) => ({ code, where, message: FINDINGS[code] }));
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
  return `${JSON.stringify({ verdict: note === null ? "not-signed" : "cosigned", origin, size, findings: told(findings), conflict, checkpoint: note })}\n`;
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
