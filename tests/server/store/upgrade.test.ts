/**
 * Every earlier schema, with rows of its time in it, becomes the present one when the server starts over it: what waited is sealed, what was sealed can still be read, replies are still
 * there, and the log goes on where it was. The rows are a present server's, in the columns that each schema had.
 */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../../../src/protocol/bytes.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { dayOf } from "../../../src/protocol/format/date.ts";
import { openContext } from "../../../src/server/context.ts";
import { keep } from "../../../src/server/courier/keeper.ts";
import { sealBatch } from "../../../src/server/courier/seal.ts";
import { batchKey } from "../../../src/server/store/batch-keys.ts";
import { type Database, openDatabase, type Session } from "../../../src/server/store/database.ts";
import { itemBody, itemsOf } from "../../../src/server/store/items.ts";
import { migrate } from "../../../src/server/store/migrate.ts";
import { bringTip, checkStation } from "../courier/keeper-fixture.ts";
import { MIGRATIONS, NO_LOG, testPostgres } from "../../support/postgres.ts";
import { NOON, openTestServer, testKeys, type TestServer } from "../../support/server.ts";

const postgres = testPostgres();
const keys = testKeys();
const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();

let present: TestServer;
let sealed: Uint8Array;
let waiting: Uint8Array;
let checkpoint: Uint8Array;
let owner: Database;
const reply = randomBytes(4480);
const mailbox = randomBytes(32);

beforeAll(async () => {
  present = await openTestServer(postgres, keys.get());
  const { context } = present;
  ({ envelope: sealed } = await bringTip(context));
  await keep(context, {}, (keeper) => sealBatch(keeper, dayOf(context.clock()), false));
  ({ envelope: waiting } = await bringTip(context));
  await context.db.execute("insert into reply (mailbox, sha256, expires, body) values ($1, $2, '2030-01-01', $3)", [
    mailbox,
    randomBytes(32),
    reply,
  ]);
  ({ checkpoint } = await checkStation(context));
  owner = openDatabase(context.config.databaseUrl!, { connections: 2 });
});
afterAll(async () => {
  await owner.close();
  await present.remove();
});

/** Tables of each time, and their partitions: sealing came with the second file, replies with the third. */
function tablesAt(schema: number): { tables: string[]; partitions: string[] } {
  const intake = ["generation", "tip_part", "tip_seal"];
  const keeper = ["accepted", "batch", "item", "item_part", "bundle", "leaf", "tile", "log_state"];
  return {
    tables: [...intake, ...(schema >= 2 ? keeper : []), ...(schema >= 3 ? ["reply"] : [])],
    partitions: ["tip_part", "tip_seal"]
      .map((name) => `${name}_2 partition of ${name} for values in (2)`)
      // From the ninth file on these are made by a function.
      .concat(schema >= 2 && schema < 9 ? ["item", "item_part"].map((name) => `${name}_1 partition of ${name} for values in (1)`) : []),
  };
}

const columnsOf = async (db: Session, table: string): Promise<string[]> => {
  const rows = await db.query<{ name: string }>(
    "select column_name::text as name from information_schema.columns where table_name = $1 order by 1",
    [table],
  );
  return rows.map(({ name }) => name);
};

/** Fills a database of an earlier schema with the present server's rows. */
async function fill(older: Database, schema: number): Promise<void> {
  const { tables, partitions } = tablesAt(schema);
  await owner.transaction((from) =>
    older.transaction(
      async (to) => {
        for (const partition of partitions) await to.query(`create table ${partition}`);
        if (schema >= 9) await to.query("select make_item_partitions(1)");
        for (const table of tables) {
          const there = await columnsOf(to, table);
          const columns = (await columnsOf(from, table)).filter((column) => there.includes(column)).join(", ");
          await to.copyIn(`${table} (${columns})`, from.copyOut(`select ${columns} from ${table}`));
        }
      },
      ["set local role firsthand_keeper"],
    ),
  );
}

describe("a database of an earlier release", () => {
  it.each(names.slice(0, -1).map((name, index) => [name, index + 1] as const))(
    "made by the files up to %s is taken over",
    async (_, schema) => {
      const url = await postgres.emptyDatabase();
      const older = openDatabase(url, { connections: 1 });
      expect(await migrate(older, MIGRATIONS, schema)).toBe(schema);
      await fill(older, schema);
      await older.close();
      const folder = await mkdtemp(join(tmpdir(), "fh-older-"));
      const dataDir = join(folder, "data");
      await cp(present.dataDir, dataDir, { recursive: true });
      // Before the second file there was no log.
      if (schema < 2)
        for (const name of ["checkpoint.last", join("keys", "batches")]) await rm(join(dataDir, name), { recursive: true, force: true });
      const context = await openContext({ ...present.context.config, databaseUrl: url, dataDir }, { log: NO_LOG, clock: () => NOON });
      try {
        expect(await keep(context, {}, (keeper) => sealBatch(keeper, dayOf(NOON), false))).toMatchObject({ batch: 2, size: 64 });
        const { leaves } = await checkStation(context, schema < 2 ? undefined : checkpoint);
        expect(leaves.filter(({ kind }) => kind === "sealed").map((leaf) => "batch" in leaf && leaf.batch)).toEqual(
          schema < 2 ? [2] : [1, 2],
        );
        const stored = async (batch: number): Promise<string[]> => {
          const key = await batchKey(dataDir, batch);
          const items = await itemsOf(context.db, batch);
          return Promise.all(
            items.map(async ({ position }) => toHex(await collect(itemBody(context.db, key, batch, position), 1_000_000))),
          );
        };
        expect(await stored(2)).toContain(toHex(waiting));
        if (schema >= 2) expect(await stored(1)).toContain(toHex(sealed));
        const read = await context.intake.query<{ body: Buffer }>("select read_mailbox($1, '{}', '2026-11-25') as body", [mailbox]);
        expect(read.map(({ body }) => toHex(body))).toEqual(schema >= 3 ? [toHex(reply)] : []);
      } finally {
        await context.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
