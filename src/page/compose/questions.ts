/**
 * The closed questions as the page asks them: the codes of the vocabulary shared with the review machine, which answers exclude all others, and what one tick
 * does to a list of ticks.
 */
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";

export type BasisCode = (typeof VOCABULARY.basis)[number];
export type WitnessCategoryCode = (typeof VOCABULARY.witness_category)[number];
export type EventTypeCode = (typeof VOCABULARY.event_types)[number];
export type EvidenceCode = (typeof VOCABULARY.evidence_held)[number];
export type SharingCode = (typeof VOCABULARY.sharing)[number];
export type PlaceCode = (typeof VOCABULARY.where)[number];
export type InterfaceLanguage = (typeof VOCABULARY.language)[number];

/** Answers that stand alone in a list where several may be ticked. */
const ALONE: readonly string[] = ["none", "prefer_not_to_say"];

/**
 * `ticked` after `code` was set or cleared, in the order of `codes`. "None" and "prefer not to say" stand alone: ticking one clears the rest, ticking anything
 * else clears them.
 */
export function toggled<T extends string>(codes: readonly T[], ticked: readonly T[], code: T, on: boolean): readonly T[] {
  const keeps = (other: T): boolean => other !== code && (!on || !(ALONE.includes(code) || ALONE.includes(other)));
  return codes.filter((other) => (other === code ? on : ticked.includes(other) && keeps(other)));
}

/**
 * Places of the question "Where?", in two groups. The ISO list has Hong Kong, Macao and Taiwan twice; the page shows each once, among all other places, under
 * its own code.
 */
export const PROVINCES: readonly PlaceCode[] = VOCABULARY.where.filter(
  (code) => code.startsWith("CN-") && !["CN-HK", "CN-MO", "CN-TW"].includes(code),
);
export const ELSEWHERE: readonly PlaceCode[] = VOCABULARY.where.filter((code) => !code.startsWith("CN-") && code !== "prefer_not_to_say");
