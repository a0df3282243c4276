/** What the commands say: for each, a value for programs and lines for people. */
import type { DecidedPolicy } from "../../protocol/crypto/retention-note.ts";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { dayOf, formatDate } from "../../protocol/format/date.ts";
import { formatLogPolicy } from "../../protocol/format/log-policy.ts";
import type { Context } from "../context.ts";
import { type Keys, openFirstPolicy } from "../keys.ts";
import type { ExportedBundle } from "./export.ts";
import type { ImportedBundle } from "./import.ts";
import { type DueBatch, dueBatches, plannedPurges } from "./purge.ts";
import type { SealedBatch } from "./seal.ts";
import { statusOf, wordsFor } from "./status.ts";

/** What a command has to say: a value for programs, lines for people. */
export interface Answer {
  readonly json: object;
  readonly lines: readonly string[];
  /** A file's content instead of lines, without a newline of ours. */
  readonly file?: string;
  /** Exit status, if it was done and is not 0: something was found. */
  readonly status?: 1;
}

export function sealAnswer(sealed: readonly SealedBatch[]): Answer {
  const list = sealed.map(({ batch, day, size }) => ({ batch, date: formatDate(day), size }));
  return {
    json: { sealed: list },
    lines: list.map(
      ({ batch, date, size }) =>
        `Batch ${String(batch)} is sealed for ${date}: ${String(size)} items, real ones and decoys alike. The log is published.`,
    ),
  };
}

export function exportAnswer(exported: ExportedBundle): Answer {
  const { bundle, first, last, path, length } = exported;
  const what = first === last ? `batch ${String(first)}` : `batches ${String(first)} to ${String(last)}`;
  return {
    json: exported,
    lines: [`Bundle ${String(bundle)} with ${what}: ${path}, ${String(length)} bytes. It is flushed to the stick.`],
  };
}

export function importAnswer(imported: ImportedBundle): Answer {
  const { bundle, acknowledged, late, replies, destroyed } = imported;
  const lines = [`Bundle ${String(bundle)} from the review machine is taken in.`];
  if (acknowledged.length > 0) lines.push(`Acknowledged, logged and published: ${batches(acknowledged)}.`);
  if (replies > 0) lines.push(`In their mailboxes: ${replies === 1 ? "1 reply" : `${String(replies)} replies`}.`);
  if (destroyed.length > 0)
    lines.push(
      `The review machine destroyed the secret of ${destroyed.length === 1 ? "1 epoch" : `${String(destroyed.length)} epochs`}; the log says so.`,
    );
  if (late.length > 0) lines.push(`Too late, and not logged: the acknowledgement of ${batches(late)}, destroyed before it came.`);
  return { json: imported, lines };
}

export function purgeAnswer(purged: readonly DueBatch[]): Answer {
  const destroyed = `${batches(purged.map(({ batch }) => batch))} destroyed: key gone, partitions dropped, nothing found on looking, logged and published.`;
  return { json: { purged }, lines: [purged.length === 0 ? "Nothing is due." : destroyed] };
}

/** What a purge now would destroy, and when it is the turn of what it would leave. */
export async function plannedAnswer({ db, clock }: Context): Promise<Answer> {
  const due = await dueBatches(db, dayOf(clock()));
  const planned = await plannedPurges(db);
  const later = planned.filter(({ batch }) => due.every((one) => one.batch !== batch));
  const of = (number: number): string => {
    const { size = 0, date = "" } = planned.find(({ batch }) => batch === number) ?? {};
    return `batch ${String(number)} of ${date}, ${String(size)} items`;
  };
  return {
    json: { due, later },
    lines: [
      ...(due.length === 0 ? ["Nothing is due."] : due.map(({ batch, reason }) => `Due: ${of(batch)} (${reason}).`)),
      ...later.map(({ batch, state, due: day }) => {
        if (day === null) return `Stays until it is acknowledged: ${of(batch)} (${state}).`;
        return `From ${day}: ${of(batch)} (${state}).`;
      }),
    ],
  };
}

export function policyAnswer({ number, from, sha256, policy }: DecidedPolicy): Answer {
  const { daysAfterAcknowledgement, daysAtMost, graceDays, unacknowledged } = policy;
  const lines = [
    `Retention policy ${String(number)} is logged and published: ${sha256}.`,
    `Batches of ${from} and later that are sealed from now on stay ${String(daysAfterAcknowledgement)} days after they are acknowledged, ${String(daysAtMost)} days at most.`,
    unacknowledged === "keep"
      ? "What nobody acknowledged stays longer than that, and is an alarm."
      : "What nobody acknowledged is destroyed then too.",
    "Batches that are sealed already keep the policy they were sealed under.",
  ];
  return { json: { number, from, sha256, daysAfterAcknowledgement, daysAtMost, graceDays, unacknowledged }, lines };
}

export async function statusAnswer(context: Context): Promise<Answer> {
  const status = await statusOf(context);
  const { batches: count, bundles } = status;
  return {
    json: status,
    lines: [
      `Log ${status.origin}: ${String(status.logSize)} entries.`,
      `Batches: ${String(count.sealed)} sealed, ${String(count.exported)} exported, ${String(count.acknowledged)} acknowledged, ${String(count.purged)} purged.`,
      `Bundles: ${String(bundles.toReview)} to the review machine, ${String(bundles.toServer)} from it.`,
      `Next sealing: ${status.nextSealing}.`,
      ...(status.alarms.length === 0
        ? ["Nothing needs attention."]
        : status.alarms.map(wordsFor).map(({ says, mend }) => `! ${says} ${mend}`)),
    ],
  };
}

export async function keysAnswer(keys: Keys, { policy, log }: { readonly policy: boolean; readonly log: boolean }): Promise<Answer> {
  const { logSigner, review, cosigners, program, rewards, demo } = keys;
  const file = {
    log: logSigner.vkey.text,
    review: review.text,
    cosigners: cosigners.map(({ text }, number) => ({ name: `cosigner-${String(number + 1)}`, vkey: text })),
    // Who must have cosigned is for the auditor to say, in this file.
    quorum: null,
    witnessProgram: program.fingerprint,
  };
  if (log) return { json: {}, lines: [], file: `${file.log}\n` };
  if (policy) {
    const text = fromUtf8(formatLogPolicy(file));
    return { json: {}, lines: [], file: text };
  }
  const { sha256: retentionHash } = await openFirstPolicy(keys);
  return {
    json: {
      log: file.log,
      review: file.review,
      program: program.fingerprint,
      rewards: rewards.fingerprint,
      retention: retentionHash,
      demo,
    },
    lines: [
      `Log key:          ${file.log}`,
      `Review key:       ${file.review}`,
      `Program:          ${program.fingerprint}`,
      `Rewards:          ${rewards.fingerprint}`,
      `First retention:  ${retentionHash}`,
      ...(demo ? ["These are demo keys: their secrets are public."] : []),
    ],
  };
}

function batches(numbers: readonly number[]): string {
  return numbers.length === 1 ? `batch ${String(numbers[0])}` : `batches ${numbers.map(String).join(", ")}`;
}
