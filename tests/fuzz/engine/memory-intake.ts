/**
 * What intake has in PostgreSQL, in memory: the few statements of `src/server/store/pending.ts` that it asks, with the same answers, for a target that has to run a
 * million times. Everything else goes to the real database. It stands in for rows and their keys alone: veils, bodies, locks of the process, groups and decisions are
 * those of the server. The target runs some inputs over the real store as well and compares every answer, so that this is held to what PostgreSQL does.
 */
import type { Connection, Database, SqlValue } from "../../../src/server/store/database.ts";

interface Part {
  readonly length: number;
  readonly sha256: Buffer;
  readonly declared: number | null;
}

interface Seal {
  readonly commitment: Buffer;
  readonly digest: Buffer;
}

/** One generation's rows; its number is 1. */
class Rows {
  /** By tip as it is veiled, hexadecimal, then by number. */
  readonly parts = new Map<string, Map<number, Part>>();
  readonly seals = new Map<string, Seal>();
  readonly commitments = new Set<string>();
}

const GENERATION = 1;

/** A database for intake over `real`, whose rows can be thrown away. */
export function memoryIntake(real: Database): { readonly database: Database; clear(): void } {
  let rows = new Rows();

  const answers: readonly (readonly [begin: string, answer: (values: readonly SqlValue[]) => unknown[]])[] = [
    ["with wanted as ", (values) => wanted(rows, values)],
    ["select store_parts(", (values) => storeParts(rows, values)],
    ["select store_completions(", (values) => storeCompletions(rows, values)],
    ["select forget_tip(", (values) => forgetTip(rows, values)],
    ["select generation, part, length, sha256, declared from tip_fact", (values) => factsOf(rows, values)],
    ["select generation, commitment, digest from tip_seal", (values) => sealOf(rows, values)],
    ["select coalesce(sum(pg_total_relation_size(", () => [{ bytes: 0 }]],
  ];
  const query: Connection["query"] = <Row>(statement: string, values: readonly SqlValue[] = []): Promise<Row[]> => {
    const answer = answers.find(([begin]) => statement.startsWith(begin))?.[1];
    return answer === undefined ? real.query<Row>(statement, values) : Promise.resolve(answer(values) as Row[]);
  };
  const elsewhere = (): never => {
    throw new Error("intake copies no tables");
  };
  const connection = { ...real, query, last: query, copyOut: elsewhere, copyIn: elsewhere };
  return {
    database: {
      ...real,
      query,
      // Each decision and its rows are one turn of the event loop here; two that cross are what the real store is for.
      transaction: (work) => work(connection, Promise.resolve([{ generation: GENERATION, state: "open", fingerprint: null }])),
    },
    clear: () => (rows = new Rows()),
  };
}

function wanted({ parts, seals }: Rows, [places, , tips, only]: readonly SqlValue[]): unknown[] {
  return (places as number[]).flatMap((place, index) => {
    const tip = hexAt(tips, index);
    const part = (only as (number | null)[])[index] ?? null;
    const facts = [...(parts.get(tip) ?? [])].filter(([number]) => part === null || number === 1 || number === part);
    const seal = seals.get(tip);
    return [
      ...facts.map(([number, { sha256, ...fact }]) => ({
        ...{ place, kind: "part", generation: GENERATION, part: number, hash: sha256, commitment: null },
        ...fact,
      })),
      ...(seal === undefined
        ? []
        : [
            {
              place,
              kind: "waiting",
              generation: GENERATION,
              part: 0,
              length: 0,
              declared: null,
              hash: seal.digest,
              commitment: seal.commitment,
            },
          ]),
    ];
  });
}

function storeParts({ parts }: Rows, [, tips, numbers, lengths, hashes, declared]: readonly SqlValue[]): unknown[] {
  for (const [index, part] of (numbers as number[]).entries()) {
    const tip = hexAt(tips, index);
    const there = parts.get(tip) ?? new Map<number, Part>();
    if (there.has(part)) throw new Error("the part is there: PostgreSQL would refuse it");
    parts.set(
      tip,
      there.set(part, {
        length: (lengths as number[])[index] ?? 0,
        sha256: octetsAt(hashes, index),
        declared: (declared as (number | null)[])[index] ?? null,
      }),
    );
  }
  return [];
}

function storeCompletions({ seals, commitments }: Rows, [, tips, , veiled, , digests]: readonly SqlValue[]): unknown[] {
  const added = (tips as Uint8Array[]).map((_, index) => {
    const [tip, commitment] = [hexAt(tips, index), hexAt(veiled, index)];
    if (seals.has(tip) || commitments.has(commitment)) return false;
    seals.set(tip, { commitment: octetsAt(veiled, index), digest: octetsAt(digests, index) });
    commitments.add(commitment);
    return true;
  });
  return [{ added }];
}

function forgetTip({ parts, seals }: Rows, [, tip]: readonly SqlValue[]): unknown[] {
  const refused = Buffer.from(tip as Uint8Array).toString("hex");
  if (!seals.has(refused)) parts.delete(refused);
  return [];
}

function factsOf({ parts }: Rows, [, tips]: readonly SqlValue[]): unknown[] {
  const facts = [...(parts.get(hexAt(tips, 0)) ?? [])].sort(([one], [other]) => one - other);
  return facts.map(([part, fact]) => ({ generation: GENERATION, part, ...fact }));
}

function sealOf({ seals }: Rows, [, tips]: readonly SqlValue[]): unknown[] {
  const seal = seals.get(hexAt(tips, 0));
  return seal === undefined ? [] : [{ generation: GENERATION, ...seal }];
}

function octetsAt(list: SqlValue | undefined, index: number): Buffer {
  return Buffer.from((list as readonly Uint8Array[])[index] ?? []);
}

function hexAt(list: SqlValue | undefined, index: number): string {
  return octetsAt(list, index).toString("hex");
}
