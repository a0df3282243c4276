/**
 * What the review machine prints of tips and of a casebook. A witness's words never begin a line: each stands behind a bar or a label, with unseen characters made
 * visible, so that no tip can look like output of this program.
 */
import { formatDate } from "../protocol/format/date.ts";
import type { Answers } from "../protocol/format/vocabulary.ts";
import type { Casebook } from "./casebook/casebook.ts";
import { batchesToAcknowledge, repliesLeaving } from "./casebook/outbox.ts";
import type { RecordedReply } from "./casebook/replies.ts";
import { type ShelvedTip, type TipRecord, tipsOf } from "./casebook/shelf.ts";
import { visibleLine, visibleText } from "./hostile-text.ts";
import { networksUp } from "./isolation.ts";
import { labelled } from "./labels.ts";

/** What a command has to say: a value for programs, lines for people. */
export interface Answer {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

/** Characters of a narrative shown in a list. */
const OPENING_LENGTH = 60;

/** The questions a witness is asked besides the narrative, and how reviewers read them. */
export const QUESTIONS: readonly (readonly [Exclude<keyof Answers, "narrative">, string])[] = [
  ["basis", "How they know"],
  ["witness_category", "Who they are"],
  ["event_types", "What kind of event"],
  ["when", "When"],
  ["where", "Where"],
  ["evidence_held", "What they hold"],
  ["sharing", "What we may do"],
  ["language", "Language of the page"],
];

/** What a tip is in its thread. A follow-up's number is the day on the witness's clock, in days since 1970. */
export function placeInThread(sequence: number): string {
  return sequence === 0 ? "first message" : `follow-up of ${formatDate(sequence)}`;
}

/** One line and one value for each tip, in the order given; a tip after another of the same witness stands under it, set in. */
export function listView(tips: readonly { readonly shelved: ShelvedTip; readonly record: TipRecord }[]): Answer {
  const rows = tips.map(({ shelved: { date, entry }, record: { tip } }) => ({
    id: entry.id,
    batch: entry.batch,
    date,
    thread: entry.thread,
    sequence: entry.sequence,
    attachments: tip.attachments.length,
    language: tip.answers.language,
    opening: visibleLine(beginning(tip.answers.narrative)),
  }));
  const lines = rows.map(({ id, date, thread, sequence, attachments, opening }, index) => {
    const indent = rows[index - 1]?.thread === thread ? "  " : "";
    const files = attachments === 0 ? "" : ` [${count(attachments, "file")}]`;
    const followUp = sequence === 0 ? "" : ` [${placeInThread(sequence)}]`;
    return `${indent}${id}  ${date}${files}${followUp}  | ${opening}`;
  });
  return { json: { tips: rows }, lines: lines.length === 0 ? ["There are no tips."] : lines };
}

function beginning(narrative: string): string {
  const characters = Array.from(narrative.slice(0, 4 * OPENING_LENGTH).replaceAll(/\s+/g, " "));
  return characters.length <= OPENING_LENGTH ? characters.join("") : `${characters.slice(0, OPENING_LENGTH).join("")}…`;
}

/** A whole tip. `thread` are all tips of this witness, this one too; `replies` are those to this tip. */
export function tipView(
  { bundle, date, entry }: ShelvedTip,
  record: TipRecord,
  thread: readonly ShelvedTip[],
  replies: readonly RecordedReply[],
): Answer {
  const { answers, attachments, reply } = record.tip;
  const others = thread.map((other) => other.entry).filter(({ id }) => id !== entry.id);
  const lines = [
    `Tip ${entry.id}`,
    `  Batch ${String(entry.batch)} of ${date}, item ${String(entry.position)}, bundle ${String(bundle)}`,
    `  Commitment ${entry.commitment}`,
    `  Thread ${entry.thread}, ${placeInThread(entry.sequence)}`,
    ...others.map(({ id, sequence }) => `  Same witness: ${id}, ${placeInThread(sequence)}`),
    `  Reply ${reply === null ? "not wanted" : "wanted"}`,
    "",
    ...QUESTIONS.map(([field, question]) => `${question}: ${answerText(field, answers[field])}`),
    "",
    "What they tell:",
    ...barred(answers.narrative),
    "",
    ...replies.flatMap(replyLines),
    attachments.length === 0 ? "No files." : `${count(attachments.length, "file")}:`,
    ...attachments.flatMap(({ name, type, size, form }, index) => [
      `  ${String(index + 1).padStart(4, "0")}  ${form}, ${String(size)} bytes, SHA-256 ${record.hashes[index] ?? ""}`,
      `        name | ${visibleLine(name)}`,
      `        type | ${visibleLine(type)}`,
    ]),
  ];
  const files = attachments.map(({ name, type, size, form }, index) => ({
    number: index + 1,
    name,
    type,
    size,
    form,
    sha256: record.hashes[index] ?? "",
  }));
  const same = others.map(({ id, sequence }) => ({ id, sequence }));
  const answered = replies.map(({ reply: { date: day, text, challenge }, outbox }) => ({ date: day, text, challenge, outbox }));
  const json = { ...entry, bundle, date, same_witness: same, reply: reply !== null, replies: answered, answers, attachments: files };
  return { json, lines };
}

function replyLines({ reply: { date, text, challenge }, outbox }: RecordedReply): string[] {
  return [
    `Reply of ${date}, ${outbox === null ? "waits for the next outbox" : `left with outbox ${String(outbox)}`}:`,
    ...barred(text),
    ...(challenge === null ? [] : [`  Challenge ${challenge}`]),
    "",
  ];
}

/** Lines that are not ours, each behind a bar. */
function barred(text: string): string[] {
  return visibleText(text)
    .split("\n")
    .map((line) => `  | ${line}`);
}

/** An answer with its codes. */
export function answerText(field: string, value: string | readonly string[] | null): string {
  if (value === null || value.length === 0) return "–";
  const codes = typeof value === "string" ? [value] : value;
  return codes.map((code) => visibleLine(labelled(field, code))).join("; ");
}

/** Counts, keys, and what is waiting. */
export function statusView(casebook: Casebook): Answer {
  const { origin, program, rewards, review, demo } = casebook.opened;
  const { people } = casebook;
  const imports = casebook.acts("imported");
  const batches = imports.flatMap((act) => act.batches);
  const sum = (of: "decoys" | "unreadable" | "not_included" | "missing"): number => batches.reduce((total, batch) => total + batch[of], 0);
  const last = imports.at(-1);
  const waiting = batchesToAcknowledge(casebook).map(({ batch }) => batch);
  const replies = repliesLeaving(casebook, null).length;
  const networks = networksUp();
  const json = {
    origin,
    demo,
    program,
    rewards,
    review,
    log_key: casebook.acts("log-key-pinned").at(-1)?.vkey ?? null,
    people: people.map(({ name }) => name),
    events: casebook.events.length,
    bundles: imports.length,
    batches: batches.length,
    tips: tipsOf(casebook).length,
    decoys: sum("decoys"),
    unreadable: sum("unreadable"),
    not_included: sum("not_included"),
    missing: sum("missing"),
    checkpoint: last?.checkpoint ?? null,
    outboxes: casebook.acts("outbox").length,
    to_acknowledge: waiting,
    replies_waiting: replies,
    networks,
  };
  const lines = [
    `Casebook of ${origin}${demo ? " (DEMO keys: protects nothing)" : ""}`,
    `  ${count(json.events, "event")}, people: ${people.map(({ name }) => visibleLine(name)).join(", ")}`,
    `  ${count(json.bundles, "bundle")}, ${count(json.batches, "batch")}: ${count(json.tips, "tip")}, ${count(json.decoys, "decoy")}, ` +
      `${String(json.unreadable)} unreadable, ${String(json.not_included)} not in the log, ${String(json.missing)} missing`,
    last === undefined
      ? "  Nothing was imported yet."
      : `  Log seen up to ${count(last.checkpoint.size, "entry")}, root ${last.checkpoint.root}`,
    waiting.length === 0
      ? "  Nothing waits to be acknowledged."
      : `  To be acknowledged with the next outbox: batch ${waiting.map(String).join(", ")}`,
    ...(replies === 0 ? [] : [`  To leave with the next outbox: ${count(replies, "reply")}`]),
    `  ${count(json.outboxes, "outbox")} made`,
    networks.length === 0 ? "  No network." : `  NETWORK: ${networks.join(", ")}. A review machine must have none.`,
  ];
  return { json, lines };
}

const PLURALS: Readonly<Record<string, string>> = {
  batch: "batches",
  entry: "entries",
  outbox: "outboxes",
  person: "people",
  reply: "replies",
};

/** A number with its noun. */
export function count(number: number, noun: string): string {
  return `${String(number)} ${number === 1 ? noun : (PLURALS[noun] ?? `${noun}s`)}`;
}
