/**
 * Taking tips in: parts, and the completion that earns a receipt.
 *
 * Every write runs under a shared lock on the generations and a lock on its tip (`store/generations.ts`): it cannot land in a generation after its
 * sealing has counted it. A part is committed by itself without waiting for the disk. The completion waits; WAL is flushed in order, so everything before
 * it is then on the disk too. Only after that a receipt leaves.
 *
 * Requests work over a connection in the role `firsthand_intake`, which can add parts but not read them back.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { equal } from "../../protocol/bytes.ts";
import { acceptedEpochs } from "../../protocol/crypto/certificate.ts";
import { sha256Native } from "../../protocol/crypto/hash.ts";
import { fromHex, fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { hex, integer, parseJson, record } from "../../protocol/format/json.ts";
import { formatReceipt } from "../../protocol/format/receipt.ts";
import type { Context } from "../context.ts";
import type { GenerationRow, HeldKeys } from "../store/generation-keys.ts";
import { factsOf, forgetTip, lookUpTip, type Pending, storeCompletion, storePart, tipLock } from "../store/pending.ts";
import { checkFirstPart, checkPlace, checkWhole, FINAL_REFUSALS, LAST_PART } from "./gate.ts";

/** What intake needs of the context. */
export type IntakeContext = Pick<Context, "config" | "intake" | "keys" | "held" | "retention" | "clock">;

const completion = record({ commitment: hex(32), digest: hex(32), parts: integer(1, LAST_PART) });

/**
 * Stores a part. The same part again changes nothing.
 * @param tip 16 bytes. @param part from 1. @param body its bytes, at least one.
 * @throws {Refusal} of the gate; `part-differs`, `tip-already-complete`.
 */
export async function takePart(context: IntakeContext, tip: Bytes, part: number, body: Bytes): Promise<void> {
  const { config, intake, keys, held, retention, clock } = context;
  if (part < 1 || part > LAST_PART) throw new Refusal("part-out-of-range");
  if (body.length === 0) throw new Refusal("wrong-length");
  const accepted = acceptedEpochs(keys.program, Math.floor(clock() / 1000), retention.policy.graceDays);
  const declared = part === 1 ? checkFirstPart(body, new Set(accepted.map(({ fingerprint }) => fingerprint)), config.maxTipBytes) : null;
  const sha256 = await sha256Native(body);

  await intake.transaction(
    async (connection, rows) => {
      const { open, live } = await generations(rows, held);
      const { facts: known, completed } = await lookUpTip(connection, live, tip, [1, part]);
      const same = known.find((fact) => fact.part === part);
      if (same !== undefined) {
        if (equal(same.sha256, sha256)) return;
        throw new Refusal("part-differs");
      }
      if (completed !== null) throw new Refusal("tip-already-complete");
      const total = declared ?? known[0]?.declared ?? null;
      if (total !== null) checkPlace(part, body.length, total);
      await storePart(connection, open, tip, { part, length: body.length, sha256, declared }, body);
    },
    ["set local synchronous_commit = off", ...entering(tip)],
  );
}

/** Numbers of the parts of an unsealed tip that have arrived, ascending. */
export async function partsOf({ held, intake }: IntakeContext, tip: Bytes): Promise<number[]> {
  return intake.transaction(async (connection, rows) => {
    const { live } = await generations(rows, held);
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
export async function completeTip(context: IntakeContext, tip: Bytes, request: Bytes): Promise<string> {
  const { held, intake, keys } = context;
  const { parts, ...claimed } = completion(parseJson(request), "completion");
  const commitment = fromHex(claimed.commitment, 32);
  const digest = fromHex(claimed.digest, 32);

  const batch = await intake.transaction(async (connection, rows) => {
    const { open, live } = await generations(rows, held);
    const { facts, completed: before } = await lookUpTip(connection, live, tip);
    if (before !== null) {
      if (equal(before.commitment, commitment) && equal(before.digest, digest)) return before.batch;
      throw new Refusal("tip-already-complete");
    }
    const length = checkWhole(facts, parts, digest);
    const stored = await storeCompletion(connection, open, live, { tip, commitment, digest, parts, length });
    if (!stored) throw new Refusal("commitment-repeated");
    return open.generation;
  }, entering(tip));
  const note = await keys.logSigner.sign(formatReceipt({ origin: keys.origin, commitment, batch }));
  return fromUtf8(note);
}

/**
 * Runs `work` on a tip and removes everything of that tip if the gate refuses it for good. A complete tip stays in any case.
 * @throws what `work` throws.
 */
export async function forgettingRefused<T>(context: IntakeContext, tip: Bytes, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && FINAL_REFUSALS.has(error.code)) await forget(context, tip);
    throw error;
  }
}

/** Removes everything of a tip that is not complete. */
export async function forget({ held, intake }: IntakeContext, tip: Bytes): Promise<void> {
  await intake.transaction(async (connection, rows) => {
    const { live } = await generations(rows, held);
    await forgetTip(connection, live, tip);
  }, entering(tip));
}

type LiveRow = GenerationRow & { readonly state: string };

/** Statements that hold off sealing until the transaction ends, lock `tip`, and read which generations there are. */
function entering(tip?: Bytes): string[] {
  return [
    "select enter_generation()",
    ...(tip === undefined ? [] : [tipLock(tip)]),
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
