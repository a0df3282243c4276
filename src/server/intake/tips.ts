/**
 * Taking tips in: parts, and the completion that earns a receipt.
 *
 * Every write runs under a shared lock on the generations and a lock on its tip (`store/generations.ts`): it cannot land in a generation after its
 * sealing has counted it. Parts are committed without waiting for the disk. A completion waits; WAL is flushed in order, so everything before
 * it is then on the disk too. Only after that a receipt leaves.
 *
 * What comes at the same time shares a transaction (`groups.ts`): parts with parts, completions with completions. Each still takes a transaction number of its
 * own (migrations/0005), so that the numbers do not tell how busy it was.
 *
 * Requests work over a connection in the role `firsthand_intake`, which can add parts but not read them back.
 */
import { hash } from "node:crypto";
import type { Bytes } from "../../protocol/bytes.ts";
import { asBytes, compare, equal } from "../../protocol/bytes.ts";
import { acceptedEpochs } from "../../protocol/crypto/certificate.ts";
import { fromHex, fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { hex, integer, parseJson, record } from "../../protocol/format/json.ts";
import { formatReceipt } from "../../protocol/format/receipt.ts";
import type { Context } from "../context.ts";
import type { GenerationRow, HeldKeys } from "../store/generation-keys.ts";
import {
  factsOf,
  forgetTip,
  type KnownTip,
  lookUpTips,
  type NewPart,
  type Pending,
  type SealedTip,
  storeCompletions,
  storeParts,
  tipLocks,
} from "../store/pending.ts";
import { checkFirstPart, checkPlace, checkWhole, FINAL_REFUSALS, LAST_PART } from "./gate.ts";
import { Groups, type Outcome } from "./groups.ts";

/** What intake needs of the context. */
export type IntakeContext = Pick<Context, "config" | "intake" | "keys" | "held" | "retention" | "clock">;

/** Intake of one process. */
export interface Intake {
  readonly context: IntakeContext;
  readonly parts: Groups<NewPart, null>;
  /** Gives the number of the batch that the tip will be in. */
  readonly completions: Groups<Completion, number>;
}

/** What a completion says. */
interface Completion {
  readonly tip: Bytes;
  readonly commitment: Bytes;
  readonly digest: Bytes;
  readonly parts: number;
}

/** Measured on two processors: more groups at once are smaller ones, and PostgreSQL has no third to work on. */
const GROUPS = 2;
const PIECES = 32;
const OCTETS = 1_048_576;

const completion = record({ commitment: hex(32), digest: hex(32), parts: integer(1, LAST_PART) });

/** Intake over an open context. */
export function openIntake(context: IntakeContext): Intake {
  const limits = { groups: GROUPS, pieces: PIECES, octets: OCTETS };
  return {
    context,
    parts: new Groups((parts) => takeParts(context, parts), { ...limits, octetsOf: ({ body }) => body.length }),
    completions: new Groups((tips) => complete(context, tips), { ...limits, octetsOf: () => 0 }),
  };
}

/**
 * Stores a part. The same part again changes nothing.
 * @param tip 16 bytes. @param part from 1. @param body its bytes, at least one.
 * @throws {Refusal} of the gate; `part-differs`, `tip-already-complete`.
 */
export async function takePart({ context, parts }: Intake, tip: Bytes, part: number, body: Bytes): Promise<void> {
  const { config, keys, retention, clock } = context;
  if (part < 1 || part > LAST_PART) throw new Refusal("part-out-of-range");
  if (body.length === 0) throw new Refusal("wrong-length");
  const accepted = acceptedEpochs(keys.program, Math.floor(clock() / 1000), retention.policy.graceDays);
  const declared = part === 1 ? checkFirstPart(body, new Set(accepted.map(({ fingerprint }) => fingerprint)), config.maxTipBytes) : null;
  // In this thread: the way to another and back takes longer than the hash, up to the size of a part.
  const sha256 = asBytes(hash("sha256", body, "buffer"));
  await parts.do({ tip, fact: { part, length: body.length, sha256, declared }, body });
}

async function takeParts({ intake, held }: IntakeContext, parts: readonly NewPart[]): Promise<Outcome<null>[]> {
  return intake.transaction(
    async (connection, rows) => {
      const { open, known } = await lookUp(rows, held, (live) => lookUpTips(connection, live, parts, ({ fact }) => fact.part));
      const outcomes = known.map((tip) => outcomeOf(() => partToAdd(tip.work, tip)));
      const added = outcomes.flatMap((outcome) => ("done" in outcome && outcome.done !== null ? outcome.done : []));
      if (added.length > 0) await storeParts({ query: connection.last }, open, added);
      return outcomes.map((outcome) => ("done" in outcome ? { done: null } : outcome));
    },
    ["set local synchronous_commit = off", ...entering(parts.map(({ tip }) => tip))],
  );
}

/** The part, if it has its place in its tip and is not there yet; null if it is. @throws {Refusal}. */
function partToAdd(arrived: NewPart, { facts, completed }: KnownTip): NewPart | null {
  const { fact, body } = arrived;
  const same = facts.find(({ part }) => part === fact.part);
  if (same !== undefined) {
    if (equal(same.sha256, fact.sha256)) return null;
    throw new Refusal("part-differs");
  }
  if (completed !== null) throw new Refusal("tip-already-complete");
  const total = fact.declared ?? facts.find(({ part }) => part === 1)?.declared ?? null;
  if (total !== null) checkPlace(fact.part, body.length, total);
  return arrived;
}

/** Numbers of the parts of an unsealed tip that have arrived, ascending. */
export async function partsOf({ context: { held, intake } }: Intake, tip: Bytes): Promise<number[]> {
  return intake.transaction(async (connection, rows) => {
    const { live } = await generations(await rows, held);
    const facts = await factsOf(connection, live, tip);
    return [...new Set(facts.map(({ part }) => part))];
  }, entering());
}

/**
 * Completes a tip. The same completion again gives the same receipt, also after the tip was sealed.
 * @param request canonical JSON `{ commitment, digest, parts }`.
 * @returns the receipt, a signed note; when it is returned the tip is on the disk.
 * @throws {Refusal} `not-canonical-json`, `bad-field`; of the gate; `part-missing`, `tip-already-complete`, `commitment-repeated`.
 */
export async function completeTip({ context, completions }: Intake, tip: Bytes, request: Bytes): Promise<string> {
  const { keys } = context;
  const { parts, ...claimed } = completion(parseJson(request), "completion");
  const commitment = fromHex(claimed.commitment, 32);
  const batch = await completions.do({ tip, commitment, digest: fromHex(claimed.digest, 32), parts });
  const note = await keys.logSigner.sign(formatReceipt({ origin: keys.origin, commitment, batch }));
  return fromUtf8(note);
}

async function complete({ intake, held }: IntakeContext, claimed: readonly Completion[]): Promise<Outcome<number>[]> {
  return intake.transaction(
    async (connection, rows) => {
      const { open, live, known } = await lookUp(rows, held, (among) => lookUpTips(connection, among, claimed, () => null));
      const outcomes = known.map((tip) => outcomeOf(() => tipToSeal(tip.work, tip)));
      // In an order, so that two transactions with the same commitments do not wait for each other.
      const whole = outcomes
        .flatMap((outcome) => ("done" in outcome && typeof outcome.done !== "number" ? outcome.done : []))
        .sort((one, other) => compare(one.commitment, other.commitment));
      const stored = whole.length > 0 ? await storeCompletions({ query: connection.last }, open, live, whole) : new Set<SealedTip>();
      return outcomes.map((outcome) => {
        if ("refused" in outcome) return outcome;
        const { done } = outcome;
        if (typeof done === "number") return { done };
        return stored.has(done) ? { done: open.generation } : { refused: new Refusal("commitment-repeated") };
      });
    },
    entering(claimed.map(({ tip }) => tip)),
  );
}

/** The tip as it is to be stored; or, if it was completed before in the same way, the number of its batch. @throws {Refusal}. */
function tipToSeal({ tip, commitment, digest, parts }: Completion, { facts, completed }: KnownTip): SealedTip | number {
  if (completed !== null) {
    if (equal(completed.commitment, commitment) && equal(completed.digest, digest)) return completed.batch;
    throw new Refusal("tip-already-complete");
  }
  return { tip, commitment, digest, parts, length: checkWhole(facts, parts, digest) };
}

/**
 * Runs `work` on a tip and removes everything of that tip if the gate refuses it for good. A complete tip stays in any case.
 * @throws what `work` throws.
 */
export async function forgettingRefused<T>(intake: Intake, tip: Bytes, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && FINAL_REFUSALS.has(error.code)) await forget(intake, tip);
    throw error;
  }
}

/** Removes everything of a tip that is not complete. */
export async function forget({ context: { held, intake } }: Intake, tip: Bytes): Promise<void> {
  await intake.transaction(
    async (connection, rows) => {
      const { live } = await generations(await rows, held);
      await forgetTip(connection, live, tip);
    },
    entering([tip]),
  );
}

type LiveRow = GenerationRow & { readonly state: string };

/** Statements that hold off sealing until the transaction ends, lock `tips`, and read which generations there are. */
function entering(tips: readonly Bytes[] = []): string[] {
  return [
    "select enter_generation()",
    ...(tips.length === 0 ? [] : [tipLocks(tips)]),
    "select generation, state, fingerprint from generation",
  ];
}

/** The open generation, and all that are not sealed yet. `read` is what {@link entering} read. */
async function generations(read: readonly unknown[], held: HeldKeys): Promise<{ open: Pending; live: Pending[] }> {
  const rows = read as readonly LiveRow[];
  const live = await held.of(rows);
  const number = rows.find(({ state }) => state === "open")?.generation;
  const open = live.find(({ generation }) => generation === number);
  if (open === undefined) throw new Error("no generation is open");
  return { open, live };
}

/**
 * What `ask` finds among the generations that are live. It is asked at once among those that were live last, behind the statements that lock and read: mostly they still are, and a way
 * to the database and back is saved. Else it is asked again.
 */
async function lookUp<Known>(
  rows: Promise<readonly unknown[]>,
  held: HeldKeys,
  ask: (live: readonly Pending[]) => Promise<Known>,
): Promise<{ open: Pending; live: readonly Pending[]; known: Known }> {
  const latest = held.latest();
  const early = latest === null ? null : ask(latest);
  early?.catch(() => undefined); // if it fails, so does what comes after in the same transaction
  const { open, live } = await generations(await rows, held);
  const still = latest?.length === live.length && latest.every((pending, place) => pending === live[place]);
  return { open, live, known: await (early !== null && still ? early : ask(live)) };
}

function outcomeOf<Done>(decide: () => Done): Outcome<Done> {
  try {
    return { done: decide() };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error };
    throw error;
  }
}
