/**
 * Referrals at the window: what one person may see of them, and the calls that work on them. What is done is done by the commands' own functions (referral/commands.ts) at the desk of
 * whoever sits here. Everything that shows or changes what sources say needs that person to have opened every tip of the referral, as for the tips themselves.
 */
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import {
  flag,
  formatJson,
  hex,
  integer,
  type Json,
  list,
  matching,
  nullable,
  oneOf,
  type Reader,
  record,
  text,
} from "../../protocol/format/json.ts";
import type { Casebook } from "../casebook/casebook.ts";
import type { Act } from "../casebook/event.ts";
import { DATE, NUMBER, tipId } from "../casebook/identifiers.ts";
import { programAsking } from "../casebook/replies.ts";
import { openWords } from "../casebook/tip-keys.ts";
import { visibleLine } from "../hostile-text.ts";
import { ANSWERS, REMOVAL_REASONS } from "../referral/acts.ts";
import * as commands from "../referral/commands.ts";
import { composeDossier, entitiesOf, statementOf } from "../referral/compose.ts";
import { dossierDocument } from "../referral/document.ts";
import { openDocument } from "../referral/documents.ts";
import { dossierKey } from "../referral/dossier-key.ts";
import { exhibitsOf } from "../referral/exhibits.ts";
import { missingParts } from "../referral/missing.ts";
import { fixedDossier, keepPackedDossier } from "../referral/pack.ts";
import { authorsOf, lastOf, requireReferral } from "../referral/rules.ts";
import { programOf, type Source, sourcesOf } from "../referral/sources.ts";
import { mayFollow, REFERRAL_MACHINE } from "../triage/machines.ts";
import { hasRole, readingOf, type Referral } from "../triage/state.ts";
import { OUTCOMES } from "../triage/vocabulary.ts";
import { requireOpened } from "./attached.ts";
import { bytesGiven, givenFile } from "./given-file.ts";
import { hasOpened } from "./inbox.ts";
import { openDecisions } from "./open-decisions.ts";
import type { Player } from "./player.ts";
import { isAllowed } from "./reading.ts";
import type { ReferralAnswer, ReferralCalls, ReferralContent, ReferralsAnswer, Said } from "./referral-wire.ts";
import type { Seated } from "./seat.ts";
import { nameOf } from "./sentences.ts";
import { sticks, writeToFolder } from "./stick.ts";

const LONGEST_WORDS = 100_000;

const words = text(LONGEST_WORDS, 1);
const folder = text(4096, 1);
const nothing: Reader<Record<string, never>> = record({});
const one = record({ referral: NUMBER });
const letter = record({ referral: NUMBER, text: words, challenge: flag });
/** Read strictly where it is used, by the statement's own reader. */
const anything: Reader<Json> = (value) => value;

const READERS: { readonly [K in keyof ReferralCalls]: Reader<ReferralCalls[K][0]> } = {
  referrals: nothing,
  referral: one,
  "referral-program": record({ file: givenFile }),
  "referral-draft": record({ title: text(200, 1), tips: list(tipId, 1_000) }),
  "referral-remove": record({
    referral: NUMBER,
    reason: oneOf(REMOVAL_REASONS),
    words: nullable(words),
    place: nullable(
      record({ source: matching(/T[1-9][0-9]{0,3}/), text: integer(0, 99_999_999), start: integer(0, 700_000), end: integer(1, 700_000) }),
    ),
  }),
  "referral-keep": record({ referral: NUMBER, event: NUMBER }),
  "referral-exhibit": record({ referral: NUMBER, exhibit: matching(/X[1-9][0-9]{0,5}/), included: flag }),
  "referral-statement": record({ referral: NUMBER, statement: anything }),
  "referral-preview": one,
  "referral-fix": one,
  "referral-approve": one,
  "referral-pack": record({ referral: NUMBER, agency: givenFile, pdf: flag }),
  "referral-send": one,
  "referral-file": record({ referral: NUMBER, folder }),
  "referral-reopen": one,
  "referral-answered": record({
    referral: NUMBER,
    answer: oneOf(ANSWERS),
    outcome: nullable(oneOf(OUTCOMES)),
    date: DATE,
    reference: nullable(text(200, 1)),
    words: nullable(words),
    documents: list(givenFile, 100),
  }),
  "referral-document": record({ referral: NUMBER, sha256: hex(32), folder }),
  "referral-letter": letter,
  "referral-tell": letter,
};

/** The calls about referrals, for whoever sits at the desk when each is made. */
export function referralCalls(
  deskNow: () => Seated,
  player: Player,
): { readonly [K in keyof ReferralCalls]: (request: Json) => Promise<ReferralCalls[K][1]> } {
  const reading =
    <K extends keyof ReferralCalls>(name: K, answer: (given: ReferralCalls[K][0], desk: Seated) => Promise<ReferralCalls[K][1]>) =>
    (request: Json): Promise<ReferralCalls[K][1]> =>
      answer(READERS[name](request, "referral"), deskNow());
  /** For what shows or changes what sources say. */
  const opened =
    <K extends OfReferral>(name: K, answer: (given: ReferralCalls[K][0], desk: Seated) => Promise<ReferralCalls[K][1]>) =>
    async (request: Json): Promise<ReferralCalls[K][1]> => {
      const desk = deskNow();
      const given = READERS[name](request, "referral");
      requireAllOpened(desk, given.referral);
      return answer(given, desk);
    };
  return {
    referrals: reading("referrals", (_, desk) => Promise.resolve(listed(desk))),
    referral: reading("referral", ({ referral }, desk) => shown(referral, desk)),
    "referral-program": reading("referral-program", async ({ file: bytes }, desk) => {
      const { json } = await commands.recordProgram(bytesGiven(bytes), desk);
      return json as { program: string };
    }),
    "referral-draft": reading("referral-draft", async ({ title, tips }, desk) => {
      const { json } = await commands.draft(title, tips, desk);
      return said((json as { referral: number }).referral, "It is a draft.");
    }),
    "referral-remove": opened("referral-remove", remove),
    "referral-keep": opened("referral-keep", keep),
    "referral-exhibit": opened("referral-exhibit", async ({ referral, exhibit, included }, desk) => {
      await commands.chooseExhibit(referral, exhibit, included, desk);
      return said(referral, `${exhibit} ${included ? "goes along" : "stays here"}.`);
    }),
    "referral-statement": opened("referral-statement", async ({ referral, statement }, desk) => {
      await commands.write(referral, formatJson(statement), desk);
      return said(referral, "Written down.");
    }),
    "referral-preview": opened("referral-preview", async ({ referral }, desk) => ({
      path: player.offerPage(dossierDocument(await dossierNow(referral, desk))),
    })),
    "referral-fix": opened("referral-fix", async ({ referral }, desk) => {
      const { json } = await commands.fix(referral, desk);
      const { reference, sha256 } = json as { reference: string; sha256: string };
      return said(referral, `Dossier ${reference} is fixed, SHA-256 ${sha256}. Two people who are not its authors approve it.`);
    }),
    "referral-approve": opened("referral-approve", async ({ referral }, desk) => {
      await commands.approve(referral, desk);
      return said(referral, "Proposed. Somebody else, who is no author either, has to confirm it.");
    }),
    "referral-pack": opened("referral-pack", async ({ referral, agency, pdf }, desk) => {
      const { casebook, vault } = desk.seated.open;
      const packing = { agency: bytesGiven(agency), pdf };
      const packed = await keepPackedDossier({ casebook, program: vault.program }, referral, packing, desk.seated.person, desk.now);
      return said(referral, `Sealed to ${packed.agency}, SHA-256 ${packed.sha256}. It leaves when two people say so.`);
    }),
    "referral-send": opened("referral-send", send),
    "referral-file": opened("referral-file", writeSealed),
    "referral-reopen": opened("referral-reopen", async ({ referral }, desk) => {
      await commands.reopen(referral, desk);
      return said(referral, "It is a draft again.");
    }),
    "referral-answered": opened("referral-answered", async ({ referral, words: wrote, documents, ...answer }, desk) => {
      const given = { ...answer, wordsFile: wrote === null ? undefined : utf8(wrote), documentFiles: documents.map(bytesGiven) };
      await commands.answered(referral, given, desk);
      return said(referral, `Written down: ${answer.answer.replaceAll("_", " ")}.`);
    }),
    "referral-document": opened("referral-document", async ({ referral, sha256, folder: place }, desk) => {
      const { casebook } = desk.seated.open;
      requireOwn(casebook, referral, sha256);
      const name = `agency-${sha256.slice(0, 16)}`;
      await writeToFolder(place, name, [await openDocument(casebook, sha256, await dossierKey(casebook, referral))]);
      return said(referral, `Written: ${name}`);
    }),
    "referral-letter": opened("referral-letter", async (given, desk) => {
      const { casebook } = desk.seated.open;
      const sources = await sourcesOf(casebook, given.referral);
      const mailboxes = new Set(sources.filter(({ record: { tip } }) => tip.reply !== null).map(({ shelved }) => shelved.entry.thread));
      if (mailboxes.size === 0) throw new Refusal("no-reply-wanted");
      return { ...given, witnesses: mailboxes.size, program: programAsking(casebook), date: desk.now.toISOString().slice(0, 10) };
    }),
    "referral-tell": opened("referral-tell", async ({ referral, text: letterText, challenge }, desk) => {
      const { json } = await commands.tell(referral, utf8(letterText), challenge, desk);
      return said(referral, `Sealed for ${String((json as { told: number }).told)}. It leaves with the next outbox.`);
    }),
  };
}

type OfReferral = {
  [K in keyof ReferralCalls]: ReferralCalls[K][0] extends { readonly referral: number } ? K : never;
}[keyof ReferralCalls];

function said(referral: number, says: string): Said {
  return { referral, says };
}

/** @throws {Refusal} as attached.ts has it for the first tip that `desk`'s person did not open. */
function requireAllOpened({ seated: { open, person } }: Seated, referral: number): void {
  for (const tip of requireReferral(open.casebook.state, referral).drafted.act.tips) requireOpened(open.casebook, person.key, tip);
}

function listed({ seated: { open, person } }: Seated): ReferralsAnswer {
  const { casebook } = open;
  const { state } = casebook;
  return {
    program: programOf(casebook)?.name.en ?? null,
    mayRecordProgram: hasRole(state, person.key, ["lead"]),
    rows: [...state.referrals]
      .map(([referral, { drafted, state: at }]) => ({
        referral,
        title: visibleLine(drafted.act.title),
        state: at,
        tips: drafted.act.tips.length,
        authors: authorNames(casebook, referral),
        waiting: waitingFor(casebook, person.key, referral).length > 0,
      }))
      .reverse(),
  };
}

function authorNames({ state }: Casebook, referral: number): string[] {
  return [...authorsOf(state, referral)].map((key) => nameOf(state, key));
}

function waitingFor(casebook: Casebook, person: string, referral: number): ReferralAnswer["waiting"] {
  return openDecisions(casebook, person, (subject) => "referral" in subject && subject.referral === referral);
}

async function shown(number: number, desk: Seated): Promise<ReferralAnswer> {
  const { open, person } = desk.seated;
  const { casebook } = open;
  const referral = requireReferral(casebook.state, number);
  const { tips, title } = referral.drafted.act;
  const unread = tips.filter((id) => {
    const tip = casebook.state.tip(id);
    return tip.destroyed || readingOf(tip, person.key) !== "may-read" || !hasOpened(tip, person.key);
  });
  const packed = lastOf(casebook.state, "dossier-packed", number, "ever");
  const isOpen = unread.length === 0;
  return {
    referral: number,
    title: visibleLine(title),
    state: referral.state,
    authors: authorNames(casebook, number),
    tips,
    unread,
    content: isOpen ? await contentOf(number, desk) : null,
    fixed: lastOf(casebook.state, "dossier-fixed", number)?.sha256 ?? null,
    packed: packed && { sha256: packed.sha256, agency: packed.agency },
    waiting: waitingFor(casebook, person.key, number),
    may: allowed(desk, number, referral, isOpen),
    places: await sticks(),
  };
}

const UNKNOWN = "0".repeat(64);

function allowed({ seated: { open, person } }: Seated, number: number, { state }: Referral, isOpen: boolean): ReferralAnswer["may"] {
  const { casebook } = open;
  const may = (act: Act): boolean => isOpen && isAllowed(casebook, person.key, act);
  const reviews = isOpen && hasRole(casebook.state, person.key, ["lead", "reviewer"]);
  const fixed = lastOf(casebook.state, "dossier-fixed", number)?.sha256 ?? UNKNOWN;
  const fresh = lastOf(casebook.state, "dossier-packed", number, "since it was approved")?.sha256 ?? UNKNOWN;
  const hasLeft = state !== "draft" && state !== "sanitised" && state !== "approved";
  return {
    work: reviews && state === "draft",
    approve: may({ kind: "proposed", subject: { what: "approve-dossier", referral: number, sha256: fixed } }),
    pack: may({ kind: "dossier-packed", referral: number, sha256: UNKNOWN, manifest: UNKNOWN, agency: "0".repeat(40) }),
    send: may({ kind: "proposed", subject: { what: "send-referral", referral: number, sha256: fresh } }),
    write: reviews && hasLeft && state !== "more_requested",
    reopen: may({ kind: "referral-moved", referral: number, to: "draft", outcome: null }),
    tell: reviews,
    answers: reviews ? ANSWERS.filter((answer) => mayFollow(REFERRAL_MACHINE, state, answer)) : [],
  };
}

async function contentOf(number: number, desk: Seated): Promise<ReferralContent> {
  const { casebook } = desk.seated.open;
  const day = desk.now.toISOString().slice(0, 10);
  const sources = await sourcesOf(casebook, number);
  const statement = await statementOf(casebook, number, sources);
  const { parts } = exhibitsOf(casebook, number, sources, day);
  const chosen = casebook.acts("exhibit-chosen").some(({ referral }) => referral === number);
  const written = lastOf(casebook.state, "dossier-written", number) !== null;
  const key = await dossierKey(casebook, number);
  const answers: ReferralContent["answers"][number][] = [];
  for (const { referral, words: sealed, answer, date, outcome, reference, documents } of casebook.acts("agency-answered")) {
    if (referral !== number) continue;
    answers.push({ answer, date, outcome, reference, documents, words: sealed === null ? null : await openWords(sealed, key) });
  }
  return {
    sources: sources.map((source) => sourceShown(casebook, source)),
    exhibits: parts.map(({ exhibit, source, form, size, sha256, file: goes }) => ({
      exhibit,
      source,
      form,
      size,
      sha256,
      included: goes !== null,
    })),
    statement,
    subjects: entitiesOf(casebook, sources).map(({ number: entity, named }) => ({ entity, name: visibleLine(named.name.text) })),
    missing: missingParts(casebook, sources, statement, { written, chosen }),
    stopped: requireReferral(casebook.state, number).state === "draft" ? await whatStops(casebook, number, day) : null,
    answers,
  };
}

function sourceShown({ state }: Casebook, { name, shelved, record: { tip }, texts }: Source): ReferralContent["sources"][number] {
  return {
    source: name,
    tip: shelved.entry.id,
    texts: texts.map(({ number, text: whole, removals, translation }) => ({
      text: number,
      language: translation?.act.language ?? tip.answers.language ?? "",
      whole,
      removals: removals.map(({ start, end, reason, event }) => ({
        ...{ event: event.sequence, start, end, reason },
        ...{ by: nameOf(state, event.person), at: event.at },
      })),
    })),
  };
}

async function whatStops(casebook: Casebook, referral: number, day: string): Promise<string | null> {
  try {
    await composeDossier(casebook, referral, day);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

async function dossierNow(referral: number, { now, seated: { open } }: Seated) {
  const { casebook } = open;
  const { state } = requireReferral(casebook.state, referral);
  const made = state === "draft" ? composeDossier(casebook, referral, now.toISOString().slice(0, 10)) : fixedDossier(casebook, referral);
  return (await made).dossier;
}

async function remove({ referral, reason, words: wanted, place }: ReferralCalls["referral-remove"][0], desk: Seated): Promise<Said> {
  if ((wanted === null) === (place === null)) throw new Refusal("bad-field", "words, or a place");
  const what = place ?? { wordsFile: utf8(wanted ?? "") };
  const { json } = await commands.remove(referral, what, reason, desk);
  const count = (json as { removals: number[] }).removals.length;
  return said(referral, `Removed at ${String(count)} ${count === 1 ? "place" : "places"}. Where and why is logged, what it was is not.`);
}

/** @throws {Refusal} `no-such-item` for a removal of another referral. */
async function keep({ referral, event }: ReferralCalls["referral-keep"][0], desk: Seated): Promise<Said> {
  const act = desk.seated.open.casebook.state.held(event)?.act;
  if (act?.kind !== "removed" || act.referral !== referral) throw new Refusal("no-such-item", "removal");
  await commands.keep(event, desk);
  return said(referral, `Removal ${String(event)} is taken back: these words will leave.`);
}

async function send({ referral }: ReferralCalls["referral-send"][0], { now, seated: { open, person } }: Seated): Promise<Said> {
  const packed = lastOf(open.casebook.state, "dossier-packed", referral, "since it was approved");
  if (packed === null) throw new Refusal("wrong-state", "nothing is packed");
  const subject = { what: "send-referral", referral, sha256: packed.sha256 } as const;
  await open.casebook.append({ kind: "proposed", subject }, person, now);
  return said(referral, "Proposed. Somebody else, who is no author, has to confirm that it leaves.");
}

async function writeSealed(
  { referral, folder: place }: ReferralCalls["referral-file"][0],
  { seated: { open, person }, ...desk }: Seated,
): Promise<Said> {
  const { casebook } = open;
  const { state } = requireReferral(casebook.state, referral);
  const packed = lastOf(casebook.state, "dossier-packed", referral);
  if (packed === null || !allowed({ ...desk, seated: { open, person } }, referral, requireReferral(casebook.state, referral), true).write)
    throw new Refusal("wrong-state", state);
  const { dossier } = await fixedDossier(casebook, referral);
  const name = `${dossier.reference.toLowerCase()}.pgp`;
  await writeToFolder(place, name, [await openDocument(casebook, packed.sha256, await dossierKey(casebook, referral))]);
  return said(referral, `Written: ${name}, sealed to ${packed.agency}.`);
}

/** @throws {Refusal} `no-such-item` unless an answer about this referral came with it. */
function requireOwn(casebook: Casebook, referral: number, sha256: string): void {
  const came = casebook
    .acts("agency-answered")
    .some((act) => act.referral === referral && act.documents.some((one) => one.sha256 === sha256));
  if (!came) throw new Refusal("no-such-item", "document");
}
