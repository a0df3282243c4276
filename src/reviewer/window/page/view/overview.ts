/** Counts of all tips: a map of squares, a plot and a table for each thing that is counted. Every number of a plot stands in a table too. */
import type { OverviewAnswer } from "../../wire.ts";
import { labelled } from "../../../labels.ts";
import { wordsFor } from "../../words.ts";
import { button, make, makeSvg } from "../dom.ts";
import { TILES } from "../province-tiles.ts";
import type { State } from "../state.ts";
import type { Dispatch } from "./view.ts";

const TILE = 88;
const BAR = 24;
const LABELS = 240;
const WIDTH = 640;

type Counts = OverviewAnswer["tables"][number]["counts"];

/** The overview of this state, drawn. */
export function overviewView({ overview }: State, dispatch: Dispatch): HTMLElement {
  const save = (): void => {
    dispatch({ do: "save-metrics" });
  };
  const tables = overview?.tables ?? [];
  return make(
    "section",
    { class: "overview" },
    make("h1", { tabindex: "-1" }, "Overview"),
    make(
      "p",
      {},
      `Counts of the tips you do not stay out of${overview === null ? "" : `: ${shown(overview.total)}`}. Counts below 5 are kept back, and others from which they would follow; grades count only when both are there.`,
    ),
    make("p", {}, button("Save as CSV", save, { "aria-keyshortcuts": "s", title: "Key: s" })),
    overview !== null && overview.read < overview.tips
      ? make(
          "p",
          { class: "notice" },
          `Places and languages are of the ${String(overview.read)} of ${String(overview.tips)} tips that were read in so far.`,
        )
      : null,
    make(
      "dl",
      { class: "facts" },
      ...(overview?.measures ?? []).flatMap(({ name, value }) => [make("dt", {}, wordsFor(name)), make("dd", {}, value)]),
    ),
    ...tables.map(({ name, counts }) =>
      make(
        "section",
        { class: "counted" },
        make("h2", {}, titleOf(name)),
        name === "where" ? mapOf(counts) : plotOf(name, counts),
        tableOf(name, counts),
      ),
    ),
  );
}

function titleOf(name: string): string {
  return name === "where" ? "Where, as the witnesses say" : wordsFor(name);
}

function shown(count: number | null): string {
  return count === null ? "<5*" : String(count);
}

function labelOf(name: string, code: string): string {
  return name === "where" || name === "language" ? labelled(name, code).replaceAll("_", " ") : wordsFor(code);
}

function tableOf(name: string, counts: Counts): HTMLElement {
  const rows = counts
    .filter(({ count }) => count !== 0)
    .map(({ code, count }) => make("tr", {}, make("th", { scope: "row" }, labelOf(name, code)), make("td", {}, shown(count))));
  if (rows.length === 0) return make("p", {}, "None.");
  const table = make("table", {}, make("caption", { class: "unseen-heading" }, titleOf(name)), make("tbody", {}, ...rows));
  return make(
    "div",
    {},
    table,
    counts.some(({ count }) => count === null)
      ? make("p", { class: "hint" }, "* below 5, or kept back so that none below 5 follows")
      : null,
  );
}

/** Bars; a count that is kept back is a hatched stub of one length, so that nothing can be read off it. */
function plotOf(name: string, counts: Counts): Element | null {
  const drawn = counts.filter(({ count }) => count !== 0);
  if (drawn.length === 0) return null;
  const most = Math.max(1, ...drawn.map(({ count }) => count ?? 0));
  const bars = drawn.flatMap(({ code, count }, index) => {
    const y = index * BAR;
    const width = count === null ? 12 : Math.max(2, ((WIDTH - LABELS - 60) * count) / most);
    return [
      makeSvg("text", { x: String(LABELS - 8), y: String(y + 16), "text-anchor": "end" }, labelOf(name, code)),
      makeSvg("rect", {
        x: String(LABELS),
        y: String(y + 4),
        width: width.toFixed(1),
        height: "16",
        class: count === null ? "kept" : "bar",
      }),
      makeSvg("text", { x: (LABELS + width + 6).toFixed(1), y: String(y + 16) }, shown(count)),
    ];
  });
  const height = drawn.length * BAR;
  return makeSvg(
    "svg",
    {
      viewBox: `0 0 ${String(WIDTH)} ${String(height)}`,
      class: "plot",
      role: "img",
      "aria-label": `${titleOf(name)}: the numbers are in the table below`,
    },
    ...bars,
  );
}

/** A map of squares: the darker the more, five steps. */
function mapOf(counts: Counts): Element {
  const known = new Map(counts.map(({ code, count }) => [code, count]));
  const most = Math.max(1, ...TILES.map(([code]) => known.get(`CN-${code}`) ?? 0));
  const tiles = TILES.map(([code, column, row, name]) => {
    const count = known.get(`CN-${code}`) ?? (known.has(`CN-${code}`) ? null : 0);
    const step = count === null ? "kept" : count === 0 ? "none" : `step-${String(Math.ceil((4 * count) / most))}`;
    const label = labelled("where", `CN-${code}`);
    const middle = String(TILE / 2 - 2);
    return makeSvg(
      "g",
      { transform: `translate(${String(column * TILE)} ${String(row * TILE)})`, class: `tile ${step}` },
      makeSvg("title", {}, `${label}: ${shown(count)}`),
      makeSvg("rect", { width: String(TILE - 4), height: String(TILE - 4), rx: "5" }),
      makeSvg("text", { x: middle, y: "22", "text-anchor": "middle", class: "native", lang: "zh" }, name),
      makeSvg("text", { x: middle, y: "40", "text-anchor": "middle", class: "latin" }, label.replace(/ \(.*$/, "")),
      makeSvg("text", { x: middle, y: "64", "text-anchor": "middle", class: "number" }, shown(count)),
    );
  });
  return makeSvg(
    "svg",
    {
      viewBox: `0 0 ${String(9 * TILE)} ${String(8 * TILE)}`,
      class: "map",
      role: "img",
      "aria-label": "Map of squares; the numbers are in the table below",
    },
    ...tiles,
  );
}
