/**
 * What can be done with claims to a reward, in the reward officers' own casebook: one strict reader for each kind. Who may do what and when, rules.ts beside this decides. A claim is
 * called by its public key. What moves money or reveals a person is not here but a proposal (triage/acts.ts): it takes two officers.
 */
import { hex, integer, list, matching, nullable, oneOf, record, text } from "../../protocol/format/json.ts";
import { VOUCHER_OCTETS } from "../../protocol/format/claim.ts";
import { voucherOffer } from "../../protocol/format/voucher.ts";
import { DATE, NUMBER, tipId } from "../casebook/identifiers.ts";
import { REFERRAL_MACHINE, statesOf } from "../triage/machines.ts";
import { OUTCOMES } from "../triage/vocabulary.ts";

/** A claim: its public key, hexadecimal. */
const claimId = hex(32);

const MANY = 4_000_000;
const prose = text(40_000);

/** Why a proof or a claim part counts for nothing. */
export const REFUSED = ["another-thread", "another-witness", "not-signed", "replayed", "unknown-challenge", "unreadable"] as const;

/** States that one officer records; the others are two people's. */
export const STEPS = [
  "eligibility_check",
  "nominated",
  "committee",
  "ag_concurrence",
  "receipt_filed",
  "reported_30d",
  "lapsed",
  "void_duplicate",
] as const;

/** How a reward is paid. */
export const FORMS = ["cash", "crypto", "in_kind", "other", "voucher", "wire"] as const;

const answer = oneOf(["no", "unknown", "yes"]);

const BLINDED = text((4 * VOUCHER_OCTETS) / 3, (4 * VOUCHER_OCTETS) / 3);

/** Everything that can be done with claims by one officer. */
export const CLAIM_ACTS = {
  /** In the reviewers' casebook: claim parts of these tips were handed over, all of them, whatever is in them. */
  "claims-handed-over": record({ kind: oneOf(["claims-handed-over"]), sha256: hex(32), tips: list(tipId, MANY) }),
  /** A hand-over was taken in. `claim` is null where no reward is wanted; `proof` is the challenge that was answered rightly, `refused` why something counts for nothing. */
  "claims-taken-in": record({
    kind: oneOf(["claims-taken-in"]),
    sha256: hex(32),
    tips: list(
      record({
        tip: tipId,
        thread: hex(32),
        batch: NUMBER,
        date: DATE,
        commitment: hex(32),
        claim: nullable(claimId),
        proof: nullable(hex(32)),
        refused: nullable(oneOf(REFUSED)),
      }),
      MANY,
    ),
    challenges: list(record({ digest: hex(32), thread: hex(32), date: DATE, program: text(200, 1) }), MANY),
    referrals: list(
      record({
        referral: NUMBER,
        title: text(200, 1),
        state: oneOf(statesOf(REFERRAL_MACHINE)),
        outcome: nullable(oneOf(OUTCOMES)),
        reference: nullable(text(200, 1)),
        summary: prose,
        significance: prose,
        tips: list(tipId, 1_000),
      }),
      100_000,
    ),
  }),
  /** What the claimant answered to the questions that are asked only now. */
  "claim-asked": record({
    kind: oneOf(["claim-asked"]),
    claim: claimId,
    /** Information given as part of official duties of any government. */
    official_duties: answer,
    took_part: answer,
    other_claimants: answer,
  }),
  "claim-moved": record({
    kind: oneOf(["claim-moved"]),
    claim: claimId,
    to: oneOf(STEPS),
    date: DATE,
    /** Which agency, committee or office; a nomination always says. */
    by: nullable(text(200, 1)),
    /** Of the receipt, the report or whatever else belongs to it. */
    document: nullable(hex(32)),
  }),
  /** Committees were told of a payment in cryptocurrency. */
  "notice-filed": record({ kind: oneOf(["notice-filed"]), claim: claimId, date: DATE, document: nullable(hex(32)) }),
  /** Who is paid and how, sealed to the payment officer's certificate; nobody who opens this casebook can read it. `sealed` is an OpenPGP message, base64. */
  "payee-sealed": record({
    kind: oneOf(["payee-sealed"]),
    claim: claimId,
    certificate: matching(/[0-9a-f]{40}(?:[0-9a-f]{24})?/),
    sealed: text(4_000_000, 4),
  }),
  /** A key for equal vouchers. `secret` is PKCS #8, base64: events are encrypted, and who opens them all could sign without a trace; what was paid beyond what was signed would tell. */
  "voucher-key-made": record({ kind: oneOf(["voucher-key-made"]), offer: voucherOffer, secret: text(8_000, 4) }),
  /** Claimants asked for vouchers, each under their claim's signature. `blinded` is base64. */
  "vouchers-asked": record({
    kind: oneOf(["vouchers-asked"]),
    requests: list(record({ tip: tipId, claim: claimId, key: hex(32), blinded: BLINDED }), MANY),
  }),
  /** Every voucher that two officers agreed to was signed; `sha256` is of the file that left. */
  "vouchers-signed": record({ kind: oneOf(["vouchers-signed"]), key: hex(32), claims: list(claimId, MANY), sha256: hex(32) }),
  /** A report on a year was made. `year` is the one in which it ended. */
  "year-reported": record({ kind: oneOf(["year-reported"]), year: integer(2000, 9999), date: DATE, document: hex(32) }),
};

/** An act of these. */
export type ClaimAct = ReturnType<(typeof CLAIM_ACTS)[keyof typeof CLAIM_ACTS]>;

const money = record({ amount: integer(1, 1_000_000_000), currency: matching(/[A-Z]{3}/) });

/** What takes two officers. */
export const CLAIM_SUBJECTS = {
  /** The decision of whoever decides, as it was made known. `share` is this claim's part of what the referral earns, in hundredths of a percent. */
  "decide-claim": record({
    what: oneOf(["decide-claim"]),
    claim: claimId,
    date: DATE,
    reward: nullable(record({ form: oneOf(FORMS), money, share: integer(1, 10_000) })),
  }),
  "make-payable": record({ what: oneOf(["make-payable"]), claim: claimId, date: DATE }),
  /** `recipient` is a reference that the payment officer knows, never a name. */
  "record-payment": record({ what: oneOf(["record-payment"]), claim: claimId, date: DATE, recipient: matching(/[A-Za-z0-9-]{1,40}/) }),
  /** The reward is paid as a voucher: exactly this is signed, with the next that are. */
  "sign-voucher": record({ what: oneOf(["sign-voucher"]), claim: claimId, date: DATE, key: hex(32), blinded: BLINDED }),
  /** The sealed payee leaves for the payment officer. */
  "reveal-payee": record({ what: oneOf(["reveal-payee"]), claim: claimId }),
};

export type ClaimSubject = ReturnType<(typeof CLAIM_SUBJECTS)[keyof typeof CLAIM_SUBJECTS]>;

/** A subject without the claim it is about. */
export type WantedSubject<S = ClaimSubject> = S extends ClaimSubject ? Omit<S, "claim"> : never;
