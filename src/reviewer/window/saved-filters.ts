/**
 * Filters of the inbox that a person keeps, in `people/<public key>.filters.jwe` under the casebook's key.
 *
 * Not events: an event stays for ever, in every copy, and the words somebody searches for may be a tip's own; a filter that is forgotten is gone from this folder. It is no work on a
 * case and binds nobody, so nobody signs it. What somebody gains who changes the file without the key: nothing; who removes it takes filters away.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../../protocol/errors.ts";
import { flag, formatJson, type Json, list, nullable, oneOf, parseJson, type Reader, record, text } from "../../protocol/format/json.ts";
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import { closeBox, openBox } from "../casebook/box.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeDurably } from "../casebook/durable-file.ts";
import { personKey } from "../casebook/identifiers.ts";
import { statesOf, TIP_MACHINE } from "../triage/machines.ts";
import { FLAGS, TAGS } from "../triage/vocabulary.ts";
import { GRADE_FILTERS, type InboxFilter, LONGEST_FILTER_NAME, MOST_FILTERS, type SavedFilter, WORK_LISTS } from "./wire.ts";

const EVERY_TAG = Object.entries(TAGS).flatMap(([set, codes]) => codes.map((code) => `${set}/${code}`));

/** Readers of a filter's fields. */
export const FILTER_FIELDS: { readonly [K in keyof InboxFilter]: Reader<InboxFilter[K]> } = {
  query: text(1000),
  state: nullable(oneOf(statesOf(TIP_MACHINE))),
  flag: nullable(oneOf(FLAGS)),
  todo: oneOf(WORK_LISTS),
  tag: nullable(oneOf(EVERY_TAG)),
  language: nullable(oneOf(VOCABULARY.language)),
  grade: nullable(oneOf(GRADE_FILTERS)),
  files: flag,
};

export const filterName = text(LONGEST_FILTER_NAME, 1);

/** A filter with its name. */
export const savedFilter: Reader<SavedFilter> = record({ name: filterName, filter: record(FILTER_FIELDS) });

const settings = record({ version: oneOf([1]), person: personKey, filters: list(savedFilter, MOST_FILTERS) });

/** A person's filters, by their names. @throws {Refusal} `casebook-damaged`. */
export async function filtersOf(casebook: Casebook, person: string): Promise<readonly SavedFilter[]> {
  const file = await readFile(pathOf(casebook, person)).catch(() => null);
  if (file === null) return [];
  const read = settings(parseJson(await openBox(new Uint8Array(file), casebook.key, "firsthand-filters")), "filters");
  if (read.person !== person) throw new Refusal("casebook-damaged", "filters of another person");
  return read.filters;
}

/** Keeps a filter, over one of the same name. The caller is the casebook's writer. @throws {Refusal} `too-large` if there are too many. */
export async function saveFilter(casebook: Casebook, person: string, saved: SavedFilter): Promise<readonly SavedFilter[]> {
  const others = (await filtersOf(casebook, person)).filter(({ name }) => name !== saved.name);
  if (others.length >= MOST_FILTERS) throw new Refusal("too-large", "filters");
  return write(casebook, person, [...others, saved]);
}

/** Forgets a filter, if there is one of that name. */
export async function forgetFilter(casebook: Casebook, person: string, forgotten: string): Promise<readonly SavedFilter[]> {
  return write(
    casebook,
    person,
    (await filtersOf(casebook, person)).filter(({ name }) => name !== forgotten),
  );
}

async function write(casebook: Casebook, person: string, filters: readonly SavedFilter[]): Promise<readonly SavedFilter[]> {
  const sorted = [...filters].sort((one, other) => (one.name < other.name ? -1 : 1));
  const json = formatJson({ version: 1, person, filters: sorted as unknown as Json });
  await writeDurably(pathOf(casebook, person), [await closeBox(json, casebook.key, "firsthand-filters")]);
  return sorted;
}

function pathOf({ folder }: Casebook, person: string): string {
  return join(folder, "people", `${person}.filters.jwe`);
}
