/**
 * Plots as SVG: how each target stands to its limit, and how costs grow. One file for light and dark, by the reader's preference; each has a title and a description that
 * say in words what it shows, and marks differ in shape as well as in colour. Nothing is loaded from anywhere.
 */
import type { AreaRun } from "./report.ts";
import { type Growth, lineOf, type Result } from "./target.ts";

const WIDTH = 900;
const ROW = 18;
/** Where names end and marks begin. */
const NAMES = 470;
/** Shares of a limit that are drawn; what lies beyond stands at the edge. */
const [LEAST, MOST] = [1 / 64, 4];
const PANEL = { width: 290, height: 170, left: 52, right: 20, top: 42, bottom: 40 };
const PANELS_A_ROW = 3;

const STYLE = `text{font:12px system-ui,sans-serif;fill:#1f2328}.minor{fill:#59636e;font-size:11px}.head{font-weight:600}
.line{stroke:#d1d9e0}.limit{stroke:#1f2328;stroke-dasharray:4 3}.met{fill:#0969da;stroke:#0969da}.missed{fill:#bc4c00;stroke:#bc4c00}
.curve{fill:none;stroke:#0969da;stroke-width:2}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.minor{fill:#9198a1}.line{stroke:#3d444d}.limit{stroke:#f0f6fc}
.met{fill:#4493f8;stroke:#4493f8}.missed{fill:#f0883e;stroke:#f0883e}.curve{stroke:#4493f8}}`;

/** Part of its limit that a target uses: at most 1 if it is met, whichever way it is aimed. */
function shareOf(result: Result): number {
  const ratio = result.value / result.baseline.value;
  return result.target.aim === "at-most" ? ratio / result.target.ratio : result.target.ratio / ratio;
}

/** A row for each target, with a mark where it stands between far below its limit and beyond it. */
export function targetsPlot(runs: readonly AreaRun[]): string {
  const place = (share: number): number =>
    NAMES + 10 + ((Math.log(Math.min(MOST, Math.max(LEAST, share))) - Math.log(LEAST)) / Math.log(MOST / LEAST)) * (WIDTH - NAMES - 70);
  const body: string[] = [];
  let y = 46;
  for (const { area, results } of runs) {
    body.push(text(8, y + 4, area, "head"));
    y += ROW;
    for (const result of results) {
      const share = shareOf(result);
      const { ok } = lineOf(result);
      const x = place(share);
      body.push(
        text(16, y + 4, shortened(result.name), "minor"),
        line(place(LEAST), y, x, y, "line"),
        ok
          ? `<circle class="met" cx="${at(x)}" cy="${at(y)}" r="4"/>`
          : `<path class="missed" d="M${at(x - 5)} ${at(y - 5)}l10 10m0 -10l-10 10" stroke-width="3"/>`,
        text(x + 9, y + 4, share.toPrecision(2), "minor"),
      );
      y += ROW;
    }
    y += 6;
  }
  const marks = [1 / 64, 1 / 16, 1 / 4, 1, 4].map((share) =>
    [
      line(place(share), 34, place(share), y - 8, share === 1 ? "limit" : "line"),
      text(place(share), 26, share < 1 ? `1/${String(1 / share)}` : share === 1 ? "limit" : String(share), "minor", "middle"),
    ].join(""),
  );
  const all = runs.flatMap(({ results }) => results);
  const missed = all.filter((result) => !lineOf(result).ok);
  return svg(
    WIDTH,
    y,
    "Each performance target as a share of its limit",
    `Of ${String(all.length)} targets ${String(all.length - missed.length)} stay within their limit.${missed.length === 0 ? "" : ` Beyond it: ${missed.map((result) => `${result.name}, ${shareOf(result).toPrecision(2)} times`).join("; ")}.`}`,
    [...marks, ...body],
  );
}

/** A panel for each cost: its value from zero, over sizes in steps that multiply. */
export function growthPlot(growths: readonly Growth[]): string {
  const rows = Math.ceil(growths.length / PANELS_A_ROW);
  return svg(
    PANELS_A_ROW * PANEL.width + 20,
    rows * PANEL.height + 10,
    "How costs grow with size",
    growths
      .map(
        ({ title, of, unit, points }) =>
          `${title}: ${points.map(({ size, value }) => `${short(value)} ${unit} at ${String(size)} ${of}`).join(", ")}.`,
      )
      .join(" "),
    growths.map((growth, index) =>
      panel(growth, 10 + (index % PANELS_A_ROW) * PANEL.width, Math.floor(index / PANELS_A_ROW) * PANEL.height),
    ),
  );
}

function panel({ title, of, unit, points }: Growth, left: number, top: number): string {
  const most = Math.max(...points.map(({ value }) => value));
  // A size of nothing has no logarithm, and stands a step before the others.
  const sizes = points.map(({ size }) => Math.log2(Math.max(1, size)));
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)];
  const x = (index: number): number =>
    left + PANEL.left + (((sizes[index] ?? 0) - first) / (last - first)) * (PANEL.width - PANEL.left - PANEL.right);
  const bottom = top + PANEL.height - PANEL.bottom;
  const y = (value: number): number => bottom - (value / most) * (PANEL.height - PANEL.top - PANEL.bottom);
  return [
    text(left, top + 16, title, "head"),
    text(left, top + 31, unit, "minor"),
    line(left + PANEL.left - 6, bottom, left + PANEL.width - PANEL.right + 6, bottom, "line"),
    text(left + PANEL.left - 10, bottom + 4, "0", "minor", "end"),
    text(left + PANEL.left - 10, y(most) + 4, short(most), "minor", "end"),
    line(left + PANEL.left - 6, y(most), left + PANEL.width - PANEL.right + 6, y(most), "line"),
    `<path class="curve" d="${points.map(({ value }, index) => `${index === 0 ? "M" : "L"}${at(x(index))} ${at(y(value))}`).join("")}"/>`,
    ...points.map(({ value }, index) => `<circle class="met" cx="${at(x(index))}" cy="${at(y(value))}" r="3"/>`),
    text(x(0), bottom + 15, grouped(points[0]?.size ?? 0), "minor", "middle"),
    text(x(points.length - 1), bottom + 15, grouped(points.at(-1)?.size ?? 0), "minor", "middle"),
    text(left + PANEL.width / 2 + 16, bottom + 29, of, "minor", "middle"),
  ].join("");
}

function svg(width: number, height: number, title: string, description: string, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description)}</desc>
<style>${STYLE}</style>
${body.join("\n")}
</svg>
`;
}

function text(x: number, y: number, content: string, style: string, anchor: "start" | "middle" | "end" = "start"): string {
  return `<text class="${style}" x="${at(x)}" y="${at(y)}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}>${escaped(content)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<path class="${style}" d="M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}"/>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function at(place: number): string {
  return String(Math.round(place * 10) / 10);
}

/** Names as long as there is room for. */
function shortened(name: string): string {
  return name.length <= 76 ? name : `${name.slice(0, 75)}…`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function grouped(size: number): string {
  return size.toLocaleString("en-US");
}
