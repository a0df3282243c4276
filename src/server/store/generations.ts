/**
 * Generations: what arrives between two sealings. Generation n becomes batch n.
 *
 * Exactly one is `open`: tips are written into it, each write under a shared advisory lock ({@link GENERATION_LOCK}). Sealing takes that lock alone for
 * the moment in which it opens the next one, so a write either lands before and is seen by the sealing, or goes into the next. The one before is then
 * `closing` until {@link dropGeneration}. Meanwhile intake still counts its parts, so an upload that is under way does not notice.
 *
 * A sealing, in this order, each step repeatable after a crash:
 *
 *     n = await closeGeneration(db, dataDir)      the open one closes, n+1 opens; or the n that a crash left closing
 *     await carryUnfinished(db, dataDir, n)       unfinished tips move on to n+1, once; those that moved before are removed
 *     sealedTips(db, keys), tipParts(db, keys, tip) …  write batch n, its items and `accepted`; commit
 *     await dropGeneration(db, dataDir, n)        partitions dropped, key file destroyed
 *
 * State: rows of `generation` and the partitions `tip_part_<n>`, `tip_seal_<n>`, owned by the keeper; one key file for each generation
 * (`generation-keys.ts`). A key is durable before its generation opens, and is destroyed after its partitions are dropped: bodies
 * that remain in data files or WAL stay unreadable, and ids and hashes there are veiled (`pending.ts`), so nothing tells the order of arrival.
 */
import { type Bytes, compare } from "../../protocol/bytes.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Fault, Refusal } from "../../protocol/errors.ts";
import type { Connection, Database } from "./database.ts";
import { checkGenerationKey, destroyGenerationKey, type GenerationRow, makeGenerationKey, pendingOf } from "./generation-keys.ts";
import { lockTip, type Pending, type SealedTip, storePart } from "./pending.ts";

/** Key of the advisory lock: shared for every write of intake (`enter_generation` in the database), alone for opening and dropping a generation. */
const GENERATION_LOCK = 0x67656e65;

// Opening and closing --------------------------------------------------------------------------------------------------------------------------

/** The open generation. @throws {Fault} if there is none: {@link openFirstGeneration} was never run. */
export async function currentGeneration(connection: Connection): Promise<number> {
  const [row] = await connection.query<{ generation: number }>("select generation from generation where state = 'open'");
  if (row === undefined) throw new Fault("finding the open generation", undefined);
  return row.generation;
}

/**
 * Opens generation 1 if there has never been one, and checks that every generation has its key.
 * @throws {Refusal} `keys-missing` if DATA_DIR is not the one the database was filled with.
 */
export async function openFirstGeneration(db: Database, dataDir: string): Promise<void> {
  await db.transaction(async (connection) => {
    await lockGenerations(connection);
    // A row that is seen under the lock has its key: keys are destroyed after the row is gone.
    const rows = await connection.query<GenerationRow>("select generation, fingerprint from generation");
    if (rows.length === 0) await openGeneration(connection, 1, await makeGenerationKey(dataDir, 1));
    for (const row of rows) {
      const fingerprint = await checkGenerationKey(dataDir, row);
      if (row.fingerprint === null)
        await connection.execute("update generation set fingerprint = $2 where generation = $1", [row.generation, fingerprint]);
    }
  });
}

/** Bytes that the parts and completions which wait take on the disk, by the sizes of their partitions' files. */
export async function waitingBytes(connection: Connection): Promise<number> {
  const [row] = await connection.query<{ bytes: number }>(
    `select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint as bytes from pg_inherits
     where inhparent in ('tip_part'::regclass, 'tip_seal'::regclass)`,
  );
  return row?.bytes ?? 0;
}

/** Locks out every write of intake until the transaction ends. */
async function lockGenerations(connection: Connection): Promise<void> {
  await connection.query("select pg_advisory_xact_lock($1)", [GENERATION_LOCK]);
}

/** Opens the generation after a batch, in a database that has none: what waited elsewhere stays there. To be called in a transaction. */
export async function openGenerationAfter(tx: Connection, dataDir: string, batch: number): Promise<void> {
  await openGeneration(tx, batch + 1, await makeGenerationKey(dataDir, batch + 1));
}

async function openGeneration(connection: Connection, generation: number, fingerprint: Bytes): Promise<void> {
  const n = String(generation);
  await connection.query(`create table tip_part_${n} partition of tip_part for values in (${n})`);
  await connection.query(`create table tip_seal_${n} partition of tip_seal for values in (${n})`);
  await connection.execute("insert into generation (generation, state, fingerprint) values ($1, 'open', $2)", [generation, fingerprint]);
}

/**
 * Closes the open generation and opens the next.
 * @returns the number of the closing one: of this call, or the one an interrupted sealing left.
 * @throws {Refusal} `keys-missing` if DATA_DIR is not the one the database was filled with.
 */
export async function closeGeneration(db: Database, dataDir: string): Promise<number> {
  const expected = await currentGeneration(db);
  const fingerprint = await makeGenerationKey(dataDir, expected + 1);
  return db.transaction(async (connection) => {
    await lockGenerations(connection);
    const rows = await connection.query<GenerationRow & { state: string }>("select generation, state, fingerprint from generation");
    for (const row of rows) await checkGenerationKey(dataDir, row);
    const closing = rows.find(({ state }) => state === "closing");
    if (closing !== undefined) return closing.generation;
    const current = await currentGeneration(connection);
    if (current !== expected) throw new Refusal("another-writer");
    await connection.execute("update generation set state = 'closing' where generation = $1", [current]);
    await openGeneration(connection, current + 1, fingerprint);
    return current;
  });
}

/** Drops the partitions of a generation whose batch is committed, then destroys its key. May be repeated. */
export async function dropGeneration(db: Database, dataDir: string, generation: number): Promise<void> {
  await db.transaction(async (connection) => {
    await lockGenerations(connection);
    const n = String(generation);
    await connection.query(`drop table if exists tip_part_${n}`);
    await connection.query(`drop table if exists tip_seal_${n}`);
    await connection.execute("delete from generation where generation = $1 and state = 'closing'", [generation]);
  });
  await destroyGenerationKey(dataDir, generation);
}

// Tips -----------------------------------------------------------------------------------------------------------------------------------------

/** The complete tips of a closing generation, in the order of their commitments: nothing of the order of arrival is in it. */
export async function sealedTips(connection: Connection, pending: Pending): Promise<SealedTip[]> {
  const rows = await connection.query<{ tip: Buffer; commitment: Buffer; digest: Buffer; parts: number; length: number }>(
    "select tip, commitment, digest, parts, length from tip_seal where generation = $1",
    [pending.generation],
  );
  return rows
    .map(({ tip, commitment, digest, parts, length }) => ({
      tip: pending.unveil(tip),
      commitment: pending.unveil(commitment),
      digest: pending.unveil(digest),
      parts,
      length,
    }))
    .sort((one, other) => compare(one.commitment, other.commitment));
}

/** How many complete tips a generation has. */
export async function countTips(connection: Connection, generation: number): Promise<number> {
  const [row] = await connection.query<{ count: number }>("select count(*)::int as count from tip_seal where generation = $1", [
    generation,
  ]);
  return row?.count ?? 0;
}

/**
 * The parts of a complete tip as they arrived, in order; one in memory at a time.
 * @throws {Refusal} `not-authentic` if a stored part was changed; `part-missing` if one is gone.
 */
export async function* tipParts(
  connection: Connection,
  pending: Pending,
  tip: Uint8Array,
  parts: number,
): AsyncGenerator<Bytes, void, undefined> {
  let part = 0;
  const rows = connection.copyRows(
    `select body from tip_part where generation = ${String(pending.generation)} and tip = '\\x${toHex(pending.veil(tip))}' and part <= ${String(parts)} order by part`,
  );
  for await (const [body] of rows) {
    part++;
    if (body === null || body === undefined) throw new Refusal("part-missing");
    yield pending.decryptPart(tip, part, body);
  }
  if (part !== parts) throw new Refusal("part-missing");
}

/**
 * Moves the parts of unfinished tips from a closing generation to the open one, under its key. A tip that was moved at the sealing before is removed
 * instead: it had a whole period to finish. One that was finished in the open generation by now moves in any case.
 */
export async function carryUnfinished(db: Database, dataDir: string, closing: number): Promise<void> {
  const from = await pendingOf(dataDir, closing);
  const to = await pendingOf(dataDir, await currentGeneration(db));
  const unfinished = await db.query<{ tip: Buffer }>(
    `select distinct tip from tip_part p where generation = $1
     and not exists (select from tip_seal s where s.generation = $1 and s.tip = p.tip)`,
    [closing],
  );
  for (const { tip: veiled } of unfinished) {
    const tip = from.unveil(veiled);
    if (await removedAsAbandoned(db, tip, from, to)) continue;
    const parts = await db.query<{ part: number }>("select part from tip_part where generation = $1 and tip = $2", [closing, veiled]);
    for (const { part } of parts) await carryPart(db, tip, part, from, to);
  }
}

async function removedAsAbandoned(db: Database, tip: Bytes, from: Pending, to: Pending): Promise<boolean> {
  return db.transaction(async (connection) => {
    await lockTip(connection, tip);
    const place = [from.generation, from.veil(tip), to.generation, to.veil(tip)];
    const [fact] = await connection.query<{ carried: boolean; finished: boolean }>(
      `select exists (select from tip_part where generation = $1 and tip = $2 and carried) as carried,
              exists (select from tip_seal where generation = $3 and tip = $4) as finished`,
      place,
    );
    if (fact === undefined || !fact.carried || fact.finished) return false;
    await connection.execute("delete from tip_part where (generation = $1 and tip = $2) or (generation = $3 and tip = $4)", place);
    return true;
  });
}

async function carryPart(db: Database, tip: Bytes, part: number, from: Pending, to: Pending): Promise<void> {
  await db.transaction(async (connection) => {
    await lockTip(connection, tip);
    const place = [from.generation, from.veil(tip), part];
    const [row] = await connection.query<{ length: number; sha256: Buffer; declared: number | null; body: Buffer }>(
      "select length, sha256, declared, body from tip_part where generation = $1 and tip = $2 and part = $3",
      place,
    );
    if (row === undefined) return; // refused and removed in the meantime
    const { length, declared } = row;
    const body = from.decryptPart(tip, part, row.body);
    await storePart(connection, to, tip, { part, length, sha256: from.unveil(row.sha256), declared }, body, true);
    await connection.execute("delete from tip_part where generation = $1 and tip = $2 and part = $3", place);
  });
}
