/**
 * The report for people who would rather look than read: one HTML file without a script, that loads nothing, can be printed and follows the reader's colours.
 * Everything that comes from the log is escaped, and the page forbids itself everything but its own style, by hash.
 */
import { sha256 } from "../protocol/crypto/hash.ts";
import { toBase64, utf8 } from "../protocol/encoding.ts";
import { addDays, formatDate, parseDate } from "../protocol/format/date.ts";
import { TILE_WIDTH } from "../protocol/format/tile.ts";
import type { AuditReport } from "./audit.ts";
import { CANNOT_SHOW, FINDINGS } from "./findings.ts";
import type { BatchHistory, History } from "./history.ts";
import { cosignedWhen } from "./report.ts";

/** Most rows of one list that are shown; the JSON beside the page has all. */
const MOST_ROWS = 100;
/** Batches in the drawing: the newest. */
const MOST_DRAWN = 60;

const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --band: #f3f5f7;
  --good: #1a6b33; --bad: #a3161f; --kept: #9db8d9; --mark: #1b4f91; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e8eaed; --soft: #a5adb8; --line: #3a424c; --band: #1f242b;
  --good: #6fd08c; --bad: #ff8f8f; --kept: #3f5f8a; --mark: #9cc4ff; } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #333; --line: #999; --band: #fff;
  --good: #0b5a25; --bad: #8d0d16; --kept: #9db8d9; --mark: #1b4f91; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem; }
p { margin: .5rem 0; max-width: 44rem; }
.verdict { border: 2px solid; border-radius: .5rem; padding: .8rem 1rem; }
.verdict strong { font-size: 1.35rem; display: block; }
.good { color: var(--good); } .bad { color: var(--bad); }
.verdict span { color: var(--ink); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
.wide:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5rem .6rem; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid var(--line); white-space: nowrap; }
thead th { background: var(--band); }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
.findings { padding: 0; list-style: none; } .findings li { border-left: 4px solid var(--bad); padding: .2rem 0 .2rem .8rem; margin: .8rem 0; }
svg { display: block; min-width: 40rem; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .day { fill: var(--soft); font-size: 11px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; margin: .5rem 0; font-size: .92rem; }
.legend li { display: flex; align-items: center; gap: .4rem; } .legend svg { min-width: 0; width: 28px; height: 20px; flex: none; }
.grid { stroke: var(--line); } .kept { fill: var(--kept); } .late { fill: var(--paper); stroke: var(--bad); stroke-width: 1.5; } .mark { fill: var(--mark); stroke: var(--paper); }
.deadline { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 3 2; } .today { stroke: var(--ink); }
td code { display: inline-block; min-width: 22ch; white-space: normal; font-size: .8em; }
@media print { .wide { overflow: visible; } tr, svg, li { break-inside: avoid; } svg { min-width: 0; } table { font-size: 8pt; } th, td { white-space: normal; padding: .15rem .3rem; } }
`;

/** The page. `place`: where the log was read; `history`: null if what the entries say was not checked. */
export function reportPage(report: AuditReport, history: History | null, place: string): string {
  const { findings, origin, checkpoint, today, seenBefore } = report;
  const policy = `default-src 'none'; style-src 'sha256-${toBase64(sha256(utf8(STYLE)))}'; base-uri 'none'; form-action 'none'`;
  const facts: [string, string][] = [
    ["Log", origin],
    ["Read at", place],
    ["As of", today],
  ];
  if (checkpoint !== null) {
    facts.push([
      "Entries",
      `${amount(checkpoint.size)}, ${seenBefore === null ? "seen for the first time" : `${amount(seenBefore)} when last seen`}`,
    ]);
    facts.push(["Root", checkpoint.root]);
    for (const one of report.cosignatures) facts.push(["Cosigned", cosignedWhen(one)]);
  }
  const verdict =
    findings.length === 0
      ? `<p class="verdict good"><strong>Clean</strong><span>Every check was made, and nothing was found.</span></p>`
      : `<p class="verdict bad"><strong>${findings.length === 1 ? "1 finding" : `${amount(findings.length)} findings`}</strong><span>Something is not as it must be. Each finding is below.</span></p>`;
  const body = [
    `<h1>Was the promise kept? Report on ${escape(origin)}</h1>`,
    verdict,
    `<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`).join("")}</dl>`,
    findingsPart(report, history),
    ...(history === null
      ? [section("Batches", "<p>What the entries say was not checked, because they are not shown to be the log's.</p>")]
      : [batchesPart(history, today), erasurePart(history), keysPart(history), pagesPart(history)]),
    section("What this cannot show", `<ul>${CANNOT_SHOW.map((sentence) => `<li>${escape(sentence)}</li>`).join("")}</ul>`),
    section(
      "How to repeat this",
      `<p>On any machine with Node 24 and this program's source, with a policy file that you got from the program and not from the server:</p><p><code>npm run auditor -- verify ${escape(place)} --policy policy.txt --today ${escape(today)}</code></p>`,
    ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${findings.length === 0 ? "Clean" : "Findings"}: report on ${escape(origin)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>${content}</section>`;
}

function findingsPart({ findings, conflict }: AuditReport, history: History | null): string {
  if (findings.length === 0) return section("Findings", "<p>None.</p>");
  const items = findings
    .slice(0, MOST_ROWS)
    .map(
      ({ code, where }) =>
        `<li><b>${escape(where)}</b>: ${escape(FINDINGS[code])} <code>${code}</code><br>${escape(howToRepeat(where, history))}</li>`,
    );
  const kept = conflict === null ? "" : `<p>The contradicting checkpoint was kept as proof: <code>${escape(conflict)}</code></p>`;
  return section("Findings", `<ol class="findings">${items.join("")}</ol>${rest(findings.length, MOST_ROWS)}${kept}`);
}

/** Where to look by hand for what a finding is about. */
function howToRepeat(where: string, history: History | null): string {
  const entry = /^entry (\d+)$/.exec(where)?.[1];
  if (entry !== undefined) return `To look: ${placeOf(Number(entry))}; then run verify again.`;
  const batch = /^batch (\d+)$/.exec(where)?.[1];
  if (batch !== undefined) {
    const sealed = history?.batches.find((one) => one.batch === Number(batch));
    const at = sealed === undefined ? "the entries that name this batch" : `${placeOf(sealed.index)}, which seals it`;
    return `To look: ${at}, and the dates in the table below; then run verify again.`;
  }
  return "To look: fetch this file below /log/ from elsewhere; then run verify again.";
}

function placeOf(entry: number): string {
  return `the entry with index ${String(entry)} (number ${String(entry % TILE_WIDTH)}, counted from 0, in entry tile ${String(Math.floor(entry / TILE_WIDTH))})`;
}

function batchesPart({ batches }: History, today: string): string {
  if (batches.length === 0) return section("Batches", "<p>No batch has been sealed yet.</p>");
  const rows = batches.slice(-MOST_ROWS).toReversed();
  const table = tableOf(
    "Batches, newest first. Days are UTC.",
    ["Batch", "Entry", "Items", "Sealed", "Exported", "Acknowledged", "Acknowledge by", "Due", "Erased"],
    rows.map((one) => [
      String(one.batch),
      String(one.index),
      String(one.items),
      one.sealed,
      one.exported ?? "–",
      one.acknowledged ?? "–",
      one.latest ?? "?",
      one.due ?? "–",
      one.purged ?? "–",
    ]),
  );
  const drawing = drawingOf(batches.slice(-MOST_DRAWN), today);
  return section(
    "Batches",
    `${LEGEND}${drawing}${rest(batches.length, MOST_DRAWN, "drawn")}<h3>The same in numbers</h3>${table}${rest(batches.length, MOST_ROWS)}`,
  );
}

/** Corners of the marks around their middle; sealing is a circle. */
const EXPORTED = "0,-6 6,5 -6,5";
const ACKNOWLEDGED = "0,-6 6,0 0,6 -6,0";
const PURGED = "-5,-5 5,-5 5,5 -5,5";

const MARKS: readonly (readonly [drawing: string, words: string])[] = [
  [`<rect class="kept" x="1" y="5" width="26" height="10"/>`, "on the server"],
  [`<rect class="late" x="1" y="5" width="26" height="10"/>`, "longer than allowed"],
  [`<circle class="mark" cx="14" cy="10" r="5"/>`, "sealed"],
  [shape("14", 10, EXPORTED), "exported"],
  [shape("14", 10, ACKNOWLEDGED), "acknowledged"],
  [shape("14", 10, PURGED), "erased"],
  [`<line class="deadline" x1="14" x2="14" y1="1" y2="19"/>`, "the next step is due"],
  [`<line class="today" x1="14" x2="14" y1="1" y2="19"/>`, "day of this report"],
];
const LEGEND = `<ul class="legend">${MARKS.map(
  ([drawing, words]) => `<li><svg viewBox="0 0 28 20" aria-hidden="true">${drawing}</svg>${words}</li>`,
).join("")}</ul>`;

const WIDTH = 720;
const LEFT = 86;
const RIGHT = 16;
const TOP = 30;
const ROW = 22;

function drawingOf(batches: readonly BatchHistory[], today: string): string {
  const days = batches.flatMap(({ sealed, exported, acknowledged, purged, due }) => [sealed, exported, acknowledged, purged, due]);
  const numbers = [...days, today].filter((day) => day !== null).map(parseDate);
  const first = Math.min(...numbers);
  // A deadline far away is not drawn: it would press everything else together.
  const last = Math.max(...numbers, first + 1) + 1;
  const x = (day: number): string => (LEFT + ((day - first) / (last - first)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const height = TOP + batches.length * ROW + 8;
  const step = Math.max(1, Math.ceil((last - first) / 6));
  const parts: string[] = [];
  for (let day = first; day <= last; day += step) {
    parts.push(`<line class="grid" x1="${x(day)}" x2="${x(day)}" y1="${String(TOP - 6)}" y2="${String(height)}"/>`);
    const anchor = last - day < step / 2 ? "end" : "middle";
    parts.push(`<text class="day" x="${x(day)}" y="16" text-anchor="${anchor}">${formatDate(day)}</text>`);
  }
  parts.push(
    `<line class="today" x1="${x(parseDate(today))}" x2="${x(parseDate(today))}" y1="${String(TOP - 6)}" y2="${String(height)}"/>`,
  );
  batches.forEach((batch, row) => {
    const y = TOP + row * ROW + ROW / 2;
    const at = (day: string): string => x(parseDate(day));
    const end = batch.purged ?? today;
    const width = Math.max(2, Number(at(end)) - Number(at(batch.sealed)));
    parts.push(`<text x="6" y="${String(y + 4)}">Batch ${String(batch.batch)}</text>`);
    parts.push(`<rect class="kept" x="${at(batch.sealed)}" y="${String(y - 5)}" width="${width.toFixed(1)}" height="10"/>`);
    const deadline = batch.acknowledged === null ? batch.latest : batch.due;
    // A day to act, as the rules have it: only from the day after that it is late.
    const late = deadline === null ? null : addDays(deadline, 1);
    if (late !== null && end > late) {
      const over = Math.max(2, Number(at(end)) - Number(at(late)));
      parts.push(`<rect class="late" x="${at(late)}" y="${String(y - 5)}" width="${over.toFixed(1)}" height="10"/>`);
    }
    if (deadline !== null && parseDate(deadline) >= first && parseDate(deadline) <= last) {
      parts.push(`<line class="deadline" x1="${at(deadline)}" x2="${at(deadline)}" y1="${String(y - 9)}" y2="${String(y + 9)}"/>`);
    }
    parts.push(`<circle class="mark" cx="${at(batch.sealed)}" cy="${String(y)}" r="5"/>`);
    if (batch.exported !== null) parts.push(shape(at(batch.exported), y, EXPORTED));
    if (batch.acknowledged !== null) parts.push(shape(at(batch.acknowledged), y, ACKNOWLEDGED));
    if (batch.purged !== null) parts.push(shape(at(batch.purged), y, PURGED));
  });
  return `<div class="wide" role="region" aria-label="Drawing of the batches" tabindex="0"><svg viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" aria-label="Each batch from the day it was sealed to the day it was erased. The table below says the same."><g>${parts.join("")}</g></svg></div>`;
}

function shape(x: string, y: number, points: string): string {
  return `<polygon class="mark" transform="translate(${x} ${String(y)})" points="${points}"/>`;
}

function erasurePart({ batches }: History): string {
  const methods = new Set(batches.flatMap(({ method }) => (method === null ? [] : [method])));
  const said =
    methods.size === 0
      ? "<p>No batch has been erased yet.</p>"
      : `<p>The log names: ${[...methods].map((one) => `<code>${escape(one)}</code>`).join(", ")}.</p>`;
  return section(
    "How batches are erased",
    `${said}<p>A batch is encrypted on the server under a key of its own. Erasing destroys that key, drops the batch's part of the database, and looks whether anything is left. The log says that this was done; it cannot prove that nobody made a copy before.</p>`,
  );
}

function keysPart({ keys, epochs }: History): string {
  const keyRows = keys.slice(-MOST_ROWS).map(({ index, date, role, vkey }) => [String(index), role, date, vkey]);
  const epochRows = epochs
    .slice(-MOST_ROWS)
    .map(({ index, certificate, action, from, to, fingerprint }) => [String(index), certificate, action, `${from} to ${to}`, fingerprint]);
  return section(
    "Keys and epochs",
    `${tableOf("Keys that sign", ["Entry", "Role", "Since", "SHA-256 of the key's text"], keyRows)}<p></p>${tableOf("Epochs: the keys that tips are encrypted to", ["Entry", "Certificate", "What", "Valid", "Fingerprint"], epochRows)}${rest(epochs.length, MOST_ROWS)}`,
  );
}

function pagesPart({ pages }: History): string {
  if (pages.length === 0) return section("Releases of the page", "<p>The log names none.</p>");
  const rows = pages.slice(-MOST_ROWS).map(({ index, date, commit, manifest }) => [String(index), date, commit, manifest]);
  const table = tableOf("Releases of the page that witnesses are given", ["Entry", "Date", "Commit", "SHA-256 of its list of files"], rows);
  return section("Releases of the page", `${table}${rest(pages.length, MOST_ROWS)}`);
}

function tableOf(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((one) => `<th scope="col">${one}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${cell.length > 30 ? `<code>${escape(cell)}</code>` : escape(cell)}</td>`).join("")}</tr>`)
    .join("");
  return `<div class="wide" role="region" aria-label="${escape(caption)}" tabindex="0"><table><caption>${escape(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function rest(all: number, shown: number, what = "shown"): string {
  return all <= shown ? "" : `<p>${amount(shown)} of ${amount(all)} are ${what}. The JSON file beside this page has all.</p>`;
}

function amount(value: number): string {
  return value.toLocaleString("en-US");
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${String(letter.charCodeAt(0))};`);
}
