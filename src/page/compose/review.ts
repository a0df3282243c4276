/** The exact set that will be sent, as rows a person can read and take out one by one. */
import type { LiveText, Locale } from "../locales/locale.ts";
import type { ChosenFile, Draft, Step } from "./state.ts";
import type { RemovableField } from "./update.ts";
import { readWhen } from "./when.ts";

/** Labels of codes, and the sentences of the review, in the witness's language. */
export interface ReviewWords {
  readonly labels: Locale["labels"];
  readonly review: LiveText["review"];
  /** What the page's language calls itself. */
  readonly languageName: string;
}

/** One thing that will be sent. */
export interface ReviewRow {
  readonly label: string;
  /** The witness's own words or a label of the vocabulary; one entry for each line. */
  readonly values: readonly string[];
  /** How it is taken out: a field, a file, or not at all (the account, which can only be changed). */
  readonly removal: { readonly field: RemovableField } | { readonly file: ChosenFile } | null;
  /** Where it is changed. */
  readonly step: Step;
}

/** The rows, in the order of the questions; what was not answered has none. */
export function reviewRows(draft: Draft, { labels, review, languageName }: ReviewWords): readonly ReviewRow[] {
  const rows: ReviewRow[] = [{ label: review.narrative, values: [draft.narrative], removal: null, step: "story" }];
  const add = (field: RemovableField, label: string, values: readonly string[], step: Step): void => {
    if (values.length > 0) rows.push({ label, values, removal: { field }, step });
  };

  add("basis", review.basis, draft.basis === null ? [] : [labels.basis[draft.basis]], "questions");
  add(
    "witnessCategory",
    review.witnessCategory,
    draft.witnessCategory === null ? [] : [labels.witnessCategory[draft.witnessCategory]],
    "questions",
  );
  add(
    "eventTypes",
    review.eventTypes,
    draft.eventTypes.map((code) => labels.eventTypes[code]),
    "questions",
  );
  add("when", review.when, whenWords(draft, review), "questions");
  add("where", review.where, draft.where === null ? [] : [labels.where[draft.where] ?? draft.where], "questions");
  add(
    "evidenceHeld",
    review.evidenceHeld,
    draft.evidenceHeld.map((code) => labels.evidenceHeld[code]),
    "questions",
  );
  rows.push({
    label: review.sharing,
    values: [labels.sharing[draft.sharing]],
    removal: draft.sharing === "prefer_not_to_say" ? null : { field: "sharing" },
    step: "questions",
  });
  for (const file of draft.files) {
    const form = file.form === "cleaned" ? review.cleanedCopy : review.asItIs;
    rows.push({ label: review.attachment, values: [visibleName(file.name), form], removal: { file }, step: "files" });
  }
  // Who came back was not asked whether; both can only be taken out.
  const asked = draft.returning === null ? "reply" : "review";
  if (draft.returning !== null) rows.push({ label: review.day, values: [review.yes], removal: null, step: "review" });
  add("reply", review.reply, draft.wantsReply ? [review.yes] : [], asked);
  add("claim", draft.returning?.proof === true ? review.proof : review.claim, draft.wantsClaim ? [review.yes] : [], asked);
  add("language", review.language, draft.language === null ? [] : [languageName], "review");
  return rows;
}

/** A file's name as it can be shown: what cannot be seen, or turns the direction of writing and so can hide how a name ends, becomes a mark. */
export function visibleName(name: string): string {
  return name.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

function whenWords(draft: Draft, review: LiveText["review"]): readonly string[] {
  const when = readWhen(draft.when);
  if (when === null || when === "wrong") return [];
  const [from = "", to] = when.replaceAll("~", "").split("/");
  const range = to === undefined ? from : to === ".." ? fill(review.whenFromOn, { from }) : fill(review.whenFromTo, { from, to });
  return [draft.when.about ? fill(review.whenAbout, { when: range }) : range];
}

/** Two sentences in a row. After a mark of Chinese, which brings its own room, there is no space. */
export function joined(first: string, second: string): string {
  return /[\u3002\uff01\uff1f\uff1a]$/.test(first) ? first + second : `${first} ${second}`;
}

/** `template` with each `{name}` replaced by its value; values are never searched for places again. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{([a-z]+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? place) : place));
}
