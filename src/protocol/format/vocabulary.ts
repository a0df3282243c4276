/**
 * What a witness is asked, as codes. Labels live with the page and the review machine, in every language; only codes are sent and stored.
 *
 * Codes are never removed or given another meaning; a new version of the lists may add some. Victim group, organs and legal elements are not here: reviewers code
 * those, witnesses are never asked. Nor is anything that identifies a witness.
 *
 * Every list has `prefer_not_to_say`, which is an answer; not answering is `null` or an empty list.
 */
import { list, nullable, oneOf, type Reader, record, text } from "./json.ts";
import { Refusal } from "../errors.ts";
import { readEdtf } from "./edtf.ts";

/** Provinces and the like: ISO 3166-2:CN, without their prefix. Names differ by one letter (HA Henan, HE Hebei, HB Hubei, HN Hunan): show names. */
const SUBDIVISIONS = "AH BJ CQ FJ GD GS GX GZ HA HB HE HI HK HL HN JL JS JX LN MO NM NX QH SC SD SH SN SX TJ TW XJ XZ YN ZJ";

/** Countries and territories: ISO 3166-1 alpha-2, the 249 officially assigned. */
const COUNTRIES =
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV " +
  "CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM " +
  "IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW " +
  "MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS " +
  "ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/** The closed lists, in the order in which they are offered. */
export const VOCABULARY = {
  version: 1,
  basis: ["saw_or_did", "happened_to_me", "told_by_someone_involved", "have_records", "heard_generally", "prefer_not_to_say"],
  witness_category: [
    "detained_person",
    "family",
    "medical",
    "detention_or_police",
    "court_or_office",
    "broker",
    "patient_or_companion",
    "support_or_transport",
    "records_holder",
    "other",
    "prefer_not_to_say",
  ],
  event_types: [
    "medical_test_in_custody",
    "selection_or_matching",
    "transfer_from_custody",
    "organ_removal",
    "death_or_body",
    "disappearance",
    "transplant_arranged",
    "payment_or_brokering",
    "false_records_or_consent",
    "organ_transport",
    "order_or_policy",
    "deceptive_recruitment",
    "threat_to_witness",
    "other",
    "prefer_not_to_say",
  ],
  /** Subdivisions of China as `CN-XJ`, then countries and territories as `KZ`. */
  where: [...SUBDIVISIONS.split(" ").map((code) => `CN-${code}`), ...COUNTRIES.split(" "), "prefer_not_to_say"],
  evidence_held: [
    "documents",
    "photos_video",
    "audio",
    "messages",
    "payment_records",
    "medical_records",
    "names_of_those_responsible",
    "physical_item",
    "none",
    "prefer_not_to_say",
  ],
  sharing: ["reviewers_only", "ask_me_first", "share_without_details_about_me", "share_all", "prefer_not_to_say"],
  /** Languages of the page (BCP 47), the one the witness used. */
  language: ["en", "zh-Hans", "zh-Hant", "ug", "bo", "kk", "ko"],
} as const;

type Code<List extends Exclude<keyof typeof VOCABULARY, "version">> = (typeof VOCABULARY)[List][number];

/** Most UTF-16 units in a narrative. */
const LONGEST_NARRATIVE = 100_000;

/** What a witness told, without files. Field names are those of the specification's `answers`. */
export type Answers = {
  /** 1 to {@link LONGEST_NARRATIVE} UTF-16 units, any script. */
  readonly narrative: string;
  readonly basis: Code<"basis"> | null;
  readonly witness_category: Code<"witness_category"> | null;
  /** In the order of the list, none twice. */
  readonly event_types: readonly Code<"event_types">[];
  /** A date or range as {@link readEdtf} reads it. */
  readonly when: string | null;
  readonly where: Code<"where"> | null;
  /** In the order of the list, none twice. */
  readonly evidence_held: readonly Code<"evidence_held">[];
  readonly sharing: Code<"sharing">;
  readonly language: Code<"language"> | null;
};

/** Nothing answered yet. The narrative is required: this alone is no valid set of answers. */
export const EMPTY_ANSWERS: Answers = {
  narrative: "",
  basis: null,
  witness_category: null,
  event_types: [],
  when: null,
  where: null,
  evidence_held: [],
  sharing: "ask_me_first",
  language: null,
};

/** Several codes of a list: in its order and none twice, so that one choice has one form. */
function choiceOf<const T extends string>(codes: readonly T[]): Reader<T[]> {
  const read = list(oneOf(codes), codes.length);
  return (value, where) => {
    const chosen = read(value, where);
    const rising = chosen.every((code, index) => index === 0 || codes.indexOf(chosen[index - 1] ?? code) < codes.indexOf(code));
    if (!rising) throw new Refusal("bad-field", where);
    return chosen;
  };
}

/** Reads answers. @throws {Refusal} `bad-field` with the field's name. */
export const readAnswers: Reader<Answers> = record<Answers>({
  narrative: text(LONGEST_NARRATIVE, 1),
  basis: nullable(oneOf(VOCABULARY.basis)),
  witness_category: nullable(oneOf(VOCABULARY.witness_category)),
  event_types: choiceOf(VOCABULARY.event_types),
  when: nullable(readEdtf),
  where: nullable(oneOf(VOCABULARY.where)),
  evidence_held: choiceOf(VOCABULARY.evidence_held),
  sharing: oneOf(VOCABULARY.sharing),
  language: nullable(oneOf(VOCABULARY.language)),
});
