/**
 * A referral dossier, version 1: what an agency gets to nominate from. Canonical JSON; dossier.schema.json beside this file says the same for other programs, and a copy
 * of it travels in every dossier. The twenty parts of the field's practice, in order: handling, request, summary, sources, accounts, subjects, timeline, places, elements,
 * corroboration, contradicting, exhibits, gaps, consent, risk, significance, inducements, declarations, removals; the twentieth is the signed manifest around it.
 *
 * A source is a letter and a number (`T1`, a tip) and says nothing of who it is; `W1` says which sources are one witness. People of the casebook are `P1`, `P2`. Text that came
 * from witnesses is as they wrote it, without what was removed: `[removed: reason]` stands there instead.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { flag, formatJson, hex, integer, list, matching, nullable, oneOf, parseJson, record, text } from "../../protocol/format/json.ts";
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import { DATE, NUMBER } from "../casebook/identifiers.ts";
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

const MANY = 1_000;
const source = matching(/T[1-9][0-9]{0,3}/);
const person = matching(/P[1-9][0-9]{0,3}/);
const sources = list(source, MANY);
const line = text(1_000, 1);
const prose = text(40_000);
const lines = list(line, MANY);
const account = text(700_000);

/** A remark with the sources it rests on. */
const remark = record({ sources, text: text(10_000, 1) });
const name = record({ romanised: nullable(line), text: line });
const custody = record({ at: text(20, 10), by: nullable(person), what: line });

/** The readers of each part are strict; this is the one form. */
const reader = record({
  accounts: list(
    record({
      language: nullable(oneOf(VOCABULARY.language)),
      source,
      text: account,
      translations: list(
        record({ certified: flag, language: line, method: oneOf(["human", "machine"]), text: account, translator: person }),
        MANY,
      ),
    }),
    MANY,
  ),
  consent: list(record({ note: nullable(line), sharing: oneOf(VOCABULARY.sharing), source }), MANY),
  contradicting: record({ links: list(record({ one: source, other: source }), MANY), none_known: flag, remarks: list(remark, MANY) }),
  corroboration: list(
    record({ independent: oneOf(INDEPENDENCE), link: oneOf(LINKS), one: source, other: source, same_witness: flag }),
    100_000,
  ),
  date: DATE,
  declarations: record({
    authors: list(person, MANY),
    ties: list(record({ person, source, ties: list(oneOf(TIES), TIES.length) }), 100_000),
  }),
  elements: list(record({ coder: person, element: oneOf(ELEMENTS), quote: nullable(account), source, stance: oneOf(STANCES) }), 100_000),
  exhibits: list(
    record({
      custody: list(custody, 100),
      exhibit: matching(/X[1-9][0-9]{0,5}/),
      file: nullable(matching(/evidence\/x[0-9]{1,6}(?:\.[a-z0-9]{1,5})?/)),
      form: oneOf(["original", "cleaned"]),
      sha256: hex(32),
      size: integer(0, Number.MAX_SAFE_INTEGER),
      source,
    }),
    100_000,
  ),
  gaps: record({ known: lines, questions: lines }),
  handling: record({ caveat: lines, limits: lines }),
  inducements: record({ offer: nullable(line), sealed_claims: line, told: lines }),
  origin: text(255, 1),
  places: list(record({ code: nullable(oneOf(VOCABULARY.where)), names: list(name, 100), sources }), MANY),
  reference: matching(/R[1-9][0-9]{0,7}-[0-9a-f]{8}/),
  removals: list(
    record({
      characters: NUMBER,
      day: DATE,
      person,
      place: integer(0, 700_000),
      reason: oneOf(REMOVAL_REASONS),
      source,
      text: integer(0, MANY),
    }),
    100_000,
  ),
  request: record({
    action: prose,
    authority: list(record({ covers: line, paragraph: line }), 100),
    program: nullable(line),
    route: nullable(line),
  }),
  risk: record({ others: prose, source: prose }),
  significance: prose,
  sources: list(
    record({
      access: prose,
      basis: nullable(oneOf(VOCABULARY.basis)),
      category: nullable(oneOf(VOCABULARY.witness_category)),
      grade: nullable(
        record({ information: oneOf(INFORMATION_GRADES), reasons: list(oneOf(REASONS), REASONS.length), source: oneOf(SOURCE_GRADES) }),
      ),
      received: DATE,
      source,
      when: nullable(line),
      witness: matching(/W[1-9][0-9]{0,3}/),
    }),
    MANY,
  ),
  subjects: list(
    record({
      identifiers: lines,
      kind: oneOf(ENTITY_KINDS),
      mentions: list(record({ certainty: oneOf(CERTAINTIES), source }), 100_000),
      names: list(name, 100),
      role: nullable(line),
      subject: matching(/E[1-9][0-9]{0,7}/),
    }),
    MANY,
  ),
  summary: prose,
  timeline: list(record({ sources, what: text(2_000, 1), when: line, where: nullable(line) }), MANY),
  title: text(200, 1),
  version: oneOf([1]),
});

export type Dossier = ReturnType<typeof reader>;

/** The canonical bytes. @throws {Refusal} `bad-field` with the field if {@link parseDossier} would not read them. */
export function formatDossier(dossier: Dossier): Bytes {
  const bytes = formatJson(dossier);
  parseDossier(bytes);
  return bytes;
}

/** The dossier in these bytes. @throws {Refusal} `not-canonical-json`, `bad-field`. */
export function parseDossier(bytes: Uint8Array): Dossier {
  return reader(parseJson(bytes), "dossier");
}
