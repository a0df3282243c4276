/**
 * The JSON Schema (draft 7) of a dossier, for programs that are not this one. Built from the same vocabularies that dossier.ts reads with; every dossier carries it, and
 * `deploy/dossier.schema.json` is a copy of it for whoever wants to see it before.
 */
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import {
  CERTAINTIES,
  ELEMENTS,
  ENTITY_KINDS,
  INDEPENDENCE,
  INFORMATION_GRADES,
  LINKS,
  REASONS,
  SOURCE_GRADES,
  STANCES,
  TIES,
} from "../triage/vocabulary.ts";
import { REMOVAL_REASONS } from "./acts.ts";

type Schema = Readonly<Record<string, unknown>>;

const MANY = 1_000;
const VERY_MANY = 100_000;

const string = (most: number, least = 0): Schema => ({ type: "string", minLength: least, maxLength: most });
const like = (pattern: string): Schema => ({ type: "string", pattern: `^${pattern}$` });
const among = (values: readonly (string | number)[]): Schema => ({ enum: values });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const listOf = (items: Schema, most = MANY): Schema => ({ type: "array", items, maxItems: most });
const integer = (least: number, most: number): Schema => ({ type: "integer", minimum: least, maximum: most });
const flag: Schema = { type: "boolean" };

function record(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  const about = description === undefined ? {} : { description };
  return { type: "object", ...about, properties, required: Object.keys(properties), additionalProperties: false };
}

const source = like("T[1-9][0-9]{0,3}");
const person = like("P[1-9][0-9]{0,3}");
const day = like("[0-9]{4}-[0-9]{2}-[0-9]{2}");
const sources = listOf(source);
const line = string(1_000, 1);
const lines = listOf(line);
const prose = string(40_000);
const account = string(700_000);
const name = record({ romanised: orNull(line), text: line }, "A name as it is written, never split into first and last.");

/** The schema. */
export const DOSSIER_SCHEMA: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Firsthand referral dossier, version 1",
  description: "What sources say is alleged and graded, not proven. The file is canonical JSON (RFC 8785).",
  ...record({
    accounts: listOf(
      record(
        {
          language: orNull(among(VOCABULARY.language)),
          source,
          text: account,
          translations: listOf(
            record({ certified: flag, language: line, method: among(["human", "machine"]), text: account, translator: person }),
          ),
        },
        "What a source wrote. Where words were removed stands [removed: reason].",
      ),
    ),
    consent: listOf(record({ note: orNull(line), sharing: among(VOCABULARY.sharing), source })),
    contradicting: record({
      links: listOf(record({ one: source, other: source })),
      none_known: flag,
      remarks: listOf(record({ sources, text: string(10_000, 1) })),
    }),
    corroboration: listOf(
      record({ independent: among(INDEPENDENCE), link: among(LINKS), one: source, other: source, same_witness: flag }),
      VERY_MANY,
    ),
    date: day,
    declarations: record({
      authors: listOf(person),
      ties: listOf(record({ person, source, ties: listOf(among(TIES), TIES.length) }), VERY_MANY),
    }),
    elements: listOf(
      record({ coder: person, element: among(ELEMENTS), quote: orNull(account), source, stance: among(STANCES) }),
      VERY_MANY,
    ),
    exhibits: listOf(
      record(
        {
          custody: listOf(record({ at: string(20, 10), by: orNull(person), what: line }), 100),
          exhibit: like("X[1-9][0-9]{0,5}"),
          file: orNull(like("evidence/x[0-9]{1,6}(?:\\.[a-z0-9]{1,5})?")),
          form: among(["original", "cleaned"]),
          sha256: like("[0-9a-f]{64}"),
          size: integer(0, Number.MAX_SAFE_INTEGER),
          source,
        },
        "file is null for what is listed and not passed on.",
      ),
      VERY_MANY,
    ),
    gaps: record({ known: lines, questions: lines }),
    handling: record({ caveat: lines, limits: lines }),
    inducements: record({ offer: orNull(line), sealed_claims: line, told: lines }),
    origin: string(255, 1),
    places: listOf(record({ code: orNull(among(VOCABULARY.where)), names: listOf(name, 100), sources })),
    reference: like("R[1-9][0-9]{0,7}-[0-9a-f]{8}"),
    removals: listOf(
      record(
        {
          characters: integer(1, 99_999_999),
          day,
          person,
          place: integer(0, 700_000),
          reason: among(REMOVAL_REASONS),
          source,
          text: integer(0, MANY),
        },
        "text 0 is the account, 1 its first translation. Places and characters are UTF-16 units of the text before anything was removed.",
      ),
      VERY_MANY,
    ),
    request: record({
      action: prose,
      authority: listOf(record({ covers: line, paragraph: line }), 100),
      program: orNull(line),
      route: orNull(line),
    }),
    risk: record({ others: prose, source: prose }),
    significance: prose,
    sources: listOf(
      record(
        {
          access: prose,
          basis: orNull(among(VOCABULARY.basis)),
          category: orNull(among(VOCABULARY.witness_category)),
          grade: orNull(
            record({
              information: among(INFORMATION_GRADES),
              reasons: listOf(among(REASONS), REASONS.length),
              source: among(SOURCE_GRADES),
            }),
          ),
          received: day,
          source,
          when: orNull(line),
          witness: like("W[1-9][0-9]{0,3}"),
        },
        "Admiralty grades; a source that nobody knows is F.",
      ),
    ),
    subjects: listOf(
      record({
        identifiers: lines,
        kind: among(ENTITY_KINDS),
        mentions: listOf(record({ certainty: among(CERTAINTIES), source }), VERY_MANY),
        names: listOf(name, 100),
        role: orNull(line),
        subject: like("E[1-9][0-9]{0,7}"),
      }),
    ),
    summary: prose,
    timeline: listOf(record({ sources, what: string(2_000, 1), when: line, where: orNull(line) })),
    title: string(200, 1),
    version: { const: 1 },
  }),
};

/** The schema as a file. */
export function schemaFile(): string {
  return `${JSON.stringify(DOSSIER_SCHEMA, null, 2)}\n`;
}
