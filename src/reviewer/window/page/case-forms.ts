/** Forms about entities and proposals: what each asks, and the call that follows. Pure. */
import { ROLES } from "../../casebook/roles.ts";
import { CERTAINTIES, ENTITY_KINDS } from "../../triage/vocabulary.ts";
import { wordsFor } from "../words.ts";
import { act, type Form, one, optionsOf } from "./forms.ts";
import type { State } from "./state.ts";

const NAME_MISSING = "Write the name first, as it is written where it comes from.";

const NAME_FIELDS: Form["fields"] = [
  { name: "text", label: "Name, as it is written", kind: "line", hint: "In its own script and order; no first or last name." },
  { name: "romanised", label: "In Latin letters, may stay empty", kind: "line" },
];

const FORMS = {
  "new-entity": ({ casework }: State): Form => ({
    title: "New entity",
    fields: [
      { name: "kind", label: "What it is", kind: "choice", options: optionsOf(ENTITY_KINDS), value: casework.wanted.kind ?? "person" },
      ...NAME_FIELDS.map((field) => (field.name === "text" ? { ...field, value: casework.wanted.query } : field)),
      {
        name: "role",
        label: "Role, may stay empty",
        kind: "line",
        hint: "Names and roles are not sealed and outlive a tip: none of a tip’s own words.",
      },
    ],
    submit: "Name it",
    effect: (values) => {
      const text = one(values, "text");
      if (text === "") return NAME_MISSING;
      const name = { text, romanised: one(values, "romanised") || null };
      return act({ kind: "entity-named", entity: one(values, "kind"), name, role: one(values, "role") || null });
    },
  }),
  alias: ({ casework: { entity } }: State): Form => ({
    title: "Another name of the same",
    fields: NAME_FIELDS,
    submit: "Add",
    effect: (values) => {
      const text = one(values, "text");
      if (text === "" || entity === null) return NAME_MISSING;
      return act({ kind: "alias-added", entity: entity.row.entity, name: { text, romanised: one(values, "romanised") || null } });
    },
  }),
  mention: ({ casework: { entity, linking } }: State): Form => ({
    title: `Tip ${linking?.tip ?? ""} speaks of it`,
    fields: [
      { name: "certainty", label: "How sure", kind: "choice", options: optionsOf(CERTAINTIES), value: "probable" },
      ...(linking?.quote
        ? [{ name: "quoted", label: `With the words that were marked (${String(linking.quoted.length)} characters)`, kind: "yes" } as const]
        : []),
    ],
    submit: "Link",
    effect: (values) => {
      if (entity === null || linking === null) return "Come here from a tip to link it.";
      const quote = one(values, "quoted") === "yes" ? linking.quote : null;
      return act({ kind: "mentioned", tip: linking.tip, entity: entity.row.entity, quote, certainty: one(values, "certainty") });
    },
  }),
  "propose-case": ({ casework: { proposing } }: State): Form => ({
    title: "Propose what takes two people",
    fields: [
      {
        name: "what",
        label: "What",
        kind: "choice",
        options: [
          ...(proposing?.retention ?? []).map(
            ({ class: code, days }) =>
              [`keep:${code}`, `keep ${wordsFor(code)} for … days${days === null ? "" : ` (now ${String(days)})`}`] as const,
          ),
          ...(proposing?.offers ?? []).map(({ says }, index) => [`offer:${String(index)}`, says] as const),
        ],
        hint: "Nothing happens until somebody else confirms it. What is about one tip is proposed where it is read; weeks are offered once they are over and acknowledged.",
      },
      { name: "days", label: "Days, for how long something is kept", kind: "line" },
    ],
    submit: "Propose",
    effect: (values) => {
      const [sort, which = ""] = one(values, "what").split(":");
      if (sort === "offer") {
        const offer = proposing?.offers[Number(which)];
        return offer === undefined ? "There is nothing to propose." : act({ kind: "proposed", subject: offer.subject });
      }
      const days = Number(one(values, "days") || "0");
      if (!Number.isInteger(days) || days < 1 || days > 36_500) return "Days are a whole number from 1 to 36,500.";
      return act({ kind: "proposed", subject: { what: "retention", class: which, days } });
    },
  }),
  "propose-person": (): Form => ({
    title: "Propose somebody new",
    fields: [
      { name: "name", label: "Name", kind: "line" },
      { name: "roles", label: "Roles", kind: "several", options: optionsOf(ROLES) },
      {
        name: "secret",
        label: "Their passphrase, or the words of their card, typed by them",
        kind: "line",
        hint: "At least 16 characters. Empty only in a practice casebook.",
      },
    ],
    submit: "Propose",
    effect: (values) => {
      const roles = [...(values["roles"] ?? [])].sort();
      const name = one(values, "name");
      if (name === "" || roles.length === 0) return "Somebody new has a name and at least one role.";
      return { call: "propose-person", request: { name, roles, secret: values["secret"]?.[0] ?? "" } };
    },
  }),
} as const satisfies Record<string, (state: State) => Form>;

export type CaseFormName = keyof typeof FORMS;

/** Whether a panel is one of these forms. */
export function isCaseForm(panel: string): panel is CaseFormName {
  return Object.hasOwn(FORMS, panel);
}

/** The form, for what is shown. */
export function caseFormOf(name: CaseFormName, state: State): Form {
  return FORMS[name](state);
}
