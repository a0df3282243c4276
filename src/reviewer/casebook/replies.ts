/**
 * Replies to witnesses. A reply is sealed with the reply key inside the tip it answers and recorded, sealed bytes and all, before anything leaves: so the next outbox
 * carries it, that outbox made again is the same, and what was said to whom is part of the chain of custody.
 *
 * Which outbox carries a reply is not written down: it is the first one after it in the chain.
 */
import { challengeDigest } from "../../protocol/crypto/claim.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { mailboxHash, sealReply } from "../../protocol/crypto/reply.ts";
import { toBase64, toHex, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { parseProgram } from "../../protocol/format/program.ts";
import type { Casebook } from "./casebook.ts";
import type { ActOf } from "./event.ts";
import type { ActingPerson } from "./people.ts";
import { readRecord, type ShelvedTip } from "./shelf.ts";
import { openWords, sealWords } from "./tip-keys.ts";

/** A recorded reply, and the number of the outbox that took it; `null` if it waits for the next. */
export interface RecordedReply {
  readonly reply: ActOf<"replied">;
  readonly outbox: number | null;
}

/**
 * Seals and records a reply. With `challenge`, something fresh to sign with the claim key goes with it, in the name of the program that was recorded last. The caller is the
 * casebook's writer.
 * @throws {Refusal} `no-reply-wanted`; `too-large` if the text does not fit, `bad-reply` if it is empty.
 */
export async function recordReply(
  casebook: Casebook,
  shelved: ShelvedTip,
  { text, challenge: challenging }: { readonly text: string; readonly challenge: boolean },
  person: ActingPerson,
  now: Date,
): Promise<ActOf<"replied">> {
  const { tip } = await readRecord(casebook, shelved);
  if (tip.reply === null) throw new Refusal("no-reply-wanted");
  const challenge = challenging ? { nonce: randomBytes(32), program: programAsking(casebook), purpose: "claim" as const } : null;
  const date = now.toISOString().slice(0, 10);
  const sealed = await sealReply({ challenge, date, text }, tip.reply.key);
  const act: ActOf<"replied"> = {
    kind: "replied",
    tip: shelved.entry.id,
    mailbox: toHex(mailboxHash(tip.reply.mailbox)),
    date,
    text: await sealWords(text, await casebook.tipKeys.of(shelved.bundle, shelved.entry.id)),
    challenge: challenge && toHex(challengeDigest(challenge, date)),
    asked: challenge && { ...challenge, nonce: toHex(challenge.nonce) },
    sealed: toBase64(sealed),
  };
  await casebook.append(act, person, now);
  return act;
}

/** In whose name a proof is asked for: the program's, or the log's if none was recorded. */
export function programAsking(casebook: Casebook): string {
  const recorded = casebook.acts("program-recorded").at(-1);
  return recorded === undefined ? casebook.opened.origin : parseProgram(utf8(recorded.program)).name.en;
}

/** Every reply of a casebook, in order. */
export function repliesIn(casebook: Casebook): RecordedReply[] {
  const replies: RecordedReply[] = [];
  let waiting: ActOf<"replied">[] = [];
  for (const { act } of casebook.events) {
    if (act.kind === "replied") waiting.push(act);
    if (act.kind !== "outbox") continue;
    for (const reply of waiting) replies.push({ reply, outbox: act.bundle });
    waiting = [];
  }
  return [...replies, ...waiting.map((reply) => ({ reply, outbox: null }))];
}

/** What was said in the replies to one tip, in order: the replies with their text opened. */
export async function openReplies(casebook: Casebook, { bundle, entry }: ShelvedTip): Promise<RecordedReply[]> {
  const key = await casebook.tipKeys.of(bundle, entry.id);
  const opened: RecordedReply[] = [];
  for (const { reply, outbox } of repliesIn(casebook)) {
    if (reply.tip === entry.id) opened.push({ reply: { ...reply, text: await openWords(reply.text, key) }, outbox });
  }
  return opened;
}
