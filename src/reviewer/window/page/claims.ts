/** What reward officers can do in the page: the forms, and an action with its key for everything that the review machine says is allowed. Pure. */
import { FORMS, type STEPS } from "../../claims/acts.ts";
import type { ClaimAnswer } from "../claim-wire.ts";
import { type Field, type Form, one, optionsOf, type Values, WORDS_MISSING } from "./forms.ts";
import { type Action, folderForm, programForm } from "./referrals.ts";
import type { Command, Effect, State } from "./state.ts";

const CLAIM_FORMS = [
  "claims-take-in",
  "claims-program",
  "claims-year",
  "claim-step",
  "claim-asked",
  "claim-decide",
  "claim-payable",
  "claim-paid",
  "claim-notice",
  "claim-payee",
  "claim-payee-file",
  "claim-report",
] as const;

export type ClaimForm = (typeof CLAIM_FORMS)[number];

export function isClaimForm(name: string): name is ClaimForm {
  return (CLAIM_FORMS as readonly string[]).includes(name);
}

const panel = (name: ClaimForm): Command => ({ do: "panel", panel: name });
const call = (effect: Effect): Command => ({ do: "call", effect });

/** What can be done with the list of claims. */
export function claimsActions({ preview }: State): Action[] {
  const close: Action = { key: "v", button: "Close the page", command: { do: "preview", path: null } };
  return [
    ...(preview === null ? [] : [close]),
    { key: "m", button: "Take in a hand-over", command: panel("claims-take-in") },
    { key: "r", button: "Rewards program", command: panel("claims-program") },
    { key: "y", button: "Report on a year", command: panel("claims-year") },
  ];
}

/** What this officer can do with the claim that is shown. */
export function claimActions({ claim, preview }: State): Action[] {
  if (claim === null) return [];
  const { may, payee, waiting } = claim;
  const about = { claim: claim.claim };
  const confirmable = waiting.find(({ mayConfirm }) => mayConfirm);
  const isFree = waiting.length === 0;
  const all: (Action | null)[] = [
    confirmable === undefined
      ? null
      : { key: "c", button: "Confirm", command: { do: "decide", proposal: confirmable.proposal, confirmed: true } },
    may.steps.length > 0 ? { key: "e", button: "Next step", command: panel("claim-step") } : null,
    may.ask ? { key: "q", button: "Who may be paid", command: panel("claim-asked") } : null,
    may.decide && isFree ? { key: "d", button: "Decision", command: panel("claim-decide") } : null,
    may.makePayable && isFree ? { key: "y", button: "Make it payable", command: panel("claim-payable") } : null,
    may.notice ? { key: "n", button: "Notice of cryptocurrency", command: panel("claim-notice") } : null,
    may.pay && isFree ? { key: "p", button: "It was paid", command: panel("claim-paid") } : null,
    may.sealPayee ? { key: "s", button: "Seal who is paid", command: panel("claim-payee") } : null,
    may.reveal && isFree && payee?.revealed === false
      ? {
          key: "l",
          button: "Let the payee leave",
          command: call({ call: "claim-propose", request: { ...about, wanted: { what: "reveal-payee" } } }),
        }
      : null,
    payee?.revealed === true ? { key: "t", button: "Sealed payee to a stick", command: panel("claim-payee-file") } : null,
    may.report && preview === null
      ? { key: "v", button: "See the report", command: call({ call: "claims-preview", request: { report: about } }) }
      : null,
    preview === null ? null : { key: "v", button: "Close the page", command: { do: "preview", path: null } },
    may.report ? { key: "w", button: "Write the report", command: panel("claim-report") } : null,
  ];
  return all.filter((action) => action !== null);
}

const PDF: Field = { name: "pdf", label: "With a PDF, printed by the browser of this machine", kind: "yes", value: "yes" };
const DAY: Field = { name: "date", label: "Day", kind: "day" };
const DAY_MISSING = "Say on which day.";
const TWO = "Nothing happens until another officer confirms it.";

/** The form of that name, for what is shown; `null` if there is nothing it could be about. */
export function claimForm(name: ClaimForm, state: State): Form | null {
  switch (name) {
    case "claims-take-in":
      return takeInForm();
    case "claims-program":
      return programForm("claims-program");
    case "claims-year":
      return yearForm(state.claims?.places[0] ?? "");
    default:
      return state.claim === null ? null : formOfClaim(name, state.claim);
  }
}

function formOfClaim(name: Exclude<ClaimForm, `claims-${string}`>, claim: ClaimAnswer): Form {
  switch (name) {
    case "claim-step":
      return stepForm(claim);
    case "claim-asked":
      return askedForm(claim);
    case "claim-decide":
      return decideForm(claim);
    case "claim-payable":
      return datedForm("Make it payable", (date) => ({
        call: "claim-propose",
        request: { claim: claim.claim, wanted: { what: "make-payable", date } },
      }));
    case "claim-paid":
      return paidForm(claim);
    case "claim-notice":
      return noticeForm(claim);
    case "claim-payee":
      return payeeForm(claim);
    case "claim-payee-file":
      return folderForm("The sealed payee, to the payment officer", claim.places, (folder) => ({
        call: "claim-payee-file",
        request: { claim: claim.claim, folder },
      }));
    case "claim-report":
      return reportForm("The report, into a folder", claim.places[0] ?? "", [], () => ({ claim: claim.claim }));
  }
}

function takeInForm(): Form {
  return {
    title: "Take in a hand-over",
    fields: [{ name: "file", label: "The file that the reviewers’ “claims export” wrote", kind: "file" }],
    submit: "Take in",
    effect: (values) => {
      const file = one(values, "file");
      return file === "" ? "Choose the file first." : { call: "claims-take-in", request: { file } };
    },
  };
}

function yearForm(place: string): Form {
  const field: Field = { name: "year", label: "Year, called by the one in which it ends", kind: "line" };
  return reportForm("Report on a year", place, [field], (values) => {
    const year = one(values, "year");
    return /^[2-9]\d{3}$/.test(year) ? { year: Number(year) } : "A year has four digits.";
  });
}

type WantedReport = { readonly claim: string } | { readonly year: number };

function reportForm(title: string, place: string, fields: readonly Field[], wanted: (values: Values) => WantedReport | string): Form {
  return {
    title,
    fields: [...fields, { name: "folder", label: "Folder of the stick", kind: "line", value: place }, PDF],
    submit: "Write",
    effect: (values) => {
      const report = wanted(values);
      const folder = one(values, "folder");
      if (typeof report === "string") return report;
      return folder === ""
        ? "Say which folder."
        : { call: "claims-report", request: { report, folder, pdf: one(values, "pdf") === "yes" } };
    },
  };
}

function stepForm({ claim, may }: ClaimAnswer): Form {
  return {
    title: "Next step",
    fields: [
      { name: "to", label: "Step", kind: "choice", options: optionsOf(may.steps) },
      { ...DAY },
      { name: "by", label: "Which agency, committee or office; a nomination says it", kind: "line" },
      { name: "document", label: "Receipt or report, of which the hash is kept", kind: "file" },
    ],
    submit: "Write down",
    effect: (values) => {
      const to = one(values, "to") as (typeof STEPS)[number];
      const [date, by, document] = [one(values, "date"), one(values, "by") || null, one(values, "document") || null];
      if (date === "") return DAY_MISSING;
      if (to === "nominated" && by === null) return "Say which agency nominates.";
      if ((to === "receipt_filed" || to === "reported_30d") && document === null) return "Choose the receipt or the report.";
      return { call: "claim-step", request: { claim, to, date, by, document } };
    },
  };
}

const ANSWERS = optionsOf(["unknown", "no", "yes"]);

function askedForm({ claim, asked }: ClaimAnswer): Form {
  const field = (name: "official_duties" | "took_part" | "other_claimants", label: string): Field => ({
    ...{ name, label, kind: "choice", options: ANSWERS, value: asked?.[name] ?? "unknown" },
  });
  return {
    title: "What the claimant answered",
    fields: [
      field("official_duties", "Told as part of official duties of any government"),
      field("took_part", "Took part in what is told"),
      field("other_claimants", "Others have a part in it"),
    ],
    submit: "Write down",
    effect: (values) => {
      const answer = (name: string) => one(values, name) as "no" | "unknown" | "yes";
      const answers = {
        official_duties: answer("official_duties"),
        took_part: answer("took_part"),
        other_claimants: answer("other_claimants"),
      };
      return { call: "claim-asked", request: { claim, ...answers } };
    },
  };
}

function decideForm({ claim }: ClaimAnswer): Form {
  return {
    title: "The decision, as it was made known",
    fields: [
      {
        name: "decision",
        label: "Decision",
        kind: "choice",
        options: [
          ["approved", "a reward"],
          ["denied", "no reward"],
        ],
        hint: TWO,
      },
      DAY,
      { name: "amount", label: "Amount, whole", kind: "line" },
      { name: "currency", label: "Currency, three letters", kind: "line", value: "USD" },
      { name: "form", label: "How", kind: "choice", options: optionsOf(FORMS), value: "wire" },
      { name: "share", label: "Share of what the referral earns, percent", kind: "line", value: "100" },
    ],
    submit: "Propose",
    effect: (values) => {
      const date = one(values, "date");
      if (date === "") return DAY_MISSING;
      if (one(values, "decision") === "denied")
        return { call: "claim-propose", request: { claim, wanted: { what: "decide-claim", date, reward: null } } };
      const [amount, currency, share] = [one(values, "amount"), one(values, "currency"), one(values, "share")];
      if (!/^[1-9]\d{0,8}$/.test(amount)) return "The amount is a whole number.";
      if (!/^[A-Z]{3}$/.test(currency)) return "A currency is three capital letters.";
      const hundredths = Math.round(Number(share) * 100);
      if (!/^\d{1,3}(?:\.\d{1,2})?$/.test(share) || hundredths < 1 || hundredths > 10_000) return "A share is from 0.01 to 100.";
      const form = one(values, "form") as (typeof FORMS)[number];
      const reward = { form, money: { amount: Number(amount), currency }, share: hundredths };
      return { call: "claim-propose", request: { claim, wanted: { what: "decide-claim", date, reward } } };
    },
  };
}

function datedForm(title: string, effect: (date: string) => Effect): Form {
  return {
    title,
    fields: [{ ...DAY, hint: TWO }],
    submit: "Propose",
    effect: (values) => (one(values, "date") === "" ? DAY_MISSING : effect(one(values, "date"))),
  };
}

function paidForm({ claim }: ClaimAnswer): Form {
  return {
    title: "It was paid",
    fields: [
      { ...DAY, hint: TWO },
      { name: "recipient", label: "Reference that the payment officer knows, never a name", kind: "line" },
    ],
    submit: "Propose",
    effect: (values) => {
      const [date, recipient] = [one(values, "date"), one(values, "recipient")];
      if (date === "") return DAY_MISSING;
      if (!/^[A-Za-z0-9-]{1,40}$/.test(recipient)) return "A reference has letters, digits and hyphens.";
      return { call: "claim-propose", request: { claim, wanted: { what: "record-payment", date, recipient } } };
    },
  };
}

function noticeForm({ claim }: ClaimAnswer): Form {
  return {
    title: "Committees were told of a payment in cryptocurrency",
    fields: [DAY, { name: "document", label: "The notice, of which the hash is kept; may be left out", kind: "file" }],
    submit: "Write down",
    effect: (values) => {
      if (one(values, "date") === "") return DAY_MISSING;
      return { call: "claim-notice", request: { claim, date: one(values, "date"), document: one(values, "document") || null } };
    },
  };
}

function payeeForm({ claim }: ClaimAnswer): Form {
  return {
    title: "Who is paid, and how",
    fields: [
      {
        name: "words",
        label: "It is sealed to the payment officer at once, and nobody can read it here again",
        kind: "words",
      },
      { name: "certificate", label: "The payment officer’s OpenPGP certificate", kind: "file" },
    ],
    submit: "Seal",
    effect: (values) => {
      const [words, certificate] = [one(values, "words"), one(values, "certificate")];
      if (words === "") return WORDS_MISSING;
      return certificate === "" ? "Choose the certificate first." : { call: "claim-payee", request: { claim, words, certificate } };
    },
  };
}
