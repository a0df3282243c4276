/** The commands of the review machine, one function each. They return what is to be said; only `command-line.ts` prints. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Vkey } from "../protocol/crypto/note.ts";
import { fromUtf8, utf8 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { type CeremonyPlan, holdCeremony } from "./ceremony.ts";
import { Casebook } from "./casebook/casebook.ts";
import { checkCasebook } from "./casebook/check.ts";
import { writeNewFile } from "./casebook/durable-file.ts";
import type { ActOf } from "./casebook/event.ts";
import { importBundle } from "./casebook/import.ts";
import { fingerprintOf, logKeyIn, pinnedLogKey } from "./casebook/log-key.ts";
import { destructionsLeaving, outboxBytes, recordOutbox, repliesLeaving } from "./casebook/outbox.ts";
import { openReplies, recordReply } from "./casebook/replies.ts";
import { findTip, readPieces, readRecord, type ShelvedTip, threadsOf, type TipRecord, tipsOf } from "./casebook/shelf.ts";
import { compareCasebooks, type Comparison } from "./casebook/compare.ts";
import { asWriter, type Desk, sitDown } from "./desk.ts";
import { extractTip } from "./extract.ts";
import { visibleLine } from "./hostile-text.ts";
import { metricsCsv, metricsFor, type TipCodes } from "./metrics.ts";
import { type Answer, count, listView, statusView, tipView } from "./views.ts";

/** Makes all keys and a casebook in a new folder. */
export async function ceremony(folder: string, plan: CeremonyPlan, desk: Pick<Desk, "now" | "say">): Promise<Answer> {
  const made = await holdCeremony(folder, plan, desk.now, desk.say);
  const cards = `${String(plan.needed)} of ${String(plan.shares)}`;
  return {
    json: { folder, origin: plan.origin, demo: plan.demo, quorum: cards, ...made },
    lines: [
      ...(plan.demo ? ["DEMO keys: they protect nothing."] : []),
      `Program certificate  ${made.program}`,
      `Rewards certificate  ${made.rewards}`,
      `Review key           ${made.review}`,
      "",
      `Carry ${join(folder, "public")} to the server as its KEYS_DIR.`,
      ...(plan.people.length > 1 ? [] : ["One person only: whatever takes two people cannot be done in this casebook."]),
      ...(plan.demo ? [] : [`Give each person their own card from ${join(folder, "people")}; it signs for them.`]),
      `Print ${join(folder, "cards")} (any ${cards} open the casebook), give each holder one, then destroy the files.`,
      `Give ${join(folder, "rewards")} to the reward officer and remove it here.`,
      `Print ${join(folder, "retention")} and give each card to another person, then destroy the files: any two of them change how long the server keeps tips.`,
      `The casebook is ${join(folder, "casebook")}.`,
    ],
  };
}

/** Takes in a bundle; `logKeyFile` names the log's verifier key the first time. */
export function importFile(file: string, logKeyFile: string | undefined, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook, vault }, person) => {
    const log = await logKey(casebook, logKeyFile, desk.say);
    const { now, progress } = desk;
    await requireFile(file);
    const { imported, warnings } = await importBundle(readPieces(file), { casebook, program: vault.program, log, person, now, progress });
    const sum = (of: "tips" | "decoys"): number => imported.batches.reduce((total, batch) => total + batch[of], 0);
    const tips = imported.tips.map(({ id }) => id);
    const { bundle, manifest, checkpoint, batches, troubled } = imported;
    return {
      json: { bundle, manifest, checkpoint, batches, tips, troubled, warnings },
      lines: [
        `Bundle ${String(bundle)} imported: ${count(batches.length, "batch")}, ${count(sum("tips"), "tip")}, ${count(sum("decoys"), "decoy")} dropped.`,
        ...tips.map((id) => `  ${id}`),
        ...warnings.map((warning) => `Warning: ${warning}`),
      ],
    };
  });
}

/** The log key to check against. To believe one for the first time is a person's decision, so it is said aloud. */
async function logKey(casebook: Casebook, file: string | undefined, say: Desk["say"]): Promise<Vkey> {
  const pinned = pinnedLogKey(casebook);
  if (file === undefined) {
    if (pinned === null) throw new Refusal("usage", "the first import needs --log-key FILE");
    return pinned;
  }
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Fault("reading the log's verifier key", cause);
  });
  const key = logKeyIn(casebook, fromUtf8(bytes));
  if (pinned !== null) return key;
  say(`If this import succeeds, the casebook believes this log key from now on. Compare it with what the operator says:`);
  say(`  key          ${key.text}`);
  say(`  fingerprint  ${fingerprintOf(key)}`);
  return key;
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new Fault("opening the bundle", cause);
  });
  if (!found.isFile()) throw new Refusal("no-secure-place", "the bundle is not a file");
}

/** Every tip, witness by witness. */
export async function list(desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const tips: { shelved: ShelvedTip; record: TipRecord }[] = [];
  const all = threadsOf(casebook)
    .flat()
    .filter(({ entry }) => !casebook.state.tip(entry.id).destroyed);
  for (const shelved of all) {
    tips.push({ shelved, record: await readRecord(casebook, shelved) });
    desk.progress("read tips", tips.length, all.length);
  }
  return listView(tips);
}

/** One tip. */
export async function show(id: string, desk: Desk): Promise<Answer> {
  const { casebook } = await sitDown(desk);
  const shelved = findTip(casebook, id);
  const thread = threadsOf(casebook).find(([first]) => first?.entry.thread === shelved.entry.thread) ?? [];
  return tipView(shelved, await readRecord(casebook, shelved), thread, await openReplies(casebook, shelved));
}

/** Answers a tip with the text in a file; with `challenge`, a claim to a reward is to be proved. */
export function reply(id: string, textFile: string, challenge: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const shelved = findTip(casebook, id);
    const text = await readReplyText(textFile);
    const act = await recordReply(casebook, shelved, { text, challenge }, person, desk.now);
    return {
      json: { tip: act.tip, date: act.date, challenge: act.challenge },
      lines: [
        `Reply to tip ${act.tip} is sealed and waits for the next outbox.`,
        ...(act.challenge === null ? [] : [`Challenge ${act.challenge}`]),
      ],
    };
  });
}

/** Text of a reply: the file's, with plain line ends and none at its end. */
async function readReplyText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Fault("reading the text of the reply", cause);
  });
  const text = fromUtf8(bytes).replaceAll("\r\n", "\n").trimEnd();
  if (text === "") throw new Refusal("usage", "the reply is empty");
  return text;
}

/** A tip's attachments into a new folder. */
export function extract(id: string, folder: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    const shelved = findTip(casebook, id);
    const files = await extractTip(casebook, shelved, folder, desk.progress);
    await casebook.append({ kind: "extracted", tip: shelved.entry.id }, person, desk.now);
    return {
      json: { tip: shelved.entry.id, folder, files },
      lines: [
        `${count(files.length, "file")} of tip ${shelved.entry.id} in ${folder}`,
        ...files.map(({ file, name, size, sha256: hash }) => `  ${file}  ${String(size)} bytes  ${hash}  | ${visibleLine(name)}`),
      ],
    };
  });
}

/** A bundle for the server in a new file; with `again`, the last one once more. */
export function outbox(file: string, again: boolean, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook, vault }, person) => {
    if ((await stat(file).catch(() => null)) !== null) throw new Refusal("already-there");
    const last = casebook.acts("outbox").at(-1);
    if (again && last === undefined) throw new Refusal("nothing-to-do", "there is no outbox yet");
    const act = again && last !== undefined ? last : await recordOutbox(casebook, vault.review, person, desk.now);
    const written = await outboxBytes(casebook, vault.review, act);
    await writeNewFile(file, written.bytes);
    const batches = act.acknowledgements.map(({ batch }) => batch);
    const replies = repliesLeaving(casebook, act.bundle).length;
    const destroyed = destructionsLeaving(casebook, act.bundle);
    return {
      json: {
        file,
        bundle: act.bundle,
        manifest: act.manifest,
        acknowledged: batches,
        replies,
        destroyed: destroyed.map(({ epoch }) => epoch),
      },
      lines: [
        outboxLine(file, act, replies, destroyed.length),
        ...destroyed.map(({ epoch, date }) => `  destroyed on ${date}: the secret of epoch ${epoch}`),
      ],
    };
  });
}

function outboxLine(file: string, { bundle, acknowledgements }: ActOf<"outbox">, replies: number, destroyed: number): string {
  const held = `batch ${acknowledgements.map(({ batch }) => String(batch)).join(", ")} is held here`;
  const begin = `Outbox ${String(bundle)} in ${file}.`;
  if (replies + destroyed === 0) return `${begin} It says one thing only: ${held}.`;
  const parts = [
    ...(acknowledgements.length === 0 ? [] : [held]),
    ...(replies === 0 ? [] : [count(replies, "reply")]),
    ...(destroyed === 0 ? [] : [`${String(destroyed)} destroyed ${destroyed === 1 ? "week" : "weeks"}`]),
  ];
  return `${begin} In it: ${parts.join("; ")}.`;
}

/** Counts and what is waiting. */
export async function status(desk: Desk): Promise<Answer> {
  return statusView((await sitDown(desk)).casebook);
}

/** Metrics as a table for spreadsheets in a new file, for the person who asks: what they stay out of is not in it. */
export function metrics(file: string, desk: Desk): Promise<Answer> {
  return asWriter(desk, async ({ casebook }, person) => {
    if (!person.roles.some((role) => role === "lead" || role === "reviewer" || role === "translator"))
      throw new Refusal("not-allowed", "metrics");
    const codes = new Map<string, TipCodes>();
    const tips = tipsOf(casebook).filter(({ entry }) => !casebook.state.tip(entry.id).destroyed);
    for (const [index, tip] of tips.entries()) {
      codes.set(tip.entry.id, (await readRecord(casebook, tip)).tip.answers);
      desk.progress("read tips", index + 1, tips.length);
    }
    const csv = metricsCsv(metricsFor(casebook.state, (id) => codes.get(id) ?? null, person.key, desk.now.toISOString().slice(0, 10)));
    await writeNewFile(file, [utf8(csv)]);
    const rows = csv.split("\r\n").length - 1;
    return {
      json: { file, rows },
      lines: [`Metrics in ${file}: ${count(rows - 1, "row")}. Counts below 5 are kept back.`],
    };
  });
}

/** Whether the casebook is whole and, with `against`, how a copy in that folder stands to it; `sound` is false if anything is damaged or they diverged. */
export async function verify(against: string | undefined, desk: Desk): Promise<{ answer: Answer; sound: boolean }> {
  const { casebook, vault } = await sitDown(desk, "files");
  const damages = await checkCasebook(casebook, desk.progress);
  const { length } = casebook.events;
  const link = casebook.events.at(-1)?.link ?? "";
  const lines =
    damages.length === 0
      ? [`The casebook is whole: ${count(length, "event")}, last link ${link}`]
      : damages.map(({ where, what }) => `Damaged: ${where}. ${what}`);
  if (against === undefined) return { answer: { json: { events: length, link, damages }, lines }, sound: damages.length === 0 };
  const comparison = compareCasebooks(casebook, await Casebook.open(against, vault, "files"));
  const { relation } = comparison;
  const json = { events: length, link, damages, against: relation, common: relation === "stranger" ? 0 : comparison.common };
  const sound = damages.length === 0 && relation !== "diverged" && relation !== "stranger";
  return { answer: { json, lines: [...lines, ...comparisonLines(casebook, comparison)] }, sound };
}

function comparisonLines(casebook: Casebook, comparison: Comparison): string[] {
  if (comparison.relation === "stranger") return ["The other folder is another casebook."];
  const { relation, common, here, there } = comparison;
  const first = ([event]: typeof here): string =>
    event === undefined
      ? ""
      : `${event.act.kind} by ${visibleLine(casebook.state.people.get(event.person)?.name ?? event.person)} at ${event.at}`;
  switch (relation) {
    case "same":
      return ["The copy is the same."];
    case "ahead":
      return [`The copy is older: it lacks ${count(here.length, "event")}.`];
    case "behind":
      return [`The copy is newer: it has ${count(there.length, "event")} more. Work there, or replace this one.`];
    case "diverged":
      return [
        `DIVERGED after event ${String(common)}. They cannot be merged: decide which goes on, and do again there what is missing.`,
        `  here:  ${count(here.length, "event")}, first ${first(here)}`,
        `  there: ${count(there.length, "event")}, first ${first(there)}`,
      ];
  }
}
