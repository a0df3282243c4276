/**
 * Takes in a change of the retention policy: a note that two of the people named by the note before have signed, made on the review machine with
 * `firsthand-reviewer retention` and carried here. Nothing else changes the policy; the file in KEYS_DIR is the first one and stays so.
 *
 * It holds for batches of its day `from` and later ones that are sealed after it is logged. Batches that were sealed before keep the policy their entry names: a
 * promise that was made is not taken back, whoever signs.
 */
import { stat } from "node:fs/promises";
import { type DecidedPolicy, openRetentionNote } from "../../protocol/crypto/retention-note.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatDate } from "../../protocol/format/date.ts";
import { LONGEST_RETENTION_NOTE } from "../../protocol/format/retention-note.ts";
import { readIfThere } from "../store/durable-file.ts";
import { decidedPolicies, logPolicy } from "../store/retention-policies.ts";
import { entryDay, type Keeper, publish } from "./writer.ts";

/**
 * Logs and publishes the policy in the file at `path`.
 * @throws {Refusal} `not-found`; `nothing-to-do` if it is the last policy of the log already; as `openRetentionNote` otherwise. Nothing is changed then.
 */
export async function takePolicy(keeper: Keeper, path: string): Promise<DecidedPolicy> {
  const { context, lock, progress } = keeper;
  const info = await stat(path).catch(() => null);
  if (info?.isFile() !== true) throw new Refusal("not-found", "the retention note");
  if (info.size > LONGEST_RETENTION_NOTE) throw new Refusal("bad-note", "length");
  const signed = await readIfThere(path);
  if (signed === null) throw new Refusal("not-found", "the retention note");

  const { origin, review } = context.keys;
  const before = (await decidedPolicies(context.db, context.keys)).at(-1) ?? null;
  if (before === null) throw new Error("a log begins with its policy");
  if (Buffer.from(before.signed).equals(signed)) throw new Refusal("nothing-to-do", "this policy is in the log");
  const decided = await openRetentionNote(signed, { origin, review, before });
  progress("logging the policy");
  const date = formatDate(await entryDay(context));
  await lock.transaction((tx) => logPolicy(tx, decided, date));
  await publish(keeper);
  await context.retention.refresh(context.db, context.clock());
  context.log.event("policy-changed", { number: decided.number });
  return decided;
}
