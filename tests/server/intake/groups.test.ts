/** Group commit, without a database: what goes together, what waits, and that nobody is answered for somebody else. */
import { describe, expect, test } from "vitest";
import { type Bytes, u32 } from "../../../src/protocol/bytes.ts";
import { Fault, Refusal } from "../../../src/protocol/errors.ts";
import { type GroupLimits, Groups, type Outcome } from "../../../src/server/intake/groups.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { testPostgres } from "../../support/postgres.ts";

interface Work {
  readonly tip: Bytes;
  readonly octets: number;
}

const LIMITS: GroupLimits<Work> = { groups: 1, pieces: 4, octets: 100, octetsOf: ({ octets }) => octets };
const postgres = testPostgres();

function piece(tip: number, octets = 1): Work {
  return { tip: u32(tip), octets };
}

function numberOf({ tip }: Work): number {
  return tip[3] ?? -1;
}

/** Groups that are answered when the test says so, and which they were. */
function recorded(limits: Partial<GroupLimits<Work>> = {}): { groups: Groups<Work, number>; seen: number[][]; open: (() => void)[] } {
  const seen: number[][] = [];
  const open: (() => void)[] = [];
  const run = async (works: readonly Work[]): Promise<Outcome<number>[]> => {
    seen.push(works.map(numberOf));
    await new Promise<void>((resolve) => open.push(resolve));
    return works.map((work) => ({ done: numberOf(work) }));
  };
  return { groups: new Groups(run, { ...LIMITS, ...limits }), seen, open };
}

/** Lets groups that may start do so. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/** What the database throws of a statement. */
async function failureOf(statement: string): Promise<unknown> {
  const db = openDatabase(await postgres.emptyDatabase(), { connections: 1 });
  try {
    return await db.query(statement).then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await db.close();
  }
}

describe("a group", () => {
  test("is what came in one turn, up to the most pieces; each is answered for itself", async () => {
    const { groups, seen, open } = recorded();
    const answers = Promise.all([1, 2, 3, 4, 5, 6].map((tip) => groups.do(piece(tip))));
    await turn();
    expect(seen).toEqual([[1, 2, 3, 4]]);
    open.shift()?.();
    await turn();
    expect(seen).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    open.shift()?.();
    expect(await answers).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("takes no more once it is heavy enough", async () => {
    const { groups, seen } = recorded();
    for (const tip of [1, 2, 3]) void groups.do(piece(tip, 60));
    await turn();
    expect(seen).toEqual([[1, 2]]);
  });

  test("never has two pieces of one tip, nor one that is under way elsewhere; they keep their order", async () => {
    const { groups, seen, open } = recorded({ groups: 2 });
    for (const tip of [1, 1, 2, 1]) void groups.do(piece(tip));
    await turn();
    expect(seen).toEqual([[1, 2]]);
    void groups.do(piece(3));
    await turn();
    expect(seen).toEqual([[1, 2], [3]]);
    for (const expected of [[1], [1]]) {
      open.shift()?.();
      open.shift()?.();
      await turn();
      expect(seen.at(-1)).toEqual(expected);
    }
  });

  test("gathers while as many as may be are under way", async () => {
    const { groups, seen, open } = recorded({ groups: 2 });
    for (const tip of [1, 2, 3, 4]) {
      void groups.do(piece(tip));
      await turn();
    }
    expect(seen).toEqual([[1], [2]]);
    open.shift()?.();
    await turn();
    expect(seen).toEqual([[1], [2], [3, 4]]);
  });
});

describe("what goes wrong", () => {
  test("a refusal is only for the piece it is of", async () => {
    const run = (works: readonly Work[]): Promise<Outcome<number>[]> =>
      Promise.resolve(works.map((work) => (numberOf(work) === 2 ? { refused: new Refusal("part-differs") } : { done: numberOf(work) })));
    const groups = new Groups(run, LIMITS);
    const answers = await Promise.allSettled([1, 2, 3].map((tip) => groups.do(piece(tip))));
    expect(answers).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: new Refusal("part-differs") },
      { status: "fulfilled", value: 3 },
    ]);
  });

  test("a group that the database refuses for one of its rows is tried again one by one", async () => {
    const failure = await failureOf("select 1 / 0");
    const seen: number[][] = [];
    const run = (works: readonly Work[]): Promise<Outcome<number>[]> => {
      seen.push(works.map(numberOf));
      if (works.some((work) => numberOf(work) === 2)) throw failure;
      return Promise.resolve(works.map((work) => ({ done: numberOf(work) })));
    };
    const groups = new Groups(run, LIMITS);
    const answers = await Promise.allSettled([1, 2, 3].map((tip) => groups.do(piece(tip))));
    expect(seen).toEqual([[1, 2, 3], [1], [2], [3]]);
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await groups.do(piece(4))).toBe(4);
  });

  test("a database that is gone is asked once, and the next group asks again", async () => {
    const gone = new Fault("using the database", undefined);
    let asked = 0;
    const run = (works: readonly Work[]): Promise<Outcome<number>[]> => {
      if (asked++ === 0) throw gone;
      return Promise.resolve(works.map((work) => ({ done: numberOf(work) })));
    };
    const groups = new Groups(run, LIMITS);
    const answers = await Promise.allSettled([1, 2].map((tip) => groups.do(piece(tip))));
    expect(answers).toEqual([
      { status: "rejected", reason: gone },
      { status: "rejected", reason: gone },
    ]);
    expect(await groups.do(piece(1))).toBe(1);
    expect(asked).toBe(2);
  });
});
