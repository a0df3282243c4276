/**
 * The closed lists of triage, version 1: what reviewers declare, code, tag and grade with. Codes are stored, labels never. A code is never removed or given another meaning;
 * a list may grow, and the version of the event format grows with it, since an older program refuses codes it does not know.
 */

/** Ties to a tip that somebody declares before reading it. Any of them recuses, until a lead decides. `family_in_place`: relatives exposed to pressure. */
export const TIES = [
  "family_in_place",
  "financial",
  "knows_person",
  "prior_involvement",
  "same_institution",
  "same_movement_or_party",
] as const;

/**
 * Legal elements. Coded by reviewers, never asked of witnesses. `cah`: crimes against humanity, Rome Statute article 7 (`act_a` to `act_k` are paragraph 1's letters); `tip`:
 * trafficking in persons, Palermo Protocol article 3; `tvpa`: 22 USC 7102(11); `nota`: 42 USC 274e; `toc`: 22 USC 2708(k); `ddr`: dead-donor rule; `mode`: mode of liability.
 */
export const ELEMENTS = [
  "cah.attack_civilian",
  "cah.knowledge",
  "cah.policy",
  "cah.widespread_or_systematic",
  "cah.act_a",
  "cah.act_b",
  "cah.act_c",
  "cah.act_d",
  "cah.act_e",
  "cah.act_f",
  "cah.act_g",
  "cah.act_h",
  "cah.act_i",
  "cah.act_j",
  "cah.act_k",
  "tip.act",
  "tip.means",
  "tip.purpose_organ_removal",
  "tvpa.labor",
  "tvpa.sex",
  "nota.transfer_of_organ",
  "nota.us_commerce",
  "nota.valuable_consideration",
  "toc.financial_benefit",
  "toc.foreign_jurisdiction",
  "toc.group",
  "toc.us_nexus",
  "ddr.arrest_induced",
  "ddr.intubated_after_declaration",
  "ddr.intubated_before_procurement",
  "ddr.no_apnoea_test",
  "mode.aided",
  "mode.conspired",
  "mode.financed",
  "mode.ordered",
  "mode.perpetrated",
  "mode.superior_responsibility",
] as const;

/** What a tip says about an element. `weak`: points there and does not carry it. */
export const STANCES = ["contradicts", "not_addressed", "supports", "weak"] as const;

/** Admiralty grades (AJP-2.1): the letter is the source's history, F by definition for somebody unknown; the number is this report. */
export const SOURCE_GRADES = ["A", "B", "C", "D", "E", "F"] as const;
export const INFORMATION_GRADES = [1, 2, 3, 4, 5, 6] as const;

/** Why a grade was given. */
export const REASONS = [
  "access_plausible",
  "copied_text",
  "document_checks",
  "internally_consistent",
  "known_false_detail",
  "matches_other_tip",
  "matches_public_source",
  "motive_concern",
  "possible_provocation",
  "specific_detail",
  "technical_error",
] as const;

/** Tags by set. Victim group and organs are the reviewers' to code. */
export const TAGS = {
  victim_group: [
    "child",
    "christian",
    "death_sentence_prisoner",
    "falun_gong",
    "kazakh",
    "kyrgyz",
    "other_prisoner",
    "other_turkic_muslim",
    "paid_or_deceived_donor",
    "tibetan",
    "unknown",
    "uyghur",
  ],
  organs: ["bone", "bone_marrow", "cornea_eye", "heart", "intestine", "kidney", "liver", "lung", "pancreas", "skin", "unspecified"],
  urgency: ["routine", "soon", "today"],
} as const;

/** Whom or what an entity is. */
export const ENTITY_KINDS = ["account", "document", "facility", "organisation", "person", "vehicle"] as const;

/** How sure it is that a tip speaks of an entity. */
export const CERTAINTIES = ["certain", "possible", "probable"] as const;

/** How one tip stands to another. Tips are linked and never merged. */
export const LINKS = ["contradicts", "corroborates", "duplicate", "same_event"] as const;

/** Whether two linked tips have different origins. */
export const INDEPENDENCE = ["no", "unknown", "yes"] as const;

/** Marks on a tip. A legal hold is taken off by two people only. */
export const FLAGS = ["legal_hold", "urgent_safety", "withdrawn"] as const;

/** Why a tip was closed. */
export const CLOSE_REASONS = [
  "declined_by_agency",
  "duplicate",
  "not_actionable",
  "out_of_scope",
  "paid",
  "retention_expired",
  "withdrawn",
] as const;

/** What came of a referral. */
export const OUTCOMES = ["arrest", "charge", "conviction", "disruption", "none", "prevention", "sanction", "transfer"] as const;

/** Classes of the casebook's own retention; days are counted from a tip's last change of state. */
export const RETENTION_CLASSES = ["out_of_scope", "spam", "triaged_not_referred"] as const;
