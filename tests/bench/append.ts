/**
 * Appending and publishing a batch on a real database, on the first days of a log and after ten years of daily batches. Wall time, because most of the work is
 * PostgreSQL's; the median of some rounds, taken in turn with nothing else.
 */
import type { Context } from "../../src/server/context.ts";
import { sha256 } from "../../src/protocol/crypto/hash.ts";
import { toHex, utf8 } from "../../src/protocol/encoding.ts";
import { formatDate } from "../../src/protocol/format/date.ts";
import { formatLeaf, type Leaf } from "../../src/protocol/format/leaf.ts";
import { keep } from "../../src/server/courier/keeper.ts";
import { publish } from "../../src/server/courier/writer.ts";
import { insertLeaves, leafCount } from "../../src/server/store/log-store.ts";
import { FIRST_DAY, makeStation } from "../server/courier/keeper-fixture.ts";
import type { Result } from "./target.ts";

const BATCHES = 3_650;
const ITEMS = 64;
const ROUNDS = 21;
/** Entries given to PostgreSQL at once. */
const PIECE = 10_000;

/** Takes about a minute. */
export async function benchAppend(): Promise<Result[]> {
  const station = await makeStation();
  const context = await station.open();
  try {
    await keep(context, {}, () => Promise.resolve());
    const early = await appending(context, 1);
    const few = await leafCount(context.db);
    await tenYears(context);
    const late = await appending(context, BATCHES + 1);
    const size = await leafCount(context.db);
    return [
      {
        name: `append and publish a batch of ${String(ITEMS)} to a log of ${String(size)} entries, with all that the keeper looks at before`,
        value: late,
        unit: "ms",
        baseline: { name: "the same on the first days", value: early },
        target: { ratio: 1.5, aim: "at-most" },
        growth: {
          title: "append and publish a batch",
          of: "entries in the log",
          unit: "ms",
          points: [
            { size: few, value: early },
            { size, value: late },
          ],
        },
      },
    ];
  } finally {
    await context.close();
    await station.remove();
  }
}

function batchLeaves(batch: number): Leaf[] {
  const hash = (text: string): string => toHex(sha256(utf8(`${String(batch)} ${text}`)));
  const received = Array.from({ length: ITEMS }, (_, item): Leaf => ({ kind: "received", batch, c: hash(String(item)) }));
  return [...received, { kind: "sealed", batch, date: formatDate(FIRST_DAY), size: ITEMS, policy: hash("policy"), key: hash("key") }];
}

/** Median of the wall time of one batch, milliseconds. */
async function appending(context: Context, first: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await keep(context, {}, async (keeper) => {
      await keeper.lock.transaction((tx) => insertLeaves(tx, batchLeaves(first + round)));
      await publish(keeper);
    });
    times.push(performance.now() - began);
  }
  return times.sort((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

/** Fills the log up to ten years, in a few large pieces, with everything else that a batch leaves for ever; published by the server's own code. */
async function tenYears(context: Context): Promise<void> {
  const { db } = context;
  const entries: Uint8Array[] = [];
  for (let batch = ROUNDS + 1; batch <= BATCHES; batch++) entries.push(...batchLeaves(batch).map(formatLeaf));
  const from = await leafCount(db);
  for (let at = 0; at < entries.length; at += PIECE) {
    const some = entries.slice(at, at + PIECE).map((entry) => Buffer.from(entry));
    await db.execute("insert into leaf (index, bytes) select $1::bigint + n - 1, b from unnest($2::bytea[]) with ordinality as t (b, n)", [
      from + at,
      some,
    ]);
  }
  const random = "decode(md5(random()::text) || md5(random()::text), 'hex')";
  await db.query(
    `insert into batch (batch, state, date, size, key_fingerprint, policy)
     select n, 'purged', '${formatDate(FIRST_DAY)}', ${String(ITEMS)}, ${random}, ${random} from generate_series(1, ${String(BATCHES)}) n`,
  );
  await db.query(
    `insert into accepted (batch, tip, commitment, digest)
     select n / ${String(ITEMS)} + 1, substring(${random} for 16), ${random}, ${random} from generate_series(0, ${String(BATCHES * ITEMS - 1)}) n`,
  );
  await keep(context, {}, () => Promise.resolve());
  await db.query("analyze");
}
