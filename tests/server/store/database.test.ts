/** The pool of connections: reading bodies, transactions, and silence about values. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { concat } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { Fault } from "../../../src/protocol/errors.ts";
import { type Database, openDatabase, sqlStateOf } from "../../../src/server/store/database.ts";
import { testPostgres } from "../../support/postgres.ts";

const postgres = testPostgres();
let db: Database;

beforeAll(async () => {
  db = openDatabase(await postgres.emptyDatabase(), { connections: 3 });
  await db.query("create table body (n int primary key, bytes bytea storage external, note text)");
});
afterAll(async () => {
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
