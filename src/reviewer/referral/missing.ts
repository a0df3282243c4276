/** What a referral's dossier still lacks, by the numbers of its parts (document.ts). None of it stops a dossier: a part may be empty, but its authors are to know that it is. */
import type { Casebook } from "../casebook/casebook.ts";
import { itemsOf, settledGrade } from "../triage/state.ts";
import { entitiesOf } from "./compose.ts";
import { programOf, type Source } from "./sources.ts";
import type { Statement } from "./statement.ts";

/** A part that is empty, or empty for some of its sources. */
export interface MissingPart {
  /** 1 to 19. */
  readonly part: number;
  readonly what: string;
}

/** The empty parts, in their order. `chosen`: whether anybody decided on exhibits; `written`: whether the statement is what an author wrote. */
export function missingParts(
  casebook: Casebook,
  sources: readonly Source[],
  statement: Statement,
  { written, chosen }: { readonly written: boolean; readonly chosen: boolean },
): MissingPart[] {
  const missing: MissingPart[] = [];
  const lacks = (part: number, isMissing: boolean, what: string): void => {
    if (isMissing) missing.push({ part, what });
  };
  const of = (wanting: readonly Source[]): string => wanting.map(({ name }) => name).join(", ");
  const ungraded = sources.filter(({ state }) => settledGrade(state) === null);
  const untold = sources.filter(({ name }) => !statement.access.some(({ source, text }) => source === name && text !== ""));
  const untranslated = sources.filter(({ record, texts }) => record.tip.answers.language !== "en" && texts.length === 1);
  const unasked = sources.filter(({ name, record: { tip } }) => {
    const { sharing } = tip.answers;
    return sharing !== "share_all" && !statement.consent.some(({ source }) => source === name);
  });
  const files = sources.some(({ record }) => record.tip.attachments.length > 0);
  lacks(2, programOf(casebook) === null, "no rewards program is recorded: no authority is named");
  lacks(3, !written, "summary, request, risk and significance: nothing is written yet");
  lacks(4, ungraded.length > 0, `no settled grade: ${of(ungraded)}`);
  lacks(4, untold.length > 0, `how they can know it: ${of(untold)}`);
  lacks(5, untranslated.length > 0, `no translation: ${of(untranslated)}`);
  lacks(6, entitiesOf(casebook, sources).length === 0, "no subject is named");
  lacks(7, statement.timeline.length === 0, "the timeline is empty");
  lacks(9, !sources.some(({ state }) => itemsOf(state, "coded").length > 0), "no element is coded");
  lacks(10, sources.length > 1 && !sources.some(({ state }) => itemsOf(state, "linked").length > 0), "nothing says how the sources relate");
  lacks(12, files && !chosen, "no exhibit was chosen: all stay here");
  lacks(13, statement.gaps.length === 0, "nothing is said of what is not known");
  lacks(14, unasked.length > 0, `nothing is said of how they agreed: ${of(unasked)}`);
  lacks(17, statement.told.length === 0, "nothing is said of what sources were told about rewards");
  return missing;
}
