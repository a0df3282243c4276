/**
 * Entities as a place of their own: found by name in any script, each with its aliases, the tips that mention it and the others it may be confused with. A tip that somebody stays out of is not
 * counted and not listed for them; names are everybody's who reads tips.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { nameHas, nameLikeness } from "../triage/names.ts";
import { NAME_LIKENESSES, type NameLikeness, type WrittenName } from "../triage/written-names.ts";
import { type CasebookState, type Entity, type Item, itemsOf, readingOf } from "../triage/state.ts";
import { type Done, type EntitiesAnswer, type EntitiesRequest, type EntityAnswer, type EntityRow, MOST_ENTITIES } from "./case-wire.ts";
import { rowOf } from "./inbox.ts";
import { isAllowed } from "./reading.ts";
import { nameOf } from "./sentences.ts";
import type { TipIndex } from "./tip-index.ts";

/** Most others that are told to look alike. */
const MOST_ALIKE = 20;

/** Entities whose names fit, the best first, then the newest. */
export function entitiesFor(state: CasebookState, person: string, { query, kind }: EntitiesRequest): EntitiesAnswer {
  const mentions = mentionsOf(state);
  const words = { text: query, romanised: null };
  const found: { readonly rank: number; readonly entity: Entity }[] = [];
  for (const entity of state.entities.values()) {
    if (kind !== null && entity.named.act.entity !== kind) continue;
    const rank = rankOf(entity, words);
    if (rank !== null) found.push({ rank, entity });
  }
  found.sort((one, other) => one.rank - other.rank || other.entity.named.event - one.entity.named.event);
  return {
    total: found.length,
    rows: found.slice(0, MOST_ENTITIES).map(({ entity }) => entityRow(state, mentions, person, entity)),
  };
}

/** How well a query fits the names of an entity, 0 best; `null` if not at all. The beginning of a word is enough. */
function rankOf(entity: Entity, query: WrittenName): number | null {
  if (query.text.trim() === "") return 0;
  const names = namesOf(entity);
  const [how] = namesAlike([query], names);
  if (how !== undefined) return NAME_LIKENESSES.indexOf(how);
  return names.some((name) => nameHas(name, query)) ? NAME_LIKENESSES.length : null;
}

function namesOf({ named, aliases }: Entity): WrittenName[] {
  return [named.act.name, ...aliases.map(({ act }) => act.name)];
}

/** How names of two are alike, the strongest first. */
function namesAlike(one: readonly WrittenName[], other: readonly WrittenName[]): NameLikeness[] {
  const found = new Set(one.flatMap((left) => other.map((right) => nameLikeness(left, right))));
  return NAME_LIKENESSES.filter((how) => found.has(how));
}

/** Ids of the tips that mention each entity. Every item of every tip is looked at, so it is kept until something happens. */
function mentionsOf(state: CasebookState): ReadonlyMap<number, ReadonlySet<string>> {
  const before = lastMentions.get(state);
  if (before?.events === state.events.length) return before.mentions;
  const mentions = new Map<number, Set<string>>();
  for (const [id, { items }] of state.tips) {
    for (const { act } of items) {
      if (act.kind !== "mentioned") continue;
      const tips = mentions.get(act.entity) ?? new Set();
      mentions.set(act.entity, tips.add(id));
    }
  }
  lastMentions.set(state, { events: state.events.length, mentions });
  return mentions;
}

const lastMentions = new WeakMap<CasebookState, { readonly events: number; readonly mentions: ReadonlyMap<number, ReadonlySet<string>> }>();

function entityRow(state: CasebookState, mentions: ReturnType<typeof mentionsOf>, person: string, entity: Entity): EntityRow {
  const { event, act } = entity.named;
  const tips = [...(mentions.get(event) ?? [])].filter((id) => readingOf(state.tip(id), person) !== "recused");
  return {
    entity: event,
    kind: act.entity,
    name: act.name,
    role: act.role,
    aliases: entity.aliases.map((alias) => alias.act.name),
    tips: tips.length,
  };
}

/** One entity. @throws {Refusal} `no-such-item`. */
export function entityFor(casebook: Casebook, index: Pick<TipIndex, "factsOf">, person: string, number: number): EntityAnswer {
  const { state } = casebook;
  const entity = state.entities.get(number);
  if (entity === undefined) throw new Refusal("no-such-item", "entity");
  const mentions = mentionsOf(state);
  const done = (item: Pick<Item, "event" | "person" | "at">): Done => ({
    event: item.event,
    person: nameOf(state, item.person),
    at: item.at,
    undoable: isAllowed(casebook, person, { kind: "undone", event: item.event }),
  });
  const tips = [...(mentions.get(number) ?? [])].map((id) => state.tip(id)).filter((tip) => readingOf(tip, person) !== "recused");
  return {
    row: entityRow(state, mentions, person, entity),
    named: done(entity.named),
    aliases: entity.aliases.map((alias) => ({ ...done(alias), name: alias.act.name })),
    mentions: tips.flatMap((tip) =>
      itemsOf(tip, "mentioned")
        .filter(({ act }) => act.entity === number)
        .map((item) => ({ ...done(item), certainty: item.act.certainty, tip: rowOf(tip, index, person) })),
    ),
    alike: alikeOf(state, mentions, person, entity),
  };
}

/** Others of the same kind whose names may be the same, the likest first. */
function alikeOf(state: CasebookState, mentions: ReturnType<typeof mentionsOf>, person: string, entity: Entity): EntityAnswer["alike"] {
  const names = namesOf(entity);
  return [...state.entities.values()]
    .filter((other) => other !== entity && other.named.act.entity === entity.named.act.entity)
    .flatMap((other) => {
      const [how] = namesAlike(names, namesOf(other));
      return how === undefined ? [] : [{ other, how }];
    })
    .sort((one, other) => NAME_LIKENESSES.indexOf(one.how) - NAME_LIKENESSES.indexOf(other.how))
    .slice(0, MOST_ALIKE)
    .map(({ other, how }) => ({ ...entityRow(state, mentions, person, other), how }));
}
