/** The pool of connections: reading bodies, transactions, and silence about values. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { Fault } from "../../../src/protocol/errors.ts";
import { type Connection, type Database, openDatabase, sqlStateOf } from "../../../src/server/store/database.ts";
import { testPostgres } from "../../support/postgres.ts";

const postgres = testPostgres();
let db: Database;
let pipelining: Database;

beforeAll(async () => {
  const url = await postgres.emptyDatabase();
  db = openDatabase(url, { connections: 3 });
  pipelining = openDatabase(url, { connections: 1, pipelines: true });
  await db.query("create table body (n int primary key, bytes bytea storage external, note text)");
});
afterAll(async () => {
  await pipelining.close();
  await db.close();
});

test("gives back bodies as they were stored, of every length, and tells null from nothing", async () => {
  const bodies = [0, 1, 100, 65_536, 524_288].map((length) => randomBytes(length));
  for (const [n, body] of bodies.entries()) await db.execute("insert into body (n, bytes) values ($1, $2)", [n, body]);
  await db.execute("insert into body (n) values (9)");
  const rows: (Uint8Array | null)[] = [];
  for await (const row of db.copyRows("select n, bytes from body order by n")) rows.push(row[1] ?? null);
  expect(rows).toEqual([...bodies, null]);
});

test("a reading that is broken off leaves the connection usable", async () => {
  for (let time = 0; time < 8; time++) {
    for await (const [n] of db.copyRows("select g from generate_series(1, 20000) g")) {
      expect(n).toEqual(Uint8Array.of(0, 0, 0, 1));
      break;
    }
  }
  await db.transaction(async (connection) => {
    const rows = connection.copyRows("select g from generate_series(1, 20000) g");
    await rows.next();
    await rows.return();
    expect(await connection.query("select 1 as one")).toEqual([{ one: 1 }]);
  });
});

test("a reading that PostgreSQL refuses says so by its SQLSTATE", async () => {
  const reading = async () => {
    await db.copyRows("select nothing from nowhere").next();
  };
  const error: unknown = await reading().catch((thrown: unknown) => thrown);
  expect(sqlStateOf(error)).toBe("42P01");
  expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("a transaction that throws leaves nothing, and throws the same", async () => {
  const reason = new Error("changed my mind");
  await expect(
    db.transaction(async (connection) => {
      await connection.execute("insert into body (n) values (100)");
      throw reason;
    }),
  ).rejects.toBe(reason);
  expect(await db.query("select n from body where n = 100")).toEqual([]);
});

describe("a transaction whose statements do not wait for each other", () => {
  const insert = "insert into body (n) values ($1) returning n";
  const there = async (n: number) => (await db.query("select n from body where n = $1", [n])).length;

  test("gives the rows of what comes before it and of what is asked at once, in their order, and commits with its last statement", async () => {
    const done = await pipelining.transaction(
      async (connection, rows) => {
        const early = connection.query("select n from body where n = $1", [201]);
        const [first] = await rows;
        return [first, await early, await connection.last(insert, [201])];
      },
      ["insert into body (n) values (200)", "select n from body where n = 200"],
    );
    expect(done).toEqual([{ n: 200 }, [], [{ n: 201 }]]);
    expect([await there(200), await there(201)]).toEqual([1, 1]);
  });

  test("leaves nothing if any of them is refused, whichever was waited for, and the connection is as good as before", async () => {
    const refused = async (work: Parameters<Database["transaction"]>[0], first: string[]) =>
      sqlStateOf(await pipelining.transaction(work, first).catch((error: unknown) => error));
    const begun = ["insert into body (n) values (210)"];
    // The last one; one before it that nobody waits for; what came with the beginning, likewise.
    expect(await refused((connection) => connection.last("insert into body (n) values ($1) returning n + 0", [200]), begun)).toBe("23505");
    const unheeded = (connection: Connection) => {
      connection.query("select 1 / $1::int", [0]).catch(() => undefined);
      return Promise.resolve();
    };
    expect(await refused(unheeded, begun)).toMatch(/^(?:08006|25P02)$/);
    expect(await refused((connection) => connection.last(insert, [211]), [...begun, "select 1 / 0"])).toMatch(/^(?:22012|25P02)$/);
    expect([await there(210), await there(211)]).toEqual([0, 0]);
    // Statements that were refused before they were prepared are prepared now.
    expect(await pipelining.transaction((connection) => connection.last(insert, [212]))).toEqual([{ n: 212 }]);
    expect(await pipelining.transaction((connection) => connection.query("select 1 / $1::int as one", [1]))).toEqual([{ one: 1 }]);
  });
});

test("says nothing of values when PostgreSQL refuses them", async () => {
  const word = "zaubernuss";
  const statements: [string, (string | number)[]][] = [
    ["insert into body (n, note) values (0, $1)", [word]],
    ["insert into body (n) values ($1::text::int)", [word]],
    ["select $1::text::bytea, 1 / 0", [word]],
    [`select ${word}`, []],
  ];
  for (const [statement, values] of statements) {
    const error: unknown = await db.query(statement, values).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Fault);
    expect(sqlStateOf(error)).toMatch(/^[0-9A-Z]{5}$/);
    expect(everythingIn(error)).not.toContain(word);
  }
});

function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, everythingIn(error.cause)].join(" ");
}

test("counts come as numbers", async () => {
  expect(await db.query("select count(*) as n, 9007199254740991 as most from body where n < 5")).toEqual([
    { n: 5, most: 9007199254740991 },
  ]);
});

test("parameters are sent as bytes, whatever array they are a view of", async () => {
  const view = concat(randomBytes(10), Uint8Array.of(1, 2, 3), randomBytes(10)).subarray(10, 13);
  expect(await db.query("select $1::bytea as bytes", [view])).toEqual([{ bytes: Buffer.from([1, 2, 3]) }]);
});
