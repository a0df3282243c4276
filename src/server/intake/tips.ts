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
import type { Connection } from "../store/database.ts";
import { encryptPart, generationKey, GENERATION_LOCK, lockTip } from "../store/generations.ts";
import { checkFirstPart, checkPlace, checkWhole, FINAL_REFUSALS, LAST_PART, type PartFact } from "./gate.ts";

/** What intake needs of the context. */
export type IntakeContext = Pick<Context, "config" | "intake" | "keys" | "clock">;

const completion = record({ commitment: hex(32), digest: hex(32), parts: integer(1, LAST_PART) });

/**
 * Stores a part. The same part again changes nothing.
 * @param tip 16 bytes. @param part from 1. @param body its bytes, at least one.
 * @throws {Refusal} of the gate; `part-differs`, `tip-already-complete`.
 */
export async function takePart(context: IntakeContext, tip: Bytes, part: number, body: Bytes): Promise<void> {
  const { config, intake, keys, clock } = context;
  if (part < 1 || part > LAST_PART) throw new Refusal("part-out-of-range");
  if (body.length === 0) throw new Refusal("wrong-length");
  const accepted = acceptedEpochs(keys.program, Math.floor(clock() / 1000), keys.retention.graceDays);
  const declared = part === 1 ? checkFirstPart(body, new Set(accepted.map(({ fingerprint }) => fingerprint)), config.maxTipBytes) : null;
  const sha256 = await sha256Native(body);

  await intake.transaction(async (connection) => {
    await connection.execute("set local synchronous_commit = off");
    const { open, live } = await enterGenerations(connection);
    await lockTip(connection, tip);
    const known = await connection.query<PartFact>(
      "select part, length, sha256, declared from tip_fact where generation = any($1) and tip = $2 and part in (1, $3)",
      [live, tip, part],
    );
    const same = known.find((fact) => fact.part === part);
    if (same !== undefined) {
      if (equal(same.sha256, sha256)) return;
      throw new Refusal("part-differs");
    }
    if ((await completed(connection, live, tip)) !== null) throw new Refusal("tip-already-complete");
    const total = declared ?? known[0]?.declared ?? null;
    if (total !== null) checkPlace(part, body.length, total);
    const stored = encryptPart(await generationKey(config.dataDir, open), open, tip, part, body);
    await connection.execute(
      "insert into tip_part (generation, tip, part, length, sha256, declared, body) values ($1, $2, $3, $4, $5, $6, $7)",
      [open, tip, part, body.length, sha256, declared, stored],
    );
  });
}

/** Numbers of the parts of an unsealed tip that have arrived, ascending. */
export async function partsOf({ intake }: IntakeContext, tip: Bytes): Promise<number[]> {
  const rows = await intake.query<{ part: number }>(
    "select distinct part from tip_fact where generation in (select generation from generation) and tip = $1 order by part",
    [tip],
  );
  return rows.map(({ part }) => part);
}

/**
 * Completes a tip. The same completion again gives the same receipt, also after the tip was sealed.
 * @param request canonical JSON `{ commitment, digest, parts }`.
 * @returns the receipt, a signed note; when it is returned the tip is on the disk.
 * @throws {Refusal} `not-canonical-json`, `bad-field`; of the gate; `part-missing`, `tip-already-complete`, `commitment-repeated`.
 */
export async function completeTip(context: IntakeContext, tip: Bytes, request: Bytes): Promise<string> {
  const { intake, keys } = context;
  const { parts, ...claimed } = completion(parseJson(request), "completion");
  const commitment = fromHex(claimed.commitment, 32);
  const digest = fromHex(claimed.digest, 32);

  const batch = await intake.transaction(async (connection) => {
    const { open, live } = await enterGenerations(connection);
    await lockTip(connection, tip);
    const before = await completed(connection, live, tip);
    if (before !== null) {
      if (equal(before.commitment, commitment) && equal(before.digest, digest)) return before.batch;
      throw new Refusal("tip-already-complete");
    }
    const facts = await connection.query<PartFact>(
      "select part, length, sha256, declared from tip_fact where generation = any($1) and tip = $2",
      [live, tip],
    );
    const length = checkWhole(facts, parts, digest);
    const added = await connection.execute(
      `insert into tip_seal (generation, tip, commitment, digest, parts, length)
       select $1, $2, $3, $4, $5, $6
       where not exists (select from tip_seal where generation = any($7) and commitment = $3)
         and not exists (select from accepted where commitment = $3)
       on conflict do nothing`,
      [open, tip, commitment, digest, parts, length, live],
    );
    if (added === 0) throw new Refusal("commitment-repeated");
    return open;
  });
  const note = await keys.logSigner.sign(formatReceipt({ origin: keys.origin, commitment, batch }));
  return fromUtf8(note);
}

/**
 * Runs `work` on a tip and removes everything of that tip if the gate refuses it for good. A complete tip stays in any case.
 * @throws what `work` throws.
 */
export async function forgettingRefused<T>({ intake }: IntakeContext, tip: Bytes, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && FINAL_REFUSALS.has(error.code)) {
      await intake.transaction(async (connection) => {
        await enterGenerations(connection);
        await lockTip(connection, tip);
        await connection.query("select forget_tip($1)", [tip]);
      });
    }
    throw error;
  }
}

/** Holds off sealing until the transaction ends. @returns the open generation, and all that are not sealed yet. */
async function enterGenerations(connection: Connection): Promise<{ open: number; live: number[] }> {
  await connection.query("select pg_advisory_xact_lock_shared($1)", [GENERATION_LOCK]);
  const rows = await connection.query<{ generation: number; state: string }>("select generation, state from generation");
  const open = rows.find(({ state }) => state === "open");
  if (open === undefined) throw new Error("no generation is open");
  return { open: open.generation, live: rows.map(({ generation }) => generation) };
}

interface Completed {
  readonly batch: number;
  readonly commitment: Uint8Array;
  readonly digest: Uint8Array;
}

/** What a tip was completed with, whether it waits or was sealed; null if it was not. */
async function completed(connection: Connection, live: readonly number[], tip: Bytes): Promise<Completed | null> {
  const [row] = await connection.query<Completed>(
    `select generation as batch, commitment, digest from tip_seal where generation = any($1) and tip = $2
     union all select batch, commitment, digest from accepted where tip = $2 limit 1`,
    [live, tip],
  );
  return row ?? null;
}
