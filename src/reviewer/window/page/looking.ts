/**
 * Looking at one attached file: what follows from what a person wants and what comes back. Pure. A picture or a page of a document comes veiled until somebody asks for it; then
 * further pages of it come clear, until it is covered again.
 */
import type { Encoding } from "../../viewing/text-files.ts";
import { LONGEST_SIDE, VEIL_SIDE } from "../../viewing/renderer-frame.ts";
import type { Calls, FileAnswer } from "../wire.ts";
import type { Effect, State } from "./state.ts";

/** The longest side of a picture that fits the window, pixels. */
const FITTING_SIDE = 1600;

/** A page as pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel. */
  readonly pixels: Uint8Array;
}

export interface ShownFile {
  readonly index: number;
  readonly answer: FileAnswer;
  /** From 0. */
  readonly page: number;
  /** As far as it is known. */
  readonly pages: number;
  readonly clear: boolean;
  readonly large: boolean;
  readonly picture: Picture | null;
  /** Of the frame that plays a sound or film. */
  readonly path: string | null;
  /** Why nothing is shown, or `null`. */
  readonly failed: string | null;
}

/** What a person wants of the file. */
export type Look = "reveal" | "cover" | "next" | "previous" | "size" | "words" | "pages";

interface Step {
  readonly file: ShownFile;
  readonly effects: readonly Effect[];
}

type Tip = NonNullable<State["tip"]>;

/** A file came that was asked for, or its text in another form. */
export function fileCame(tip: Tip, before: ShownFile | null, index: number, answer: FileAnswer): Step {
  const first: ShownFile = {
    index,
    answer,
    page: 0,
    pages: 1,
    clear: false,
    large: false,
    picture: null,
    path: null,
    failed: null,
  };
  const file = before?.index === index ? { ...before, answer } : first;
  const isDrawn = answer.text === null && (answer.view === "picture" || answer.view === "document");
  return { file, effects: isDrawn ? [draw(tip, file)] : [] };
}

/** Pixels came; what is not what is wanted any more is left. */
export function pageCame(file: ShownFile, request: Calls["page"][0], answer: Uint8Array): ShownFile {
  if (request.index !== file.index || request.page !== file.page || request.longest !== sideOf(file)) return file;
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  const picture = { width: view.getUint32(4), height: view.getUint32(8), pixels: answer.subarray(12) };
  return { ...file, pages: view.getUint32(0), picture, failed: null };
}

/** What follows from a wish. */
export function look(tip: Tip, file: ShownFile, what: Look): Step {
  const { view } = file.answer;
  const isFrame = view === "sound" || view === "film";
  const request = { tip: tip.row.id, index: file.index };
  switch (what) {
    case "reveal":
      if (isFrame) return { file: { ...file, clear: true }, effects: [{ call: "play", request }] };
      return view === "picture" || view === "document" ? drawn(tip, { ...file, clear: true, picture: null }) : stay(file);
    case "cover": {
      const covered = { ...file, clear: false, large: false, picture: null, path: null };
      const after: Effect[] = [
        { call: "cover", request: {} },
        { call: "desk", request: {} },
      ];
      return { file: covered, effects: isFrame ? after : [...after, draw(tip, covered)] };
    }
    case "next":
      return file.page + 1 < file.pages ? drawn(tip, { ...file, page: file.page + 1 }) : stay(file);
    case "previous":
      return file.page > 0 ? drawn(tip, { ...file, page: file.page - 1 }) : stay(file);
    case "size":
      return file.clear && !isFrame ? drawn(tip, { ...file, large: !file.large }) : stay(file);
    case "words":
      return view === "document" ? { file, effects: [{ call: "words", request }] } : stay(file);
    case "pages": {
      const again = { ...file, answer: { ...file.answer, text: null } };
      return view === "document" ? drawn(tip, again) : stay(file);
    }
  }
}

/** The text in an encoding that a person chose. */
export function inEncoding(tip: Tip, file: ShownFile, encoding: Encoding | null): Effect {
  return { call: "file", request: { tip: tip.row.id, index: file.index, encoding } };
}

function stay(file: ShownFile): Step {
  return { file, effects: [] };
}

/** The page before stays until the next is there. */
function drawn(tip: Tip, file: ShownFile): Step {
  const effects: Effect[] = [draw(tip, file)];
  if (file.clear) effects.push({ call: "desk", request: {} });
  return { file: { ...file, failed: null }, effects };
}

function sideOf({ clear, large }: ShownFile): number {
  if (!clear) return VEIL_SIDE;
  return large ? LONGEST_SIDE : FITTING_SIDE;
}

function draw(tip: Tip, file: ShownFile): Effect {
  return { call: "page", request: { tip: tip.row.id, index: file.index, page: file.page, longest: sideOf(file) } };
}
