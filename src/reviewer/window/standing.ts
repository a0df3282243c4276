/**
 * How each tip stands, in short: what the inbox asks of all 100,000 tips at once, worked out once for each and again when something was done about it. A tip's list of items only grows, or is
 * another list after an undoing (triage/state.ts), so the list and its length say whether what is known still holds. About 150 bytes a tip.
 */
import { type CasebookState, type Reading, readingOf, settledGrade, type TipState } from "../triage/state.ts";
import type { ActOf } from "../casebook/event.ts";
import type { TipFacts, TipIndex } from "./tip-index.ts";

/** What holds for one person: a reading, whether they opened the text, graded, did anything but declare. */
const READINGS: readonly Reading[] = ["undeclared", "recused", "may-read"];
const READING_BITS = 3;
const OPENED = 4;
const GRADED = 8;
const WORKED = 16;
/** Bits for one person, below the person's number. */
const WIDTH = 5;

const NONE: readonly never[] = [];

export interface Standing {
  /** A set and a code each, `organs/kidney`. */
  readonly tags: readonly string[];
  /** Flags that are on, but for a legal hold. */
  readonly flags: readonly string[];
  /** Number of the event that set the last legal hold, or 0. */
  readonly hold: number;
  readonly grades: number;
  readonly settled: ActOf<"reconciled"> | null;
  /** Each a person's number and their bits. */
  readonly people: readonly number[];
}

const known = new WeakMap<TipState["items"], { readonly length: number; readonly standing: Standing }>();

/** People's keys by number; a casebook has few. */
const numbers = new Map<string, number>();

function numberOf(person: string): number {
  const number = numbers.get(person) ?? numbers.size;
  numbers.set(person, number);
  return number;
}

/** How a tip stands now. */
export function standingOf(tip: TipState): Standing {
  const before = known.get(tip.items);
  if (before?.length === tip.items.length) return before.standing;
  const standing = workedOut(tip);
  known.set(tip.items, { length: tip.items.length, standing });
  return standing;
}

function workedOut(tip: TipState): Standing {
  const tags = new Set<string>();
  const flags = new Map<string, boolean>();
  const bits = new Map<string, number>();
  let [hold, grades] = [0, 0];
  for (const { act, person, event } of tip.items) {
    let did = bits.get(person) ?? 0;
    if (act.kind !== "declared") did |= WORKED;
    if (act.kind === "tip-opened") did |= OPENED;
    if (act.kind === "graded") did |= GRADED;
    bits.set(person, did);
    if (act.kind === "graded") grades++;
    if (act.kind === "tagged") tags.add(`${act.set}/${act.code}`);
    if (act.kind !== "flagged") continue;
    if (act.flag === "legal_hold") hold = act.on ? event : hold;
    else flags.set(act.flag, act.on);
  }
  const on = [...flags].filter(([, is]) => is).map(([flag]) => flag);
  return {
    tags: tags.size === 0 ? NONE : [...tags],
    flags: on.length === 0 ? NONE : on,
    hold,
    grades,
    settled: grades < 2 ? null : settledGrade(tip),
    people: [...bits].map(([person, did]) => (numberOf(person) << WIDTH) | did | READINGS.indexOf(readingOf(tip, person))),
  };
}

/** What holds for one person. */
export interface PersonalStanding {
  readonly reading: Reading;
  readonly opened: boolean;
  readonly graded: boolean;
  /** Did anything but declare. */
  readonly worked: boolean;
}

/** Every combination of bits, so that asking about 100,000 tips makes nothing. */
const PERSONAL: readonly PersonalStanding[] = Array.from({ length: 1 << WIDTH }, (_, bits) => ({
  reading: READINGS[bits & READING_BITS] ?? "undeclared",
  opened: (bits & OPENED) !== 0,
  graded: (bits & GRADED) !== 0,
  worked: (bits & WORKED) !== 0,
}));

const STRANGER = PERSONAL[0] as PersonalStanding;

/** What holds for `person`. */
export function personalStanding({ people }: Standing, person: string): PersonalStanding {
  const number = numberOf(person);
  for (const one of people) if (one >> WIDTH === number) return PERSONAL[one & ((1 << WIDTH) - 1)] ?? STRANGER;
  return STRANGER;
}

/** A tip in the list of all, with what is known of it: going through an array takes a tenth of looking each up. */
export class ListedTip {
  readonly tip: TipState;
  #items: TipState["items"] | null = null;
  #length = 0;
  #standing: Standing | null = null;
  #facts: TipFacts | null = null;

  constructor(tip: TipState) {
    this.tip = tip;
  }

  /** How it stands now. */
  standing(): Standing {
    const { items } = this.tip;
    if (this.#standing !== null && this.#items === items && this.#length === items.length) return this.#standing;
    this.#items = items;
    this.#length = items.length;
    this.#standing = standingOf(this.tip);
    return this.#standing;
  }

  /** What the index says of it, which never changes until the tip is destroyed. */
  facts(index: Pick<TipIndex, "factsOf">): TipFacts | null {
    if (this.tip.destroyed) this.#facts = null;
    else this.#facts ??= index.factsOf(this.tip.entry.id);
    return this.#facts;
  }
}

const lists = new WeakMap<CasebookState, ListedTip[]>();

/** Every tip, in the order they came; tips come and never go. */
export function listedTips(state: CasebookState): readonly ListedTip[] {
  const list = lists.get(state) ?? [];
  lists.set(state, list);
  if (list.length < state.tips.size) for (const tip of [...state.tips.values()].slice(list.length)) list.push(new ListedTip(tip));
  return list;
}

/** Flags that are on: the last word about each counts. */
export function flagsOn({ released }: TipState, { flags, hold }: Standing): readonly string[] {
  return hold > released ? [...flags, "legal_hold"] : flags;
}
