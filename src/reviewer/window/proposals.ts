/**
 * What takes two people, from the page: what somebody may propose now, proposing somebody new, and what was decided. What must hold is decided by triage/rules.ts; only whether a week is over
 * needs more than the events, so it is asked here too, when it is proposed and again when it is confirmed.
 */
import { Refusal } from "../../protocol/errors.ts";
import type { Act } from "../casebook/event.ts";
import { type OpenCasebook, requireWeekOver, weeksThatAreOver } from "../casebook/destroy.ts";
import { type ActingPerson, makePerson } from "../casebook/people.ts";
import type { Role } from "../casebook/roles.ts";
import { inWords } from "../decisions.ts";
import { secretOf } from "../own-secret.ts";
import { lastOf } from "../referral/rules.ts";
import type { Subject } from "../triage/acts.ts";
import type { CasebookState } from "../triage/state.ts";
import { RETENTION_CLASSES } from "../triage/vocabulary.ts";
import type { ProposingAnswer } from "./case-wire.ts";
import { isAllowed } from "./reading.ts";
import { nameOf } from "./sentences.ts";

/** Most decisions that are told. */
const MOST_DECIDED = 50;

/** A key that nobody has: to ask whether a name may be added before a key is made. */
const NO_KEY = "0".repeat(64);

/** What `person` may propose that needs nothing filled in, and what holds. Proposals about one tip are made where it is read. */
export async function proposingFor(open: OpenCasebook, person: string): Promise<ProposingAnswer> {
  const { casebook } = open;
  const { state } = casebook;
  const may = (subject: Subject): boolean => isAllowed(casebook, person, { kind: "proposed", subject });
  const weeks = await weeksThatAreOver(open);
  const subjects: Subject[] = [
    ...[...state.referrals.keys()].flatMap((referral) => referralSubjects(state, referral)),
    ...[...state.people.keys()].map((key) => ({ what: "remove-person", key }) as const),
    ...weeks.map((epoch) => ({ what: "destroy-epoch", epoch }) as const),
  ];
  const [retention] = RETENTION_CLASSES;
  return {
    offers: subjects.filter(may).map((subject) => ({ subject, says: inWords(casebook, subject) })),
    retention: RETENTION_CLASSES.map((code) => ({ class: code, days: state.retention.get(code) ?? null })),
    mayPropose: may({ what: "retention", class: retention, days: 1 }),
    decided: decided(open),
  };
}

/** What a referral waits for. Without a dossier it is approved and sent as its events say; what is sent then is named by whoever sends it, on the command line. */
function referralSubjects(state: CasebookState, referral: number): Subject[] {
  const fixed = lastOf(state, "dossier-fixed", referral);
  const packed = lastOf(state, "dossier-packed", referral, "since it was approved");
  return [
    fixed === null ? { what: "approve-referral", referral } : { what: "approve-dossier", referral, sha256: fixed.sha256 },
    ...(packed === null ? [] : [{ what: "send-referral", referral, sha256: packed.sha256 } as const]),
  ];
}

function decided({ casebook }: OpenCasebook): ProposingAnswer["decided"] {
  const { state } = casebook;
  return [...state.proposals]
    .filter(([, proposal]) => proposal.state !== "open")
    .slice(-MOST_DECIDED)
    .reverse()
    .map(([proposal, { proposed, state: came, by }]) => ({
      proposal,
      by: nameOf(state, proposed.person),
      at: proposed.at,
      says: inWords(casebook, proposed.act.subject),
      confirmed: came === "confirmed",
      decidedBy: nameOf(state, by ?? ""),
    }));
}

/** @throws {Refusal} `not-acknowledged`, `no-epoch` if this decides on a week that may still be needed. */
export async function requireDecidable(open: OpenCasebook, act: Act): Promise<void> {
  const subject =
    act.kind === "proposed"
      ? act.subject
      : act.kind === "confirmed"
        ? open.casebook.state.proposals.get(act.proposal)?.proposed.act.subject
        : undefined;
  if (subject?.what === "destroy-epoch") await requireWeekOver(open, subject.epoch);
}

/** Makes a key for somebody new and proposes them. @throws {Refusal} also `weak-passphrase`, `cannot-unlock` without a secret where keys have locks. */
export async function proposePerson(
  { casebook }: OpenCasebook,
  by: ActingPerson,
  { name, roles, secret }: { readonly name: string; readonly roles: readonly Role[]; readonly secret: string },
  now: Date,
): Promise<{ event: number; key: string }> {
  const wanted: Subject = { what: "add-person", name, key: NO_KEY, roles: [...roles] };
  if (!isAllowed(casebook, by.key, { kind: "proposed", subject: wanted })) throw new Refusal("not-allowed", "add-person");
  if (secret === "" && !casebook.opened.demo) throw new Refusal("cannot-unlock", "somebody new has a passphrase or card of their own");
  const own = secret === "" ? null : await secretOf(secret);
  const person = await makePerson(casebook.folder, casebook.key, { name, roles, secret: own });
  const { sequence } = await casebook.append({ kind: "proposed", subject: { ...wanted, key: person.key } }, by, now);
  return { event: sequence, key: person.key };
}
