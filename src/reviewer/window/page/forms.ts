/** The forms of the reading view: what each asks, and the call that follows. Pure. What may be done is said by the review machine in the tip's content; a form only leaves out what cannot be. */
import type { Json } from "../../../protocol/format/json.ts";
import {
  ELEMENTS,
  FLAGS,
  CLOSE_REASONS,
  INDEPENDENCE,
  INFORMATION_GRADES,
  LINKS,
  REASONS,
  SOURCE_GRADES,
  STANCES,
  TAGS,
} from "../../triage/vocabulary.ts";
import type { DeskAnswer, TipAnswer, TipContent } from "../wire.ts";
import type { Effect, State } from "./state.ts";
import { wordsFor } from "../words.ts";

/** What a form is about. */
export interface Subject {
  readonly tip: TipAnswer;
  readonly content: TipContent;
  readonly desk: DeskAnswer;
  readonly marked: State["marked"];
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind: "choice" | "day" | "file" | "files" | "several" | "line" | "words" | "yes";
  /** For choices: values and what is shown. */
  readonly options?: readonly (readonly [value: string, shown: string])[];
  readonly value?: string;
  readonly hint?: string;
}

/** What was filled in: several values for `several`, `yes` or nothing for `yes`, base64 for files. */
export type Values = Readonly<Record<string, readonly string[]>>;

export interface Form {
  readonly title: string;
  readonly fields: readonly Field[];
  readonly submit: string;
  /** The call, or what is wrong with what was filled in. */
  readonly effect: (values: Values) => Effect | string;
}

interface Kind {
  /** Key that opens it. */
  readonly key: string;
  /** What its button says. */
  readonly button: string;
  readonly isOffered: (content: TipContent) => boolean;
  readonly form: (subject: Subject) => Form;
}

const always = (): boolean => true;

/** Codes and what they mean. */
export function optionsOf(codes: readonly (string | number)[]): NonNullable<Field["options"]> {
  return codes.map((code) => [String(code), wordsFor(String(code))] as const);
}

/** What stands in a field. */
export function one(values: Values, name: string): string {
  return values[name]?.[0]?.trim() ?? "";
}

/** The call that makes an act. */
export function act(act: { readonly kind: string } & Readonly<Record<string, Json>>, words: string | null = null): Effect {
  return { call: "act", request: { act, words } };
}

export const WORDS_MISSING = "Write something first.";
const QUOTE_MISSING = "These words do not stand in the text like this.";

function quoteField({ content, marked }: Subject): Field {
  return {
    name: "quote",
    label: "Quote",
    kind: "line",
    value: marked === null ? "" : content.narrative.slice(marked.start, marked.end),
    hint: "Mark it in the text before, or write the words as they stand there. May stay empty.",
  };
}

/** Where the quoted words stand; `undefined` if nowhere. What was marked counts before the first place with the same words. */
function quoteIn(values: Values, { content: { narrative }, marked }: Subject): { start: number; end: number } | null | undefined {
  const words = values["quote"]?.[0] ?? "";
  if (words === "") return null;
  if (marked !== null && narrative.slice(marked.start, marked.end) === words) return { start: marked.start, end: marked.end };
  const start = narrative.indexOf(words);
  return start < 0 ? undefined : { start, end: start + words.length };
}

const GRADE_FIELDS: readonly Field[] = [
  { name: "source", label: "Source", kind: "choice", options: optionsOf(SOURCE_GRADES), value: "F" },
  { name: "information", label: "Information", kind: "choice", options: optionsOf(INFORMATION_GRADES), value: "6" },
  { name: "reasons", label: "Reasons", kind: "several", options: optionsOf(REASONS) },
];

function gradeOf(values: Values) {
  return {
    source: one(values, "source"),
    information: Number(one(values, "information")),
    reasons: [...(values["reasons"] ?? [])].sort(),
  };
}

/** Drafting a referral of tips, of which some are known already. */
export function draftForm(known: readonly string[]): Form {
  return {
    title: "Draft a referral",
    fields: [
      { name: "title", label: "Title, without anything that a tip says", kind: "line" },
      { name: "tips", label: "Tips, each by its twelve digits", kind: "words", value: known.join("\n") },
    ],
    submit: "Draft",
    effect: (values) => {
      const title = one(values, "title");
      const tips = [
        ...new Set(
          one(values, "tips")
            .split(/[\s,;]+/)
            .filter((tip) => tip !== ""),
        ),
      ];
      if (title === "") return "Give it a title.";
      if (tips.length === 0 || !tips.every((tip) => /^[0-9a-f]{12}$/.test(tip))) return "A tip is named by its twelve digits.";
      return { call: "referral-draft", request: { title, tips } };
    },
  };
}

/** A form with one field of words that goes into an act. */
function wordsForm(title: string, label: string, kind: string, more: Readonly<Record<string, Json>> = {}) {
  return ({ tip }: Subject): Form => ({
    title,
    fields: [{ name: "words", label, kind: "words" }],
    submit: "Write down",
    effect: (values) => {
      const words = one(values, "words");
      return words === "" ? WORDS_MISSING : act({ kind, tip: tip.row.id, ...more }, words);
    },
  });
}

const KINDS = {
  tag: {
    key: "t",
    button: "Tag",
    isOffered: always,
    form: ({ tip }) => ({
      title: "Tag",
      fields: [
        {
          name: "tag",
          label: "Tag",
          kind: "choice",
          options: Object.entries(TAGS).flatMap(([set, codes]) =>
            codes.map((code) => [`${set}/${code}`, `${wordsFor(set)}: ${wordsFor(code)}`] as const),
          ),
        },
      ],
      submit: "Tag",
      effect: (values) => {
        const [set = "", code = ""] = one(values, "tag").split("/");
        return act({ kind: "tagged", tip: tip.row.id, set, code });
      },
    }),
  },
  code: {
    key: "e",
    button: "Code an element",
    isOffered: always,
    form: (subject) => ({
      title: "Code an element",
      fields: [
        { name: "element", label: "Element", kind: "choice", options: optionsOf(ELEMENTS) },
        { name: "stance", label: "The tip", kind: "choice", options: optionsOf(STANCES), value: "supports" },
        quoteField(subject),
      ],
      submit: "Code",
      effect: (values) => {
        const quote = quoteIn(values, subject);
        if (quote === undefined) return QUOTE_MISSING;
        return act({ kind: "coded", tip: subject.tip.row.id, element: one(values, "element"), stance: one(values, "stance"), quote });
      },
    }),
  },
  grade: {
    key: "a",
    button: "Grade",
    isOffered: ({ mayGrade }) => mayGrade,
    form: ({ tip }) => ({
      title: "Grade",
      fields: [...GRADE_FIELDS, { name: "words", label: "Note, may stay empty", kind: "words" }],
      submit: "Sign this grade",
      effect: (values) => act({ kind: "graded", tip: tip.row.id, ...gradeOf(values) }, one(values, "words") || null),
    }),
  },
  reconcile: {
    key: "y",
    button: "Reconcile",
    isOffered: ({ mayReconcile }) => mayReconcile,
    form: ({ tip }) => ({
      title: "Reconcile the two grades",
      fields: GRADE_FIELDS,
      submit: "Sign what was agreed",
      effect: (values) => act({ kind: "reconciled", tip: tip.row.id, ...gradeOf(values) }),
    }),
  },
  link: {
    key: "l",
    button: "Link",
    isOffered: always,
    form: ({ tip, content }) => ({
      title: "Link to another tip",
      fields: [
        { name: "other", label: "The other tip, its twelve digits", kind: "line", value: content.alike[0]?.id ?? "" },
        { name: "link", label: "They", kind: "choice", options: optionsOf(LINKS) },
        { name: "independent", label: "Independent of each other", kind: "choice", options: optionsOf(INDEPENDENCE), value: "unknown" },
      ],
      submit: "Link",
      effect: (values) => {
        const other = one(values, "other");
        if (!/^[0-9a-f]{12}$/.test(other)) return "A tip is named by its twelve digits.";
        return act({ kind: "linked", tip: tip.row.id, other, link: one(values, "link"), independent: one(values, "independent") });
      },
    }),
  },
  note: { key: "n", button: "Note", isOffered: always, form: wordsForm("Note", "Note", "noted") },
  question: {
    key: "q",
    button: "Question",
    isOffered: always,
    form: wordsForm("Question for the witness", "One narrow question. It is kept here; a reply sends it.", "question-noted"),
  },
  task: {
    key: "b",
    button: "Task",
    isOffered: always,
    form: ({ tip, desk }) => ({
      title: "Task",
      fields: [
        { name: "words", label: "What is to be done", kind: "words" },
        {
          name: "person",
          label: "Who",
          kind: "choice",
          options: [["", "anybody"], ...desk.people.map(({ key, name }) => [key, name] as const)],
        },
        { name: "due", label: "Day it is due, YYYY-MM-DD, may stay empty", kind: "line" },
      ],
      submit: "Set",
      effect: (values) => {
        const words = one(values, "words");
        const due = one(values, "due");
        if (words === "") return WORDS_MISSING;
        if (due !== "" && !/^\d{4}-\d\d-\d\d$/.test(due)) return "A day is written YYYY-MM-DD.";
        return act({ kind: "task-set", tip: tip.row.id, person: one(values, "person") || null, due: due || null }, words);
      },
    }),
  },
  translate: {
    key: "w",
    button: "Translate",
    isOffered: always,
    form: ({ tip }) => ({
      title: "Translation, beside the original",
      fields: [
        { name: "language", label: "Into", kind: "line", value: "en", hint: "A language tag, such as en or zh-Hans." },
        { name: "words", label: "Translation", kind: "words" },
        { name: "machine", label: "Made by a machine", kind: "yes" },
      ],
      submit: "Write down",
      effect: (values) => {
        const words = one(values, "words");
        if (words === "") return WORDS_MISSING;
        const method = one(values, "machine") === "yes" ? "machine" : "human";
        return act({ kind: "translated", tip: tip.row.id, language: one(values, "language"), method, certified: false }, words);
      },
    }),
  },
  reply: {
    key: "s",
    button: "Reply",
    isOffered: ({ wantsReply }) => wantsReply,
    form: ({ tip }) => ({
      title: "Reply to the witness",
      fields: [
        { name: "words", label: "Plain text. It leaves sealed, with the next outbox, and cannot be taken back.", kind: "words" },
        { name: "challenge", label: "Ask for a proof of the claim to a reward", kind: "yes" },
      ],
      submit: "Seal",
      effect: (values) => {
        const text = one(values, "words");
        if (text === "") return WORDS_MISSING;
        return { call: "reply", request: { tip: tip.row.id, text, challenge: one(values, "challenge") === "yes" } };
      },
    }),
  },
  move: {
    key: "m",
    button: "Move",
    isOffered: ({ moves }) => moves.length > 0,
    form: ({ tip, content }) => ({
      title: "Move to another state",
      fields: [
        { name: "to", label: "State", kind: "choice", options: optionsOf(content.moves) },
        { name: "reason", label: "Why, if closed", kind: "choice", options: [["", "–"], ...optionsOf(CLOSE_REASONS)] },
        { name: "other", label: "Of which tip, if a duplicate", kind: "line", value: content.alike[0]?.id ?? "" },
      ],
      submit: "Move",
      effect: (values) => {
        const to = one(values, "to");
        const reason = one(values, "reason") || null;
        const other = one(values, "other");
        if (to === "closed" && reason === null) return "Closing says why.";
        if (to === "duplicate" && !/^[0-9a-f]{12}$/.test(other)) return "A duplicate says of which tip.";
        return act({
          kind: "moved",
          tip: tip.row.id,
          to,
          reason: to === "closed" ? reason : null,
          duplicate_of: to === "duplicate" ? other : null,
        });
      },
    }),
  },
  flag: {
    key: "f",
    button: "Flag",
    isOffered: always,
    form: ({ tip }) => ({
      title: "Flag",
      fields: [
        { name: "flag", label: "Flag", kind: "choice", options: optionsOf(FLAGS), value: "urgent_safety" },
        { name: "off", label: "Take it off", kind: "yes" },
      ],
      submit: "Write down",
      effect: (values) => act({ kind: "flagged", tip: tip.row.id, flag: one(values, "flag"), on: one(values, "off") !== "yes" }),
    }),
  },
  refer: {
    key: "r",
    button: "Refer",
    isOffered: always,
    form: ({ tip, content }) => draftForm([tip.row.id, ...content.thread.map(({ id }) => id)]),
  },
  propose: {
    key: "p",
    button: "Propose",
    isOffered: always,
    form: ({ tip, content, desk }) => ({
      title: "Propose what takes two people",
      fields: [
        {
          name: "what",
          label: "What",
          kind: "choice",
          options: [
            content.onHold ? ["release-hold", "take it off legal hold"] : ["destroy-tip", "destroy this tip, for good"],
            ...desk.people.map(({ key, name }) => [`reveal:${key}`, `show the source of this tip to ${name}`] as const),
          ],
          hint: "Nothing happens until somebody else confirms it.",
        },
      ],
      submit: "Propose",
      effect: (values) => {
        const [what = "", to] = one(values, "what").split(":");
        return act({ kind: "proposed", subject: { what, tip: tip.row.id, ...(to === undefined ? {} : { to }) } });
      },
    }),
  },
} as const satisfies Record<string, Kind>;

export type FormName = keyof typeof KINDS;

const FORM_NAMES = Object.keys(KINDS) as FormName[];

/** The form, for this subject. */
export function formOf(name: FormName, subject: Subject): Form {
  return KINDS[name].form(subject);
}

/** The forms that can be filled in for a tip, with their keys. */
export function formsFor(content: TipContent): { readonly name: FormName; readonly key: string; readonly button: string }[] {
  return FORM_NAMES.filter((name) => KINDS[name].isOffered(content)).map((name) => ({
    name,
    key: KINDS[name].key,
    button: KINDS[name].button,
  }));
}
