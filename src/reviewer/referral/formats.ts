/**
 * A dossier for other programs: tables as CSV (RFC 4180, with a byte order mark, since spreadsheets take Chinese for something else without it) and subjects as
 * FollowTheMoney entities, a JSON object a line, for Aleph and its kin. Both hold nothing that the dossier does not.
 */
import { createHash } from "node:crypto";
import type { ENTITY_KINDS } from "../triage/vocabulary.ts";
import type { Dossier } from "./dossier.ts";

/** The timeline. */
export function timelineCsv({ timeline }: Dossier): string {
  const rows = timeline.map(({ when, where, what, sources }) => [when, where ?? "", what, sources.join(" ")]);
  return csv([["when_edtf", "where", "what", "sources"], ...rows]);
}

/** Subjects, a line for each name. */
export function subjectsCsv({ subjects }: Dossier): string {
  const rows = subjects.flatMap(({ subject, kind, names, role, identifiers, mentions }) => {
    const from = mentions.map(({ source }) => source).join(" ");
    return names.map(({ text, romanised }) => [subject, kind, text, romanised ?? "", role ?? "", identifiers.join("; "), from]);
  });
  return csv([["subject", "kind", "name", "romanised", "role", "identifiers", "sources"], ...rows]);
}

/** A cell that a spreadsheet would take for a formula is given an apostrophe. */
function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
}

const SCHEMATA: Readonly<Record<(typeof ENTITY_KINDS)[number], string>> = {
  account: "BankAccount",
  document: "Document",
  facility: "Organization",
  organisation: "Organization",
  person: "Person",
  vehicle: "Vehicle",
};

/** Subjects and the events of the timeline, one FollowTheMoney entity a line. */
export function followTheMoney({ reference, origin, subjects, timeline }: Dossier): string {
  const idOf = (what: string): string => createHash("sha1").update(`${origin} ${reference} ${what}`).digest("hex");
  const entities = subjects.map(({ subject, kind, names, role, identifiers }) => ({
    id: idOf(subject),
    schema: SCHEMATA[kind],
    properties: {
      name: names.map(({ text }) => text),
      ...filled(
        "alias",
        names.flatMap(({ romanised }) => (romanised === null ? [] : [romanised])),
      ),
      ...filled(kind === "person" ? "position" : "summary", role === null ? [] : [role]),
      ...filled("notes", identifiers),
    },
  }));
  const events = timeline.map(({ when, where, what }, index) => ({
    id: idOf(`event ${String(index + 1)}`),
    schema: "Event",
    properties: {
      name: [what],
      ...filled("date", /^\d{4}(?:-\d\d){0,2}$/.test(when) ? [when] : []),
      ...filled("location", where === null ? [] : [where]),
    },
  }));
  return [...entities, ...events].map((entity) => `${JSON.stringify(entity)}\n`).join("");
}

function filled(property: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [property]: values };
}
