/**
 * Retention policies that were decided: entries of the log, each with its signed note and its file beside the tiles.
 *
 * State: the log has all of them; KEYS_DIR has only the first, which counts at the first start and never again. So nobody changes a policy by changing a file:
 * a change is a note that two people signed (specification section 11), taken in by `firsthand retention`.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { type DecidedPolicy, openRetentionNote } from "../../protocol/crypto/retention-note.ts";
import { Fault } from "../../protocol/errors.ts";
import { dayOf, parseDate } from "../../protocol/format/date.ts";
import type { PolicyLeaf } from "../../protocol/format/leaf.ts";
import { parseRetention, policyPath, type RetentionPolicy } from "../../protocol/format/retention.ts";
import { retentionNotePath } from "../../protocol/format/retention-note.ts";
import { type Keys, openFirstPolicy } from "../keys.ts";
import type { Connection } from "./database.ts";
import { insertLeaves, logFile, policyLeaves, putFile } from "./log-store.ts";

/**
 * The entry of the policy that a batch of `day` (a day number) sealed now is under: the last in the log that is from that day or before. The first one is from
 * the beginning, whatever the ceremony's clock said.
 */
export async function policyOfDay(db: Connection, day: number): Promise<PolicyLeaf> {
  const leaf = await inForce(db, day);
  if (leaf === null) throw new Error("a policy is logged before any batch");
  return leaf;
}

async function inForce(db: Connection, day: number): Promise<PolicyLeaf | null> {
  const leaves = await policyLeaves(db);
  return leaves.findLast(({ from }, place) => place === 0 || parseDate(from) <= day) ?? null;
}

/** The policy with this hash (hexadecimal), as it is published. */
export async function readPolicy(db: Connection, sha256: string): Promise<RetentionPolicy> {
  return parseRetention(await published(db, policyPath(sha256)));
}

async function published(db: Connection, path: string): Promise<Bytes> {
  const file = await logFile(db, path);
  if (file === null) throw new Fault("finding a retention policy of the log", undefined);
  return file;
}

/** Every policy of the log in order, its signatures checked again. */
export async function decidedPolicies(db: Connection, { origin, review }: Keys): Promise<DecidedPolicy[]> {
  const decided: DecidedPolicy[] = [];
  for (const { number } of await policyLeaves(db)) {
    const before = decided.at(-1) ?? null;
    decided.push(await openRetentionNote(await published(db, retentionNotePath(number)), { origin, review, before }));
  }
  return decided;
}

/** Adds a decided policy to the log, dated `date`, with its note and its file. To be called in a transaction. */
export async function logPolicy(
  tx: Connection,
  { number, from, sha256, noteHash, signed, file }: DecidedPolicy,
  date: string,
): Promise<void> {
  await putFile(tx, policyPath(sha256), file);
  await putFile(tx, retentionNotePath(number), signed);
  await insertLeaves(tx, [{ kind: "policy", date, from, note: noteHash, number, sha256 }]);
}

/**
 * The policy in force today, for what asks often. It is read again with every work of the keeper in this process, and now and then while it serves. Batches do not
 * depend on it: theirs is looked up when they are sealed.
 */
export class RetentionInForce {
  #policy: RetentionPolicy;

  private constructor(policy: RetentionPolicy) {
    this.#policy = policy;
  }

  /**
   * `now` is in milliseconds. Before a log has a policy, the one of the ceremony is in force.
   * @throws {Refusal} what is wrong with that one then.
   */
  static async open(db: Connection, keys: Keys, now: number): Promise<RetentionInForce> {
    const leaf = await inForce(db, dayOf(now));
    return new RetentionInForce(leaf === null ? (await openFirstPolicy(keys)).policy : await readPolicy(db, leaf.sha256));
  }

  get policy(): RetentionPolicy {
    return this.#policy;
  }

  /** Reads it again. */
  async refresh(db: Connection, now: number): Promise<void> {
    const leaf = await inForce(db, dayOf(now));
    if (leaf !== null) this.#policy = await readPolicy(db, leaf.sha256);
  }
}
