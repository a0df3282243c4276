/** From the form to what is sealed. */
import { type Answers, readAnswers } from "../../protocol/format/vocabulary.ts";
import type { Draft } from "./state.ts";
import { readWhen } from "./when.ts";

/**
 * The answers of a draft whose steps have no problem left. Half characters (lone surrogates), which some input methods leave behind, become U+FFFD.
 * @throws {Refusal} `bad-field` if the draft still has a problem.
 */
export function answersOf(draft: Draft): Answers {
  return readAnswers(
    {
      narrative: draft.narrative.toWellFormed(),
      basis: draft.basis,
      witness_category: draft.witnessCategory,
      event_types: draft.eventTypes,
      when: readWhen(draft.when),
      where: draft.where,
      evidence_held: draft.evidenceHeld,
      sharing: draft.sharing,
      language: draft.language,
    },
    "answers",
  );
}

/**
 * A file's name and type as they are sealed: names of 1 to 255 UTF-16 units without NUL, types of at most 127. A name that is too long keeps its end, where
 * its kind stands. Everything else stays as it is, however odd: the review machine treats names as hostile anyway.
 */
export function attachmentLabel(name: string, type: string): { name: string; type: string } {
  const clean = name.toWellFormed().replaceAll("\0", "\u{fffd}").slice(-255).toWellFormed();
  return { name: clean === "" ? "file" : clean, type: type.toWellFormed().slice(0, 127).toWellFormed() };
}
