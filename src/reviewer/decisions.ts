/** Commands for what takes two people: proposing, confirming, and what is done at once when something is confirmed. */
import { Refusal } from "../protocol/errors.ts";
import { requireWeekOver, settle } from "./casebook/destroy.ts";
import { findTip } from "./casebook/shelf.ts";
import { makePerson, type NewPerson } from "./casebook/people.ts";
import type { Casebook } from "./casebook/casebook.ts";
import { asWriter, type Desk, sitDown } from "./desk.ts";
import { visibleLine } from "./hostile-text.ts";
import type { Subject } from "./triage/acts.ts";
import { RETENTION_CLASSES } from "./triage/vocabulary.ts";
import type { Answer } from "./views.ts";
import { codeIn, numberIn } from "./words-of.ts";

/** What the command `propose` can propose. What belongs to a referral or a claim has commands of its own. */
export const PROPOSABLE = ["add-person", "destroy-epoch", "destroy-tip", "release-hold", "remove-person", "retention", "reveal"] as const;

export type Proposable = (typeof PROPOSABLE)[number];

/** Proposes something; somebody else has to confirm it. `newPerson` makes who is to be added. */
export function propose(what: Proposable, which: string, newPerson: () => Promise<NewPerson>, desk: Desk): Promise<Answer> {
  return asWriter(desk, async (open, person) => {
    const { casebook } = open;
    const subject = await subjectOf(casebook, what, which, newPerson);
    if (subject.what === "destroy-epoch") await requireWeekOver(open, subject.epoch);
    const { sequence } = await casebook.append({ kind: "proposed", subject }, person, desk.now);
    return {
      json: { proposal: sequence, subject },
      lines: [`Proposal ${String(sequence)}: ${inWords(casebook, subject)}.`, "Nothing has happened yet. Somebody else has to confirm it."],
    };
  });
}

async function subjectOf(casebook: Casebook, what: Proposable, which: string, newPerson: () => Promise<NewPerson>): Promise<Subject> {
  switch (what) {
    case "destroy-tip":
    case "release-hold":
      return { what, tip: findTip(casebook, which).entry.id };
    case "destroy-epoch":
      if (!/^[0-9a-f]{64}$/.test(which)) throw new Refusal("usage", "an epoch is named by its 64 digits");
      return { what, epoch: which };
    case "add-person":
      return { what, ...(await makePerson(casebook.folder, casebook.key, await newPerson())) };
    case "remove-person":
      return { what, key: personNamed(casebook, which) };
    case "retention": {
      const [name, days] = which.split("=", 2);
      return { what, class: codeIn(RETENTION_CLASSES, name, "the class"), days: numberIn("the days", days, 1, 36_500) };
    }
    case "reveal": {
      const [tip = "", name = ""] = which.split("=", 2);
      return { what, tip: findTip(casebook, tip).entry.id, to: personNamed(casebook, name) };
    }
  }
}

/** The key of the person of this name. @throws {Refusal} `no-such-item`. */
export function personNamed(casebook: Casebook, name: string): string {
  const found = casebook.people.find((person) => person.name === name);
  if (found === undefined) throw new Refusal("no-such-item", "person");
  return found.key;
}

/** Confirms a proposal of somebody else and does what it says; or, with `confirmed` false, rejects it or takes it back. */
export function decide(proposal: number, confirmed: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async (open, person) => {
    const { casebook } = open;
    const subject = casebook.state.proposals.get(proposal)?.proposed.act.subject;
    if (confirmed && subject?.what === "destroy-epoch") await requireWeekOver(open, subject.epoch);
    await casebook.append({ kind: confirmed ? "confirmed" : "rejected", proposal }, person, desk.now);
    await settle(open);
    const words = subject === undefined ? "" : inWords(casebook, subject);
    return {
      json: { proposal, confirmed },
      lines: [confirmed ? `Done: ${words}.` : `Proposal ${String(proposal)} is off.`],
    };
  });
}

/** Everything that waits for a second person. */
export async function proposals(desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const open = [...casebook.state.proposals].filter(([, { state }]) => state === "open");
  return {
    json: {
      proposals: open.map(([proposal, { proposed }]) => ({
        proposal,
        by: proposed.person,
        at: proposed.at,
        subject: proposed.act.subject,
      })),
    },
    lines:
      open.length === 0
        ? ["Nothing waits for a second person."]
        : open.map(
            ([number, { proposed }]) =>
              `${String(number)}  ${proposed.at}  ${inWords(casebook, proposed.act.subject)}; by ${nameOf(casebook, proposed.person)}`,
          ),
  };
}

function nameOf(casebook: Casebook, key: string): string {
  return visibleLine(casebook.state.people.get(key)?.name ?? key);
}

/** A proposal as a sentence without its end. */
export function inWords(casebook: Casebook, subject: Subject): string {
  switch (subject.what) {
    case "destroy-tip":
      return `destroy tip ${subject.tip}`;
    case "destroy-epoch":
      return `destroy the secret of epoch ${subject.epoch}`;
    case "release-hold":
      return `take tip ${subject.tip} off legal hold`;
    case "reveal":
      return `show the source of tip ${subject.tip} to ${nameOf(casebook, subject.to)}`;
    case "approve-referral":
      return `approve referral ${String(subject.referral)}`;
    case "approve-dossier":
      return `approve the dossier of referral ${String(subject.referral)}, SHA-256 ${subject.sha256}`;
    case "send-referral":
      return `send referral ${String(subject.referral)}, SHA-256 ${subject.sha256}`;
    case "decide-claim":
      return `${subject.reward === null ? "deny" : `approve ${String(subject.reward.money.amount)} ${subject.reward.money.currency}, share ${String(subject.reward.share / 100)} %, for`} claim ${subject.claim}, decided ${subject.date}`;
    case "make-payable":
      return `make claim ${subject.claim} payable from ${subject.date}`;
    case "record-payment":
      return `record that claim ${subject.claim} was paid on ${subject.date} to recipient ${subject.recipient}`;
    case "sign-voucher":
      return `pay claim ${subject.claim} by a voucher of key ${subject.key}`;
    case "reveal-payee":
      return `let the sealed payee of claim ${subject.claim} leave for the payment officer`;
    case "retention":
      return `keep ${subject.class} for ${String(subject.days)} days`;
    case "add-person":
      return `add ${visibleLine(subject.name)} (${subject.roles.join(", ")}), key ${subject.key}`;
    case "remove-person":
      return `remove ${nameOf(casebook, subject.key)}`;
  }
}
