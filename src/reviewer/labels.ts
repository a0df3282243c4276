/**
 * What the codes of the vocabulary mean, in plain English, for reviewers. Codes are stored, labels never; a label stands beside its code wherever it is shown.
 */
import type { VOCABULARY } from "../protocol/format/vocabulary.ts";

type CodesOf<List extends "basis" | "witness_category" | "event_types" | "evidence_held" | "sharing" | "language"> =
  (typeof VOCABULARY)[List][number];

const BASIS: Record<CodesOf<"basis">, string> = {
  saw_or_did: "saw it or did it",
  happened_to_me: "it happened to them",
  told_by_someone_involved: "told by somebody involved",
  have_records: "has records",
  heard_generally: "heard it",
  prefer_not_to_say: "prefers not to say",
};

const WITNESS_CATEGORY: Record<CodesOf<"witness_category">, string> = {
  detained_person: "was detained",
  family: "family",
  medical: "medical staff",
  detention_or_police: "detention staff or police",
  court_or_office: "court or office",
  broker: "broker or arranger",
  patient_or_companion: "patient or companion",
  support_or_transport: "support or transport",
  records_holder: "holds records",
  other: "other",
  prefer_not_to_say: "prefers not to say",
};

const EVENT_TYPES: Record<CodesOf<"event_types">, string> = {
  medical_test_in_custody: "medical test in custody",
  selection_or_matching: "selection or matching",
  transfer_from_custody: "transfer from custody",
  organ_removal: "organ removal",
  death_or_body: "death or a body",
  disappearance: "disappearance",
  transplant_arranged: "transplant arranged",
  payment_or_brokering: "payment or brokering",
  false_records_or_consent: "false records or consent",
  organ_transport: "organ transport",
  order_or_policy: "order or policy",
  deceptive_recruitment: "deceptive recruitment",
  threat_to_witness: "threat to a witness",
  other: "other",
  prefer_not_to_say: "prefers not to say",
};

const EVIDENCE_HELD: Record<CodesOf<"evidence_held">, string> = {
  documents: "documents",
  photos_video: "photos or video",
  audio: "audio",
  messages: "messages",
  payment_records: "payment records",
  medical_records: "medical records",
  names_of_those_responsible: "names of those responsible",
  physical_item: "a physical item",
  none: "nothing",
  prefer_not_to_say: "prefers not to say",
};

const SHARING: Record<CodesOf<"sharing">, string> = {
  reviewers_only: "reviewers only",
  ask_me_first: "ask them first",
  share_without_details_about_me: "share without details about them",
  share_all: "share all",
  prefer_not_to_say: "prefers not to say",
};

const LANGUAGE: Record<CodesOf<"language">, string> = {
  en: "English",
  "zh-Hans": "Chinese, simplified",
  "zh-Hant": "Chinese, traditional",
  ug: "Uyghur",
  bo: "Tibetan",
  kk: "Kazakh",
  ko: "Korean",
};

/** Names for ISO 3166-2:CN; several codes differ by one letter only, so a code is never shown alone. */
const SUBDIVISIONS: Readonly<Record<string, string>> = {
  AH: "Anhui",
  BJ: "Beijing",
  CQ: "Chongqing",
  FJ: "Fujian",
  GD: "Guangdong",
  GS: "Gansu",
  GX: "Guangxi",
  GZ: "Guizhou",
  HA: "Henan",
  HB: "Hubei",
  HE: "Hebei",
  HI: "Hainan",
  HK: "Hong Kong",
  HL: "Heilongjiang",
  HN: "Hunan",
  JL: "Jilin",
  JS: "Jiangsu",
  JX: "Jiangxi",
  LN: "Liaoning",
  MO: "Macao",
  NM: "Inner Mongolia",
  NX: "Ningxia",
  QH: "Qinghai",
  SC: "Sichuan",
  SD: "Shandong",
  SH: "Shanghai",
  SN: "Shaanxi",
  SX: "Shanxi",
  TJ: "Tianjin",
  TW: "Taiwan",
  XJ: "Xinjiang",
  XZ: "Tibet",
  YN: "Yunnan",
  ZJ: "Zhejiang",
};

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  basis: BASIS,
  witness_category: WITNESS_CATEGORY,
  event_types: EVENT_TYPES,
  evidence_held: EVIDENCE_HELD,
  sharing: SHARING,
  language: LANGUAGE,
};

/** The label of a code with the code behind it, `family (family)`; a code without a label stands alone. `list` is a field of the answers. */
export function labelled(list: string, code: string): string {
  const label = list === "where" ? placeName(code) : LABELS[list]?.[code];
  return label === undefined ? code : `${label} (${code})`;
}

function placeName(code: string): string | undefined {
  if (code === "prefer_not_to_say") return "prefers not to say";
  if (code.startsWith("CN-")) return SUBDIVISIONS[code.slice(3)];
  return new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(code);
}
