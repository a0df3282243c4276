/**
 * A dossier out of a casebook: everything the casebook knows that an agency needs, in codes and sanitised texts, and what the author wrote. The same casebook gives the
 * same dossier. What would tell more than was decided is refused, with the part it stands in and never with the words:
 *
 * - a tip whose witness said that only reviewers may read it, or who asked to be asked first and of whom nobody wrote how they agreed;
 * - words that were removed at one place and still stand at another, in any text, name or quote.
 */
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Program } from "../../protocol/format/program.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { ActOf } from "../casebook/event.ts";
import { openWords } from "../casebook/tip-keys.ts";
import { itemsOf, settledGrade } from "../triage/state.ts";
import { type Dossier, formatDossier } from "./dossier.ts";
import { dossierKey } from "./dossier-key.ts";
import { exhibitsOf, type IncludedExhibit } from "./exhibits.ts";
import { stillIn, without } from "./redaction.ts";
import { authorsOf, lastOf, requireReferral } from "./rules.ts";
import { programOf, type Source, sourcesOf, type SourceText, wordsRemoved } from "./sources.ts";
import { emptyStatement, parseStatement, type Statement } from "./statement.ts";

/** Stands at the head of every dossier. */
const CAVEAT = [
  "What sources say is alleged. It is graded, not proven, and what speaks against it stands beside it.",
  "Sources wrote anonymously and may be in danger. Do not try to find out who they are. Ask before anything here is shown to anybody in the country it is about.",
  "Entries of the public log are named here. Whoever finds a receipt with a source could connect it with this dossier: treat them as the sources themselves.",
];

const SEALED_CLAIMS =
  "Every tip carries a sealed part of one size that only the reward officer can open. Those who read and graded could not see whether a reward is wanted. The reward officer answers that separately.";

/** What is made of a referral. */
export interface Composed {
  readonly dossier: Dossier;
  /** What goes along. */
  readonly exhibits: readonly IncludedExhibit[];
  readonly sources: readonly Source[];
}

/**
 * The dossier of a referral as things are on day `date`.
 * @throws {Refusal} `wrong-state` if nothing was written; `not-allowed` without consent; `still-there`; `bad-field` if something does not fit; `tip-destroyed`.
 */
export async function composeDossier(casebook: Casebook, referral: number, date: string): Promise<Composed> {
  const statement = await writtenStatement(casebook, referral);
  if (statement === null) throw new Refusal("wrong-state", "nothing is written yet");
  const sources = await sourcesOf(casebook, referral);
  for (const source of sources) requireConsent(source, statement);
  const { exhibits, parts } = exhibitsOf(casebook, referral, sources, date);
  const dossier: Dossier = { ...partsOf(casebook, referral, sources, statement), date, exhibits: parts };
  formatDossier(dossier);
  requireRemoved(dossier, wordsRemoved(sources));
  return { dossier, exhibits, sources };
}

/** What the author wrote last, or the empty form for these sources. @throws {Refusal} `tip-destroyed`, `no-such-item`. */
export async function statementOf(casebook: Casebook, referral: number, sources: readonly Source[]): Promise<Statement> {
  const names = sources.map(({ name }) => name);
  const entities = entitiesOf(casebook, sources).map(({ number }) => number);
  return (await writtenStatement(casebook, referral)) ?? emptyStatement(names, entities);
}

async function writtenStatement(casebook: Casebook, referral: number): Promise<Statement | null> {
  const written = lastOf(casebook.state, "dossier-written", referral);
  return written === null ? null : parseStatement(utf8(await openWords(written.sealed, await dossierKey(casebook, referral))));
}

/** @throws {Refusal} `not-allowed` if the witness did not agree to this. */
function requireConsent({ name, record }: Source, statement: Statement): void {
  const { sharing } = record.tip.answers;
  if (sharing === "reviewers_only") throw new Refusal("not-allowed", `${name} is for reviewers only`);
  const asked = sharing === "ask_me_first" || sharing === "prefer_not_to_say";
  if (asked && !statement.consent.some(({ source }) => source === name))
    throw new Refusal("not-allowed", `${name} asked to be asked first; write under consent how they agreed`);
}

/** Looks into every string of a dossier for what was removed. @throws {Refusal} `still-there`. */
function requireRemoved(dossier: Dossier, words: readonly string[]): void {
  const look = (value: unknown, where: string): void => {
    if (typeof value === "string" && stillIn(value, words)) throw new Refusal("still-there", where);
    if (value === null || typeof value !== "object") return;
    for (const [field, entry] of Object.entries(value))
      look(entry, `${where} ${/^[0-9]+$/.test(field) ? String(Number(field) + 1) : field}`.trim());
  };
  if (words.length > 0) look(dossier, "");
}

/** Everything but the day and the exhibits. */
function partsOf(
  casebook: Casebook,
  referral: number,
  sources: readonly Source[],
  statement: Statement,
): Omit<Dossier, "date" | "exhibits"> {
  const { state } = casebook;
  const program = programOf(casebook);
  const people = [...state.people.keys()];
  const codeOf = (key: string): string => `P${String(people.indexOf(key) + 1)}`;
  const threads = [...new Set(sources.map(({ shelved }) => shelved.entry.thread))];
  const links = linksAmong(sources);
  return {
    accounts: sources.map(({ name, record, texts }) => ({
      language: record.tip.answers.language,
      source: name,
      text: textOf(texts[0]),
      translations: texts.flatMap((text) => {
        if (text.translation === null) return [];
        const { act, person } = text.translation;
        return [{ certified: act.certified, language: act.language, method: act.method, text: textOf(text), translator: codeOf(person) }];
      }),
    })),
    consent: sources.map(({ name, record }) => ({
      note: statement.consent.find(({ source }) => source === name)?.note ?? null,
      sharing: record.tip.answers.sharing,
      source: name,
    })),
    contradicting: {
      links: links.filter(({ act }) => act.link === "contradicts").map(({ one, other }) => ({ one: one.name, other: other.name })),
      none_known: statement.none_contradicting,
      remarks: statement.contradicting,
    },
    corroboration: links.map(({ one, other, act }) => {
      const same = one.shelved.entry.thread === other.shelved.entry.thread;
      return { independent: same ? "no" : act.independent, link: act.link, one: one.name, other: other.name, same_witness: same };
    }),
    declarations: {
      authors: [...authorsOf(state, referral)].map(codeOf).sort(),
      ties: sources.flatMap(({ name, state: tip }) =>
        itemsOf(tip, "declared").map(({ act, person }) => ({ person: codeOf(person), source: name, ties: act.ties })),
      ),
    },
    elements: sources.flatMap(({ name, state: tip, texts: [narrative] }) =>
      itemsOf(tip, "coded").map(({ act: { element, quote, stance }, person }) => ({
        coder: codeOf(person),
        element,
        quote: quote === null || narrative === undefined ? null : without(narrative.text, narrative.removals, quote.start, quote.end),
        source: name,
        stance,
      })),
    ),
    gaps: { known: statement.gaps, questions: statement.questions },
    handling: { caveat: [...CAVEAT, ...(program?.handling ?? []), ...statement.handling], limits: statement.limits },
    inducements: { offer: offerOf(program), sealed_claims: SEALED_CLAIMS, told: statement.told },
    origin: casebook.opened.origin,
    places: placesOf(casebook, sources),
    reference: `R${String(referral)}-${casebook.events[referral - 1]?.link.slice(0, 8) ?? ""}`,
    removals: sources.flatMap(({ name, texts }) =>
      texts.flatMap(({ removals }, text) =>
        removals.map(({ start, end, reason, event }) => ({
          characters: end - start,
          day: event.at.slice(0, 10),
          person: codeOf(event.person),
          place: start,
          reason,
          source: name,
          text,
        })),
      ),
    ),
    request: {
      action: statement.action,
      authority: program === null ? [] : [...program.authority],
      program: program?.name.en ?? null,
      route: statement.route,
    },
    risk: { others: statement.risk_others, source: statement.risk_source },
    significance: statement.significance,
    sources: sources.map(({ name, record, shelved, state: tip }) => {
      const grade = settledGrade(tip);
      const { basis, when, witness_category: category } = record.tip.answers;
      return {
        access: statement.access.find(({ source }) => source === name)?.text ?? "",
        basis,
        category,
        grade: grade && { information: grade.information, reasons: grade.reasons, source: grade.source },
        received: shelved.date,
        source: name,
        when,
        witness: `W${String(threads.indexOf(shelved.entry.thread) + 1)}`,
      };
    }),
    subjects: entitiesOf(casebook, sources).map(({ number, named, names, mentions }) => ({
      identifiers: statement.identifiers.find(({ entity }) => entity === number)?.identifiers ?? [],
      kind: named.entity,
      mentions,
      names,
      role: named.role,
      subject: `E${String(number)}`,
    })),
    summary: statement.summary,
    timeline: statement.timeline.toSorted((one, other) => (one.when < other.when ? -1 : one.when > other.when ? 1 : 0)),
    title: requireReferral(state, referral).drafted.act.title,
    version: 1,
  };
}

function textOf(text: SourceText | undefined): string {
  return text === undefined ? "" : without(text.text, text.removals);
}

function offerOf(program: Program | null): string | null {
  const offer = program?.offer ?? null;
  if (program === null || offer === null) return null;
  const until = offer.to === null ? "" : ` to ${offer.to}`;
  return `${program.name.en}: an offer is public from ${offer.from}${until}${offer.address === null ? "" : `, ${offer.address}`}`;
}

/** Links between two tips that are both sources here, each once. */
function linksAmong(sources: readonly Source[]): { one: Source; other: Source; act: ActOf<"linked"> }[] {
  const byId = new Map(sources.map((source) => [source.shelved.entry.id, source]));
  return sources.flatMap((one) =>
    itemsOf(one.state, "linked").flatMap(({ act }) => {
      const other = byId.get(act.other);
      return act.tip === one.shelved.entry.id && other !== undefined ? [{ one, other, act }] : [];
    }),
  );
}

interface Named {
  readonly number: number;
  readonly named: ActOf<"entity-named">;
  readonly names: { text: string; romanised: string | null }[];
  readonly mentions: { certainty: ActOf<"mentioned">["certainty"]; source: string }[];
}

/** Every entity that a source mentions, in the order they were named. */
export function entitiesOf({ state }: Casebook, sources: readonly Source[]): Named[] {
  return [...state.entities].flatMap(([number, { named, aliases }]) => {
    const mentions = sources.flatMap(({ name, state: tip }) =>
      itemsOf(tip, "mentioned")
        .filter(({ act }) => act.entity === number)
        .map(({ act }) => ({ certainty: act.certainty, source: name })),
    );
    if (mentions.length === 0) return [];
    return [{ number, named: named.act, names: [named.act.name, ...aliases.map(({ act }) => act.name)], mentions }];
  });
}

function placesOf(casebook: Casebook, sources: readonly Source[]): Dossier["places"] {
  const facilities = entitiesOf(casebook, sources)
    .filter(({ named }) => named.entity === "facility")
    .map(({ names, mentions }) => ({ code: null, names, sources: [...new Set(mentions.map(({ source }) => source))] }));
  const codes = Map.groupBy(sources, ({ record }) => record.tip.answers.where);
  const provinces = [...codes].flatMap(([code, here]) =>
    code === null ? [] : [{ code, names: [], sources: here.map(({ name }) => name) }],
  );
  return [...facilities, ...provinces];
}
