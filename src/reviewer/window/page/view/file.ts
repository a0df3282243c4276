/** One attached file: its facts, and the one way it is looked at. Pixels go onto a canvas, text into the document as text, sound and film into a frame that has nothing. */
import { ENCODINGS, type Encoding } from "../../../viewing/text-files.ts";
import type { TipContent } from "../../wire.ts";
import { button, foreignLine, foreignText, make } from "../dom.ts";
import type { Look, Picture, ShownFile } from "../looking.ts";
import type { State } from "../state.ts";
import type { Dispatch } from "./view.ts";

/** Pictures, or seconds, in a day after which a pause is suggested. */
const MANY_PICTURES = 20;
const MANY_SECONDS = 1200;

/** The file of this state, drawn. */
export function fileView({ tip, file, desk }: State, dispatch: Dispatch): HTMLElement {
  const facts = file === null ? undefined : tip?.content?.files[file.index];
  if (file === null || facts === undefined || desk === null) return make("section", {});
  const back = (): void => {
    dispatch({ do: "back" });
  };
  return make(
    "section",
    { class: "file" },
    make("h1", { tabindex: "-1" }, `File ${String(file.index + 1)} of tip ${tip?.row.id ?? ""}`),
    factsView(facts, file),
    make(
      "div",
      { class: "actions", role: "group", "aria-label": "What you can do" },
      button("Back to the tip", back, { "aria-keyshortcuts": "u", title: "Key: u" }),
      ...buttonsFor(file, dispatch),
    ),
    exposureView(desk.exposure),
    bodyView(file, dispatch),
  );
}

function factsView({ name, type, form, size, sha256 }: TipContent["files"][number], { answer }: ShownFile): HTMLElement {
  const rows: [string, Node | string][] = [
    ["Name", foreignLine(name)],
    ["Seems to be", answer.seems],
    ["Claims to be", type === "" ? "nothing" : foreignLine(type)],
    ["Form", `${form}, ${size.toLocaleString("en")} bytes`],
    ["SHA-256", make("span", { class: "hash" }, sha256)],
  ];
  return make(
    "div",
    {},
    make("dl", { class: "facts" }, ...rows.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)])),
    answer.fits ? null : make("p", { class: "notice" }, "It is not what it claims to be. That happens by mistake, too."),
  );
}

function buttonsFor(file: ShownFile, dispatch: Dispatch): (HTMLElement | null)[] {
  const { clear, large, page, pages, answer, path } = file;
  const does = (label: string, key: string, what: Look, is = true): HTMLElement | null =>
    is
      ? button(
          label,
          () => {
            dispatch({ do: "look", what });
          },
          { "aria-keyshortcuts": key, title: `Key: ${key}` },
        )
      : null;
  if (answer.text !== null) return [does("Show its pages", "w", "pages", answer.view === "document")];
  switch (answer.view) {
    case "picture":
    case "document":
      return [
        clear ? does("Cover", "v", "cover") : does("Show clearly", "v", "reveal"),
        does(large ? "Fit the window" : "Larger", "+", "size", clear),
        does("Previous page", "ArrowLeft", "previous", page > 0),
        does("Next page", "ArrowRight", "next", page + 1 < pages),
        does("Show its words", "w", "words", answer.view === "document"),
      ];
    case "sound":
    case "film":
      return [path === null ? does("Open the player", "v", "reveal") : does("Close the player", "v", "cover")];
    default:
      return [];
  }
}

function exposureView({ count, seconds }: { readonly count: number; readonly seconds: number }): HTMLElement | null {
  if (count === 0) return null;
  const minutes = Math.round(seconds / 60);
  const long = minutes < 1 ? "for less than a minute" : `for about ${minutes === 1 ? "a minute" : `${String(minutes)} minutes`}`;
  const looked = `Today you looked at ${count === 1 ? "one picture, page or film" : `${String(count)} pictures, pages or films`} ${long}.`;
  const isMuch = count >= MANY_PICTURES || seconds >= MANY_SECONDS;
  return make(
    "p",
    { class: isMuch ? "notice" : "hint" },
    isMuch ? `${looked} That is much for one day. A pause helps; the tip will still be here.` : looked,
  );
}

function bodyView(file: ShownFile, dispatch: Dispatch): HTMLElement {
  const { answer, failed, picture, clear, path, page, pages, large } = file;
  if (failed !== null) return make("p", { class: "notice" }, failed);
  if (answer.text !== null) return textView(answer.text, answer.view === "text", dispatch);
  switch (answer.view) {
    case "picture":
    case "document": {
      const where = pages > 1 ? `Page ${String(page + 1)} of ${String(pages)}. ` : "";
      const state = clear ? "Shown clearly." : "Veiled: press v to show it clearly. What you look at is counted, for your own care.";
      return make(
        "div",
        {},
        make("p", { class: "hint" }, `${where}${state}`),
        picture === null ? make("p", {}, "One moment …") : pictureView(picture, clear, large, page),
      );
    }
    case "sound":
    case "film":
      return path === null
        ? make("p", { class: "hint" }, "The player opens in a frame of its own that has no scripts and can load nothing but this file.")
        : make("iframe", { class: answer.view === "film" ? "film" : "sound", sandbox: true, src: path, title: "Player" });
    default:
      return make("p", {}, "Only these facts are shown here. The command “extract” writes the file out for other programs.");
  }
}

function pictureView({ width, height, pixels }: Picture, clear: boolean, large: boolean, page: number): HTMLElement {
  const canvas = make("canvas", { role: "img", "aria-label": `${clear ? "Page" : "Veiled page"} ${String(page + 1)} of the file` });
  canvas.width = width;
  canvas.height = height;
  const whole = new ImageData(width, height);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    whole.data[to] = pixels[from] ?? 0;
    whole.data[to + 1] = pixels[from + 1] ?? 0;
    whole.data[to + 2] = pixels[from + 2] ?? 0;
    whole.data[to + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(whole, 0, 0);
  const kind = clear ? (large ? "picture large" : "picture") : "picture veiled";
  return make(
    "div",
    { class: kind, tabindex: large ? "0" : undefined, role: large ? "region" : undefined, "aria-label": large ? "Picture" : undefined },
    canvas,
  );
}

function textView({ text, encoding, cut }: NonNullable<ShownFile["answer"]["text"]>, isChosen: boolean, dispatch: Dispatch): HTMLElement {
  const select = make(
    "select",
    {},
    make("option", { value: "" }, `found out: ${encoding}`),
    ...ENCODINGS.map((name) => make("option", { value: name }, name)),
  );
  select.addEventListener("change", () => {
    dispatch({ do: "encoding", encoding: select.value === "" ? null : (select.value as Encoding) });
  });
  return make(
    "div",
    {},
    isChosen ? make("p", {}, make("label", {}, "Read as ", select)) : null,
    cut ? make("p", { class: "notice" }, "Only its beginning is shown. The command “extract” writes the whole file out.") : null,
    make("div", { class: "narrative", tabindex: "0", role: "region", "aria-label": "Text of the file" }, foreignText(text)),
  );
}
