/** The commands about referrals, in the order in which a referral is made. They return what is to be said. */
import { fromUtf8, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatJson, type Json } from "../../protocol/format/json.ts";
import { formatProgram, parseProgram } from "../../protocol/format/program.ts";
import type { Bytes } from "../../protocol/bytes.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { writeNewFile } from "../casebook/durable-file.ts";
import type { ActOf } from "../casebook/event.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { recordReply } from "../casebook/replies.ts";
import { findTip } from "../casebook/shelf.ts";
import { openWords, sealWords } from "../casebook/tip-keys.ts";
import { asWriter, type Desk, sitDown } from "../desk.ts";
import { visibleJson, visibleLine, visibleText } from "../hostile-text.ts";
import { type InputFile, readInput } from "../input-file.ts";
import { readingOf } from "../triage/state.ts";
import type { Answer } from "../views.ts";
import type { REMOVAL_REASONS } from "./acts.ts";
import { composeDossier, statementOf } from "./compose.ts";
import { keepDocument, openDocument } from "./documents.ts";
import { dossierDocument } from "./document.ts";
import { formatDossier } from "./dossier.ts";
import { dossierKey } from "./dossier-key.ts";
import { exhibitsOf, readExhibits } from "./exhibits.ts";
import { sha256Hex } from "./files.ts";
import { fixedDossier, packDossier } from "./pack.ts";
import { placesOf, standsIn, without } from "./redaction.ts";
import { requireReferral } from "./rules.ts";
import { type Source, sourcesOf, wordsRemoved } from "./sources.ts";
import { formatStatement, parseStatement } from "./statement.ts";

/** Records the rewards program that referrals are made for from now on, from `program.json` in any form. */
export function recordProgram(file: InputFile, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const program = parseProgram(await canonicalJson(file));
    if (program.example && !casebook.opened.demo) throw new Refusal("example-program");
    await casebook.append({ kind: "program-recorded", program: fromUtf8(formatProgram(program)) }, person, desk.now);
    return { json: { program: program.name.en }, lines: [`Referrals are made for ${visibleLine(program.name.en)} from now on.`] };
  });
}

async function canonicalJson(file: InputFile): Promise<Bytes> {
  const bytes = await readInput(file);
  try {
    return formatJson(JSON.parse(fromUtf8(bytes)) as Json);
  } catch {
    throw new Refusal("not-canonical-json");
  }
}

/** Drafts a referral of these tips. */
export function draft(title: string, tips: readonly string[], desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const ids = tips.map((prefix) => findTip(casebook, prefix).entry.id);
    if (new Set(ids).size !== ids.length) throw new Refusal("usage", "a tip is named twice");
    const { sequence } = await casebook.append({ kind: "referral-drafted", title, tips: ids }, person, desk.now);
    return { json: { referral: sequence }, lines: [`Referral ${String(sequence)} is a draft.`] };
  });
}

/** Every referral with its state. */
export async function listReferrals(desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const all = [...casebook.state.referrals].map(([referral, { drafted, state }]) => ({
    referral,
    state,
    title: drafted.act.title,
    tips: drafted.act.tips.length,
  }));
  return {
    json: { referrals: all },
    lines: all.map(({ referral, state, title }) => `${String(referral)}  ${state}  ${visibleLine(title)}`),
  };
}

/** A referral's sources, texts as they would leave, exhibits, and what the agency answered. The whole text of a source is not shown here: `show` does. */
export function showReferral(referral: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { state, drafted } = requireReferral(casebook.state, referral);
    requireReaders(casebook, referral, person);
    const sources = await sourcesOf(casebook, referral);
    const { parts } = exhibitsOf(casebook, referral, sources, desk.now.toISOString().slice(0, 10));
    const key = await dossierKey(casebook, referral);
    const answers = [];
    for (const { referral: of, words, ...answer } of casebook.acts("agency-answered"))
      if (of === referral) answers.push({ ...answer, words: words === null ? null : await openWords(words, key) });
    return {
      json: {
        referral,
        state,
        title: drafted.act.title,
        sources: sources.map((source) => ({
          source: source.name,
          tip: source.shelved.entry.id,
          texts: source.texts.map(({ number, text, removals }) => ({
            text: number,
            left: without(text, removals),
            removals: removals.map(({ start, end, reason, event }) => ({ event: event.sequence, start, end, reason })),
          })),
        })),
        exhibits: parts.map(({ exhibit, source, file, size }) => ({ exhibit, source, included: file !== null, size })),
        answers: answers.map(({ answer, date, outcome, reference, documents, words }) => ({
          answer,
          date,
          outcome,
          reference,
          documents,
          words,
        })),
      },
      lines: [
        `Referral ${String(referral)}: ${visibleLine(drafted.act.title)}. It is ${state}.`,
        ...sources.flatMap(linesOfSource),
        ...parts.map(
          ({ exhibit, source, file, size }) =>
            `${exhibit} from ${source}, ${String(size)} bytes: ${file === null ? "stays here" : "goes along"}`,
        ),
        ...answers.map(
          ({ answer, date, outcome, words }) =>
            `${date}  ${answer}${outcome === null ? "" : ` (${outcome})`}${words === null ? "" : `\n${visibleText(words)}`}`,
        ),
      ],
    };
  });
}

function linesOfSource({ name, shelved, texts }: Source): string[] {
  return [
    `${name} is tip ${shelved.entry.id}`,
    ...texts.flatMap(({ number, text, removals }) => [
      `  ${number === 0 ? "account" : `translation ${String(number)}`}, ${String(removals.length)} removed (${removals.map(({ event }) => String(event.sequence)).join(", ") || "none"}):`,
      ...visibleText(without(text, removals))
        .split("\n")
        .map((line) => `    | ${line}`),
    ]),
  ];
}

/** What is to be removed: a stretch of one text, or every place where the words of a file stand. */
export type Removing =
  { readonly start: number; readonly end: number; readonly text: number; readonly source: string } | { readonly wordsFile: InputFile };

/** Removes words from the texts of a referral. What they were is written nowhere. */
export function remove(referral: number, what: Removing, reason: (typeof REMOVAL_REASONS)[number], desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    requireReaders(casebook, referral, person);
    const sources = await sourcesOf(casebook, referral);
    const stretches = "wordsFile" in what ? await everywhere(sources, what.wordsFile) : [stretchOf(sources, what)];
    if (stretches.length === 0) throw new Refusal("nothing-to-do", "these words stand in none of its texts");
    const events: number[] = [];
    for (const from of stretches)
      events.push((await casebook.append({ kind: "removed", referral, from, reason }, person, desk.now)).sequence);
    return { json: { referral, removals: events }, lines: [`${String(events.length)} removed: event ${events.join(", ")}.`] };
  });
}

type Stretch = ActOf<"removed">["from"];

async function everywhere(sources: readonly Source[], wordsFile: InputFile): Promise<Stretch[]> {
  const words = fromUtf8(await readInput(wordsFile)).replace(/\r?\n$/, "");
  if (words === "") throw new Refusal("usage", "the file with the words is empty");
  return sources.flatMap(({ shelved, texts }) =>
    texts.flatMap(({ number, text }) => placesOf(text, words).map((place) => ({ tip: shelved.entry.id, text: number, ...place }))),
  );
}

function stretchOf(sources: readonly Source[], { source, text, start, end }: Extract<Removing, { source: string }>): Stretch {
  const found = sources.find(({ name }) => name === source);
  const within = found?.texts.find(({ number }) => number === text);
  if (found === undefined || within === undefined) throw new Refusal("no-such-item", "text");
  if (end > within.text.length) throw new Refusal("bad-field", "the text is shorter");
  return { tip: found.shelved.entry.id, text, start, end };
}

/** Takes back a removal: the words will leave. */
export function keep(event: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    if (casebook.state.held(event)?.act.kind !== "removed") throw new Refusal("no-such-item", "removal");
    await casebook.append({ kind: "undone", event }, person, desk.now);
    return { json: { event }, lines: [`Removal ${String(event)} is taken back.`] };
  });
}

/** Decides whether an exhibit goes along. */
export function chooseExhibit(referral: number, exhibit: string, included: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const all = (await sourcesOf(casebook, referral)).flatMap(({ shelved, record }) =>
      record.tip.attachments.map((_, attachment) => ({ tip: shelved.entry.id, attachment })),
    );
    const chosen = /^X[1-9][0-9]{0,5}$/.test(exhibit) ? all[Number(exhibit.slice(1)) - 1] : undefined;
    if (chosen === undefined) throw new Refusal("no-such-item", "exhibit");
    await casebook.append({ kind: "exhibit-chosen", referral, exhibit: chosen, included }, person, desk.now);
    return { json: { referral, exhibit, included }, lines: [`${exhibit} ${included ? "goes along" : "stays here"}.`] };
  });
}

/** Writes the form that an author fills in, or what was written last. */
export async function form(referral: number, file: string, desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  await writeNewFile(file, [utf8(visibleJson(await statementOf(casebook, referral, await sourcesOf(casebook, referral))))]);
  return { json: { file }, lines: [`Fill in ${file}, then: referral write ${String(referral)} ${file}`] };
}

/** Takes in what the author wrote, over what was written before. */
export function write(referral: number, file: InputFile, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const statement = parseStatement(await readInput(file));
    const sealed = await sealWords(fromUtf8(formatStatement(statement)), await dossierKey(casebook, referral));
    await casebook.append({ kind: "dossier-written", referral, sealed }, person, desk.now);
    return {
      json: { referral },
      lines: [typeof file === "string" ? `Written. The file ${file} is not needed any more: remove it.` : "Written."],
    };
  });
}

/** Fixes the dossier as it is to be approved. @throws {Refusal} if it would tell more than was decided. */
export function fix(referral: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { dossier, exhibits, sources } = await composeDossier(casebook, referral, desk.now.toISOString().slice(0, 10));
    const words = wordsRemoved(sources);
    for (const [file, bytes] of await readExhibits(casebook, exhibits)) if (standsIn(bytes, words)) throw new Refusal("still-there", file);
    const bytes = formatDossier(dossier);
    const sha256 = sha256Hex(bytes);
    const sealed = await sealWords(fromUtf8(bytes), await dossierKey(casebook, referral));
    await casebook.append({ kind: "dossier-fixed", referral, sha256, sealed }, person, desk.now);
    return {
      json: { referral, sha256, reference: dossier.reference },
      lines: [
        `Dossier ${dossier.reference} is fixed, SHA-256 ${sha256}.`,
        "Two people who are not its authors approve it: one by referral approve, another by confirm.",
      ],
    };
  });
}

/** Writes the dossier to be read: as it was fixed, or as it would be now. */
export function view(referral: number, file: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    requireReaders(casebook, referral, person);
    const { state } = requireReferral(casebook.state, referral);
    const day = desk.now.toISOString().slice(0, 10);
    const { dossier } = state === "draft" ? await composeDossier(casebook, referral, day) : await fixedDossier(casebook, referral);
    await writeNewFile(file, [utf8(dossierDocument(dossier))]);
    return { json: { file, state }, lines: [`${file}: open it in a browser. It is ${state === "draft" ? "a draft" : "what was fixed"}.`] };
  });
}

/** Proposes to approve exactly the dossier that was fixed. */
export function approve(referral: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const { sha256 } = await fixedDossier(casebook, referral);
    const { sequence } = await casebook.append(
      { kind: "proposed", subject: { what: "approve-dossier", referral, sha256 } },
      person,
      desk.now,
    );
    return proposedAnswer(sequence, { referral, sha256 });
  });
}

/** Seals the approved dossier to an agency. */
export function pack(
  referral: number,
  folder: string,
  { agency, pdf }: { readonly agency: Bytes; readonly pdf: boolean },
  desk: Desk,
): Promise<Answer> {
  return asWriter(desk, async ({ casebook, vault }, person) => {
    const packed = await packDossier({ casebook, program: vault.program }, referral, { folder, agency, pdf }, person, desk.now);
    return {
      json: { referral, folder, ...packed },
      lines: [
        `${folder}/${packed.file} is sealed to ${packed.agency}, SHA-256 ${packed.sha256}.`,
        "It leaves when two people said so: referral send, then confirm.",
      ],
    };
  });
}

/** Proposes that a packed file leaves. */
export function send(referral: number, file: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const sha256 = sha256Hex(await readInput(file));
    const { sequence } = await casebook.append(
      { kind: "proposed", subject: { what: "send-referral", referral, sha256 } },
      person,
      desk.now,
    );
    return proposedAnswer(sequence, { referral, sha256 });
  });
}

function proposedAnswer(proposal: number, rest: Readonly<Record<string, string | number>>): Answer {
  return {
    json: { proposal, ...rest },
    lines: [`Proposal ${String(proposal)}. Nothing has happened yet. Somebody else has to confirm it: confirm ${String(proposal)}`],
  };
}

/** What an agency answered. */
export interface AgencyAnswer extends Pick<ActOf<"agency-answered">, "answer" | "outcome" | "date" | "reference"> {
  readonly wordsFile: InputFile | undefined;
  readonly documentFiles: readonly InputFile[];
}

/** Records an answer of the agency, with what came with it. */
export function answered(referral: number, { wordsFile, documentFiles, ...answer }: AgencyAnswer, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const key = await dossierKey(casebook, referral);
    const words = wordsFile === undefined ? null : await sealWords(fromUtf8(await readInput(wordsFile)), key);
    const documents = [];
    for (const file of documentFiles) documents.push(await keepDocument(casebook, await readInput(file), key));
    await casebook.append({ kind: "agency-answered", referral, ...answer, documents, words }, person, desk.now);
    return { json: { referral, state: answer.answer, documents }, lines: [`Referral ${String(referral)} is ${answer.answer}.`] };
  });
}

/** A document of an agency into a new file. */
export async function readAnswerDocument(referral: number, sha256: string, file: string, desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  await writeNewFile(file, [await openDocument(casebook, sha256, await dossierKey(casebook, referral))]);
  return { json: { file }, lines: [`Written to ${file}.`] };
}

/** Goes back to the draft, to be changed and approved again. */
export function reopen(referral: number, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    await casebook.append({ kind: "referral-moved", referral, to: "draft", outcome: null }, person, desk.now);
    return { json: { referral }, lines: [`Referral ${String(referral)} is a draft again.`] };
  });
}

/**
 * Tells every witness of a referral who can be answered the same thing. With `challenge`, each is asked to prove a claim: all of them, since nobody here knows who
 * wants a reward, and asking only some would tell.
 */
export function tell(referral: number, textFile: InputFile, challenge: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const text = fromUtf8(await readInput(textFile))
      .replaceAll("\r\n", "\n")
      .trimEnd();
    if (text === "") throw new Refusal("usage", "the text is empty");
    const mailboxes = new Set<string>();
    let told = 0;
    for (const { shelved, record } of await sourcesOf(casebook, referral)) {
      if (record.tip.reply === null || mailboxes.has(shelved.entry.thread)) continue;
      mailboxes.add(shelved.entry.thread);
      await recordReply(casebook, shelved, { text, challenge }, person, desk.now);
      told++;
    }
    if (told === 0) throw new Refusal("no-reply-wanted");
    return {
      json: { referral, told },
      lines: [`${String(told)} will read it after the next outbox${challenge ? ", each with a challenge" : ""}.`],
    };
  });
}

/** @throws {Refusal} `recused` if `person` stays out of a tip of the referral. */
function requireReaders(casebook: Casebook, referral: number, person: ActingPerson): void {
  for (const id of requireReferral(casebook.state, referral).drafted.act.tips)
    if (readingOf(casebook.state.tip(id), person.key) !== "may-read") throw new Refusal("conflict-undeclared");
}
