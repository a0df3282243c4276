/** A witness's answers as a value of JSON, dates among them. */
import { formatJson, parseJson } from "../../../src/protocol/format/json.ts";
import { type Answers, EMPTY_ANSWERS, readAnswers, VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";
import { formatOfBytes } from "../engine/format.ts";

const ANSWERS: readonly Answers[] = [
  { ...EMPTY_ANSWERS, narrative: "x" },
  {
    narrative: "y",
    basis: VOCABULARY.basis[0],
    witness_category: VOCABULARY.witness_category[1],
    event_types: [...VOCABULARY.event_types],
    when: "2017-04~/2018?",
    where: VOCABULARY.where[0],
    evidence_held: [...VOCABULARY.evidence_held],
    sharing: "share_all",
    language: "zh-Hans",
  },
];

export const target = formatOfBytes(
  (bytes) => readAnswers(parseJson(bytes), "answers"),
  (answers) => formatJson(answers),
  () => ANSWERS.map((answers) => formatJson(answers)),
  2000,
);
