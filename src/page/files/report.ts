/** What is said of a file, in the witness's language: plain data that the view draws. */
import type { FilesText } from "../locales/locale.ts";
import type { Examined } from "./examine.ts";
import { kindOf } from "./kind.ts";

/** What the page says of a file it has looked into, or could not look into. */
export interface Report {
  /** Sentences. */
  readonly notes: readonly string[];
  /** Traces, each with words from the file: to be shown as text of any direction and from anybody. */
  readonly traces: readonly { readonly label: string; readonly values: readonly string[] }[];
  /** Sentences after them. */
  readonly advice: readonly string[];
  /** `null` if the file can only be sent as it is. */
  readonly choice: Choice | null;
}

/** The question how a file is sent. */
export interface Choice {
  readonly question: string;
  /** With the file's `{name}`. */
  readonly named: string;
  readonly original: string;
  readonly cleaned: string;
  /** What the cleaned copy keeps. */
  readonly hint: string;
  /** Of the cleaned copy, in bytes. */
  readonly size: number;
}

/** The report on a file. `name` and `type` are the device's words for it. */
export function reportOn(examined: Examined, { name, type }: { name: string; type: string }, words: FilesText): Report {
  const { seen, partly, found, cleaned } = examined;
  if (seen !== "looked") return { notes: [words[seen]], traces: [], advice: [words.kinds[kindOf(name, type)]], choice: null };
  const traces = found.map(({ trait, values }) => ({ label: words.traits[trait], values }));
  const notes = [...(partly ? [words.partly] : []), found.length === 0 ? words.nothing : words.found];
  const pages = kindOf(name, type) === "pdf" ? [words.pages] : [];
  if (cleaned === null) {
    return { notes, traces, advice: found.length === 0 ? [] : [words.cannotClean, ...pages], choice: null };
  }
  const left = cleaned.left.map((trait) => words.traits[trait]).join(" · ");
  return {
    notes,
    traces,
    advice: pages,
    choice: {
      question: words.choice,
      named: words.choiceNamed,
      original: words.original,
      cleaned: words.cleaned,
      hint: left === "" ? words.same : `${words.same} ${words.left} ${left}`,
      size: cleaned.file.size,
    },
  };
}
