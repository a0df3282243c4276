/** What the operator's commands say: for each, a value for programs and lines for people. */
import { join } from "node:path";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { guideFile } from "../../protocol/guides.ts";
import type { Answer } from "../courier/answers.ts";
import { GUIDES } from "../installation.ts";
import { readIfThere } from "../store/durable-file.ts";
import type { BackedUp } from "./backup.ts";
import type { Finding } from "./findings.ts";
import type { Restored } from "./restore.ts";

/** A guide. @throws {Refusal} `usage` if there is none of that name; `not-found` if this installation has no guides. */
export async function guideAnswer(name: string): Promise<Answer> {
  const bytes = await readIfThere(join(GUIDES, guideFile(name)));
  if (bytes === null) throw new Refusal("not-found", "deploy/guides");
  const guide = fromUtf8(bytes);
  return { json: { guide }, lines: guide.trimEnd().split("\n") };
}

export function doctorAnswer(findings: readonly Finding[]): Answer {
  if (findings.length === 0) return { json: { findings }, lines: ["Nothing was found."] };
  const lines = findings.flatMap(({ code, says, mend, where }) => [
    `! ${code}${where.length > 0 ? `: ${where.join(", ")}` : ""}`,
    `  ${says}`,
    `  To mend it: ${mend}`,
  ]);
  return { json: { findings }, lines, status: 1 };
}

export function backupAnswer(made: BackedUp): Answer {
  const { path, length, size, batches, logKey, to } = made;
  return {
    json: made,
    lines: [
      `Backup: ${path}, ${String(length)} bytes, flushed to the disk, encrypted to ${to}.`,
      `The log with ${String(size)} entries is in it${logKey ? ", and its signing key: whoever opens the file can sign another history" : "; its signing key is not, and is needed to restore"}.`,
      batches.length === 0
        ? "No tip is in it, no batch and no reply: whoever opens it learns what the log tells everybody."
        : `${numbered(batches)} with their keys: whoever opens the file has their envelopes, also after they are purged here. Destroy it when they are.`,
    ],
  };
}

export function restoreAnswer(restored: Restored): Answer {
  const { origin, date, size, known, batches, lost } = restored;
  return {
    json: restored,
    lines: [
      `Log ${origin} is back as it was on ${date}, with ${String(size)} entries.`,
      known === size
        ? "It is the log of the checkpoint that was shown. If that is the newest anybody has, it goes on from there."
        : `The checkpoint that was shown has ${String(known)} entries and is older than the backup. If anybody has one with more than ${String(size)}, this log must not go on: whether there is one cannot be known here.`,
      ...(batches.length > 0 ? [`${numbered(batches)} with their items and keys are back.`] : []),
      ...(lost.length > 0
        ? [
            `${numbered(lost)} are gone, and will be logged as destroyed with the next work of the server. Auditors will see that it was early.`,
          ]
        : []),
      "What waited for a sealing is gone, and so are replies: the receipts of those tips will not be kept, and replies have to be written again on the review machine.",
    ],
  };
}

function numbered(batches: readonly number[]): string {
  return `Batches ${batches.map(String).join(", ")}`;
}
