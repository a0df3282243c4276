/** What comes and goes by stick: importing a bundle, and the outbox: its listing, its signature, its file or its codes. */
import { button, make } from "../dom.ts";
import type { State } from "../state.ts";
import type { Dispatch } from "./view.ts";

/** CSS pixels of a square of a code. */
const SQUARE = 6;

/** Importing. */
export function importView({ importing, fingerprint, uploading, imported, alive }: State, dispatch: Dispatch): HTMLElement {
  const ready = importing !== null && (importing.pinned || fingerprint !== null);
  return make(
    "section",
    { class: "importing" },
    make("h1", { tabindex: "-1" }, "Import a bundle"),
    make("p", {}, importing === null ? "" : `Bundle ${String(importing.next)} comes next. It is taken in whole or not at all.`),
    importing?.pinned === false ? logKeyForm(fingerprint, dispatch) : null,
    ready && !uploading ? fileChoice(dispatch) : null,
    uploading ? workView(alive.work) : null,
    imported === null ? null : importedView(imported),
  );
}

function workView(work: string | null): HTMLElement {
  return make(
    "div",
    { class: "notice" },
    make("progress", { "aria-label": "Import" }),
    " ",
    make("span", { class: "work" }, workText(work)),
  );
}

/** What is done just now. */
export function workText(work: string | null): string {
  return work ?? "Receiving the bundle.";
}

function logKeyForm(fingerprint: string | null, dispatch: Dispatch): HTMLElement {
  const field = make("input", { type: "text", id: "log-key", autocomplete: "off", spellcheck: "false" });
  const form = make(
    "form",
    { class: "field" },
    make("label", { for: "log-key" }, "The log’s verifier key, as the operator gives it"),
    field,
    make("button", { type: "submit" }, "Show its fingerprint"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dispatch({ do: "compare", text: field.value });
  });
  const compare = "Compare this with what the operator says, over another way. Import only if it is the same: ";
  return make(
    "div",
    {},
    make("p", {}, "This is the first import. From then on the casebook believes one log key and no other."),
    form,
    fingerprint === null ? null : make("p", { class: "notice" }, compare, make("span", { class: "hash" }, fingerprint)),
  );
}

function fileChoice(dispatch: Dispatch): HTMLElement {
  const field = make("input", { type: "file", id: "bundle" });
  const form = make(
    "form",
    { class: "field" },
    make("label", { for: "bundle" }, "The bundle’s file, on the stick"),
    field,
    make("button", { type: "submit", class: "first" }, "Import"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const bundle = field.files?.[0];
    if (bundle !== undefined) dispatch({ do: "import", bundle });
  });
  return form;
}

function importedView({ bundle, batches, tips, decoys, warnings }: NonNullable<State["imported"]>): HTMLElement {
  const says = `Bundle ${String(bundle)}: batches ${String(batches)}, tips ${String(tips)}, decoys dropped ${String(decoys)}.`;
  return make(
    "div",
    { class: "notice" },
    make("p", {}, says),
    warnings.length === 0 ? null : make("ul", {}, ...warnings.map((warning) => make("li", {}, warning))),
  );
}

/** The listing of the next outbox, and what can be done with the last one. */
export function outboxView({ outbox, codes }: State, dispatch: Dispatch): HTMLElement {
  if (outbox === null)
    return make("section", { class: "outbox" }, make("h1", { tabindex: "-1" }, "Next outbox"), make("p", {}, "One moment …"));
  const batches = outbox.batches.map(({ batch, date, size, root }) =>
    make("li", {}, `Batch ${String(batch)} of ${date}, ${String(size)} items, is held here`, make("p", { class: "hash" }, `root ${root}`)),
  );
  const replies = outbox.replies.map(({ tip, date, mailbox, bytes }) =>
    make(
      "li",
      {},
      `Reply to tip ${tip} of ${date}, ${bytes.toLocaleString("en")} bytes, sealed`,
      make("p", { class: "hash" }, `mailbox ${mailbox}`),
    ),
  );
  const destroyed = outbox.destroyed.map(({ epoch, date }) =>
    make("li", {}, `The secret of a week was destroyed on ${date}`, make("p", { class: "hash" }, `epoch ${epoch}`)),
  );
  const sign = (): void => {
    dispatch({ do: "sign-outbox" });
  };
  return make(
    "section",
    { class: "outbox" },
    make("h1", { tabindex: "-1" }, "Next outbox"),
    make("p", {}, "This leaves with the next outbox, and nothing else."),
    make("h2", {}, "Acknowledgements"),
    batches.length === 0 ? make("p", {}, "None.") : make("ol", {}, ...batches),
    make("h2", {}, "Replies"),
    replies.length === 0 ? make("p", {}, "None.") : make("ol", {}, ...replies),
    make("h2", {}, "Destroyed weeks"),
    destroyed.length === 0 ? make("p", {}, "None.") : make("ol", {}, ...destroyed),
    batches.length + replies.length + destroyed.length === 0 ? null : button("Sign exactly this", sign, { class: "first" }),
    outbox.last === null ? null : lastView(outbox.last, outbox.places, codes, dispatch),
  );
}

function lastView(last: number, places: readonly string[], codes: State["codes"], dispatch: Dispatch): HTMLElement {
  const field = make("input", { type: "text", id: "folder", list: "places", autocomplete: "off", spellcheck: "false" });
  field.value = places[0] ?? "";
  const form = make(
    "form",
    { class: "field" },
    make("label", { for: "folder" }, "Folder of the stick"),
    field,
    make("datalist", { id: "places" }, ...places.map((place) => make("option", { value: place }))),
    make("button", { type: "submit" }, "Write the file"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dispatch({ do: "write-outbox", folder: field.value });
  });
  const show = (): void => {
    dispatch({ do: "codes" });
  };
  return make(
    "div",
    {},
    make("h2", {}, `Outbox ${String(last)}, signed`),
    make("p", { class: "hint" }, "The last one can be had as often as needed; it is the same each time."),
    form,
    button("Show it as codes", show, { class: "show-codes" }),
    codes === null ? null : codesView(codes, dispatch),
  );
}

function codesView({ codes, shown }: NonNullable<State["codes"]>, dispatch: Dispatch): HTMLElement {
  const turn = (by: number) => () => {
    dispatch({ do: "turn", by });
  };
  const where = `Code ${String(shown + 1)} of ${String(codes.length)}`;
  const canvas = make("canvas", { role: "img", "aria-label": where });
  drawCode(canvas, codes[shown] ?? []);
  return make(
    "div",
    { class: "codes" },
    make("p", { role: "status" }, `${where}. Scan each with a camera, one line for each; then “firsthand import --qr FILE”.`),
    make(
      "div",
      { class: "buttons" },
      button("Previous code", turn(-1), { "aria-keyshortcuts": "ArrowLeft", title: "Key: ArrowLeft" }),
      button("Next code", turn(1), { "aria-keyshortcuts": "ArrowRight", title: "Key: ArrowRight" }),
    ),
    canvas,
  );
}

function drawCode(canvas: HTMLCanvasElement, rows: readonly string[]): void {
  canvas.width = canvas.height = rows.length * SQUARE;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000000";
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) if (row.charAt(x) === "1") pen.fillRect(x * SQUARE, y * SQUARE, SQUARE, SQUARE);
  }
}
