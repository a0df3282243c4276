/** What can be done with referrals in the page: the forms, and an action with its key for everything that the review machine says is allowed. Pure. */
import { REMOVAL_REASONS } from "../../referral/acts.ts";
import type { Statement } from "../../referral/statement.ts";
import { OUTCOMES } from "../../triage/vocabulary.ts";
import type { ReferralAnswer, ReferralContent } from "../referral-wire.ts";
import { draftForm, type Field, type Form, one, optionsOf, type Values, WORDS_MISSING } from "./forms.ts";
import type { Command, Effect, State } from "./state.ts";

/** A stretch of one text that is marked, and its words. */
export interface Passage {
  readonly source: string;
  readonly text: number;
  readonly start: number;
  readonly end: number;
  readonly words: string;
}

/** Something that can be done here, with its key. */
export interface Action {
  readonly key: string;
  readonly button: string;
  readonly command: Command;
}

const REFERRAL_FORMS = [
  "referral-draft",
  "referral-program",
  "referral-remove",
  "referral-statement",
  "referral-pack",
  "referral-file",
  "referral-answered",
  "referral-letter",
] as const;

export type ReferralForm = (typeof REFERRAL_FORMS)[number];

export function isReferralForm(name: string): name is ReferralForm {
  return (REFERRAL_FORMS as readonly string[]).includes(name);
}

/** What can be done with the list of referrals. */
export function referralsActions({ referrals }: State): Action[] {
  const actions: Action[] = [{ key: "d", button: "Draft a referral", command: { do: "panel", panel: "referral-draft" } }];
  if (referrals?.mayRecordProgram === true)
    actions.push({ key: "r", button: "Rewards program", command: { do: "panel", panel: "referral-program" } });
  return actions;
}

/** What this person can do with the referral that is shown. */
export function referralActions({ referral, preview }: State): Action[] {
  if (!referral?.content) return [];
  const { content, may, packed, waiting } = referral;
  const about = { referral: referral.referral };
  const panel = (name: ReferralForm): Command => ({ do: "panel", panel: name });
  const call = (effect: Effect): Command => ({ do: "call", effect });
  const confirmable = waiting.find(({ mayConfirm }) => mayConfirm);
  const all: (Action | null)[] = [
    may.work ? { key: "r", button: "Remove words", command: panel("referral-remove") } : null,
    may.work ? { key: "w", button: "Write", command: panel("referral-statement") } : null,
    preview === null
      ? { key: "v", button: "See the page", command: call({ call: "referral-preview", request: about }) }
      : { key: "v", button: "Close the page", command: { do: "preview", path: null } },
    may.work && content.stopped === null ? { key: "f", button: "Fix it", command: call({ call: "referral-fix", request: about }) } : null,
    may.approve && waiting.length === 0
      ? { key: "a", button: "Approve", command: call({ call: "referral-approve", request: about }) }
      : null,
    confirmable === undefined
      ? null
      : { key: "c", button: "Confirm", command: { do: "decide", proposal: confirmable.proposal, confirmed: true } },
    may.pack ? { key: "s", button: "Seal to the agency", command: panel("referral-pack") } : null,
    may.send && waiting.length === 0
      ? { key: "l", button: "Let it leave", command: call({ call: "referral-send", request: about }) }
      : null,
    may.write && packed !== null ? { key: "t", button: "Write it to a stick", command: panel("referral-file") } : null,
    may.answers.length > 0 ? { key: "n", button: "Agency’s answer", command: panel("referral-answered") } : null,
    may.tell ? { key: "q", button: "Write to the witnesses", command: panel("referral-letter") } : null,
    may.reopen ? { key: "b", button: "Back to a draft", command: call({ call: "referral-reopen", request: about }) } : null,
  ];
  return all.filter((action) => action !== null);
}

/** The form of that name, for what is shown; `null` if there is nothing it could be about. */
export function referralForm(name: ReferralForm, state: State): Form | null {
  if (name === "referral-draft") return draftForm([]);
  if (name === "referral-program") return programForm("referral-program");
  const { referral } = state;
  if (!referral?.content) return null;
  const { content } = referral;
  switch (name) {
    case "referral-remove":
      return removeForm(referral, state.passage);
    case "referral-statement":
      return statementForm(referral, content);
    case "referral-pack":
      return packForm(referral);
    case "referral-file":
      return folderForm("Write it to a stick", referral.places, (folder) => ({
        call: "referral-file",
        request: { referral: referral.referral, folder },
      }));
    case "referral-answered":
      return answeredForm(referral);
    case "referral-letter":
      return letterForm(referral);
  }
}

/** For both casebooks. */
export function programForm(call: "referral-program" | "claims-program"): Form {
  return {
    title: "Rewards program",
    fields: [{ name: "file", label: "Its file, program.json", kind: "file", hint: "What it says holds from now on." }],
    submit: "Record",
    effect: (values) => {
      const file = one(values, "file");
      return file === "" ? "Choose the file first." : { call, request: { file } };
    },
  };
}

function removeForm({ referral }: ReferralAnswer, passage: Passage | null): Form {
  return {
    title: "Remove words",
    fields: [
      {
        name: "words",
        label: "Words, as they stand in the text",
        kind: "words",
        value: passage?.words ?? "",
        hint: "Mark them in a text before, or write them. What they were is written down nowhere; where, how long and why is.",
      },
      { name: "reason", label: "Why", kind: "choice", options: optionsOf(REMOVAL_REASONS), value: "identifies_source" },
      ...(passage === null
        ? []
        : [{ name: "here", label: "Only at the place that is marked, not everywhere", kind: "yes" } satisfies Field]),
    ],
    submit: "Remove",
    effect: (values) => {
      const words = values["words"]?.[0] ?? "";
      const reason = one(values, "reason") as (typeof REMOVAL_REASONS)[number];
      if (words === "") return WORDS_MISSING;
      if (one(values, "here") !== "yes" || passage === null)
        return { call: "referral-remove", request: { referral, reason, words, place: null } };
      if (passage.words !== words) return "These are not the words that are marked.";
      const { source, text, start, end } = passage;
      return { call: "referral-remove", request: { referral, reason, words: null, place: { source, text, start, end } } };
    },
  };
}

const PROSE = [
  ["action", "What the agency is asked to do"],
  ["summary", "Summary, one page"],
  ["significance", "Why this information matters"],
  ["risk_source", "Risk to sources if acted upon"],
  ["risk_others", "Risk to others if acted upon"],
] as const;

const LINES = [
  ["gaps", "What is not known"],
  ["questions", "Questions that could be asked"],
  ["limits", "Limits of sharing"],
  ["handling", "Further handling"],
  ["told", "What sources were told about rewards, and when"],
] as const;

const EACH_LINE = "One on each line. May stay empty.";

function statementForm({ referral }: ReferralAnswer, { statement, sources, subjects }: ReferralContent): Form {
  const names = sources.map(({ source }) => source);
  const said = (list: readonly { readonly source: string }[], name: string): Readonly<Record<string, string>> =>
    list.find(({ source }) => source === name) ?? {};
  const subjectHint = subjects.map(({ entity, name }) => `${String(entity)} is ${name}`).join("; ");
  return {
    title: "What only people know",
    fields: [
      ...PROSE.map(([name, label]) => ({ name, label, kind: "words", value: statement[name] }) satisfies Field),
      { name: "route", label: "Route, may stay empty", kind: "line", value: statement.route ?? "" },
      ...names.flatMap((name) => [
        {
          name: `access-${name}`,
          label: `${name}: how they can know it, not who they are`,
          kind: "words",
          value: said(statement.access, name)["text"] ?? "",
        } satisfies Field,
        {
          name: `consent-${name}`,
          label: `${name}: how they agreed, if they asked to be asked`,
          kind: "line",
          value: said(statement.consent, name)["note"] ?? "",
        } satisfies Field,
      ]),
      {
        name: "contradicting",
        label: "What speaks against it, exculpatory points too",
        kind: "words",
        value: statement.contradicting.map(({ sources: of, text }) => `${of.join(" ")}: ${text}`).join("\n"),
        hint: "One on each line: sources, a colon, the point. Such as “T1 T2: was abroad that year”.",
      },
      {
        name: "none_contradicting",
        label: "I looked for points against it and know of none",
        kind: "yes",
        value: statement.none_contradicting ? "yes" : "",
      },
      {
        name: "timeline",
        label: "Timeline",
        kind: "words",
        value: statement.timeline
          .map(({ when, where, what, sources: of }) => [when, where ?? "", what, of.join(" ")].join(" | "))
          .join("\n"),
        hint: "One on each line: when (EDTF) | where, or nothing | what | sources.",
      },
      {
        name: "identifiers",
        label: "Identifiers of subjects",
        kind: "words",
        value: statement.identifiers
          .flatMap(({ entity, identifiers }) => identifiers.map((line) => `${String(entity)}: ${line}`))
          .join("\n"),
        hint: subjectHint === "" ? "No subject is named yet." : `One on each line: number, a colon, the identifier. ${subjectHint}.`,
      },
      ...LINES.map(([name, label]) => ({ name, label, kind: "words", value: statement[name].join("\n"), hint: EACH_LINE }) satisfies Field),
    ],
    submit: "Write down",
    effect: (values) => {
      const written = statementIn(values, names);
      return typeof written === "string" ? written : { call: "referral-statement", request: { referral, statement: written } };
    },
  };
}

function linesIn(values: Values, name: string): string[] {
  return one(values, name)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The statement that was written, or what is wrong with it. */
export function statementIn(values: Values, names: readonly string[]): Statement | string {
  for (const [name, label] of PROSE) if (one(values, name) === "") return `Missing: ${label.toLowerCase()}.`;
  const points = linesIn(values, "contradicting").map((line) => /^((?:T\d+[ ,]*)*):\s*(.+)$/.exec(line));
  const times = linesIn(values, "timeline").map((line) => /^([^|]+)\|([^|]*)\|([^|]+)\|([^|]*)$/.exec(line));
  const marks = linesIn(values, "identifiers").map((line) => /^E?(\d{1,8}):\s*(.+)$/.exec(line));
  if (points.includes(null)) return "A point that speaks against it: sources, a colon, the point.";
  if (times.includes(null)) return "A line of the timeline: when | where | what | sources.";
  if (marks.includes(null)) return "An identifier: the subject’s number, a colon, the identifier.";
  const none = one(values, "none_contradicting") === "yes";
  if (none === points.length > 0) return "Write what speaks against it, or say that you know of nothing.";
  const group = (match: RegExpExecArray | null, index: number): string => match?.[index]?.trim() ?? "";
  const sourcesOf = (text: string): string[] => text.split(/[ ,]+/).filter((name) => name !== "");
  const entities = [...new Set(marks.map((match) => Number(group(match, 1))))];
  const about = <K extends string>(prefix: string, field: K) =>
    names.flatMap((source) => {
      const text = one(values, `${prefix}-${source}`);
      return text === "" ? [] : [{ source, [field]: text } as { source: string } & Record<K, string>];
    });
  const [action, summary, significance, risk_source, risk_others] = PROSE.map(([name]) => one(values, name)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const [gaps, questions, limits, handling, told] = LINES.map(([name]) => linesIn(values, name)) as [
    string[],
    string[],
    string[],
    string[],
    string[],
  ];
  return {
    ...{ action, summary, significance, risk_source, risk_others, gaps, questions, limits, handling, told },
    access: about("access", "text"),
    consent: about("consent", "note"),
    contradicting: points.map((match) => ({ sources: sourcesOf(group(match, 1)), text: group(match, 2) })),
    identifiers: entities.map((entity) => ({
      entity,
      identifiers: marks.filter((match) => Number(group(match, 1)) === entity).map((match) => group(match, 2)),
    })),
    none_contradicting: none,
    route: one(values, "route") || null,
    timeline: times.map((match) => ({
      when: group(match, 1),
      where: group(match, 2) || null,
      what: group(match, 3),
      sources: sourcesOf(group(match, 4)),
    })),
    version: "1",
  };
}

function packForm({ referral }: ReferralAnswer): Form {
  return {
    title: "Seal it to the agency",
    fields: [
      {
        name: "agency",
        label: "The agency’s OpenPGP certificate",
        kind: "file",
        hint: "Compare its fingerprint, shown afterwards, with the agency over another way before it leaves.",
      },
      { name: "pdf", label: "With a PDF, printed by the browser of this machine", kind: "yes", value: "yes" },
    ],
    submit: "Seal",
    effect: (values) => {
      const agency = one(values, "agency");
      if (agency === "") return "Choose the certificate first.";
      return { call: "referral-pack", request: { referral, agency, pdf: one(values, "pdf") === "yes" } };
    },
  };
}

/** Asks for a folder. */
export function folderForm(title: string, places: readonly string[], effect: (folder: string) => Effect): Form {
  return {
    title,
    fields: [{ name: "folder", label: "Folder of the stick", kind: "line", value: places[0] ?? "" }],
    submit: "Write",
    effect: (values) => {
      const folder = one(values, "folder");
      return folder === "" ? "Say which folder." : effect(folder);
    },
  };
}

function answeredForm({ referral, may }: ReferralAnswer): Form {
  return {
    title: "What the agency answered",
    fields: [
      { name: "answer", label: "Answer", kind: "choice", options: optionsOf(may.answers) },
      { name: "outcome", label: "Outcome, if that is the answer", kind: "choice", options: [["", "–"], ...optionsOf(OUTCOMES)] },
      { name: "date", label: "Day", kind: "day" },
      { name: "reference", label: "The agency’s number, may stay empty", kind: "line" },
      { name: "words", label: "What was said, may stay empty; it is kept sealed", kind: "words" },
      { name: "documents", label: "What came with it, may be several files", kind: "files" },
    ],
    submit: "Write down",
    effect: (values) => {
      const answer = one(values, "answer") as ReferralAnswer["may"]["answers"][number];
      const outcome = (one(values, "outcome") || null) as (typeof OUTCOMES)[number] | null;
      if (one(values, "date") === "") return "Say on which day.";
      if ((answer === "outcome") !== (outcome !== null)) return "An outcome says which, and nothing else does.";
      const documents = (values["documents"] ?? []).filter((file) => file !== "");
      const [reference, words] = [one(values, "reference") || null, one(values, "words") || null];
      return { call: "referral-answered", request: { referral, answer, outcome, date: one(values, "date"), reference, words, documents } };
    },
  };
}

function letterForm({ referral }: ReferralAnswer): Form {
  return {
    title: "Write to the witnesses",
    fields: [
      { name: "words", label: "Plain text, the same to every witness of this referral", kind: "words" },
      {
        name: "challenge",
        label: "Ask each for a proof of the claim to a reward",
        kind: "yes",
        hint: "All are asked: nobody here knows who kept a code, and asking some would tell.",
      },
    ],
    submit: "Show it whole first",
    effect: (values) => {
      const text = one(values, "words");
      if (text === "") return WORDS_MISSING;
      return { call: "referral-letter", request: { referral, text, challenge: one(values, "challenge") === "yes" } };
    },
  };
}
