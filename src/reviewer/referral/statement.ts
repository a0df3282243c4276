/**
 * What an author writes for a dossier, and a person can know only: JSON in any form that an editor leaves, read strictly. `referral form` writes an empty one with the sources
 * and subjects that there are; `referral write` reads it back. Texts are the author's own words: nothing of a witness that has to be removed may stand here, and
 * what was removed from an account is looked for here too before a dossier is fixed.
 */
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { flag, formatJson, integer, type Json, list, matching, nullable, parseJson, record, text } from "../../protocol/format/json.ts";

const source = matching(/T[1-9][0-9]{0,3}/);
const line = text(1_000, 1);
const prose = text(40_000, 1);
const lines = list(line, 1_000);

const reader = record({
  /** What the agency is asked to do. */
  action: prose,
  /** How each source can know what it says, without saying who it is. */
  access: list(record({ source, text: prose }), 1_000),
  /** How a source that asked to be asked first agreed, and to what. */
  consent: list(record({ note: line, source }), 1_000),
  contradicting: list(record({ sources: list(source, 1_000), text: text(10_000, 1) }), 1_000),
  gaps: lines,
  handling: lines,
  identifiers: list(record({ entity: integer(1, 99_999_999), identifiers: lines }), 1_000),
  limits: lines,
  /** The author looked for contradicting and exculpatory points and knows of none. */
  none_contradicting: flag,
  questions: lines,
  risk_others: prose,
  risk_source: prose,
  route: nullable(line),
  significance: prose,
  summary: prose,
  timeline: list(record({ sources: list(source, 1_000), what: text(2_000, 1), when: line, where: nullable(line) }), 1_000),
  /** What witnesses were told about rewards, and when. */
  told: lines,
  version: matching(/1/),
});

/** What the author wrote. */
export type Statement = ReturnType<typeof reader>;

/**
 * The statement in a file.
 * @throws {Refusal} `bad-field` with the field that is missing, unknown or left empty; `not-canonical-json` if it is no JSON.
 */
export function parseStatement(bytes: Uint8Array): Statement {
  let canonical: Uint8Array;
  try {
    canonical = formatJson(JSON.parse(fromUtf8(bytes)) as Json);
  } catch {
    throw new Refusal("not-canonical-json", "statement");
  }
  const statement = reader(parseJson(canonical), "statement");
  if (statement.contradicting.length > 0 === statement.none_contradicting)
    throw new Refusal("bad-field", "statement.contradicting: write the points, or say that none is known");
  return statement;
}

/** The statement's one form, as it is sealed. */
export function formatStatement(statement: Statement): Uint8Array<ArrayBuffer> {
  return formatJson(statement);
}

/** A form to be filled in: every field, empty. It is refused until what is needed is written. */
export function emptyStatement(sources: readonly string[], entities: readonly number[]): Statement {
  return {
    action: "",
    access: sources.map((name) => ({ source: name, text: "" })),
    consent: [],
    contradicting: [],
    gaps: [],
    handling: [],
    identifiers: entities.map((entity) => ({ entity, identifiers: [] })),
    limits: [],
    none_contradicting: false,
    questions: [],
    risk_others: "",
    risk_source: "",
    route: null,
    significance: "",
    summary: "",
    timeline: [],
    told: [],
    version: "1",
  };
}
